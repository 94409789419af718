//! Variables: types, constraints, rules, and where values come from.

use std::cell::RefCell;
use std::rc::Rc;

use super::{check, dump, loaded, same};
use crate::Question;

const SETTINGS: &str = "== terrace.yaml
environments: { prod: , other: { variables: values/o.yaml } }
== environments/prod.yaml
x: 7
== values/o.yaml
x: 8
== more.yaml
x: 9
== last.yaml
x: 10
";

#[test]
fn the_stronger_source_wins() {
    for (var, env, files, environment, expected) in [
        (None, None, &[][..], None, "1"),
        (None, None, &[], Some("prod"), "7"),
        (None, None, &[], Some("other"), "8"),
        (None, None, &["more.yaml"], Some("prod"), "9"),
        (None, None, &["more.yaml", "last.yaml"], Some("prod"), "10"),
        (None, Some("11"), &["more.yaml"], Some("prod"), "11"),
        (Some("12"), Some("11"), &["more.yaml"], Some("prod"), "12"),
    ] {
        let text = format!(
            "{SETTINGS}== stacks/a.yaml\nvariables:\n  x: {{ type: integer, default: 1 }}\n"
        );
        let folder = super::folder(&text);
        let variables: Vec<(String, String)> =
            var.iter().map(|v: &&str| ("x".to_owned(), (*v).to_owned())).collect();
        let var_files: Vec<_> = files.iter().map(|f| folder.path().join(f)).collect();
        let env = |name: &str| env.filter(|_| name == "TERRACE_VAR_x").map(str::to_owned);
        let request = crate::Request {
            root: folder.path(),
            environment,
            variables: &variables,
            var_files: &var_files,
            env: &env,
            ask: None,
        };
        let loaded = crate::load(&request).expect("loaded");
        same(
            &dump(&loaded.workspace),
            &format!("a vars.x = {expected}"),
            &format!("{variables:?}"),
        );
    }
}

fn given(declaration: &str, text: &str) -> String {
    let files = format!("== stacks/a.yaml\nvariables:\n  x: {declaration}\n");
    let variables = [("x".to_owned(), text.to_owned())];
    let folder = super::folder(&files);
    let mut request = crate::Request::new(folder.path(), &|_| None);
    request.variables = &variables;
    match crate::load(&request) {
        Ok(loaded) => dump(&loaded.workspace).trim().replace("a vars.x = ", ""),
        Err(error) => super::told(&error.diagnostics, &error.sources)
            .lines()
            .next()
            .unwrap_or_default()
            .replace("a:2:3 E0602 the variable `x`, given with `--var`: ", "! "),
    }
}

#[test]
fn types_and_constraints() {
    let object = "{ type: { object: { name: string, port: { type: integer, default: 80 }, tags: { type: list(string), optional: true } } } }";
    for (declaration, text, expected) in [
        ("{ type: string }", "012", r#""012""#),
        ("{ type: integer }", "3", "3"),
        ("{ type: integer }", "3.5", "! expected type integer, found the number 3.5"),
        ("{ type: number }", "3", "3"),
        ("{ type: boolean }", "yes", "! expected type boolean, found the text `yes`"),
        ("{ type: list(integer) }", "[1, 2]", "[1, 2]"),
        ("{ type: list(integer) }", "[1, x]", "! `1`: expected type integer, found the text `x`"),
        ("{ type: map(list(string)) }", "{a: [1]}", r#"{"a": ["1"]}"#),
        (
            "{ type: map(list(string)) }",
            "{a: b}",
            "! `a`: expected type list(string), found the text `b`",
        ),
        (object, "{name: web}", r#"{"name": "web", "port": 80, "tags": null}"#),
        (object, "{name: web, prt: 1}", "! there is no field `prt` (did you mean `port`?)"),
        (object, "{port: 1}", "! the field `name` is missing"),
        (object, "{name: web, port: x}", "! `port`: expected type integer, found the text `x`"),
        ("{ type: { list: { object: { a: integer } } } }", "[{a: 1}]", r#"[{"a": 1}]"#),
        ("{ type: integer, minimum: 2 }", "1", "! 1 is less than 2"),
        ("{ type: number, maximum: 0.5 }", "0.75", "! 0.75 is more than 0.5"),
        ("{ type: string, pattern: '^[a-z]+$' }", "A1", "! `A1` does not match `^[a-z]+$`"),
        ("{ type: string, enum: [a, b] }", "c", "! `c` is not one of a, b"),
        ("{ type: string, min_length: 3 }", "ab", "! 2 characters are less than 3"),
        ("{ type: list(string), max_length: 1 }", "[a, b]", "! 2 items are more than 1"),
        ("{ type: string, sensitive: true }", "hush", "(sensitive)"),
        ("{ type: integer, sensitive: true }", "hush", "! its value does not fit"),
        (
            "{ validate: [{ rule: 'size(vars.x) > 2', message: 'must be longer than `${vars.x}`' }] }",
            "ab",
            "a:2:3 E0602 the variable `x`: must be longer than `ab`",
        ),
        ("{ validate: [{ rule: 'size(vars.x) > 2' }] }", "abc", r#""abc""#),
        (
            "{ sensitive: true, validate: { rule: 'size(vars.x) > 2', message: '${vars.x}' } }",
            "ab",
            "a:2:3 E0602 the variable `x`: it breaks a rule of its declaration",
        ),
    ] {
        same(&given(declaration, text), expected, declaration);
    }
}

#[test]
fn mistakes() {
    check(&[
        ("== stacks/a.yaml\nvariables:\n  x: {}\n", "a:2:3 E0601 the variable `x` has no value
  = give it with `--var x=...`, as `TERRACE_VAR_x`, in a `--var-file`, in the environment's file, or write a `default`"),
        ("== stacks/a.yaml\nvariables:\n  x: { type: int, default: 1 }\n", "a:2:14 E0201 `int` is not a type
  = types are string, integer, number, boolean, list, map, list(string), map(integer), and `object:` with a type for each field"),
        ("== stacks/a.yaml\nvariables:\n  x: { default: '${env.name}' }\n", "a:2:17 E0602 the default of a variable is a plain value, without expressions
  = write it under `locals`"),
        ("== terrace.yaml\nenvironments: { default: }\n== environments/default.yaml\nport: { a: x }\nprt: 1\n== stacks/a.yaml\nvariables:\n  port: { type: map(integer) }\n", "default:1:12 E0602 the variable `port`, given in `environments/default.yaml`: `a`: expected type integer, found the text `x`
  | a:2:3 `port` is declared here"),
        ("== environments/default.yaml\nprt: 1\n== stacks/a.yaml\nvariables:\n  port: { default: 1 }\n", "default:1:6 E0603 no stack declares the variable `prt`
  = did you mean `port`?"),
        ("== stacks/a.yaml\nvariables:\n  x: { default: 1, pattern: '(', minimum: low, validate: [{ message: m }] }\n", "a:2:29 E0205 `(` is not a pattern
a:2:43 E0205 `minimum` cannot be the text `low`
a:2:59 E0203 a rule needs `rule`, an expression that is true for good values"),
    ]);
}

#[test]
fn who_can_be_asked_is_asked_once() {
    let asked = Rc::new(RefCell::new(Vec::new()));
    let lines = Rc::clone(&asked);
    let ask = move |question: &Question<'_>| {
        lines.borrow_mut().push(format!("{question:?}"));
        Some("5".to_owned())
    };
    let files = "== stacks/a.yaml\nvariables:\n  x: { type: integer, description: How many }\n== stacks/b.yaml\nvariables:\n  x: { type: integer, sensitive: true }\n";
    let folder = super::folder(files);
    let mut request = crate::Request::new(folder.path(), &|_| None);
    request.ask = Some(&ask);
    let loaded = crate::load(&request).expect("loaded");
    same(&dump(&loaded.workspace), "a vars.x = 5\nb vars.x = (sensitive)", files);
    assert_eq!(
        *asked.borrow(),
        [
            r#"Question { name: "x", stack: "a", ty: "integer", description: Some("How many"), sensitive: false }"#
        ]
    );
    assert!(loaded_without(files).contains("E0601"));
}

fn loaded_without(files: &str) -> String {
    loaded(files, |_| {}).map(|_| String::new()).unwrap_or_else(|told| told)
}
