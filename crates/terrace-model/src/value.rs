//! Values: what attributes hold. A value may be pending (known only after something is created),
//! sensitive (never shown), or a fingerprint (what is kept of a sensitive value).

use std::collections::BTreeMap;
use std::fmt;

use serde_json::json;
use sha2::{Digest, Sha256};
use smol_str::SmolStr;

use crate::address::{Address, StackName};
use crate::map::Map;

/// A value. `Debug` and `Display` never show what is sensitive.
#[derive(Clone, PartialEq)]
pub enum Value {
    /// Nothing; as an attribute the same as not given.
    Null,
    /// true or false.
    Bool(bool),
    /// Whole number.
    Int(i64),
    /// Number with a fraction.
    Float(f64),
    /// Text.
    String(SmolStr),
    /// List.
    List(Vec<Self>),
    /// Map, ordered by key.
    Map(Map),
    /// Not known yet.
    Pending(Box<Pending>),
    /// Known, and never to be shown or stored.
    Sensitive(Box<Self>),
    /// Keyed hash of a sensitive value, as it is stored and put into plans.
    Fingerprint(String),
}

/// A value that is not known until other things exist.
#[derive(Clone, Debug, PartialEq)]
pub struct Pending {
    /// What it waits for, sorted.
    pub origins: Vec<Origin>,
    /// The text it is computed from, with its `${...}`.
    pub template: String,
    /// The stack that names in the text belong to.
    pub stack: StackName,
    /// Values of `vars`, `locals`, `env`, `count`, `each` that the text uses, so that it can be
    /// computed from a saved plan alone.
    pub bindings: Map,
}

/// An attribute of an instance that is not known yet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// The instance.
    pub address: Address,
    /// The attribute.
    pub attribute: String,
}

impl Value {
    /// Text from anything that is text.
    pub fn text(text: impl Into<SmolStr>) -> Self {
        Self::String(text.into())
    }

    /// A list of texts.
    pub fn texts<T: Into<SmolStr>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::List(items.into_iter().map(Self::text).collect())
    }

    /// The text, if it is text, also through a sensitive mark.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            Self::Sensitive(inner) => inner.as_str(),
            _ => None,
        }
    }

    /// The number, if it is a whole number.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(n) => Some(*n),
            Self::Sensitive(inner) => inner.as_int(),
            _ => None,
        }
    }

    /// The truth value, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(b) => Some(*b),
            Self::Sensitive(inner) => inner.as_bool(),
            _ => None,
        }
    }

    /// The items, if it is a list.
    pub fn as_list(&self) -> Option<&[Self]> {
        match self {
            Self::List(items) => Some(items),
            Self::Sensitive(inner) => inner.as_list(),
            _ => None,
        }
    }

    /// The entries, if it is a map.
    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Self::Map(map) => Some(map),
            Self::Sensitive(inner) => inner.as_map(),
            _ => None,
        }
    }

    /// Bytes that a value takes at least, for bounds.
    pub const NODE: usize = 16;

    /// Roughly the bytes it takes.
    pub fn weight(&self) -> usize {
        Self::NODE
            + match self {
                Self::String(text) => text.len(),
                Self::List(items) => items.iter().map(Self::weight).sum(),
                Self::Map(map) => map.iter().map(|(key, item)| key.len() + item.weight()).sum(),
                Self::Sensitive(inner) => inner.weight(),
                _ => 0,
            }
    }

    /// Whether it is nothing.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether any part of it is not known yet.
    pub fn is_pending(&self) -> bool {
        self.any(&|v| matches!(v, Self::Pending(_)))
    }

    /// Whether any part of it is sensitive.
    pub fn is_sensitive(&self) -> bool {
        self.any(&|v| matches!(v, Self::Sensitive(_) | Self::Fingerprint(_)))
    }

    /// Whether sealing it would change it.
    pub(crate) fn has_unsealed(&self) -> bool {
        self.any(&|v| match v {
            Self::Sensitive(_) => true,
            Self::Pending(pending) => pending.bindings.values().any(Self::has_unsealed),
            _ => false,
        })
    }

    fn any(&self, test: &dyn Fn(&Self) -> bool) -> bool {
        test(self)
            || match self {
                Self::List(items) => items.iter().any(|v| v.any(test)),
                Self::Map(map) => map.values().any(|v| v.any(test)),
                Self::Sensitive(inner) => inner.any(test),
                _ => false,
            }
    }

    /// The texts in it that must not be shown.
    pub fn secret_texts(&self) -> Vec<&str> {
        let mut found = Vec::new();
        self.collect_secrets(false, &mut found);
        found
    }

    fn collect_secrets<'a>(&'a self, secret: bool, found: &mut Vec<&'a str>) {
        match self {
            Self::String(text) if secret => found.push(text),
            Self::List(items) => items.iter().for_each(|v| v.collect_secrets(secret, found)),
            Self::Map(map) => map.values().for_each(|v| v.collect_secrets(secret, found)),
            Self::Sensitive(inner) => inner.collect_secrets(true, found),
            _ => {}
        }
    }

    /// Everything that a pending value waits for, sorted.
    pub fn origins(&self) -> Vec<Origin> {
        let mut found = Vec::new();
        self.collect_origins(&mut found);
        found.sort();
        found.dedup();
        found
    }

    fn collect_origins(&self, found: &mut Vec<Origin>) {
        match self {
            Self::Pending(pending) => found.extend(pending.origins.iter().cloned()),
            Self::List(items) => items.iter().for_each(|v| v.collect_origins(found)),
            Self::Map(map) => map.values().for_each(|v| v.collect_origins(found)),
            Self::Sensitive(inner) => inner.collect_origins(found),
            _ => {}
        }
    }

    /// The same value with every sensitive mark taken off, for computing with; mark the result.
    pub fn revealed(&self) -> Self {
        if !self.is_sensitive() {
            return self.clone();
        }
        self.map_leaves(&|v| match v {
            Self::Sensitive(inner) => Some(inner.revealed()),
            _ => None,
        })
    }

    /// The same value with every sensitive part replaced by its keyed hash, fit to be stored.
    pub fn sealed(&self, key: &[u8]) -> Self {
        self.map_leaves(&|v| match v {
            Self::Sensitive(inner) => Some(Self::Fingerprint(inner.fingerprint(key))),
            Self::Pending(pending) => {
                let mut pending = pending.clone();
                pending.bindings.values_mut().for_each(|value| *value = value.sealed(key));
                Some(Self::Pending(pending))
            }
            _ => None,
        })
    }

    fn map_leaves(&self, change: &dyn Fn(&Self) -> Option<Self>) -> Self {
        if let Some(changed) = change(self) {
            return changed;
        }
        match self {
            Self::List(items) => Self::List(items.iter().map(|v| v.map_leaves(change)).collect()),
            Self::Map(map) => {
                Self::Map(map.iter().map(|(k, v)| (k, v.map_leaves(change))).collect())
            }
            other => other.clone(),
        }
    }

    /// Keyed hash of the value's JSON: the same value under the same key gives the same text.
    pub fn fingerprint(&self, key: &[u8]) -> String {
        let inner = Sha256::new().chain_update(key).chain_update(self.hashed_text()).finalize();
        let outer = Sha256::new().chain_update(key).chain_update(inner).finalize();
        hex(&outer)
    }

    /// What a fingerprint is made of: JSON, and for what is not known yet how it is computed.
    fn hashed_text(&self) -> String {
        match self {
            Self::Pending(pending) => {
                let bindings = pending.bindings.iter().map(|(k, v)| (k, v.hashed_text()));
                json!([pending.template, bindings.collect::<BTreeMap<_, _>>()]).to_string()
            }
            Self::Sensitive(inner) => inner.hashed_text(),
            known => known.to_json().to_string(),
        }
    }

    /// Plain JSON, for the cloud and for outputs: sensitive values are in it in clear; pending
    /// ones are null.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Null | Self::Pending(_) => serde_json::Value::Null,
            Self::Bool(b) => json!(b),
            Self::Int(n) => json!(n),
            Self::Float(n) => json!(n),
            Self::String(text) => json!(text),
            Self::Fingerprint(text) => json!(text),
            Self::List(items) => items.iter().map(Self::to_json).collect(),
            Self::Map(map) => map.iter().map(|(k, v)| (k, v.to_json())).collect(),
            Self::Sensitive(inner) => inner.to_json(),
        }
    }

    /// A value from plain JSON. Whole numbers beyond 64 bits become fractions.
    pub fn from_json(json: &serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(b) => Self::Bool(*b),
            serde_json::Value::Number(n) => {
                n.as_i64().map_or_else(|| Self::Float(n.as_f64().unwrap_or(0.0)), Self::Int)
            }
            serde_json::Value::String(text) => Self::text(text),
            serde_json::Value::Array(items) => {
                Self::List(items.iter().map(Self::from_json).collect())
            }
            serde_json::Value::Object(map) => {
                Self::Map(map.iter().map(|(k, v)| (k.clone(), Self::from_json(v))).collect())
            }
        }
    }

    /// What a user would call it, without showing it when it is sensitive.
    pub fn describe(&self) -> String {
        match self {
            Self::Null => "nothing".into(),
            Self::Bool(b) => format!("{b}"),
            Self::Int(n) => format!("the number {n}"),
            Self::Float(n) => format!("the number {n}"),
            Self::String(text) if text.chars().count() <= 40 => format!("the text `{text}`"),
            Self::String(_) => "a text".into(),
            Self::List(_) => "a list".into(),
            Self::Map(_) => "a map".into(),
            Self::Pending(_) => "a value not known yet".into(),
            Self::Sensitive(_) | Self::Fingerprint(_) => "a sensitive value".into(),
        }
    }
}

/// Lower-case hexadecimal text of bytes.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
        }
        text
    })
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pending(_) => f.write_str("(known after apply)"),
            Self::Sensitive(_) | Self::Fingerprint(_) => f.write_str("(sensitive)"),
            Self::List(items) => f.debug_list().entries(items).finish(),
            Self::Map(map) => f.debug_map().entries(map).finish(),
            plain => write!(f, "{}", plain.to_json()),
        }
    }
}
