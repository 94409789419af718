//! A check as it stands in the files of `tests/contract/`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

/// One request and what follows from its answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Check {
    /// What holds, in a few words; unique in its file.
    pub(crate) name: String,
    /// Method, service, path: `GET compute /servers/$server`.
    pub(crate) send: String,
    /// Who asks: `member` (the default), `admin`, `nobody` or `wrong` (a token that is none).
    #[serde(default = "member", rename = "as")]
    pub(crate) who: String,
    /// A body as JSON.
    pub(crate) body: Option<Value>,
    /// A body that is not JSON.
    pub(crate) raw: Option<String>,
    /// The microversion.
    pub(crate) version: Option<String>,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    /// Names for what the answer holds, each with its place: `server: /server/id`, `@location`.
    #[serde(default)]
    pub(crate) keep: BTreeMap<String, String>,
    /// The request is repeated until the places of the answer hold this; `status` is its status.
    #[serde(default)]
    pub(crate) until: BTreeMap<String, Value>,
    /// The order of the outermost list matters; what its items hold may be in any order.
    #[serde(default)]
    pub(crate) ordered: bool,
    /// Places of the answer that may be anything, because they depend on the moment.
    #[serde(default)]
    pub(crate) loose: Vec<String>,
    /// Lists that are not the project's alone: on a cloud with other users they may hold more.
    #[serde(default)]
    pub(crate) shared: Vec<String>,
    /// Why the simulator answers otherwise here; said in docs/simulator.md too.
    pub(crate) differs: Option<String>,
    /// The places in which it does; absent is anywhere.
    #[serde(default)]
    pub(crate) at: Vec<String>,
}

fn member() -> String {
    "member".to_owned()
}

/// What the real cloud answered, with wildcards.
#[derive(Debug, Clone, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Seen {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, Value>,
    pub(crate) body: Value,
}

/// The folder of the suite.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("contract")
}

/// The names of the suite's files.
pub(crate) const FILES: [&str; 8] =
    ["identity", "image", "network", "several", "compute", "hosts", "volume", "manage"];

/// The checks of one file.
pub(crate) fn checks(file: &str) -> Vec<Check> {
    let path = folder().join(format!("{file}.yaml"));
    let text = std::fs::read_to_string(&path).expect("a file of checks");
    let checks: Vec<Check> =
        serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut names: Vec<&str> = checks.iter().map(|check| check.name.as_str()).collect();
    names.sort_unstable();
    for pair in names.windows(2) {
        assert_ne!(pair[0], pair[1], "two checks of {file} have this name");
    }
    checks
}

/// Where the answers of one file are.
pub(crate) fn answers_path(file: &str) -> PathBuf {
    folder().join(format!("{file}.answers.json"))
}

/// The answers of one file by the name of their check.
pub(crate) fn answers(file: &str) -> BTreeMap<String, Seen> {
    let path = answers_path(file);
    let Ok(text) = std::fs::read_to_string(&path) else { return BTreeMap::new() };
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
