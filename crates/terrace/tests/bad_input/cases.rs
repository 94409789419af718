//! The bad workspaces, generated.

use std::fmt::Write as _;
use std::path::Path;

use crate::Case;

/// Takes the cases one by one.
pub(crate) type Take<'a> = dyn FnMut(Case) + 'a;

fn stack(name: &'static str, text: impl Into<Vec<u8>>, told: &'static str) -> Case {
    Case { name, path: "stacks/web.yaml", bytes: text.into(), times: 1, told, around: |_| {} }
}

/// A map of so many entries under one key.
fn many(section: &str, count: usize, entry: impl Fn(usize) -> String) -> String {
    let mut text = format!("{section}:\n");
    for n in 0..count {
        let _ = writeln!(text, "  {}", entry(n));
    }
    text
}

/// What is in a file before anything is understood.
pub(crate) fn bytes(take: &mut Take<'_>) {
    take(stack("nothing", "", ""));
    take(stack("only a comment", "# nothing yet\n", ""));
    take(stack("a byte order mark", "\u{feff}networks: { front: {} }\n", ""));
    take(stack("not UTF-8", b"networks:\n  a: { name: \xff }\n".to_vec(), "not UTF-8"));
    take(stack("UTF-16", b"\xff\xfea\0:\0 \0b\0".to_vec(), "not UTF-8"));
    take(stack("zeros", vec![0; 1 << 20], "error["));
    take(Case { times: 1000, ..stack("100 MB of text", "x".repeat(100_000), "larger than 10 MB") });
    take(Case {
        times: 1000,
        ..stack("100 MB, no text", vec![0xff; 100_000], "larger than 10 MB")
    });
    let settings = stack("100 MB of settings", "#".repeat(100_000), "larger than 10 MB");
    take(Case { path: "terrace.yaml", times: 1000, ..settings });
    take(stack("10 MB of comments", "#\n".repeat(5_000_000 - 1), ""));
    take(stack("10 MB of line breaks", "\n".repeat(9_999_999), ""));
    take(stack("10 MB in one word", "x".repeat(9_999_999), "E0205"));
    take(stack(
        "10 MB in one quoted text",
        format!("a: \"{}\"\n", "\\x41".repeat(2_490_000)),
        "E0201",
    ));
    take(stack(
        "10 MB in one folded text",
        format!("a: >\n{}", "  x\n".repeat(2_400_000)),
        "E0201",
    ));
}

/// What is written and means something else, or nothing.
pub(crate) fn words(take: &mut Take<'_>) {
    take(stack("the same key twice", "networks: { a: {}, a: {} }", "E0104"));
    take(stack(
        "two attachments of one name",
        "volumes: { v: { count: 2, size: 1 } }\nservers: { s: { image: i, flavor: f, networks: [], volumes: ['v[0]', 'v[1]'] } }",
        "E0104",
    ));
    take(stack("tabs in front", "networks:\n\ta: {}\n", "E0102"));
    take(stack("tabs behind", "networks:\t\n  a:\t{}\t# comment\n", ""));
    take(stack("two documents", "networks: {}\n---\nservers: {}\n", "E0109"));
    take(stack("a list as a key", "networks: { ? [a] : {} }", "E0105"));
    take(stack("a map as a key", "networks: { ? { a: b } : {} }", "E0105"));
    take(stack("a number as a key", "networks: { 1: {} }", "E0202"));
    take(stack("nothing as a key", "networks: { ~: {} }", "E0202"));
    let anchors = "locals: { a: &a { mtu: 1400 } }\nnetworks: { n: { <<: *a }, m: *a }\n";
    take(stack("anchors, aliases and merge keys", anchors, ""));
    for word in ["no", "on", "0o17", "017", "1:30", "1e3"] {
        take(stack(
            "a look-alike that nobody expects",
            format!("locals: {{ a: {word} }}"),
            "W0301",
        ));
        take(stack("a look-alike as text", format!("networks: {{ a: {{ name: {word} }} }}"), ""));
    }
    take(stack(
        "a look-alike as a truth value",
        "networks: { a: { admin_state_up: off } }",
        "E0301",
    ));
    take(stack("a look-alike as a number", "networks: { a: { mtu: 25:00 } }", "E0301"));
    take(stack("an octal number", "networks: { a: { mtu: 0o2734 } }", ""));
}

/// Files that expressions read.
pub(crate) fn files(take: &mut Take<'_>) {
    let around = |folder: &Path| {
        let write =
            |path: &str, text: &str| std::fs::write(folder.join(path), text).expect("a file");
        std::fs::create_dir(folder.join("folder")).expect("a folder");
        std::os::unix::fs::symlink("/etc/hostname", folder.join("link")).expect("a link");
        std::os::unix::fs::symlink("/dev/zero", folder.join("endless")).expect("a link");
        std::fs::File::create(folder.join("huge"))
            .expect("a file")
            .set_len(1 << 30)
            .expect("a size");
        let pipe = std::process::Command::new("mkfifo").arg(folder.join("pipe")).status();
        assert!(pipe.expect("mkfifo runs").success());
        write("itself", "${template('itself', {})}");
        write("round", "${template('folder/round', {})}");
        write("folder/round", "${template('round', {})}");
        write("wide", &"${template('inner', {})}".repeat(2000));
        write("inner", &"${name}".repeat(2000));
    };
    for (name, path, told) in [
        ("a file outside", "../../etc/hostname", "E0702"),
        ("an absolute file", "/etc/hostname", "E0702"),
        ("a file through a link", "link", "E0702"),
        ("a file without an end", "endless", "E0702"),
        ("a folder as a file", "folder", "E0701"),
        ("a pipe that nobody fills", "pipe", "E0701"),
        ("a file of 1 GB", "huge", "E0702"),
        ("a file that is not there", "gone", "E0701"),
        ("a template that includes itself", "itself", "E0403"),
        ("a template that comes back", "round", "E0403"),
        ("a template with 2,000 others of 2,000 names", "wide", "E0501"),
    ] {
        for function in ["file", "template"] {
            let told = match (function, told) {
                ("file", "E0403" | "E0501") => continue,
                (_, told) => told,
            };
            let rest = if function == "file" { "" } else { ", {}" };
            let text = format!("locals: {{ a: \"${{{function}('{path}'{rest})}}\" }}");
            take(Case { around, ..stack(name, text, told) });
        }
    }
}

/// What YAML allows and nobody wants.
pub(crate) fn yaml(take: &mut Take<'_>) {
    let nested = (0..2000).fold(String::new(), |mut text, n| {
        let _ = writeln!(text, "{}a:", " ".repeat(n));
        text
    });
    take(stack("10,000 open lists", "[".repeat(10_000), "nested more than 64 deep"));
    take(stack(
        "10,000 closed lists",
        "[".repeat(10_000) + &"]".repeat(10_000),
        "nested more than 64 deep",
    ));
    take(stack("10,000 open maps", "{a: ".repeat(10_000), "nested more than 64 deep"));
    take(stack("a million dashes", "- ".repeat(1_000_000), "nested more than 64 deep"));
    take(stack("a million question marks", "? ".repeat(1_000_000), "nested more than 64 deep"));
    take(stack("indented 2,000 deep", nested, "nested more than 64 deep"));
}

/// Aliases and merge keys.
pub(crate) fn aliases(take: &mut Take<'_>) {
    let laughs = (1..30).fold("a0: &a0 [x, x, x, x, x, x, x, x]\n".to_owned(), |mut text, n| {
        let items = vec![format!("*a{}", n - 1); 8].join(", ");
        let _ = writeln!(text, "a{n}: &a{n} [{items}]");
        text
    });
    let maps = (1..30).fold("a0: &a0 { k: x }\n".to_owned(), |mut text, n| {
        let before = n - 1;
        let _ = writeln!(text, "a{n}: &a{n} {{ <<: [*a{before}, *a{before}], k{n}: *a{before} }}");
        text
    });
    let merges = format!(
        "a: &a\n{}b:\n{}",
        (0..2000).map(|n| format!("  k{n}: x\n")).collect::<String>(),
        (0..2000).map(|n| format!("  k{n}: {{ <<: *a }}\n")).collect::<String>()
    );
    let anchors = (0..300_000).map(|n| format!("- &a{n} x\n")).collect::<String>();
    take(stack("lists of aliases of lists", laughs, "aliases make the file too large"));
    take(stack("maps of aliases of maps", maps, "aliases make the file too large"));
    take(stack("merges of large maps", merges, "aliases make the file too large"));
    take(stack("300,000 anchors", anchors, "E0205"));
}

/// Much of one thing.
pub(crate) fn amounts(take: &mut Take<'_>) {
    take(stack("3 million empty lists", format!("a: [{}]", "[],".repeat(3_000_000)), "more than"));
    take(stack("2 million short texts", format!("a: [{}]", "x,".repeat(1_990_000)), "E0108"));
    take(stack("a million duplicate keys", "a: 1\n".repeat(1_000_000), "E0104"));
    take(stack(
        "250,000 unknown sections",
        (0..250_000).map(|n| format!("s{n}: 1\n")).collect::<String>(),
        "E0201",
    ));
    take(stack("100,000 documents", "---\na: 1\n".repeat(100_000), "E0109"));
    take(stack("a million tabs", "\t".repeat(1_000_000), ""));
    take(stack("a million tags", "a: !x [".to_owned() + &"!x y, ".repeat(300_000) + "]", "E0106"));
}

/// Counts and keys.
pub(crate) fn counts(take: &mut Take<'_>) {
    take(stack("count is negative", "networks: { a: { count: -1 } }", "E0302"));
    take(stack("count is huge", "networks: { a: { count: 9223372036854775807 } }", "E0302"));
    take(stack("count is fractional", "networks: { a: { count: 1.5 } }", "E0302"));
    take(stack("count is the most", "networks: { a: { count: 100000 } }", ""));
    take(stack(
        "50,000 unknown attributes",
        many("networks", 50_000, |n| format!("n{n}: {{ mtuu: 1 }}")),
        "E0201",
    ));
    take(stack(
        "20,000 unknown networks",
        many("servers", 20_000, |n| format!("s{n}: {{ image: i, flavor: f, networks: [n{n}] }}")),
        "E0401",
    ));
    take(stack(
        "20,000 names that are nearly right",
        many("networks", 20_000, |n| format!("network{n}: {{}}"))
            + &many("servers", 20_000, |n| {
                format!("s{n}: {{ image: i, flavor: f, networks: [netwrk{n}] }}")
            }),
        "E0401",
    ));
}

/// What is too much, or turns round, in blocks that are well-formed.
pub(crate) fn blocks(take: &mut Take<'_>) {
    let chain = |n: usize| format!("n{n}: {{ description: '${{networks.n{}.id}}' }}", n + 1);
    let star = many("networks", 15_000, |n| format!("n{n}: {{}}"))
        + &many("servers", 15_000, |n| {
            format!("s{n}: {{ image: i, flavor: f, networks: [n0], depends_on: [networks.n{n}] }}")
        });
    take(stack("15,000 servers of one network", star, ""));
    take(stack("20,000 in a row", many("networks", 20_000, chain) + "  n20000: {}\n", ""));
    take(stack(
        "20,000 in a circle",
        many("networks", 19_999, chain) + "  n19999: { description: '${networks.n0.id}' }\n",
        "E0403",
    ));
}

/// Locals, keys and names.
pub(crate) fn locals(take: &mut Take<'_>) {
    take(stack(
        "300 counts of the most",
        many("networks", 300, |n| format!("n{n}: {{ count: 100000 }}")),
        "E0302",
    ));
    take(stack(
        "100,000 keys twice",
        format!("networks: {{ a: {{ for_each: [{}] }} }}", "x,".repeat(100_000)),
        "E0302",
    ));
    take(stack(
        "2,000 locals in a row",
        many("locals", 2_000, |n| format!("l{n}: '${{locals.l{}}}'", n + 1)),
        "error[",
    ));
    take(stack("a local of itself", "locals: { a: '${locals.a}' }", "E0403"));
    take(stack(
        "20,000 locals in a circle",
        many("locals", 20_000, |n| format!("l{n}: '${{locals.l{}}}'", (n + 1) % 20_000)),
        "needs 19960 more, and these need",
    ));
    take(stack(
        "locals that double",
        many("locals", 60, |n| format!("l{n}: '${{locals.l{0}}}${{locals.l{0}}}'", n + 1))
            + "  l60: xxxxxxxx\noutputs:\n  o: ${locals.l0}\n",
        "error[",
    ));
    take(stack("names in another alphabet", "networks: { сеть: {} }", "E0202"));
    take(stack("names that differ in case", "networks: { web: {}, Web: {}, WEB: {} }", ""));
}

/// What is too much inside `${...}`.
pub(crate) fn expressions(take: &mut Take<'_>) {
    let output = |name, expression: String, told| {
        stack(name, format!("outputs:\n  o: \"${{{}}}\"\n", expression.replace('"', "'")), told)
    };
    let lists = |depth: usize| {
        let mut text = "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]".to_owned();
        for level in 0..depth {
            text = format!("[1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map(x{level}, {text})");
        }
        text
    };
    take(output("an expression of 1 MB", format!("'{}'", "x".repeat(1 << 20)), "E0505"));
    take(output("10,000 brackets", "(".repeat(10_000) + "1" + &")".repeat(10_000), "E0505"));
    take(output("10,000 lists", "[".repeat(10_000) + "1" + &"]".repeat(10_000), "E0505"));
    take(output("10,000 sums", "1 + ".repeat(10_000) + "1", "E0505"));
    take(output("10,000 choices", "true ? 1 : ".repeat(10_000) + "1", "E0505"));
    take(output("10,000 negations", "!".repeat(10_001) + "true", ""));
    take(output("10,000 minus signs", "-".repeat(10_000) + "1", ""));
    take(output("10,000 fields", "locals".to_owned() + &".a".repeat(10_000), "E0505"));
    take(output("an open bracket", "(".repeat(30), "error["));
    take(output("30 brackets that nobody closes", "(".repeat(30) + "1", "error["));
    take(output("6 comprehensions in each other", lists(6), "error["));
    take(output("a text that doubles", "'x'".to_owned() + &"+ 'x'".repeat(250), ""));
}

/// Many expressions, and none.
pub(crate) fn texts(take: &mut Take<'_>) {
    take(stack(
        "100,000 expressions in one text",
        format!("outputs:\n  o: \"{}\"\n", "${1}".repeat(100_000)),
        "E0505",
    ));
    take(stack("40,000 outputs", many("outputs", 40_000, |n| format!("o{n}: '${{{n} + 1}}'")), ""));
    take(stack("a million dollars", format!("outputs:\n  o: '{}'\n", "$".repeat(1_000_000)), ""));
    take(stack(
        "a million open expressions",
        format!("outputs:\n  o: '{}'\n", "${".repeat(1_000_000)),
        "E0501",
    ));
    take(stack(
        "20,000 open expressions",
        many("outputs", 20_000, |n| format!("o{n}: '${{{n}'")),
        "E0501",
    ));
}
