//! Writing YAML that readers of 1.1 and of 1.2 take for the same: what could be anything but text is
//! quoted, as JSON quotes it.

use crate::value::Value;

/// Words that some reader takes for a truth value, for nothing or for a merge.
const WORDS: [&str; 10] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan"];

/// A value as a YAML document.
pub(super) fn yaml_text(value: &Value) -> String {
    let mut text = String::new();
    write(value, 0, &mut text);
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// Writes a value at the end of a line that is indented so much already.
fn write(value: &Value, depth: usize, text: &mut String) {
    match value {
        Value::Map(map) if !map.is_empty() => {
            for (index, (key, item)) in map.iter().enumerate() {
                if index > 0 {
                    indent(depth, text);
                }
                text.push_str(&scalar(key));
                text.push(':');
                nested(item, depth, text);
            }
        }
        Value::List(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    indent(depth, text);
                }
                text.push_str("- ");
                write(item, depth + 1, text);
                end_line(text);
            }
        }
        Value::String(plain) => text.push_str(&scalar(plain)),
        other => text.push_str(&other.to_json().to_string()),
    }
}

/// The value of a key: lists and maps begin on a line of their own.
fn nested(value: &Value, depth: usize, text: &mut String) {
    let full = value.as_map().is_some_and(|map| !map.is_empty())
        || value.as_list().is_some_and(|list| !list.is_empty());
    if full {
        text.push('\n');
        indent(depth + 1, text);
        write(value, depth + 1, text);
    } else {
        text.push(' ');
        write(value, depth, text);
    }
    end_line(text);
}

fn end_line(text: &mut String) {
    if !text.ends_with('\n') {
        text.push('\n');
    }
}

fn indent(depth: usize, text: &mut String) {
    text.extend(std::iter::repeat_n("  ", depth));
}

fn scalar(text: &str) -> String {
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    let letters = text.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c));
    let word = WORDS.iter().any(|word| text.eq_ignore_ascii_case(word));
    if begins && letters && !word {
        text.to_owned()
    } else {
        serde_json::Value::from(text).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_nested_is_indented() {
        let json = serde_json::json!({
            "users": [{"name": "root", "keys": ["a b", "c"]}, [], {}, [[1, 2], ["x"]]],
            "on": {"no": null, "ok": 1.5},
        });
        let text = yaml_text(&Value::from_json(&json));
        assert_eq!(
            text,
            "\"on\":\n  \"no\": null\n  ok: 1.5\nusers:\n  - keys:\n      - \"a b\"\n      - c\n    name: root\n  - []\n  - {}\n  - - - 1\n      - 2\n    - - x\n"
        );
        let read: serde_json::Value = serde_yaml::from_str(&text).expect("YAML");
        assert_eq!(read, json);
    }
}
