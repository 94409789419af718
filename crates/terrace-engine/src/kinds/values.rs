//! Between attributes and what the APIs write.

use std::collections::BTreeMap;

use serde_json::{Map, json};
use terrace_api::network;
use terrace_api::{ApiError, Session};
use terrace_model::{Attributes, Kind, Type, Value};

use crate::marker::describe;

/// Attributes from pairs; nulls are left out.
pub(crate) fn attributes<const N: usize>(pairs: [(&str, Value); N]) -> Attributes {
    pairs.into_iter().filter(|(_, v)| !v.is_null()).collect()
}

/// Text, or null when it is empty.
pub(crate) fn text_or_null(text: Option<&str>) -> Value {
    text.filter(|t| !t.is_empty()).map_or(Value::Null, Value::text)
}

/// A truth value, or null when it is not told.
pub(crate) fn bool_or_null(value: Option<bool>) -> Value {
    value.map_or(Value::Null, Value::Bool)
}

/// The text of an attribute; empty when it is not there.
pub(crate) fn text<'a>(values: &'a Attributes, name: &str) -> &'a str {
    values.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The text of an attribute, if it is there.
pub(crate) fn some_text(values: &Attributes, name: &str) -> Option<String> {
    values.get(name).and_then(Value::as_str).map(str::to_owned)
}

/// A map of texts.
pub(crate) fn texts(value: Option<&Value>) -> BTreeMap<String, String> {
    let map = value.and_then(Value::as_map).into_iter().flatten();
    map.filter_map(|(k, v)| Some((k.to_owned(), v.as_str()?.to_owned()))).collect()
}

/// A list of texts.
pub(crate) fn text_list(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_list).into_iter().flatten();
    items.filter_map(|v| v.as_str().map(str::to_owned)).collect()
}

/// The same as a value.
pub(crate) fn map<const N: usize>(pairs: [(&str, Value); N]) -> Value {
    Value::Map(attributes(pairs))
}

/// Attributes by their names here and in the API.
pub(crate) type Names = [(&'static str, &'static str)];

/// What a Neutron body says of these attributes. Nothing stands for what a reset leaves: an empty
/// list or text, otherwise null, also for what names something by its id.
pub(crate) fn body(
    kind: Kind,
    values: &Attributes,
    names: &Names,
) -> Map<String, serde_json::Value> {
    let one = |(name, theirs): &(&str, &str)| {
        let value = values.get(name)?;
        let empty = match kind.schema().attribute(name).map(|a| a.ty) {
            Some(Type::List(_)) => json!([]),
            Some(Type::String) if !theirs.ends_with("_id") => json!(""),
            _ => json!(null),
        };
        let value = if value.is_null() { empty } else { value.to_json() };
        Some(((*theirs).to_owned(), value))
    };
    names.iter().filter_map(one).collect()
}

/// The description with its marker, where it is new or changes.
pub(crate) fn description(values: &Attributes, marker: &str) -> serde_json::Value {
    json!(describe(text(values, "description"), marker))
}

/// Gives an object of Neutron the tags that are desired, and tells whether any are.
pub(crate) async fn tags(
    session: &Session,
    collection: &str,
    id: &str,
    desired: &Attributes,
) -> Result<bool, ApiError> {
    let Some(tags) = desired.get("tags") else { return Ok(false) };
    session.call(network::set_tags(collection, id, &text_list(Some(tags)))).await?;
    Ok(true)
}
