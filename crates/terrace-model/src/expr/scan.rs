//! Scanning: where the expressions of a scalar begin and end. Knows CEL's strings, comments and
//! brackets, so that a `}` inside of those does not end an expression.

use std::ops::Range;

/// Deepest nesting of brackets in an expression.
pub(crate) const MAX_NESTING: usize = 32;
/// Most operators in an expression: the parser and the interpreter recurse along chains of them.
pub(crate) const MAX_OPERATORS: usize = 256;
/// Longest expression, in bytes.
pub(crate) const MAX_LENGTH: usize = 64 * 1024;

/// A part of a scalar.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Text as it is, with `$${` already turned into `${`.
    Text(String),
    /// What stands between `${` and `}`, as a byte range of the scalar.
    Expression(Range<usize>),
}

/// An expression that has no end; the offset is that of its `${`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unclosed(pub(crate) usize);

/// Splits a scalar into its parts.
pub(crate) fn pieces(text: &str) -> Result<Vec<Piece>, Unclosed> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut at = 0;
    while let Some(found) = text[at..].find('$').map(|offset| at + offset) {
        plain.push_str(&text[at..found]);
        let rest = &text[found..];
        if rest.starts_with("$${") {
            plain.push_str("${");
            at = found + 3;
        } else if rest.starts_with("${") {
            let end = Scanner::new(text, found + 2).end().ok_or(Unclosed(found))?;
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            pieces.push(Piece::Expression(found + 2..end));
            at = end + 1;
        } else {
            plain.push('$');
            at = found + 1;
        }
    }
    plain.push_str(&text[at..]);
    if !plain.is_empty() || pieces.is_empty() {
        pieces.push(Piece::Text(plain));
    }
    Ok(pieces)
}

/// How demanding an expression is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Weight {
    /// Deepest nesting of brackets.
    pub(crate) nesting: usize,
    /// Characters that are operators, roughly.
    pub(crate) operators: usize,
}

impl Weight {
    /// The weight of an expression.
    pub(crate) fn of(expression: &str) -> Self {
        let mut scanner = Scanner::new(expression, 0);
        scanner.whole();
        scanner.weight
    }

    /// Whether it is too much for an ordinary thread's stack.
    pub(crate) fn is_deep(self) -> bool {
        self.nesting > 3 || self.operators > 12
    }
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    braces: usize,
    open: usize,
    weight: Weight,
}

impl<'a> Scanner<'a> {
    fn new(text: &'a str, at: usize) -> Self {
        Self { bytes: text.as_bytes(), at, braces: 0, open: 0, weight: Weight::default() }
    }

    /// The offset of the `}` that ends the expression.
    fn end(&mut self) -> Option<usize> {
        while let Some(&byte) = self.bytes.get(self.at) {
            if byte == b'}' && self.braces == 0 {
                return Some(self.at);
            }
            self.step(byte);
        }
        None
    }

    fn whole(&mut self) {
        while let Some(&byte) = self.bytes.get(self.at) {
            self.step(byte);
        }
    }

    fn step(&mut self, byte: u8) {
        match byte {
            b'"' | b'\'' => return self.string(byte),
            b'/' if self.bytes.get(self.at + 1) == Some(&b'/') => return self.comment(),
            b'(' | b'[' | b'{' => {
                self.braces += usize::from(byte == b'{');
                self.open += 1;
                self.weight.nesting = self.weight.nesting.max(self.open);
            }
            b')' | b']' | b'}' => {
                self.braces = self.braces.saturating_sub(usize::from(byte == b'}'));
                self.open = self.open.saturating_sub(1);
            }
            _ => {}
        }
        let begins = b"([{.+-*/%?<>=!&|".contains(&byte);
        self.weight.operators += usize::from(begins && !self.repeats(byte));
        self.at += 1;
    }

    /// Two-character operators count once, and so do runs of `!` and `-`, which do not nest.
    fn repeats(&self, byte: u8) -> bool {
        let before = self.at.checked_sub(1).and_then(|at| self.bytes.get(at));
        match byte {
            b'!' | b'-' | b'&' | b'|' => before == Some(&byte),
            b'=' => before.is_some_and(|b| b"=!<>".contains(b)),
            _ => false,
        }
    }

    fn comment(&mut self) {
        let rest = &self.bytes[self.at..];
        self.at += rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
    }

    fn string(&mut self, quote: u8) {
        let raw = self.is_raw();
        let triple = [quote; 3];
        let close: &[u8] =
            if self.bytes[self.at..].starts_with(&triple) { &triple } else { &triple[..1] };
        self.at += close.len();
        while let Some(&byte) = self.bytes.get(self.at) {
            if self.bytes[self.at..].starts_with(close) {
                self.at += close.len();
                return;
            }
            self.at += if byte == b'\\' && !raw { 2 } else { 1 };
        }
        self.at = self.bytes.len();
    }

    /// Whether the string that begins here has `r` in front, possibly with `b`.
    fn is_raw(&self) -> bool {
        let before = |n: usize| self.at.checked_sub(n).and_then(|at| self.bytes.get(at)).copied();
        let word = |byte: Option<u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_');
        match (before(2), before(1)) {
            (two, Some(b'r' | b'R')) => matches!(two, Some(b'b' | b'B')) || !word(two),
            (Some(b'r' | b'R'), Some(b'b' | b'B')) => !word(before(3)),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        match pieces(text) {
            Err(Unclosed(at)) => format!("unclosed at {at}"),
            Ok(pieces) => pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Text(text) => format!("'{text}'"),
                    Piece::Expression(range) => format!("<{}>", &text[range.clone()]),
                })
                .collect::<Vec<_>>()
                .join(" "),
        }
    }

    #[test]
    fn expressions_end_where_their_brace_does() {
        for (text, expected) in [
            ("", "''"),
            ("plain $5", "'plain $5'"),
            ("${a}", "<a>"),
            ("x ${a}-${b} y", "'x ' <a> '-' <b> ' y'"),
            ("$${a} ${b}", "'${a} ' <b>"),
            ("$$${a}", "'$${a}'"),
            (r#"${ {"}": "\"}"}["}"] }!"#, r#"< {"}": "\"}"}["}"] > '!'"#),
            (r#"${r"\"}"#, r#"<r"\">"#),
            ("${'''}'''}", "<'''}'''>"),
            ("${a // }\n}", "<a // }\n>"),
            ("a ${b", "unclosed at 2"),
            ("${'a}", "unclosed at 0"),
            ("${\"\\", "unclosed at 0"),
            ("ä${ö}ü", "'ä' <ö> 'ü'"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }
}
