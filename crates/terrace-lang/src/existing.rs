//! `existing`: what the cloud has already, and how it is found.

use std::collections::BTreeMap;

use terrace_model::expr::Term;
use terrace_model::{Diagnostic, Existing, LookupKind, Spanned, Value};

use crate::load::Reading;
use crate::stack::named;
use crate::term::{entries, term, typed, unknown};
use crate::yaml::{Entry, Node, Scalar};

/// What a stack looks up, by kind and name.
pub(crate) type Lookups = BTreeMap<LookupKind, BTreeMap<String, Existing>>;

/// Reads the section.
pub(crate) fn read(reading: &mut Reading<'_>, node: &Node) -> Lookups {
    let mut found = Lookups::new();
    for section in entries(reading, node, "`existing`") {
        let Some(kind) = LookupKind::from_section(&section.key) else {
            let known = LookupKind::ALL.map(LookupKind::section);
            reading.diagnostics.push(unknown(section, "kind of thing to look up", &known));
            continue;
        };
        let mut lookups = BTreeMap::new();
        for entry in entries(reading, &section.value, format_args!("`{}`", section.key)) {
            named(reading, entry);
            lookups.insert(entry.key.to_string(), one(reading, kind, entry));
        }
        found.insert(kind, lookups);
    }
    found
}

/// An entry is a name, or a map of what it is found by; without either its own name is meant.
fn one(reading: &mut Reading<'_>, kind: LookupKind, entry: &Entry) -> Existing {
    let span = entry.key_span;
    let mut existing =
        Existing { span, filters: BTreeMap::new(), optional: false, most_recent: false };
    if entry.value.as_map().is_none() && !entry.value.is_null() {
        let name = typed(reading, &entry.value, &terrace_model::Type::String);
        existing.filters.insert("name".to_owned(), name);
        return existing;
    }
    for field in entries(reading, &entry.value, "what is looked up") {
        let truth = field.value.as_scalar().map(Scalar::value);
        match (field.key.as_str(), truth) {
            ("optional", Some(Value::Bool(optional))) => existing.optional = optional,
            ("most_recent", Some(Value::Bool(recent))) if kind == LookupKind::Image => {
                existing.most_recent = recent;
            }
            (name, _) => match kind.attribute(name) {
                Some(ty) => {
                    drop(existing.filters.insert(name.to_owned(), filter(reading, field, ty)));
                }
                None => reading.diagnostics.push(not_known(kind, field)),
            },
        }
    }
    if existing.filters.is_empty() {
        let name = Spanned::new(Term::Literal(Value::text(entry.key.clone())), span);
        existing.filters.insert("name".to_owned(), name);
    }
    existing
}

fn filter(reading: &mut Reading<'_>, field: &Entry, ty: &terrace_model::Type) -> Spanned<Term> {
    // One of a list may be asked for without brackets.
    let (item, alone) = match ty {
        terrace_model::Type::List(item) if field.value.as_list().is_none() => (*item, true),
        ty => (ty, false),
    };
    let found = if alone || field.value.as_list().is_some() || field.value.as_scalar().is_some() {
        typed(reading, &field.value, item)
    } else {
        term(reading, &field.value)
    };
    if let Term::Literal(value) = &found.value
        && let Err(wrong) = item.check(value)
    {
        let message = format!("`{}`: {wrong}", field.key);
        reading.diagnostics.push(Diagnostic::error("E0301", found.span, message));
    }
    found
}

fn not_known(kind: LookupKind, field: &Entry) -> Diagnostic {
    let mut known: Vec<&str> = kind.attribute_names().chain(["optional"]).collect();
    if kind == LookupKind::Image {
        known.push("most_recent");
    }
    unknown(field, &format!("way to find a {}", kind.noun()), &known)
}
