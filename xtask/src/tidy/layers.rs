//! Who may depend on whom, from what cargo says.
//!
//! The table is the one of `docs/architecture.md`. Test-only dependencies may cross layers (the
//! engine is tested on the simulator); a crate that only one may name is named nowhere else.

use super::tree::{Dependency, File, Metadata, Package};
use super::{Finding, manifest};

/// Every crate of the product, and the crates of the workspace that it may use.
const ALLOWED: [(&str, &[&str]); 10] = [
    ("terrace-model", &[]),
    ("terrace-lang", &["terrace-model"]),
    ("terrace-graph", &["terrace-model"]),
    ("terrace-state", &["terrace-model"]),
    ("terrace-api", &["terrace-model"]),
    ("terrace-sim", &["terrace-model"]),
    ("terrace-plan", &["terrace-model", "terrace-graph"]),
    ("terrace-engine", &["terrace-model", "terrace-plan", "terrace-state", "terrace-api"]),
    ("terrace-render", &["terrace-model", "terrace-plan", "terrace-graph", "terrace-engine"]),
    (
        "terrace",
        &[
            "terrace-model",
            "terrace-lang",
            "terrace-graph",
            "terrace-plan",
            "terrace-state",
            "terrace-api",
            "terrace-engine",
            "terrace-sim",
            "terrace-render",
        ],
    ),
];

/// Crates of others that stay behind one crate of ours, so that they can be exchanged.
const NAMED_BY_ONE: [(&str, &str); 4] = [
    ("cel", "terrace-model"),
    ("petgraph", "terrace-graph"),
    ("reqwest", "terrace-api"),
    ("sled", "terrace-state"),
];

/// The stages that are pure functions, and what would make them otherwise.
pub(super) const SYNCHRONOUS: [&str; 4] =
    ["terrace-model", "terrace-lang", "terrace-graph", "terrace-plan"];
const ASYNCHRONOUS: [&str; 4] = ["async-trait", "futures", "reqwest", "tokio"];

/// Members that are not part of the product and may use all of it.
const TOOLS: [&str; 3] = ["terrace-tests", "terrace-speed", "xtask"];

pub(super) fn check(metadata: &Metadata, files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in &metadata.packages {
        let text = files.iter().find(|file| file.path == package.manifest_path);
        let text = text.map_or("", |file| file.text.as_str());
        let at = |name: &str, message| {
            Finding::new(&package.manifest_path, manifest::line_of(text, name), message)
        };
        if allowed(package).is_none() {
            let message = format!("{} has no row in xtask's table of layers", package.name);
            findings.push(Finding::new(&package.manifest_path, 1, message));
        }
        for dependency in &package.dependencies {
            let broken = [
                layer(package, dependency),
                monopoly(package, dependency),
                purity(package, dependency),
            ];
            findings
                .extend(broken.into_iter().flatten().map(|message| at(&dependency.name, message)));
        }
    }
    findings
}

/// What a crate may use: `Some(None)` is anything.
fn allowed(package: &Package) -> Option<Option<&'static [&'static str]>> {
    if TOOLS.contains(&package.name.as_str()) {
        return Some(None);
    }
    ALLOWED.iter().find(|(name, _)| *name == package.name).map(|(_, allowed)| Some(*allowed))
}

fn layer(package: &Package, dependency: &Dependency) -> Option<String> {
    let allowed = allowed(package)??;
    let ours = ALLOWED.iter().any(|(name, _)| *name == dependency.name);
    let crosses = ours && dependency.kind.is_none() && !allowed.contains(&dependency.name.as_str());
    crosses.then(|| format!("{} must not depend on {}", package.name, dependency.name))
}

fn monopoly(package: &Package, dependency: &Dependency) -> Option<String> {
    let (name, owner) = NAMED_BY_ONE.iter().find(|(name, _)| *name == dependency.name)?;
    (*owner != package.name).then(|| format!("only {owner} names {name}"))
}

fn purity(package: &Package, dependency: &Dependency) -> Option<String> {
    let impure = SYNCHRONOUS.contains(&package.name.as_str())
        && ASYNCHRONOUS.contains(&dependency.name.as_str())
        && dependency.kind.is_none();
    impure.then(|| format!("{} does no IO: no {} in it", package.name, dependency.name))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{file, lines};
    use super::super::tree::{Dependency, Metadata, Package};
    use super::check;

    fn findings(name: &str, dependency: &str, kind: Option<&str>) -> String {
        let manifest_path = format!("crates/{name}/Cargo.toml");
        let manifest = file(&manifest_path, &format!("[dependencies]\n{dependency} = \"1\"\n"));
        let dependency = Dependency { name: dependency.to_owned(), kind: kind.map(str::to_owned) };
        let package =
            Package { name: name.to_owned(), manifest_path, dependencies: vec![dependency] };
        lines(check(&Metadata { packages: vec![package] }, &[manifest]))
    }

    #[test]
    fn each_rule_is_seen_failing() {
        for (name, dependency, expected) in [
            ("terrace-plan", "terrace-graph", ""),
            ("terrace", "terrace-sim", ""),
            ("terrace-tests", "terrace-sim", ""),
            ("terrace-graph", "petgraph", ""),
            ("terrace-api", "tokio", ""),
            (
                "terrace-plan",
                "terrace-state",
                "crates/terrace-plan/Cargo.toml:2: terrace-plan must not depend on terrace-state\n",
            ),
            (
                "terrace-plan",
                "petgraph",
                "crates/terrace-plan/Cargo.toml:2: only terrace-graph names petgraph\n",
            ),
            (
                "terrace-lang",
                "tokio",
                "crates/terrace-lang/Cargo.toml:2: terrace-lang does no IO: no tokio in it\n",
            ),
            (
                "terrace-new",
                "serde",
                "crates/terrace-new/Cargo.toml:1: terrace-new has no row in xtask's table of layers\n",
            ),
        ] {
            assert_eq!(findings(name, dependency, None), expected);
        }
    }

    #[test]
    fn tests_may_cross_layers_but_not_a_monopoly() {
        assert_eq!(findings("terrace-engine", "terrace-sim", Some("dev")), "");
        assert_eq!(
            findings("terrace-engine", "sled", Some("dev")),
            "crates/terrace-engine/Cargo.toml:2: only terrace-state names sled\n"
        );
    }
}
