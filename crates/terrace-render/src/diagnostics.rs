//! Diagnostics: the source line, underlined, with what to do.

use std::fmt::Write as _;

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
            let _ = write!(text, ", and {} more that are not shown", diagnostics.dropped());
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
        let secret = sources.is_secret(label.span.file, start, start + line.len());
        group = if secret || line.len() > LONG_LINE {
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

/// All findings as JSON: the stable form of `terrace validate --json`. Lines and columns count from
/// 1, columns in characters; the end is behind the last character.
pub fn diagnostics_json(diagnostics: &Diagnostics, sources: &Sources) -> Value {
    let all = diagnostics.sorted(sources);
    let errors = all.iter().filter(|d| d.severity == Severity::Error).count();
    json!({
        "format_version": "1.0",
        "valid": errors == 0,
        "error_count": errors,
        "warning_count": all.len() - errors,
        "diagnostics": all.iter().map(|d| diagnostic_json(d, sources)).collect::<Vec<_>>(),
    })
}

fn diagnostic_json(diagnostic: &Diagnostic, sources: &Sources) -> Value {
    let mut json = json!({
        "severity": match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        "code": diagnostic.code,
        "message": diagnostic.message,
        "help": diagnostic.help,
    });
    let place = match &diagnostic.primary {
        Some(label) => place_json(label.span, sources),
        None => ["file", "line", "column", "end_line", "end_column"]
            .map(|name| (name.to_owned(), Value::Null))
            .into_iter()
            .collect(),
    };
    let related = diagnostic.related.iter().map(|label| {
        let mut json = place_json(label.span, sources);
        json.insert("message".into(), label.text.as_str().into());
        Value::Object(json)
    });
    if let Some(object) = json.as_object_mut() {
        object.extend(place);
        object.insert("related".into(), related.collect());
    }
    json
}

fn place_json(span: Span, sources: &Sources) -> serde_json::Map<String, Value> {
    let start = sources.place(span);
    let end = sources.place(Span { start: span.end, ..span });
    [
        ("file", json!(start.file)),
        ("line", json!(start.line)),
        ("column", json!(start.column)),
        ("end_line", json!(end.line)),
        ("end_column", json!(end.column)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into_iter()
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_form_is_stable() {
        let mut sources = Sources::default();
        let file = sources.add("stacks/web.yaml", "ä: 1\nb: 22\n");
        let found = Diagnostics::from_iter([
            Diagnostic::without_place("E0701", "the folder is gone"),
            Diagnostic::error("E0104", Span::new(file, 6, 11), "twice")
                .help("once")
                .related(Span::new(file, 0, 2), "first here"),
            Diagnostic::warning("W0301", Span::new(file, 9, 11), "odd"),
        ]);
        let place = |line, column, end_column| json!({ "file": "stacks/web.yaml", "line": line, "column": column, "end_line": line, "end_column": end_column });
        let mut twice = json!({ "severity": "error", "code": "E0104", "message": "twice", "help": "once", "related": [place(1, 1, 2)] });
        twice["related"][0]["message"] = "first here".into();
        let mut odd = json!({ "severity": "warning", "code": "W0301", "message": "odd", "help": null, "related": [] });
        for (diagnostic, place) in [(&mut twice, place(2, 1, 6)), (&mut odd, place(2, 4, 6))] {
            let object = diagnostic.as_object_mut().expect("an object");
            object.extend(place.as_object().expect("an object").clone());
        }
        let gone = json!({ "severity": "error", "code": "E0701", "message": "the folder is gone", "help": null, "file": null, "line": null, "column": null, "end_line": null, "end_column": null, "related": [] });
        assert_eq!(
            diagnostics_json(&found, &sources),
            json!({ "format_version": "1.0", "valid": false, "error_count": 2, "warning_count": 1, "diagnostics": [gone, twice, odd] })
        );
    }
}
