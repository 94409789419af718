//! What is checked: the files that git knows or would take, and what cargo says of the crates.
//!
//! The only part of `tidy` that does IO.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};
use serde::Deserialize;

use crate::cargo::cargo;

/// A text file of the repository.
pub(super) struct File {
    /// Relative to the root, with `/` between its parts.
    pub(super) path: String,
    pub(super) text: String,
}

/// The part of `cargo metadata` that the checks use.
#[derive(Deserialize)]
pub(super) struct Metadata {
    pub(super) packages: Vec<Package>,
}

#[derive(Deserialize)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) manifest_path: String,
    pub(super) dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
pub(super) struct Dependency {
    pub(super) name: String,
    /// `None` for an ordinary one, else `dev` or `build`.
    pub(super) kind: Option<String>,
}

/// Reads every text file that is tracked, or untracked and not ignored.
pub(super) fn read(root: &Path) -> anyhow::Result<Vec<File>> {
    let listed = output(
        Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(root),
    )?;
    let mut files = Vec::new();
    for path in listed.split('\0').filter(|path| !path.is_empty()) {
        // A tracked file that is gone from the work tree is a change not yet committed.
        let Ok(bytes) = std::fs::read(root.join(path)) else { continue };
        if let Ok(text) = String::from_utf8(bytes) {
            files.push(File { path: path.to_owned(), text });
        }
    }
    Ok(files)
}

/// Asks cargo for the members of the workspace, with paths relative to the root.
pub(super) fn metadata(root: &Path) -> anyhow::Result<Metadata> {
    let json =
        output(cargo(root).args(["metadata", "--no-deps", "--format-version", "1", "--offline"]))?;
    let mut metadata: Metadata =
        serde_json::from_str(&json).context("cannot read cargo metadata")?;
    for package in &mut metadata.packages {
        if let Ok(relative) = Path::new(&package.manifest_path).strip_prefix(root) {
            package.manifest_path = relative.to_string_lossy().into_owned();
        }
    }
    Ok(metadata)
}

fn output(command: &mut Command) -> anyhow::Result<String> {
    let output = command.output().with_context(|| format!("cannot run {command:?}"))?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?}: {}\n{stderr}", output.status);
    String::from_utf8(output.stdout).with_context(|| format!("{command:?} did not print UTF-8"))
}
