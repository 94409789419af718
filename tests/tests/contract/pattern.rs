//! Answers as patterns: what changes from run to run is a word in angle brackets or a name.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

/// What is known while a file runs: names and their values, and every text that was sent.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pub(crate) names: BTreeMap<String, String>,
    pub(crate) sent: BTreeSet<String>,
}

impl Known {
    /// A text of a check with `$name` in it as its value.
    pub(crate) fn filled(&self, text: &str) -> String {
        let mut out = text.to_owned();
        // Longer names first, so that `$server2` is not `$server` and a 2.
        let mut names: Vec<_> = self.names.iter().collect();
        names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        for (name, value) in names {
            out = out.replace(&format!("${name}"), value);
        }
        out
    }

    /// The same for every text in a value.
    pub(crate) fn filled_in(&self, value: &Value) -> Value {
        mapped(value, &|text| self.filled(text))
    }

    /// A text with what is known replaced by its name.
    fn named(&self, text: &str) -> String {
        let mut values: Vec<_> = self.names.iter().filter(|(_, value)| value.len() > 5).collect();
        values.sort_by_key(|(name, value)| (std::cmp::Reverse(value.len()), name.len()));
        let mut out = text.to_owned();
        for (name, value) in values {
            out = out.replace(value.as_str(), &format!("${name}"));
        }
        out
    }

    /// An answer as a pattern.
    pub(crate) fn pattern(&self, key: &str, value: &Value) -> Value {
        match value {
            Value::Array(items) => items.iter().map(|item| self.pattern(key, item)).collect(),
            Value::Object(map) => {
                let fields = map.iter();
                let fields =
                    fields.map(|(name, value)| (self.word(name), self.pattern(name, value)));
                Value::Object(fields.collect())
            }
            Value::Number(number) if number.is_u64() && changes(key) => Value::from("<number>"),
            Value::String(text) => Value::from(self.text(key, text)),
            other => other.clone(),
        }
    }

    /// A name of a field, which may be an id.
    fn word(&self, text: &str) -> String {
        let named = self.named(text);
        if is_uuid(&named) { "<uuid>".into() } else { named }
    }

    fn text(&self, key: &str, text: &str) -> String {
        if matches!(key, "adminPass" | "hostId" | "private_key" | "x-subject-token" | "audit_ids") {
            return if text.is_empty() { String::new() } else { "<text>".into() };
        }
        let own = text.starts_with("http://127.0.0.1") || text.starts_with("http://cloud.test");
        if own {
            return self.url(text);
        }
        if text.starts_with("Keystone uri=") {
            return "Keystone uri=\"<url>\"".into();
        }
        let named = self.named(text);
        let literal = self.sent.contains(text) || matches!(key, "gateway_ip" | "start" | "end");
        match named.as_str() {
            named if named.contains('$') => generic_inside(named),
            named if is_uuid(named) => "<uuid>".into(),
            named if named.len() == 32 && hex(named) => "<id>".into(),
            named if named.strip_prefix("req-").is_some_and(is_uuid) => "<request>".into(),
            named if let Some(form) = moment(named) => format!("<time {form}>"),
            named if is_mac(named) && !literal => "<mac>".into(),
            named if named.parse::<std::net::Ipv4Addr>().is_ok() && !literal => "<ipv4>".into(),
            named if named.parse::<std::net::Ipv6Addr>().is_ok() && !literal => "<ipv6>".into(),
            named => generic_inside(named),
        }
    }

    /// A URL of the cloud: where it is differs, what it leads to does not.
    fn url(&self, url: &str) -> String {
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let path = self.named(path);
        let tail = path.rsplit_once("/v2.1/").or_else(|| path.rsplit_once("/v2.0/"));
        let tail = tail.or_else(|| path.rsplit_once("/$project/"));
        let tail = tail.or_else(|| path.rsplit_once("/identity/v3/")).or(path.rsplit_once("/v3/"));
        let tail = tail.map_or_else(|| "*".to_owned(), |(_, tail)| generic_inside(tail));
        let mut query: Vec<String> =
            query.split('&').filter(|part| !part.is_empty()).map(|part| self.named(part)).collect();
        query.sort();
        let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
        format!("<url>/{tail}{query}")
    }
}

fn mapped(value: &Value, change: &dyn Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => Value::from(change(text)),
        Value::Array(items) => items.iter().map(|item| mapped(item, change)).collect(),
        Value::Object(map) => {
            let fields = map.iter().map(|(name, value)| (change(name), mapped(value, change)));
            Value::Object(fields.collect())
        }
        other => other.clone(),
    }
}

/// Numbers under these names are given in passing.
fn changes(key: &str) -> bool {
    matches!(key, "id" | "standard_attr_id" | "provider:segmentation_id" | "cores_used")
}

/// Ids inside a longer text.
fn generic_inside(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(head) = rest.get(..36).filter(|head| is_uuid(head)) {
            out.push_str("<uuid>");
            rest = &rest[head.len()..];
            continue;
        }
        let next = rest.chars().next().map_or(1, char::len_utf8);
        out.push_str(&rest[..next]);
        rest = &rest[next..];
    }
    out
}

fn hex(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_hexdigit())
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    lengths == [8, 4, 4, 4, 12] && parts.iter().all(|part| hex(part))
}

fn is_mac(text: &str) -> bool {
    text.split(':').count() == 6 && text.split(':').all(|part| part.len() == 2 && hex(part))
}

/// The form of a moment: what follows its seconds.
fn moment(text: &str) -> Option<String> {
    let shape = |c: char| if c.is_ascii_digit() { '0' } else { c };
    let head: String = text.get(..19)?.chars().map(shape).collect();
    let tail: String = text.get(19..)?.chars().map(shape).collect();
    (head == "0000-00-00T00:00:00").then(|| tail.replace(".000000", "."))
}

/// Where an answer is not what was expected; nothing if it is.
pub(crate) fn difference(wanted: &Value, found: &Value, ordered: bool) -> Option<String> {
    differs_at("", wanted, found, ordered)
}

fn differs_at(place: &str, wanted: &Value, found: &Value, ordered: bool) -> Option<String> {
    match (wanted, found) {
        (Value::Object(a), Value::Object(b)) => {
            for (name, wanted) in a {
                let place = format!("{place}/{name}");
                match b.get(name) {
                    None => return Some(format!("{place} is missing, should be {wanted}")),
                    Some(found) => {
                        if let Some(text) = differs_at(&place, wanted, found, ordered) {
                            return Some(text);
                        }
                    }
                }
            }
            let extra = b.iter().find(|(name, _)| !a.contains_key(*name));
            extra.map(|(name, value)| format!("{place}/{name} should not be there: {value}"))
        }
        (Value::Array(a), Value::Array(b)) => lists(place, (a, b), ordered),
        (Value::String(text), _) if text == "<any>" => None,
        _ if wanted == found => None,
        _ => Some(format!("{place} is {found}, should be {wanted}")),
    }
}

fn lists(place: &str, (wanted, found): (&[Value], &[Value]), ordered: bool) -> Option<String> {
    let (wanted, more) = match wanted.split_last() {
        Some((last, wanted)) if last == OTHERS => (wanted, found.len() >= wanted.len()),
        _ => (wanted, false),
    };
    if wanted.len() != found.len() && !more {
        let (have, should) = (found.len(), wanted.len());
        let all = Value::from(found.to_vec());
        return Some(format!("{place} has {have} items, should have {should}: {all}"));
    }
    let mut left: Vec<&Value> = found.iter().collect();
    for (at, wanted) in wanted.iter().enumerate() {
        // The order of a list says nothing about the lists in its items: tags are sets.
        let fits = |found: &&Value| differs_at("", wanted, found, false).is_none();
        let chosen = if ordered {
            left.first().is_some_and(fits).then_some(0)
        } else {
            left.iter().position(fits)
        };
        match chosen {
            Some(chosen) => drop(left.remove(chosen)),
            None => {
                let nearest = left.first()?;
                return differs_at(&format!("{place}/{at}"), wanted, nearest, false);
            }
        }
    }
    None
}

/// In a pattern at the end of a list: what else is there is of others.
const OTHERS: &str = "<others>";

/// A pattern in which some lists may hold more, of which nothing is said.
pub(crate) fn open_lists(mut pattern: Value, places: &[String]) -> Value {
    for place in places {
        if let Some(Value::Array(list)) = pattern.pointer_mut(place) {
            list.push(Value::from(OTHERS));
        }
    }
    pattern
}

/// A pattern in which some places may be anything.
pub(crate) fn loosened(mut pattern: Value, places: &[String]) -> Value {
    for place in places {
        if let Some(found) = pattern.pointer_mut(place) {
            *found = Value::from("<any>");
        }
    }
    pattern
}

#[test]
fn lists_that_others_use_too() {
    let pattern = json!({"flavors": [{"name": "a"}, {"name": "b"}]});
    let places = ["/flavors".to_owned()];
    for (names, alone, shared) in [
        (vec!["b", "a"], true, true),
        (vec!["b", "other", "a"], false, true),
        (vec!["b"], false, false),
        (vec!["b", "other"], false, false),
    ] {
        let items: Vec<Value> = names.iter().map(|name| json!({ "name": name })).collect();
        let found = json!({ "flavors": items });
        let fits = |pattern: &Value| difference(pattern, &found, false).is_none();
        assert_eq!(fits(&pattern), alone, "{names:?}");
        assert_eq!(fits(&open_lists(pattern.clone(), &places)), shared, "{names:?}");
    }
}

#[test]
fn order_is_of_the_outer_list() {
    let listed = |images: Value| json!({ "images": images });
    let pattern = listed(json!([{"tags": ["y", "z"]}, {"tags": []}]));
    for (found, fits) in [
        (json!([{"tags": ["z", "y"]}, {"tags": []}]), true),
        (json!([{"tags": []}, {"tags": ["y", "z"]}]), false),
        (json!([{"tags": ["z", "x"]}, {"tags": []}]), false),
    ] {
        let found = listed(found);
        assert_eq!(difference(&pattern, &found, true).is_none(), fits, "{found}");
    }
}
