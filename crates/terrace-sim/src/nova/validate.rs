//! Request bodies against their schemas, with the messages of Nova's validator.

use super::bad_request;
use crate::web::{Object, Reply, python};
use serde_json::Value;

/// The refusal of a value.
pub(crate) fn invalid(field: &str, value: &Value, reason: &str) -> Reply {
    let shown = match value {
        Value::String(text) => text.clone(),
        other => python(other),
    };
    bad_request(&format!("Invalid input for field/attribute {field}. Value: {shown}. {reason}"))
}

/// The object under `key`, which is all that the body may hold besides `others`.
pub(crate) fn under<'a>(body: &'a Object, key: &str, others: &[&str]) -> Result<&'a Object, Reply> {
    let Some(value) = body.get(key) else {
        return Err(bad_request(&format!("'{key}' is a required property")));
    };
    if let Some(extra) = body.keys().find(|name| *name != key && !others.contains(&name.as_str())) {
        let message = format!("Additional properties are not allowed ('{extra}' was unexpected)");
        return Err(bad_request(&message));
    }
    value
        .as_object()
        .ok_or_else(|| invalid(key, value, &format!("{} is not of type 'object'", python(value))))
}

/// An object must have these fields and may have no others but `allowed`.
pub(crate) fn fields(
    name: &str,
    object: &Object,
    required: &[&str],
    allowed: &[&str],
) -> Result<(), Reply> {
    let whole = || Value::Object(object.clone());
    if let Some(missing) = required.iter().find(|field| !object.contains_key(**field)) {
        return Err(invalid(name, &whole(), &format!("'{missing}' is a required property")));
    }
    let unexpected: Vec<String> = object
        .keys()
        .filter(|field| !required.contains(&field.as_str()) && !allowed.contains(&field.as_str()))
        .map(|field| format!("'{field}'"))
        .collect();
    match unexpected.len() {
        0 => Ok(()),
        number => {
            let verb = if number == 1 { "was" } else { "were" };
            let list = unexpected.join(", ");
            let reason =
                format!("Additional properties are not allowed ({list} {verb} unexpected)");
            Err(invalid(name, &whole(), &reason))
        }
    }
}

/// A text of `low` to `high` characters.
pub(crate) fn text<'a>(
    field: &str,
    value: &'a Value,
    low: usize,
    high: usize,
) -> Result<&'a str, Reply> {
    let shown = python(value);
    let Some(text) = value.as_str() else {
        return Err(invalid(field, value, &format!("{shown} is not of type 'string'")));
    };
    let length = text.chars().count();
    if length < low {
        return Err(invalid(field, value, &format!("{shown} is too short")));
    }
    if length > high {
        return Err(invalid(field, value, &format!("{shown} is too long")));
    }
    Ok(text)
}

/// A name: 1 to 255 characters, printable, no blanks at the ends.
pub(crate) fn name<'a>(field: &str, value: &'a Value) -> Result<&'a str, Reply> {
    let name = text(field, value, 1, 255)?;
    if name.trim() != name || name.chars().any(char::is_control) {
        let reason = format!(
            "An invalid '{field}' value was provided. The {field} must be: printable characters. \
             Can not start or end with whitespace."
        );
        return Err(bad_request(&reason));
    }
    Ok(name)
}

/// A UUID.
pub(crate) fn uuid<'a>(field: &str, value: &'a Value) -> Result<&'a str, Reply> {
    let kind = if value.is_string() { "a 'uuid'" } else { "of type 'string'" };
    let found = value.as_str().filter(|text| uuid::Uuid::parse_str(text).is_ok());
    found.ok_or_else(|| invalid(field, value, &format!("{} is not {kind}", python(value))))
}

/// Metadata: short texts under plain names.
pub(crate) fn metadata(field: &str, value: &Value) -> Result<Vec<(String, String)>, Reply> {
    let Some(map) = value.as_object() else {
        let reason = format!("{} is not of type 'object'", python(value));
        return Err(invalid(field, value, &reason));
    };
    let mut out = Vec::new();
    for (key, value_of) in map {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_:. ".contains(c);
        if key.is_empty() || key.chars().count() > 255 || !key.chars().all(plain) {
            let reason =
                format!("'{key}' does not match any of the regexes: '^[a-zA-Z0-9-_:. ]{{1,255}}$'");
            return Err(invalid(field, value, &reason));
        }
        out.push((key.clone(), text(key, value_of, 0, 255)?.to_owned()));
    }
    Ok(out)
}

/// Tags: at most 50, each 1 to 60 characters without comma and slash.
pub(crate) fn tags(value: &Value) -> Result<Vec<String>, Reply> {
    let Some(list) = value.as_array() else {
        let reason = format!("{} is not of type 'array'", python(value));
        return Err(invalid("tags", value, &reason));
    };
    if list.len() > 50 {
        return Err(invalid("tags", value, &format!("{} is too long", python(value))));
    }
    let mut out: Vec<String> = Vec::new();
    for (at, tag) in list.iter().enumerate() {
        let tag = self::tag(&at.to_string(), tag)?;
        if !out.iter().any(|known| known == tag) {
            out.push(tag.to_owned());
        }
    }
    Ok(out)
}

/// One tag.
pub(crate) fn tag<'a>(field: &str, value: &'a Value) -> Result<&'a str, Reply> {
    let tag = text(field, value, 1, 60)?;
    if tag.contains([',', '/']) {
        let reason = format!("{} does not match '^[^,/]*$'", python(value));
        return Err(invalid(field, value, &reason));
    }
    Ok(tag)
}

const YES: [&str; 8] = ["True", "TRUE", "true", "1", "ON", "On", "on", "YES"];
const MORE_YES: [&str; 2] = ["Yes", "yes"];
const NO: [&str; 10] = ["False", "FALSE", "false", "0", "OFF", "Off", "off", "NO", "No", "no"];

/// A truth value in any of Nova's spellings.
pub(crate) fn truth(field: &str, value: &Value) -> Result<bool, Reply> {
    match value {
        Value::Bool(flag) => return Ok(*flag),
        Value::String(text)
            if YES.contains(&text.as_str()) || MORE_YES.contains(&text.as_str()) =>
        {
            return Ok(true);
        }
        Value::String(text) if NO.contains(&text.as_str()) => return Ok(false),
        _ => {}
    }
    let list =
        |words: &[&str]| words.iter().map(|w| format!("'{w}'")).collect::<Vec<_>>().join(", ");
    let yes: Vec<&str> = YES.into_iter().chain(MORE_YES).collect();
    let words = format!("[True, {}, False, {}]", list(&yes), list(&NO));
    Err(invalid(field, value, &format!("{} is not one of {words}", python(value))))
}

/// An address by which a server is reached; of which family, the field's name says.
pub(crate) fn address(field: &str, value: &Value) -> Result<String, Reply> {
    let text = value.as_str().unwrap_or_default();
    let fits = match field {
        "accessIPv4" => text.is_empty() || text.parse::<std::net::Ipv4Addr>().is_ok(),
        _ => text.is_empty() || text.parse::<std::net::Ipv6Addr>().is_ok(),
    };
    if fits {
        return Ok(text.to_owned());
    }
    let kind = if field == "accessIPv4" { "ipv4" } else { "ipv6" };
    Err(invalid(field, value, &format!("{} is not a '{kind}'", python(value))))
}
