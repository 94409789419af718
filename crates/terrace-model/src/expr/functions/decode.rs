//! Reading JSON and YAML into values, bounded in depth and size whatever the text says.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::expr::convert::{MAX_DEPTH, MAX_SIZE};
use crate::value::Value;

/// The value that a JSON text stands for.
pub(super) fn json(text: &str) -> Result<Value, String> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let mut left = MAX_SIZE;
    let value = Seed { left: &mut left, depth: 0 }.deserialize(&mut reader);
    let value = value.and_then(|value| reader.end().map(|()| value));
    value.map_err(|error| format!("the text is not JSON: {error}"))
}

/// The value that a YAML text of one document stands for.
pub(super) fn yaml(text: &str) -> Result<Value, String> {
    let mut left = MAX_SIZE;
    let reader = serde_yaml::Deserializer::from_str(text);
    let value = Seed { left: &mut left, depth: 0 }.deserialize(reader);
    value.map_err(|error| format!("the text is not YAML: {error}"))
}

/// Reads one value; `left` is what all of them together may still take.
struct Seed<'a> {
    left: &'a mut usize,
    depth: usize,
}

impl Seed<'_> {
    fn inner(&mut self) -> Seed<'_> {
        Seed { left: self.left, depth: self.depth + 1 }
    }

    fn spend<E: Error>(&mut self, bytes: usize) -> Result<(), E> {
        *self.left = self
            .left
            .checked_sub(bytes)
            .ok_or_else(|| E::custom(format!("it is larger than {} MiB", MAX_SIZE >> 20)))?;
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(mut self, reader: D) -> Result<Value, D::Error> {
        self.spend(Value::NODE)?;
        if self.depth > MAX_DEPTH {
            return Err(D::Error::custom(format!("it is nested more than {MAX_DEPTH} deep")));
        }
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a plain value, without tags")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, b: bool) -> Result<Value, E> {
        Ok(Value::Bool(b))
    }

    fn visit_i64<E: Error>(self, n: i64) -> Result<Value, E> {
        Ok(Value::Int(n))
    }

    fn visit_u64<E: Error>(self, n: u64) -> Result<Value, E> {
        i64::try_from(n).map(Value::Int).map_err(|_| E::custom("a number is too large"))
    }

    fn visit_f64<E: Error>(self, n: f64) -> Result<Value, E> {
        if n.is_finite() { Ok(Value::Float(n)) } else { Err(E::custom("a number is not finite")) }
    }

    fn visit_str<E: Error>(mut self, text: &str) -> Result<Value, E> {
        self.spend(text.len())?;
        Ok(Value::text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self.inner())? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = BTreeMap::new();
        while let Some(key) = entries.next_key_seed(self.inner())? {
            let Value::String(key) = key else {
                return Err(A::Error::custom(format!(
                    "a key must be text, not {}",
                    key.describe()
                )));
            };
            if map.contains_key(&key) {
                return Err(A::Error::custom(format!("the key `{key}` occurs twice")));
            }
            map.insert(key, entries.next_value_seed(self.inner())?);
        }
        Ok(Value::Map(map.into_iter().collect()))
    }
}
