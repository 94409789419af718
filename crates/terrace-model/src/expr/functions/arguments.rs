//! Arguments of a function, taken by place and type.

use super::too_large;
use crate::expr::convert::MAX_SIZE;
use crate::map::Map;
use crate::value::Value;

/// The values a function is called with; how many there are was checked.
pub(crate) struct Arguments(Vec<Value>);

const PLACES: [&str; 4] = ["first", "second", "third", "fourth"];

impl Arguments {
    pub(super) fn new(values: Vec<Value>) -> Self {
        Self(values)
    }

    pub(super) fn all(&self) -> &[Value] {
        &self.0
    }

    pub(super) fn get(&self, index: usize) -> Option<&Value> {
        self.0.get(index)
    }

    pub(super) fn value(&self, index: usize) -> &Value {
        self.get(index).unwrap_or(&Value::Null)
    }

    pub(super) fn text(&self, index: usize) -> Result<&str, String> {
        self.value(index).as_str().ok_or_else(|| self.wrong(index, "text"))
    }

    pub(super) fn int(&self, index: usize) -> Result<i64, String> {
        self.value(index).as_int().ok_or_else(|| self.wrong(index, "a whole number"))
    }

    pub(super) fn int_or(&self, index: usize, otherwise: i64) -> Result<i64, String> {
        if index < self.0.len() { self.int(index) } else { Ok(otherwise) }
    }

    pub(super) fn list(&self, index: usize) -> Result<&[Value], String> {
        self.value(index).as_list().ok_or_else(|| self.wrong(index, "a list"))
    }

    pub(super) fn map(&self, index: usize) -> Result<&Map, String> {
        self.value(index).as_map().ok_or_else(|| self.wrong(index, "a map"))
    }

    /// One list of many, or the arguments themselves.
    pub(super) fn one_list_or_all(&self) -> &[Value] {
        match self.all() {
            [Value::List(items)] => items,
            all => all,
        }
    }

    /// A complaint about an argument.
    pub(super) fn wrong(&self, index: usize, wanted: &str) -> String {
        let found = self.value(index).describe();
        match PLACES.get(index) {
            _ if self.0.len() == 1 => format!("the argument must be {wanted}, not {found}"),
            Some(place) => format!("the {place} argument must be {wanted}, not {found}"),
            None => format!("argument {} must be {wanted}, not {found}", index + 1),
        }
    }
}

/// Refuses what would have so many bytes.
pub(super) fn bound(bytes: Option<usize>) -> Result<(), String> {
    match bytes {
        Some(bytes) if bytes <= MAX_SIZE => Ok(()),
        _ => Err(too_large()),
    }
}

/// A text, number or truth value as text.
pub(super) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.to_string()),
        Value::Int(n) => Some(n.to_string()),
        Value::Float(n) => Some(n.to_string()),
        Value::Bool(b) => Some(b.to_string()),
        _ => None,
    }
}
