//! The store: what the corridor asks of a state, whatever keeps it.

use terrace_model::{Address, Record, Slot, Snapshot};

use crate::error::StateError;
use crate::journal::{Ended, Intent, OpId, Operation};
use crate::run::{HistoryEntry, RunFinish, RunStart};

/// The recorded state of a workspace in one environment, held by this process alone.
///
/// Every method that changes something is durable when it returns, and its cost does not depend on
/// how many records there are (only [`finish_run`](Self::finish_run) writes an export of the whole,
/// once a run). Calls from many threads at once share their trips to the disk.
pub trait Store: Send + Sync {
    /// Everything that is recorded, as of one instant.
    fn snapshot(&self) -> Result<Snapshot, StateError>;

    /// Where records are, without reading them, in order of address.
    fn slots(&self) -> Result<Vec<Slot>, StateError>;

    /// Operations that were begun and not ended, oldest first: what a crash left.
    fn unfinished(&self) -> Result<Vec<Operation>, StateError>;

    /// Opens a run: checks that it is for the cloud that the records belong to, makes the next
    /// serial and its entry in the history, and gives the serial.
    fn start_run(&self, run: RunStart) -> Result<u64, StateError>;

    /// Writes down what is about to be asked of the cloud. An address has one operation at a time.
    fn begin(&self, intent: Intent) -> Result<OpId, StateError>;

    /// Writes down the id of the object that an operation makes, before anything waits for it.
    fn known(&self, op: OpId, id: &str) -> Result<(), StateError>;

    /// Writes down how an operation ended: its record and the journal change together.
    fn end(&self, op: OpId, outcome: Ended) -> Result<(), StateError>;

    /// Sets or removes records outside an operation, all of them or none: what refresh saw, what is
    /// to be forgotten, what moves to another address.
    fn put_records(&self, changes: &[(Slot, Option<Record>)]) -> Result<(), StateError>;

    /// Sets or removes one record outside an operation.
    fn put_record(&self, address: &Address, record: Option<&Record>) -> Result<(), StateError> {
        self.put_records(&[(address.clone().into(), record.cloned())])
    }

    /// Closes the run that was started last: its result, the outputs, and an export of the whole.
    fn finish_run(&self, finish: RunFinish) -> Result<(), StateError>;

    /// All runs, oldest first.
    fn history(&self) -> Result<Vec<HistoryEntry>, StateError>;
}

/// What a new state is made from. Only used when there is none yet; randomness comes from the caller.
#[derive(Clone)]
pub struct Fresh {
    /// Name of the new history, a random UUID.
    pub lineage: String,
    /// Key of the fingerprints of sensitive values, 32 random bytes.
    pub fingerprint_key: Vec<u8>,
}
