//! When two values of an attribute mean the same.

use terrace_model::{Attribute, Compare, Map, Value};

/// Whether a value of an attribute is met by another: they mean the same, or the second has all
/// that the first gives. A value that is not known yet is like no other; nothing, an empty text,
/// an empty list and an empty map are the same.
pub fn same_value(attribute: &Attribute, wanted: &Value, found: &Value) -> bool {
    if wanted.is_pending() || found.is_pending() {
        return false;
    }
    // Most are the same as they stand, without a form of their own.
    let given = attribute.compare == Compare::Given;
    if wanted == found || given && has_given(wanted, found) {
        return true;
    }
    let form =
        |value: &Value| canonical(attribute.ty.canonical(value.revealed()), attribute.compare);
    let (wanted, found) = (form(wanted), form(found));
    if given { has_given(&wanted, &found) } else { wanted == found }
}

fn canonical(value: Value, compare: Compare) -> Value {
    match (value, compare) {
        (Value::String(text), _) if text.is_empty() => Value::Null,
        (Value::List(items), _) if items.is_empty() => Value::Null,
        (Value::Map(map), _) if map.is_empty() => Value::Null,
        (Value::List(mut items), Compare::Set) => {
            items.sort_by_key(ToString::to_string);
            items.dedup();
            Value::List(items)
        }
        (Value::String(text), Compare::PublicKey) => Value::text(public_key(&text)),
        (value, _) => value,
    }
}

/// Whether what was found has every field that is given; of a list, each entry that is wanted is
/// another one of those found, and none is left.
pub(crate) fn has_given(wanted: &Value, found: &Value) -> bool {
    match (wanted, found) {
        (Value::List(wanted), Value::List(found)) => {
            let (missing, surplus) = unmatched(wanted, found);
            missing.is_empty() && surplus.is_empty()
        }
        (Value::Map(wanted), Value::Map(found)) => fields_given(wanted, found),
        _ => wanted == found,
    }
}

fn fields_given(wanted: &Map, found: &Map) -> bool {
    wanted.iter().all(|(name, value)| match found.get(name) {
        // A port may have several addresses where one is asked for.
        Some(Value::List(several)) if value.as_list().is_none() => several.contains(value),
        other => other == Some(value),
    })
}

/// Gives each wanted entry a found one of its own that has all that it gives, those that ask for
/// most first. Returns the wanted ones that got none, and the found ones that nobody wanted.
pub fn unmatched<'v>(wanted: &'v [Value], found: &'v [Value]) -> (Vec<&'v Value>, Vec<&'v Value>) {
    let mut order: Vec<&Value> = wanted.iter().collect();
    order.sort_by_key(|value| std::cmp::Reverse(value.as_map().map_or(0, Map::len)));
    let mut left: Vec<&Value> = found.iter().collect();
    let mut missing = Vec::new();
    for value in order {
        match left.iter().position(|other| has_given(value, other)) {
            Some(at) => drop(left.remove(at)),
            None => missing.push(value),
        }
    }
    (missing, left)
}

/// Algorithm and key, without comment and blanks.
fn public_key(text: &str) -> String {
    text.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use terrace_model::Kind;

    #[test]
    fn what_means_the_same() {
        let pool = |start: &str| {
            Value::Map(
                [("start", start), ("end", "fd00::ff")].map(|(k, v)| (k, Value::text(v))).into(),
            )
        };
        let nics = |text: &str| {
            let one = |text: &str| {
                let fields = ["network", "fixed_ip"].into_iter().zip(text.split(' '));
                let given = fields.filter(|(_, value)| !value.is_empty());
                Value::Map(given.map(|(k, v)| (k.to_owned(), Value::text(v))).collect())
            };
            Value::List(text.split(',').map(one).collect())
        };
        for (kind, attribute, left, right, same) in [
            (
                Kind::Keypair,
                "public_key",
                Value::text("ssh-ed25519 AAAA me@here\n"),
                Value::text("ssh-ed25519  AAAA"),
                true,
            ),
            (
                Kind::Keypair,
                "public_key",
                Value::text("ssh-ed25519 AAAA"),
                Value::text("ssh-ed25519 AAAB"),
                false,
            ),
            (Kind::Subnet, "cidr", Value::text("fd00:0::/64"), Value::text("fd00::/64"), true),
            (
                Kind::Subnet,
                "dns_nameservers",
                Value::texts(["1.1.1.1", "9.9.9.9"]),
                Value::texts(["9.9.9.9", "1.1.1.1"]),
                false,
            ),
            (
                Kind::Subnet,
                "allocation_pools",
                Value::List(vec![pool("fd00::1"), pool("fd00::2")]),
                Value::List(vec![pool("fd00::2"), pool("fd00:0::1")]),
                true,
            ),
            (Kind::Server, "networks", Value::texts(["a"]), nics("a 10.0.0.1"), true),
            (Kind::Server, "networks", Value::texts(["a", "a"]), nics("a 10.0.0.1"), false),
            (Kind::Server, "networks", nics("b ,a 10.0.0.2"), nics("a 10.0.0.2,b 10.0.0.1"), true),
            (Kind::Server, "networks", nics("a ,a 10.0.0.2"), nics("a 10.0.0.2,a 10.0.0.1"), true),
            (Kind::Server, "networks", nics("a 10.0.0.9"), nics("a 10.0.0.1"), false),
            (Kind::Server, "tags", Value::texts(["b", "a"]), Value::texts(["a", "b"]), true),
            (Kind::Server, "metadata", Value::Null, Value::Map(Map::new()), true),
            (Kind::Network, "description", Value::text(""), Value::Null, true),
            (Kind::Network, "description", Value::text("a"), Value::Null, false),
        ] {
            let attribute = kind.schema().attribute(attribute).expect("an attribute");
            assert_eq!(same_value(attribute, &left, &right), same, "{left} and {right}");
        }
    }
}
