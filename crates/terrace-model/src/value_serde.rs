//! The stored form of values: plain JSON, with what JSON has no word for under one key that
//! begins with `$`. A map that itself looks like that is wrapped, so that every value survives.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::ser::{Error as _, SerializeMap as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::address::{Address, StackName};
use crate::value::{Origin, Pending, Value};

const PENDING: &str = "$pending";
const FINGERPRINT: &str = "$fingerprint";
const MAP: &str = "$map";

#[derive(Serialize, Deserialize)]
struct StoredPending {
    origins: Vec<(Address, String)>,
    template: String,
    stack: StackName,
    bindings: BTreeMap<String, Value>,
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
        from_stored(serde_json::Value::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

fn from_stored(json: serde_json::Value) -> Result<Value, serde_json::Error> {
    use serde_json::Value as Json;
    match json {
        Json::Array(items) => {
            items.into_iter().map(from_stored).collect::<Result<_, _>>().map(Value::List)
        }
        Json::Object(mut map) if map.len() == 1 && map.keys().any(|k| k.starts_with('$')) => {
            if let Some(pending) = map.remove(PENDING) {
                let stored: StoredPending = serde_json::from_value(pending)?;
                Ok(Value::Pending(Box::new(stored.into())))
            } else if let Some(text) = map.remove(FINGERPRINT) {
                serde_json::from_value(text).map(Value::Fingerprint)
            } else {
                stored_map(map.remove(MAP).unwrap_or(Json::Object(map)))
            }
        }
        object @ Json::Object(_) => stored_map(object),
        plain => Ok(Value::from_json(&plain)),
    }
}

fn stored_map(json: serde_json::Value) -> Result<Value, serde_json::Error> {
    let map: serde_json::Map<String, serde_json::Value> = serde_json::from_value(json)?;
    map.into_iter()
        .map(|(k, v)| Ok((k, from_stored(v)?)))
        .collect::<Result<BTreeMap<_, _>, serde_json::Error>>()
        .map(Value::Map)
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
            bindings: BTreeMap::from([("count".into(), Value::Int(1))]),
        };
        let dollars = |key: &str| Value::Map(BTreeMap::from([(key.into(), Value::text("x"))]));
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
