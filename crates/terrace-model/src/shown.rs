//! Stored values beside values in memory: whether the one is the text of the other.

use crate::map::Key;
use crate::value::Value;

/// JSON that is compared with values, without reading it. Each says what comes after the value, or
/// nothing when that is not how it begins, or cannot be told so easily.
#[derive(Clone, Copy)]
pub(crate) struct Shown<'a>(pub(crate) &'a str);

impl<'a> Shown<'a> {
    pub(crate) fn is_map(self, entries: &[(Key, Value)]) -> Option<&'a str> {
        let mut rest = self.0.strip_prefix('{')?;
        for (at, (name, value)) in entries.iter().enumerate() {
            rest = rest.strip_prefix(if at > 0 { "," } else { "" })?;
            rest = Self(Self(rest).is_text(name)?.strip_prefix(':')?).is_value(value)?;
        }
        rest.strip_prefix('}')
    }

    fn is_list(self, items: &[Value]) -> Option<&'a str> {
        let mut rest = self.0.strip_prefix('[')?;
        for (at, item) in items.iter().enumerate() {
            rest = rest.strip_prefix(if at > 0 { "," } else { "" })?;
            rest = Self(rest).is_value(item)?;
        }
        rest.strip_prefix(']')
    }

    fn is_value(self, value: &Value) -> Option<&'a str> {
        match value {
            Value::Null => self.0.strip_prefix("null"),
            Value::Bool(true) => self.0.strip_prefix("true"),
            Value::Bool(false) => self.0.strip_prefix("false"),
            Value::String(text) => self.is_text(text),
            Value::List(items) => self.is_list(items),
            Value::Map(map) => self.is_map(map.entries()),
            // Of numbers there are few, and what is secret or pending is never stored like this.
            Value::Int(number) => self.0.strip_prefix(number.to_string().as_str()),
            _ => None,
        }
    }

    /// What has to be escaped is not compared.
    fn is_text(self, text: &str) -> Option<&'a str> {
        let plain = !text.as_bytes().contains(&b'"') && !text.as_bytes().contains(&b'\\');
        let rest = self.0.strip_prefix('"')?.strip_prefix(text)?.strip_prefix('"')?;
        plain.then_some(rest)
    }
}
