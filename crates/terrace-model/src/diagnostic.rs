//! Diagnostics: what is wrong with the files, where, and what to do. They accumulate; the first
//! never hides the rest. Rendering is in `terrace-render`.

use crate::source::{Sources, Span};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing can be done until it is mended.
    Error,
    /// Works, but probably not as meant.
    Warning,
}

/// A place with a few words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What is there; may be empty.
    pub text: String,
}

/// One finding about the files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Stable code such as `E0104`, documented in `docs/`.
    pub code: &'static str,
    /// One sentence without a full stop, in the user's words.
    pub message: String,
    /// Where; `None` only when there is no file to point at.
    pub primary: Option<Label>,
    /// Other places that matter, such as the first of two duplicates.
    pub related: Vec<Label>,
    /// What to do next.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error at a place.
    pub fn error(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            code,
            message: message.into(),
            primary: Some(Label { span, text: String::new() }),
            related: Vec::new(),
            help: None,
        }
    }

    /// A warning at a place.
    pub fn warning(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, span, message) }
    }

    /// An error that belongs to no place in a file, such as a missing folder.
    pub fn without_place(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            code,
            message: message.into(),
            primary: None,
            related: Vec::new(),
            help: None,
        }
    }

    /// Words at the underlined place.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        if let Some(primary) = &mut self.primary {
            primary.text = text.into();
        }
        self
    }

    /// Another place.
    #[must_use]
    pub fn related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push(Label { span, text: text.into() });
        self
    }

    /// What to do next.
    #[must_use]
    pub fn help(self, text: impl Into<String>) -> Self {
        self.helped(Some(text.into()))
    }

    /// What to do next, if there is anything to say.
    #[must_use]
    pub fn helped(mut self, text: Option<String>) -> Self {
        self.help = text.or(self.help);
        self
    }
}

/// Most findings that are kept; the rest is only counted.
pub const MAX_FINDINGS: usize = 500;

/// All findings of a stage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics {
    kept: Vec<Diagnostic>,
    dropped: usize,
}

impl Diagnostics {
    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if self.kept.len() < MAX_FINDINGS {
            return self.kept.push(diagnostic);
        }
        self.dropped += 1;
        if diagnostic.severity == Severity::Error
            && let Some(warning) = self.kept.iter_mut().rfind(|d| d.severity != Severity::Error)
        {
            *warning = diagnostic;
        }
    }

    /// Adds all of another stage.
    pub fn extend(&mut self, other: Self) {
        self.dropped += other.dropped;
        other.kept.into_iter().for_each(|diagnostic| self.push(diagnostic));
    }

    /// Whether any is an error.
    pub fn has_errors(&self) -> bool {
        self.kept.iter().any(|d| d.severity == Severity::Error)
    }

    /// Whether there is none at all.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// How many there are, also of those that are not kept.
    pub fn len(&self) -> usize {
        self.kept.len() + self.dropped
    }

    /// Whether what comes now is only counted, so that its help need not be worked out.
    pub fn is_full(&self) -> bool {
        self.kept.len() >= MAX_FINDINGS
    }

    /// How many there are beyond those that are kept.
    pub fn dropped(&self) -> usize {
        self.dropped
    }

    /// All, sorted by file path and place; what is said of a place once is not said again, be it with
    /// another code.
    pub fn sorted(&self, sources: &Sources) -> Vec<Diagnostic> {
        let mut all = self.kept.clone();
        let place = |d: &Diagnostic| {
            d.primary
                .as_ref()
                .map(|l| (sources.path(l.span.file).to_owned(), l.span.start, l.span.end))
        };
        all.sort_by(|a, b| {
            (place(a), a.severity, a.code, &a.message).cmp(&(
                place(b),
                b.severity,
                b.code,
                &b.message,
            ))
        });
        all.dedup_by(|next, first| {
            let same = |d: &Diagnostic| (d.primary.clone(), d.severity, d.message.clone());
            next == first || (next.primary.is_some() && same(next) == same(first))
        });
        all
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.kept.into_iter()
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<T: IntoIterator<Item = Diagnostic>>(iter: T) -> Self {
        let mut all = Self::default();
        iter.into_iter().for_each(|diagnostic| all.push(diagnostic));
        all
    }
}
