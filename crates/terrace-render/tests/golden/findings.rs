//! Findings: underlined, all of them, by place; of the loader and of the graph.

use terrace_render::{Style, diagnostics, diagnostics_json};

use crate::{check, load, stack};

fn shown(files: &[(&str, &str)]) -> String {
    match load(files) {
        Err((found, sources)) => diagnostics(&found, &sources, Style::Plain),
        Ok(loaded) => {
            let sources = &loaded.workspace.sources;
            let warnings = diagnostics(&loaded.warnings, sources, Style::Plain);
            match terrace_graph::build(&loaded.workspace) {
                Err(found) => warnings + &diagnostics(&found, sources, Style::Plain),
                Ok(_) => warnings,
            }
        }
    }
}

#[test]
fn stacks_with_mistakes() {
    for name in ["many", "inside", "cycle", "warning"] {
        let text = stack(&format!("{name}.yaml"));
        check(&format!("{name}.txt"), &shown(&[("stacks/web.yaml", &text)]));
    }
}

#[test]
fn a_value_from_elsewhere_shows_both_ends() {
    let files = [
        ("terrace.yaml", "environments: { default: { variables: values.yaml } }\n"),
        ("values.yaml", "# sizes\nsize: 900\n"),
        (
            "stacks/web.yaml",
            "variables:\n  size: { type: integer, maximum: 50 }\nservers:\n  app: { count: '${vars.size}', image: i, flavor: f, networks: [] }\n",
        ),
    ];
    check("both-ends.txt", &shown(&files));
}

#[test]
fn findings_as_json() {
    let text = stack("many.yaml");
    let (found, sources) = load(&[("stacks/web.yaml", &text)]).expect_err("mistakes");
    check("many.json", &format!("{:#}\n", diagnostics_json(&found, &sources)));
}

#[test]
fn what_is_too_much_is_counted() {
    let blocks: String = (0..700).map(|n| format!("  n{n}: {{ mtuu: 1 }}\n")).collect();
    let shown = shown(&[("stacks/web.yaml", &format!("networks:\n{blocks}"))]);
    assert!(shown.ends_with("\n500 errors, and 200 more that are not shown\n"));
}

#[test]
fn a_line_that_nobody_can_read_is_only_named() {
    let line = format!("networks: {{ a: {{ name: {}, mtuu: 1 }} }}\n", "x".repeat(5000));
    let shown = shown(&[("stacks/web.yaml", &line)]);
    assert!(shown.contains("--> stacks/web.yaml:1:5026\n") && shown.len() < 1000, "{shown}");
}
