//! The export: a whole state as one JSON document, for people, other tools, and for the day the
//! database cannot be read. Its format is a contract; see `state/README.md`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use terrace_model::value::hex;
use terrace_model::{CloudIdentity, Lineage, Name, OutputRecord, Record, Slot, Snapshot};

use crate::error::StateError;
use crate::journal::Operation;
use crate::run::HistoryEntry;

/// The format that is written, and the newest that is read.
pub const EXPORT_VERSION: u32 = 2;

/// A whole state: what is recorded, what is in the air, what was run.
#[derive(Clone, Debug, PartialEq)]
pub struct Export {
    /// What is recorded.
    pub snapshot: Snapshot,
    /// The number of the next operation.
    pub next_operation: u64,
    /// Unfinished operations, oldest first.
    pub journal: Vec<Operation>,
    /// All runs, oldest first.
    pub history: Vec<HistoryEntry>,
}

impl Export {
    /// An export of a snapshot that nothing was done to yet.
    pub fn of_snapshot(snapshot: Snapshot) -> Self {
        Self { snapshot, next_operation: 1, journal: Vec::new(), history: Vec::new() }
    }

    /// Reads the JSON of any version up to [`EXPORT_VERSION`].
    pub fn from_json(json: &[u8]) -> Result<Self, StateError> {
        let probe: Probe = serde_json::from_slice(json).map_err(damaged)?;
        if probe.format_version > EXPORT_VERSION {
            return Err(StateError::Newer { found: probe.format_version, known: EXPORT_VERSION });
        }
        let document: Document = serde_json::from_slice(json).map_err(damaged)?;
        let export = document.into_export()?;
        export.snapshot.slots().try_for_each(|(_, record)| record.check()).map_err(damaged)?;
        Ok(export)
    }

    /// The JSON, the same bytes for the same state.
    pub fn to_json(&self) -> Result<Vec<u8>, StateError> {
        let mut json = serde_json::to_vec_pretty(&Document::from(self))
            .map_err(|source| StateError::Unstorable { what: "the export".to_owned(), source })?;
        json.push(b'\n');
        Ok(json)
    }
}

fn damaged(error: serde_json::Error) -> StateError {
    StateError::damaged(format!("the export is not as it should be: {error}"))
}

/// What every version has.
#[derive(Deserialize)]
struct Probe {
    format_version: u32,
}

/// The document, in the order of its fields.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format_version: u32,
    lineage: Lineage,
    serial: u64,
    fingerprint_key: String,
    cloud: Option<CloudIdentity>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    clouds: BTreeMap<Name, CloudIdentity>,
    /// By the text of the slot: an order that stays when kinds are added.
    records: BTreeMap<String, Record>,
    outputs: BTreeMap<String, OutputRecord>,
    next_operation: u64,
    journal: Vec<Operation>,
    history: Vec<HistoryEntry>,
}

impl From<&Export> for Document {
    fn from(export: &Export) -> Self {
        let snapshot = export.snapshot.clone();
        Self {
            format_version: EXPORT_VERSION,
            records: snapshot
                .slots()
                // What is edited by hand is looked at again.
                .map(|(slot, record)| {
                    (slot.to_string(), Record { settled: false, ..record.clone() })
                })
                .collect(),
            lineage: snapshot.lineage,
            serial: snapshot.serial,
            fingerprint_key: hex(&snapshot.fingerprint_key),
            cloud: snapshot.cloud,
            clouds: snapshot.clouds,
            outputs: snapshot.outputs,
            next_operation: export.next_operation,
            journal: export.journal.clone(),
            history: export.history.clone(),
        }
    }
}

impl Document {
    fn into_export(self) -> Result<Export, StateError> {
        let fingerprint_key = unhex(&self.fingerprint_key).ok_or_else(|| {
            StateError::damaged("the export's fingerprint_key is not hexadecimal")
        })?;
        let mut snapshot = Snapshot::empty(self.lineage, fingerprint_key);
        snapshot.serial = self.serial;
        snapshot.cloud = self.cloud;
        snapshot.clouds = self.clouds;
        snapshot.outputs = self.outputs;
        for (text, record) in self.records {
            let slot = text.parse::<Slot>();
            let slot =
                slot.map_err(|error| StateError::damaged(format!("a record's address: {error}")))?;
            snapshot.put(slot, Some(record));
        }
        Ok(Export {
            snapshot,
            next_operation: self.next_operation,
            journal: self.journal,
            history: self.history,
        })
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Some(digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?)).collect()
}
