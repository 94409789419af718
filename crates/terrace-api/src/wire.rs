//! What the decoded answers share: names of their envelopes and tolerance for odd values.

use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use terrace_model::Map;

/// A shape that answers are decoded into.
pub trait Wire: DeserializeOwned + Send {
    /// What it is called in messages.
    const NAME: &'static str;
    /// The key a single object stands under; empty when it is the body itself.
    const ONE: &'static str;
    /// The key a list stands under.
    const MANY: &'static str;
}

/// A null where the API promises a value reads as the empty one.
pub(crate) fn nullable<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// A list, or null for an empty one, in no more memory than it needs: of very many objects, most
/// have one of each.
pub(crate) fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let mut items: Vec<T> = nullable(deserializer)?;
    items.shrink_to_fit();
    Ok(items)
}

/// Lists by name.
pub(crate) fn lists<'de, D, T>(deserializer: D) -> Result<Map<Vec<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Clone,
{
    let mut lists: Map<Vec<T>> = nullable(deserializer)?;
    lists.values_mut().for_each(Vec::shrink_to_fit);
    Ok(lists)
}

/// `{"id": X}` gives X; `""`, null and an object without id give none.
pub(crate) fn id_of<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(value.get("id").map(text_of).filter(|id| !id.is_empty()))
}

/// Identifiers are text, but some clouds write numbers.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let value = Value::deserialize(deserializer)?;
    match value {
        Value::String(_) | Value::Number(_) => Ok(text_of(&value)),
        _ => Err(serde::de::Error::custom("expected text")),
    }
}

/// `""` and null read as none.
pub(crate) fn non_empty<'de, D>(deserializer: D) -> Result<Option<String>, D::Error>
where
    D: Deserializer<'de>,
{
    Ok(Option::<String>::deserialize(deserializer)?.filter(|text| !text.is_empty()))
}

/// Nova writes `"True"` or `""` where it means a boolean.
pub(crate) fn truth<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Bool(value) => value,
        Value::String(text) => matches!(text.to_ascii_lowercase().as_str(), "true" | "1" | "yes"),
        _ => false,
    })
}

/// `[{"name": X}, ...]` gives the names, in order.
pub(crate) fn names<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
    Ok(items.iter().filter_map(|item| item.get("name")).map(text_of).collect())
}

/// Text that is never shown.
pub(crate) fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretString, D::Error> {
    String::deserialize(deserializer).map(SecretString::from)
}

/// Text as it is, anything else as JSON.
pub(crate) fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A path segment with everything escaped that would end it.
pub(crate) fn segment(text: &str) -> String {
    escape(text, b"-_.~")
}

/// Percent-escapes everything but letters, digits and `keep`.
pub(crate) fn escape(text: &str, keep: &[u8]) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || keep.contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for digit in [byte >> 4, byte & 15] {
                out.push(char::from(b"0123456789ABCDEF"[usize::from(digit)]));
            }
        }
    }
    out
}

/// Undoes [`escape`] and the `+` of query strings.
pub(crate) fn unescape(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|pair| std::str::from_utf8(pair).ok());
        match (bytes[at], hex.and_then(|pair| u8::from_str_radix(pair, 16).ok())) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 2;
            }
            (b'+', _) => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}
