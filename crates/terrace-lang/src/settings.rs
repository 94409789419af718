//! `terrace.yaml`: which cloud, which environments.

use std::collections::BTreeMap;

use terrace_model::{CloudChoice, Diagnostic, Name};

use crate::load::Reading;
use crate::stack::named;
use crate::term::{entries, unknown};
use crate::yaml::Node;

/// What `terrace.yaml` says.
pub(crate) struct Settings {
    pub(crate) cloud: CloudChoice,
    /// Clouds with names of their own, for stacks and blocks to choose from.
    pub(crate) clouds: BTreeMap<Name, CloudChoice>,
    /// Files with values of variables, by environment.
    pub(crate) environments: BTreeMap<String, Option<String>>,
}

pub(crate) fn read(reading: &mut Reading<'_>, node: Option<&Node>) -> Settings {
    let mut settings = Settings {
        cloud: CloudChoice::Simulator,
        clouds: BTreeMap::new(),
        environments: BTreeMap::new(),
    };
    let Some(node) = node else { return settings };
    let fields = entries(reading, node, "`terrace.yaml`");
    if let Some(entry) = fields.iter().find(|entry| entry.key == "clouds") {
        settings.clouds = clouds(reading, &entry.value);
    }
    for entry in fields {
        match entry.key.as_str() {
            "clouds" => {}
            "cloud" => {
                let name = entry.value.as_scalar().and_then(|s| Name::new(&s.text).ok());
                settings.cloud = match name.and_then(|name| settings.clouds.get(&name)) {
                    Some(named) => named.clone(),
                    None => cloud(reading, &entry.value),
                };
            }
            "environments" => settings.environments = environments(reading, &entry.value),
            _ => reading.diagnostics.push(unknown(
                entry,
                "setting",
                &["cloud", "clouds", "environments"],
            )),
        }
    }
    settings
}

fn clouds(reading: &mut Reading<'_>, node: &Node) -> BTreeMap<Name, CloudChoice> {
    let mut found = BTreeMap::new();
    for entry in entries(reading, node, "`clouds`") {
        let choice = cloud(reading, &entry.value);
        found.extend(named(reading, entry).map(|name| (name, choice)));
    }
    found
}

/// The cloud that a stack or a block names.
pub(crate) fn chosen(reading: &mut Reading<'_>, node: &Node) -> Option<Name> {
    let name = node.as_scalar().and_then(|scalar| Name::new(&scalar.text).ok());
    let name = name.filter(|name| reading.clouds.contains_key(name));
    if name.is_none() {
        let known: Vec<_> = reading.clouds.keys().map(Name::as_str).collect();
        let help = match known.as_slice() {
            [] => "add it under `clouds` in `terrace.yaml`".to_owned(),
            known => format!("`clouds` in `terrace.yaml` has {}", known.join(", ")),
        };
        let message = format!("`cloud` is {}, not one of the workspace's clouds", node.describe());
        reading.diagnostics.push(Diagnostic::error("E0205", node.span, message).help(help));
    }
    name
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
