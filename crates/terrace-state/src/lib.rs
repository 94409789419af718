//! The recorded state of one workspace in one environment: records, journal, history, lock.
//!
//! A [`Store`] keeps what a run did before the run goes on: an operation is begun, its object's id
//! is known, it ends, and each of these is on the disk when the call returns. So whatever instant a
//! run dies at, the next one finds in [`Store::unfinished`] what was in the air.
//!
//! [`SledStore`] is the store on the disk, [`MemoryStore`] the same store in memory; both are one
//! ledger over a small key-value rim, and one conformance suite holds them to the same behaviour.
//! What is on the disk is a contract: see `state/README.md`.
//!
//! This crate never reads a clock, the environment or randomness, never talks to a cloud, and has
//! no async code: callers on an async runtime call it on a blocking thread.

mod backing;
mod batch;
mod codec;
#[cfg(test)]
mod cost;
mod error;
mod export;
mod journal;
mod ledger;
mod lock;
mod memory;
mod run;
mod sled_store;
mod store;
mod tally;
pub mod transition;

pub use error::StateError;
pub use export::{EXPORT_VERSION, Export};
pub use journal::{Ended, Intent, OpId, Operation, PlannedRecord, Verb};
pub use lock::Holder;
pub use memory::MemoryStore;
pub use run::{HistoryEntry, RunFinish, RunStart};
pub use sled_store::SledStore;
pub use store::{Fresh, Store};
