//! Developer tasks, run as `cargo xtask TASK`.
//!
//! `tidy` checks what the compiler and clippy cannot: which crate may depend on which, that every
//! module says what it is for, that the documents name what exists. `gen-docs` writes the generated
//! part of the documentation.

mod bench;
mod cargo;
mod counts;
mod docs;
mod fuzz;
mod tidy;

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;

const USAGE: &str = "\
usage: cargo xtask TASK

tasks:
  tidy                 check layering, file sizes, module docs, and that the documents name what exists
  bench [--least N] [--most N] [--shape NAME] [--peer N] [--limits] [--write] [--binary FILE]
                       measure the released binary on generated workspaces of up to N instances, a peer
                       beside it, and what a slow cloud allows
  counts [--accept]    instructions of the stages under callgrind, against the last accepted ones
  fuzz [--seconds N] [--seed N] [--binary FILE]   the released binary, or another, on spoiled
                       examples and noise
  gen-docs [--check]   write the generated documentation and its contents, or say what is stale
";

fn main() -> anyhow::Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["tidy"] => run_tidy(),
        ["bench", ref options @ ..] => run_bench(options),
        ["counts"] => run_counts(false),
        ["counts", "--accept"] => run_counts(true),
        ["fuzz", ref options @ ..] => run_fuzz(options),
        ["gen-docs"] => run_gen_docs(false),
        ["gen-docs", "--check"] => run_gen_docs(true),
        _ => {
            write!(io::stderr(), "{USAGE}")?;
            Ok(ExitCode::from(2))
        }
    }
}

fn root() -> anyhow::Result<&'static Path> {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask has no parent")
}

fn run_gen_docs(check: bool) -> anyhow::Result<ExitCode> {
    let stale = docs::run(root()?, check)?;
    let mut out = io::stdout().lock();
    for path in &stale {
        writeln!(out, "{} {path}", if check { "stale:" } else { "written:" })?;
    }
    if check && !stale.is_empty() {
        writeln!(out, "gen-docs: run `cargo xtask gen-docs` and commit what it writes")?;
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// The number after an option.
fn number(options: &[&str], name: &str, default: u64) -> anyhow::Result<u64> {
    match options.iter().position(|option| *option == name) {
        Some(at) => {
            let text = options.get(at + 1).with_context(|| format!("{name} takes a number"))?;
            text.parse().with_context(|| format!("`{text}` is not a number"))
        }
        None => Ok(default),
    }
}

/// The word after an option.
fn word<'a>(options: &[&'a str], name: &str) -> anyhow::Result<Option<&'a str>> {
    let Some(at) = options.iter().position(|option| *option == name) else { return Ok(None) };
    let word = options.get(at + 1).filter(|word| !word.starts_with("--"));
    Ok(Some(word.with_context(|| format!("{name} takes a word"))?))
}

fn run_bench(options: &[&str]) -> anyhow::Result<ExitCode> {
    let wanted = bench::Wanted {
        binary: word(options, "--binary")?.map(std::path::PathBuf::from),
        least: usize::try_from(number(options, "--least", 0)?)?,
        most: usize::try_from(number(options, "--most", 100_000)?)?,
        shape: word(options, "--shape")?.map(bench::Shape::named).transpose()?,
        peer: usize::try_from(number(options, "--peer", 1_000)?)?,
        limits: options.contains(&"--limits"),
        write: options.contains(&"--write"),
    };
    bench::run(root()?, &wanted)?;
    Ok(ExitCode::SUCCESS)
}

fn run_counts(accept: bool) -> anyhow::Result<ExitCode> {
    let (text, good) = counts::run(root()?, accept)?;
    write!(io::stdout().lock(), "{text}")?;
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn run_fuzz(options: &[&str]) -> anyhow::Result<ExitCode> {
    let (seconds, seed) = (number(options, "--seconds", 20)?, number(options, "--seed", 1)?);
    let binary = match options.iter().position(|option| *option == "--binary") {
        Some(at) => Path::new(options.get(at + 1).context("--binary takes a file")?).to_owned(),
        None => bench::build(root()?)?,
    };
    let good = fuzz::run(root()?, &binary, seconds, seed)?;
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn run_tidy() -> anyhow::Result<ExitCode> {
    let report = tidy::run(root()?)?;
    let mut out = io::stdout().lock();
    for finding in &report.findings {
        writeln!(out, "{finding}")?;
    }
    let found = report.findings.len();
    writeln!(out, "tidy: {} files, {} crates, {found} findings", report.files, report.crates)?;
    Ok(if found == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
