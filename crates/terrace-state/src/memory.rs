//! The same store in memory, for tests and rehearsals: gone when it is dropped.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use terrace_model::{Record, Slot, Snapshot};

use crate::backing::{Backing, Tree, Visit, Write};
use crate::error::StateError;
use crate::export::Export;
use crate::journal::{Ended, Intent, OpId, Operation};
use crate::ledger::Ledger;
use crate::run::{HistoryEntry, RunFinish, RunStart};
use crate::store::{Fresh, Store};

/// A store in memory.
pub struct MemoryStore {
    ledger: Ledger<MemoryBacking>,
}

impl MemoryStore {
    /// A new state.
    pub fn new(seed: Fresh) -> Result<Self, StateError> {
        Ledger::create(MemoryBacking::default(), &seed).map(|ledger| Self { ledger })
    }

    /// A state as an export has it.
    pub fn from_export(export: &Export) -> Result<Self, StateError> {
        Ledger::restore(MemoryBacking::default(), export).map(|ledger| Self { ledger })
    }

    /// Everything there is: snapshot, unfinished operations and history, as of one instant.
    pub fn export(&self) -> Result<Export, StateError> {
        self.ledger.export()
    }
}

impl Store for MemoryStore {
    fn snapshot(&self) -> Result<Snapshot, StateError> {
        self.ledger.snapshot()
    }

    fn slots(&self) -> Result<Vec<Slot>, StateError> {
        self.ledger.slots()
    }

    fn unfinished(&self) -> Result<Vec<Operation>, StateError> {
        self.ledger.unfinished()
    }

    fn start_run(&self, run: RunStart) -> Result<u64, StateError> {
        self.ledger.start_run(run)
    }

    fn begin(&self, intent: Intent) -> Result<OpId, StateError> {
        self.ledger.begin(intent)
    }

    fn known(&self, op: OpId, id: &str) -> Result<(), StateError> {
        self.ledger.known(op, id)
    }

    fn end(&self, op: OpId, outcome: Ended) -> Result<(), StateError> {
        self.ledger.end(op, outcome)
    }

    fn put_records(&self, changes: &[(Slot, Option<Record>)]) -> Result<(), StateError> {
        self.ledger.put_records(changes)
    }

    fn finish_run(&self, finish: RunFinish) -> Result<(), StateError> {
        self.ledger.finish_run(finish)
    }

    fn history(&self) -> Result<Vec<HistoryEntry>, StateError> {
        self.ledger.history()
    }
}

type Values = BTreeMap<(Tree, Vec<u8>), Vec<u8>>;

/// Trees in one ordered map.
#[derive(Default)]
pub(crate) struct MemoryBacking {
    values: Mutex<Values>,
}

impl MemoryBacking {
    fn values(&self) -> MutexGuard<'_, Values> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Backing for MemoryBacking {
    fn get(&self, tree: Tree, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        Ok(self.values().get(&(tree, key.to_vec())).cloned())
    }

    fn scan(&self, tree: Tree, visit: Visit<'_>) -> Result<(), StateError> {
        let from = (tree, Vec::new());
        self.values()
            .range(from..)
            .take_while(|((of, _), _)| *of == tree)
            .try_for_each(|((_, key), value)| visit(key, Bytes::copy_from_slice(value)))
    }

    fn commit(&self, writes: Vec<Write>) -> Result<(), StateError> {
        let mut values = self.values();
        for write in writes {
            let key = (write.tree, write.key);
            match write.value {
                Some(value) => values.insert(key, value),
                None => values.remove(&key),
            };
        }
        Ok(())
    }

    fn settle(&self) -> Result<(), StateError> {
        Ok(())
    }
}
