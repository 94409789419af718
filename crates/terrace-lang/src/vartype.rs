//! Types of variables: what may be written for them, and how a value is made to fit.

use std::collections::BTreeMap;

use terrace_model::{Diagnostic, Span, Value, suggest};

use crate::load::Reading;
use crate::term::{entries, has_expression, plain, unknown};
use crate::yaml::{self, Content, Node};

/// The type of a variable.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum VarType {
    Any,
    String,
    Integer,
    Number,
    Boolean,
    List(Box<Self>),
    Map(Box<Self>),
    Object(Vec<VarField>),
}

/// A field of an object.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct VarField {
    name: String,
    ty: VarType,
    optional: bool,
    default: Option<Value>,
}

/// Why a value does not fit, and where in it.
#[derive(Debug)]
pub(crate) struct Misfit {
    path: Vec<String>,
    text: String,
}

const SIMPLE: [&str; 4] = ["string", "integer", "number", "boolean"];
const FIELD: [&str; 4] = ["type", "optional", "default", "description"];
/// Deepest nesting of a type.
const MAX_DEPTH: usize = 16;

/// Reads what is written under `type`.
pub(crate) fn read(reading: &mut Reading<'_>, node: &Node) -> VarType {
    read_at(reading, node, 0)
}

fn read_at(reading: &mut Reading<'_>, node: &Node, depth: usize) -> VarType {
    if depth > MAX_DEPTH {
        let message = format!("a type is nested at most {MAX_DEPTH} deep");
        reading.diagnostics.push(Diagnostic::error("E0201", node.span, message));
        return VarType::Any;
    }
    if let Some(scalar) = node.as_scalar() {
        return by_text(&scalar.text).unwrap_or_else(|| {
            reading.diagnostics.push(not_a_type(node, &scalar.text));
            VarType::Any
        });
    }
    match node.as_map() {
        Some([entry]) if entry.key == "list" => {
            VarType::List(Box::new(read_at(reading, &entry.value, depth + 1)))
        }
        Some([entry]) if entry.key == "map" => {
            VarType::Map(Box::new(read_at(reading, &entry.value, depth + 1)))
        }
        Some([entry]) if entry.key == "object" => {
            let fields = entries(reading, &entry.value, "`object`").iter();
            VarType::Object(fields.map(|f| field(reading, f, depth + 1)).collect())
        }
        _ => {
            reading.diagnostics.push(not_a_type(node, &node.describe()));
            VarType::Any
        }
    }
}

fn not_a_type(node: &Node, found: &str) -> Diagnostic {
    let diagnostic = Diagnostic::error("E0201", node.span, format!("`{found}` is not a type"));
    diagnostic.help(
        "types are string, integer, number, boolean, list, map, list(string), map(integer), and `object:` with a type for each field",
    )
}

/// A field is a type, or a map with `type` and what it is without a value.
fn field(reading: &mut Reading<'_>, entry: &yaml::Entry, depth: usize) -> VarField {
    let name = entry.key.clone();
    let settings = entry.value.as_map().filter(|f| f.iter().any(|f| f.key == "type"));
    let Some(settings) = settings else {
        let ty = read_at(reading, &entry.value, depth);
        return VarField { name, ty, optional: false, default: None };
    };
    let mut found = VarField { name, ty: VarType::Any, optional: false, default: None };
    for setting in settings {
        match (setting.key.as_str(), setting.value.as_scalar().map(yaml::Scalar::value)) {
            ("type", _) => found.ty = read_at(reading, &setting.value, depth),
            ("optional", Some(Value::Bool(optional))) => found.optional = optional,
            ("default", _) => {}
            ("description", Some(_)) => {}
            _ => reading.diagnostics.push(unknown(setting, "setting of a field", &FIELD)),
        }
    }
    if let Some(default) = settings.iter().find(|s| s.key == "default") {
        match found.ty.fit(found.ty.of_node(&default.value)) {
            Ok(value) => found.default = Some(value),
            Err(misfit) => {
                let message = format!("the default of the field `{}`: {misfit}", found.name);
                let span = misfit.place(&default.value);
                reading.diagnostics.push(Diagnostic::error("E0602", span, message));
            }
        }
    }
    found
}

fn by_text(text: &str) -> Option<VarType> {
    let text = text.trim();
    let inside = |outer: &str| text.strip_prefix(outer)?.strip_suffix(')');
    Some(match text {
        "any" => VarType::Any,
        "string" => VarType::String,
        "integer" => VarType::Integer,
        "number" => VarType::Number,
        "boolean" => VarType::Boolean,
        "list" => VarType::List(Box::new(VarType::Any)),
        "map" => VarType::Map(Box::new(VarType::Any)),
        _ if text.len() > 200 => return None,
        _ => match (inside("list("), inside("map(")) {
            (Some(item), _) => VarType::List(Box::new(by_text(item)?)),
            (_, Some(item)) => VarType::Map(Box::new(by_text(item)?)),
            _ => return None,
        },
    })
}

impl VarType {
    /// The type that a default has when none is declared.
    pub(crate) fn of(value: &Value) -> Self {
        match value {
            Value::String(_) => Self::String,
            Value::Int(_) => Self::Integer,
            Value::Float(_) => Self::Number,
            Value::Bool(_) => Self::Boolean,
            Value::List(_) => Self::List(Box::new(Self::Any)),
            Value::Map(_) => Self::Map(Box::new(Self::Any)),
            _ => Self::Any,
        }
    }

    /// What a user would call it.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Any => "anything".into(),
            Self::String => SIMPLE[0].into(),
            Self::Integer => SIMPLE[1].into(),
            Self::Number => SIMPLE[2].into(),
            Self::Boolean => SIMPLE[3].into(),
            Self::List(item) if **item == Self::Any => "list".into(),
            Self::Map(item) if **item == Self::Any => "map".into(),
            Self::List(item) => format!("list({})", item.describe()),
            Self::Map(item) => format!("map({})", item.describe()),
            Self::Object(fields) => {
                let names: Vec<&str> = fields.iter().map(|f| f.name.as_str()).collect();
                format!("object with {}", names.join(", "))
            }
        }
    }

    /// A value as it is written: text as it stands where text is expected.
    pub(crate) fn of_node(&self, node: &Node) -> Value {
        match (self, &node.content) {
            (Self::String, Content::Scalar(scalar)) if !scalar.is_null() => {
                Value::text(&scalar.text)
            }
            (Self::List(item), Content::List(nodes)) => {
                Value::List(nodes.iter().map(|node| item.of_node(node)).collect())
            }
            (Self::Map(item), Content::Map(entries)) => Value::Map(
                entries.iter().map(|e| (e.key.clone(), item.of_node(&e.value))).collect(),
            ),
            (Self::Object(fields), Content::Map(entries)) => {
                let one = |e: &yaml::Entry| {
                    let ty = fields.iter().find(|f| f.name == e.key).map_or(&Self::Any, |f| &f.ty);
                    (e.key.clone(), ty.of_node(&e.value))
                };
                Value::Map(entries.iter().map(one).collect())
            }
            _ => plain(node),
        }
    }

    /// A value given as text, on the command line or in the process's environment.
    pub(crate) fn of_text(&self, text: &str) -> Value {
        match self {
            Self::Any | Self::String => Value::text(text),
            _ => {
                let (node, _) = yaml::parse(text, terrace_model::FileId(u32::MAX));
                node.map_or(Value::Null, |node| self.of_node(&node))
            }
        }
    }

    /// The value, with defaults of fields filled in. What is not known yet fits.
    pub(crate) fn fit(&self, value: Value) -> Result<Value, Misfit> {
        let wrong = |value: &Value| {
            let text = format!("expected type {}, found {}", self.describe(), value.describe());
            Err(Misfit { path: Vec::new(), text })
        };
        match (self, value) {
            (Self::Any, value) | (_, value @ Value::Pending(_)) => Ok(value),
            (_, Value::Sensitive(inner)) => self.fit(*inner).map(Value::into_sensitive),
            (Self::String, value @ Value::String(_))
            | (Self::Integer, value @ Value::Int(_))
            | (Self::Number, value @ (Value::Int(_) | Value::Float(_)))
            | (Self::Boolean, value @ Value::Bool(_)) => Ok(value),
            (Self::List(item), Value::List(values)) => {
                let fit = |(at, value): (usize, Value)| {
                    item.fit(value).map_err(|misfit| misfit.inside(&at.to_string()))
                };
                values.into_iter().enumerate().map(fit).collect::<Result<_, _>>().map(Value::List)
            }
            (Self::Map(item), Value::Map(values)) => {
                let fit = |(key, value): (String, Value)| match item.fit(value) {
                    Ok(value) => Ok((key, value)),
                    Err(misfit) => Err(misfit.inside(&key)),
                };
                values.into_iter().map(fit).collect::<Result<_, _>>().map(Value::Map)
            }
            (Self::Object(fields), Value::Map(values)) => object(fields, values),
            (_, value) => wrong(&value),
        }
    }
}

fn object(fields: &[VarField], mut values: BTreeMap<String, Value>) -> Result<Value, Misfit> {
    let mut fitted = BTreeMap::new();
    for field in fields {
        let value = match values.remove(&field.name).filter(|value| !value.is_null()) {
            Some(value) => field.ty.fit(value).map_err(|misfit| misfit.inside(&field.name))?,
            None => match &field.default {
                Some(default) => default.clone(),
                None if field.optional => Value::Null,
                None => {
                    let text = format!("the field `{}` is missing", field.name);
                    return Err(Misfit { path: Vec::new(), text });
                }
            },
        };
        fitted.insert(field.name.clone(), value);
    }
    match values.keys().next() {
        None => Ok(Value::Map(fitted)),
        Some(other) => {
            let near = suggest::nearest(other, fields.iter().map(|f| f.name.as_str()));
            let hint = near.map(|near| format!(" (did you mean `{near}`?)")).unwrap_or_default();
            let text = format!("there is no field `{other}`{hint}");
            Err(Misfit { path: vec![other.clone()], text })
        }
    }
}

impl Misfit {
    fn inside(mut self, step: &str) -> Self {
        self.path.insert(0, step.to_owned());
        self
    }

    /// Where in a node it is.
    pub(crate) fn place(&self, node: &Node) -> Span {
        let mut node = node;
        for step in &self.path {
            let inner = match &node.content {
                Content::List(items) => step.parse().ok().and_then(|at: usize| items.get(at)),
                Content::Map(entries) => entries.iter().find(|e| e.key == *step).map(|e| &e.value),
                Content::Scalar(_) => None,
            };
            match inner {
                Some(inner) => node = inner,
                None => break,
            }
        }
        node.span
    }
}

impl std::fmt::Display for Misfit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.path.is_empty() && !self.text.starts_with("there is no field") {
            write!(f, "`{}`: ", self.path.join("."))?;
        }
        f.write_str(&self.text)
    }
}

/// Whether a node can be a default: a plain value.
pub(crate) fn is_plain(node: &Node) -> bool {
    !has_expression(node)
}
