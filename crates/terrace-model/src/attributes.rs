//! Attribute values by name, shared until they are changed: the same values are recorded, seen,
//! planned and shown, and of many thousand instances hardly any differ.

use std::fmt;
use std::sync::Arc;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smol_str::SmolStr;

use crate::value::Value;

/// The name of an attribute: short, so that it takes no memory of its own.
pub type Key = SmolStr;

/// Attribute values by name, in order of name. A clone costs nothing; the first change of a clone
/// copies it.
#[derive(Clone, Default)]
pub struct Attributes(Arc<Vec<(Key, Value)>>);

impl Attributes {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// None yet, with room for so many.
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Arc::new(Vec::with_capacity(capacity)))
    }

    fn place(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(key, _)| key.as_str().cmp(name))
    }

    /// The value of that name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.place(name).ok().map(|at| &self.0[at].1)
    }

    /// The value of that name, to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        let at = self.place(name).ok()?;
        Some(&mut Arc::make_mut(&mut self.0)[at].1)
    }

    /// Whether there is a value of that name.
    pub fn contains_key(&self, name: &str) -> bool {
        self.place(name).is_ok()
    }

    /// Sets a value, and gives back the one that was there.
    pub fn insert(&mut self, name: impl Into<Key>, value: Value) -> Option<Value> {
        let name = name.into();
        let place = self.place(&name);
        let entries = Arc::make_mut(&mut self.0);
        match place {
            Ok(at) => Some(std::mem::replace(&mut entries[at].1, value)),
            Err(at) => {
                entries.insert(at, (name, value));
                None
            }
        }
    }

    /// Takes a value out.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let at = self.place(name).ok()?;
        Some(Arc::make_mut(&mut self.0).remove(at).1)
    }

    /// Keeps what passes the test.
    pub fn retain(&mut self, mut test: impl FnMut(&str, &Value) -> bool) {
        if !self.iter().all(|(name, value)| test(name, value)) {
            Arc::make_mut(&mut self.0).retain(|(name, value)| test(name, value));
        }
    }

    /// Sets each of these.
    pub fn extend<K: Into<Key>>(&mut self, others: impl IntoIterator<Item = (K, Value)>) {
        for (name, value) in others {
            self.insert(name, value);
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Names and values, in order of name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> + DoubleEndedIterator {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The names, in order.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &str> {
        self.iter().map(|(name, _)| name)
    }

    /// The values, in order of name.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &Value> {
        self.iter().map(|(_, value)| value)
    }

    /// The values, to be changed.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        Arc::make_mut(&mut self.0).iter_mut().map(|(_, value)| value)
    }

    /// Whether both are one and the same in memory; what is not may be equal all the same.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The same as a value.
    pub fn to_value(&self) -> Value {
        Value::Map(self.iter().map(|(name, value)| (name.to_owned(), value.clone())).collect())
    }

    /// The same with every sensitive part replaced by its keyed hash, fit to be stored.
    #[must_use]
    pub fn sealed(&self, key: &[u8]) -> Self {
        if !self.values().any(Value::has_unsealed) {
            return self.clone();
        }
        self.iter().map(|(name, value)| (name, value.sealed(key))).collect()
    }

    fn from_entries(mut entries: Vec<(Key, Value)>) -> Self {
        // Most come in order; of two of one name the later one counts, as in every map.
        if !entries.is_sorted_by(|(a, _), (b, _)| a < b) {
            entries.reverse();
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            entries.dedup_by(|(later, _), (earlier, _)| later == earlier);
        }
        Self(Arc::new(entries))
    }
}

impl std::ops::Index<&str> for Attributes {
    type Output = Value;

    /// Nothing stands for what is not there.
    fn index(&self, name: &str) -> &Value {
        self.get(name).unwrap_or(&Value::Null)
    }
}

impl PartialEq for Attributes {
    fn eq(&self, other: &Self) -> bool {
        self.is_same(other) || self.0 == other.0
    }
}

impl fmt::Debug for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<K: Into<Key>> FromIterator<(K, Value)> for Attributes {
    fn from_iter<I: IntoIterator<Item = (K, Value)>>(items: I) -> Self {
        Self::from_entries(items.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }
}

impl<K: Into<Key>, const N: usize> From<[(K, Value); N]> for Attributes {
    fn from(items: [(K, Value); N]) -> Self {
        items.into_iter().collect()
    }
}

impl IntoIterator for Attributes {
    type Item = (Key, Value);
    type IntoIter = std::vec::IntoIter<(Key, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        Arc::unwrap_or_clone(self.0).into_iter()
    }
}

impl Serialize for Attributes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Attributes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Attributes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of attributes")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Attributes, A::Error> {
                let mut entries = Vec::with_capacity(map.size_hint().unwrap_or(24));
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                entries.shrink_to_fit();
                Ok(Attributes::from_entries(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(attributes: &Attributes) -> String {
        format!("{attributes:?}")
    }

    #[test]
    fn the_later_one_of_a_name_counts_and_names_are_in_order() {
        let made: Attributes =
            [("b", Value::Int(1)), ("a", Value::Int(2)), ("b", Value::Int(3))].into();
        assert_eq!(shown(&made), r#"{"a": 2, "b": 3}"#);
        let text = serde_json::to_string(&made).expect("stored");
        assert_eq!(text, r#"{"a":2,"b":3}"#);
        let read: Attributes = serde_json::from_str(r#"{"b":3,"a":9,"a":2}"#).expect("read");
        assert_eq!(read, made);
    }

    #[test]
    fn a_change_of_a_clone_leaves_the_first_alone() {
        let first: Attributes = [("a", Value::Int(1)), ("c", Value::Int(3))].into();
        let mut second = first.clone();
        assert!(first.is_same(&second));
        second.retain(|_, _| true);
        assert!(first.is_same(&second), "nothing went");
        assert_eq!(second.insert("b", Value::Int(2)), None);
        assert_eq!(second.insert("a", Value::Null), Some(Value::Int(1)));
        assert_eq!(second.remove("c"), Some(Value::Int(3)));
        assert_eq!(second.remove("c"), None);
        assert_eq!(shown(&second), r#"{"a": null, "b": 2}"#);
        assert_eq!(shown(&first), r#"{"a": 1, "c": 3}"#);
    }
}
