//! What a component is given by the stack that uses it.

use std::collections::BTreeMap;

use terrace_model::expr::Term;
use terrace_model::{Diagnostic, Diagnostics, Input, Span, Spanned, Stack, Value, suggest};

use super::{Declared, Given, fitting};
use crate::load::Reading;
use crate::term::has_expression;
use crate::yaml::{Entry, Node};

/// What a component is given, by name.
pub(crate) type Supplies = BTreeMap<String, Supply>;

/// A value that a component is given.
pub(crate) struct Supply {
    /// The value, as far as it is known.
    pub(crate) value: Value,
    /// Where its name is written.
    pub(crate) key: Span,
    /// How it is written.
    pub(crate) node: Node,
    pub(crate) term: Spanned<Term>,
}

/// Where the values of a stack's variables come from.
pub(crate) enum Source<'a> {
    /// From outside.
    Outside(&'a Given<'a>),
    /// From the stack that uses the component; with the place of that.
    Use(&'a Supplies, Span),
}

/// A value from the stack that uses the component: settled when it is known, otherwise kept as it
/// is computed.
pub(super) fn one(
    reading: &mut Reading<'_>,
    stack: &mut Stack,
    (entry, declared): (&Entry, &Declared<'_>),
    (supplies, used): (&Supplies, Span),
) {
    let name = &entry.key;
    let supply = supplies.get(name.as_str()).filter(|supply| !supply.value.is_null());
    let (value, span, source) = match (supply, declared.default) {
        (Some(supply), _) => {
            let span = supply.node.span;
            stack.given.insert(name.to_string(), span);
            if supply.value.is_pending() {
                let (term, sensitive) = (supply.term.clone(), declared.sensitive);
                stack.inputs.insert(name.to_string(), Input { term, sensitive });
                return;
            }
            let value = match has_expression(&supply.node) {
                true => supply.value.clone(),
                // What is doubtful about it was told where it is written.
                false => declared.shape.read(&supply.node, &mut Diagnostics::default()),
            };
            (value, span, "given under `with`")
        }
        (None, Some(default)) => {
            stack.given.insert(name.to_string(), default.span);
            let value = declared.shape.read(default, &mut reading.diagnostics);
            (value, default.span, "the default")
        }
        (None, None) => {
            let message = format!("the component's variable `{name}` has no value");
            let diagnostic = Diagnostic::error("E0601", used, message)
                .related(entry.key_span, format!("`{name}` is declared here"))
                .help("give it under `with`, or write a `default`");
            reading.diagnostics.push(diagnostic);
            return;
        }
    };
    if let Some(value) = fitting(reading, (entry, declared), value, (Some(span), source)) {
        stack.variables.insert(name.to_string(), value);
    }
}

/// Complains about what the component does not declare.
pub(super) fn undeclared(reading: &mut Reading<'_>, entries: &[Entry], supplies: &Supplies) {
    let known: Vec<&str> = entries.iter().map(|e| e.key.as_str()).collect();
    for (name, supply) in supplies.iter().filter(|(name, _)| !known.contains(&name.as_str())) {
        let message = format!("the component has no variable `{name}`");
        let diagnostic = Diagnostic::error("E0603", supply.key, message);
        reading.diagnostics.push(match suggest::nearest(name, known.iter().copied()) {
            Some(nearest) => diagnostic.help(format!("did you mean `{nearest}`?")),
            None if known.is_empty() => diagnostic.help("it has no `variables`"),
            None => diagnostic.help(format!("it has {}", known.join(", "))),
        });
    }
}
