//! The register of codes against the program: each example is told its code.

use terrace_lang::codes::{self, Example};

use crate::common::Workspace;

#[test]
fn every_example_gives_its_code() {
    let mut wrong = Vec::new();
    for code in codes::all() {
        let command = match code.example {
            Example::Stack(_) | Example::Files(_) => "validate",
            Example::Plan(_) => "plan",
            Example::Format(_) => "fmt",
            Example::Untried(_) => continue,
        };
        let w = Workspace::empty();
        w.write("terrace.yaml", "");
        for (path, text) in code.example.files() {
            w.write(path, text);
        }
        let said = w.run(&[command]);
        if !said.err.contains(&format!("[{}]", code.code)) {
            wrong.push(format!("{}:\n{}{}", code.code, said.out, said.err));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn explains_codes() {
    let w = Workspace::empty();
    w.run(&["explain", "e0104"]).code(0).says(&["# E0104: A key is written twice", "mtu: 9000"]);
    w.run(&["explain", "E014"]).code(1).says(&["no code `E014`", "did you mean `E0104`?"]);
    w.run(&["explain"]).code(0).says(&["E0101  The file is not valid YAML.", "W0301"]);
}
