//! Tools around the corridor: validate, fmt and the like.

use std::io::Write as _;
use std::process::Stdio;

use crate::common::{Said, Workspace};

/// Runs the program with a text on its standard input.
fn piped(w: &Workspace, args: &[&str], input: &str) -> Said {
    let mut command = w.command(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(input.as_bytes()).expect("written");
    drop(stdin);
    let output = child.wait_with_output().expect("the program ends");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Said {
        code: output.status.code().unwrap_or(-1),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

fn json(said: &Said) -> serde_json::Value {
    serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {}", said.out))
}

#[test]
fn validate_tells_findings_as_json() {
    let w = Workspace::quickstart();
    let fine = json(&w.run(&["validate", "--json"]).code(0));
    assert_eq!((&fine["valid"], &fine["diagnostics"]), (&true.into(), &serde_json::json!([])));
    w.edit("keypair: deploy", "keypair: nobody").edit("keypairs:", "keypiars:");
    let said = w.run(&["validate", "--json"]).code(1);
    assert_eq!(said.err, "", "findings are in the JSON only");
    let found = json(&said);
    assert_eq!(found["valid"], false);
    let first = &found["diagnostics"][0];
    let place = ["severity", "code", "file", "line", "column", "end_line", "end_column"]
        .map(|name| first[name].to_string());
    assert_eq!(place.join(" "), r#""error" "E0201" "stacks/web.yaml" 5 1 5 9"#);
    assert_eq!(first["help"], "did you mean `keypairs`?");
    w.edit("keypiars:", "keypairs:")
        .edit("keypair: nobody", "keypair: deploy\n    config_drive: yes");
    let found = json(&w.run(&["validate", "--json"]).code(1));
    assert_eq!(found["warning_count"], 1, "{found}");
}

#[test]
fn fmt_changes_what_is_not_canonical_and_nothing_else() {
    let w = Workspace::quickstart();
    w.run(&["fmt", "--check"]).code(0);
    let before = std::fs::read_to_string(w.path("stacks/web.yaml")).expect("read");
    w.edit("    public_key:", "      public_key:").edit("[9.9.9.9]", "[ 9.9.9.9 ]");
    let said = w.run(&["fmt", "--check"]).code(1);
    assert_eq!(said.out, "stacks/web.yaml\n");
    w.run(&["fmt", "--diff"]).code(0).says(&[
        "-      public_key:",
        "+    public_key:",
        "+++ b/stacks/web.yaml",
    ]);
    w.run(&["fmt", "--check", "--diff"]).code(1);
    w.run(&["fmt"]).code(0).says(&["stacks/web.yaml"]);
    let after = std::fs::read_to_string(w.path("stacks/web.yaml")).expect("read");
    assert_eq!(after, before);
    let said = w.run(&["fmt"]).code(0);
    assert_eq!(said.out, "");
    w.write("stacks/broken.yaml", "a: [\n").edit("    public_key:", "      public_key:");
    w.run(&["fmt"]).code(1).says(&["E0101", "stacks/broken.yaml:", "stacks/web.yaml"]);
    assert_eq!(std::fs::read_to_string(w.path("stacks/broken.yaml")).expect("read"), "a: [\n");
    w.run(&["fmt", "stacks/gone.yaml"]).code(1).says(&["stacks/gone.yaml", "cannot be read"]);
}

#[test]
fn fmt_takes_standard_input() {
    let w = Workspace::empty();
    let said = piped(&w, &["fmt", "-"], "a:   1\nb: {c: d}\n").code(0);
    assert_eq!(said.out, "a: 1\n\nb: { c: d }\n");
    piped(&w, &["fmt", "-", "--check"], "a:   1\n").code(1);
    piped(&w, &["fmt", "-", "--check"], "a: 1\n").code(0);
    piped(&w, &["fmt", "-"], "a: [\n").code(1).says(&["E0101", "standard input:"]);
    w.run(&["fmt"]).code(1).says(&["is not a workspace"]);
    w.run(&["init"]).code(0);
    w.run(&["fmt", "--check"]).code(0);
}

#[test]
fn schemas_and_completions_are_printed() {
    let w = Workspace::empty();
    for file in ["stack", "workspace", "environment"] {
        let schema = json(&w.run(&["schema", file]).code(0));
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{file}");
    }
    w.run(&["schema"]).code(0).says(&["\"servers\"", "\"$ref\": \"#/$defs/servers\""]);
    w.run(&["schema", "stakc"]).code(2).says(&["'stack'"]);
    for shell in ["bash", "fish", "zsh"] {
        w.run(&["completions", shell]).code(0).says(&["terrace", "validate"]);
    }
}
