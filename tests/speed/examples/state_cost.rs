//! What journal and state take for a thousand objects more, where few and where many are recorded,
//! on disk as it really is: the least of rounds taken in turns. Prints JSON: records, CPU seconds,
//! wall seconds.
#![expect(clippy::print_stdout, reason = "its result")]
#![expect(clippy::disallowed_methods, reason = "measuring takes a clock")]

use std::time::Instant;

use terrace_model::{Address, Record, Snapshot};
use terrace_speed::{built, folder, load, settled};
use terrace_state::{Ended, Fresh, Holder, SledStore, Store as _};

/// Objects that are created in a round.
const MORE: usize = 1_000;
/// Rounds, of each.
const ROUNDS: usize = 5;

fn main() {
    let folder = folder(MORE);
    let pattern = settled(built(load(folder.path()))).recorded;
    let states: Vec<State> =
        [1_000, 100_000].into_iter().map(|records| State::with(&pattern, records)).collect();
    let mut least = [(f64::INFINITY, f64::INFINITY); 2];
    for round in 0..ROUNDS {
        for (state, least) in states.iter().zip(&mut least) {
            let (cpu, wall) = state.grow(round);
            *least = (least.0.min(cpu), least.1.min(wall));
        }
    }
    let told = states.iter().zip(least).map(|(state, (cpu, wall))| (state.records, cpu, wall));
    println!("{}", serde_json::to_string(&told.collect::<Vec<_>>()).expect("numbers"));
}

/// A state that held so many records at first.
struct State {
    records: usize,
    store: SledStore,
    record: Record,
    _folder: tempfile::TempDir,
}

impl State {
    fn with(pattern: &Snapshot, records: usize) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (host, user, command) = ("here".into(), "me".into(), "x".into());
        let holder = Holder { host, pid: 1, user, command, since_ms: 1 };
        let fresh = Fresh { lineage: "l".into(), fingerprint_key: vec![7; 32] };
        let store = SledStore::open(folder.path(), holder, fresh).expect("a state");
        let (_, record) = pattern.records.iter().next_back().expect("records");
        let state = Self { records, store, record: record.clone(), _folder: folder };
        for first in (0..records).step_by(1_000) {
            let some = (first..first + 1_000).map(|n| state.named("old", n));
            let some: Vec<_> =
                some.map(|(address, record)| (address.into(), Some(record))).collect();
            state.store.put_records(&some).expect("recorded");
        }
        state
    }

    fn named(&self, prefix: &str, n: usize) -> (Address, Record) {
        let address = format!("web/servers.{prefix}{n}").parse().expect("an address");
        (address, Record { id: format!("id-{prefix}-{n}"), ..self.record.clone() })
    }

    /// Creates some more, and tells the CPU and wall seconds that it took.
    fn grow(&self, round: usize) -> (f64, f64) {
        let (cpu, wall) = (cpu_seconds(), Instant::now());
        for (address, record) in (0..MORE).map(|n| self.named(&format!("new{round}x"), n)) {
            let op = self.store.begin(terrace_speed::intent(&address, &record)).expect("begun");
            self.store.known(op, &record.id).expect("known");
            self.store.end(op, Ended::Recorded(Box::new(record))).expect("ended");
        }
        (cpu_seconds() - cpu, wall.elapsed().as_secs_f64())
    }
}

/// CPU time of this process so far.
fn cpu_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
