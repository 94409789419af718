//! Canonical YAML: two blanks of indentation, one kind of quotes, a blank line between sections.
//! Comments and order stay; what the file says stays the same, which is checked each time.

#[cfg(test)]
mod tests;

use pretty_yaml::config::{FormatOptions, LanguageOptions, LayoutOptions, Quotes};
use terrace_model::{Diagnostic, Diagnostics, FileId, Sources, Span};

use crate::load::LoadError;
use crate::yaml::{self, Content, Node};

/// Widest line that a list or map in brackets may fill before it is broken.
const WIDTH: usize = 100;
/// Stack of the formatter, which recurses along nested lists and maps.
const STACK: usize = 64 << 20;

/// The text of a file in canonical form.
///
/// # Errors
/// What is wrong with the file; nothing that cannot be read is formatted.
pub fn format(path: &str, text: &str) -> Result<String, LoadError> {
    let mut sources = Sources::default();
    let file = sources.add(path, text);
    let (tree, diagnostics) = yaml::parse(text, file);
    if diagnostics.has_errors() {
        return Err(LoadError::new(diagnostics, sources));
    }
    let refused = || {
        let message = "the file cannot be formatted without changing what it says";
        let diagnostic = Diagnostic::error("E0112", Span::new(file, 0, 0), message)
            .help("please report it with the file; until then it is left as it is");
        Diagnostics::from_iter([diagnostic])
    };
    match canonical(text, tree.as_ref()) {
        Some(formatted) => Ok(formatted),
        None => Err(LoadError::new(refused(), sources)),
    }
}

/// The canonical text, if it says the same.
fn canonical(text: &str, tree: Option<&Node>) -> Option<String> {
    let plain = text.strip_prefix('\u{feff}').unwrap_or(text);
    if plain.trim().is_empty() {
        return Some(String::new());
    }
    let formatted = with_room(plain)?;
    let comments = |text: &str| text.matches('#').count();
    let same = |other: &str| {
        let (node, found) = yaml::parse(other, FileId(0));
        !found.has_errors()
            && comments(other) == comments(plain)
            && match (tree, &node) {
                (Some(tree), Some(node)) => says_the_same(tree, node),
                (tree, node) => tree.is_none() && node.is_none(),
            }
    };
    if !same(&formatted) {
        return None;
    }
    let apart = sections_apart(&formatted);
    Some(if same(&apart) { apart } else { formatted })
}

fn with_room(text: &str) -> Option<String> {
    std::thread::scope(|scope| {
        let builder = std::thread::Builder::new().name("format".into()).stack_size(STACK);
        let work = || pretty_yaml::format_text(text, &options()).ok();
        builder.spawn_scoped(scope, work).ok()?.join().ok()?
    })
}

fn options() -> FormatOptions {
    FormatOptions {
        layout: LayoutOptions { print_width: WIDTH, indent_width: 2, ..LayoutOptions::default() },
        language: LanguageOptions {
            quotes: Quotes::PreferDouble,
            trailing_comma: false,
            ..LanguageOptions::default()
        },
    }
}

/// One blank line round every section of more than a line; comments stay with what they stand above.
fn sections_apart(text: &str) -> String {
    let (Some(node), _) = yaml::parse(text, FileId(0)) else { return text.to_owned() };
    let begins: Vec<usize> = node
        .as_map()
        .unwrap_or_default()
        .iter()
        .map(|entry| entry.key_span.start as usize)
        .filter(|at| *at == 0 || text[..*at].ends_with('\n'))
        .collect();
    let above: Vec<usize> = begins.iter().map(|at| comment_above(text, *at)).collect();
    let ends = above.iter().skip(1).copied().chain([text.len()]);
    let more = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let broad: Vec<bool> =
        begins.iter().zip(ends).map(|(at, end)| text[*at..end].lines().skip(1).any(more)).collect();
    let mut result = String::with_capacity(text.len() + begins.len());
    let mut copied = 0;
    for (index, at) in above.into_iter().enumerate().skip(1) {
        let apart = broad[index] || broad[index - 1];
        if apart && !text[..at].ends_with("\n\n") {
            result.push_str(&text[copied..at]);
            result.push('\n');
            copied = at;
        }
    }
    result.push_str(&text[copied..]);
    result
}

/// Where the comment right above a line begins, if there is one.
fn comment_above(text: &str, line: usize) -> usize {
    let mut at = line;
    while let Some(before) = text[..at].strip_suffix('\n') {
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        if !before[start..].starts_with('#') {
            break;
        }
        at = start;
    }
    at
}

/// Whether two trees are the same but for places and spelling.
fn says_the_same(a: &Node, b: &Node) -> bool {
    match (&a.content, &b.content) {
        (Content::Scalar(a), Content::Scalar(b)) => a.text == b.text && a.value() == b.value(),
        (Content::List(a), Content::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| says_the_same(a, b))
        }
        (Content::Map(a), Content::Map(b)) => {
            let same = |(a, b): (&yaml::Entry, &yaml::Entry)| {
                a.key == b.key && says_the_same(&a.value, &b.value)
            };
            a.len() == b.len() && a.iter().zip(b).all(same)
        }
        _ => false,
    }
}
