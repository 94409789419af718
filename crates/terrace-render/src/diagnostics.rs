//! Diagnostics: the source line, underlined, with what to do.

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use serde_json::{Value, json};
use terrace_model::{Diagnostic, Diagnostics, Severity, Sources, Span};

use crate::style::{Style, plural};

/// All findings, sorted by place, and how many there are.
pub fn diagnostics(diagnostics: &Diagnostics, sources: &Sources, style: Style) -> String {
    let all = diagnostics.sorted(sources);
    let renderer = match style {
        Style::Plain => Renderer::plain(),
        Style::Colour => Renderer::styled(),
    };
    let mut text = String::new();
    for diagnostic in &all {
        text.push_str(&renderer.render(&[group(diagnostic, sources)]));
        text.push_str("\n\n");
    }
    let count = |severity| all.iter().filter(|d| d.severity == severity).count();
    let counted: Vec<String> =
        [(count(Severity::Error), "error"), (count(Severity::Warning), "warning")]
            .into_iter()
            .filter(|(n, _)| *n > 0)
            .map(|(n, noun)| plural(n, noun))
            .collect();
    if !counted.is_empty() {
        text.push_str(&counted.join(", "));
        if diagnostics.dropped() > 0 {
            text.push_str(&format!(", and {} more that are not shown", diagnostics.dropped()));
        }
        text.push('\n');
    }
    text
}

fn group<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group =
        Group::with_title(level.primary_title(diagnostic.message.as_str()).id(diagnostic.code));
    let primary = diagnostic.primary.iter().map(|label| (label, AnnotationKind::Primary));
    let related = diagnostic.related.iter().map(|label| (label, AnnotationKind::Context));
    for (label, kind) in primary.chain(related) {
        let (line, number, start) = sources.lines(label.span, 1);
        group = if line.len() > LONG_LINE {
            let place = sources.place(label.span);
            let path = sources.path(label.span.file);
            let (line, column) = (place.line as usize, place.column as usize);
            group.element(Origin::path(path).line(line).char_column(column))
        } else {
            let annotation = kind.span(within(line, label.span, start)).label(label.text.as_str());
            let snippet = Snippet::source(line).path(sources.path(label.span.file));
            group.element(snippet.line_start(number).fold(true).annotation(annotation))
        };
    }
    match &diagnostic.help {
        Some(help) => group.element(Level::HELP.message(help.as_str())),
        None => group,
    }
}

/// A line longer than this is not shown, only named.
const LONG_LINE: usize = 2000;

/// The part of a span on its first line, in that line: a whole block underlined says less than its
/// beginning.
fn within(line: &str, span: Span, start: usize) -> std::ops::Range<usize> {
    let floor = |at: u32| {
        let mut at = (at as usize).saturating_sub(start).min(line.len());
        while !line.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    floor(span.start)..floor(span.end.max(span.start))
}

/// All findings as JSON.
pub fn diagnostics_json(diagnostics: &Diagnostics, sources: &Sources) -> Value {
    let all = diagnostics.sorted(sources);
    let errors = all.iter().filter(|d| d.severity == Severity::Error).count();
    let one = |d: &Diagnostic| {
        json!({
            "severity": if d.severity == Severity::Error { "error" } else { "warning" },
            "code": d.code,
            "summary": d.message,
            "help": d.help,
            "range": d.primary.as_ref().map(|label| range(label.span, sources)),
        })
    };
    json!({
        "format_version": "1.0",
        "valid": errors == 0,
        "error_count": errors,
        "warning_count": all.len() - errors,
        "diagnostics": all.iter().map(one).collect::<Vec<_>>(),
    })
}

fn range(span: Span, sources: &Sources) -> Value {
    let end = Span { start: span.end, ..span };
    let point = |span: Span| {
        let place = sources.place(span);
        json!({ "line": place.line, "column": place.column, "byte": span.start })
    };
    json!({ "filename": sources.path(span.file), "start": point(span), "end": point(end) })
}
