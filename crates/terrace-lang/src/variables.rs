//! Variables: declarations, and values by precedence: `--var`, `TERRACE_VAR_name`, the
//! environment's file, the default.

use std::collections::BTreeMap;

use terrace_model::{Diagnostic, Span, Stack, StackName, Value, suggest};

use crate::load::{Reading, Request};
use crate::settings::Settings;
use crate::term::{entries, plain, unknown};
use crate::yaml::{self, Entry, Node};

const FIELDS: [&str; 6] = ["type", "default", "description", "minimum", "maximum", "sensitive"];
const TYPES: [&str; 6] = ["string", "integer", "number", "boolean", "list", "map"];

/// Values given from outside of the stacks.
pub(crate) struct Given<'a> {
    command_line: BTreeMap<&'a str, &'a str>,
    env: &'a dyn Fn(&str) -> Option<String>,
    file: BTreeMap<String, (Value, Span)>,
}

pub(crate) fn given<'a>(
    reading: &mut Reading<'_>,
    settings: &Settings,
    environment: &str,
    request: &'a Request<'_>,
) -> Option<Given<'a>> {
    let mut file = BTreeMap::new();
    match settings.environments.get(environment) {
        Some(Some(path)) => {
            let node = reading.tree(path)?;
            for entry in entries(reading, &node, "the file of values") {
                file.insert(entry.key.clone(), (plain(&entry.value), entry.value.span));
            }
        }
        Some(None) => {}
        None if environment == "default" => {}
        None => {
            let known: Vec<_> = settings.environments.keys().map(String::as_str).collect();
            let diagnostic = Diagnostic::without_place(
                "E0201",
                format!("there is no environment `{environment}`"),
            );
            let help = match suggest::nearest(environment, known.iter().copied()) {
                Some(nearest) => format!("did you mean `{nearest}`?"),
                None if known.is_empty() => "`terrace.yaml` has no `environments`".to_owned(),
                None => format!("`terrace.yaml` has {}", known.join(", ")),
            };
            reading.diagnostics.push(diagnostic.help(help));
            return None;
        }
    }
    let command_line = request.variables.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    Some(Given { command_line, env: request.env, file })
}

/// Complains about values on the command line and in the environment's file that nothing declares.
pub(crate) fn undeclared(
    reading: &mut Reading<'_>,
    stacks: &BTreeMap<StackName, Stack>,
    given: &Given<'_>,
) {
    if reading.diagnostics.has_errors() {
        return; // A stack that could not be read may declare it.
    }
    let declared: Vec<&str> =
        stacks.values().flat_map(|s| s.variables.keys().map(String::as_str)).collect();
    let help = |name: &str| match suggest::nearest(name, declared.iter().copied()) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => "declare it under `variables` of a stack".to_owned(),
    };
    for name in given.command_line.keys().filter(|name| !declared.contains(name)) {
        let message = format!("no stack declares the variable `{name}` given with `--var`");
        reading.diagnostics.push(Diagnostic::without_place("E0603", message).help(help(name)));
    }
    for (name, (_, span)) in
        given.file.iter().filter(|(name, _)| !declared.contains(&name.as_str()))
    {
        let message = format!("no stack declares the variable `{name}`");
        reading.diagnostics.push(Diagnostic::error("E0603", *span, message).help(help(name)));
    }
}

/// The values of a stack's variables.
pub(crate) fn read(
    reading: &mut Reading<'_>,
    node: &Node,
    given: &Given<'_>,
) -> BTreeMap<String, Value> {
    let mut values = BTreeMap::new();
    for entry in entries(reading, node, "`variables`") {
        let value = one(reading, entry, given).unwrap_or(Value::Null);
        values.insert(entry.key.clone(), value);
    }
    values
}

#[derive(Default)]
struct Declared<'n> {
    kind: Option<&'n str>,
    default: Option<&'n Node>,
    minimum: Option<i64>,
    maximum: Option<i64>,
    sensitive: bool,
}

fn one(reading: &mut Reading<'_>, entry: &Entry, given: &Given<'_>) -> Option<Value> {
    if let Err(error) = terrace_model::Name::new(&entry.key) {
        reading.diagnostics.push(Diagnostic::error("E0202", entry.key_span, error.to_string()));
    }
    let declared = declaration(reading, entry);
    let name = entry.key.as_str();
    let typed = |text: &str| from_text(text, declared.kind);
    let (value, span, source) = if let Some(text) = given.command_line.get(name) {
        (typed(text), entry.key_span, "given with `--var`")
    } else if let Some(text) = (given.env)(&format!("TERRACE_VAR_{name}")) {
        (typed(&text), entry.key_span, "given in the environment")
    } else if let Some((value, span)) = given.file.get(name) {
        (value.clone(), *span, "given in the environment's file")
    } else if let Some(default) = declared.default {
        (plain(default), default.span, "the default")
    } else {
        let message = format!("the variable `{name}` has no value");
        reading.diagnostics.push(Diagnostic::error("E0601", entry.key_span, message).help(
            format!(
                "give it with `--var {name}=...`, with `TERRACE_VAR_{name}`, or write a `default`"
            ),
        ));
        return None;
    };
    if let Err(wrong) = fits(&value, &declared) {
        let shown = if declared.sensitive { "its value does not fit".to_owned() } else { wrong };
        let message = format!("the variable `{name}`, {source}: {shown}");
        reading.diagnostics.push(Diagnostic::error("E0602", span, message));
        return None;
    }
    Some(if declared.sensitive { Value::Sensitive(Box::new(value)) } else { value })
}

fn declaration<'n>(reading: &mut Reading<'_>, entry: &'n Entry) -> Declared<'n> {
    let mut declared = Declared::default();
    for field in entries(reading, &entry.value, "a variable") {
        let value = field.value.as_scalar().map(yaml::Scalar::value);
        match (field.key.as_str(), value) {
            ("type", Some(Value::String(kind))) => match TYPES.iter().find(|t| **t == kind) {
                Some(kind) => declared.kind = Some(kind),
                None => {
                    let message = format!("`{kind}` is not a type");
                    let help = format!("types are {}", TYPES.join(", "));
                    reading
                        .diagnostics
                        .push(Diagnostic::error("E0201", field.value.span, message).help(help));
                }
            },
            ("default", _) => declared.default = Some(&field.value),
            ("description", Some(_)) => {}
            ("minimum", Some(Value::Int(n))) => declared.minimum = Some(n),
            ("maximum", Some(Value::Int(n))) => declared.maximum = Some(n),
            ("sensitive", Some(Value::Bool(b))) => declared.sensitive = b,
            (known, _) if FIELDS.contains(&known) => {
                let message = format!("`{known}` cannot be {}", field.value.describe());
                reading.diagnostics.push(Diagnostic::error("E0205", field.value.span, message));
            }
            _ => reading.diagnostics.push(unknown(field, "field of a variable", &FIELDS)),
        }
    }
    declared
}

/// A value written on the command line: as the type says, text when there is none.
fn from_text(text: &str, kind: Option<&str>) -> Value {
    match kind {
        None | Some("string") => Value::text(text),
        Some(_) => {
            let (node, _) = yaml::parse(text, terrace_model::FileId(u32::MAX));
            node.map_or(Value::Null, |node| plain(&node))
        }
    }
}

fn fits(value: &Value, declared: &Declared<'_>) -> Result<(), String> {
    let right = declared.kind.is_none()
        || matches!(
            (declared.kind, value),
            (Some("string"), Value::String(_))
                | (Some("integer"), Value::Int(_))
                | (Some("number"), Value::Int(_) | Value::Float(_))
                | (Some("boolean"), Value::Bool(_))
                | (Some("list"), Value::List(_))
                | (Some("map"), Value::Map(_))
        );
    if !right {
        let kind = declared.kind.unwrap_or_default();
        return Err(format!("expected type {kind}, found {}", value.describe()));
    }
    match (value.as_int(), declared.minimum, declared.maximum) {
        (Some(n), Some(minimum), _) if n < minimum => Err(format!("{n} is less than {minimum}")),
        (Some(n), _, Some(maximum)) if n > maximum => Err(format!("{n} is more than {maximum}")),
        _ => Ok(()),
    }
}
