//! The store's behaviour, whatever keeps the bytes: what each call reads, checks and writes.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use terrace_model::{Address, CloudIdentity, Lineage, Name, OutputRecord, Record, Slot, Snapshot};

use crate::backing::{Backing, Tree, Write};
use crate::batch::Batch;
use crate::codec;
use crate::error::StateError;
use crate::export::Export;
use crate::journal::{Ended, Intent, OpId, Operation};
use crate::run::{HistoryEntry, RunFinish, RunStart};
use crate::store::{Fresh, Store};
use crate::tally::Tally;
use crate::transition::{self, Illegal, Phase, Step};

/// Version of the layout of trees and keys.
pub(crate) const FORMAT: u32 = 1;

const KEY_FORMAT: &[u8] = b"format";
const KEY_IDENTITY: &[u8] = b"identity";
const KEY_SERIAL: &[u8] = b"serial";
const KEY_CLOUD: &[u8] = b"cloud";
const KEY_CLOUDS: &[u8] = b"clouds";
const KEY_NEXT: &[u8] = b"next_operation";
const KEY_TALLY: &[u8] = b"tally";

#[derive(Serialize, Deserialize)]
struct Identity {
    lineage: Lineage,
    fingerprint_key: Vec<u8>,
}

/// What is kept in memory: as much as there are operations in the air, and the records only until
/// they are asked for.
#[derive(Default)]
struct Desk {
    next: u64,
    open: BTreeMap<OpId, Operation>,
    busy: BTreeMap<Address, OpId>,
    tally: Tally,
    /// The records as they were when the state was opened: all of it is gone through then, and
    /// nearly every command asks for them next.
    read: Option<Vec<Entry>>,
}

/// Key and JSON of a record.
type Entry = (Box<[u8]>, Bytes);

/// A store over some backing.
pub(crate) struct Ledger<B> {
    backing: B,
    desk: Mutex<Desk>,
}

/// What a backing turned out to hold.
pub(crate) enum Opened<B> {
    /// A state.
    Holds(Ledger<B>),
    /// No state.
    Empty(B),
}

impl<B: Backing> Ledger<B> {
    /// Makes a new state in an empty backing.
    pub(crate) fn create(backing: B, seed: &Fresh) -> Result<Self, StateError> {
        let snapshot = Snapshot::empty(Lineage(seed.lineage.clone()), seed.fingerprint_key.clone());
        Self::restore(backing, &Export::of_snapshot(snapshot))
    }

    /// Opens what a backing holds, checking every value.
    pub(crate) fn open(backing: B) -> Result<Opened<B>, StateError> {
        let Some(format) = get::<_, u32>(&backing, Tree::Meta, KEY_FORMAT)? else {
            return Ok(Opened::Empty(backing));
        };
        if format > FORMAT {
            return Err(StateError::Newer { found: format, known: FORMAT });
        }
        let kept: Tally = need(&backing, KEY_TALLY)?;
        let mut read = Vec::new();
        let found = Tally::audit(&backing, |key, json| read.push((key.into(), json)))?;
        if kept != found {
            return Err(StateError::damaged(format!(
                "{} records were written and {} are there, or others than were written",
                kept.records, found.records
            )));
        }
        let next = need(&backing, KEY_NEXT)?;
        let read = Some(read);
        let mut desk = Desk { next, tally: kept, read, ..Desk::default() };
        each(&backing, Tree::Journal, |_, operation: Operation| {
            desk.admit(operation);
            Ok(())
        })?;
        need::<_, Identity>(&backing, KEY_IDENTITY)?;
        need::<_, u64>(&backing, KEY_SERIAL)?;
        Ok(Opened::Holds(Self { backing, desk: Mutex::new(desk) }))
    }

    /// Fills a backing from an export, in place of whatever is in it.
    pub(crate) fn restore(backing: B, export: &Export) -> Result<Self, StateError> {
        let mut batch = Batch::default();
        for tree in Tree::ALL {
            backing.scan(tree, &mut |key, _| {
                batch.remove(tree, key);
                Ok(())
            })?;
        }
        let snapshot = &export.snapshot;
        let identity = Identity {
            lineage: snapshot.lineage.clone(),
            fingerprint_key: snapshot.fingerprint_key.clone(),
        };
        let mut desk = Desk { next: export.next_operation, ..Desk::default() };
        for (slot, record) in snapshot.slots() {
            let key = slot.to_string();
            let bytes = codec::encode(Tree::Records, key.as_bytes(), record)?;
            desk.tally = desk.tally.with(&key, None, Some(&bytes))?;
            batch.set(Tree::Records, key.as_bytes(), bytes);
        }
        for operation in &export.journal {
            batch.put(Tree::Journal, &operation.op.0.to_be_bytes(), operation)?;
            desk.admit(operation.clone());
        }
        for (name, output) in &snapshot.outputs {
            batch.put(Tree::Outputs, name.as_bytes(), output)?;
        }
        for entry in &export.history {
            batch.put(Tree::History, &entry.serial.to_be_bytes(), entry)?;
        }
        batch.put(Tree::Meta, KEY_IDENTITY, &identity)?;
        batch.put(Tree::Meta, KEY_SERIAL, &snapshot.serial)?;
        batch.put(Tree::Meta, KEY_CLOUD, &snapshot.cloud)?;
        batch.put(Tree::Meta, KEY_CLOUDS, &snapshot.clouds)?;
        batch.put(Tree::Meta, KEY_NEXT, &desk.next)?;
        batch.put(Tree::Meta, KEY_TALLY, &desk.tally)?;
        batch.put(Tree::Meta, KEY_FORMAT, &FORMAT)?;
        backing.commit(batch.writes)?;
        backing.settle()?;
        Ok(Self { backing, desk: Mutex::new(desk) })
    }

    /// Everything there is, as of one instant.
    pub(crate) fn export(&self) -> Result<Export, StateError> {
        self.at_desk(|desk| {
            let identity: Identity = need(&self.backing, KEY_IDENTITY)?;
            let mut snapshot = Snapshot::empty(identity.lineage, identity.fingerprint_key);
            snapshot.serial = need(&self.backing, KEY_SERIAL)?;
            snapshot.cloud = need(&self.backing, KEY_CLOUD)?;
            snapshot.clouds = self.clouds()?;
            // Collected, and not put in one by one, for a map without gaps.
            let mut records = Vec::with_capacity(usize::try_from(desk.tally.records).unwrap_or(0));
            self.records(desk, |slot, record| match slot.deposed {
                None => records.push((slot.address, record)),
                Some(_) => snapshot.put(slot, Some(record)),
            })?;
            snapshot.records = records.into_iter().collect();
            each(&self.backing, Tree::Outputs, |name, output: OutputRecord| {
                snapshot.outputs.insert(name, output);
                Ok(())
            })?;
            Ok(Export {
                snapshot,
                next_operation: desk.next,
                journal: desk.open.values().cloned().collect(),
                history: self.runs()?,
            })
        })
    }

    fn records(
        &self,
        desk: &mut Desk,
        mut visit: impl FnMut(Slot, Record),
    ) -> Result<(), StateError> {
        let mut read = |key: &[u8], json: &Bytes| {
            let record = Record::stored(json);
            let record = record.map_err(|error| codec::unreadable(Tree::Records, key, &error))?;
            visit(slot_of(&Tree::Records.show_key(key))?, record);
            Ok(())
        };
        match desk.read.take() {
            Some(kept) => kept.into_iter().try_for_each(|(key, json)| read(&key, &json)),
            None => self.backing.scan(Tree::Records, &mut |key, bytes| {
                let (_, json) = codec::open(Tree::Records, key, &bytes)?;
                read(key, &bytes.slice_ref(json))
            }),
        }
    }

    /// Which history this is.
    pub(crate) fn lineage(&self) -> Result<Lineage, StateError> {
        need::<_, Identity>(&self.backing, KEY_IDENTITY).map(|identity| identity.lineage)
    }

    /// Whether the run of a serial is known to be over; if so, so is all that was written before its end.
    pub(crate) fn has_finished(&self, serial: u64) -> Result<bool, StateError> {
        let entry: Option<HistoryEntry> = get(&self.backing, Tree::History, &serial.to_be_bytes())?;
        Ok(entry.is_some_and(|entry| entry.finished_at_ms.is_some()))
    }

    fn runs(&self) -> Result<Vec<HistoryEntry>, StateError> {
        let mut entries = Vec::new();
        each(&self.backing, Tree::History, |_, entry: HistoryEntry| {
            entries.push(entry);
            Ok(())
        })?;
        Ok(entries)
    }

    fn at_desk<T>(
        &self,
        act: impl FnOnce(&mut Desk) -> Result<T, StateError>,
    ) -> Result<T, StateError> {
        // A panic in a caller leaves the desk whole: it only changes after a commit.
        act(&mut self.desk.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Acts at the desk, one caller at a time, then waits for the disk together with the others.
    fn durably<T>(
        &self,
        act: impl FnOnce(&mut Desk) -> Result<T, StateError>,
    ) -> Result<T, StateError> {
        let done = self.at_desk(|desk| {
            desk.read = None;
            act(desk)
        })?;
        self.backing.settle()?;
        Ok(done)
    }

    /// Adds a record's change to a batch, and gives the tally that goes with it.
    fn change_record(
        &self,
        batch: &mut Batch,
        tally: Tally,
        slot: &Slot,
        record: Option<&Record>,
    ) -> Result<Tally, StateError> {
        let key = slot.to_string();
        let before = self.backing.get(Tree::Records, key.as_bytes())?;
        let after = record.map(|r| codec::encode(Tree::Records, key.as_bytes(), r)).transpose()?;
        let tally = tally.with(&key, before.as_deref(), after.as_deref())?;
        batch.writes.push(Write { tree: Tree::Records, key: key.into_bytes(), value: after });
        batch.put(Tree::Meta, KEY_TALLY, &tally)?;
        Ok(tally)
    }

    fn record(&self, slot: &Slot) -> Result<Option<Record>, StateError> {
        get(&self.backing, Tree::Records, slot.to_string().as_bytes())
    }

    /// Where the record of an operation's object is kept. What is made goes to the address;
    /// what is changed or deleted may have been deposed meanwhile.
    fn slot(&self, operation: &Operation) -> Result<Slot, StateError> {
        let address = Slot::from(operation.intent.address.clone());
        let deposed = Slot { deposed: operation.id.clone(), ..address.clone() };
        let is_deposed = deposed.deposed.is_some() && self.record(&deposed)?.is_some();
        Ok(if is_deposed { deposed } else { address })
    }

    /// Adds what the end of an operation does to the records.
    fn ended(
        &self,
        batch: &mut Batch,
        tally: Tally,
        operation: &Operation,
        outcome: &Ended,
    ) -> Result<Tally, StateError> {
        let slot = self.slot(operation)?;
        let old = self.record(&slot)?;
        match outcome {
            Ended::Recorded(record) => {
                let replaced = operation.intent.replaces.as_ref();
                let deposed = old.filter(|old| Some(&old.id) == replaced && old.id != record.id);
                let tally = match deposed {
                    Some(old) => {
                        let beside = Slot { deposed: Some(old.id.clone()), ..slot.clone() };
                        self.change_record(batch, tally, &beside, Some(&old))?
                    }
                    None => tally,
                };
                self.change_record(batch, tally, &slot, Some(record))
            }
            Ended::Removed if old.is_some_and(|old| Some(old.id) == operation.id) => {
                self.change_record(batch, tally, &slot, None)
            }
            Ended::Removed | Ended::NotDone => Ok(tally),
        }
    }

    /// The other clouds; states from before there were any have no such key.
    fn clouds(&self) -> Result<BTreeMap<Name, CloudIdentity>, StateError> {
        Ok(get(&self.backing, Tree::Meta, KEY_CLOUDS)?.unwrap_or_default())
    }

    fn check_clouds(&self, desk: &Desk, run: &RunStart) -> Result<(), StateError> {
        if desk.tally.records == 0 && desk.open.is_empty() {
            return Ok(());
        }
        let recorded: Option<CloudIdentity> = need(&self.backing, KEY_CLOUD)?;
        let others = self.clouds()?;
        let others = others.iter().filter_map(|(name, was)| Some((was, run.clouds.get(name)?)));
        for (was, is) in recorded.iter().map(|was| (was, &run.cloud)).chain(others) {
            if !was.same_place(is) {
                let (recorded, current) = (Box::new(was.clone()), Box::new(is.clone()));
                return Err(StateError::WrongCloud { recorded, current });
            }
        }
        Ok(())
    }
}

impl<B: Backing> Store for Ledger<B> {
    fn snapshot(&self) -> Result<Snapshot, StateError> {
        self.export().map(|export| export.snapshot)
    }

    fn slots(&self) -> Result<Vec<Slot>, StateError> {
        let mut slots = Vec::new();
        let mut add = |key: &[u8]| {
            slots.push(slot_of(&Tree::Records.show_key(key))?);
            Ok(())
        };
        self.at_desk(|desk| match &desk.read {
            Some(read) => read.iter().try_for_each(|(key, _)| add(key)),
            None => self.backing.scan(Tree::Records, &mut |key, _| add(key)),
        })?;
        slots.sort();
        Ok(slots)
    }

    fn unfinished(&self) -> Result<Vec<Operation>, StateError> {
        self.at_desk(|desk| Ok(desk.open.values().cloned().collect()))
    }

    fn start_run(&self, run: RunStart) -> Result<u64, StateError> {
        self.durably(|desk| {
            self.check_clouds(desk, &run)?;
            let serial = need::<_, u64>(&self.backing, KEY_SERIAL)? + 1;
            let mut batch = Batch::default();
            batch.put(Tree::Meta, KEY_SERIAL, &serial)?;
            batch.put(Tree::Meta, KEY_CLOUD, &run.cloud)?;
            let mut clouds = self.clouds()?;
            clouds.extend(run.clouds.clone());
            batch.put(Tree::Meta, KEY_CLOUDS, &clouds)?;
            batch.put(Tree::History, &serial.to_be_bytes(), &HistoryEntry::opened(serial, run))?;
            self.backing.commit(batch.writes)?;
            Ok(serial)
        })
    }

    fn begin(&self, intent: Intent) -> Result<OpId, StateError> {
        self.durably(|desk| {
            transition::next(intent.verb, Phase::New, Step::of_intent(&intent))?;
            if let Some(op) = desk.busy.get(&intent.address) {
                return Err(Illegal::Busy { address: intent.address, op: *op }.into());
            }
            let op = OpId(desk.next);
            let operation = Operation { op, id: intent.id.clone(), intent };
            let mut batch = Batch::default();
            batch.put(Tree::Journal, &op.0.to_be_bytes(), &operation)?;
            batch.put(Tree::Meta, KEY_NEXT, &(op.0 + 1))?;
            self.backing.commit(batch.writes)?;
            desk.admit(operation);
            Ok(op)
        })
    }

    fn known(&self, op: OpId, id: &str) -> Result<(), StateError> {
        self.durably(|desk| {
            let operation = desk.open.get_mut(&op).ok_or(Illegal::NotOpen(op))?;
            operation.check(Step::Know, Some(id))?;
            let named = Operation { id: Some(id.to_owned()), ..operation.clone() };
            let mut batch = Batch::default();
            batch.put(Tree::Journal, &op.0.to_be_bytes(), &named)?;
            self.backing.commit(batch.writes)?;
            *operation = named;
            Ok(())
        })
    }

    fn end(&self, op: OpId, outcome: Ended) -> Result<(), StateError> {
        self.durably(|desk| {
            let operation = desk.open.get(&op).ok_or(Illegal::NotOpen(op))?;
            let object = match &outcome {
                Ended::Recorded(record) => Some(record.id.as_str()),
                Ended::Removed | Ended::NotDone => None,
            };
            operation.check(Step::of_end(&outcome), object)?;
            let mut batch = Batch::default();
            batch.remove(Tree::Journal, &op.0.to_be_bytes());
            let tally = self.ended(&mut batch, desk.tally, operation, &outcome)?;
            self.backing.commit(batch.writes)?;
            desk.tally = tally;
            desk.dismiss(op);
            Ok(())
        })
    }

    fn put_records(&self, changes: &[(Slot, Option<Record>)]) -> Result<(), StateError> {
        self.durably(|desk| {
            let mut batch = Batch::default();
            let mut tally = desk.tally;
            for (slot, record) in changes {
                tally = self.change_record(&mut batch, tally, slot, record.as_ref())?;
            }
            self.backing.commit(batch.writes)?;
            desk.tally = tally;
            Ok(())
        })
    }

    fn finish_run(&self, finish: RunFinish) -> Result<(), StateError> {
        self.durably(|_| {
            let serial: u64 = need(&self.backing, KEY_SERIAL)?;
            let key = serial.to_be_bytes();
            let entry: Option<HistoryEntry> = get(&self.backing, Tree::History, &key)?;
            let Some(entry) = entry.filter(|entry| entry.finished_at_ms.is_none()) else {
                return Err(Illegal::NoRun { serial }.into());
            };
            let closed = HistoryEntry {
                finished_at_ms: Some(finish.at_ms),
                result: Some(finish.result),
                ..entry
            };
            let mut batch = Batch::default();
            self.backing.scan(Tree::Outputs, &mut |name, _| {
                batch.remove(Tree::Outputs, name);
                Ok(())
            })?;
            for (name, output) in &finish.outputs {
                batch.put(Tree::Outputs, name.as_bytes(), output)?;
            }
            batch.put(Tree::History, &key, &closed)?;
            self.backing.commit(batch.writes)
        })
    }

    fn history(&self) -> Result<Vec<HistoryEntry>, StateError> {
        self.at_desk(|_| self.runs())
    }
}

impl Desk {
    fn admit(&mut self, operation: Operation) {
        self.next = self.next.max(operation.op.0 + 1);
        self.busy.insert(operation.intent.address.clone(), operation.op);
        self.open.insert(operation.op, operation);
    }

    fn dismiss(&mut self, op: OpId) {
        if let Some(operation) = self.open.remove(&op) {
            self.busy.remove(&operation.intent.address);
        }
    }
}

fn get<B: Backing, T: DeserializeOwned>(
    backing: &B,
    tree: Tree,
    key: &[u8],
) -> Result<Option<T>, StateError> {
    backing.get(tree, key)?.map(|bytes| codec::decode(tree, key, &bytes)).transpose()
}

fn need<B: Backing, T: DeserializeOwned>(backing: &B, key: &[u8]) -> Result<T, StateError> {
    get(backing, Tree::Meta, key)?.ok_or_else(|| {
        StateError::damaged(format!("`{}` is missing in meta", Tree::Meta.show_key(key)))
    })
}

fn each<B: Backing, T: DeserializeOwned>(
    backing: &B,
    tree: Tree,
    mut visit: impl FnMut(String, T) -> Result<(), StateError>,
) -> Result<(), StateError> {
    backing
        .scan(tree, &mut |key, bytes| visit(tree.show_key(key), codec::decode(tree, key, &bytes)?))
}

fn slot_of(key: &str) -> Result<Slot, StateError> {
    key.parse().map_err(|error| StateError::damaged(format!("a key in records: {error}")))
}
