//! Functions on maps.

use std::collections::BTreeMap;

use super::arguments::Arguments;
use super::{Function, Run, function};
use crate::map::Map;
use crate::value::Value;

pub(super) static TABLE: [Function; 7] = [
    function(
        ["entries", "entries(map)"],
        "The entries of the map as a list of `{key, value}`, in order of key.",
        [r#"entries({"b": 2, "a": 1})"#, r#"[{"key":"a","value":1},{"key":"b","value":2}]"#],
        Run::Plain(|a| {
            let entry = |(key, value): (&str, &Value)| {
                let fields = [("key", Value::text(key)), ("value", value.clone())];
                Value::Map(fields.into())
            };
            Ok(Value::List(a.map(0)?.iter().map(entry).collect()))
        }),
    ),
    function(
        ["keys", "keys(map)"],
        "The keys of the map, in order.",
        [r#"keys({"b": 2, "a": 1})"#, r#"["a","b"]"#],
        Run::Plain(|a| Ok(Value::texts(a.map(0)?.keys()))),
    ),
    function(
        ["values", "values(map)"],
        "The values of the map, in order of their keys.",
        [r#"values({"b": 2, "a": 1})"#, "[1,2]"],
        Run::Plain(|a| Ok(Value::List(a.map(0)?.values().cloned().collect()))),
    ),
    function(
        ["merge", "merge(map, ...)"],
        "One map of the entries of all; of entries with the same key the last one wins.",
        [r#"merge({"a": 1, "b": 2}, {"b": 3})"#, r#"{"a":1,"b":3}"#],
        Run::Plain(|a| {
            let mut merged = Map::new();
            for index in 0..a.all().len() {
                merged.extend(a.map(index)?.clone());
            }
            Ok(Value::Map(merged))
        }),
    ),
    function(
        ["pick", "pick(map, keys)"],
        "The entries of the map whose keys are in the list.",
        [r#"pick({"a": 1, "b": 2}, ["a", "c"])"#, r#"{"a":1}"#],
        Run::Plain(|a| keep(a, true)),
    ),
    function(
        ["omit", "omit(map, keys)"],
        "The entries of the map whose keys are not in the list.",
        [r#"omit({"a": 1, "b": 2}, ["a"])"#, r#"{"b":2}"#],
        Run::Plain(|a| keep(a, false)),
    ),
    function(
        ["zipmap", "zipmap(keys, values)"],
        "The map of these keys to these values: the way to compute a map, with `map` for each list.",
        [r#"zipmap(["a", "b"], [1, 2])"#, r#"{"a":1,"b":2}"#],
        Run::Plain(zipmap),
    ),
];

fn keep(a: &Arguments, wanted: bool) -> Result<Value, String> {
    let keys = a.list(1)?;
    let keys: Option<Vec<&str>> = keys.iter().map(Value::as_str).collect();
    let keys = keys.ok_or("the second argument must be a list of texts")?;
    let listed = |key: &str| keys.contains(&key);
    let entries = a.map(0)?.iter().filter(|(key, _)| listed(key) == wanted);
    Ok(Value::Map(entries.map(|(key, value)| (key, value.clone())).collect()))
}

fn zipmap(a: &Arguments) -> Result<Value, String> {
    let (keys, values) = (a.list(0)?, a.list(1)?);
    if keys.len() != values.len() {
        return Err(format!("there are {} keys and {} values", keys.len(), values.len()));
    }
    let mut map = BTreeMap::new();
    for (key, value) in keys.iter().zip(values) {
        let key = key.as_str().ok_or("the keys must be texts")?;
        if map.insert(key, value.clone()).is_some() {
            return Err(format!("the key `{key}` occurs twice"));
        }
    }
    Ok(Value::Map(map.into_iter().collect()))
}
