//! Maps in order of name, shared until they are changed: the same values are recorded, seen, planned
//! and shown, and of many thousand instances hardly any differ. Most have few entries, for which a
//! sorted list takes a small part of the memory of a tree.

use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, OnceLock};

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smol_str::SmolStr;

use crate::shown::Shown;
use crate::stored::{self, Text};
use crate::value::Value;

/// A name in a map: mostly short, so that it takes no memory of its own.
pub type Key = SmolStr;

/// Attribute values by name.
pub type Attributes = Map;

/// Something by name, in order of name. A clone costs nothing; the first change of a clone copies it.
/// Very many entries are collected rather than inserted one by one.
pub struct Map<V = Value>(Form<V>);

/// As it is, or as it was stored, until somebody looks.
enum Form<V> {
    Read(Arc<Vec<(Key, V)>>),
    Stored(Arc<Stored<V>>),
}

/// The stored text of a map, and what it says, once that was asked for.
struct Stored<V> {
    text: Text,
    read: fn(&str) -> Vec<(Key, V)>,
    /// Whether entries are stored as exactly that text. Others may say the same.
    says: fn(&str, &[(Key, V)]) -> bool,
    entries: OnceLock<Vec<(Key, V)>>,
}

/// Names and what they stand for, in order of name.
pub type Iter<'a, V> =
    std::iter::Map<std::slice::Iter<'a, (Key, V)>, fn(&'a (Key, V)) -> (&'a str, &'a V)>;

/// So few entries are looked at one after the other.
const FEW: usize = 8;

impl<V> Map<V> {
    /// Nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Nothing yet, with room for so many.
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Form::Read(Arc::new(Vec::with_capacity(capacity))))
    }

    pub(crate) fn entries(&self) -> &[(Key, V)] {
        match &self.0 {
            Form::Read(entries) => entries,
            Form::Stored(stored) => stored.entries.get_or_init(|| (stored.read)(&stored.text)),
        }
    }

    fn place(&self, name: &str) -> Result<usize, usize> {
        self.entries().binary_search_by(|(key, _)| key.as_str().cmp(name))
    }

    /// What has that name.
    pub fn get(&self, name: &str) -> Option<&V> {
        // Of few, most are told apart by their length.
        let entries = self.entries();
        if entries.len() <= FEW {
            return entries.iter().find(|(key, _)| key.as_str() == name).map(|(_, value)| value);
        }
        self.place(name).ok().map(|at| &entries[at].1)
    }

    /// Whether something has that name.
    pub fn contains_key(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.entries().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries().is_empty()
    }

    /// Names and what they stand for, in order of name.
    pub fn iter(&self) -> Iter<'_, V> {
        self.entries().iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The names, in order.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &str> {
        self.entries().iter().map(|(name, _)| name.as_str())
    }

    /// What they stand for, in order of name.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &V> {
        self.entries().iter().map(|(_, value)| value)
    }

    /// Whether both are one and the same in memory; what is not may be equal all the same.
    pub fn is_same(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Form::Read(a), Form::Read(b)) => Arc::ptr_eq(a, b),
            (Form::Stored(a), Form::Stored(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }

    /// Its text, if nobody has looked at it yet.
    fn unread(&self) -> Option<&Stored<V>> {
        match &self.0 {
            Form::Stored(stored) if stored.entries.get().is_none() => Some(stored),
            _ => None,
        }
    }

    fn from_entries(mut entries: Vec<(Key, V)>) -> Self {
        entries.shrink_to_fit();
        // Most come in order; of two of one name the later one counts, as in every map.
        if !entries.is_sorted_by(|(a, _), (b, _)| a < b) {
            entries.reverse();
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            entries.dedup_by(|(later, _), (earlier, _)| later == earlier);
        }
        Self(Form::Read(Arc::new(entries)))
    }
}

impl<V: Clone> Map<V> {
    /// The entries, of this map alone.
    fn own(&mut self) -> &mut Vec<(Key, V)> {
        if let Form::Stored(_) = self.0 {
            self.0 = Form::Read(Arc::new(self.entries().to_vec()));
        }
        match &mut self.0 {
            Form::Read(entries) => Arc::make_mut(entries),
            Form::Stored(_) => unreachable!("invariant: it was read right before"),
        }
    }

    fn into_entries(mut self) -> Vec<(Key, V)> {
        std::mem::take(self.own())
    }

    /// What has that name, to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut V> {
        let at = self.place(name).ok()?;
        Some(&mut self.own()[at].1)
    }

    /// Sets what has a name, and gives back what had it.
    pub fn insert(&mut self, name: impl Into<Key>, value: V) -> Option<V> {
        let name = name.into();
        let place = self.place(&name);
        let entries = self.own();
        match place {
            Ok(at) => Some(std::mem::replace(&mut entries[at].1, value)),
            Err(at) => {
                entries.insert(at, (name, value));
                None
            }
        }
    }

    /// Takes one out.
    pub fn remove(&mut self, name: &str) -> Option<V> {
        let at = self.place(name).ok()?;
        Some(self.own().remove(at).1)
    }

    /// Keeps what passes the test.
    pub fn retain(&mut self, mut test: impl FnMut(&str, &V) -> bool) {
        if !self.iter().all(|(name, value)| test(name, value)) {
            self.own().retain(|(name, value)| test(name, value));
        }
    }

    /// Sets each of these.
    pub fn extend<K: Into<Key>>(&mut self, others: impl IntoIterator<Item = (K, V)>) {
        let mut all = std::mem::take(self).into_entries();
        all.extend(others.into_iter().map(|(name, value)| (name.into(), value)));
        *self = Self::from_entries(all);
    }

    /// Names and what they stand for, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut V)> {
        self.own().iter_mut().map(|(name, value)| (name.as_str(), value))
    }

    /// What they stand for, to be changed.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.own().iter_mut().map(|(_, value)| value)
    }
}

impl Map {
    /// The same with every sensitive part replaced by its keyed hash, fit to be stored.
    #[must_use]
    pub fn sealed(&self, key: &[u8]) -> Self {
        if !self.values().any(Value::has_unsealed) {
            return self.clone();
        }
        self.iter().map(|(name, value)| (name, value.sealed(key))).collect()
    }
}

impl<V> Clone for Map<V> {
    fn clone(&self) -> Self {
        Self(match &self.0 {
            Form::Read(entries) => Form::Read(Arc::clone(entries)),
            Form::Stored(stored) => Form::Stored(Arc::clone(stored)),
        })
    }
}

impl<V> Default for Map<V> {
    fn default() -> Self {
        Self(Form::Read(Arc::default()))
    }
}

impl std::ops::Index<&str> for Map {
    type Output = Value;

    /// Nothing stands for what is not there.
    fn index(&self, name: &str) -> &Value {
        self.get(name).unwrap_or(&Value::Null)
    }
}

impl<V: PartialEq> PartialEq for Map<V> {
    /// What was stored is mostly as it would be stored again: then it need not be read.
    fn eq(&self, other: &Self) -> bool {
        let same_text = || match (self.unread(), other.unread()) {
            (None, None) => false,
            (Some(a), Some(b)) => *a.text == *b.text,
            (Some(a), None) => (a.says)(&a.text, other.entries()),
            (None, Some(b)) => (b.says)(&b.text, self.entries()),
        };
        self.is_same(other) || same_text() || self.entries() == other.entries()
    }
}

impl<V: fmt::Debug> fmt::Debug for Map<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<K: Into<Key>, V> FromIterator<(K, V)> for Map<V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(items: I) -> Self {
        Self::from_entries(items.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }
}

impl<K: Into<Key>, V, const N: usize> From<[(K, V); N]> for Map<V> {
    fn from(items: [(K, V); N]) -> Self {
        items.into_iter().collect()
    }
}

impl<V: Clone> IntoIterator for Map<V> {
    type Item = (Key, V);
    type IntoIter = std::vec::IntoIter<(Key, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.into_entries().into_iter()
    }
}

impl<'a, V> IntoIterator for &'a Map<V> {
    type Item = (&'a str, &'a V);
    type IntoIter = Iter<'a, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<V: Serialize> Serialize for Map<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Map<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<V>(PhantomData<V>);
        impl<'de, V: Deserialize<'de>> Visitor<'de> for Entries<V> {
            type Value = Map<V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Map<V>, A::Error> {
                let mut entries = Vec::with_capacity(map.size_hint().unwrap_or_default());
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Map::from_entries(entries))
            }
        }
        deserializer.deserialize_map(Entries(PhantomData))
    }
}

/// How many brackets open in a text. Counted in bytes, of which a machine takes many at a time.
fn brackets(text: &str) -> usize {
    let opens = |byte: &u8| u8::from(matches!(byte, b'[' | b'{'));
    text.as_bytes().chunks(128).map(|some| usize::from(some.iter().map(opens).sum::<u8>())).sum()
}

/// Most brackets in a text that is left for later: far from what a reader of JSON refuses.
const MAX_BRACKETS: usize = 100;

impl Map {
    /// Reads what was taken over without being read, to know whether it is as we store it: what
    /// somebody else wrote may be JSON that we do not read.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn check(&self) -> serde_json::Result<()> {
        self.unread().map_or(Ok(()), |stored| serde_json::from_str::<Self>(&stored.text).map(drop))
    }

    /// Takes over a stored map without reading it, of which most are never looked at. What of our
    /// own could turn out wrong inside is read at once.
    ///
    /// # Errors
    /// When it is not a stored map.
    pub fn stored<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = stored::text(deserializer)?;
        let shown: &str = &text;
        let own = |(at, _): (usize, &str)| shown.as_bytes()[..at].ends_with(b"\"");
        let plain = shown.starts_with('{') && !shown.match_indices('$').any(own);
        if !plain || brackets(shown) > MAX_BRACKETS {
            return serde_json::from_str(shown).map_err(serde::de::Error::custom);
        }
        let read = |text: &str| {
            let map: Self = serde_json::from_str(text).expect(
                "invariant: what we stored, or was checked, and has no names of our own is a map",
            );
            map.into_entries()
        };
        let says = |text: &str, entries: &[(Key, Value)]| Shown(text).is_map(entries) == Some("");
        Ok(Self(Form::Stored(Arc::new(Stored { text, read, says, entries: OnceLock::new() }))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(attributes: &Map) -> String {
        format!("{attributes:?}")
    }

    #[test]
    fn the_later_one_of_a_name_counts_and_names_are_in_order() {
        let made: Map = [("b", Value::Int(1)), ("a", Value::Int(2)), ("b", Value::Int(3))].into();
        assert_eq!(shown(&made), r#"{"a": 2, "b": 3}"#);
        let text = serde_json::to_string(&made).expect("stored");
        assert_eq!(text, r#"{"a":2,"b":3}"#);
        let read: Map = serde_json::from_str(r#"{"b":3,"a":9,"a":2}"#).expect("read");
        assert_eq!(read, made);
    }

    #[test]
    fn a_stored_map_is_as_one_that_is_read_at_once() {
        #[derive(Deserialize)]
        struct Kept(#[serde(deserialize_with = "Map::stored")] Map);
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(110), "]".repeat(110));
        let texts = [
            "{}",
            r#"{"b":{"c":[1,2.5]},"a":null}"#,
            r#" {"a":{"$fingerprint":"ab"}} "#,
            r#"{"$map":{"$pending":1}}"#,
            "[1]",
            "7",
            r#"{"a":{"$fingerprint":7}}"#,
            r#"{"a":"#,
            &deep,
        ];
        for text in texts {
            let read = serde_json::from_str::<Map>(text).ok();
            let kept = serde_json::from_str::<Kept>(text).ok().map(|kept| kept.0);
            assert_eq!(kept, read, "{text}");
        }
        let same = [r#"{"a":[1,{"b":"c"}],"d":null}"#, r#"{"d":null,"a":[1,{"b":"c"}]}"#];
        let other = [r#"{"a":[1,{"b":"c"}]}"#, r#"{"a":[1,{"b":"c"}],"d":0}"#];
        let read: Map = serde_json::from_str(same[0]).expect("read");
        for (text, is_same) in
            same.map(|text| (text, true)).into_iter().chain(other.map(|text| (text, false)))
        {
            let Kept(kept) = serde_json::from_str(text).expect("kept");
            let Kept(again) = serde_json::from_str(same[0]).expect("kept");
            assert_eq!(again == kept, is_same, "{text}");
            let Kept(kept) = serde_json::from_str(text).expect("kept");
            assert_eq!((kept == read, read == kept), (is_same, is_same), "{text}");
            // What is as it would be stored was not read for that.
            assert_eq!(kept.unread().is_some(), text == same[0], "{text}");
        }
        for (text, value) in [
            (r#"{"a":12}"#, Value::Int(1)),
            (r#"{"a":1.5}"#, Value::Int(1)),
            (r#"{"a":"b\nc"}"#, Value::text("b\\nc")),
            (r#"{"a":"b","c":"d"}"#, Value::text("b\",\"c\":\"d")),
            (r#"{"a":"b","a":"b"}"#, Value::text("c")),
            (r#"{"a":null}"#, Value::text("null")),
        ] {
            let Kept(kept) = serde_json::from_str(text).expect("kept");
            let other = Map::from([("a", value)]);
            assert_ne!(kept, other, "{text}");
        }
        for text in [r#"{"a":"\ud800"}"#, r#"{"a":1e999}"#, r#"{"a":{"\u0024fingerprint":7}}"#] {
            let Kept(kept) = serde_json::from_str(text).expect("kept");
            assert!(kept.check().is_err(), "{text}");
        }
        let Kept(mut kept) = serde_json::from_str(r#"{"a":1}"#).expect("kept");
        assert!(kept.check().is_ok());
        let first = kept.clone();
        assert!(first.is_same(&kept));
        kept.insert("b", Value::Int(2));
        assert_eq!(
            (shown(&first), shown(&kept)),
            ("{\"a\": 1}".into(), "{\"a\": 1, \"b\": 2}".into())
        );
        assert!(!first.is_same(&kept));
    }

    #[test]
    fn a_change_of_a_clone_leaves_the_first_alone() {
        let first: Map = [("a", Value::Int(1)), ("c", Value::Int(3))].into();
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
