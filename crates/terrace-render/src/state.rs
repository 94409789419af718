//! The state for people and programs.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};
use terrace_model::{Attributes, Record, Slot, Snapshot, Status, Value};

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

/// The whole state as JSON, without the key of fingerprints and without anything sensitive.
pub fn state_json(snapshot: &Snapshot) -> Json {
    let attributes = |values: &Attributes| -> Map<String, Json> {
        values.iter().map(|(k, v)| (k.to_owned(), plain(v))).collect()
    };
    let resources = snapshot.slots().map(|(slot, record)| {
        json!({
            "address": slot.address,
            "deposed": slot.deposed,
            "type": slot.address.kind(),
            "id": record.id,
            "status": record.status,
            "fault": record.fault,
            "schema_version": record.schema_version,
            "declared": attributes(&record.declared),
            "values": attributes(&record.seen),
            "depends_on": record.dependencies,
            "prevent_destroy": record.prevent_destroy,
            "retain": record.retain,
        })
    });
    json!({
        "format_version": "1.0",
        "lineage": snapshot.lineage,
        "serial": snapshot.serial,
        "cloud": snapshot.cloud,
        "resources": resources.collect::<Vec<_>>(),
        "outputs": crate::outcome::outputs_json(&snapshot.outputs),
    })
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
