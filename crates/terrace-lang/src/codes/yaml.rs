//! Codes of the text of a file: what YAML is, and what of it is taken.

use super::Code;
use super::Example::{Files, Format, Stack};

pub(super) const CODES: &[Code] = &[
    Code {
        code: "E0101",
        title: "The file is not valid YAML.",
        why: "The text cannot be read as YAML 1.2, so nothing is known of what it says.",
        example: Stack("networks:\n  front: { mtu: 1500\n"),
        fix: "Go to the place that is shown and look one line up too: a bracket, quote or `:` is missing, or a line is not indented like the others of its map.",
    },
    Code {
        code: "E0102",
        title: "A tab is used for indentation.",
        why: "YAML is indented with spaces only; a tab has no width of its own.",
        example: Stack("networks:\n\tfront: {}\n"),
        fix: "Replace the tab by spaces, two for each level; set the editor to write spaces in YAML.",
    },
    Code {
        code: "E0103",
        title: "An expression inside `[ ]` or `{ }` is not quoted.",
        why: "Inside of brackets YAML takes the `{` of `${...}` for the begin of a map.",
        example: Stack("outputs:\n  names: [${env.name}]\n"),
        fix: "Quote it: `['${env.name}']`.",
    },
    Code {
        code: "E0104",
        title: "A key is written twice in one map.",
        why: "Only one of the two could count, and which one is a guess. Items of a list that stand for entries are called by what they name: `data[0]` and `data[1]` are both called `data`, and need a map with names of their own.",
        example: Stack("networks:\n  front: { mtu: 1500, mtu: 9000 }\n"),
        fix: "Remove one of the two; both places are shown.",
    },
    Code {
        code: "E0105",
        title: "A key is not text.",
        why: "Keys are names; a list or a map cannot be one.",
        example: Stack("networks:\n  [front]: {}\n"),
        fix: "Write a name as the key.",
    },
    Code {
        code: "E0106",
        title: "A tag is not known.",
        why: "Tags such as `!Ref` of other tools mean nothing here; only YAML's own `!!str`, `!!int` and the like are taken.",
        example: Stack("networks:\n  front: { name: !Ref other }\n"),
        fix: "Remove the tag. What refers or computes is written as an expression, `${...}`.",
    },
    Code {
        code: "E0107",
        title: "An alias stands inside of what it names.",
        why: "`*name` repeats what `&name` marks, so this would never end.",
        example: Stack("networks: &all\n  front: *all\n"),
        fix: "Move the anchor `&name` to the part that is to be repeated.",
    },
    Code {
        code: "E0108",
        title: "A file, its nesting or its aliases are too large.",
        why: "A file has at most 10 MB, a million values with aliases expanded, and 64 levels, so that a mistake or a trap cannot take the machine.",
        example: Stack(
            "a: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n",
        ),
        fix: "Split the file into several stacks, or write `count` or `for_each` in place of many blocks.",
    },
    Code {
        code: "E0109",
        title: "A file holds more than one document.",
        why: "`---` begins a second document; which of the two is the stack is a guess.",
        example: Stack("networks: {}\n---\nservers: {}\n"),
        fix: "Take out the `---`, or make two files.",
    },
    Code {
        code: "E0111",
        title: "`<<` is given something that cannot be merged.",
        why: "A merge key brings the entries of a map; text and numbers have none.",
        example: Stack("networks:\n  front: { <<: defaults }\n"),
        fix: "Give it an alias of a map, `<<: *name`, or a list of those.",
    },
    Code {
        code: "E0112",
        title: "A file cannot be formatted without changing what it says.",
        why: "`terrace fmt` reads back what it would write, and keeps its hands off when that is not the same.",
        example: Format("locals:\n  lines:\n  - |3\n      x\n"),
        fix: "Write the part in plain block style by hand.",
    },
    Code {
        code: "E0201",
        title: "A section, attribute or field is not known.",
        why: "A misspelt name that is passed over would leave its setting out without a word.",
        example: Stack("networks:\n  front: { mtuu: 1500 }\n"),
        fix: "Write the name that is suggested. `terrace schema` gives editors all of them.",
    },
    Code {
        code: "E0202",
        title: "A name is not allowed.",
        why: "Names become parts of addresses such as `web/servers.app[0]`, so they are made of letters of the Latin alphabet, digits, `_` and `-`, and begin with a letter or `_`.",
        example: Stack("networks:\n  my network: {}\n"),
        fix: "Choose such a name; what the cloud shows is the attribute `name`, which takes any text.",
    },
    Code {
        code: "E0203",
        title: "A required attribute or field is missing.",
        why: "The object cannot be made without it.",
        example: Stack("servers:\n  app: { image: debian-12, flavor: m1.small }\n"),
        fix: "Add it. If its value is nothing (`~`), give it one.",
    },
    Code {
        code: "E0204",
        title: "An attribute that only the cloud sets is given a value.",
        why: "It can be read in expressions, and nobody can choose it.",
        example: Stack("networks:\n  front: { status: ACTIVE }\n"),
        fix: "Remove it.",
    },
    Code {
        code: "E0205",
        title: "Something is written where something else is expected.",
        why: "A section is a map of names, an attribute may be a list; this is neither what is expected here.",
        example: Files(&[("stacks/web.yaml", "networks: [front]\n")]),
        fix: "Write what the message names; the reference of the kind shows an example.",
    },
];
