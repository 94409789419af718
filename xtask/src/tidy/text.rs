//! Rules for every text file: no stray whitespace, nothing that exists on one machine only.

use super::Finding;
use super::tree::File;

const WRITTEN_BY_HAND: [&str; 5] = [".rs", ".toml", ".md", ".yaml", ".yml"];

/// Folders that are somebody's own, so that a path into them is wrong for everybody else.
const PRIVATE_FOLDERS: [&str; 2] = ["work", "root"];

pub(super) fn check(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (line, number) in file.text.lines().zip(1..) {
        findings.extend(private_path(&file.path, number, line));
        if WRITTEN_BY_HAND.iter().any(|ending| file.path.ends_with(ending)) {
            findings.extend(whitespace(&file.path, number, line));
        }
    }
    findings
}

fn whitespace(path: &str, number: usize, line: &str) -> Option<Finding> {
    let message = if line.contains('\t') {
        "tab: indent with spaces, write \\t inside literals"
    } else if line.trim_end() != line {
        "trailing whitespace"
    } else {
        return None;
    };
    Some(Finding::new(path, number, message))
}

fn private_path(path: &str, number: usize, line: &str) -> Option<Finding> {
    PRIVATE_FOLDERS.iter().find_map(|folder| {
        let at = line.find(&format!("/{folder}/"))?;
        let absolute = !line[..at].ends_with(|c: char| c.is_alphanumeric() || ".-_~}".contains(c));
        absolute
            .then(|| Finding::new(path, number, format!("a path of one machine: /{folder}/ ...")))
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{file, lines};
    use super::check;

    #[test]
    fn whitespace_is_what_it_looks_like() {
        for (path, text, expected) in [
            ("a.rs", "ok\n  ok\n", ""),
            ("a.rs", "ok \n", "a.rs:1: trailing whitespace\n"),
            ("a.md", "ok\n\tx\n", "a.md:2: tab: indent with spaces, write \\t inside literals\n"),
            ("Makefile", "\tx \n", ""),
        ] {
            assert_eq!(lines(check(&file(path, text))), expected, "of {text}");
        }
    }

    #[test]
    fn no_file_names_a_folder_of_one_machine() {
        for (text, expected) in [
            ("cd @work@x", "up:1: a path of one machine: @work@ ...\n"),
            ("see `@root@.ssh`", "up:1: a path of one machine: @root@ ...\n"),
            ("https:@@example.org@work@x and a@root@b", ""),
        ] {
            // The rule holds for this file too, so the slashes are put in here.
            let found = lines(check(&file("up", &text.replace('@', "/"))));
            assert_eq!(found, expected.replace('@', "/"), "of {text}");
        }
    }
}
