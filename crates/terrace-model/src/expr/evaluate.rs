//! Evaluation: from an expression and a scope to a value.

use crate::source::Span;

/// Why an expression has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct EvalError {
    /// One sentence without a full stop, in the user's words.
    pub message: String,
    /// Where, if the expression stands in a file.
    pub span: Option<Span>,
    /// What to do next.
    pub help: Option<String>,
}

impl EvalError {
    /// An error that does not know its place.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), span: None, help: None }
    }

    /// The place, unless one is known already.
    #[must_use]
    pub fn at(mut self, span: Span) -> Self {
        self.span.get_or_insert(span);
        self
    }

    /// What to do next.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }
}
