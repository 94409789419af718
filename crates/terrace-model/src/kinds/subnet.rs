//! Subnet: Neutron `/v2.0/subnets`, written inside its network.

use super::{attribute, id, name};
use crate::kind::Kind;
use crate::schema::{
    Attribute, Compare, Fallback, Field, KindSchema, OnChange, Presence, Refers, Type,
};

const POOL: Type = Type::Object(&[
    Field { name: "start", ty: Type::Address, required: true, doc: "First address." },
    Field { name: "end", ty: Type::Address, required: true, doc: "Last address." },
]);

const ROUTE: Type = Type::Object(&[
    Field { name: "destination", ty: Type::Cidr, required: true, doc: "Network to reach." },
    Field { name: "nexthop", ty: Type::Address, required: true, doc: "Address to send it to." },
]);

pub(crate) static SCHEMA: KindSchema = KindSchema {
    kind: Kind::Subnet,
    section: "subnets",
    noun: "subnet",
    parent: Some(Kind::Network),
    doc: "A range of addresses of a network.",
    id_is: None,
    version: 1,
    attributes: &[
        name(OnChange::InPlace),
        Attribute {
            presence: Presence::Required,
            on_change: OnChange::Replace,
            compare: Compare::Network,
            ..attribute("cidr", Type::Cidr, "The range, such as `10.0.0.0/24`.")
        },
        attribute("description", Type::String, "Description, at most 180 characters."),
        Attribute {
            presence: Presence::OptionalComputed,
            compare: Compare::Network,
            ..attribute(
                "gateway_ip",
                Type::Address,
                "The router's address; the first of the range unless given.",
            )
        },
        Attribute {
            presence: Presence::Default(Fallback::Bool(true)),
            ..attribute(
                "enable_dhcp",
                Type::Bool,
                "Whether the cloud hands out addresses; true unless given.",
            )
        },
        Attribute {
            compare: Compare::Network,
            ..attribute("dns_nameservers", Type::List(&Type::Address), "Name servers, in order.")
        },
        Attribute {
            presence: Presence::OptionalComputed,
            compare: Compare::Set,
            ..attribute(
                "allocation_pools",
                Type::List(&POOL),
                "Ranges that addresses are taken from; all but the gateway unless given.",
            )
        },
        Attribute {
            compare: Compare::Set,
            ..attribute("host_routes", Type::List(&ROUTE), "Routes handed out with addresses.")
        },
        Attribute {
            presence: Presence::Computed,
            on_change: OnChange::Replace,
            refers: Refers::Kind(Kind::Network),
            ..attribute("network_id", Type::String, "The network it is written in.")
        },
        id(),
        super::computed("ip_version", Type::Integer(4, 6), "4 or 6, as the range says."),
    ],
};
