//! Every operation on every shape at every size, the peer's right after ours: what disturbs the
//! machine disturbs both.

use std::path::Path;

use super::measure::{Simulator, Terrace};
use super::peer::Peer;
use super::workspaces::{self, Shape};
use super::{Row, Rows, Wanted, emptied};

const SIZES: [usize; 4] = [100, 1_000, 10_000, 100_000];
/// Most instances of which everything is measured; of more, only what has a figure to reach.
const MOST_WHOLE: usize = 10_000;

/// How often what changes nothing is run; the least is taken: whatever else the machine does only
/// adds to it.
fn times(size: usize) -> u8 {
    match size {
        ..=1_000 => 25,
        1_001..=MOST_WHOLE => 10,
        _ => 3,
    }
}

/// The peer as often, where it does not take minutes.
fn peers_times(size: usize) -> u8 {
    if size > 100 { 1 } else { 5 }
}

/// An operation: its name, how we are asked for it, how the peer is. `TARGET` stands for an address.
struct Operation {
    what: &'static str,
    ours: &'static [&'static str],
    peers: &'static [&'static str],
    /// Whether it is what the largest workspaces are measured for, or needed on the way.
    large: bool,
}

const fn operation(
    what: &'static str,
    ours: &'static [&'static str],
    peers: &'static [&'static str],
    large: bool,
) -> Operation {
    Operation { what, ours, peers, large }
}

/// The word for the address of one instance.
const TARGET: &str = "TARGET";

/// In the order in which they are run; before the last but one the files are changed.
const OPERATIONS: [Operation; 10] = [
    operation("validate", &["validate"], &["validate"], true),
    operation("first plan", &["plan"], &["plan", "-input=false"], true),
    operation(
        "apply",
        &["apply", "--yes", "--parallelism", "50"],
        &["apply", "-auto-approve", "-input=false", "-parallelism=50"],
        true,
    ),
    operation(
        "no-op plan, no refresh",
        &["plan", "--refresh=false"],
        &["plan", "-input=false", "-refresh=false"],
        true,
    ),
    operation("no-op plan, refresh", &["plan"], &["plan", "-input=false"], true),
    operation(
        "plan of one target",
        &["plan", "--refresh=false", "--target", TARGET],
        &["plan", "-input=false", "-refresh=false", "-target", TARGET],
        false,
    ),
    operation("state list", &["state", "list"], &["state", "list"], false),
    operation("show --json", &["show", "--json"], &["show", "-json"], false),
    operation(
        CHANGE,
        &["plan", "--refresh=false"],
        &["plan", "-input=false", "-refresh=false"],
        false,
    ),
    operation(
        DESTROY,
        &["destroy", "--yes", "--parallelism", "50"],
        &["destroy", "-auto-approve", "-input=false", "-parallelism=50"],
        false,
    ),
];
const CHANGE: &str = "plan of one change";
const DESTROY: &str = "destroy";

pub(super) fn run(
    binary: &Path,
    folder: &Path,
    wanted: &Wanted,
    rows: &mut Rows,
) -> anyhow::Result<()> {
    let asked_for = |shape: &Shape| wanted.shape.is_none_or(|only| only == *shape);
    for shape in Shape::ALL.into_iter().filter(asked_for) {
        let most =
            if shape.has_large_figures() { wanted.most } else { wanted.most.min(MOST_WHOLE) };
        for size in SIZES.into_iter().filter(|size| (wanted.least..=most).contains(size)) {
            emptied(folder)?;
            let ours = folder.join("ours");
            workspaces::write(&ours, shape, size)?;
            let simulator = Simulator::start(binary, &ours, workspaces::INSTANT)?;
            let terrace = Terrace::new(binary, &ours).on(&simulator);
            let peer = if size <= wanted.peer { Peer::found(&folder.join("peer"))? } else { None };
            let peer = peer.filter(|peer| peer.is_to_run(shape, size));
            if let Some(peer) = &peer {
                peer.prepare(shape, size)?;
            }
            let measured = |o: &&Operation| o.large || size <= MOST_WHOLE;
            for operation in OPERATIONS.iter().filter(measured) {
                both(operation, (shape, size), (&terrace, &simulator), peer.as_ref(), rows)?;
            }
        }
    }
    Ok(())
}

fn both(
    operation: &Operation,
    (shape, size): (Shape, usize),
    (terrace, simulator): (&Terrace, &Simulator),
    peer: Option<&Peer>,
    rows: &mut Rows,
) -> anyhow::Result<()> {
    if operation.what == CHANGE {
        workspaces::change_one(terrace.folder(), shape)?;
    }
    let writes = ["apply", DESTROY].contains(&operation.what);
    let times = if writes { 1 } else { times(size) };
    let before = simulator.cpu()?;
    let target = shape.target();
    let asked: Vec<&str> =
        operation.ours.iter().map(|word| if *word == TARGET { target } else { *word }).collect();
    let cost = terrace.best(times, &asked)?;
    rows.add(Row::new(operation.what, shape.name(), size, cost))?;
    if operation.what == "no-op plan, refresh" {
        let cpu_s = cost.cpu_s + (simulator.cpu()? - before) / f64::from(times);
        let both = super::Cost { cpu_s, ..cost };
        rows.add(Row::new("the same with the simulator", shape.name(), size, both))?;
    }
    if let Some(peer) = peer {
        if operation.what == CHANGE {
            peer.change_one(shape)?;
        }
        let target = shape.peers_target();
        let asked: Vec<&str> = operation
            .peers
            .iter()
            .map(|word| if *word == TARGET { target } else { *word })
            .collect();
        let by = peer.name().to_owned();
        let peers_times = if writes { 1 } else { peers_times(size) };
        rows.add(Row {
            by,
            ..Row::new(operation.what, shape.name(), size, peer.best(peers_times, &asked)?)
        })?;
    }
    Ok(())
}
