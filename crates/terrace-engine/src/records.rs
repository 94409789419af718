//! Records: what is written down of an object.

use terrace_model::{Address, Attributes, Life, Object, ObjectState, Record, Status, Timed};
use terrace_plan::InstanceChange;
use terrace_state::PlannedRecord;

/// The part of a record that is known before the object exists, with secrets as keyed hashes.
pub(crate) fn planned(change: &InstanceChange, declared: &Attributes, key: &[u8]) -> PlannedRecord {
    PlannedRecord {
        declared: declared.sealed(key),
        dependencies: change.dependencies.clone(),
        schema_version: change.address.kind().schema().version,
        cloud: change.cloud.clone(),
        prevent_destroy: change.life.prevent_destroy,
        retain: change.life.retain,
        delete_timeout_s: change.life.timeouts.get(&Timed::Delete).copied(),
    }
}

/// The record of an object as it was seen.
pub(crate) fn record(
    address: &Address,
    planned: PlannedRecord,
    object: &Object,
    marker: &str,
) -> Record {
    let (status, fault) = match &object.state {
        ObjectState::Ready => (Status::Ready, None),
        ObjectState::Busy(_) => (Status::Creating, None),
        ObjectState::Failed(fault) => (Status::Failed, Some(fault.clone())),
    };
    debug_assert_eq!(planned.schema_version, address.kind().schema().version);
    let record = Record {
        id: object.id.clone(),
        cloud: planned.cloud,
        status,
        schema_version: planned.schema_version,
        seen: seen(&planned.declared, &object.attributes),
        declared: planned.declared,
        settled: false,
        dependencies: planned.dependencies,
        marker: marker.to_owned(),
        fault,
        prevent_destroy: planned.prevent_destroy,
        retain: planned.retain,
        delete_timeout_s: planned.delete_timeout_s,
    };
    judged(address, record)
}

/// A record whose values were changed since it was made: whether it is settled is said anew.
pub(crate) fn judged(address: &Address, record: Record) -> Record {
    let settled = terrace_plan::is_settled(address, &record);
    Record { settled, ..record }
}

/// A record with what is kept of a lifecycle.
pub(crate) fn with_life(record: Record, life: &Life) -> Record {
    Record {
        prevent_destroy: life.prevent_destroy,
        retain: life.retain,
        delete_timeout_s: life.timeouts.get(&Timed::Delete).copied(),
        ..record
    }
}

/// What may be written down of what was seen: where the declared value is secret, so is this.
pub(crate) fn seen(declared: &Attributes, seen: &Attributes) -> Attributes {
    let mut kept = seen.clone();
    for (name, secret) in declared.iter().filter(|(_, value)| value.is_sensitive()) {
        if seen.contains_key(name) {
            kept.insert(name, secret.clone());
        }
    }
    // Of a server that started from a volume the cloud does not tell the image.
    if let (Some(_), Some(image)) = (declared.get("boot_volume"), declared.get("image"))
        && !kept.contains_key("image")
    {
        kept.insert("image", image.clone());
    }
    kept
}
