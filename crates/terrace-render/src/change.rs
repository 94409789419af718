//! One attribute that changes: texts of lines by line, lists and maps by entry, the rest whole.

use std::collections::BTreeMap;

use similar::TextDiff;
use terrace_model::{Map, OnChange, Value};
use terrace_plan::AttributeChange;

use crate::value::shown;

type Names = BTreeMap<String, String>;

/// The lines of a plan for it.
pub(crate) fn lines(change: &AttributeChange, names: &Names) -> Vec<String> {
    let effect = match change.effect {
        OnChange::InPlace => "",
        OnChange::Resize => "   # resizes",
        OnChange::Rebuild => "   # rebuilds: the root disk is lost",
        OnChange::Replace => "   # replaces",
    };
    let parts = match (&change.before, &change.after) {
        (Value::String(before), Value::String(after)) => text(before, after),
        (Value::List(before), Value::List(after)) => list(before, after, names),
        (Value::Map(before), Value::Map(after)) => map(before, after, names),
        _ => None,
    };
    let Some(parts) = parts else {
        let (before, after) = (shown(&change.before, names), shown(&change.after, names));
        return vec![format!("        {}: {before} -> {after}{effect}", change.attribute)];
    };
    let head = format!("        {}:{effect}", change.attribute);
    let parts = parts.into_iter().map(|part| format!("          {part}"));
    std::iter::once(head).chain(parts).collect()
}

/// A text of several lines, as `diff -u` shows it.
fn text(before: &str, after: &str) -> Option<Vec<String>> {
    let long = |text: &str| text.trim_end().contains('\n');
    (long(before) || long(after)).then(|| {
        let diff = TextDiff::from_lines(before, after);
        let text = diff.unified_diff().context_radius(2).to_string();
        text.lines().map(ToOwned::to_owned).collect()
    })
}

/// A list with entries of several fields: what goes and what comes. `None` where the order is all
/// that changes, and for lists that are read at a glance.
fn list(before: &[Value], after: &[Value], names: &Names) -> Option<Vec<String>> {
    let several = before.iter().chain(after).any(|entry| matches!(entry, Value::Map(_)));
    let (gone, new) = (without(before, after), without(after, before));
    if !several || before.len().max(after.len()) < 2 || (gone.is_empty() && new.is_empty()) {
        return None;
    }
    let kept = after.len() - new.len();
    let gone = gone.iter().map(|entry| format!("- {}", shown(entry, names)));
    let new = new.iter().map(|entry| format!("+ {}", shown(entry, names)));
    Some(gone.chain(new).chain(unchanged(kept)).collect())
}

/// The entries that the other list has not, as often as it has them less.
fn without<'a>(entries: &'a [Value], other: &[Value]) -> Vec<&'a Value> {
    let mut other: Vec<Option<&Value>> = other.iter().map(Some).collect();
    let mut taken = |entry: &Value| {
        other.iter_mut().find(|slot| **slot == Some(entry)).and_then(Option::take).is_some()
    };
    entries.iter().filter(|entry| !taken(entry)).collect()
}

/// A map of several keys: those that go, come or change.
fn map(before: &Map, after: &Map, names: &Names) -> Option<Vec<String>> {
    if before.len().max(after.len()) < 2 {
        return None;
    }
    let gone = before.iter().filter(|(key, _)| !after.contains_key(key));
    let gone = gone.map(|(key, value)| format!("- {key}: {}", shown(value, names)));
    let mut kept = 0;
    let mut there = Vec::new();
    for (key, value) in after {
        match before.get(key) {
            None => there.push(format!("+ {key}: {}", shown(value, names))),
            Some(was) if was == value => kept += 1,
            Some(was) => {
                there.push(format!("~ {key}: {} -> {}", shown(was, names), shown(value, names)));
            }
        }
    }
    Some(gone.chain(there).chain(unchanged(kept)).collect())
}

fn unchanged(count: usize) -> Option<String> {
    (count > 0).then(|| format!("({count} unchanged)"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(before: &serde_json::Value, after: &serde_json::Value, expected: &[&str]) {
        let change = AttributeChange {
            attribute: "a".into(),
            before: Value::from_json(before),
            after: Value::from_json(after),
            effect: OnChange::InPlace,
            place: None,
        };
        let lines = lines(&change, &BTreeMap::new());
        let lines: Vec<&str> = lines.iter().map(|line| &line[8..]).collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn shows_entries_and_not_the_whole() {
        check(&json!("x"), &json!("y"), &[r#"a: "x" -> "y""#]);
        check(&json!(["x", "y"]), &json!(["y"]), &[r#"a: ["x", "y"] -> ["y"]"#]);
        check(&json!({"k": 1}), &json!({"k": 2}), &["a: {k: 1} -> {k: 2}"]);
        let (one, two, three) = (json!({"p": 1}), json!({"p": 2}), json!({"p": 3}));
        check(
            &json!([one, two]),
            &json!([two, three]),
            &["a:", "  - {p: 1}", "  + {p: 3}", "  (1 unchanged)"],
        );
        check(
            &json!([one, one]),
            &json!([one, two]),
            &["a:", "  - {p: 1}", "  + {p: 2}", "  (1 unchanged)"],
        );
        check(&json!([one, two]), &json!([two, one]), &["a: [{p: 1}, {p: 2}] -> [{p: 2}, {p: 1}]"]);
        check(
            &json!({"k": 1, "l": 1, "m": 1}),
            &json!({"l": 1, "m": 2, "n": 3}),
            &["a:", "  - k: 1", "  ~ m: 1 -> 2", "  + n: 3", "  (1 unchanged)"],
        );
        check(
            &json!("x\ny\n"),
            &json!("x\nz\n"),
            &["a:", "  @@ -1,2 +1,2 @@", "   x", "  -y", "  +z"],
        );
    }
}
