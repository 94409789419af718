//! One kind of object in memory: by id, in order of creation, indexed, with undo and a change list.

use crate::error::SimError;
use serde::{Serialize, de::DeserializeOwned};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What a table can hold.
pub(crate) trait Record: Clone + Serialize + DeserializeOwned + Send {
    /// The object's id, unique in its table.
    fn id(&self) -> &str;
    /// By which fields it can be found quickly.
    fn keys(&self) -> Vec<(&'static str, String)>;
}

/// Objects of one kind.
#[derive(Clone)]
pub(crate) struct Table<T> {
    name: &'static str,
    rows: HashMap<String, (u64, T)>,
    order: BTreeMap<u64, String>,
    index: HashMap<&'static str, HashMap<String, BTreeSet<u64>>>,
    next: u64,
    undo: Vec<(String, Option<(u64, T)>)>,
}

impl<T: Record> Table<T> {
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            rows: HashMap::new(),
            order: BTreeMap::new(),
            index: HashMap::new(),
            next: 0,
            undo: Vec::new(),
        }
    }

    pub(crate) fn get(&self, id: &str) -> Option<&T> {
        self.rows.get(id).map(|(_, row)| row)
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// All rows, oldest first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.order.values().filter_map(|id| self.get(id))
    }

    /// Rows made before the one of this id, newest first.
    pub(crate) fn before(&self, id: &str) -> impl Iterator<Item = &T> {
        let end = self.rows.get(id).map_or(0, |(seq, _)| *seq);
        self.order.range(..end).rev().filter_map(|(_, id)| self.get(id))
    }

    /// Rows whose key has this value, oldest first.
    pub(crate) fn find(&self, key: &str, value: &str) -> impl DoubleEndedIterator<Item = &T> {
        let found = self.index.get(key).and_then(|values| values.get(value));
        found
            .into_iter()
            .flatten()
            .filter_map(|seq| self.order.get(seq).and_then(|id| self.get(id)))
    }

    /// How many rows have this value for the key.
    pub(crate) fn count(&self, key: &str, value: &str) -> usize {
        self.index.get(key).and_then(|values| values.get(value)).map_or(0, BTreeSet::len)
    }

    /// Puts a new row, or one in place of the row of the same id.
    pub(crate) fn put(&mut self, row: T) {
        let id = row.id().to_owned();
        let old = self.take(&id);
        let seq = old.as_ref().map_or(self.next, |(seq, _)| *seq);
        self.next = self.next.max(seq + 1);
        self.insert(seq, row);
        self.undo.push((id, old));
    }

    /// Changes the row of this id, if there is one.
    pub(crate) fn update(&mut self, id: &str, change: impl FnOnce(&mut T)) {
        if let Some(mut row) = self.get(id).cloned() {
            change(&mut row);
            self.put(row);
        }
    }

    pub(crate) fn remove(&mut self, id: &str) -> Option<T> {
        let old = self.take(id)?;
        let row = old.1.clone();
        self.undo.push((id.to_owned(), Some(old)));
        Some(row)
    }

    fn insert(&mut self, seq: u64, row: T) {
        for (key, value) in row.keys() {
            self.index.entry(key).or_default().entry(value).or_default().insert(seq);
        }
        self.order.insert(seq, row.id().to_owned());
        self.rows.insert(row.id().to_owned(), (seq, row));
    }

    fn take(&mut self, id: &str) -> Option<(u64, T)> {
        let (seq, row) = self.rows.remove(id)?;
        self.order.remove(&seq);
        for (key, value) in row.keys() {
            let Some(values) = self.index.get_mut(key) else { continue };
            if let Some(ids) = values.get_mut(&value) {
                ids.remove(&seq);
                if ids.is_empty() {
                    values.remove(&value);
                }
            }
        }
        Some((seq, row))
    }
}

/// What persistence needs of every table, whatever it holds.
pub(crate) trait Stored {
    fn name(&self) -> &'static str;
    /// The changes since the last call, as entries of a log line; they can no longer be undone.
    fn changes(&mut self, out: &mut Vec<String>) -> Result<(), serde_json::Error>;
    /// Takes back all changes since the last call of `changes`.
    fn rollback(&mut self);
    /// Applies one entry of a log line.
    fn load(&mut self, entry: serde_json::Value) -> Result<(), serde_json::Error>;
    /// Every row as an entry of a log line.
    fn dump(&self, out: &mut Vec<String>) -> Result<(), serde_json::Error>;
    /// Forgets every row.
    fn clear(&mut self);
}

fn entry<T: Serialize>(table: &str, what: &T) -> Result<String, serde_json::Error> {
    serde_json::to_string(&(table, what))
}

impl<T: Record> Stored for Table<T> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn changes(&mut self, out: &mut Vec<String>) -> Result<(), serde_json::Error> {
        let touched: BTreeSet<String> = self.undo.drain(..).map(|(id, _)| id).collect();
        for id in touched {
            out.push(match self.get(&id) {
                Some(row) => entry(self.name, row)?,
                None => entry(self.name, &id)?,
            });
        }
        Ok(())
    }

    fn rollback(&mut self) {
        while let Some((id, old)) = self.undo.pop() {
            self.take(&id);
            if let Some((seq, row)) = old {
                self.insert(seq, row);
            }
        }
    }

    fn load(&mut self, entry: serde_json::Value) -> Result<(), serde_json::Error> {
        if let serde_json::Value::String(id) = entry {
            self.take(&id);
        } else {
            self.put(serde_json::from_value(entry)?);
            self.undo.clear();
        }
        Ok(())
    }

    fn dump(&self, out: &mut Vec<String>) -> Result<(), serde_json::Error> {
        for row in self.iter() {
            out.push(entry(self.name, row)?);
        }
        Ok(())
    }

    fn clear(&mut self) {
        *self = Self::new(self.name);
    }
}

/// The result of a change to the log.
pub(crate) type Kept = Result<(), SimError>;
