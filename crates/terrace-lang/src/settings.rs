//! `terrace.yaml`: which clouds, which environments, where the state is.

use std::collections::BTreeMap;

use terrace_model::{CloudChoice, Diagnostic, Name, Value, suggest};

use crate::load::Reading;
use crate::stack::named;
use crate::term::{entries, unknown};
use crate::yaml::{Entry, Node, Scalar};

/// What `terrace.yaml` says.
pub(crate) struct Settings {
    pub(crate) cloud: CloudChoice,
    /// Clouds with names of their own, for stacks and blocks to choose from.
    pub(crate) clouds: BTreeMap<Name, CloudChoice>,
    pub(crate) environments: BTreeMap<String, Environment>,
}

/// What is particular to an environment.
#[derive(Default)]
pub(crate) struct Environment {
    /// The file with values of variables; by default `environments/NAME.yaml`, if that is there.
    pub(crate) variables: Option<String>,
    /// Its cloud, when it is not the workspace's.
    cloud: Option<CloudChoice>,
    /// Whether it is only changed when it is named.
    pub(crate) protected: bool,
}

impl Settings {
    /// The cloud of an environment.
    pub(crate) fn cloud_of(&self, environment: &str) -> CloudChoice {
        let own = self.environments.get(environment).and_then(|e| e.cloud.clone());
        own.unwrap_or_else(|| self.cloud.clone())
    }
}

const SETTINGS: [&str; 5] = ["cloud", "clouds", "environments", "state", "policies"];

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
            "clouds" | "policies" => {}
            "cloud" => settings.cloud = one_of(reading, &settings.clouds, &entry.value),
            "environments" => {
                settings.environments = environments(reading, &settings.clouds, &entry.value);
            }
            "state" => state(reading, &entry.value),
            _ => reading.diagnostics.push(unknown(entry, "setting", &SETTINGS)),
        }
    }
    settings
}

/// One of the clouds with names, or a cloud that is described there.
fn one_of(
    reading: &mut Reading<'_>,
    clouds: &BTreeMap<Name, CloudChoice>,
    node: &Node,
) -> CloudChoice {
    let name = node.as_scalar().and_then(|s| Name::new(&s.text).ok());
    match name.and_then(|name| clouds.get(&name)) {
        Some(named) => named.clone(),
        None => cloud(reading, node),
    }
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

fn text(node: &Node) -> Option<String> {
    node.as_scalar().filter(|s| !s.is_null()).map(|s| s.text.clone()).filter(|t| !t.is_empty())
}

/// `simulator`, a name of clouds.yaml, `{openstack: NAME}`, or `{type: ..., cloud: NAME}`.
fn cloud(reading: &mut Reading<'_>, node: &Node) -> CloudChoice {
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
    if let Some(fields) = node.as_map().filter(|fields| fields.iter().any(|f| f.key == "type")) {
        return described(reading, fields);
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

fn described(reading: &mut Reading<'_>, fields: &[Entry]) -> CloudChoice {
    let types = ["openstack", "gateway", "simulator"];
    let known = ["type", "cloud"];
    for field in fields.iter().filter(|f| !known.contains(&f.key.as_str())) {
        reading.diagnostics.push(unknown(field, "field of a cloud", &known));
    }
    let field = |name: &str| fields.iter().find(|f| f.key == name);
    let name = field("cloud").and_then(|f| text(&f.value));
    let Some(ty) = field("type") else { return CloudChoice::Simulator };
    match text(&ty.value).as_deref() {
        Some("simulator") => {
            if let Some(cloud) = field("cloud") {
                let message = "the simulator takes no `cloud`";
                reading.diagnostics.push(Diagnostic::error("E0205", cloud.key_span, message));
            }
            CloudChoice::Simulator
        }
        // A gateway is an entry of clouds.yaml too; what it is, its entry says.
        Some("openstack" | "gateway") => CloudChoice::OpenStack(name),
        other => {
            let found = other.map_or_else(|| ty.value.describe(), |text| format!("`{text}`"));
            let message = format!("{found} is not a type of cloud");
            let diagnostic = Diagnostic::error("E0205", ty.value.span, message);
            let near = other.and_then(|text| suggest::nearest(text, types));
            reading.diagnostics.push(match near {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                None => diagnostic.help(format!("there are {}", types.join(", "))),
            });
            CloudChoice::Simulator
        }
    }
}

fn environments(
    reading: &mut Reading<'_>,
    clouds: &BTreeMap<Name, CloudChoice>,
    node: &Node,
) -> BTreeMap<String, Environment> {
    let mut found = BTreeMap::new();
    let known = ["variables", "cloud", "protected"];
    for entry in entries(reading, node, "`environments`") {
        named(reading, entry);
        let mut environment = Environment::default();
        for field in entries(reading, &entry.value, "an environment") {
            match (field.key.as_str(), field.value.as_scalar().map(Scalar::value)) {
                ("variables", Some(Value::String(path))) => environment.variables = Some(path),
                ("variables", _) => {
                    let message = "`variables` is the path of a file";
                    reading.diagnostics.push(Diagnostic::error("E0205", field.value.span, message));
                }
                ("cloud", _) => {
                    environment.cloud = Some(one_of(reading, clouds, &field.value));
                }
                ("protected", Some(Value::Bool(protected))) => environment.protected = protected,
                ("protected", _) => {
                    let found = field.value.describe();
                    let message = format!("`protected` is true or false, not {found}");
                    reading.diagnostics.push(Diagnostic::error("E0205", field.value.span, message));
                }
                _ => reading.diagnostics.push(unknown(field, "setting of an environment", &known)),
            }
        }
        found.insert(entry.key.clone(), environment);
    }
    found
}

/// There is one way to keep the state; the setting says so, and is checked.
fn state(reading: &mut Reading<'_>, node: &Node) {
    let field = node.as_map().and_then(|fields| fields.iter().find(|f| f.key == "type"));
    let backend = field.map_or(node, |field| &field.value);
    for field in node.as_map().unwrap_or_default().iter().filter(|f| f.key != "type") {
        reading.diagnostics.push(unknown(field, "setting of the state", &["type"]));
    }
    if text(backend).as_deref() != Some("sled") {
        let message = format!("the state cannot be kept in {}", backend.describe());
        let help = "there is `sled`, a database in the folder `state`, which is also the default";
        reading.diagnostics.push(Diagnostic::error("E0205", backend.span, message).help(help));
    }
}
