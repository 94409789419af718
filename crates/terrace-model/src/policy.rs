//! Rules of a workspace that every plan is held to.

use crate::expr::Term;
use crate::kind::Kind;
use crate::source::{Span, Spanned};

/// A rule of `terrace.yaml` that every plan is held to.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// Where it is written.
    pub span: Span,
    /// The kinds that it is about; all when empty.
    pub kinds: Vec<Kind>,
    /// The instances that it is about; those that shall be there afterwards when left out.
    pub when: Option<Spanned<Term>>,
    /// Must be true.
    pub rule: Spanned<Term>,
    /// What is said when it is not.
    pub message: Spanned<Term>,
    /// What a breach does.
    pub level: Level,
}

/// What a breach of a policy does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The plan is refused.
    Error,
    /// It is only said.
    Warn,
}
