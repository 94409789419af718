//! The state for people and programs.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use serde_json::Value as Json;
use terrace_model::{
    Address, Attributes, CloudIdentity, Kind, Lineage, Record, Slot, Snapshot, Status, Value,
};

use crate::plan_json::plain;
use crate::style::plural;
use crate::value::shown;

/// Addresses, one a line.
pub fn state_list(slots: &[Slot]) -> String {
    slots.iter().map(|slot| format!("{slot}\n")).collect()
}

/// One record in full.
pub fn state_show(slot: &Slot, record: &Record, snapshot: &Snapshot) -> String {
    one(slot, record, &names(snapshot))
}

fn one(slot: &Slot, record: &Record, names: &BTreeMap<String, String>) -> String {
    let mut text = format!("{slot}\n  id: {}\n  status: {}\n", record.id, status(record.status));
    if let Some(fault) = &record.fault {
        text = text + &format!("  fault: {fault}\n");
    }
    if !record.dependencies.is_empty() {
        let needs: Vec<String> = record.dependencies.iter().map(ToString::to_string).collect();
        text = text + &format!("  needs: {}\n", needs.join(", "));
    }
    for (name, value) in record.seen.iter() {
        let value = if name == "id" { shown(value, &BTreeMap::new()) } else { shown(value, names) };
        text = text + &format!("    {name}: {value}\n");
    }
    text
}

/// The whole state.
pub fn show(snapshot: &Snapshot) -> String {
    if snapshot.slots().next().is_none() {
        return "Nothing is recorded.\n".into();
    }
    let mut text =
        format!("Serial {}, {}.\n", snapshot.serial, plural(snapshot.records.len(), "instance"));
    let names = names(snapshot);
    for (slot, record) in snapshot.slots() {
        text.push('\n');
        text.push_str(&one(&slot, record, &names));
    }
    text
}

/// The whole state as JSON, without the key of fingerprints and without anything sensitive. It is
/// made while it is written: there may be very many records.
pub fn state_json(snapshot: &Snapshot) -> impl Serialize {
    Document {
        format_version: "1.0",
        lineage: &snapshot.lineage,
        serial: snapshot.serial,
        cloud: snapshot.cloud.as_ref(),
        resources: Resources(snapshot),
        outputs: crate::outcome::outputs_json(&snapshot.outputs),
    }
}

#[derive(Serialize)]
struct Document<'a> {
    format_version: &'static str,
    lineage: &'a Lineage,
    serial: u64,
    cloud: Option<&'a CloudIdentity>,
    resources: Resources<'a>,
    outputs: Json,
}

struct Resources<'a>(&'a Snapshot);

impl Serialize for Resources<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.slots().map(|(slot, record)| Resource {
            kind: slot.address.kind(),
            address: slot.address,
            deposed: slot.deposed,
            id: &record.id,
            status: record.status,
            fault: record.fault.as_deref(),
            schema_version: record.schema_version,
            declared: Plain(&record.declared),
            values: Plain(&record.seen),
            depends_on: &record.dependencies,
            prevent_destroy: record.prevent_destroy,
            retain: record.retain,
        }))
    }
}

#[derive(Serialize)]
struct Resource<'a> {
    address: Address,
    deposed: Option<String>,
    #[serde(rename = "type")]
    kind: Kind,
    id: &'a str,
    status: Status,
    fault: Option<&'a str>,
    schema_version: u32,
    declared: Plain<'a>,
    values: Plain<'a>,
    depends_on: &'a [Address],
    prevent_destroy: bool,
    retain: bool,
}

/// Attributes without anything sensitive.
struct Plain<'a>(&'a Attributes);

impl Serialize for Plain<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, plain(value))))
    }
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Creating => "creating",
        Status::Ready => "ready",
        Status::Updating => "updating",
        Status::Deleting => "deleting",
        Status::Failed => "failed",
    }
}

fn names(snapshot: &Snapshot) -> BTreeMap<String, String> {
    let named = snapshot.records.iter().filter_map(|(address, record)| {
        let name = record.seen.get("name").and_then(Value::as_str)?;
        (name != record.id).then(|| (record.id.clone(), format!("{name}, {address}")))
    });
    named.collect()
}
