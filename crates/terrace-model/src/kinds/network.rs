//! Network: Neutron `/v2.0/networks`.

use super::{
    admin_state_up, attribute, compared, computed, description, field, fixed, id, name, or_chosen,
    qos_policy, required, table, tags,
};
use crate::kind::Kind;
use crate::schema::{Compare, KindSchema, OnChange, Type};

const SEGMENT: Type = Type::Object(&[
    required("type", Type::String, "How it is separated: `flat`, `vlan`, `vxlan`, `gre`."),
    field("physical_network", Type::String, "The provider's network that it is on."),
    field("segmentation_id", Type::Integer(0, 0xFF_FFFF), "Its number there, such as the VLAN."),
]);

pub(crate) static SCHEMA: KindSchema = KindSchema {
    doc: "A network. Its subnets are written inside it, under `subnets`.",
    attributes: &[
        name(OnChange::InPlace),
        description(),
        admin_state_up(),
        or_chosen(attribute(
            "mtu",
            Type::Integer(68, 65536),
            "Largest packet, in bytes; the cloud chooses unless given.",
        )),
        or_chosen(attribute(
            "port_security_enabled",
            Type::Bool,
            "Whether new ports are filtered; the cloud chooses unless given.",
        )),
        or_chosen(attribute(
            "shared",
            Type::Bool,
            "Whether other projects may use it; for administrators.",
        )),
        or_chosen(attribute(
            "external",
            Type::Bool,
            "Whether routers may have their gateway on it; for administrators.",
        )),
        attribute(
            "dns_domain",
            Type::String,
            "Domain of the names of its ports, ending in a dot; for clouds with DNS integration.",
        ),
        qos_policy(),
        or_chosen(fixed(compared(
            Compare::Given,
            attribute(
                "segments",
                Type::List(&SEGMENT),
                "What it is made of in the provider's networks; for administrators.",
            ),
        ))),
        or_chosen(fixed(attribute(
            "vlan_transparent",
            Type::Bool,
            "Whether it carries VLAN tags of servers; for clouds with the extension `vlan-transparent`.",
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
    ],
    ..table(Kind::Network, "networks", "network")
};
