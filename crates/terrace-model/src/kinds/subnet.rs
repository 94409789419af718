//! Subnet: Neutron `/v2.0/subnets`, written inside its network.

use super::{
    attribute, compared, description, fixed, id, name, or_bool, or_chosen, required, table, tags,
};
use crate::kind::Kind;
use crate::map::Attributes;
use crate::schema::{Attribute, Compare, KindSchema, OnChange, Presence, Refers, Type};
use crate::value::Value;

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
    doc: "A range of addresses of a network: one that is written, or one from a pool.",
    complete,
    attributes: &[
        name(OnChange::InPlace),
        Attribute {
            needed_unless: Some("subnet_pool"),
            ..or_chosen(fixed(attribute(
                "cidr",
                Type::Cidr,
                "The range, such as `10.0.0.0/24`; needed unless it is from a pool.",
            )))
        },
        fixed(attribute(
            "subnet_pool",
            Type::String,
            "Id of the subnet pool that the range is from; the cloud chooses one unless `cidr` is given.",
        )),
        or_chosen(fixed(attribute(
            "prefix_length",
            Type::Integer(1, 128),
            "How large a range from a pool is: 26 is 64 addresses of IPv4; as the pool says unless given.",
        ))),
        or_chosen(fixed(attribute(
            "ip_version",
            Type::Integer(4, 6),
            "4 or 6, as the range says; of a range from a pool 4 unless given.",
        ))),
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
        or_chosen(attribute(
            "segment",
            Type::String,
            "Id of the segment of its network that it is on; for clouds with the extension `segment`.",
        )),
        or_chosen(attribute(
            "dns_publish_fixed_ip",
            Type::Bool,
            "Whether fixed addresses get names outside; for clouds with the extension `subnet-dns-publish-fixed-ip`.",
        )),
        tags(),
        Attribute {
            presence: Presence::Computed,
            on_change: OnChange::Replace,
            refers: Refers::Kind(Kind::Network),
            ..attribute("network_id", Type::String, "The network it is written in.")
        },
        id(),
    ],
    ..table(Kind::Subnet, "subnets", "subnet")
};

fn complete(attributes: &mut Attributes) -> Result<(), String> {
    let given = |name: &str| attributes.get(name).filter(|v: &&Value| !v.is_null());
    match (given("cidr"), given("subnet_pool")) {
        (None, None) => return Err("a subnet needs a `cidr`, or a `subnet_pool`".into()),
        (Some(_), _) if given("prefix_length").is_some() => {
            return Err("the `cidr` says its `prefix_length` itself".into());
        }
        (Some(cidr), _) => {
            let six = cidr.as_str().map(|text| text.contains(':'));
            let version = given("ip_version").and_then(Value::as_int);
            if let (Some(six), Some(version)) = (six, version)
                && six != (version == 6)
            {
                return Err(format!("the `cidr` is not of IP version {version}"));
            }
        }
        (None, Some(_)) => {
            if !attributes.contains_key("ip_version") {
                attributes.insert("ip_version", Value::Int(4));
            }
        }
    }
    Ok(())
}
