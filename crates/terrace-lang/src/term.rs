//! From nodes to terms, and complaints that many parts share.

use std::collections::BTreeMap;

use terrace_model::expr::{FileUse, Template, Term};
use terrace_model::{Diagnostic, Spanned, Value, suggest};

use crate::load::Reading;
use crate::yaml::{Content, Entry, Node};

/// A node as a term. A broken expression is reported and becomes nothing.
pub(crate) fn term(reading: &mut Reading<'_>, node: &Node) -> Spanned<Term> {
    let term = match &node.content {
        Content::Scalar(scalar) if scalar.has_expression() => {
            match Template::parse_at(&scalar.text, &|range| scalar.place(range)) {
                Ok(template) => match template.literal() {
                    Some(text) => Term::Literal(Value::text(text)),
                    None => Term::Template(template),
                },
                Err(diagnostic) => {
                    reading.diagnostics.push(diagnostic);
                    Term::Literal(Value::Null)
                }
            }
        }
        Content::Scalar(scalar) => Term::Literal(scalar.value()),
        Content::List(items) => Term::List(items.iter().map(|item| term(reading, item)).collect()),
        Content::Map(entries) => {
            Term::Map(entries.iter().map(|e| (e.key.clone(), term(reading, &e.value))).collect())
        }
    };
    Spanned::new(term, node.span)
}

/// Every file that a term reads.
pub(crate) fn files(term: &Term) -> Vec<FileUse> {
    match term {
        Term::Template(template) => template.files().to_vec(),
        Term::List(items) => items.iter().flat_map(|item| files(&item.value)).collect(),
        Term::Map(map) => map.values().flat_map(|item| files(&item.value)).collect(),
        Term::Literal(_) | Term::Reference(_) => Vec::new(),
    }
}

/// A node's value without expressions.
pub(crate) fn plain(node: &Node) -> Value {
    match &node.content {
        Content::Scalar(scalar) => scalar.value(),
        Content::List(items) => Value::List(items.iter().map(plain).collect()),
        Content::Map(entries) => Value::Map(
            entries.iter().map(|e| (e.key.clone(), plain(&e.value))).collect::<BTreeMap<_, _>>(),
        ),
    }
}

/// The entries of a map; a complaint if it is none.
pub(crate) fn entries<'n>(reading: &mut Reading<'_>, node: &'n Node, what: &str) -> &'n [Entry] {
    if node.is_null() {
        return &[];
    }
    node.as_map().unwrap_or_else(|| {
        let message = format!("{what} is {}, not a map", node.describe());
        reading.diagnostics.push(Diagnostic::error("E0205", node.span, message));
        &[]
    })
}

/// A complaint about a name that is not known, with the nearest that is.
pub(crate) fn unknown(entry: &Entry, what: &str, known: &[&str]) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        "E0201",
        entry.key_span,
        format!("`{}` is not a known {what}", entry.key),
    );
    match suggest::nearest(&entry.key, known.iter().copied()) {
        Some(nearest) => diagnostic.help(format!("did you mean `{nearest}`?")),
        None => diagnostic.help(format!("known are {}", known.join(", "))),
    }
}
