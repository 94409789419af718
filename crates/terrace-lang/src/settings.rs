//! `terrace.yaml`: which cloud, which environments.

use std::collections::BTreeMap;

use terrace_model::{CloudChoice, Diagnostic};

use crate::load::Reading;
use crate::term::{entries, unknown};
use crate::yaml::Node;

/// What `terrace.yaml` says.
pub(crate) struct Settings {
    pub(crate) cloud: CloudChoice,
    /// Files with values of variables, by environment.
    pub(crate) environments: BTreeMap<String, Option<String>>,
}

pub(crate) fn read(reading: &mut Reading<'_>, node: Option<&Node>) -> Settings {
    let mut settings = Settings { cloud: CloudChoice::Simulator, environments: BTreeMap::new() };
    let Some(node) = node else { return settings };
    for entry in entries(reading, node, "`terrace.yaml`") {
        match entry.key.as_str() {
            "cloud" => settings.cloud = cloud(reading, &entry.value),
            "environments" => settings.environments = environments(reading, &entry.value),
            _ => reading.diagnostics.push(unknown(entry, "setting", &["cloud", "environments"])),
        }
    }
    settings
}

fn cloud(reading: &mut Reading<'_>, node: &Node) -> CloudChoice {
    let text = |node: &Node| node.as_scalar().map(|s| s.text.clone()).filter(|t| !t.is_empty());
    if let Some(name) = text(node) {
        return if name == "simulator" {
            CloudChoice::Simulator
        } else {
            CloudChoice::OpenStack(Some(name))
        };
    }
    if let Some([entry]) = node.as_map()
        && entry.key == "openstack"
    {
        return CloudChoice::OpenStack(text(&entry.value));
    }
    reading.diagnostics.push(
        Diagnostic::error(
            "E0205",
            node.span,
            format!("`cloud` is {}, not a cloud", node.describe()),
        )
        .help("write `cloud: simulator`, or `cloud: NAME` for an entry of clouds.yaml"),
    );
    CloudChoice::Simulator
}

fn environments(reading: &mut Reading<'_>, node: &Node) -> BTreeMap<String, Option<String>> {
    let mut found = BTreeMap::new();
    for entry in entries(reading, node, "`environments`") {
        let mut variables = None;
        if !entry.value.is_null() {
            for field in entries(reading, &entry.value, "an environment") {
                match (field.key.as_str(), field.value.as_scalar()) {
                    ("variables", Some(path)) => variables = Some(path.text.clone()),
                    ("variables", None) => reading.diagnostics.push(Diagnostic::error(
                        "E0205",
                        field.value.span,
                        "`variables` is the path of a file",
                    )),
                    _ => reading.diagnostics.push(unknown(
                        field,
                        "setting of an environment",
                        &["variables"],
                    )),
                }
            }
        }
        found.insert(entry.key.clone(), variables);
    }
    found
}
