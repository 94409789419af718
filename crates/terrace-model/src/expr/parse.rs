//! Parsing: from a scalar's text to a template with its references.

use std::sync::Arc;

use super::evaluate::EvalError;
use super::reference::Reference;
use super::scope::Scope;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::value::Value;

/// A scalar with `${...}` in it, parsed once; clones share it.
#[derive(Clone, Debug)]
pub struct Template(Arc<Parsed>);

#[derive(Debug)]
struct Parsed {
    source: String,
    references: Vec<Reference>,
}

impl Template {
    /// Parses a scalar's text; `span` is where that text stands in its file.
    ///
    /// # Errors
    /// The first thing that is wrong with an expression.
    pub fn parse(text: &str, span: Span) -> Result<Self, Diagnostic> {
        let _ = span;
        Ok(Self(Arc::new(Parsed { source: text.to_owned(), references: Vec::new() })))
    }

    /// The text as it was written.
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// Whether it is one expression and nothing else, so that its value keeps its type.
    pub fn is_single(&self) -> bool {
        false
    }

    /// Every reference in it, in order of place.
    pub fn references(&self) -> &[Reference] {
        &self.0.references
    }

    /// Its value in a scope.
    ///
    /// # Errors
    /// What is wrong and where.
    pub fn evaluate(&self, _scope: &dyn Scope) -> Result<Value, EvalError> {
        Err(EvalError::new("expressions cannot be evaluated yet"))
    }
}
