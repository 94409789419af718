//! The same of a peer, where it is on the path: `terraform` or `tofu` with its built-in
//! `terraform_data`, which talks to no cloud.

use std::path::Path;
use std::process::{Command, Stdio};

use super::Row;
use super::measure::run;

/// Larger ones take minutes.
const MOST: usize = 1_000;

pub(crate) fn rows(folder: &Path, most: usize) -> anyhow::Result<Vec<Row>> {
    let Some(name) = ["terraform", "tofu"].into_iter().find(|name| there(name)) else {
        return Ok(Vec::new());
    };
    let mut rows = Vec::new();
    for size in [100, MOST].into_iter().filter(|size| *size <= most) {
        if folder.exists() {
            std::fs::remove_dir_all(folder)?;
        }
        std::fs::create_dir_all(folder)?;
        let blocks: String = (0..size)
            .map(|n| format!("resource \"terraform_data\" \"app{n}\" {{ input = \"r{n}\" }}\n"))
            .collect();
        std::fs::write(folder.join("main.tf"), blocks)?;
        let errors = folder.join("errors");
        for (what, arguments) in [
            ("init", &["init", "-no-color"][..]),
            ("validate", &["validate"]),
            ("first plan", &["plan", "-input=false"]),
            ("apply", &["apply", "-auto-approve", "-input=false"]),
            ("no-op plan, no refresh", &["plan", "-input=false", "-refresh=false"]),
            ("destroy", &["destroy", "-auto-approve", "-input=false"]),
        ] {
            let mut command = Command::new(name);
            let cost = run(command.current_dir(folder).args(arguments), &errors)?;
            rows.push(Row { what: what.into(), shape: name.into(), size, cost });
        }
    }
    Ok(rows.into_iter().filter(|row| row.what != "init").collect())
}

fn there(name: &str) -> bool {
    let version = Command::new(name)
        .arg("version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    version.is_ok_and(|status| status.success())
}
