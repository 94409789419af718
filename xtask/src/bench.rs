//! `cargo xtask bench`: what the real binary takes for generated workspaces of growing size, and by
//! what factor that grows per tenfold. Writes `docs/performance.md` with its data and plot.

mod measure;
mod peer;
mod report;
mod workspaces;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

use measure::{Cost, Simulator, Terrace};
use workspaces::Shape;

/// One measured figure.
#[derive(Clone, Debug, serde::Serialize)]
pub(crate) struct Row {
    /// What was run.
    pub(crate) what: String,
    /// On which shape of workspace; empty where there is none.
    pub(crate) shape: String,
    /// With how many instances.
    pub(crate) size: usize,
    /// What it took.
    #[serde(flatten)]
    pub(crate) cost: Cost,
}

/// Most instances that are applied to have a state: more would only measure the simulator.
const MOST_APPLIED: usize = 10_000;

/// Runs everything. `most` bounds the sizes; `write` puts the results into the documentation.
pub(crate) fn run(root: &Path, most: usize, write: bool) -> anyhow::Result<()> {
    let binary = build(root)?;
    let folder = root.join(scratch());
    let mut rows = start_up(&binary, root)?;
    for shape in Shape::ALL {
        for size in [100, 1_000, 10_000, 100_000].into_iter().filter(|size| *size <= most) {
            if folder.exists() {
                std::fs::remove_dir_all(&folder)?;
            }
            let found = one(&binary, &folder, shape, size)?;
            let mut out = io::stdout().lock();
            found.iter().try_for_each(|row| writeln!(out, "{}", report::line(row)))?;
            rows.extend(found);
        }
    }
    rows.extend(peer::rows(&folder, most)?);
    drop(std::fs::remove_dir_all(&folder));
    let growth = report::growth(&rows);
    write!(io::stdout().lock(), "\n{growth}")?;
    if write {
        report::write(root, &rows)?;
    }
    Ok(())
}

fn scratch() -> PathBuf {
    PathBuf::from(format!("target/bench-{}", std::process::id()))
}

/// Builds the program as it is released and says where it is.
pub(crate) fn build(root: &Path) -> anyhow::Result<PathBuf> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(root).args(["build", "--release", "--package", "terrace"]);
    if !cargo.status().context("cargo cannot be run")?.success() {
        bail!("the program does not build");
    }
    let metadata = Command::new(env!("CARGO"))
        .current_dir(root)
        .args(["metadata", "--format-version=1", "--no-deps"])
        .output()
        .context("cargo cannot be run")?;
    let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout)?;
    let target = metadata["target_directory"].as_str().context("no target directory")?;
    Ok(Path::new(target).join("release/terrace"))
}

fn start_up(binary: &Path, root: &Path) -> anyhow::Result<Vec<Row>> {
    let quickstart = root.join("examples/quickstart");
    let terrace = Terrace::new(binary, &quickstart);
    let mut rows = Vec::new();
    for (what, arguments) in
        [("--version", &["--version"][..]), ("validate quickstart", &["validate"])]
    {
        rows.push(Row {
            what: what.into(),
            shape: String::new(),
            size: 1,
            cost: terrace.best(5, arguments)?,
        });
    }
    let mut out = io::stdout().lock();
    writeln!(out, "{}", report::HEAD)?;
    rows.iter().try_for_each(|row| writeln!(out, "{}", report::line(row)))?;
    Ok(rows)
}

/// Everything for one workspace.
fn one(binary: &Path, folder: &Path, shape: Shape, size: usize) -> anyhow::Result<Vec<Row>> {
    workspaces::write(folder, shape, size)?;
    let mut simulator = Simulator::start(binary, folder)?;
    let terrace = Terrace::new(binary, folder).on(&simulator);
    let times = if size <= 1_000 { 3 } else { 1 };
    let mut rows = Vec::new();
    let mut add = |what: &str, cost| {
        rows.push(Row { what: what.into(), shape: shape.name().into(), size, cost });
    };
    add("validate", terrace.best(times, &["validate"])?);
    add("first plan", terrace.best(times, &["plan"])?);
    if size <= MOST_APPLIED {
        let apply = terrace.once(&["apply", "--yes", "--parallelism", "50"])?;
        add("apply", apply);
        add("no-op plan, no refresh", terrace.best(times, &["plan", "--refresh=false"])?);
        let (before, cost) = (simulator.cpu()?, terrace.once(&["plan"])?);
        let both = cost.cpu_s + simulator.cpu()? - before;
        add("no-op plan, refresh", cost);
        add("the same with the simulator", Cost { cpu_s: both, ..cost });
        add("state list", terrace.best(times, &["state", "list"])?);
        add("show --json", terrace.best(times, &["show", "--json"])?);
        workspaces::change_one(folder, shape)?;
        add("plan of one change", terrace.best(times, &["plan", "--refresh=false"])?);
        add("destroy", terrace.once(&["destroy", "--yes", "--parallelism", "50"])?);
    }
    simulator.stop()?;
    Ok(rows)
}
