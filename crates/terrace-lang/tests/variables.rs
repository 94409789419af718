//! Variables: where values come from, and what they must be like.

use std::path::PathBuf;

use terrace_lang::{Request, load};
use terrace_model::{StackName, Value};

fn workspace(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, text).expect("written");
    }
    folder
}

/// The value of `x`, as JSON; or every finding, with its code.
fn value(request: &Request<'_>) -> String {
    match load(request) {
        Ok(loaded) => {
            let stack = &loaded.workspace.stacks[&StackName::new("s").expect("a name")];
            let value = &stack.variables["x"];
            let sealed = if matches!(value, Value::Sensitive(_)) { "sensitive " } else { "" };
            format!("{sealed}{}", value.revealed().to_json())
        }
        Err(error) => {
            let told = error.diagnostics.into_iter().map(|d| format!("{} {}", d.code, d.message));
            told.collect::<Vec<_>>().join("; ")
        }
    }
}

#[test]
fn the_strongest_source_wins() {
    let folder = workspace(&[
        ("terrace.yaml", "environments: { prod: {} }"),
        ("environments/prod.yaml", "x: environment"),
        ("a.yaml", "x: first file"),
        ("b.yaml", "x: second file"),
        ("stacks/s.yaml", "variables: { x: { type: string, default: default } }"),
    ]);
    let path = |name: &str| folder.path().join(name);
    let files: Vec<PathBuf> = vec![path("a.yaml"), path("b.yaml")];
    let given = [("x".to_owned(), "command line".to_owned())];
    let env = |name: &str| (name == "TERRACE_VAR_x").then(|| "process".to_owned());
    let mut request = Request::of(folder.path());
    assert_eq!(value(&request), "\"default\"");
    request.environment = Some("prod");
    assert_eq!(value(&request), "\"environment\"");
    request.variable_files = &files[..1];
    assert_eq!(value(&request), "\"first file\"");
    request.variable_files = &files;
    assert_eq!(value(&request), "\"second file\"");
    request.env = &env;
    assert_eq!(value(&request), "\"process\"");
    request.variables = &given;
    assert_eq!(value(&request), "\"command line\"");
}

#[test]
fn a_person_is_asked_once_for_all_stacks() {
    let folder = workspace(&[
        ("terrace.yaml", ""),
        ("stacks/r.yaml", "variables: { x: { type: integer } }"),
        ("stacks/s.yaml", "variables: { x: { type: integer, description: how many } }"),
    ]);
    let asked = std::cell::RefCell::new(Vec::new());
    let ask = |question: &terrace_lang::Question<'_>| {
        asked.borrow_mut().push(question.name.to_owned());
        Some("7".to_owned())
    };
    let request = Request { ask: Some(&ask), ..Request::of(folder.path()) };
    assert_eq!(value(&request), "7");
    assert_eq!(*asked.borrow(), ["x"]);
    assert!(value(&Request::of(folder.path())).starts_with("E0601 the variable `x` has no value"));
}

/// Declaration of `x`, what is given with `--var`, and what comes of it.
const SHAPES: &[(&str, Option<&str>, &str)] = &[
    ("string", Some("7"), r#""7""#),
    ("integer", Some("7"), "7"),
    (
        "integer",
        Some("seven"),
        "E0602 the variable `x`, given with `--var`: expected a whole number, found the text `seven`",
    ),
    (
        "integer",
        Some("7.5"),
        "E0602 the variable `x`, given with `--var`: expected a whole number, found the number 7.5",
    ),
    ("number", Some("7.5"), "7.5"),
    ("boolean", Some("true"), "true"),
    (
        "boolean",
        Some("yes"),
        "E0602 the variable `x`, given with `--var`: expected true or false, found the text `yes`",
    ),
    ("list(integer)", Some("[1, 2]"), "[1,2]"),
    (
        "list(integer)",
        Some("[1, b]"),
        "E0602 the variable `x[1]`, given with `--var`: expected a whole number, found the text `b`",
    ),
    ("map(list(string))", Some("{a: [b]}"), r#"{"a":["b"]}"#),
    ("strin", Some("a"), "E0201 `strin` is not a type"),
    ("{ type: integer, minimum: 1, maximum: 5 }", Some("5"), "5"),
    (
        "{ type: integer, minimum: 1, maximum: 5 }",
        Some("6"),
        "E0602 the variable `x`, given with `--var`: 6 is more than 5",
    ),
    (
        "{ type: number, minimum: 0.5 }",
        Some("0.25"),
        "E0602 the variable `x`, given with `--var`: 0.25 is less than 0.5",
    ),
    ("{ type: string, pattern: '[a-z]+' }", Some("abc"), r#""abc""#),
    (
        "{ type: string, pattern: '[a-z]+' }",
        Some("abc1"),
        "E0602 the variable `x`, given with `--var`: the text `abc1` does not match the pattern `[a-z]+`",
    ),
    (
        "{ type: string, pattern: '[a-z' }",
        Some("a"),
        "E0205 the pattern `[a-z` cannot be used: unclosed character class",
    ),
    ("{ enum: [small, large] }", Some("large"), r#""large""#),
    (
        "{ enum: [small, large] }",
        Some("huge"),
        r#"E0602 the variable `x`, given with `--var`: the text `huge` is not one of "small", "large""#,
    ),
    (
        "{ type: string, min_length: 3 }",
        Some("ab"),
        "E0602 the variable `x`, given with `--var`: it has 2 characters, and must have at least 3",
    ),
    (
        "{ type: list, max_length: 1 }",
        Some("[1, 2]"),
        "E0602 the variable `x`, given with `--var`: it has 2 items, and must have at most 1",
    ),
    ("{ type: boolean, minimum: 1 }", Some("true"), "E0205 `minimum` is for numbers"),
    (
        "{ type: integer, minimum: 5, maximum: 1, default: 3 }",
        None,
        "E0205 `minimum` is more than `maximum`; E0602 the variable `x`, the default: 3 is less than 5",
    ),
    (
        "{ type: object, fields: { name: string, size: { type: integer, default: 2 }, note: { type: string, optional: true } } }",
        Some("{name: a}"),
        r#"{"name":"a","note":null,"size":2}"#,
    ),
    (
        "{ type: object, fields: { name: string } }",
        Some("{}"),
        "E0602 the variable `x`, given with `--var`: the field `name` is missing",
    ),
    (
        "{ type: object, fields: { name: string } }",
        Some("{name: a, naem: b}"),
        "E0602 the variable `x`, given with `--var`: there is no field `naem`; did you mean `name`?",
    ),
    (
        "{ type: list, items: { type: object, fields: { port: { type: integer, maximum: 65535 } } } }",
        Some("[{port: 80}, {port: 70000}]"),
        "E0602 the variable `x[1].port`, given with `--var`: 70000 is more than 65535",
    ),
    (
        "{ type: object, fields: { a: { type: integer, default: b } } }",
        Some("{}"),
        "E0602 the default does not fit: expected a whole number, found the text `b`",
    ),
    ("{ type: object }", Some("{}"), "E0205 an object needs `fields`"),
    ("{ sensitive: true, default: s3cret }", None, r#"sensitive "s3cret""#),
    (
        "{ sensitive: true, type: integer }",
        Some("s3cret"),
        "E0602 the variable `x`, given with `--var`: its value does not fit",
    ),
    (
        "{ default: 4, validate: [{ condition: '${vars.x % 2 == 0}', message: it must be even }] }",
        None,
        "4",
    ),
    (
        "{ default: 3, validate: [{ condition: '${vars.x % 2 == 0}', message: it must be even }] }",
        None,
        "E0604 the variable `x`: it must be even",
    ),
    (
        "{ default: 3, validate: { condition: '${vars.y > vars.x}', message: '${vars.y} is not more than ${vars.x}' } }",
        None,
        "E0604 the variable `x`: 2 is not more than 3",
    ),
    (
        "{ default: 3, validate: [{ condition: odd, message: no }] }",
        None,
        "E0604 a condition is true or false, not the text `odd`",
    ),
    (
        "{ default: 3, validate: [{ condition: '${networks.a.id == vars.x}', message: no }] }",
        None,
        "E0501 a rule can only look at variables",
    ),
    (
        "{ default: 3, validate: [{ message: no }] }",
        None,
        "E0203 a rule has a `condition` and a `message`",
    ),
    ("{ default: 3, defualt: 4 }", None, "E0201 `defualt` is not a known field of a variable"),
];

#[test]
fn shapes() {
    for (declaration, given, expected) in SHAPES {
        let stack =
            format!("variables:\n  y: {{ type: integer, default: 2 }}\n  x: {declaration}\n");
        let folder = workspace(&[("terrace.yaml", ""), ("stacks/s.yaml", &stack)]);
        let given: Vec<_> = given.iter().map(|g| ("x".to_owned(), (*g).to_owned())).collect();
        let request = Request { variables: &given, ..Request::of(folder.path()) };
        assert_eq!(value(&request), *expected, "{declaration} {given:?}");
    }
}

#[test]
fn both_ends_of_a_wrong_value_are_shown() {
    let folder = workspace(&[
        ("terrace.yaml", ""),
        ("environments/prod.yaml", "x: many\n"),
        ("stacks/s.yaml", "variables:\n  x: integer\n"),
    ]);
    let request = Request { environment: Some("prod"), ..Request::of(folder.path()) };
    let error = load(&request).expect_err("a wrong value");
    let found = error.diagnostics.sorted(&error.sources).remove(0);
    let place = |span| error.sources.place(span).to_string();
    assert_eq!(place(found.primary.expect("a place").span), "environments/prod.yaml:1:4");
    assert_eq!(place(found.related[0].span), "stacks/s.yaml:2:3");
}

#[test]
fn environments_and_settings() {
    for (settings, environment, expected) in [
        ("environments: { prod: { protected: true } }", "prod", "null"),
        ("environments: { prod: {} }", "prd", "E0201 there is no environment `prd`"),
        (
            "environments: { prod: { protected: maybe } }",
            "prod",
            "E0205 `protected` cannot be the text `maybe`",
        ),
        (
            "environments: { prod: { protect: true } }",
            "prod",
            "E0201 `protect` is not a known setting of an environment",
        ),
        ("state: { type: sled }", "default", "null"),
        ("state: sled", "default", "null"),
        ("state: { type: s3 }", "default", "E0205 this is not a store of states"),
        ("defaults: { servers: { count: 2 } }", "default", "E0205 `count` is of each block alone"),
        ("defaults: { server: {} }", "default", "E0201 `server` is not a known kind"),
    ] {
        let folder = workspace(&[
            ("terrace.yaml", settings),
            ("stacks/s.yaml", "variables: { x: { default: null } }"),
        ]);
        let request = Request { environment: Some(environment), ..Request::of(folder.path()) };
        assert_eq!(value(&request), expected, "{settings}");
    }
}

#[test]
fn defaults_are_as_if_written_in_each_block() {
    let folder = workspace(&[
        (
            "terrace.yaml",
            "defaults:\n  networks: { description: ours, admin_state_up: false }\n  subnets: { enable_dhcp: false }\n",
        ),
        (
            "stacks/s.yaml",
            "networks:\n  a:\n  b:\n    description: mine\n    subnets: { v4: { cidr: 10.0.0.0/24 } }\n",
        ),
    ]);
    let loaded = load(&Request::of(folder.path())).expect("a good workspace");
    let shown: Vec<String> = loaded
        .workspace
        .resources()
        .flat_map(|resource| {
            let terms = resource.body.iter().filter(|(name, _)| *name != "network_id");
            let shown = terms.map(|(name, term)| {
                let value = match &term.value {
                    terrace_model::expr::Term::Literal(value) => value.to_json().to_string(),
                    other => format!("{other:?}"),
                };
                format!("{} {name}={value}", resource.address)
            });
            shown.collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(
        shown,
        [
            "s/networks.a admin_state_up=false",
            "s/networks.a description=\"ours\"",
            "s/networks.b admin_state_up=false",
            "s/networks.b description=\"mine\"",
            "s/subnets.b.v4 cidr=\"10.0.0.0/24\"",
            "s/subnets.b.v4 enable_dhcp=false",
        ]
    );
}
