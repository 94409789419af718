//! `cargo xtask bench`: what the real binary takes for generated workspaces of growing size, and by
//! what factor that grows per tenfold; the same of a peer in turns, where there is one; and the
//! limits that the cloud sets. Writes `docs/performance.md` with its data and plot.

mod limits;
mod measure;
mod peer;
mod plot;
mod reach;
mod report;
mod sizes;
mod workspaces;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::cargo::cargo;
use measure::{Cost, Terrace};
pub(crate) use workspaces::Shape;

/// One measured figure.
#[derive(Clone, Debug, serde::Serialize)]
pub(crate) struct Row {
    /// What was run.
    pub(crate) what: String,
    /// On which shape of workspace; empty where there is none.
    pub(crate) shape: String,
    /// By which program.
    pub(crate) by: String,
    /// With how many instances.
    pub(crate) size: usize,
    /// What it took.
    #[serde(flatten)]
    pub(crate) cost: Cost,
    /// The least wall time that is possible, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bound_s: Option<f64>,
}

/// The name in the column of programs.
pub(crate) const TERRACE: &str = "terrace";

impl Row {
    fn new(what: &str, shape: &str, size: usize, cost: Cost) -> Self {
        let (what, shape) = (what.to_owned(), shape.to_owned());
        Self { what, shape, by: TERRACE.to_owned(), size, cost, bound_s: None }
    }
}

/// What to measure.
pub(crate) struct Wanted {
    /// The program, where it is built already.
    pub(crate) binary: Option<PathBuf>,
    /// Least and most instances of a generated workspace.
    pub(crate) least: usize,
    pub(crate) most: usize,
    /// The only shape of workspace to measure.
    pub(crate) shape: Option<Shape>,
    /// Most instances for the peer, which takes minutes for more than a thousand.
    pub(crate) peer: usize,
    /// Whether the rows that wait for a slow cloud are measured.
    pub(crate) limits: bool,
    /// Whether the results go into the documentation.
    pub(crate) write: bool,
}

/// What was measured so far; every row is printed as soon as it is there.
#[derive(Default)]
pub(crate) struct Rows(Vec<Row>);

impl Rows {
    fn add(&mut self, row: Row) -> anyhow::Result<()> {
        writeln!(io::stdout().lock(), "{}", report::line(&row))?;
        self.0.push(row);
        Ok(())
    }
}

/// Runs everything.
pub(crate) fn run(root: &Path, wanted: &Wanted) -> anyhow::Result<()> {
    let partial = wanted.least > 0 || wanted.shape.is_some();
    anyhow::ensure!(!(wanted.write && partial), "only a whole table is written");
    let binary = match &wanted.binary {
        Some(binary) => std::fs::canonicalize(binary)?,
        None => build(root)?,
    };
    let folder = root.join(scratch());
    let mut rows = Rows::default();
    writeln!(io::stdout().lock(), "{}", report::HEAD)?;
    start_up(&binary, root, &mut rows)?;
    let measured = sizes::run(&binary, &folder, wanted, &mut rows).and_then(|()| {
        if wanted.limits { limits::run(root, &binary, &folder, &mut rows) } else { Ok(()) }
    });
    drop(std::fs::remove_dir_all(&folder));
    measured?;
    let Rows(rows) = rows;
    let mut out = io::stdout().lock();
    write!(out, "\n{}\n{}\n{}", report::growth(&rows), report::ratios(&rows), reach::table(&rows))?;
    if wanted.write {
        report::write(root, &rows)?;
    }
    Ok(())
}

fn scratch() -> PathBuf {
    PathBuf::from(format!("target/bench-{}", std::process::id()))
}

/// An empty folder in place of whatever is there.
fn emptied(folder: &Path) -> anyhow::Result<()> {
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::create_dir_all(folder)?;
    Ok(())
}

/// Builds the program as it is released and says where it is.
pub(crate) fn build(root: &Path) -> anyhow::Result<PathBuf> {
    let mut built = cargo(root);
    built.args(["build", "--release", "--package", "terrace"]);
    if !built.status().context("cargo cannot be run")?.success() {
        bail!("the program does not build");
    }
    let metadata = cargo(root)
        .args(["metadata", "--format-version=1", "--no-deps"])
        .output()
        .context("cargo cannot be run")?;
    let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout)?;
    let target = metadata["target_directory"].as_str().context("no target directory")?;
    Ok(Path::new(target).join("release/terrace"))
}

fn start_up(binary: &Path, root: &Path, rows: &mut Rows) -> anyhow::Result<()> {
    let quickstart = root.join("examples/quickstart");
    let terrace = Terrace::new(binary, &quickstart);
    for (what, arguments) in
        [("--version", &["--version"][..]), ("validate quickstart", &["validate"])]
    {
        rows.add(Row::new(what, "", 1, terrace.best(20, arguments)?))?;
    }
    Ok(())
}
