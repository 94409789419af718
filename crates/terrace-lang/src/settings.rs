//! `terrace.yaml`: which clouds, which environments, what all blocks of a kind have in common.

use std::collections::BTreeMap;

use terrace_model::{CloudChoice, Diagnostic, GatewayChoice, Kind, Name, Policy, Value, suggest};

use crate::conditions;
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
    /// What blocks of a kind have unless they say otherwise.
    pub(crate) defaults: BTreeMap<Kind, Vec<Entry>>,
    /// Rules that every plan is held to.
    pub(crate) policies: Vec<Policy>,
}

/// One environment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment {
    /// File with values of variables.
    variables: Option<String>,
    /// The cloud, in place of the workspace's.
    pub(crate) cloud: Option<CloudChoice>,
    /// Whether changes need more than a `--yes`.
    pub(crate) protected: bool,
}

const FIELDS: [&str; 6] = ["cloud", "clouds", "environments", "state", "defaults", "policies"];
const OF_ENVIRONMENT: [&str; 4] = ["variables", "cloud", "protected", "description"];

impl Settings {
    /// The environment of that name, and a complaint if there is none. One that is not in
    /// `terrace.yaml` is there when it has a file of values.
    pub(crate) fn environment(&self, reading: &mut Reading<'_>, name: &str) -> Option<Environment> {
        let there = self.environments.get(name).cloned();
        if there.is_some() || name == DEFAULT || reading.root.join(values_file(name)).exists() {
            return Some(there.unwrap_or_default());
        }
        let known: Vec<_> = self.environments.keys().map(String::as_str).collect();
        let diagnostic =
            Diagnostic::without_place("E0201", format!("there is no environment `{name}`"));
        let help = match suggest::nearest(name, known.iter().copied()) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None if known.is_empty() => {
                format!(
                    "name it under `environments` in `terrace.yaml`, or write `{}`",
                    values_file(name)
                )
            }
            None => format!("`terrace.yaml` has {}", known.join(", ")),
        };
        reading.diagnostics.push(diagnostic.help(help));
        None
    }
}

impl Environment {
    /// Path of the file with values of variables, if there is one.
    pub(crate) fn values(&self, reading: &Reading<'_>, name: &str) -> Option<String> {
        let usual = || Some(values_file(name)).filter(|path| reading.root.join(path).exists());
        self.variables.clone().or_else(usual)
    }
}

/// The environment when none is chosen.
pub(crate) const DEFAULT: &str = "default";

fn values_file(environment: &str) -> String {
    format!("environments/{environment}.yaml")
}

pub(crate) fn read(reading: &mut Reading<'_>, node: Option<&Node>) -> Settings {
    let mut settings = Settings {
        cloud: CloudChoice::Simulator,
        clouds: BTreeMap::new(),
        environments: BTreeMap::new(),
        defaults: BTreeMap::new(),
        policies: Vec::new(),
    };
    let Some(node) = node else { return settings };
    let fields = entries(reading, node, "`terrace.yaml`");
    if let Some(entry) = fields.iter().find(|entry| entry.key == "clouds") {
        settings.clouds = clouds(reading, &entry.value);
        reading.clouds.clone_from(&settings.clouds);
    }
    for entry in fields {
        match entry.key.as_str() {
            "clouds" => {}
            "cloud" => settings.cloud = one_of(reading, &entry.value),
            "environments" => settings.environments = environments(reading, &entry.value),
            "state" => state(reading, &entry.value),
            "policies" => settings.policies = conditions::policies(reading, &entry.value),
            "defaults" => settings.defaults = defaults(reading, &entry.value),
            _ => reading.diagnostics.push(unknown(entry, "setting", &FIELDS)),
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

/// A cloud of `clouds`, or one that is described on the spot.
fn one_of(reading: &mut Reading<'_>, node: &Node) -> CloudChoice {
    let name = node.as_scalar().and_then(|scalar| Name::new(&scalar.text).ok());
    match name.and_then(|name| reading.clouds.get(&name)) {
        Some(named) => named.clone(),
        None => cloud(reading, node),
    }
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
            CloudChoice::OpenStack(Some(name.into()))
        };
    }
    if let Some([entry]) = node.as_map()
        && entry.key == "openstack"
    {
        return CloudChoice::OpenStack(text(&entry.value).map(Into::into));
    }
    let kind = node.as_map().into_iter().flatten().find(|entry| entry.key == "type");
    if kind.and_then(|entry| entry.value.as_scalar()).is_some_and(|kind| kind.text == "gateway") {
        return gateway(reading, node).map_or(CloudChoice::Simulator, CloudChoice::Gateway);
    }
    reading.diagnostics.push(
        Diagnostic::error(
            "E0205",
            node.span,
            format!("`cloud` is {}, not a cloud", node.describe()),
        )
        .help("write `cloud: simulator`, `cloud: NAME` for an entry of clouds.yaml, or `cloud: {type: gateway, ...}`"),
    );
    CloudChoice::Simulator
}

/// `{ type: gateway, endpoint: ..., project_id: ..., token_env: ... }`.
fn gateway(reading: &mut Reading<'_>, node: &Node) -> Option<GatewayChoice> {
    const KNOWN: [&str; 4] = ["type", "endpoint", "project_id", "token_env"];
    let mut fields = BTreeMap::new();
    for entry in entries(reading, node, "a gateway") {
        let text = entry.value.as_scalar().map(|scalar| scalar.text.clone());
        match text.filter(|text| !text.is_empty()) {
            _ if !KNOWN.contains(&entry.key.as_str()) => {
                reading.diagnostics.push(unknown(entry, "setting of a gateway", &KNOWN));
            }
            Some(text) => drop(fields.insert(entry.key.clone(), text)),
            None => reading.diagnostics.push(Diagnostic::error(
                "E0205",
                entry.value.span,
                format!("`{}` is {}, not text", entry.key, entry.value.describe()),
            )),
        }
    }
    for (name, help) in [
        ("endpoint", "give the address of the API, such as https://api.example"),
        ("project_id", "give the id of the project to work in"),
    ] {
        if !fields.contains_key(name) {
            let message = format!("the gateway has no `{name}`");
            reading.diagnostics.push(Diagnostic::error("E0203", node.span, message).help(help));
        }
    }
    Some(GatewayChoice {
        endpoint: fields.remove("endpoint")?.into(),
        project_id: fields.remove("project_id")?.into(),
        token_env: fields.remove("token_env").map_or_else(|| "BNERD_TOKEN".to_owned(), Into::into),
    })
}

fn environments(reading: &mut Reading<'_>, node: &Node) -> BTreeMap<String, Environment> {
    let mut found = BTreeMap::new();
    for entry in entries(reading, node, "`environments`") {
        named(reading, entry);
        let mut environment = Environment::default();
        for field in entries(reading, &entry.value, "an environment") {
            match (field.key.as_str(), field.value.as_scalar().map(Scalar::value)) {
                ("variables", Some(Value::String(path))) => {
                    environment.variables = Some(path.into());
                }
                ("protected", Some(Value::Bool(protected))) => environment.protected = protected,
                ("cloud", _) => environment.cloud = Some(one_of(reading, &field.value)),
                ("description", Some(_)) => {}
                (known, _) if OF_ENVIRONMENT.contains(&known) => {
                    let message = format!("`{known}` cannot be {}", field.value.describe());
                    reading.diagnostics.push(Diagnostic::error("E0205", field.value.span, message));
                }
                _ => reading.diagnostics.push(unknown(
                    field,
                    "setting of an environment",
                    &OF_ENVIRONMENT,
                )),
            }
        }
        found.insert(entry.key.to_string(), environment);
    }
    found
}

/// Where the state is kept: nothing to choose from yet, and said so.
fn state(reading: &mut Reading<'_>, node: &Node) {
    let kind = match node.as_map() {
        None => Some(node),
        Some(fields) => fields.iter().find(|f| f.key == "type").map(|field| &field.value),
    };
    for field in node.as_map().into_iter().flatten().filter(|f| f.key != "type") {
        reading.diagnostics.push(unknown(field, "setting of the state", &["type"]));
    }
    let known = kind.and_then(Node::as_scalar).is_some_and(|scalar| scalar.text == "sled");
    if !known {
        let span = kind.map_or(node.span, |kind| kind.span);
        let message = "this is not a store of states";
        reading.diagnostics.push(
            Diagnostic::error("E0205", span, message)
                .help("there is `sled`, which keeps the state in the workspace's folder `state`"),
        );
    }
}

/// What blocks of a kind have unless they say otherwise, as if it were written in each.
fn defaults(reading: &mut Reading<'_>, node: &Node) -> BTreeMap<Kind, Vec<Entry>> {
    let sections: Vec<&str> = Kind::ALL.iter().map(|kind| kind.section()).collect();
    let mut found = BTreeMap::new();
    for entry in entries(reading, node, "`defaults`") {
        let Some(kind) = Kind::from_section(&entry.key) else {
            reading.diagnostics.push(unknown(entry, "kind", &sections));
            continue;
        };
        let mut fields = entries(reading, &entry.value, format_args!("`{}`", entry.key)).to_vec();
        fields.retain(|field| {
            let own =
                ["count", "for_each", "when", "depends_on", "cloud"].contains(&field.key.as_str());
            let nested =
                Kind::from_section(&field.key).is_some_and(|k| k.schema().parent == Some(kind));
            if own || nested {
                let message = format!("`{}` is of each block alone", field.key);
                let diagnostic = Diagnostic::error("E0205", field.key_span, message);
                reading.diagnostics.push(diagnostic.help("write it in the blocks"));
            }
            !(own || nested)
        });
        found.insert(kind, fields);
    }
    found
}
