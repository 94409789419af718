//! Diagnostics: the source line, underlined, with what to do.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde_json::{Value, json};
use terrace_model::{Diagnostic, Diagnostics, Label, Severity, Sources, Span};

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
    if let Some(primary) = &diagnostic.primary {
        group = group.element(snippet(primary, AnnotationKind::Primary, sources));
    }
    for label in &diagnostic.related {
        group = group.element(snippet(label, AnnotationKind::Context, sources));
    }
    match &diagnostic.help {
        Some(help) => group.element(Level::HELP.message(help.as_str())),
        None => group,
    }
}

fn snippet<'a>(
    label: &'a Label,
    kind: AnnotationKind,
    sources: &'a Sources,
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let text = sources.text(label.span.file);
    let annotation = kind.span(first_line(text, label.span)).label(label.text.as_str());
    Snippet::source(text).path(sources.path(label.span.file)).fold(true).annotation(annotation)
}

/// The part of a span on its first line: a whole block underlined says less than its beginning.
fn first_line(text: &str, span: Span) -> std::ops::Range<usize> {
    let floor = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = floor(span.start as usize);
    let end = floor(span.end as usize).max(start);
    let line = text[start..end].find('\n').map_or(end, |newline| start + newline);
    start..line
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
