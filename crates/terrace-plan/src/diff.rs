//! What differs between the desired and the observed of one instance.

use std::borrow::Cow;

use terrace_model::{
    Address, Attribute, Attributes, Compare, Object, ObjectState, OnChange, Place, Presence,
    Record, Status, Value,
};

use crate::compare::same_value;
use crate::plan::{AttributeChange, Drift};

/// The attributes to change: those declared that differ from what is seen, and those that were
/// declared when last applied and are not any more.
pub(crate) fn changes(
    address: &Address,
    desired: &Attributes,
    (record, seen): (&Record, &Object),
    key: &[u8],
    place: &dyn Fn(&str) -> Option<Place>,
) -> Vec<AttributeChange> {
    let mut found = Vec::new();
    let schema = address.kind().schema();
    let undeclared = record.declared.keys().filter(|name| !desired.contains_key(name));
    let names = desired.keys().chain(undeclared);
    for attribute in names.filter_map(|name| schema.attribute(name)) {
        let after = match desired.get(attribute.name) {
            Some(value) => value,
            None if was_declared(attribute, record) => &Value::Null,
            None => continue,
        };
        let before = seen_value(attribute, desired.get(attribute.name), record, seen);
        // What is taken from the record holds secrets as hashes only.
        let same = same_value(attribute, after, &before) || after.sealed(key) == *before;
        if !same {
            found.push(AttributeChange {
                attribute: attribute.name.to_owned(),
                before: hidden_with(after, before.into_owned()),
                after: after.clone(),
                effect: effect(attribute, desired),
                place: place(attribute.name),
            });
        }
    }
    found.sort_by(|a, b| a.attribute.cmp(&b.attribute));
    found
}

/// Whether a record needs no change to be as it was declared, seen as it was written. That is
/// kept with it, so that it need not be looked at again.
pub fn is_settled(address: &Address, record: &Record) -> bool {
    let seen = Object {
        id: record.id.clone(),
        attributes: record.seen.clone(),
        state: ObjectState::Ready,
        revision: None,
        marker: None,
    };
    let key: &[u8] = &[];
    changes(address, &record.declared, (record, &seen), key, &|_| None).is_empty()
}

/// Whether that is known, and neither the one nor the other is different now.
pub(crate) fn is_as_recorded(
    address: &Address,
    desired: &Attributes,
    (record, seen): (&Record, &Object),
) -> bool {
    record.settled
        && record.schema_version == address.kind().schema().version
        && desired.is_same(&record.declared)
        && seen.attributes.is_same(&record.seen)
}

/// What a change of an attribute does to this instance.
fn effect(attribute: &Attribute, desired: &Attributes) -> OnChange {
    match attribute.replace_when {
        Some(other) if desired.contains_key(other) => OnChange::Replace,
        _ => attribute.on_change,
    }
}

/// What the cloud shows in clear is as secret as what shall replace it.
fn hidden_with(after: &Value, before: Value) -> Value {
    match before {
        Value::Null | Value::Fingerprint(_) => before,
        before if after.is_sensitive() => Value::Sensitive(Box::new(before)),
        before => before,
    }
}

/// Removing an optional attribute resets it; where the cloud chose a default it keeps its choice.
fn was_declared(attribute: &Attribute, record: &Record) -> bool {
    attribute.presence == Presence::Optional
        && record.declared.get(attribute.name).is_some_and(|value| !value.is_null())
}

/// Whether it was not seen ready yet. A server that is still built has no ports and no zone, and
/// lists read at the same time may show it ready and its ports not there yet.
fn is_building(record: &Record) -> bool {
    record.status == Status::Creating
}

/// The value now. What the cloud does not tell back, or not yet, is as it was last applied.
pub(crate) fn seen_value<'v>(
    attribute: &Attribute,
    declared: Option<&Value>,
    record: &'v Record,
    seen: &'v Object,
) -> Cow<'v, Value> {
    let told = attribute.readable && !is_building(record);
    let from = if told { &seen.attributes } else { &record.declared };
    let value = &from[attribute.name];
    match attribute.compare {
        Compare::OwnKeys => own_keys(value, [declared, record.declared.get(attribute.name)]),
        _ => Cow::Borrowed(value),
    }
}

/// Of a map in which others may have keys, only those that are declared, or were.
fn own_keys<'v>(value: &'v Value, declared: [Option<&Value>; 2]) -> Cow<'v, Value> {
    let maps = declared.map(|value| value.and_then(Value::as_map));
    let own = |key: &str| maps.iter().flatten().any(|map| map.contains_key(key));
    match value {
        Value::Map(map) if !map.keys().all(own) => {
            let map = map.iter().filter(|(key, _)| own(key));
            Cow::Owned(Value::Map(map.map(|(k, v)| (k, v.clone())).collect()))
        }
        other => Cow::Borrowed(other),
    }
}

/// What changed in the cloud since the last apply, on declared attributes.
pub(crate) fn drift(address: &Address, record: &Record, seen: &Object) -> Vec<Drift> {
    let schema = address.kind().schema();
    if is_building(record) || record.seen.is_same(&seen.attributes) {
        return Vec::new();
    }
    // Of a sensitive value only a hash is recorded: a change of it shows as a change, not as drift.
    let shown =
        |a: &&Attribute| record.declared.get(a.name).is_some_and(|value| !value.is_sensitive());
    let declared = schema.attributes.iter().filter(|a| a.readable).filter(shown);
    declared
        .filter_map(|attribute| {
            let of = |values: &Attributes| -> Value {
                let value = &values[attribute.name];
                let declared = record.declared.get(attribute.name);
                match attribute.compare {
                    Compare::OwnKeys => own_keys(value, [declared, None]).into_owned(),
                    _ => value.clone(),
                }
            };
            let is_same = record.seen.get(attribute.name) == seen.attributes.get(attribute.name);
            if is_same {
                return None;
            }
            let (recorded, observed) = (of(&record.seen), of(&seen.attributes));
            (!same_value(attribute, &recorded, &observed)).then(|| Drift {
                address: address.clone(),
                attribute: Some(attribute.name.to_owned()),
                recorded,
                observed,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes(pairs: &[(&str, Value)]) -> Attributes {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    }

    fn server(
        status: Status,
        declared: Attributes,
        state: ObjectState,
        seen: Attributes,
    ) -> (Record, Object) {
        let record = Record {
            id: "s".into(),
            status,
            schema_version: 1,
            cloud: None,
            seen: declared.clone(),
            declared,
            settled: false,
            dependencies: [].into(),
            marker: String::new(),
            fault: None,
            prevent_destroy: false,
            retain: false,
            delete_timeout_s: None,
        };
        let object =
            Object { id: "s".into(), attributes: seen, state, revision: None, marker: None };
        (record, object)
    }

    fn changed(desired: &Attributes, (record, object): &(Record, Object)) -> Vec<String> {
        let address: Address = "web/servers.a".parse().expect("an address");
        let found = changes(&address, desired, (record, object), b"key", &|_| None);
        found.into_iter().map(|c| c.attribute).collect()
    }

    #[test]
    fn a_server_that_is_still_built_is_compared_with_what_was_asked_for() {
        let asked = attributes(&[("networks", Value::texts(["n"])), ("flavor", Value::text("1"))]);
        let seen = attributes(&[("flavor", Value::text("1"))]);
        for (status, expected) in [(Status::Creating, vec![]), (Status::Ready, vec!["networks"])] {
            let server = server(status, asked.clone(), ObjectState::Ready, seen.clone());
            assert_eq!(changed(&asked, &server), expected);
        }
    }

    #[test]
    fn metadata_of_others_is_left_alone_and_own_keys_are_not() {
        let map = |keys: &[&str]| {
            Value::Map(keys.iter().map(|k| ((*k).to_owned(), Value::text("x"))).collect())
        };
        for (desired, declared, seen, differs) in [
            (&["a"][..], &["a"][..], &["a", "theirs"][..], false),
            (&["a"], &["a"], &["theirs"], true),
            (&["a"], &["a", "b"], &["a", "b"], true),
            (&["a"], &["a", "b"], &["a", "theirs"], false),
        ] {
            let one = |keys: &[&str]| attributes(&[("metadata", map(keys))]);
            let server = server(Status::Ready, one(declared), ObjectState::Ready, one(seen));
            assert_eq!(
                !changed(&one(desired), &server).is_empty(),
                differs,
                "{desired:?} {declared:?} {seen:?}"
            );
        }
    }

    #[test]
    fn only_what_is_settled_and_the_same_is_not_looked_at() {
        let address: Address = "web/servers.a".parse().expect("an address");
        let asked = attributes(&[("flavor", Value::text("1"))]);
        let other = attributes(&[("flavor", Value::text("2"))]);
        let (mut record, mut object) =
            server(Status::Ready, asked.clone(), ObjectState::Ready, asked.clone());
        object.attributes = record.seen.clone();
        assert!(is_settled(&address, &record));
        assert!(!is_settled(&address, &Record { seen: other.clone(), ..record.clone() }));
        let known = |record: &Record, desired: &Attributes, object: &Object| {
            is_as_recorded(&address, desired, (record, object))
        };
        let declared = record.declared.clone();
        assert!(!known(&record, &declared, &object), "nobody said so");
        record.settled = true;
        assert!(known(&record, &declared, &object));
        assert!(!known(&record, &other, &object), "something else is desired");
        let seen = Object { attributes: other, ..object.clone() };
        assert!(!known(&record, &declared, &seen), "something else is seen");
        record.schema_version += 1;
        assert!(!known(&record, &declared, &object), "by another table");
    }

    #[test]
    fn a_secret_is_compared_by_its_hash() {
        let secret = |text: &str| Value::Sensitive(Box::new(Value::text(text)));
        let declared = attributes(&[("user_data", secret("old").sealed(b"key"))]);
        let server = server(Status::Ready, declared, ObjectState::Ready, Attributes::new());
        for (text, expected) in [("old", vec![]), ("new", vec!["user_data"])] {
            assert_eq!(
                changed(&attributes(&[("user_data", secret(text))]), &server),
                expected,
                "{text}"
            );
        }
    }
}
