//! When two values of an attribute mean the same.

use std::net::IpAddr;

use terrace_model::{Attribute, Compare, Value};

/// Whether two values of an attribute mean the same. A value that is not known yet is like no
/// other; nothing, an empty text, an empty list and an empty map are the same.
pub fn same_value(attribute: &Attribute, left: &Value, right: &Value) -> bool {
    if left.is_pending() || right.is_pending() {
        return false;
    }
    canonical(left.revealed(), attribute.compare) == canonical(right.revealed(), attribute.compare)
}

fn canonical(value: Value, compare: Compare) -> Value {
    match (value, compare) {
        (Value::String(text), _) if text.is_empty() => Value::Null,
        (Value::List(items), _) if items.is_empty() => Value::Null,
        (Value::Map(map), _) if map.is_empty() => Value::Null,
        (value, Compare::Exact) => value,
        (Value::String(text), Compare::Network) => Value::String(network(text)),
        (Value::List(items), Compare::Network) => {
            Value::List(items.into_iter().map(|v| canonical(v, compare)).collect())
        }
        (Value::List(items), Compare::Set) => {
            let mut items: Vec<Value> = items.into_iter().map(networks_inside).collect();
            items.sort_by_key(ToString::to_string);
            items.dedup();
            Value::List(items)
        }
        (Value::String(text), Compare::PublicKey) => Value::String(public_key(&text)),
        (value, _) => value,
    }
}

fn networks_inside(value: Value) -> Value {
    match value {
        Value::Map(map) => {
            Value::Map(map.into_iter().map(|(k, v)| (k, networks_inside(v))).collect())
        }
        Value::String(text) => Value::String(network(text)),
        other => other,
    }
}

fn network(text: String) -> String {
    if let Ok(address) = text.parse::<IpAddr>() {
        return address.to_string();
    }
    // An `IpNet` prints its address in canonical text, as an `IpAddr` does.
    match text
        .split_once('/')
        .map(|(address, bits)| (address.parse::<IpAddr>(), bits.parse::<u8>()))
    {
        Some((Ok(address), Ok(bits))) => format!("{address}/{bits}"),
        _ => text,
    }
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
                [("start", start), ("end", "fd00::ff")]
                    .map(|(k, v)| (k.into(), Value::text(v)))
                    .into(),
            )
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
            (Kind::Server, "tags", Value::texts(["b", "a"]), Value::texts(["a", "b"]), true),
            (Kind::Server, "metadata", Value::Null, Value::Map([].into()), true),
            (Kind::Network, "description", Value::text(""), Value::Null, true),
            (Kind::Network, "description", Value::text("a"), Value::Null, false),
        ] {
            let attribute = kind.schema().attribute(attribute).expect("an attribute");
            assert_eq!(same_value(attribute, &left, &right), same, "{left} and {right}");
        }
    }
}
