//! Places inside scalars whose text is not written exactly as it is: with escapes, folded, indented.

use std::sync::Arc;

use saphyr_parser::ScalarStyle;
use smol_str::SmolStr;
use terrace_model::{FileId, Span};

use super::scalar::Scalar;

/// A scalar from its text and the bytes it was read from. Places are only worked out where
/// expressions need them.
pub(crate) fn scalar(text: SmolStr, style: ScalarStyle, source: &str, whole: Span) -> Scalar {
    let plain = style == ScalarStyle::Plain;
    let quoted = matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted);
    let mut start = whole.start as usize;
    let mut end = (whole.end as usize).min(source.len());
    start += properties(source.get(start..end).unwrap_or_default());
    if quoted && end > start + 1 {
        start += 1;
        end -= 1;
    }
    let raw = source.get(start..end).unwrap_or_default();
    let span = Span::new(whole.file, start, end);
    let exact = raw == text || raw.trim_end() == text;
    let places = (!exact && text.contains("${"))
        .then(|| align(&text, raw, start, style == ScalarStyle::DoubleQuoted));
    Scalar { text, plain, span, places }
}

/// Length of the tag and anchor in front of a scalar.
fn properties(raw: &str) -> usize {
    let mut rest = raw;
    while rest.starts_with(['!', '&']) {
        let token = rest.find(char::is_whitespace).unwrap_or(rest.len());
        rest = rest[token..].trim_start();
    }
    raw.len() - rest.len()
}

/// Finds each character of the text in its source, in one pass: what does not match (indentation,
/// line breaks that were folded) is skipped, an escape is one character.
fn align(text: &str, raw: &str, start: usize, escapes: bool) -> Arc<[u32]> {
    let mut places = Vec::with_capacity(text.len());
    let mut at = 0;
    for wanted in text.chars() {
        while let Some(found) = raw[at..].chars().next() {
            if escapes && found == '\\' {
                let length = escape(&raw[at..]);
                if raw[at..].starts_with("\\\n") || raw[at..].starts_with("\\\r") {
                    at += length;
                    continue;
                }
                break;
            }
            let folded = wanted == ' ' && found == '\n';
            if found == wanted || folded {
                break;
            }
            at += found.len_utf8();
        }
        let place = u32::try_from(start + at.min(raw.len())).unwrap_or(u32::MAX);
        places.extend(std::iter::repeat_n(place, wanted.len_utf8()));
        at += match raw[at..].chars().next() {
            Some('\\') if escapes => escape(&raw[at..]),
            Some(found) => found.len_utf8(),
            None => 0,
        };
    }
    places.into()
}

/// Length of the escape that begins here.
fn escape(raw: &str) -> usize {
    let second = raw[1..].chars().next();
    let digits = match second {
        Some('x') => 2,
        Some('u') => 4,
        Some('U') => 8,
        _ => 0,
    };
    let length = 1 + second.map_or(0, char::len_utf8) + digits;
    let mut length = length.min(raw.len());
    while !raw.is_char_boundary(length) {
        length += 1;
    }
    length
}

/// Byte offsets of characters: the parser counts characters, we count bytes.
pub(crate) struct Offsets {
    file: FileId,
    /// Empty when the text is ASCII, where the two are the same.
    bytes: Vec<u32>,
    length: usize,
}

impl Offsets {
    pub(crate) fn new(text: &str, file: FileId) -> Self {
        let bytes = if text.is_ascii() {
            Vec::new()
        } else {
            text.char_indices().map(|(at, _)| u32::try_from(at).unwrap_or(u32::MAX)).collect()
        };
        Self { file, bytes, length: text.len() }
    }

    pub(crate) fn byte(&self, character: usize) -> usize {
        if self.bytes.is_empty() {
            return character.min(self.length);
        }
        self.bytes.get(character).map_or(self.length, |byte| *byte as usize)
    }

    pub(crate) fn span(&self, span: saphyr_parser::Span) -> Span {
        Span::new(self.file, self.byte(span.start.index()), self.byte(span.end.index()))
    }
}
