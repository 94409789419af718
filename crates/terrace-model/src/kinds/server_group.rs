//! Server group: Nova `os-server-groups`. Immutable; names are not unique.

use super::{attribute, computed, id, name};
use crate::kind::Kind;
use crate::schema::{Attribute, KindSchema, OnChange, Presence, Type};

pub(crate) static SCHEMA: KindSchema = KindSchema {
    kind: Kind::ServerGroup,
    section: "server_groups",
    noun: "server group",
    parent: None,
    doc: "Servers that the cloud keeps on the same host, or apart.",
    id_is: None,
    version: 1,
    attributes: &[
        name(OnChange::Replace),
        Attribute {
            presence: Presence::Required,
            on_change: OnChange::Replace,
            ..attribute(
                "policy",
                Type::Enum(&["affinity", "anti-affinity", "soft-affinity", "soft-anti-affinity"]),
                "How its servers are placed.",
            )
        },
        Attribute {
            presence: Presence::OptionalComputed,
            on_change: OnChange::Replace,
            ..attribute(
                "max_server_per_host",
                Type::Integer(1, 1_000_000),
                "Servers that may share a host, for `anti-affinity` only.",
            )
        },
        id(),
        computed("members", Type::List(&Type::String), "Ids of the servers in it."),
    ],
};
