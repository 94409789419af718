//! Port: Neutron `/v2.0/ports`.

use super::{
    admin_state_up, attribute, compared, computed, description, field, fixed, id, name, naming,
    needed, or_chosen, qos_policy, refers, required, table, tags,
};
use crate::kind::Kind;
use crate::map::Attributes;
use crate::schema::{Compare, KindSchema, OnChange, Type};
use crate::value::Value;

const FIXED_IP: Type = Type::Short(
    "subnet",
    &[
        refers("subnet", Kind::Subnet, "Subnet that the address is from."),
        field("ip_address", Type::Address, "The address; any of the subnet unless given."),
    ],
);

const PAIR: Type = Type::Short(
    "ip_address",
    &[
        field("ip_address", Type::Prefix, "Address or network."),
        field("mac_address", Type::Mac, "Hardware address; the port's unless given."),
    ],
);

const DHCP_OPTION: Type = Type::Object(&[
    required("name", Type::String, "Which option, such as `tftp-server` or `150`."),
    required("value", Type::String, "What is told."),
    field("ip_version", Type::Integer(4, 6), "4 or 6; 4 unless given."),
]);

pub(crate) static SCHEMA: KindSchema = KindSchema {
    doc: "A place on a network, with its addresses, that a server can be plugged into and keeps \
          when the server is replaced.",
    complete,
    attributes: &[
        name(OnChange::InPlace),
        description(),
        needed(fixed(naming(
            Kind::Network,
            attribute("network", Type::String, "The network it is on."),
        ))),
        or_chosen(compared(
            Compare::Given,
            attribute(
                "fixed_ips",
                Type::List(&FIXED_IP),
                "Its addresses: subnets, or maps with `subnet` and `ip_address`; the cloud chooses unless given.",
            ),
        )),
        or_chosen(fixed(attribute(
            "mac_address",
            Type::Mac,
            "Hardware address; the cloud chooses unless given.",
        ))),
        or_chosen(compared(
            Compare::Set,
            naming(
                Kind::SecurityGroup,
                attribute(
                    "security_groups",
                    Type::List(&Type::String),
                    "Security groups; the project's `default` unless given, `[]` for none.",
                ),
            ),
        )),
        compared(
            Compare::Given,
            attribute(
                "allowed_address_pairs",
                Type::List(&PAIR),
                "Further addresses that may be used on it.",
            ),
        ),
        admin_state_up(),
        or_chosen(attribute(
            "port_security_enabled",
            Type::Bool,
            "Whether its traffic is filtered; as the network says unless given.",
        )),
        or_chosen(fixed(attribute(
            "vnic_type",
            Type::Enum(&[
                "normal",
                "direct",
                "direct-physical",
                "macvtap",
                "baremetal",
                "virtio-forwarder",
                "vdpa",
                "smart-nic",
                "remote-managed",
            ]),
            "What the server sees of it; `normal` unless given.",
        ))),
        compared(
            Compare::Given,
            attribute(
                "extra_dhcp_options",
                Type::List(&DHCP_OPTION),
                "What DHCP tells the server beyond its addresses.",
            ),
        ),
        or_chosen(attribute(
            "dns_name",
            Type::String,
            "Its name in DNS; for clouds with the extension `dns-integration`.",
        )),
        qos_policy(),
        tags(),
        id(),
        computed("status", Type::String, "State in the cloud, such as `ACTIVE`."),
        computed("ip_address", Type::String, "Its first address."),
        computed("device_id", Type::String, "What is plugged into it, such as a server's id."),
    ],
    ..table(Kind::Port, "ports", "port")
};

fn complete(attributes: &mut Attributes) -> Result<(), String> {
    let some = |name: &str| {
        attributes.get(name).and_then(Value::as_list).is_some_and(|items| !items.is_empty())
    };
    let open = attributes.get("port_security_enabled").and_then(Value::as_bool) == Some(false);
    for name in ["security_groups", "allowed_address_pairs"] {
        if open && some(name) {
            return Err(format!("`{name}` need `port_security_enabled`, which is false here"));
        }
    }
    Ok(())
}
