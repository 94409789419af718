//! As much of JSON Schema as `state/schema` uses; a keyword that is not known here is a failure, so
//! that the schema cannot say something that nothing checks.

use serde_json::Value;

/// Where a document breaks a schema; nothing if it does not.
pub(crate) fn check(root: &Value, schema: &Value, found: &Value, at: &str) -> Vec<String> {
    let mut errors = Vec::new();
    for (keyword, rule) in schema.as_object().expect("a schema is an object") {
        match keyword.as_str() {
            "$schema" | "$id" | "$defs" | "title" | "description" => {}
            "$ref" => errors.extend(check(root, resolve(root, rule), found, at)),
            "type" if !has_type(rule, found) => errors.push(format!("{at}: not {rule}")),
            "const" if rule != found => errors.push(format!("{at}: not {rule}")),
            "enum" if !items(rule).contains(found) => {
                errors.push(format!("{at}: not one of {rule}"));
            }
            "minimum" if found.as_f64() < rule.as_f64() => {
                errors.push(format!("{at}: less than {rule}"));
            }
            "required" => errors.extend(missing(rule, found, at)),
            "properties" | "additionalProperties" => {
                errors.extend(members(root, schema, keyword, found, at));
            }
            "items" => {
                let all = found.as_array().into_iter().flatten().enumerate();
                errors.extend(
                    all.flat_map(|(n, item)| check(root, rule, item, &format!("{at}/{n}"))),
                );
            }
            "anyOf" if !items(rule).iter().any(|one| check(root, one, found, at).is_empty()) => {
                errors.push(format!("{at}: none of the forms"));
            }
            "type" | "const" | "enum" | "minimum" | "anyOf" => {}
            other => panic!("{at}: the keyword {other} is not known"),
        }
    }
    errors
}

fn items(rule: &Value) -> &Vec<Value> {
    rule.as_array().expect("a list")
}

fn resolve<'a>(root: &'a Value, rule: &Value) -> &'a Value {
    let pointer = rule.as_str().and_then(|text| text.strip_prefix('#')).expect("a local reference");
    root.pointer(pointer).expect("a definition")
}

fn has_type(rule: &Value, found: &Value) -> bool {
    let one = |name: &Value| match name.as_str().expect("a type") {
        "object" => found.is_object(),
        "array" => found.is_array(),
        "string" => found.is_string(),
        "integer" => found.is_i64() || found.is_u64(),
        "number" => found.is_number(),
        "boolean" => found.is_boolean(),
        "null" => found.is_null(),
        other => panic!("the type {other} is not known"),
    };
    rule.as_array().map_or_else(|| one(rule), |names| names.iter().any(one))
}

fn missing(rule: &Value, found: &Value, at: &str) -> Vec<String> {
    let names = items(rule).iter().filter_map(Value::as_str);
    names
        .filter(|name| found.get(name).is_none())
        .map(|name| format!("{at}: {name} is missing"))
        .collect()
}

fn members(root: &Value, schema: &Value, keyword: &str, found: &Value, at: &str) -> Vec<String> {
    let named = schema.get("properties").and_then(Value::as_object);
    let mut errors = Vec::new();
    for (name, value) in found.as_object().into_iter().flatten() {
        let below = format!("{at}/{name}");
        match (keyword, named.and_then(|named| named.get(name)), &schema[keyword]) {
            ("properties", Some(rule), _) => errors.extend(check(root, rule, value, &below)),
            ("properties", None, _) | (_, Some(_), _) => {}
            (_, None, Value::Bool(false)) => errors.push(format!("{below}: not known")),
            (_, None, Value::Bool(true)) => {}
            (_, None, rule) => errors.extend(check(root, rule, value, &below)),
        }
    }
    errors
}
