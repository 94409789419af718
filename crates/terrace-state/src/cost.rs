//! Tests that a change costs the same whatever the number of records: what is written is counted.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use terrace_model::{Address, Attributes, Record, Status, Value};

use crate::backing::{Backing, Tree, Visit, Write};
use crate::error::StateError;
use crate::journal::{Ended, Intent, Verb};
use crate::ledger::Ledger;
use crate::memory::MemoryBacking;
use crate::store::{Fresh, Store as _};

/// Counts the bytes that are written and the values that are scanned.
#[derive(Default)]
struct Counting {
    inner: MemoryBacking,
    written: AtomicUsize,
    scanned: AtomicUsize,
}

impl Backing for &Counting {
    fn get(&self, tree: Tree, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        self.inner.get(tree, key)
    }

    fn scan(&self, tree: Tree, visit: Visit<'_>) -> Result<(), StateError> {
        self.inner.scan(tree, &mut |key, value| {
            self.scanned.fetch_add(1, Ordering::Relaxed);
            visit(key, value)
        })
    }

    fn commit(&self, writes: Vec<Write>) -> Result<(), StateError> {
        let size = |write: &Write| write.key.len() + write.value.as_ref().map_or(0, Vec::len);
        self.written.fetch_add(writes.iter().map(size).sum(), Ordering::Relaxed);
        self.inner.commit(writes)
    }

    fn settle(&self) -> Result<(), StateError> {
        self.inner.settle()
    }
}

fn record(id: &str) -> Record {
    let declared = Attributes::from([("name".to_owned(), Value::text("front"))]);
    Record {
        id: id.to_owned(),
        status: Status::Ready,
        schema_version: 1,
        cloud: None,
        seen: declared.clone(),
        declared,
        settled: false,
        dependencies: [].into(),
        marker: "terrace:m".to_owned(),
        fault: None,
        prevent_destroy: false,
        retain: false,
        delete_timeout_s: None,
    }
}

fn cycle(ledger: &Ledger<&Counting>, address: Address, id: &str) -> Result<(), StateError> {
    let op = ledger.begin(Intent {
        address,
        verb: Verb::Create,
        detail: String::new(),
        id: None,
        marker: "terrace:m".to_owned(),
        existing: Vec::new(),
        replaces: None,
        request_hash: "00".to_owned(),
        at_ms: 1,
        planned: None,
    })?;
    ledger.known(op, id)?;
    ledger.end(op, Ended::Recorded(Box::new(record(id))))
}

#[test]
fn the_cost_of_a_cycle_does_not_grow_with_the_records() {
    let counting = Counting::default();
    let seed = Fresh { lineage: "l".to_owned(), fingerprint_key: vec![7; 32] };
    let ledger = Ledger::create(&counting, &seed).expect("a new state");
    let mut costs = BTreeMap::new();
    for number in 1000..2000 {
        let address = format!("web/networks.n{number}").parse().expect("an address");
        let before = counting.written.load(Ordering::Relaxed);
        cycle(&ledger, address, &format!("id-{number}")).expect("recorded");
        costs.insert(number, counting.written.load(Ordering::Relaxed) - before);
    }
    // A few bytes more, because numbers and the tally get longer; nothing that follows the records.
    let (least, most) =
        (costs.values().min().expect("costs"), costs.values().max().expect("costs"));
    assert!(most - least < 64, "a cycle writes from {least} to {most} bytes");
    assert_eq!(counting.scanned.load(Ordering::Relaxed), 0, "nothing is read by scanning");
    assert_eq!(ledger.snapshot().expect("a snapshot").records.len(), 1000);
}
