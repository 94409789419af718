//! A stack file: its sections.

use std::collections::BTreeMap;

use terrace_model::{Diagnostic, Kind, Name, Output, Refactors, Stack, StackName};

use crate::load::Reading;
use crate::term::{entries, term, unknown};
use crate::variables::{self, Given};
use crate::yaml::{Entry, Node};
use crate::{locals, names, refactor, resource, settings};

/// Reads a stack file.
pub(crate) fn read(
    reading: &mut Reading<'_>,
    name: &StackName,
    node: &Node,
    given: &Given<'_>,
) -> Option<Stack> {
    let sections = entries(reading, node, "a stack");
    let mut stack = Stack {
        name: name.clone(),
        variables: BTreeMap::new(),
        locals: BTreeMap::new(),
        resources: BTreeMap::new(),
        outputs: BTreeMap::new(),
        refactors: Refactors::default(),
    };
    let known: Vec<&str> = ["cloud", "variables", "locals", "outputs"]
        .into_iter()
        .chain(refactor::SECTIONS)
        .chain(top_kinds().map(Kind::section))
        .collect();
    let find = |key: &str| sections.iter().find(|e| e.key == key);
    for entry in sections.iter().filter(|e| !known.contains(&e.key.as_str())) {
        reading.diagnostics.push(
            match Kind::from_section(&entry.key).and_then(|k| k.schema().parent) {
                Some(parent) => {
                    let message = format!("`{}` are written inside a {}", entry.key, parent.noun());
                    Diagnostic::error("E0201", entry.key_span, message)
                        .help(format!("move it under an entry of `{}`", parent.section()))
                }
                None => unknown(entry, "section", &known),
            },
        );
    }
    if let Some(entry) = find("variables") {
        stack.variables = variables::read(reading, name, &entry.value, given);
    }
    if let Some(entry) = find("locals") {
        for local in entries(reading, &entry.value, "`locals`") {
            named(reading, local);
            stack.locals.insert(local.key.clone(), term(reading, &local.value));
        }
        locals::refuse_circles(reading, &stack.locals);
    }
    for kind in top_kinds() {
        if let Some(entry) = find(kind.section()) {
            for block in entries(reading, &entry.value, &format!("`{}`", kind.section())) {
                resource::read(reading, &mut stack, kind, block);
            }
        }
    }
    if let Some(cloud) = find("cloud").and_then(|entry| settings::chosen(reading, &entry.value)) {
        for resource in stack.resources.values_mut() {
            resource.cloud.get_or_insert_with(|| cloud.clone());
        }
    }
    names::bare_names(reading, &mut stack);
    stack.refactors = refactor::read(reading, &stack, sections);
    if let Some(entry) = find("outputs") {
        for output in entries(reading, &entry.value, "`outputs`") {
            outputs(reading, &mut stack, output);
        }
    }
    Some(stack)
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
    let fields = entry.value.as_map().filter(|fields| fields.iter().any(|f| f.key == "value"));
    let mut output =
        Output { term: term(reading, &entry.value), sensitive: false, span: entry.key_span };
    for field in fields.unwrap_or_default() {
        match (field.key.as_str(), field.value.as_scalar().map(crate::yaml::Scalar::value)) {
            ("value", _) => output.term = term(reading, &field.value),
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
    stack.outputs.insert(entry.key.clone(), output);
}
