//! The store on the disk: a folder with a lock file, a sled database and the last exports.

mod backing;
mod barrier;
mod exports;
mod opening;
mod threads;

use std::fs::DirBuilder;
use std::path::Path;

use terrace_model::{Record, Slot, Snapshot};

use self::backing::SledBacking;
use self::exports::Exports;
use self::opening::Opening;
use crate::error::StateError;
use crate::export::Export;
use crate::journal::{Ended, Intent, OpId, Operation};
use crate::ledger::Ledger;
use crate::lock::{Holder, Lock};
use crate::run::{HistoryEntry, RunFinish, RunStart};
use crate::store::{Fresh, Store};

/// A state in a folder, held by this process until it is dropped.
pub struct SledStore {
    // Fields are dropped in this order: the database is closed before the lock is let go.
    ledger: Ledger<SledBacking>,
    exports: Exports,
    notices: Vec<String>,
    _lock: Lock,
}

impl SledStore {
    /// Opens the state in a folder, or makes a new one from the seed. Damage that can be mended is
    /// mended; [`notices`](Self::notices) then says what was done.
    pub fn open(folder: &Path, holder: Holder, seed: Fresh) -> Result<Self, StateError> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        // The state holds the key of the fingerprints, and may hold what the cloud shows to few.
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder).map_err(|source| StateError::at("make", folder, source))?;
        let lock = Lock::take(folder, &holder)?;
        let exports = Exports::new(folder);
        let (ledger, notices) = Opening::new(folder, &exports, &seed).run()?;
        Ok(Self { ledger, exports, notices, _lock: lock })
    }

    /// What the user should know about how the state was opened, such as that it was mended.
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// Everything there is: snapshot, unfinished operations and history, as of one instant.
    pub fn export(&self) -> Result<Export, StateError> {
        self.ledger.export()
    }
}

impl Store for SledStore {
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
        // The database first: should the export fail, the run is recorded all the same.
        self.ledger.finish_run(finish)?;
        self.exports.write(&self.ledger.export()?)
    }

    fn history(&self) -> Result<Vec<HistoryEntry>, StateError> {
        self.ledger.history()
    }
}
