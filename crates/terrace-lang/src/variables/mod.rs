//! Variables: declarations, values by precedence, and what they must be like.

mod given;
mod rules;
mod shape;
mod supplied;

use terrace_model::names::unsettled;
use terrace_model::{Diagnostic, Diagnostics, Span, Stack, Value};

pub(crate) use given::{Given, collect};
pub(crate) use rules::{Rule, check};
use shape::{Misfit, Shape};
pub(crate) use supplied::{Source, Supplies, Supply};

use crate::load::{Question, Reading};
use crate::term::{entries, unknown};
use crate::yaml::{Entry, Node, Scalar};

const OWN_FIELDS: [&str; 4] = ["default", "description", "sensitive", "validate"];

/// Settles the variables of a stack.
pub(crate) fn read(
    reading: &mut Reading<'_>,
    stack: &mut Stack,
    node: Option<&Node>,
    source: &Source<'_>,
) {
    let entries = node.map(|node| entries(reading, node, "`variables`")).unwrap_or_default();
    for entry in entries {
        let name = &entry.key;
        let declared = declaration(reading, &stack.name, entry);
        match source {
            Source::Outside(given) => {
                if let Some((value, span)) = one(reading, entry, &declared, given) {
                    stack.given.insert(name.to_string(), span.unwrap_or(entry.key_span));
                    stack.variables.insert(name.to_string(), value);
                }
            }
            Source::Use(supplies, used) => {
                supplied::one(reading, stack, (entry, &declared), (supplies, *used));
            }
        }
        // Nothing more is said about what was told.
        if !stack.variables.contains_key(name.as_str()) && !stack.inputs.contains_key(name.as_str())
        {
            stack.variables.insert(name.to_string(), unsettled());
        }
    }
    if let Source::Use(supplies, _) = source {
        supplied::undeclared(reading, entries, supplies);
    }
}

struct Declared<'n> {
    shape: Shape,
    default: Option<&'n Node>,
    description: Option<String>,
    sensitive: bool,
}

fn declaration<'n>(
    reading: &mut Reading<'_>,
    stack: &terrace_model::StackName,
    entry: &'n Entry,
) -> Declared<'n> {
    if let Err(error) = terrace_model::Name::new(&entry.key) {
        reading.diagnostics.push(Diagnostic::error("E0202", entry.key_span, error.to_string()));
    }
    let mut declared = Declared {
        shape: shape::read(reading, &entry.value, 0),
        default: None,
        description: None,
        sensitive: false,
    };
    if entry.value.as_scalar().is_some() {
        return declared; // `name: string`
    }
    let known: Vec<&str> = OWN_FIELDS.into_iter().chain(shape::FIELDS).collect();
    for field in entries(reading, &entry.value, "a variable") {
        match (field.key.as_str(), field.value.as_scalar().map(Scalar::value)) {
            ("default", _) => declared.default = Some(&field.value),
            ("description", Some(Value::String(text))) => declared.description = Some(text.into()),
            ("sensitive", Some(Value::Bool(sensitive))) => declared.sensitive = sensitive,
            ("validate", _) => rules::read(reading, (stack, entry), &field.value),
            (own, _) if OWN_FIELDS.contains(&own) => {
                let message = format!("`{own}` cannot be {}", field.value.describe());
                reading.diagnostics.push(Diagnostic::error("E0205", field.value.span, message));
            }
            (key, _) if shape::FIELDS.contains(&key) => {}
            _ => reading.diagnostics.push(unknown(field, "field of a variable", &known)),
        }
    }
    if let Some(default) = declared.default.filter(|_| declared.sensitive) {
        reading.sources.conceal(default.span);
    }
    declared
}

/// The value of a variable; a complaint when there is none or it does not fit.
fn one(
    reading: &mut Reading<'_>,
    entry: &Entry,
    declared: &Declared<'_>,
    given: &Given<'_>,
) -> Option<(Value, Option<Span>)> {
    let name = entry.key.as_str();
    let mut told = Diagnostics::default();
    let mut default = || {
        let node = declared.default?;
        let value = declared.shape.read(node, &mut told);
        Some((value, Some(node.span), "the default".to_owned()))
    };
    let asked = || {
        let question = Question {
            name,
            description: declared.description.as_deref(),
            sensitive: declared.sensitive,
        };
        given.ask(&question, &declared.shape)
    };
    let found = given.find(name, &declared.shape, &mut reading.diagnostics);
    let found = found.map(|f| (f.value, f.span, f.source));
    let found =
        found.or_else(&mut default).or_else(|| asked().map(|f| (f.value, f.span, f.source)));
    reading.diagnostics.extend(told);
    let Some((value, span, source)) = found else {
        let message = format!("the variable `{name}` has no value");
        let help = format!(
            "give it with `--var {name}=...`, with `TERRACE_VAR_{name}`, in a file named with \
             `--var-file` or in that of the environment, or write a `default`"
        );
        reading.diagnostics.push(Diagnostic::error("E0601", entry.key_span, message).help(help));
        return None;
    };
    fitting(reading, (entry, declared), value, (span, &source)).map(|value| (value, span))
}

/// The value, made to fit and marked; a complaint if it does not.
fn fitting(
    reading: &mut Reading<'_>,
    (entry, declared): (&Entry, &Declared<'_>),
    value: Value,
    (span, source): (Option<Span>, &str),
) -> Option<Value> {
    if let Some(span) = span.filter(|_| declared.sensitive) {
        reading.sources.conceal(span);
    }
    match declared.shape.fit(value) {
        Ok(value) if declared.sensitive => Some(value.into_sensitive()),
        Ok(value) => Some(value),
        Err(misfit) => {
            reading.diagnostics.push(complaint(entry, declared, (span, source), misfit));
            None
        }
    }
}

/// Both ends: where the value is written, and where the variable is declared.
fn complaint(
    entry: &Entry,
    declared: &Declared<'_>,
    (span, source): (Option<Span>, &str),
    misfit: Misfit,
) -> Diagnostic {
    let name = format!("{}{}", entry.key, misfit.path);
    let what =
        if declared.sensitive { "its value does not fit".to_owned() } else { misfit.message };
    let message = format!("the variable `{name}`, {source}: {what}");
    match span {
        Some(span) => Diagnostic::error("E0602", span, message)
            .related(entry.key_span, format!("`{}` is declared here", entry.key)),
        None => Diagnostic::error("E0602", entry.key_span, message),
    }
}
