//! Values for people.

use std::collections::BTreeMap;

use terrace_model::Value;

/// A value as text; ids are shown with the name they have.
pub(crate) fn shown(value: &Value, names: &BTreeMap<String, String>) -> String {
    match value {
        Value::Null => "nothing".into(),
        Value::String(text) => match names.get(text.as_str()) {
            Some(name) => format!("{name} ({text})"),
            None => quoted(text),
        },
        Value::Pending(_) => pending(value),
        Value::Sensitive(_) | Value::Fingerprint(_) => "(sensitive)".into(),
        Value::List(items) => {
            let items: Vec<_> = items.iter().map(|v| shown(v, names)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Map(map) => {
            let entries: Vec<_> =
                map.iter().map(|(k, v)| format!("{k}: {}", shown(v, names))).collect();
            format!("{{{}}}", entries.join(", "))
        }
        plain => plain.to_json().to_string(),
    }
}

/// Text in quotes, with what does not print escaped; long texts are cut.
fn quoted(text: &str) -> String {
    const MOST: usize = 120;
    let short: String = text.chars().take(MOST).collect();
    let cut = if short.len() < text.len() { "..." } else { "" };
    format!("{short:?}{cut}")
}

fn pending(value: &Value) -> String {
    let mut origins: Vec<String> = value.origins().iter().map(|o| o.address.to_string()).collect();
    origins.dedup();
    match origins.as_slice() {
        [] => "(known after apply)".into(),
        [one] => format!("(known after {one} is created)"),
        [one, rest @ ..] => format!("(known after {one} and {} more are created)", rest.len()),
    }
}
