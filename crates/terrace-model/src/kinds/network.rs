//! Network: Neutron `/v2.0/networks`.

use super::{attribute, computed, id, name};
use crate::kind::Kind;
use crate::schema::{Attribute, Fallback, KindSchema, OnChange, Presence, Type};

pub(crate) static SCHEMA: KindSchema = KindSchema {
    kind: Kind::Network,
    section: "networks",
    noun: "network",
    parent: None,
    doc: "A network. Its subnets are written inside it, under `subnets`.",
    id_is: None,
    version: 1,
    attributes: &[
        name(OnChange::InPlace),
        attribute("description", Type::String, "Description, at most 180 characters."),
        Attribute {
            presence: Presence::Default(Fallback::Bool(true)),
            ..attribute(
                "admin_state_up",
                Type::Bool,
                "Whether it carries traffic; true unless given.",
            )
        },
        Attribute {
            presence: Presence::OptionalComputed,
            ..attribute(
                "mtu",
                Type::Integer(68, 65536),
                "Largest packet, in bytes; the cloud chooses unless given.",
            )
        },
        Attribute {
            presence: Presence::OptionalComputed,
            ..attribute(
                "port_security_enabled",
                Type::Bool,
                "Whether new ports are filtered; the cloud chooses unless given.",
            )
        },
        id(),
        computed("status", Type::String, "State in the cloud, such as `ACTIVE`."),
        computed("shared", Type::Bool, "Whether other projects may use it."),
    ],
};
