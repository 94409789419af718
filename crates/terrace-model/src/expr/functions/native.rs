//! Functions and macros that CEL itself brings.

use super::{Function, Run, function};

pub(super) static TABLE: [Function; 19] = [
    cel(
        "all",
        "list.all(x, condition)",
        "Whether the condition holds for every item of a list, or key of a map.",
        ["[1, 2].all(n, n > 0)", "true"],
    ),
    cel(
        "exists",
        "list.exists(x, condition)",
        "Whether the condition holds for any item of a list, or key of a map.",
        ["[1, 2].exists(n, n > 1)", "true"],
    ),
    cel(
        "exists_one",
        "list.exists_one(x, condition)",
        "Whether the condition holds for exactly one.",
        ["[1, 2].exists_one(n, n > 1)", "true"],
    ),
    cel(
        "filter",
        "list.filter(x, condition)",
        "The items of a list, or keys of a map, for which the condition holds.",
        ["[1, 2, 3].filter(n, n > 1)", "[2,3]"],
    ),
    cel(
        "map",
        "list.map(x, expression)",
        "The list of what the expression gives for every item of a list, or key of a map.",
        [r#"["a", "b"].map(n, n + ".example.org")"#, r#"["a.example.org","b.example.org"]"#],
    ),
    cel("has", "has(map.field)", "Whether the map has the field.", [r#"has({"a": 1}.b)"#, "false"]),
    cel(
        "size",
        "size(value)",
        "How many items, entries or characters a list, map or text has.",
        ["size([1, 2])", "2"],
    ),
    cel(
        "startsWith",
        "text.startsWith(prefix)",
        "Whether the text begins with the prefix.",
        [r#""web-1".startsWith("web")"#, "true"],
    ),
    cel(
        "endsWith",
        "text.endsWith(suffix)",
        "Whether the text ends with the suffix.",
        [r#""web-1".endsWith("2")"#, "false"],
    ),
    cel("string", "string(value)", "A number or truth value as text.", ["string(80)", r#""80""#]),
    cel("int", "int(value)", "A text or number as a whole number.", [r#"int("80")"#, "80"]),
    cel(
        "uint",
        "uint(value)",
        "A text or number as a whole number without sign.",
        [r#"uint("80")"#, "80"],
    ),
    cel(
        "double",
        "double(value)",
        "A text or number as a number with a fraction.",
        [r#"double("0.5")"#, "0.5"],
    ),
    cel(
        "bool",
        "bool(value)",
        "The text `true` or `false` as a truth value.",
        [r#"bool("true")"#, "true"],
    ),
    cel(
        "bytes",
        "bytes(text)",
        "The bytes of the text; `size` counts them.",
        [r#"size(bytes("ä"))"#, "2"],
    ),
    cel(
        "type",
        "type(value)",
        "The type of the value, to be compared: `int`, `string`, `list`, `map` and so on.",
        ["type(80) == int", "true"],
    ),
    cel(
        "orValue",
        "map.?field.orValue(otherwise)",
        "The value of what `.?` or `[?...]` asked for, or the other one when it is not there.",
        [r#"{"a": 1}.?b.orValue(7)"#, "7"],
    ),
    cel(
        "hasValue",
        "map.?field.hasValue()",
        "Whether what `.?` or `[?...]` asked for is there.",
        [r#"{"a": 1}.?a.hasValue()"#, "true"],
    ),
    cel(
        "optMap",
        "map.?field.optMap(x, expression)",
        "What the expression gives for the value, if there is one.",
        [r#"{"a": 1}.?a.optMap(n, n + 1).orValue(0)"#, "2"],
    ),
];

const fn cel(
    name: &'static str,
    signature: &'static str,
    doc: &'static str,
    example: [&'static str; 2],
) -> Function {
    function([name, signature], doc, example, Run::Cel)
}
