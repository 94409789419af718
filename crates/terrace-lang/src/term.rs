//! From nodes to terms, and complaints that many parts share.

use std::fmt;

use terrace_model::expr::{EvalError, Template, Term};
use terrace_model::names::unsettled;
use terrace_model::{Diagnostic, Diagnostics, Span, Spanned, Type, Value, suggest};

use crate::load::Reading;
use crate::yaml::{Content, Entry, Node, Wanted};

/// A node as a term. A broken expression is reported and stands for anything.
pub(crate) fn term(reading: &mut Reading<'_>, node: &Node) -> Spanned<Term> {
    let term = match &node.content {
        Content::Scalar(scalar) if scalar.has_expression() => {
            parsed(reading, Template::parse_at(&scalar.text, &|range| scalar.place(range)))
        }
        Content::Scalar(scalar) => {
            reading.diagnostics.extend(scalar.look_alike(Wanted::Anything, node.span));
            Term::Literal(scalar.value())
        }
        Content::List(items) => Term::List(items.iter().map(|item| term(reading, item)).collect()),
        Content::Map(entries) => {
            Term::Map(entries.iter().map(|e| (e.key.clone(), term(reading, &e.value))).collect())
        }
    };
    Spanned::new(term, node.span)
}

fn parsed(reading: &mut Reading<'_>, result: Result<Template, Diagnostics>) -> Term {
    match result {
        Ok(template) => match template.literal() {
            Some(text) => Term::Literal(Value::text(text)),
            None => {
                reading.read_texts(template.files());
                Term::Template(template)
            }
        },
        Err(wrong) => {
            reading.diagnostics.extend(wrong);
            Term::Literal(unsettled())
        }
    }
}

/// A node as a term of a known type: where text is expected, what is written without quotes is
/// text as it stands, so that `0755` and `1.10` survive.
pub(crate) fn typed(reading: &mut Reading<'_>, node: &Node, ty: &Type) -> Spanned<Term> {
    let term = match (&node.content, ty) {
        (Content::Scalar(scalar), Type::String | Type::Enum(_) | Type::Cidr | Type::Address)
            if !scalar.is_null() && !scalar.has_expression() =>
        {
            Term::Literal(Value::text(scalar.text.clone()))
        }
        (Content::Scalar(scalar), Type::Integer(..) | Type::Bool) if !scalar.has_expression() => {
            let wanted = if *ty == Type::Bool { Wanted::Truth } else { Wanted::Integer };
            reading.diagnostics.extend(scalar.look_alike(wanted, node.span));
            Term::Literal(scalar.value())
        }
        (Content::List(items), Type::List(item)) => {
            Term::List(items.iter().map(|node| typed(reading, node, item)).collect())
        }
        (Content::Map(entries), Type::Map(item)) => {
            Term::Map(entries.iter().map(|e| (&*e.key, typed(reading, &e.value, item))).collect())
        }
        (Content::Map(entries), Type::Object(fields) | Type::Short(_, fields)) => {
            let mut read = |entry: &Entry| match fields.iter().find(|f| f.name == entry.key) {
                Some(field) => typed(reading, &entry.value, &field.ty),
                None => term(reading, &entry.value),
            };
            Term::Map(entries.iter().map(|entry| (&*entry.key, read(entry))).collect())
        }
        _ => return term(reading, node),
    };
    Spanned::new(term, node.span)
}

/// Whether there is `${` anywhere in a node.
pub(crate) fn has_expression(node: &Node) -> bool {
    match &node.content {
        Content::Scalar(scalar) => scalar.has_expression(),
        Content::List(items) => items.iter().any(has_expression),
        Content::Map(entries) => entries.iter().any(|e| has_expression(&e.value)),
    }
}

/// A complaint about a value that cannot be computed.
pub(crate) fn complaint(code: &'static str, error: EvalError, span: Span) -> Diagnostic {
    error.code(code).diagnostic(span)
}

/// The entries of a map; a complaint if it is none.
pub(crate) fn entries<'n>(
    reading: &mut Reading<'_>,
    node: &'n Node,
    what: impl fmt::Display,
) -> &'n [Entry] {
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
