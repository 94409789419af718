//! Tests of the YAML front: text in, tree or complaint out.

use terrace_model::Sources;

use super::*;

fn shown(node: &Node) -> String {
    match &node.content {
        Content::Scalar(scalar) => scalar.value().to_string(),
        Content::List(items) => {
            format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", "))
        }
        Content::Map(entries) => {
            let entries: Vec<_> =
                entries.iter().map(|e| format!("{}: {}", e.key, shown(&e.value))).collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

fn outcome(text: &str) -> String {
    let mut sources = Sources::default();
    let file = sources.add("a.yaml", text);
    let (node, diagnostics) = parse(text, file);
    let complaints: Vec<String> = diagnostics
        .sorted(&sources)
        .iter()
        .map(|d| {
            let place = d.primary.as_ref().map(|l| sources.place(l.span));
            let place = place.map_or(String::new(), |p| format!("{}:{}", p.line, p.column));
            format!("{place} {} {}", d.code, d.message)
        })
        .collect();
    if complaints.is_empty() {
        node.as_ref().map_or("nothing".into(), shown)
    } else {
        complaints.join("\n")
    }
}

#[test]
fn trees_and_complaints() {
    for (text, expected) in [
        ("", "nothing"),
        ("# only\n", "nothing"),
        ("a: 1\nb: [x, 'y', \"z\"]\n", r#"{a: 1, b: ["x", "y", "z"]}"#),
        (
            "[true, False, null, ~, no, yes, '1', 1.5, -3, 0x1f, 0o17, 0755, 1_000, 1e3, .5, ., 1.2.3, 1e400, 99999999999999999999]",
            r#"[true, false, null, null, "no", "yes", "1", 1.5, -3, 31, 15, "0755", "1_000", 1000.0, 0.5, ".", "1.2.3", "1e400", "99999999999999999999"]"#,
        ),
        ("a: !!str 1\nb: !!int '2'\n", r#"{a: "1", b: 2}"#),
        (
            "a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3}\nc: *x\n",
            "{a: {p: 1, q: 2}, b: {q: 3, p: 1}, c: {p: 1, q: 2}}",
        ),
        ("a: 1\nb: 2\na: 3\n", "3:1 E0104 `a` is written twice"),
        ("a: !vault x\n", "1:4 E0106 unknown tag `!vault`"),
        ("a: *x\n", "1:4 E0101 this alias names nothing above it"),
        ("a: &x\n  b: *x\n", "2:6 E0107 this alias stands inside of what it names"),
        ("a: 1\n---\nb: 2\n", "2:1 E0109 a second document begins here"),
        ("[a]: 1\n", "1:1 E0105 a key must be text, not a list"),
        ("a: {<<: 3}\n", "1:9 E0111 `<<` takes a map, an alias of one, or a list of those"),
        ("a: [${vars.x}]\n", "1:5 E0103 an expression inside `[ ]` or `{ }` must be quoted"),
        ("ä: {k: ${vars.x}}\n", "1:8 E0103 an expression inside `[ ]` or `{ }` must be quoted"),
        ("a:\n\tb: 1\n", "2:1 E0102 a tab is used for indentation"),
        ("a: b: c\n", "1:5 E0101 a second `:` on the line"),
        ("a: 'x\n", "1:4 E0101 the quote that begins here is never closed"),
        ("- a\nb: c\n", "2:1 E0101 a list goes on with `- `"),
        ("a:\n  b: 1\n c: 2\n", "3:2 E0101 this line does not belong to what is above it"),
        ("a: @x\n", "1:4 E0101 a text cannot begin with `@`"),
        ("a: [1, 2\n", "2:1 E0101 `,` or `]` is missing in this list"),
        ("a: \"\\x\"", "1:4 E0101 an escape in this text is not valid"),
    ] {
        assert_eq!(outcome(text), expected, "{text}");
    }
}

#[test]
fn bounds_hold() {
    let laughs = (1..20).fold("a0: &a0 [x, x, x, x, x, x, x, x]\n".to_owned(), |text, n| {
        let line = format!(
            "a{n}: &a{n} [{0}, {0}, {0}, {0}, {0}, {0}, {0}, {0}]\n",
            format_args!("*a{}", n - 1)
        );
        text + &line
    });
    let copies = format!("a: &a {}\nb:\n{}", "x".repeat(100_000), "- *a\n".repeat(1000));
    for (text, expected) in [
        ("[".repeat(100_000), "nested more than 64 deep"),
        ("{a: ".repeat(60_000), "nested more than 64 deep"),
        (laughs, "aliases make the file too large"),
        (copies, "aliases make the file too large"),
        ("x".repeat(MAX_BYTES + 1), "the file is larger than 10 MB"),
    ] {
        let outcome = outcome(&text);
        assert!(outcome.ends_with(expected), "{outcome}");
    }
}

#[test]
fn places_inside_scalars_point_at_what_is_written() {
    for text in [
        "a: x ${ü}\n",
        "a: 'it''s ${ü}'\n",
        "a: \"q\\\" \\n \\u00e4 ${ü}\"\n",
        "a: |\n    first\n    second ${ü} x\n",
        "a: >-\n  first\n  second ${ü} x\n",
        "ä: !!str x ${ü}\n",
        "a: &anchor 'x ${ü}'\n",
    ] {
        let mut sources = Sources::default();
        let file = sources.add("a.yaml", text);
        let (node, _) = parse(text, file);
        let node = node.expect(text);
        let scalar = node.as_map().expect(text)[0].value.as_scalar().expect(text);
        let at = scalar.text.find("${ü}").expect(text);
        assert_eq!(sources.snippet(scalar.place(at..at + 5)), "${ü}", "{text}");
    }
}
