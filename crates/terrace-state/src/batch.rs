//! Collects the writes of one change, each in its envelope.

use serde::Serialize;

use crate::backing::{Tree, Write};
use crate::codec;
use crate::error::StateError;

/// Writes that are made together.
#[derive(Default)]
pub(crate) struct Batch {
    pub(crate) writes: Vec<Write>,
}

impl Batch {
    pub(crate) fn put<T: Serialize>(
        &mut self,
        tree: Tree,
        key: &[u8],
        value: &T,
    ) -> Result<(), StateError> {
        let bytes = codec::encode(tree, key, value)?;
        self.set(tree, key, bytes);
        Ok(())
    }

    pub(crate) fn set(&mut self, tree: Tree, key: &[u8], bytes: Vec<u8>) {
        self.writes.push(Write { tree, key: key.to_vec(), value: Some(bytes) });
    }

    pub(crate) fn remove(&mut self, tree: Tree, key: &[u8]) {
        self.writes.push(Write { tree, key: key.to_vec(), value: None });
    }
}
