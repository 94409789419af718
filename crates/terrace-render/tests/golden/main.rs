//! What users read, as golden text: findings with their places, plans as text and as JSON.
//!
//! Each `NAME.yaml` here is a stack; beside it stands what is shown. `UPDATE_GOLDEN=1` writes anew.

mod findings;
mod plans;

use std::path::{Path, PathBuf};

use terrace_lang::{LoadError, Loaded, Request};
use terrace_model::{Diagnostics, Sources};

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

fn stack(name: &str) -> String {
    std::fs::read_to_string(golden(name)).expect("a stack")
}

/// A workspace with these files, loaded.
fn load(files: &[(&str, &str)]) -> Result<Loaded, (Diagnostics, Sources)> {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in [("terrace.yaml", "")].iter().chain(files) {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    terrace_lang::load(&Request::of(folder.path()))
        .map_err(|LoadError { diagnostics, sources, .. }| (diagnostics, sources))
}

#[track_caller]
fn check(name: &str, shown: &str) {
    let path = golden(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        return std::fs::write(path, shown).expect("written");
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    assert!(expected == shown, "{name} is shown as:\n{shown}\n\nand was:\n{expected}");
}
