//! Server group: Nova `os-server-groups`. Immutable; names are not unique.

use super::{attribute, computed, fixed, id, name, needed, or_chosen, table};
use crate::kind::Kind;
use crate::map::Attributes;
use crate::schema::{KindSchema, OnChange, Type};
use crate::value::Value;

pub(crate) static SCHEMA: KindSchema = KindSchema {
    doc: "Servers that the cloud keeps on the same host, or apart.",
    complete,
    attributes: &[
        name(OnChange::Replace),
        needed(fixed(attribute(
            "policy",
            Type::Enum(&["affinity", "anti-affinity", "soft-affinity", "soft-anti-affinity"]),
            "How its servers are placed.",
        ))),
        or_chosen(fixed(attribute(
            "max_server_per_host",
            Type::Integer(1, 1_000_000),
            "Servers that may share a host, for `anti-affinity` only.",
        ))),
        id(),
        computed("members", Type::List(&Type::String), "Ids of the servers in it."),
    ],
    ..table(Kind::ServerGroup, "server_groups", "server group")
};

fn complete(attributes: &mut Attributes) -> Result<(), String> {
    let policy = attributes.get("policy").and_then(Value::as_str);
    let most = attributes.contains_key("max_server_per_host");
    match policy {
        Some(policy) if most && policy != "anti-affinity" => {
            Err(format!("`max_server_per_host` is for the policy anti-affinity, not for {policy}"))
        }
        _ => Ok(()),
    }
}
