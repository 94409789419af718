//! Parsing: from a scalar's text to a template with its references.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, LazyLock, OnceLock};

use cel::Env;
use cel::common::ast::{Expr, IdedExpr};

use super::deep::with_room;
use super::functions::Texts;
use super::reference::{Reference, ResourceReference, Root};
use super::scan::{MAX_LENGTH, MAX_NESTING, MAX_OPERATORS, Piece, Unclosed, Weight, pieces};
use super::walk::{Found, root_index};
use super::wording;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Span;

/// A scalar with `${...}` in it, parsed once; clones share it.
#[derive(Clone)]
pub struct Template(pub(crate) Arc<Parsed>);

pub(crate) struct Parsed {
    pub(crate) source: String,
    pub(crate) parts: Vec<Part>,
    pub(crate) found: Found,
    /// The weight of the heaviest expression.
    pub(crate) weight: Weight,
    /// The files it reads, once they were needed.
    pub(crate) texts: OnceLock<Arc<Texts>>,
}

/// A file that an expression reads with `file` or `template`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileUse {
    /// The path as written.
    pub path: String,
    /// Where the path is written.
    pub span: Span,
    /// Whether expressions in it are evaluated.
    pub template: bool,
}

/// An attribute that is read of each of many instances, as in `servers.web.map(s, s.name)`.
#[derive(Clone, Debug, PartialEq)]
pub struct ItemRead {
    /// The block whose instances are walked through.
    pub resource: ResourceReference,
    /// Whether `values(...)` stands round it.
    pub values: bool,
    /// What is read of each.
    pub attribute: String,
    /// Where that is written.
    pub span: Span,
}

/// The environment of CEL: its standard library, made once.
pub(crate) static ENVIRONMENT: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// Most pieces of one text: expressions and what stands between them.
const MAX_PIECES: usize = 20_000;

pub(crate) enum Part {
    Text(String),
    Expression {
        tree: IdedExpr,
        /// From `${` to `}`.
        span: Span,
    },
}

impl Part {
    /// The root that the expression is, if it is nothing but one reference.
    pub(crate) fn only_root<'a>(&self, roots: &'a [Root]) -> Option<&'a Root> {
        let Self::Expression { tree: IdedExpr { expr: Expr::Ident(name), .. }, .. } = self else {
            return None;
        };
        roots.get(root_index(name)?)
    }
}

impl Template {
    /// Parses a scalar's text; `span` is where that text stands in its file. Places are exact when
    /// the text stands there as it is, without escapes; otherwise they are the whole of `span`.
    ///
    /// # Errors
    /// The first thing that is wrong with an expression.
    pub fn parse(text: &str, span: Span) -> Result<Self, Diagnostic> {
        let exact = (span.end - span.start) as usize == text.len();
        let place =
            |range: Range<usize>| if exact { span.part(range.start, range.end) } else { span };
        Self::parse_at(text, &place).map_err(|all| {
            let first = all.into_iter().next();
            first.expect("invariant: what is refused has a finding")
        })
    }

    /// Parses a scalar's text; `place` says where a byte range of the text stands in its file.
    ///
    /// # Errors
    /// Everything that is wrong with its expressions.
    pub fn parse_at(text: &str, place: &dyn Fn(Range<usize>) -> Span) -> Result<Self, Diagnostics> {
        Self::parse_with(text, place, Found::default())
    }

    /// Parses the text of a template file, which is the whole of `span`: its expressions use names
    /// that it is given, and no others.
    ///
    /// # Errors
    /// Everything that is wrong with its expressions.
    pub fn parse_file(text: &str, span: Span) -> Result<Self, Diagnostics> {
        let place = |range: Range<usize>| span.part(range.start, range.end);
        Self::parse_with(text, &place, Found::free())
    }

    fn parse_with(
        text: &str,
        place: &dyn Fn(Range<usize>) -> Span,
        found: Found,
    ) -> Result<Self, Diagnostics> {
        let pieces = pieces(text).map_err(|Unclosed(at)| {
            let text = "this `${` has no `}`";
            std::iter::once(
                Diagnostic::error("E0501", place(at..at + 2), text)
                    .help("close the expression with `}`; for the text `${` itself write `$${`"),
            )
            .collect::<Diagnostics>()
        })?;
        let mut wrong = Diagnostics::default();
        if pieces.len() > MAX_PIECES {
            let message = format!("more than {} expressions in one text", MAX_PIECES / 2);
            wrong.push(
                Diagnostic::error("E0505", place(0..2), message)
                    .help("`join(list.map(x, ...), \"\")` makes one text of many parts"),
            );
            return Err(wrong);
        }
        let mut parsed = Parsed {
            source: text.to_owned(),
            parts: Vec::new(),
            found,
            weight: Weight::default(),
            texts: OnceLock::new(),
        };
        for piece in pieces {
            let part = match piece {
                Piece::Text(text) => Part::Text(text),
                Piece::Expression(range) => match parsed.expression(text, range, place) {
                    Ok(part) => part,
                    Err(found) => {
                        wrong.extend(found.into_iter().collect());
                        continue;
                    }
                },
            };
            parsed.parts.push(part);
        }
        if wrong.is_empty() { Ok(Self(Arc::new(parsed))) } else { Err(wrong) }
    }

    /// The text as it was written.
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// Whether it is one expression and nothing else, so that its value keeps its type.
    pub fn is_single(&self) -> bool {
        matches!(self.0.parts.as_slice(), [Part::Expression { .. }])
    }

    /// The reference, if it is nothing but one.
    pub fn only_reference(&self) -> Option<&Reference> {
        match self.0.parts.as_slice() {
            [part] if part.only_root(&self.0.found.roots).is_some() => self.references().first(),
            _ => None,
        }
    }

    /// The text, with `$${` turned into `${`, if there is no expression in it.
    pub fn literal(&self) -> Option<&str> {
        match self.0.parts.as_slice() {
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Every reference in it, in order of place.
    pub fn references(&self) -> &[Reference] {
        &self.0.found.references
    }

    /// What its comprehensions read of instances.
    pub fn item_reads(&self) -> &[ItemRead] {
        &self.0.found.reads
    }

    /// Files that it reads, not those that its templates read.
    pub fn files(&self) -> &[FileUse] {
        &self.0.found.files
    }
}

impl Parsed {
    fn expression(
        &mut self,
        text: &str,
        range: Range<usize>,
        place: &dyn Fn(Range<usize>) -> Span,
    ) -> Result<Part, Vec<Diagnostic>> {
        let source = &text[range.clone()];
        let span = place(range.start - 2..range.end + 1);
        let weight = Weight::of(source);
        check_bounds(source, weight)
            .map_err(|message| vec![Diagnostic::error("E0505", span, message)])?;
        let span_of =
            |inner: Range<usize>| place(range.start + inner.start..range.start + inner.end);
        if source.trim().is_empty() {
            let empty = Diagnostic::error("E0502", span, "the expression is empty");
            return Err(vec![empty.help("for the text `${` itself write `$${`")]);
        }
        let program = with_room(weight.is_deep(), || {
            ENVIRONMENT.compile(source).map_err(|errors| wording::parse_errors(source, &errors))
        });
        let program = match program {
            None => {
                return Err(vec![Diagnostic::error(
                    "E0505",
                    span,
                    "the expression cannot be read",
                )]);
            }
            Some(Err(complaint)) => return Err(vec![syntax_error(source, &complaint, &span_of)]),
            Some(Ok(program)) => program,
        };
        let tree = self.found.take(&program, &span_of)?;
        self.weight.nesting = self.weight.nesting.max(weight.nesting);
        self.weight.operators = self.weight.operators.max(weight.operators);
        Ok(Part::Expression { tree, span })
    }
}

fn check_bounds(source: &str, weight: Weight) -> Result<(), String> {
    if source.len() > MAX_LENGTH {
        return Err(format!("the expression is longer than {} KiB", MAX_LENGTH >> 10));
    }
    if weight.nesting > MAX_NESTING {
        return Err(format!("the expression is nested more than {MAX_NESTING} deep"));
    }
    if weight.operators > MAX_OPERATORS {
        return Err(format!(
            "the expression has more than {MAX_OPERATORS} operators; split it into locals"
        ));
    }
    Ok(())
}

fn syntax_error(
    source: &str,
    complaint: &wording::Complaint,
    span_of: &dyn Fn(Range<usize>) -> Span,
) -> Diagnostic {
    // After the last character stands the closing `}`.
    let end = complaint.at + source[complaint.at..].chars().next().map_or(1, char::len_utf8);
    let column = source[..complaint.at].chars().count() + 1;
    let text = format!("{} (column {column} of the expression)", complaint.message);
    let diagnostic = Diagnostic::error(complaint.code, span_of(complaint.at..end), text);
    match &complaint.help {
        Some(help) => diagnostic.help(help.clone()),
        None => diagnostic,
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Template").field(&self.0.source).finish()
    }
}
