//! `cargo xtask counts`: instructions that the stages take under callgrind, against the last accepted
//! ones. Unlike times they are the same on a busy machine; with another compiler they are others.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

use crate::cargo::cargo;

/// The last accepted counts.
const ACCEPTED: &str = "tests/speed/counts.json";
/// Where the runner leaves what callgrind wrote, in the folder of what is built.
const WRITTEN: &str = "gungraun/terrace-speed/counts";
/// By how much a count may grow.
const TOLERANCE: f64 = 0.05;

type Counts = BTreeMap<String, u64>;

/// Counts and compares, or accepts what is counted. What to print, and whether it is good.
pub(crate) fn run(root: &Path, accept: bool) -> anyhow::Result<(String, bool)> {
    let found = count(root)?;
    let path = root.join(ACCEPTED);
    if accept {
        std::fs::write(&path, format!("{:#}\n", serde_json::json!(found)))?;
        return Ok((format!("accepted: {} counts in {ACCEPTED}\n", found.len()), true));
    }
    let text = std::fs::read_to_string(&path).with_context(|| format!("{ACCEPTED} is missing"))?;
    let accepted: Counts = serde_json::from_str(&text)?;
    Ok(compare(&accepted, &found))
}

fn compare(accepted: &Counts, found: &Counts) -> (String, bool) {
    let mut text = String::from("instructions                     accepted          now\n");
    let mut good = true;
    for (name, now) in found {
        let Some(before) = accepted.get(name) else {
            good = false;
            let _ = writeln!(text, "{name:<26} {:>14} {now:>12}  is new", "");
            continue;
        };
        let change = *now as f64 / *before as f64 - 1.0;
        let verdict = if change > TOLERANCE { "  TOO MANY" } else { "" };
        good &= verdict.is_empty();
        let _ =
            writeln!(text, "{name:<26} {before:>14} {now:>12} {:>+7.2} %{verdict}", change * 100.0);
    }
    for name in accepted.keys().filter(|name| !found.contains_key(*name)) {
        good = false;
        let _ = writeln!(text, "{name:<26} was not counted");
    }
    if !good {
        text.push_str(
            "counts: if this is meant, run `cargo xtask counts --accept` and commit it\n",
        );
    }
    (text, good)
}

fn count(root: &Path) -> anyhow::Result<Counts> {
    let runner = runner(root)?;
    let written = target(root).join(WRITTEN);
    if written.exists() {
        std::fs::remove_dir_all(&written)?;
    }
    let mut cargo = cargo(root);
    cargo
        .args(["bench", "--quiet", "--profile", "release", "--package", "terrace-speed"])
        .args(["--bench", "counts"])
        .env("GUNGRAUN_RUNNER", runner);
    ensure!(cargo.status().context("cargo cannot be run")?.success(), "the benchmarks do not run");
    let mut found = Counts::new();
    read(&written, &mut found)?;
    ensure!(!found.is_empty(), "nothing was counted in {WRITTEN}");
    Ok(found)
}

/// The folder of what is built.
fn target(root: &Path) -> PathBuf {
    root.join(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}

/// The runner of the version that the lockfile has; made if it is not there.
fn runner(root: &Path) -> anyhow::Result<PathBuf> {
    let lock = std::fs::read_to_string(root.join("Cargo.lock"))?;
    let package = lock.split("[[package]]").find(|p| p.contains("name = \"gungraun-runner\""));
    let version = package.and_then(|p| p.split("version = \"").nth(1)?.split('"').next());
    let version = version.context("the lockfile has no gungraun-runner")?;
    let folder = target(root).join("tools").join(version);
    let runner = folder.join("bin/gungraun-runner");
    if !runner.exists() {
        let mut cargo = cargo(root);
        cargo.args(["install", "--quiet", "--debug", "--locked", "gungraun-runner"]);
        cargo.args(["--version", version, "--root"]).arg(&folder);
        let built = cargo.status().context("cargo cannot be run")?.success();
        ensure!(built, "gungraun-runner cannot be installed");
    }
    Ok(runner)
}

/// What callgrind wrote: a line with the names of events, and one with their totals.
fn read(folder: &Path, found: &mut Counts) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() {
            read(&path, found)?;
        } else if let Some(name) = name.strip_prefix("callgrind.")
            && let Some(name) = name.strip_suffix(".out")
        {
            let text = std::fs::read_to_string(&path)?;
            let count = total(&text).with_context(|| format!("no count in {}", path.display()))?;
            found.insert(name.to_owned(), count);
        }
    }
    Ok(())
}

fn total(text: &str) -> Option<u64> {
    let line = |key: &str| text.lines().find_map(|line| line.strip_prefix(key));
    let at = line("events:")?.split_whitespace().position(|event| event == "Ir")?;
    line("totals:").or_else(|| line("summary:"))?.split_whitespace().nth(at)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(pairs: &[(&str, u64)]) -> Counts {
        pairs.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
    }

    #[test]
    fn more_than_a_twentieth_is_too_many() {
        let accepted = counts(&[("load", 1_000), ("plan", 500)]);
        for (found, good) in [
            (&[("load", 1_000), ("plan", 500)][..], true),
            (&[("load", 1_049), ("plan", 300)], true),
            (&[("load", 1_051), ("plan", 500)], false),
            (&[("load", 1_000)], false),
            (&[("load", 1_000), ("plan", 500), ("new", 1)], false),
        ] {
            assert_eq!(compare(&accepted, &counts(found)).1, good, "{found:?}");
        }
    }

    #[test]
    fn the_count_is_the_total_of_ir() {
        assert_eq!(total("events: Dr Ir\nfn=a\ntotals: 7 42\n"), Some(42));
        assert_eq!(total("events: Dr\ntotals: 7\n"), None);
    }
}
