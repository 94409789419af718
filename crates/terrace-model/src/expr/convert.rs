//! Conversion between our values and CEL's.

use std::collections::HashMap;
use std::sync::Arc;

use cel::Value as Cel;
use cel::objects::{Key, Map, OptionalValue};

use crate::value::Value;

/// Deepest nesting of a value that an expression takes or gives.
pub(crate) const MAX_DEPTH: usize = 64;
/// Most bytes of a value that an expression gives, see [`Value::weight`].
pub(crate) const MAX_SIZE: usize = 16 << 20;

/// A value as CEL sees it. The value must be known and revealed.
pub(crate) fn to_cel(value: &Value) -> Result<Cel, String> {
    to_cel_at(value, 0)
}

fn to_cel_at(value: &Value, depth: usize) -> Result<Cel, String> {
    check_depth(depth)?;
    Ok(match value {
        Value::Null => Cel::Null,
        Value::Bool(b) => Cel::Bool(*b),
        Value::Int(n) => Cel::Int(*n),
        Value::Float(n) => Cel::Float(*n),
        Value::String(text) => Cel::String(Arc::new(text.to_string())),
        Value::List(items) => {
            let items: Result<Vec<_>, _> =
                items.iter().map(|item| to_cel_at(item, depth + 1)).collect();
            Cel::List(Arc::new(items?))
        }
        Value::Map(map) => {
            let entries: Result<HashMap<_, _>, String> = map
                .iter()
                .map(|(key, item)| {
                    Ok((Key::String(Arc::new(key.to_owned())), to_cel_at(item, depth + 1)?))
                })
                .collect();
            Cel::Map(Map { map: Arc::new(entries?) })
        }
        Value::Sensitive(inner) => to_cel_at(inner, depth)?,
        Value::Fingerprint(_) => {
            return Err(
                "only a hash of this secret value is kept, so nothing can be computed from it"
                    .into(),
            );
        }
        Value::Pending(_) => return Err("the value is not known yet".into()),
    })
}

/// A value from what CEL computed.
pub(crate) fn from_cel(value: &Cel) -> Result<Value, String> {
    let mut left = MAX_SIZE;
    from_cel_at(value, 0, &mut left)
}

fn from_cel_at(value: &Cel, depth: usize, left: &mut usize) -> Result<Value, String> {
    check_depth(depth)?;
    spend(left, Value::NODE)?;
    Ok(match unwrapped(value) {
        Cel::Null => Value::Null,
        Cel::Bool(b) => Value::Bool(*b),
        Cel::Int(n) => Value::Int(*n),
        Cel::UInt(n) => {
            Value::Int(i64::try_from(*n).map_err(|_| "the number is too large".to_owned())?)
        }
        Cel::Float(n) if n.is_finite() => Value::Float(*n),
        Cel::Float(_) => return Err("the result is not a number".into()),
        Cel::String(text) => {
            spend(left, text.len())?;
            Value::text(text.as_str())
        }
        Cel::List(items) => {
            let items = items.iter().map(|item| from_cel_at(item, depth + 1, left));
            Value::List(items.collect::<Result<_, _>>()?)
        }
        Cel::Map(map) => {
            let mut entries = Vec::with_capacity(map.map.len());
            for (key, item) in map.map.iter() {
                let Key::String(key) = key else {
                    return Err("a key of a map must be text".into());
                };
                spend(left, key.len())?;
                entries.push((key.as_str(), from_cel_at(item, depth + 1, left)?));
            }
            Value::Map(entries.into_iter().collect())
        }
        Cel::Bytes(_) => {
            return Err("these are bytes; turn them into text with `string`".into());
        }
        _ => return Err("the result is not a value that can be used here".into()),
    })
}

/// What an optional holds; null for nothing.
pub(crate) fn unwrapped(value: &Cel) -> &Cel {
    match <&OptionalValue>::try_from(value) {
        Ok(optional) => optional.value().map_or(&Cel::Null, unwrapped),
        Err(_) => value,
    }
}

fn check_depth(depth: usize) -> Result<(), String> {
    if depth > MAX_DEPTH {
        Err(format!("the value is nested more than {MAX_DEPTH} deep"))
    } else {
        Ok(())
    }
}

fn spend(left: &mut usize, amount: usize) -> Result<(), String> {
    *left = left
        .checked_sub(amount)
        .ok_or_else(|| format!("the result is larger than {} MiB", MAX_SIZE >> 20))?;
    Ok(())
}
