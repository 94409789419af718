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
    assert_eq!(said.out, "a: 1\nb: { c: d }\n");
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

#[test]
fn console_evaluates_lines_of_a_pipe() {
    let w = Workspace::quickstart();
    w.write("motd.txt", "Welcome to ${name}\n");
    let lines = "# a comment\n\n1 + 1\nservers.web[0].name\nnetworks.front.id\nservers.web[0].user_data\n\
                 template('motd.txt', {'name': 'web'})\nprefix ${env.name}\n";
    let said = piped(&w, &["console"], lines).code(0);
    assert_eq!(
        said.out,
        "2\n\"web-0\"\n(known after apply)\nnull\n\"Welcome to web\\n\"\n\"prefix default\"\n"
    );
    assert!(!w.path("state").exists(), "looking made a state");
    w.run(&["apply", "--yes"]).code(0);
    let said =
        piped(&w, &["console"], "servers.web.map(s, s.status)\nservers.web[0].status.lower()\n")
            .code(0);
    assert_eq!(said.out, "[\"ACTIVE\", \"ACTIVE\", \"ACTIVE\"]\n\"active\"\n");
}

#[test]
fn console_complains_and_goes_on() {
    let w = Workspace::quickstart();
    let said = piped(&w, &["console"], "1 +\n2\nlowr('x')\nfile('../../etc/passwd')\n3\n").code(1);
    assert_eq!(said.out, "2\n3\n");
    said.says(&[
        "line 1: the expression ends too early",
        "line 3:",
        "did you mean `lower`?",
        "line 4:",
        "not a path inside",
    ]);
    piped(&w, &["console", "--stack", "wbe"], "1").code(1).says(&["no stack `wbe`", "web"]);
    w.write("stacks/db.yaml", "locals: { a: 1 }\n");
    piped(&w, &["console"], "1").code(1).says(&["several stacks", "--stack", "db, web"]);
    let said = piped(&w, &["console", "--stack", "db"], "locals.a").code(0);
    assert_eq!(said.out, "1\n");
}

const LOOKS_UP: &str = "\
existing:
  networks:
    out: { name: public }
    none: { name: nowhere, optional: true }
    wrong: { name: publik }
  flavors:
    small: m1.small
locals:
  ram: ${existing.flavors.small.ram}
networks:
  n: { description: 'beside ${existing.networks.out.name}' }
  m: { description: 'after ${networks.n.description}', mtu: 1400 }
";

#[test]
fn console_looks_up_what_exists_only_when_it_is_needed() {
    let w = Workspace::empty();
    w.write("terrace.yaml", "").write("stacks/web.yaml", LOOKS_UP);
    let said = piped(&w, &["console"], "1 + 1\nnetworks.m.mtu > 1\n").code(0);
    assert_eq!(said.out, "2\ntrue\n");
    let lines = "existing.networks.out.name\nlocals.ram\nnetworks.m.description\n\
                 existing.networks.none == null\nexisting.networks.wrong.id\n";
    let said = piped(&w, &["console"], lines).code(1);
    assert_eq!(said.out, "\"public\"\n2048\n\"after beside public\"\ntrue\n");
    said.says(&["line 5:", "no network `publik`", "did you mean `public`?"]);
    let away = w
        .env("OS_AUTH_URL", "http://127.0.0.1:1/v3")
        .env("OS_USERNAME", "u")
        .env("OS_PASSWORD", "hush-hush")
        .env("OS_PROJECT_NAME", "p");
    let said = piped(&away, &["console"], "40 + 2\nlocals.ram\nnetworks.m.description\n").code(1);
    assert_eq!(said.out, "42\n");
    said.says(&[
        "line 2: a flavor under `existing` is needed",
        "line 3: a network",
        "could not connect",
    ])
    .never_says("hush");
}

#[test]
fn graph_is_a_tree_or_dot() {
    let w = Workspace::quickstart();
    w.edit("count: 3", "count: 2");
    let said = w.run(&["graph"]).code(0);
    assert_eq!(
        said.out,
        "\
web/servers.web[0]
├── web/keypairs.deploy
├── web/networks.front
├── web/subnets.front.v4
│   └── web/networks.front
└── web/server_groups.spread
web/servers.web[1]
├── web/keypairs.deploy
├── web/networks.front
├── web/subnets.front.v4 (see above)
└── web/server_groups.spread
"
    );
    let dot = w.run(&["graph", "--dot"]).code(0);
    let again = w.run(&["graph", "--dot"]).code(0);
    assert_eq!(dot.out, again.out);
    dot.says(&[
        "digraph terrace {",
        "    \"web/servers.web[0]\" [label = \"servers.web[0]\"];",
        "  \"web/servers.web[0]\" -> \"web/subnets.front.v4\" [style = dotted];",
        "  \"web/subnets.front.v4\" -> \"web/networks.front\" [style = bold];",
    ]);
}
