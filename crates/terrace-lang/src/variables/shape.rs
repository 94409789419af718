//! Shapes: what a value of a variable must be like, read from its declaration.

use std::collections::BTreeMap;

use regex::Regex;
use terrace_model::map::Key;
use terrace_model::{Diagnostic, Diagnostics, Map, Span, Value};

use crate::load::Reading;
use crate::term::{entries, unknown};
use crate::yaml::{Content, Entry, Node, Scalar, Wanted};

/// Words that a shape is made of; a variable has more.
pub(super) const FIELDS: [&str; 10] = [
    "type",
    "items",
    "fields",
    "minimum",
    "maximum",
    "pattern",
    "enum",
    "min_length",
    "max_length",
    "optional",
];
const TYPES: [&str; 7] = ["string", "integer", "number", "boolean", "list", "map", "object"];
/// A pattern may grow to so many bytes when it is compiled.
const PATTERN_SIZE: usize = 1 << 20;
/// Shapes stand in shapes at most so deep.
const DEEPEST: usize = 32;

/// The type of a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    /// Anything.
    #[default]
    Any,
    String,
    Integer,
    Number,
    Boolean,
    List,
    Map,
    Object,
}

/// What a value must be like.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    pub(super) kind: Kind,
    /// Of the items of a list, or the values of a map.
    items: Option<Box<Self>>,
    /// Of an object, by name.
    fields: BTreeMap<String, Field>,
    minimum: Option<f64>,
    maximum: Option<f64>,
    pattern: Option<Regex>,
    choices: Option<Vec<Value>>,
    min_length: Option<usize>,
    max_length: Option<usize>,
}

/// One field of an object.
#[derive(Clone, Debug, Default)]
struct Field {
    shape: Shape,
    default: Option<Value>,
    optional: bool,
}

/// What does not fit, and where in the value.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Misfit {
    /// Names and indices from the outside in, such as `.rules[2].port`.
    pub(super) path: String,
    pub(super) message: String,
}

impl Shape {
    /// The value with defaults of fields filled in.
    pub(super) fn fit(&self, value: Value) -> Result<Value, Misfit> {
        let misfit = |message: String| Misfit { path: String::new(), message };
        let value = match (self.kind, value) {
            (Kind::List, Value::List(items)) => Value::List(self.fit_list(items)?),
            (Kind::Map, Value::Map(map)) => Value::Map(self.fit_map(map)?),
            (Kind::Object, Value::Map(map)) => Value::Map(self.fit_object(map)?),
            (kind, value) if kind.takes(&value) => value,
            (kind, value) => {
                let message = format!("expected {}, found {}", kind.describe(), value.describe());
                return Err(misfit(message));
            }
        };
        self.constraints(&value).map_err(misfit)?;
        Ok(value)
    }

    /// The value of a node. Where text is expected, what is written without quotes is text as it
    /// stands; what is easily taken for something else is told.
    pub(super) fn read(&self, node: &Node, found: &mut Diagnostics) -> Value {
        let any = Self::default();
        match &node.content {
            Content::Scalar(scalar) if self.kind == Kind::String && !scalar.is_null() => {
                Value::text(scalar.text.clone())
            }
            Content::Scalar(scalar) => {
                if let Some(wanted) = self.kind.wanted() {
                    found.extend(scalar.look_alike(wanted, node.span));
                }
                scalar.value()
            }
            Content::List(items) => {
                let of = self.items.as_deref().filter(|_| self.kind == Kind::List).unwrap_or(&any);
                Value::List(items.iter().map(|item| of.read(item, found)).collect())
            }
            Content::Map(entries) => {
                let read = entries.iter().map(|entry| {
                    let of = match self.kind {
                        Kind::Map => self.items.as_deref(),
                        Kind::Object => {
                            self.fields.get(entry.key.as_str()).map(|field| &field.shape)
                        }
                        _ => None,
                    };
                    (entry.key.clone(), of.unwrap_or(&any).read(&entry.value, found))
                });
                Value::Map(read.collect())
            }
        }
    }

    fn fit_list(&self, items: Vec<Value>) -> Result<Vec<Value>, Misfit> {
        let Some(shape) = &self.items else { return Ok(items) };
        let fit = |(at, item)| shape.fit(item).map_err(|misfit| misfit.inside(&format!("[{at}]")));
        items.into_iter().enumerate().map(fit).collect()
    }

    fn fit_map(&self, map: Map) -> Result<Map, Misfit> {
        let Some(shape) = &self.items else { return Ok(map) };
        let fit = |(key, value): (Key, Value)| match shape.fit(value) {
            Ok(value) => Ok((key, value)),
            Err(misfit) => Err(misfit.inside(&format!(".{key}"))),
        };
        map.into_iter().map(fit).collect()
    }

    fn fit_object(&self, mut map: Map) -> Result<Map, Misfit> {
        let here = |message: String| Misfit { path: String::new(), message };
        if let Some(name) = map.keys().find(|name| !self.fields.contains_key(*name)) {
            let known: Vec<&str> = self.fields.keys().map(String::as_str).collect();
            let nearest = terrace_model::suggest::nearest(name, known.iter().copied());
            let hint = match nearest {
                Some(nearest) => format!("did you mean `{nearest}`?"),
                None => format!("it has {}", known.join(", ")),
            };
            return Err(here(format!("there is no field `{name}`; {hint}")));
        }
        let mut fitted = Map::new();
        for (name, field) in &self.fields {
            let given = map.remove(name).filter(|value| !value.is_null());
            let value = match (given, &field.default) {
                (Some(value), _) => value,
                (None, Some(default)) => default.clone(),
                // Every field has a value, so that expressions can ask for it.
                (None, None) if field.optional => {
                    fitted.insert(name.clone(), Value::Null);
                    continue;
                }
                (None, None) => return Err(here(format!("the field `{name}` is missing"))),
            };
            let value = field.shape.fit(value).map_err(|m| m.inside(&format!(".{name}")))?;
            fitted.insert(name.clone(), value);
        }
        Ok(fitted)
    }

    fn constraints(&self, value: &Value) -> Result<(), String> {
        if let Some(choices) = &self.choices
            && !choices.contains(value)
        {
            let shown: Vec<String> = choices.iter().map(|c| c.to_json().to_string()).collect();
            return Err(format!("{} is not one of {}", value.describe(), shown.join(", ")));
        }
        if let Some(number) = number(value) {
            match (self.minimum, self.maximum) {
                (Some(minimum), _) if number < minimum => {
                    return Err(format!("{number} is less than {minimum}"));
                }
                (_, Some(maximum)) if number > maximum => {
                    return Err(format!("{number} is more than {maximum}"));
                }
                _ => {}
            }
        }
        if let (Some(pattern), Some(text)) = (&self.pattern, value.as_str())
            && !pattern.is_match(text)
        {
            let written = pattern.as_str();
            let written = written.strip_prefix("^(?:").and_then(|p| p.strip_suffix(")$"));
            let written = written.unwrap_or_default();
            return Err(format!("{} does not match the pattern `{written}`", value.describe()));
        }
        self.lengths(value)
    }

    fn lengths(&self, value: &Value) -> Result<(), String> {
        let (length, what) = match value {
            Value::String(text) => (text.chars().count(), "characters"),
            Value::List(items) => (items.len(), "items"),
            Value::Map(map) => (map.len(), "entries"),
            _ => return Ok(()),
        };
        match (self.min_length, self.max_length) {
            (Some(least), _) if length < least => {
                Err(format!("it has {length} {what}, and must have at least {least}"))
            }
            (_, Some(most)) if length > most => {
                Err(format!("it has {length} {what}, and must have at most {most}"))
            }
            _ => Ok(()),
        }
    }
}

impl Misfit {
    fn inside(self, step: &str) -> Self {
        Self { path: format!("{step}{}", self.path), ..self }
    }
}

impl Kind {
    fn named(word: &str) -> Option<Self> {
        let at = TYPES.iter().position(|known| *known == word)?;
        let kinds = [
            Self::String,
            Self::Integer,
            Self::Number,
            Self::Boolean,
            Self::List,
            Self::Map,
            Self::Object,
        ];
        kinds.get(at).copied()
    }

    /// What a scalar of it may not be mistaken for.
    fn wanted(self) -> Option<Wanted> {
        match self {
            Self::Any => Some(Wanted::Anything),
            Self::Integer => Some(Wanted::Integer),
            Self::Number => Some(Wanted::Number),
            Self::Boolean => Some(Wanted::Truth),
            Self::String | Self::List | Self::Map | Self::Object => None,
        }
    }

    fn describe(self) -> &'static str {
        match self {
            Self::Any => "anything",
            Self::String => "text",
            Self::Integer => "a whole number",
            Self::Number => "a number",
            Self::Boolean => "true or false",
            Self::List => "a list",
            Self::Map => "a map",
            Self::Object => "a map with the fields of the object",
        }
    }

    fn takes(self, value: &Value) -> bool {
        match (self, value) {
            (Self::Any, _) => true,
            (Self::String, Value::String(_))
            | (Self::Integer, Value::Int(_))
            | (Self::Number, Value::Int(_) | Value::Float(_))
            | (Self::Boolean, Value::Bool(_))
            | (Self::List, Value::List(_))
            | (Self::Map | Self::Object, Value::Map(_)) => true,
            // What is not known yet is checked when it is.
            (_, value) => value.is_pending(),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "limits are compared, not computed with")]
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(n) => Some(*n as f64),
        Value::Float(n) => Some(*n),
        _ => None,
    }
}

/// Reads a shape: a word such as `string` or `list(string)`, or a map of the fields above.
pub(super) fn read(reading: &mut Reading<'_>, node: &Node, depth: usize) -> Shape {
    if depth > DEEPEST {
        let message = format!("types stand in types more than {DEEPEST} deep");
        reading.diagnostics.push(Diagnostic::error("E0108", node.span, message));
        return Shape::default();
    }
    if let Some(word) = node.as_scalar() {
        return word_shape(reading, &word.text, node.span, depth);
    }
    let mut shape = Shape::default();
    for field in entries(reading, node, "a type") {
        if FIELDS.contains(&field.key.as_str()) || depth > 0 && field.key == "default" {
            take(reading, &mut shape, field, depth);
        } else if depth > 0 && field.key != "description" {
            reading.diagnostics.push(unknown(field, "field of a type", &FIELDS));
        }
    }
    if shape.choices.is_some()
        && let Some(field) = node.as_map().into_iter().flatten().find(|f| f.key == "enum")
    {
        let items = field.value.as_list().unwrap_or_default();
        let read = items.iter().map(|item| shape.read(item, &mut reading.diagnostics));
        shape.choices = Some(read.collect());
    }
    contradictions(reading, &shape, node.span);
    shape
}

/// `string`, or `list(string)` and `map(integer)` as short forms.
fn word_shape(reading: &mut Reading<'_>, word: &str, span: Span, depth: usize) -> Shape {
    let word = word.trim();
    if let Some(kind) = Kind::named(word) {
        return Shape { kind, ..Shape::default() };
    }
    let inner = word.strip_suffix(')').and_then(|word| word.split_once('('));
    if let Some((outer @ ("list" | "map"), inner)) = inner
        && depth < DEEPEST
    {
        let items = Some(Box::new(word_shape(reading, inner, span, depth + 1)));
        let kind = if outer == "list" { Kind::List } else { Kind::Map };
        return Shape { kind, items, ..Shape::default() };
    }
    let diagnostic = Diagnostic::error("E0201", span, format!("`{word}` is not a type"));
    reading.diagnostics.push(match terrace_model::suggest::nearest(word, TYPES) {
        Some(nearest) => diagnostic.help(format!("did you mean `{nearest}`?")),
        None => diagnostic.help(format!("types are {}", TYPES.join(", "))),
    });
    Shape::default()
}

fn take(reading: &mut Reading<'_>, shape: &mut Shape, field: &Entry, depth: usize) {
    let scalar = field.value.as_scalar().map(Scalar::value);
    let length = |value: &Option<Value>| {
        value.as_ref().and_then(Value::as_int).and_then(|n| usize::try_from(n).ok())
    };
    match (field.key.as_str(), &scalar) {
        ("type", Some(Value::String(word))) => {
            let named = word_shape(reading, word, field.value.span, depth);
            shape.kind = named.kind;
            shape.items = named.items.or_else(|| shape.items.take());
        }
        ("items", _) => shape.items = Some(Box::new(read(reading, &field.value, depth + 1))),
        ("fields", _) => {
            for inner in entries(reading, &field.value, "`fields`") {
                let read = object_field(reading, inner, depth + 1);
                shape.fields.insert(inner.key.to_string(), read);
            }
        }
        ("minimum", Some(value)) if number(value).is_some() => shape.minimum = number(value),
        ("maximum", Some(value)) if number(value).is_some() => shape.maximum = number(value),
        ("min_length", value) if length(value).is_some() => shape.min_length = length(value),
        ("max_length", value) if length(value).is_some() => shape.max_length = length(value),
        ("pattern", Some(Value::String(text))) => {
            // The whole text has to match: half a match is a mistake more often than a wish.
            let whole = format!("^(?:{text})$");
            match regex::RegexBuilder::new(&whole).size_limit(PATTERN_SIZE).build() {
                Ok(pattern) => shape.pattern = Some(pattern),
                Err(error) => {
                    let why = error.to_string();
                    let why = why.lines().last().unwrap_or_default().trim_start_matches("error: ");
                    let message = format!("the pattern `{text}` cannot be used: {why}");
                    reading.diagnostics.push(Diagnostic::error("E0205", field.value.span, message));
                }
            }
        }
        ("enum", None) if field.value.as_list().is_some_and(|items| !items.is_empty()) => {
            // Read when the type is known.
            shape.choices = Some(Vec::new());
        }
        // Read by the object that the field belongs to.
        ("optional", Some(Value::Bool(_))) if depth > 0 => {}
        ("default", _) if depth > 0 => {}
        (key, _) => {
            let message = format!("`{key}` cannot be {}", field.value.describe());
            reading.diagnostics.push(Diagnostic::error("E0205", field.value.span, message));
        }
    }
}

fn object_field(reading: &mut Reading<'_>, entry: &Entry, depth: usize) -> Field {
    let shape = read(reading, &entry.value, depth);
    let inside = |name: &str| entry.value.as_map()?.iter().find(|f| f.key == name);
    let mut default =
        inside("default").map(|field| shape.read(&field.value, &mut reading.diagnostics));
    if let (Some(value), Some(field)) = (default.take(), inside("default")) {
        match shape.fit(value) {
            Ok(value) => default = Some(value),
            Err(misfit) => {
                let message = format!("the default does not fit: {}", misfit.message);
                reading.diagnostics.push(Diagnostic::error("E0602", field.value.span, message));
            }
        }
    }
    let optional = inside("optional").and_then(|field| field.value.as_scalar());
    let optional = optional.is_some_and(|scalar| scalar.value() == Value::Bool(true));
    // A default that does not fit was told; that it is missing then is no news.
    let optional = optional || (default.is_none() && inside("default").is_some());
    Field { shape, default, optional }
}

/// Words that cannot mean anything together.
fn contradictions(reading: &mut Reading<'_>, shape: &Shape, span: Span) {
    let numeric = matches!(shape.kind, Kind::Any | Kind::Integer | Kind::Number);
    let many = matches!(shape.kind, Kind::Any | Kind::String | Kind::List | Kind::Map);
    let wrong = [
        (shape.minimum.is_some() && !numeric, "`minimum` is for numbers"),
        (shape.maximum.is_some() && !numeric, "`maximum` is for numbers"),
        (
            matches!((shape.minimum, shape.maximum), (Some(a), Some(b)) if a > b),
            "`minimum` is more than `maximum`",
        ),
        (
            shape.pattern.is_some() && !matches!(shape.kind, Kind::Any | Kind::String),
            "`pattern` is for text",
        ),
        (shape.min_length.is_some() && !many, "`min_length` is for texts, lists and maps"),
        (shape.max_length.is_some() && !many, "`max_length` is for texts, lists and maps"),
        (
            matches!((shape.min_length, shape.max_length), (Some(a), Some(b)) if a > b),
            "`min_length` is more than `max_length`",
        ),
        (
            shape.items.is_some() && !matches!(shape.kind, Kind::List | Kind::Map),
            "`items` is for lists and maps",
        ),
        (!shape.fields.is_empty() && shape.kind != Kind::Object, "`fields` is for objects"),
        (shape.fields.is_empty() && shape.kind == Kind::Object, "an object needs `fields`"),
    ];
    for (_, message) in wrong.iter().filter(|(is, _)| *is) {
        reading.diagnostics.push(Diagnostic::error("E0205", span, *message));
    }
}
