//! Rules for Rust files.
//!
//! Most apply to production code: what comes before a trailing `#[cfg(test)] mod tests`, in files
//! that are not tests themselves.

use super::tree::File;
use super::{Finding, code, layers};

const MAX_LINES: usize = 500;

/// The crates that talk to the terminal.
const PRINTING: [&str; 2] = ["terrace", "terrace-render"];
const PRINT_MACROS: [&str; 5] = ["println!", "print!", "eprintln!", "eprint!", "dbg!"];

pub(super) fn check(files: &[File]) -> Vec<Finding> {
    let tests = test_modules(files);
    files.iter().flat_map(|file| check_file(file, &tests)).collect()
}

fn check_file(file: &File, tests: &[String]) -> Vec<Finding> {
    if !file.path.ends_with(".rs") {
        return Vec::new();
    }
    let blanked = code::blank(&file.text);
    let mut findings = module_doc(file);
    for (line, number) in blanked.lines().zip(1..) {
        if line.contains("#[allow(") || line.contains("#![allow(") {
            let message = "`allow` hides a lint for ever: `#[expect(..., reason = \"...\")]`";
            findings.push(Finding::new(&file.path, number, message));
        }
    }
    if !is_test(&file.path, tests) {
        let production = &blanked[..production_end(&blanked)];
        findings.extend(size(&file.path, production));
        findings.extend(panics(file, production));
        findings.extend(printing(&file.path, production));
        findings.extend(waiting(&file.path, production));
    }
    findings
}

fn module_doc(file: &File) -> Vec<Finding> {
    if file.text.starts_with("//! ") {
        return Vec::new();
    }
    vec![Finding::new(&file.path, 1, "the file does not begin with a `//!` doc saying what it is")]
}

fn is_test(path: &str, tests: &[String]) -> bool {
    let own = tests.iter().any(|module| {
        let rest = path.strip_prefix(module.as_str());
        rest.is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
    });
    own || path.starts_with("tests/") || path.contains("/tests/") || path.ends_with("/tests.rs")
}

/// The modules that are declared for tests only, as paths without their ending.
fn test_modules(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files.iter().filter(|file| file.path.ends_with(".rs")) {
        let folder = module_folder(&file.path);
        for (line, next) in file.text.lines().zip(file.text.lines().skip(1)) {
            if line.trim() == "#[cfg(test)]" {
                found.extend(declared_module(next).map(|name| format!("{folder}/{name}")));
            }
        }
    }
    found
}

/// Where the modules of a file are.
fn module_folder(path: &str) -> &str {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let root = ["lib.rs", "main.rs", "mod.rs"].contains(&name);
    if root { folder } else { path.trim_end_matches(".rs") }
}

/// The name in `mod name;`, whatever its visibility.
fn declared_module(line: &str) -> Option<&str> {
    let (visibility, name) = line.trim().strip_suffix(';')?.rsplit_once("mod ")?;
    (visibility.is_empty() || visibility.starts_with("pub")).then_some(name)
}

/// Where the trailing test module begins.
fn production_end(blanked: &str) -> usize {
    let at = |line: &str| line.as_ptr() as usize - blanked.as_ptr() as usize;
    let mut previous = "";
    let mut end = blanked.len();
    for line in blanked.lines() {
        if previous == "#[cfg(test)]" && line.starts_with("mod tests") {
            end = at(previous);
        }
        previous = line;
    }
    end
}

fn size(path: &str, production: &str) -> Option<Finding> {
    let count = production.lines().count();
    let message = format!("{count} lines without tests, {MAX_LINES} at most: split the module");
    (count > MAX_LINES).then(|| Finding::new(path, MAX_LINES + 1, message))
}

fn panics(file: &File, production: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut found = |at: usize, message: &str| {
        let line = production[..at].matches('\n').count() + 1;
        findings.push(Finding::new(&file.path, line, message));
    };
    for (at, _) in production.match_indices(".unwrap()") {
        found(at, "`.unwrap()` outside tests: return the error or `.expect(\"invariant: ...\")`");
    }
    for (at, call) in production.match_indices(".expect(") {
        let argument = file.text[at + call.len()..].trim_start();
        let panics = argument.starts_with('"') || argument.starts_with("&format!");
        if panics && !argument.starts_with("\"invariant: ") {
            found(at, "`.expect` outside tests says which invariant: `\"invariant: ...\"`");
        }
    }
    findings
}

/// The crate a path is in.
fn crate_of(path: &str) -> Option<&str> {
    path.strip_prefix("crates/")?.split('/').next()
}

fn printing(path: &str, production: &str) -> Vec<Finding> {
    let Some(name) = crate_of(path).filter(|name| !PRINTING.contains(name)) else {
        return Vec::new();
    };
    let message = format!("{name} does not print: only {} do", PRINTING.join(" and "));
    lines_with(path, production, &PRINT_MACROS, &message)
}

fn waiting(path: &str, production: &str) -> Vec<Finding> {
    let Some(name) = crate_of(path).filter(|name| layers::SYNCHRONOUS.contains(name)) else {
        return Vec::new();
    };
    lines_with(path, production, &["async ", ".await"], &format!("{name} is synchronous"))
}

fn lines_with(path: &str, production: &str, words: &[&str], message: &str) -> Vec<Finding> {
    let has = |line: &str| words.iter().any(|word| line.contains(word));
    let lines = production.lines().zip(1..).filter(|(line, _)| has(line));
    lines.map(|(_, number)| Finding::new(path, number, message)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{file, lines};
    use super::check;

    const UNWRAP: &str =
        "`.unwrap()` outside tests: return the error or `.expect(\"invariant: ...\")`";
    const EXPECT: &str = "`.expect` outside tests says which invariant: `\"invariant: ...\"`";
    const ALLOW: &str = "`allow` hides a lint for ever: `#[expect(..., reason = \"...\")]`";

    #[track_caller]
    fn assert_findings(path: &str, body: &str, expected: &[String]) {
        let found = lines(check(&[file(path, &format!("//! Doc.\n{body}"))]));
        let expected: String = expected.iter().map(|line| format!("{path}:{line}\n")).collect();
        assert_eq!(found, expected, "of {body}");
    }

    #[test]
    fn a_file_says_what_it_is_for() {
        let expected = "a.rs:1: the file does not begin with a `//!` doc saying what it is\n";
        assert_eq!(lines(check(&[file("a.rs", "use std::fmt;\n//! Late.\n")])), expected);
        assert_eq!(lines(check(&[file("a.md", "use std::fmt;\n")])), "");
    }

    #[test]
    fn production_code_does_not_panic_without_saying_why() {
        let path = "crates/terrace-api/src/a.rs";
        assert_findings(path, "f().unwrap();\n", &[format!("2: {UNWRAP}")]);
        assert_findings(path, "f().expect(\"works\");\n", &[format!("2: {EXPECT}")]);
        assert_findings(path, "f().expect(\n  \"works\");\n", &[format!("2: {EXPECT}")]);
        assert_findings(path, "f().expect(\"invariant: checked above\");\n", &[]);
        assert_findings(path, "parser.expect(Token::Comma);\n", &[]);
        assert_findings(path, "// f().unwrap()\nlet x = \".unwrap()\";\n", &[]);
        assert_findings(path, "#[cfg(test)]\nmod tests {\n  f().unwrap();\n}\n", &[]);
        assert_findings("crates/terrace-api/src/a/tests.rs", "f().unwrap();\n", &[]);
        assert_findings("crates/terrace-api/tests/a.rs", "f().unwrap();\n", &[]);
    }

    #[test]
    fn a_module_declared_for_tests_is_a_test() {
        let body = "//! Doc.\nf().unwrap();\n";
        let kit = |path| file(path, body);
        for (declared, in_files, expected) in [
            ("mod kit;", kit("crates/a/src/kit.rs"), true),
            ("#[cfg(test)]\nmod kit;", kit("crates/a/src/kit.rs"), false),
            ("#[cfg(test)]\npub(crate) mod kit;", kit("crates/a/src/kit/deep.rs"), false),
            ("#[cfg(test)]\nmod kit;", kit("crates/a/src/kitchen.rs"), true),
        ] {
            let root = file("crates/a/src/lib.rs", &format!("//! Doc.\n{declared}\n"));
            assert_eq!(check(&[root, in_files]).len() == 1, expected, "of {declared}");
        }
    }

    #[test]
    fn lints_are_expected_not_allowed() {
        assert_findings("a.rs", "#[allow(dead_code)]\n", &[format!("2: {ALLOW}")]);
        assert_findings("tests/a.rs", "#![allow(dead_code)]\n", &[format!("2: {ALLOW}")]);
        assert_findings("a.rs", "#[expect(dead_code, reason = \"r\")]\n", &[]);
    }

    #[test]
    fn only_the_terminal_crates_print() {
        let expected = "2: terrace-api does not print: only terrace and terrace-render do";
        assert_findings("crates/terrace-api/src/a.rs", "eprintln!();\n", &[expected.to_owned()]);
        assert_findings("crates/terrace/src/a.rs", "eprintln!();\n", &[]);
        assert_findings("crates/terrace-api/src/a.rs", "writeln!(out, \"\");\n", &[]);
    }

    #[test]
    fn the_pure_stages_do_not_wait() {
        let expected = "2: terrace-plan is synchronous".to_owned();
        assert_findings("crates/terrace-plan/src/a.rs", "f().await;\n", &[expected]);
        assert_findings("crates/terrace-engine/src/a.rs", "f().await;\n", &[]);
    }

    #[test]
    fn a_file_fits_in_a_head() {
        let long = "x\n".repeat(500);
        let expected = "501: 501 lines without tests, 500 at most: split the module".to_owned();
        assert_findings("crates/terrace/src/a.rs", &long, &[expected]);
        assert_findings("crates/terrace/src/a.rs", &long[2..], &[]);
        let tests = format!("#[cfg(test)]\nmod tests {{\n{long}}}\n");
        assert_findings("crates/terrace/src/a.rs", &tests, &[]);
    }
}
