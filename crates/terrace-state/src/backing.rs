//! The rim to what keeps the bytes: a few ordered trees of keys and values, written in atomic batches.

use std::fmt;

use bytes::Bytes;

use crate::error::StateError;

/// A tree of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tree {
    /// Format, identity, serial, cloud, counters.
    Meta,
    /// Record by address.
    Records,
    /// Unfinished operation by number.
    Journal,
    /// Output by `stack.name`.
    Outputs,
    /// Run by serial.
    History,
}

impl Tree {
    pub(crate) const ALL: [Self; 5] =
        [Self::Meta, Self::Records, Self::Journal, Self::Outputs, Self::History];

    /// The name on the disk.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Meta => "meta",
            Self::Records => "records",
            Self::Journal => "journal",
            Self::Outputs => "outputs",
            Self::History => "history",
        }
    }

    /// A key as a person would write it.
    pub(crate) fn show_key(self, key: &[u8]) -> String {
        match (self, <[u8; 8]>::try_from(key)) {
            (Self::Journal | Self::History, Ok(number)) => u64::from_be_bytes(number).to_string(),
            _ => String::from_utf8_lossy(key).into_owned(),
        }
    }
}

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One key that is set or, without a value, removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Write {
    pub(crate) tree: Tree,
    pub(crate) key: Vec<u8>,
    pub(crate) value: Option<Vec<u8>>,
}

/// What a visitor of [`Backing::scan`] is: it gets key and value, and may stop with an error.
pub(crate) type Visit<'a> = &'a mut dyn FnMut(&[u8], Bytes) -> Result<(), StateError>;

/// Keeps bytes.
pub(crate) trait Backing: Send + Sync {
    /// The value of a key.
    fn get(&self, tree: Tree, key: &[u8]) -> Result<Option<Vec<u8>>, StateError>;

    /// Visits a tree in the order of its keys.
    fn scan(&self, tree: Tree, visit: Visit<'_>) -> Result<(), StateError>;

    /// All writes or, after a crash, none of them; seen by readers at once, durable after `settle`.
    fn commit(&self, writes: Vec<Write>) -> Result<(), StateError>;

    /// Returns when everything that was committed before the call is durable.
    fn settle(&self) -> Result<(), StateError>;
}
