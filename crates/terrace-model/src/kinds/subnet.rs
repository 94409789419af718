//! Subnet: Neutron `/v2.0/subnets`, written inside its network.

use super::{
    attribute, compared, computed, description, fixed, id, name, needed, or_bool, or_chosen,
    required, table, tags,
};
use crate::kind::Kind;
use crate::schema::{Attribute, Compare, KindSchema, OnChange, Presence, Refers, Type};

const POOL: Type = Type::Object(&[
    required("start", Type::Address, "First address."),
    required("end", Type::Address, "Last address."),
]);

const ROUTE: Type = Type::Object(&[
    required("destination", Type::Cidr, "Network to reach."),
    required("nexthop", Type::Address, "Address to send it to."),
]);

const MODE: Type = Type::Enum(&["slaac", "dhcpv6-stateful", "dhcpv6-stateless"]);

pub(crate) static SCHEMA: KindSchema = KindSchema {
    parent: Some(Kind::Network),
    doc: "A range of addresses of a network.",
    attributes: &[
        name(OnChange::InPlace),
        needed(fixed(attribute("cidr", Type::Cidr, "The range, such as `10.0.0.0/24`."))),
        description(),
        or_chosen(attribute(
            "gateway_ip",
            Type::AddressOrNone,
            "The router's address, or `none`; the first of the range unless given.",
        )),
        or_bool(
            true,
            attribute(
                "enable_dhcp",
                Type::Bool,
                "Whether the cloud hands out addresses; true unless given.",
            ),
        ),
        attribute("dns_nameservers", Type::List(&Type::Address), "Name servers, in order."),
        or_chosen(compared(
            Compare::Set,
            attribute(
                "allocation_pools",
                Type::List(&POOL),
                "Ranges that addresses are taken from; all but the gateway unless given.",
            ),
        )),
        compared(
            Compare::Set,
            attribute("host_routes", Type::List(&ROUTE), "Routes handed out with addresses."),
        ),
        fixed(attribute(
            "ipv6_address_mode",
            MODE,
            "How IPv6 addresses are made; for ranges of IPv6.",
        )),
        fixed(attribute(
            "ipv6_ra_mode",
            MODE,
            "How the router announces itself; for ranges of IPv6.",
        )),
        compared(
            Compare::Set,
            attribute(
                "service_types",
                Type::List(&Type::String),
                "Owners of ports that may take addresses, such as `compute:nova`; all unless given.",
            ),
        ),
        tags(),
        Attribute {
            presence: Presence::Computed,
            on_change: OnChange::Replace,
            refers: Refers::Kind(Kind::Network),
            ..attribute("network_id", Type::String, "The network it is written in.")
        },
        id(),
        computed("ip_version", Type::Integer(4, 6), "4 or 6, as the range says."),
    ],
    ..table(Kind::Subnet, "subnets", "subnet")
};
