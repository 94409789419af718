//! The stored form of values: plain JSON, with what JSON has no word for under one key that
//! begins with `$`. A map that itself looks like that is wrapped, so that every value survives.

use std::fmt;

use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::ser::{Error as _, SerializeMap as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::address::{Address, StackName};
use crate::map::{Key, Map};
use crate::value::{Origin, Pending, Value};

const PENDING: &str = "$pending";
const FINGERPRINT: &str = "$fingerprint";
const MAP: &str = "$map";

#[derive(Serialize, Deserialize)]
struct StoredPending {
    origins: Vec<(Address, String)>,
    template: String,
    stack: StackName,
    bindings: Map,
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(b) => serializer.serialize_bool(*b),
            Self::Int(n) => serializer.serialize_i64(*n),
            Self::Float(n) => serializer.serialize_f64(*n),
            Self::String(text) => serializer.serialize_str(text),
            Self::List(items) => items.serialize(serializer),
            Self::Map(map) if map.keys().any(|k| k.starts_with('$')) => {
                single(serializer, MAP, map)
            }
            Self::Map(map) => map.serialize(serializer),
            Self::Pending(pending) => {
                single(serializer, PENDING, &StoredPending::from(pending.as_ref()))
            }
            Self::Fingerprint(text) => single(serializer, FINGERPRINT, text),
            Self::Sensitive(_) => {
                Err(S::Error::custom("a sensitive value must be sealed before it is stored"))
            }
        }
    }
}

fn single<S: Serializer, T: Serialize>(
    serializer: S,
    key: &str,
    value: &T,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_entry(key, value)?;
    map.end()
}

impl From<&Pending> for StoredPending {
    fn from(pending: &Pending) -> Self {
        Self {
            origins: pending
                .origins
                .iter()
                .map(|o| (o.address.clone(), o.attribute.clone()))
                .collect(),
            template: pending.template.clone(),
            stack: pending.stack.clone(),
            bindings: pending.bindings.clone(),
        }
    }
}

impl From<StoredPending> for Pending {
    fn from(stored: StoredPending) -> Self {
        let origins =
            stored.origins.into_iter().map(|(address, attribute)| Origin { address, attribute });
        Self {
            origins: origins.collect(),
            template: stored.template,
            stack: stored.stack,
            bindings: stored.bindings,
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Stored)
    }
}

/// Reads the stored form.
struct Stored;

impl<'de> Visitor<'de> for Stored {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Int(value))
    }

    #[expect(clippy::cast_precision_loss, reason = "beyond 64 bits a number is a fraction")]
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(i64::try_from(value).map_or(Value::Float(value as f64), Value::Int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float(value))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::text(text))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        list.shrink_to_fit();
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Vec::new();
        while let Some(key) = entries.next_key::<Key>()? {
            match key.as_str() {
                PENDING => {
                    let stored: StoredPending = entries.next_value()?;
                    return alone(entries, Value::Pending(Box::new(stored.into())));
                }
                FINGERPRINT => {
                    let text = entries.next_value()?;
                    return alone(entries, Value::Fingerprint(text));
                }
                MAP => {
                    let map = entries.next_value()?;
                    return alone(entries, Value::Map(map));
                }
                _ => map.push((key, entries.next_value()?)),
            }
        }
        Ok(Value::Map(map.into_iter().collect()))
    }
}

/// What stands under one of our keys has no other beside it.
fn alone<'de, A: MapAccess<'de>>(mut entries: A, value: Value) -> Result<Value, A::Error> {
    match entries.next_key::<String>()? {
        None => Ok(value),
        Some(key) => Err(A::Error::custom(format!("`{key}` stands beside a key with `$`"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_survives_being_stored() {
        let stack = StackName::new("web").expect("a name");
        let address: Address = "web/networks.front".parse().expect("an address");
        let pending = Pending {
            origins: vec![Origin { address, attribute: "id".into() }],
            template: "${networks.front.id}-${count.index}".into(),
            stack,
            bindings: [("count", Value::Int(1))].into(),
        };
        let dollars = |key: &str| Value::Map([(key, Value::text("x"))].into());
        for value in [
            Value::Null,
            Value::Int(-1),
            Value::Float(1.5),
            Value::List(vec![Value::Bool(true), Value::text("a")]),
            Value::Pending(Box::new(pending)),
            Value::Fingerprint("ab".into()),
            dollars("$pending"),
            dollars("$map"),
            dollars("plain"),
        ] {
            let text = serde_json::to_string(&value).expect("stored");
            assert_eq!(serde_json::from_str::<Value>(&text).expect(&text), value, "{text}");
        }
        let secret = Value::Sensitive(Box::new(Value::text("hush")));
        assert!(serde_json::to_string(&secret).is_err());
        assert!(!format!("{secret:?} {secret}").contains("hush"));
        assert_eq!(secret.sealed(b"k"), Value::Fingerprint(Value::text("hush").fingerprint(b"k")));
    }
}
