//! Router: Neutron `/v2.0/routers`, with its interfaces and static routes, each an object of its
//! own.

use super::{
    admin_state_up, attribute, compared, computed, description, field, fixed, id, name, naming,
    needed, or_chosen, table, tags,
};
use crate::kind::Kind;
use crate::map::Attributes;
use crate::observed::LookupKind;
use crate::schema::{Attribute, Compare, KindSchema, OnChange, Presence, Refers, Type};
use crate::value::Value;

const OUTSIDE: Type = Type::Short(
    "ip_address",
    &[
        field("ip_address", Type::Address, "The address; any of the subnet unless given."),
        field("subnet", Type::String, "Id of the subnet that it is from."),
    ],
);

pub(crate) static SCHEMA: KindSchema = KindSchema {
    doc: "A router between networks, and to a network outside. Its `interfaces` and `routes` are \
          written inside it.",
    complete,
    attributes: &[
        name(OnChange::InPlace),
        description(),
        admin_state_up(),
        Attribute {
            refers: Refers::Lookup(LookupKind::ExternalNetwork),
            ..attribute(
                "external_network",
                Type::String,
                "Name or id of the network outside that its gateway is on; none unless given.",
            )
        },
        or_chosen(attribute(
            "enable_snat",
            Type::Bool,
            "Whether what has no floating IP reaches the outside; the cloud chooses unless given, and many let administrators only choose.",
        )),
        or_chosen(compared(
            Compare::Given,
            attribute(
                "external_fixed_ips",
                Type::List(&OUTSIDE),
                "Addresses of its gateway; the cloud chooses unless given, and many let administrators only choose.",
            ),
        )),
        attribute(
            "external_qos_policy",
            Type::String,
            "Id of the QoS policy of its gateway; for clouds with the extension `qos-gateway-ip`.",
        ),
        fixed(attribute(
            "flavor",
            Type::String,
            "Id of the flavor that says what makes it; for clouds with the extension `l3-flavors`.",
        )),
        or_chosen(fixed(attribute(
            "distributed",
            Type::Bool,
            "Whether it is on every host; for administrators.",
        ))),
        or_chosen(fixed(attribute(
            "ha",
            Type::Bool,
            "Whether there is a second one in reserve; for administrators.",
        ))),
        fixed(compared(
            Compare::Set,
            attribute(
                "availability_zone_hints",
                Type::List(&Type::String),
                "Zones that its agents should be in.",
            ),
        )),
        tags(),
        id(),
        computed("status", Type::String, "State in the cloud, such as `ACTIVE`."),
        computed("external_ip", Type::String, "First address of its gateway."),
    ],
    ..table(Kind::Router, "routers", "router")
};

fn complete(attributes: &mut Attributes) -> Result<(), String> {
    for name in ["enable_snat", "external_fixed_ips", "external_qos_policy"] {
        if attributes.contains_key(name) && !attributes.contains_key("external_network") {
            return Err(format!("`{name}` needs an `external_network`"));
        }
    }
    Ok(())
}

/// What belongs to a router names it; the user does not.
const ROUTER_ID: Attribute = Attribute {
    presence: Presence::Computed,
    on_change: OnChange::Replace,
    refers: Refers::Kind(Kind::Router),
    ..attribute("router_id", Type::String, "The router it is written in.")
};

pub(crate) static INTERFACE: KindSchema = KindSchema {
    parent: Some(Kind::Router),
    key: "interfaces",
    short: Some("subnet"),
    doc: "An address of a router on a subnet: by the subnet, whose gateway address it takes, or by \
          a port. `interfaces: [front.v4]` is short for `{front-v4: {subnet: front.v4}}`.",
    complete: one_of_subnet_and_port,
    attributes: &[
        fixed(naming(Kind::Subnet, attribute("subnet", Type::String, "The subnet."))),
        fixed(naming(
            Kind::Port,
            attribute("port", Type::String, "A port, for another address than the gateway's."),
        )),
        ROUTER_ID,
        id(),
        computed("port_id", Type::String, "Its port."),
        computed("ip_address", Type::String, "Its address."),
    ],
    ..table(Kind::RouterInterface, "router_interfaces", "router interface")
};

fn one_of_subnet_and_port(attributes: &mut Attributes) -> Result<(), String> {
    let given = |name: &str| attributes.get(name).is_some_and(|v: &Value| !v.is_null());
    match (given("subnet"), given("port")) {
        (true, true) => Err("an interface has a `subnet` or a `port`, not both".into()),
        (false, false) => Err("an interface needs a `subnet` or a `port`".into()),
        _ => Ok(()),
    }
}

pub(crate) static ROUTE: KindSchema = KindSchema {
    parent: Some(Kind::Router),
    key: "routes",
    doc: "A static route of a router. It needs the router's interfaces.",
    attributes: &[
        needed(fixed(attribute("destination", Type::Cidr, "Network to reach."))),
        needed(fixed(attribute(
            "nexthop",
            Type::Address,
            "Address to send it to, on a subnet that the router has an interface on.",
        ))),
        ROUTER_ID,
        id(),
    ],
    ..table(Kind::RouterRoute, "router_routes", "router route")
};
