//! Security group: Neutron `/v2.0/security-groups`, with its rules inline.

use super::{attribute, compared, description, field, id, name, or_bool, required, table, tags};
use crate::kind::Kind;
use crate::map::Attributes;
use crate::rules;
use crate::schema::{
    Attribute, Compare, Fallback, Field, KindSchema, OnChange, Presence, Refers, Type,
};
use crate::value::Value;

const RULE: Type = Type::Object(&[
    required("direction", Type::Enum(&["ingress", "egress"]), "Traffic that comes in or goes out."),
    field(
        "ethertype",
        Type::Enum(&["IPv4", "IPv6"]),
        "Family; IPv4 unless given, or unless prefix or protocol are of IPv6.",
    ),
    field("protocol", Type::Protocol, "Protocol by name or number; any unless given."),
    field(
        "ports",
        Type::Ports,
        "One port or a range such as `8000-8100`; needs a protocol with ports; all unless given.",
    ),
    field("icmp_type", Type::Integer(0, 255), "Type of ICMP; any unless given."),
    field("icmp_code", Type::Integer(0, 255), "Code of ICMP; any unless given."),
    field(
        "remote_ip_prefix",
        Type::Prefix,
        "The other end as address or network; any unless given.",
    ),
    Field {
        refers: Refers::KindOrOwn(Kind::SecurityGroup),
        ..field(
            "remote_group",
            Type::String,
            "The other end as members of a security group; it may be this group.",
        )
    },
    field(
        "remote_address_group",
        Type::String,
        "The other end as the id of an address group; for clouds with the extension `address-group`.",
    ),
    field("description", Type::String, "Description of the rule."),
]);

pub(crate) static SCHEMA: KindSchema = KindSchema {
    doc: "Rules for the traffic of ports. What no rule lets through is dropped. The group holds \
          exactly the rules that are written, and those that `default_rules` keeps.",
    complete,
    attributes: &[
        name(OnChange::InPlace),
        description(),
        compared(Compare::Set, attribute("rules", Type::List(&RULE), "Its rules, in any order.")),
        Attribute {
            presence: Presence::Default(Fallback::Text("keep")),
            readable: false,
            ..attribute(
                "default_rules",
                Type::Enum(&["keep", "remove"]),
                "Whether the two rules that let everything out, which the cloud puts into every new \
                 group, stay (`keep`, unless given) or go (`remove`).",
            )
        },
        or_bool(
            true,
            attribute(
                "stateful",
                Type::Bool,
                "Whether answers to what was let through are let through; true unless given.",
            ),
        ),
        tags(),
        id(),
    ],
    ..table(Kind::SecurityGroup, "security_groups", "security group")
};

/// All rules that the group shall hold, each in its one form and once.
fn complete(attributes: &mut Attributes) -> Result<(), String> {
    if attributes.get("rules").is_some_and(|v| v.as_list().is_none()) {
        return Ok(()); // Not known yet.
    }
    let written = attributes.get("rules").and_then(Value::as_list).unwrap_or_default();
    let keep = attributes.get("default_rules").and_then(Value::as_str) != Some("remove");
    let mut all: Vec<Value> = Vec::new();
    let kept = keep.then(rules::default_rules).into_iter().flatten().map(Value::Map);
    for (at, value) in written.iter().cloned().chain(kept).enumerate() {
        let value = match value {
            Value::Map(rule) => Value::Map(
                rules::canonical(rule).map_err(|wrong| format!("`rules[{at}]`: {wrong}"))?,
            ),
            other => other,
        };
        let same = |other: &Value| match (other.as_map(), value.as_map()) {
            (Some(a), Some(b)) => rules::identity(a) == rules::identity(b),
            _ => *other == value,
        };
        if !all.iter().any(same) {
            all.push(value);
        }
    }
    attributes.insert("rules", Value::List(all));
    Ok(())
}
