//! Differences of texts, as `diff -u` shows them.

use anstyle::AnsiColor;
use similar::TextDiff;

use crate::style::Style;

/// What became of a file's text; empty when nothing did.
pub fn diff(path: &str, before: &str, after: &str, style: Style) -> String {
    let changes = TextDiff::from_lines(before, after);
    let mut unified = changes.unified_diff();
    let text = unified.header(&format!("a/{path}"), &format!("b/{path}")).to_string();
    if style == Style::Plain {
        return text;
    }
    text.lines().map(|line| format!("{}\n", coloured(line, style))).collect()
}

fn coloured(line: &str, style: Style) -> String {
    match line.as_bytes().first() {
        _ if line.starts_with("---") || line.starts_with("+++") => style.bold(line),
        Some(b'-') => style.paint(AnsiColor::Red, line),
        Some(b'+') => style.paint(AnsiColor::Green, line),
        Some(b'@') => style.paint(AnsiColor::Cyan, line),
        _ => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_what_changed_and_nothing_else() {
        assert_eq!(diff("a.yaml", "a: 1\n", "a: 1\n", Style::Plain), "");
        assert_eq!(
            diff("a.yaml", "a:   1\nb: 2\n", "a: 1\nb: 2\n", Style::Plain),
            "--- a/a.yaml\n+++ b/a.yaml\n@@ -1,2 +1,2 @@\n-a:   1\n+a: 1\n b: 2\n"
        );
        assert!(diff("a", "x\n", "y\n", Style::Colour).contains("\u{1b}[31m-x\u{1b}[0m\n"));
    }
}
