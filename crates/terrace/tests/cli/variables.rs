//! Values of variables: which source wins, what is sensitive, and environments.

use crate::common::Workspace;

fn workspace() -> Workspace {
    let w = Workspace::empty();
    w.write("terrace.yaml", "cloud: simulator\nenvironments: { prod: { protected: true } }\n");
    w.write("environments/prod.yaml", "x: environment\n");
    w.write("first.yaml", "x: first\n").write("second.yaml", "x: second\n");
    w.write(
        "stacks/web.yaml",
        "variables: { x: { type: string, default: default } }\nnetworks: { n: { description: '${vars.x}' } }\n",
    );
    w
}

#[test]
fn the_strongest_source_wins() {
    let path = |w: &Workspace, name: &str| w.path(name).display().to_string();
    for (strength, expected) in
        ["default", "environment", "first", "second", "process", "command line"].iter().enumerate()
    {
        let mut w = workspace();
        if strength > 3 {
            w = w.env("TERRACE_VAR_x", "process");
        }
        let files = [path(&w, "first.yaml"), path(&w, "second.yaml")];
        let mut arguments = vec!["plan"];
        if strength > 0 {
            arguments.extend(["--env", "prod"]);
        }
        for file in files.iter().take(strength.saturating_sub(1)) {
            arguments.extend(["--var-file", file]);
        }
        if strength > 4 {
            arguments.extend(["--var", "x=command line"]);
        }
        w.run(&arguments).code(0).says(&[&format!("description: \"{expected}\"")]);
    }
}

#[test]
fn a_variable_without_a_value_is_an_error_where_nobody_can_be_asked() {
    let w = workspace();
    w.write("stacks/web.yaml", "variables: { x: string }\n");
    w.run(&["validate"]).code(1).says(&["E0601", "`x`", "--var x=", "TERRACE_VAR_x", "--var-file"]);
}

#[test]
fn sensitive_outputs_are_shown_when_they_are_asked_for() {
    let w = workspace();
    w.write(
        "stacks/web.yaml",
        "variables: { x: { type: string, sensitive: true, default: hush } }
networks: { n: {} }
outputs:
  text: ${vars.x}-${networks.n.name}
  other: { value: shown, sensitive: true }
",
    );
    w.run(&["apply", "--yes"]).code(0).never_says("hush");
    for arguments in [&["output"][..], &["output", "web.text"], &["output", "--json"], &["show"]] {
        w.run(arguments).code(0).never_says("hush");
    }
    w.run(&["output", "web.text", "--reveal"]).code(0).says(&["web.text = \"hush-n\""]);
    w.run(&["output", "other", "--reveal", "--json"]).code(0).says(&["\"value\": \"shown\""]);
    w.run(&["output", "--reveal"]).code(2).says(&["<NAME>"]);
}
