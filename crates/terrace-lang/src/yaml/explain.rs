//! What the YAML parser complains about, in plain words.

use terrace_model::{Diagnostic, FileId, Span};

use super::MAX_DEPTH;

/// A syntax error at a byte of the text.
pub(crate) fn syntax(text: &str, file: FileId, at: usize, info: &str) -> Diagnostic {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let line_start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let rest = &text[at..];
    let point = Span::new(
        file,
        at,
        at + rest.chars().next().filter(|c| *c != '\n').map_or(0, char::len_utf8),
    );
    if info.contains("recursion") || info.contains("depth") {
        return Diagnostic::error("E0108", point, format!("nested more than {MAX_DEPTH} deep"));
    }
    if let Some(diagnostic) = expression_in_brackets(text, file, at) {
        return diagnostic;
    }
    if let Some(tab) = tab_in_indentation(text, line_start, at) {
        let place = Span::new(file, tab, tab + 1);
        return Diagnostic::error("E0102", place, "a tab is used for indentation")
            .help("YAML is indented with spaces only");
    }
    let (message, help) = wording(info, rest);
    let diagnostic = Diagnostic::error("E0101", point, message);
    match help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

/// `[${a}]` and `{k: ${a}}` without quotes: the brace of the expression is YAML's here.
fn expression_in_brackets(text: &str, file: FileId, at: usize) -> Option<Diagnostic> {
    let line_start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let before = &text[line_start..at];
    let dollar = line_start + before.rfind('$')?;
    let rest = &text[dollar..];
    let in_flow = before.contains(['[', '{']) && rest.starts_with("${") && at <= dollar + 2;
    if !in_flow {
        return None;
    }
    let line = rest.lines().next().unwrap_or_default();
    let end = line.find('}').map_or(line.len(), |end| end + 1);
    let written = &line[..end];
    Some(
        Diagnostic::error(
            "E0103",
            Span::new(file, dollar, dollar + end),
            "an expression inside `[ ]` or `{ }` must be quoted",
        )
        .help(format!("write '{written}'")),
    )
}

fn tab_in_indentation(text: &str, line_start: usize, at: usize) -> Option<usize> {
    let line = text[line_start..].lines().next().unwrap_or_default();
    let indentation = line.len() - line.trim_start_matches([' ', '\t']).len();
    let tab = line_start + line[..indentation].find('\t')?;
    (at <= line_start + indentation).then_some(tab)
}

fn wording(info: &str, rest: &str) -> (String, Option<&'static str>) {
    let first = rest.chars().next();
    let (message, help) = match info {
        i if i.contains("mapping values are not allowed") => {
            ("a second `:` on the line", Some("quote a text that has `: ` in it"))
        }
        i if i.contains("quoted scalar") && i.contains("end of stream") => {
            ("the quote that begins here is never closed", None)
        }
        i if i.contains("hexadecimal") || i.contains("unknown escape") => (
            "an escape in this text is not valid",
            Some(
                "in \"double quotes\" a backslash is written `\\\\`; in 'single quotes' it is itself",
            ),
        ),
        i if i.contains("unknown anchor") => (
            "this alias names nothing above it",
            Some("an anchor is written `&name`; a text that begins with `*` must be quoted"),
        ),
        i if i.contains("did not find expected node content") => ("a value is missing here", None),
        i if i.contains("flow sequence") => ("`,` or `]` is missing in this list", None),
        i if i.contains("flow mapping") => ("`,` or `}` is missing in this map", None),
        i if i.contains("did not find expected '-'") => (
            "a list goes on with `- `",
            Some("begin the line with `- `, or indent it as far as the item it belongs to"),
        ),
        i if i.contains("did not find expected key") => (
            "this line does not belong to what is above it",
            Some("check its indentation: entries of one map begin in the same column"),
        ),
        i if i.contains("simple key") || i.contains("could not find expected ':'") => {
            ("`:` is missing after this key", None)
        }
        i if i.contains("unexpected character") => {
            return (
                format!("a text cannot begin with `{}`", first.unwrap_or(' ')),
                Some("quote it"),
            );
        }
        i if i.contains("tab") => (
            "a tab is used where only spaces are allowed",
            Some("YAML is indented with spaces only"),
        ),
        other => return (format!("not valid YAML: {other}"), None),
    };
    (message.into(), help)
}
