//! Functions on regular expressions: linear in the text, bounded in size.

use regex::{Captures, Regex, RegexBuilder};

use super::arguments::{Arguments, bound};
use super::{Function, Run, function};
use crate::map::Map;
use crate::value::Value;

/// Longest pattern, in bytes, and most memory that it takes compiled.
const MAX_PATTERN: usize = 4096;
const MAX_COMPILED: usize = 1 << 20;

pub(super) static TABLE: [Function; 4] = [
    function(
        ["matches", "matches(text, pattern)"],
        "Whether the regular expression is found anywhere in the text; `^` and `$` tie it to the ends.",
        [r#"matches("web-12", "^[a-z]+-[0-9]+$")"#, "true"],
        Run::Plain(|a| Ok(Value::Bool(compiled(a)?.is_match(a.text(0)?)))),
    ),
    function(
        ["regex", "regex(text, pattern)"],
        "The first match of the regular expression; with groups what they hold: a map when they are named, as in `(?P<port>[0-9]+)`, otherwise a list. Null when nothing matches, so that a default may follow.",
        [r#"regex("web-12", "([a-z]+)-([0-9]+)")"#, r#"["web","12"]"#],
        Run::Plain(|a| {
            let pattern = compiled(a)?;
            let found = pattern.captures(a.text(0)?);
            Ok(found.map_or(Value::Null, |captures| groups(&pattern, &captures)))
        }),
    ),
    function(
        ["regex_all", "regex_all(text, pattern)"],
        "All matches that do not overlap, each as `regex` gives it.",
        [r#"regex_all("a1 b2", "[a-z][0-9]")"#, r#"["a1","b2"]"#],
        Run::Plain(regex_all),
    ),
    function(
        ["regex_replace", "regex_replace(text, pattern, new)"],
        "The text with every match replaced; `$1` or `${name}` in the new text stand for groups.",
        [r#"regex_replace("a1b22", "[0-9]+", "N")"#, r#""aNbN""#],
        Run::Plain(regex_replace),
    ),
];

fn compiled(a: &Arguments) -> Result<Regex, String> {
    let pattern = a.text(1)?;
    if pattern.len() > MAX_PATTERN {
        return Err(format!("the pattern is longer than {MAX_PATTERN} bytes"));
    }
    let mut builder = RegexBuilder::new(pattern);
    builder.size_limit(MAX_COMPILED).dfa_size_limit(MAX_COMPILED).nest_limit(50);
    builder.build().map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => "the pattern takes too much memory".into(),
        other => {
            let text = other.to_string();
            let last = text.lines().last().unwrap_or_default();
            format!("the pattern is not valid: {}", last.trim_start_matches("error: "))
        }
    })
}

fn groups(regex: &Regex, captures: &Captures<'_>) -> Value {
    let one = |group: Option<regex::Match<'_>>| {
        group.map_or(Value::Null, |group| Value::text(group.as_str()))
    };
    let named: Map = regex
        .capture_names()
        .flatten()
        .map(|name| (name.to_owned(), one(captures.name(name))))
        .collect();
    if !named.is_empty() {
        return Value::Map(named);
    }
    match captures.len() {
        1 => one(captures.get(0)),
        _ => Value::List(captures.iter().skip(1).map(one).collect()),
    }
}

fn regex_all(a: &Arguments) -> Result<Value, String> {
    let regex = compiled(a)?;
    let mut found = Vec::new();
    let mut weight = 0;
    for captures in regex.captures_iter(a.text(0)?) {
        let value = groups(&regex, &captures);
        weight += value.weight();
        bound(Some(weight))?;
        found.push(value);
    }
    Ok(Value::List(found))
}

fn regex_replace(a: &Arguments) -> Result<Value, String> {
    let (text, new) = (a.text(0)?, a.text(2)?);
    let regex = compiled(a)?;
    let mut result = String::new();
    let mut last = 0;
    for captures in regex.captures_iter(text) {
        let Some(whole) = captures.get(0) else { continue };
        result.push_str(&text[last..whole.start()]);
        // What one replacement adds is at most its text with whole groups in place of each `$`.
        let most = new.matches('$').count().checked_mul(whole.len());
        bound(most.and_then(|most| most.checked_add(new.len() + result.len())))?;
        captures.expand(new, &mut result);
        last = whole.end();
    }
    bound(Some(result.len() + text.len() - last))?;
    result.push_str(&text[last..]);
    Ok(Value::text(result))
}
