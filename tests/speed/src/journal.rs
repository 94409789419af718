//! The journal and the records, in memory: what a disk takes is not counted.

use terrace_model::{Address, Record, Snapshot};
use terrace_state::{Ended, Fresh, Intent, MemoryStore, PlannedRecord, Store as _, Verb};

/// A state and what is about to be written to it.
pub struct Journal {
    store: MemoryStore,
    steps: Vec<(Address, Record)>,
}

/// An empty state; the records of another are what is going to be created in it.
pub fn journal(records: &Snapshot) -> Journal {
    let fresh = Fresh { lineage: "l".into(), fingerprint_key: vec![7; 32] };
    let steps = records.records.iter().map(|(a, r)| (a.clone(), r.clone())).collect();
    Journal { store: MemoryStore::new(fresh).expect("a state"), steps }
}

impl Journal {
    /// The intent, the id and the end of every creation.
    pub fn append(&self) {
        for (address, record) in &self.steps {
            let op = self.store.begin(intent(address, record)).expect("begun");
            self.store.known(op, &record.id).expect("known");
            self.store.end(op, Ended::Recorded(Box::new(record.clone()))).expect("ended");
        }
    }

    /// The same with everything recorded.
    #[must_use]
    pub fn full(self) -> Self {
        let mut export = self.store.export().expect("an export");
        export.snapshot.records = self.steps.iter().cloned().collect();
        let store = MemoryStore::from_export(&export).expect("a state");
        Self { store, ..self }
    }

    /// Reads everything that is recorded.
    pub fn snapshot(&self) -> Snapshot {
        self.store.snapshot().expect("a snapshot")
    }
}

/// The intent to create something.
pub fn intent(address: &Address, record: &Record) -> Intent {
    Intent {
        address: address.clone(),
        verb: Verb::Create,
        detail: "create".into(),
        id: None,
        marker: record.marker.clone(),
        existing: Vec::new(),
        replaces: None,
        request_hash: "0".repeat(64),
        at_ms: 1_767_225_600_000,
        planned: Some(PlannedRecord {
            declared: record.declared.clone(),
            dependencies: record.dependencies.clone(),
            schema_version: record.schema_version,
            cloud: None,
            prevent_destroy: false,
            retain: false,
            delete_timeout_s: None,
        }),
    }
}

#[cfg(test)]
mod tests {
    use crate::{built, folder, load, settled};

    #[test]
    fn what_is_appended_is_what_is_read() {
        let folder = folder(4);
        let records = settled(built(load(folder.path()))).recorded;
        let journal = super::journal(&records);
        journal.append();
        assert_eq!(journal.snapshot().records, records.records);
        assert_eq!(super::journal(&records).full().snapshot().records, records.records);
    }
}
