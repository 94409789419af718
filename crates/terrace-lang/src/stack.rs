//! A stack file: its sections.

use std::borrow::Cow;

use foldhash::{HashMap, HashMapExt as _};
use terrace_model::{Diagnostic, Kind, Name, Output, Stack, StackName};

use crate::load::Reading;
use crate::term::{entries, term, unknown};
use crate::variables::{self, Source};
use crate::yaml::{Entry, Node};
use crate::{components, existing, refactor, resource, settings};

/// Reads a stack file, or the file of a component.
pub(crate) fn read(
    reading: &mut Reading<'_>,
    name: &StackName,
    node: &Node,
    source: &Source<'_>,
) -> Option<Stack> {
    let sections = entries(reading, node, "a stack");
    let mut stack = Stack::new(name.clone());
    let known: Vec<&str> = ["cloud", "variables", "locals", "existing", "components", "outputs"]
        .into_iter()
        .chain(refactor::SECTIONS)
        .chain(top_kinds().map(Kind::section))
        .collect();
    let find = |key: &str| sections.iter().find(|e| e.key == key);
    for entry in sections.iter().filter(|e| !known.contains(&e.key.as_str())) {
        let diagnostic = odd_section(entry, &known, reading.diagnostics.is_full());
        reading.diagnostics.push(diagnostic);
    }
    variables::read(reading, &mut stack, find("variables").map(|e| &e.value), source);
    if let Some(entry) = find("locals") {
        for local in entries(reading, &entry.value, "`locals`") {
            named(reading, local);
            stack.locals.insert(local.key.to_string(), term(reading, &local.value));
        }
    }
    if let Some(entry) = find("existing") {
        stack.existing = existing::read(reading, &entry.value);
    }
    if let Some(entry) = find("components") {
        let used = entries(reading, &entry.value, "`components`").iter();
        let used: Vec<_> = used.filter_map(|e| components::read(reading, e)).collect();
        reading.uses.insert(name.clone(), used);
    }
    for kind in top_kinds() {
        if let Some(entry) = find(kind.section()) {
            let blocks = entries(reading, &entry.value, format_args!("`{}`", kind.section()));
            look_alikes(reading, blocks);
            for block in blocks {
                resource::read(reading, &mut stack, kind, block);
            }
        }
    }
    stack.cloud = find("cloud").and_then(|entry| settings::chosen(reading, &entry.value));
    if let Some(cloud) = stack.cloud.clone() {
        for resource in stack.resources.values_mut() {
            resource.cloud.get_or_insert_with(|| cloud.clone());
        }
    }
    stack.refactors = refactor::read(reading, &stack, sections);
    if let Some(entry) = find("outputs") {
        for output in entries(reading, &entry.value, "`outputs`") {
            outputs(reading, &mut stack, output);
        }
    }
    Some(stack)
}

/// A section that is not known, or stands in the wrong place. What is only counted has no help.
fn odd_section(entry: &Entry, known: &[&str], counted: bool) -> Diagnostic {
    if counted {
        let message = format!("`{}` is not a known section", entry.key);
        return Diagnostic::error("E0201", entry.key_span, message);
    }
    match Kind::from_section(&entry.key).and_then(|k| k.schema().parent) {
        Some(parent) => {
            let message = format!("`{}` are written inside a {}", entry.key, parent.noun());
            Diagnostic::error("E0201", entry.key_span, message)
                .help(format!("move it under an entry of `{}`", parent.section()))
        }
        None => unknown(entry, "section", known),
    }
}

/// Names that differ only in case are taken for the same by some clouds and by readers.
fn look_alikes(reading: &mut Reading<'_>, blocks: &[Entry]) {
    let mut seen: HashMap<Cow<'_, str>, &Entry> = HashMap::with_capacity(blocks.len());
    for entry in blocks {
        let lower = !entry.key.bytes().any(|byte| byte.is_ascii_uppercase() || !byte.is_ascii());
        let key = if lower { Cow::from(&*entry.key) } else { entry.key.to_lowercase().into() };
        if let Some(other) = seen.insert(key, entry) {
            let message = format!("`{}` and `{}` differ only in case", other.key, entry.key);
            let diagnostic = Diagnostic::warning("W0302", entry.key_span, message);
            reading.diagnostics.push(diagnostic.related(other.key_span, "the other one"));
        }
    }
}

fn top_kinds() -> impl Iterator<Item = Kind> {
    Kind::ALL.into_iter().filter(|kind| kind.schema().parent.is_none())
}

/// The key as a name; a complaint if it cannot be one.
pub(crate) fn named(reading: &mut Reading<'_>, entry: &Entry) -> Option<Name> {
    match Name::new(&entry.key) {
        Ok(name) => Some(name),
        Err(error) => {
            reading.diagnostics.push(Diagnostic::error("E0202", entry.key_span, error.to_string()));
            None
        }
    }
}

/// An output is a term, or a map with `value` and how it is shown.
fn outputs(reading: &mut Reading<'_>, stack: &mut Stack, entry: &Entry) {
    named(reading, entry);
    if Kind::from_section(&entry.key).is_some() {
        let message = format!("an output cannot be called `{}`: that is a section", entry.key);
        let diagnostic = Diagnostic::error("E0202", entry.key_span, message);
        reading.diagnostics.push(diagnostic.help("`stacks.STACK.SECTION.NAME` is a resource"));
    }
    let fields = entry.value.as_map().filter(|fields| fields.iter().any(|f| f.key == "value"));
    let term_of = fields
        .and_then(|fields| fields.iter().find(|f| f.key == "value"))
        .map_or(&entry.value, |field| &field.value);
    let span = entry.key_span;
    let mut output = Output { term: term(reading, term_of), sensitive: false, span };
    for field in fields.unwrap_or_default() {
        match (field.key.as_str(), field.value.as_scalar().map(crate::yaml::Scalar::value)) {
            ("value", _) => {}
            ("sensitive", Some(terrace_model::Value::Bool(sensitive))) => {
                output.sensitive = sensitive;
            }
            ("description", Some(_)) => {}
            _ => reading.diagnostics.push(unknown(
                field,
                "field of an output",
                &["value", "sensitive", "description"],
            )),
        }
    }
    stack.outputs.insert(entry.key.to_string(), output);
}
