//! The checks of `cargo xtask tidy`: each takes texts and gives findings, none of them does IO.

mod code;
mod documents;
mod layers;
mod manifest;
mod source;
mod text;
mod tree;

use std::fmt;
use std::path::Path;

/// One place that breaks a rule of the house.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    file: String,
    line: usize,
    message: String,
}

impl Finding {
    fn new(file: &str, line: usize, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, message: message.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

/// All findings, in the order of files and lines, and what was looked at.
pub(crate) struct Report {
    pub(crate) findings: Vec<Finding>,
    pub(crate) files: usize,
    pub(crate) crates: usize,
}

/// Checks the repository at `root`.
pub(crate) fn run(root: &Path) -> anyhow::Result<Report> {
    let files = tree::read(root)?;
    let metadata = tree::metadata(root)?;
    let mut findings = Vec::new();
    for file in &files {
        findings.extend(text::check(file));
    }
    findings.extend(source::check(&files));
    findings.extend(layers::check(&metadata, &files));
    findings.extend(documents::check(&metadata, &files));
    findings.sort();
    Ok(Report { findings, files: files.len(), crates: metadata.packages.len() })
}

/// What the tests of the checks share.
#[cfg(test)]
mod tests {
    use super::Finding;
    use super::tree::File;

    pub(super) fn file(path: &str, text: &str) -> File {
        File { path: path.to_owned(), text: text.to_owned() }
    }

    /// The findings as the task prints them, a line each.
    pub(super) fn lines(findings: Vec<Finding>) -> String {
        findings.iter().map(|finding| format!("{finding}\n")).collect()
    }
}
