//! Where the cloud is the limit: an apply against slow calls and slow builds beside the least time
//! that is possible, a refresh of very many servers, and whether the state costs more when it is large.

use std::path::Path;

use anyhow::Context as _;

use crate::cargo::cargo;

use super::measure::{Cost, Simulator, Terrace};
use super::workspaces::{self, Shape};
use super::{Row, Rows, emptied};

/// What every call takes.
const CALL_MS: u64 = 200;
/// What every server takes from BUILD to ACTIVE.
const BUILD_MS: u64 = 5_000;
const SERVERS: usize = 1_000;
const PARALLELISM: usize = 50;
/// Servers that have a port and a volume each.
const ATTACHED: usize = 10_000;

pub(super) const SLOW_APPLY: &str = "apply, 200 ms calls, 5 s builds";
pub(super) const REFRESH: &str = "no-op plan, refresh, port and volume each";
pub(super) const OWN_APPLY: &str = "apply, no latency";
pub(super) const STATE_COST: &str = "journal and state, of 1,000 objects more";

pub(super) fn run(
    root: &Path,
    binary: &Path,
    folder: &Path,
    rows: &mut Rows,
) -> anyhow::Result<()> {
    state_cost(root, rows)?;
    slow_apply(binary, folder, rows)?;
    attached(binary, folder, rows)
}

/// The least time of an apply: the network and its subnet one after the other, then the servers in
/// rounds of as many as may be in flight, each for one call and its build. That somebody has to look
/// at the end of a build is not counted.
fn lower_bound() -> f64 {
    let call = CALL_MS as f64 / 1_000.0;
    let build = BUILD_MS as f64 / 1_000.0;
    2.0 * call + SERVERS.div_ceil(PARALLELISM) as f64 * (call + build)
}

fn slow_apply(binary: &Path, folder: &Path, rows: &mut Rows) -> anyhow::Result<()> {
    emptied(folder)?;
    // Two of the instances are the network and its subnet.
    workspaces::write(folder, Shape::Flat, SERVERS + 2)?;
    let settings = format!(
        r#"{{"latency_ms": {CALL_MS}, "build_ms": {BUILD_MS}, "delete_ms": 0, "volume_ms": 0}}"#
    );
    let simulator = Simulator::start(binary, folder, &settings)?;
    let terrace = Terrace::new(binary, folder).on(&simulator);
    let parallelism = PARALLELISM.to_string();
    let cost = terrace.once(&["apply", "--yes", "--parallelism", &parallelism])?;
    let row = Row::new(SLOW_APPLY, "flat", SERVERS, cost);
    rows.add(Row { bound_s: Some(lower_bound()), ..row })?;
    emptied(folder)?;
    workspaces::write(folder, Shape::Flat, SERVERS)?;
    let simulator = Simulator::start(binary, folder, workspaces::INSTANT)?;
    let terrace = Terrace::new(binary, folder).on(&simulator);
    let cost = terrace.once(&["apply", "--yes", "--parallelism", &parallelism])?;
    rows.add(Row::new(OWN_APPLY, "flat", SERVERS, cost))
}

fn attached(binary: &Path, folder: &Path, rows: &mut Rows) -> anyhow::Result<()> {
    emptied(folder)?;
    workspaces::write_attached(folder, ATTACHED)?;
    let simulator = Simulator::start(binary, folder, workspaces::INSTANT)?;
    let terrace = Terrace::new(binary, folder).on(&simulator);
    let made = terrace.once(&["apply", "--yes", "--parallelism", "200"])?;
    rows.add(Row::new("apply, port and volume each", "attached", ATTACHED, made))?;
    rows.add(Row::new(REFRESH, "attached", ATTACHED, terrace.best(3, &["plan"])?))
}

/// What `tests/speed/examples/state_cost.rs` tells: CPU seconds by number of records.
fn state_cost(root: &Path, rows: &mut Rows) -> anyhow::Result<()> {
    let output = cargo(root)
        .args(["run", "--quiet", "--release", "--package", "terrace-speed"])
        .args(["--example", "state_cost"])
        .output()
        .context("cargo cannot be run")?;
    anyhow::ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told: Vec<(usize, f64, f64)> = serde_json::from_slice(&output.stdout)?;
    for (records, cpu_s, wall_s) in told {
        let cost = Cost { wall_s, cpu_s, peak_mb: 0.0, requests: None };
        rows.add(Row::new(STATE_COST, "", records, cost))?;
    }
    Ok(())
}
