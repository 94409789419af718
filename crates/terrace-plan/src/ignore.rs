//! Differences that are left alone: what is desired becomes what is.

use terrace_model::{Address, Attributes, Ignored, Object, Presence, Record, Value};

use crate::diff::seen_value;

/// The desired attributes, with those that are ignored as they are now; none when nothing is
/// ignored. An attribute that was never declared stays undeclared.
pub(crate) fn keep(
    address: &Address,
    desired: &Attributes,
    ignored: &Ignored,
    (record, seen): (&Record, &Object),
) -> Option<Attributes> {
    if ignored.is_empty() {
        return None;
    }
    let mut kept = desired.clone();
    for attribute in address.kind().schema().attributes {
        let name = attribute.name;
        let declared = desired.contains_key(name) || record.declared.contains_key(name);
        if attribute.presence == Presence::Computed || !declared {
            continue;
        }
        let now = seen_value(attribute, desired.get(name), record, seen).into_owned();
        if ignored.whole(name) {
            put(&mut kept, name, now);
            continue;
        }
        for key in ignored.keys(name) {
            let mut map = kept.get(name).and_then(Value::as_map).cloned().unwrap_or_default();
            match now.as_map().and_then(|now| now.get(key)) {
                Some(value) => drop(map.insert(key.to_owned(), value.clone())),
                None => drop(map.remove(key)),
            }
            put(&mut kept, name, Value::Map(map));
        }
    }
    Some(kept)
}

fn put(attributes: &mut Attributes, name: &str, value: Value) {
    match value {
        Value::Null => drop(attributes.remove(name)),
        value => drop(attributes.insert(name, value)),
    }
}
