//! Source files and places in them: spans are byte ranges, places are what a user reads.

use std::fmt;
use std::sync::Arc;

/// Index of a file in [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A byte range in one source file; `start == end` is a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span from byte offsets.
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        Self { file, start: clamp(start), end: clamp(end.max(start)) }
    }

    /// A part of this span, by byte offsets relative to its start.
    pub fn part(self, start: usize, end: usize) -> Self {
        let base = self.start as usize;
        Self::new(self.file, base + start, base + end)
    }
}

fn clamp(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

/// A value with the place it was written at.
#[derive(Clone, Debug, PartialEq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it was written.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// Puts a value and its place together.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

/// A place as users read it: `stacks/web.yaml:12:5`, line and column from one, column in characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Place {
    /// Path relative to the workspace folder, with `/`.
    pub file: Arc<str>,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// All files that were read, so that any span can be shown.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
    /// Where secrets are written.
    secrets: Vec<Span>,
}

#[derive(Clone, Debug)]
struct SourceFile {
    path: Arc<str>,
    text: String,
    /// Where each line begins.
    lines: Vec<u32>,
}

impl Sources {
    /// Adds a file by its path relative to the workspace folder and returns its id.
    pub fn add(&mut self, path: impl Into<Arc<str>>, text: impl Into<String>) -> FileId {
        let text = text.into();
        let mut lines = Vec::with_capacity(text.bytes().filter(|b| *b == b'\n').count() + 1);
        lines.push(0);
        lines.extend(text.match_indices('\n').map(|(at, _)| clamp(at + 1)));
        self.files.push(SourceFile { path: path.into(), text, lines });
        FileId(clamp(self.files.len() - 1))
    }

    /// What is written there is secret: its lines are named, and never shown.
    pub fn conceal(&mut self, span: Span) {
        self.secrets.push(span);
    }

    /// Whether a secret is written on the lines from one byte to another.
    pub fn is_secret(&self, file: FileId, from: usize, to: usize) -> bool {
        let mut secrets = self.secrets.iter().filter(|secret| secret.file == file);
        secrets.any(|secret| (secret.start as usize) < to && from < secret.end as usize)
    }

    /// Path of a file as it was added; empty for an unknown id.
    pub fn path(&self, file: FileId) -> &str {
        self.files.get(file.0 as usize).map_or("", |f| &f.path)
    }

    /// Text of a file; empty for an unknown id.
    pub fn text(&self, file: FileId) -> &str {
        self.files.get(file.0 as usize).map_or("", |f| &f.text)
    }

    /// The place of the start of a span.
    pub fn place(&self, span: Span) -> Place {
        let Some(file) = self.files.get(span.file.0 as usize) else {
            return Place { file: "".into(), line: 1, column: 1 };
        };
        let offset = floor_char(&file.text, span.start as usize);
        let line = file.line(offset);
        let start = file.lines[line - 1] as usize;
        let column = file.text[start..offset].chars().count() + 1;
        Place { file: file.path.clone(), line: clamp(line), column: clamp(column) }
    }

    /// The lines that a span stands on, without the last line break, with the number of the first
    /// and the byte where it begins. At most `most` lines.
    pub fn lines(&self, span: Span, most: usize) -> (&str, usize, usize) {
        let Some(file) = self.files.get(span.file.0 as usize) else { return ("", 1, 0) };
        let first = file.line(floor_char(&file.text, span.start as usize));
        let last = file.line(floor_char(&file.text, span.end.max(span.start) as usize));
        let begin = |line: usize| file.lines.get(line - 1).map_or(file.text.len(), |b| *b as usize);
        let start = begin(first);
        let text = &file.text[start..begin(last.min(first + most - 1) + 1)];
        (text.strip_suffix('\n').unwrap_or(text), first, start)
    }

    /// The text that a span covers, cut to character boundaries.
    pub fn snippet(&self, span: Span) -> &str {
        let text = self.text(span.file);
        let start = floor_char(text, span.start as usize);
        let end = floor_char(text, span.end as usize).max(start);
        &text[start..end]
    }
}

impl SourceFile {
    /// The line that a byte stands on, from 1.
    fn line(&self, offset: usize) -> usize {
        self.lines.partition_point(|&start| start as usize <= offset).max(1)
    }
}

fn floor_char(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters_from_one() {
        let mut sources = Sources::default();
        let file = sources.add("a.yaml", "ä: 1\nbc: 2\n");
        for (offset, line, column) in [(0, 1, 1), (2, 1, 2), (6, 2, 1), (8, 2, 3), (99, 3, 1)] {
            let place = sources.place(Span::new(file, offset, offset));
            assert_eq!((place.line, place.column), (line, column), "offset {offset}");
        }
        assert_eq!(sources.snippet(Span::new(file, 1, 4)), "ä: ");
        for (start, end, most, expected) in [
            (0, 3, 1, ("ä: 1", 1, 0)),
            (7, 8, 1, ("bc: 2", 2, 6)),
            (0, 8, 1, ("ä: 1", 1, 0)),
            (0, 8, 9, ("ä: 1\nbc: 2", 1, 0)),
            (99, 99, 2, ("", 3, 12)),
        ] {
            assert_eq!(sources.lines(Span::new(file, start, end), most), expected);
        }
    }
}
