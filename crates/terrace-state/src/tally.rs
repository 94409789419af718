//! A running sum over all records, so that records which go missing are missed.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::backing::{Backing, Tree};
use crate::codec;
use crate::error::StateError;

/// Count and combined checksum of all records, kept with every change, so that records which
/// damage made vanish without a trace are missed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tally {
    pub(crate) records: u64,
    sum: u32,
}

impl Tally {
    /// The tally after the record at a key changed from one envelope to another.
    pub(crate) fn with(
        mut self,
        key: &str,
        before: Option<&[u8]>,
        after: Option<&[u8]>,
    ) -> Result<Self, StateError> {
        if let Some(bytes) = before {
            self.sum ^= codec::verify(Tree::Records, key.as_bytes(), bytes)?;
            self.records -= 1;
        }
        if let Some(bytes) = after {
            self.sum ^= codec::verify(Tree::Records, key.as_bytes(), bytes)?;
            self.records += 1;
        }
        Ok(self)
    }

    /// Checks the envelope of every value, counts the records, and shows key and JSON of each.
    pub(crate) fn audit<B: Backing>(
        backing: &B,
        mut record: impl FnMut(&[u8], Bytes),
    ) -> Result<Self, StateError> {
        let mut tally = Self::default();
        for tree in Tree::ALL {
            backing.scan(tree, &mut |key, bytes| {
                let (sum, json) = codec::open(tree, key, &bytes)?;
                if tree == Tree::Records {
                    tally.records += 1;
                    tally.sum ^= sum;
                    record(key, bytes.slice_ref(json));
                }
                Ok(())
            })?;
        }
        Ok(tally)
    }
}
