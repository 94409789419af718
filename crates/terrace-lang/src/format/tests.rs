//! Tests of the formatter: text in, canonical text out, and the laws on generated files.

use proptest::prelude::*;

use super::*;

fn formatted(text: &str) -> String {
    match format("a.yaml", text) {
        Ok(text) => text,
        Err(error) => {
            let codes: Vec<_> = error.diagnostics.into_iter().map(|d| d.code).collect();
            format!("refused: {}", codes.join(", "))
        }
    }
}

#[test]
fn canonical_form() {
    for (text, expected) in [
        ("", ""),
        ("\n\n", ""),
        ("# only\n", "# only\n"),
        ("\u{feff}a: 1", "a: 1\n"),
        ("a:   1\r\nb:\r\n    c: 2\r\n", "a: 1\n\nb:\n  c: 2\n"),
        ("a: {b: 1,c:  [1,2]}", "a: { b: 1, c: [1, 2] }\n"),
        ("a: 'x'\nb: '\"'\nc: 'it''s'\n", "a: \"x\"\nb: '\"'\nc: 'it''s'\n"),
        ("a:\n- 1\n-   b: 2\n    c: 3\n", "a:\n  - 1\n  - b: 2\n    c: 3\n"),
        (
            "# file\na: 1 # one\n\n\n\n# of b\n# too\nb: 2\n  # end\n",
            "# file\na: 1 # one\n\n# of b\n# too\nb: 2\n# end\n",
        ),
        ("a: 1\n# of b\nb: 2\n# end\n", "a: 1\n# of b\nb: 2\n# end\n"),
        ("---\na: 1\nb: 2\n", "---\na: 1\nb: 2\n"),
        ("a: |\n     x\n       y\n\n     z\nb: 1\n", "a: |\n  x\n    y\n\n  z\n\nb: 1\n"),
        ("a: |+\n  x\n\nb: |+\n  y\nc: 1\n", "a: |+\n  x\n\nb: |+\n  y\nc: 1\n"),
        ("a: ${servers.web.map(s, s.id)}\n", "a: ${servers.web.map(s, s.id)}\n"),
        ("a: &x {b: 1}\nc: *x\n", "a: &x { b: 1 }\nc: *x\n"),
        ("a: [\n", "refused: E0101"),
        ("a: 1\na: 2\n", "refused: E0104"),
        ("a:\n\tb: 1\n", "refused: E0102"),
        ("a: 1\n---\nb: 2\n", "refused: E0109"),
    ] {
        let once = formatted(text);
        assert_eq!(once, expected, "{text:?}");
        if !once.starts_with("refused") {
            assert_eq!(formatted(&once), once, "not settled: {text:?}");
        }
    }
}

#[test]
fn broad_lists_and_maps_are_broken() {
    let wide = format!("a: {{ b: {}, c: {} }}\n", "x".repeat(60), "y".repeat(60));
    let expected = format!("a: {{\n  b: {},\n  c: {}\n}}\n", "x".repeat(60), "y".repeat(60));
    assert_eq!(formatted(&wide), expected);
}

/// A piece of YAML that is not written as it should be.
#[derive(Clone, Debug)]
enum Piece {
    Scalar(String),
    List(Vec<Self>),
    Map(Vec<(String, Self)>),
}

fn scalars() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z][a-z0-9 _/.-]{0,12}[a-z0-9]",
        "-?[0-9]{1,4}(\\.[0-9])?",
        "'[a-zäß\"$#: {}-]{0,12}'",
        "\"[a-z'$#: {}-]{0,12}\"",
        "(true|no|null|~|0o17|1:30|1e3|\\$\\{vars\\.n\\}|\"\\$\\{file\\('x'\\)\\}\")",
    ]
}

fn pieces() -> impl Strategy<Value = Piece> {
    scalars().prop_map(Piece::Scalar).prop_recursive(4, 40, 5, |inner| {
        let key = "[a-z]{1,6}";
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..5).prop_map(Piece::List),
            prop::collection::btree_map(key, inner, 1..5)
                .prop_map(|map| Piece::Map(map.into_iter().collect())),
        ]
    })
}

/// Writes pieces in many styles, by a stream of choices.
struct Writer<'a> {
    choices: &'a [u8],
    at: usize,
    text: String,
    comments: usize,
}

impl Writer<'_> {
    fn choose(&mut self, of: u8) -> u8 {
        self.at += 1;
        self.choices[self.at % self.choices.len()] % of
    }

    fn put(&mut self, text: std::fmt::Arguments<'_>) {
        std::fmt::Write::write_fmt(&mut self.text, text).expect("texts can be written to");
    }

    fn indent(&mut self, depth: usize) {
        self.text.extend(std::iter::repeat_n(' ', depth));
    }

    /// Ends a line, with a comment or blank lines now and then.
    fn end(&mut self, depth: usize) {
        if self.choose(4) == 0 {
            self.comments += 1;
            let number = self.comments;
            self.put(format_args!("   #c{number}"));
        }
        self.text.push('\n');
        for _ in 0..self.choose(12).saturating_sub(8) {
            self.text.push('\n');
        }
        if self.choose(6) == 0 {
            self.indent(depth);
            self.comments += 1;
            let number = self.comments;
            self.put(format_args!("# c{number}\n"));
        }
    }

    fn flow(&mut self, piece: &Piece) {
        match piece {
            Piece::Scalar(text) if text.contains("${") && !text.starts_with(['"', '\'']) => {
                self.put(format_args!("\"{text}\""));
            }
            Piece::Scalar(text) => self.text.push_str(text),
            Piece::List(items) => {
                self.text.push('[');
                for (index, item) in items.iter().enumerate() {
                    self.text.push_str(if index > 0 { ",  " } else { "" });
                    self.flow(item);
                }
                self.text.push(']');
            }
            Piece::Map(entries) => {
                self.text.push('{');
                for (index, (key, item)) in entries.iter().enumerate() {
                    self.text.push_str(if index > 0 { ", " } else { " " });
                    self.put(format_args!("{key}: "));
                    self.flow(item);
                }
                self.text.push('}');
            }
        }
    }

    fn block(&mut self, piece: &Piece, depth: usize) {
        let step = 1 + usize::from(self.choose(4));
        match piece {
            Piece::Scalar(text) => {
                self.put(format_args!(" {text}"));
                self.end(depth);
            }
            _ if self.choose(4) == 0 => {
                self.text.push(' ');
                self.flow(piece);
                self.end(depth);
            }
            Piece::List(items) => {
                self.end(depth + step);
                for item in items {
                    self.indent(depth + step);
                    self.text.push('-');
                    self.block(item, depth + step);
                }
            }
            Piece::Map(entries) => {
                self.end(depth + step);
                self.entries(entries, depth + step);
            }
        }
    }

    fn entries(&mut self, entries: &[(String, Piece)], depth: usize) {
        for (key, item) in entries {
            self.indent(depth);
            self.put(format_args!("{key}:"));
            self.block(item, depth);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn formatting_keeps_what_a_file_says_and_settles_at_once(
        map in prop::collection::btree_map("[a-z]{1,6}", pieces(), 1..6),
        choices in prop::collection::vec(any::<u8>(), 200),
    ) {
        let entries: Vec<_> = map.into_iter().collect();
        let mut writer = Writer { choices: &choices, at: 0, text: String::new(), comments: 0 };
        writer.entries(&entries, 0);
        let (text, comments) = (writer.text, writer.comments);
        let (before, found) = yaml::parse(&text, FileId(0));
        prop_assert!(!found.has_errors(), "the generator wrote\n{text}");
        let once = formatted(&text);
        let (after, _) = yaml::parse(&once, FileId(0));
        let (before, after) = (before.expect("a tree"), after.expect("a tree"));
        prop_assert!(says_the_same(&before, &after), "{text}\nbecame\n{once}");
        for comment in 1..=comments {
            let there = once.contains(&format!("#c{comment}\n")) || once.contains(&format!("# c{comment}\n"));
            prop_assert!(there, "comment {comment} of\n{text}\nis gone in\n{once}");
        }
        prop_assert_eq!(formatted(&once), once, "of\n{}", text);
    }
}
