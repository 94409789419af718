//! What journal and state take for a thousand objects more, where few and where many are recorded,
//! on disk as it really is. Prints JSON: records, CPU seconds, wall seconds.
#![expect(clippy::print_stdout, reason = "its result")]
#![expect(clippy::disallowed_methods, reason = "measuring takes a clock")]

use std::time::Instant;

use terrace_model::{Address, Record, Snapshot};
use terrace_speed::{built, folder, load, settled};
use terrace_state::{Ended, Fresh, Holder, SledStore, Store as _};

/// Objects that are created.
const MORE: usize = 1_000;

fn main() {
    let folder = folder(MORE);
    let pattern = settled(built(load(folder.path()))).recorded;
    let found: Vec<_> = [1_000, 100_000].map(|records| cost(&pattern, records)).into();
    println!("{}", serde_json::to_string(&found).expect("numbers"));
}

fn cost(pattern: &Snapshot, records: usize) -> (usize, f64, f64) {
    let folder = tempfile::tempdir().expect("a folder");
    let holder =
        Holder { host: "here".into(), pid: 1, user: "me".into(), command: "x".into(), since_ms: 1 };
    let fresh = Fresh { lineage: "l".into(), fingerprint_key: vec![7; 32] };
    let store = SledStore::open(folder.path(), holder, fresh).expect("a state");
    let (_, record) = pattern.records.iter().next_back().expect("records");
    let named = |prefix: &str, n: usize| -> (Address, Record) {
        let address = format!("web/servers.{prefix}{n}").parse().expect("an address");
        (address, Record { id: format!("id-{prefix}-{n}"), ..record.clone() })
    };
    for first in (0..records).step_by(1_000) {
        let some = (first..first + 1_000).map(|n| named("old", n));
        let some: Vec<_> = some.map(|(address, record)| (address.into(), Some(record))).collect();
        store.put_records(&some).expect("recorded");
    }
    let (cpu, wall) = (cpu_seconds(), Instant::now());
    for (address, record) in (0..MORE).map(|n| named("new", n)) {
        let op = store.begin(terrace_speed::intent(&address, &record)).expect("begun");
        store.known(op, &record.id).expect("known");
        store.end(op, Ended::Recorded(Box::new(record))).expect("ended");
    }
    (records, cpu_seconds() - cpu, wall.elapsed().as_secs_f64())
}

/// CPU time of this process so far.
fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").expect("the kernel tells");
    let fields: Vec<&str> = text.rsplit(')').next().expect("fields").split_whitespace().collect();
    let ticks = |at: usize| fields[at].parse::<f64>().expect("a number");
    (ticks(11) + ticks(12)) / 100.0
}
