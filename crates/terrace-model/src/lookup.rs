//! What can be looked up in a cloud: things that stacks name under `existing` but do not manage.
//! One table a kind, like those of the kinds that are managed.

use crate::kind::Kind;
use crate::observed::{Facts, Named};
use crate::schema::Type;
use crate::value::Value;

/// A kind of thing that can be looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LookupKind {
    /// A Neutron network.
    Network,
    /// A network outside, that routers have their gateway on and floating IPs come from.
    ExternalNetwork,
    /// A subnet.
    Subnet,
    /// A router.
    Router,
    /// A security group.
    SecurityGroup,
    /// A Glance image.
    Image,
    /// A Nova flavor.
    Flavor,
    /// A keypair.
    Keypair,
    /// A server group.
    ServerGroup,
    /// A port.
    Port,
    /// A floating IP.
    FloatingIp,
    /// A volume.
    Volume,
    /// An availability zone for servers.
    AvailabilityZone,
}

/// The table of what can be looked up of a kind.
#[derive(Debug)]
pub struct LookupSchema {
    /// Its section under `existing`.
    pub section: &'static str,
    /// One of it, for sentences.
    pub noun: &'static str,
    /// What is known of it besides `name` and `id`; each can also be what it is found by.
    pub attributes: &'static [LookupAttribute],
}

/// Something that is known of what is looked up.
#[derive(Debug)]
pub struct LookupAttribute {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub ty: Type,
    /// One line of documentation.
    pub doc: &'static str,
}

const fn known(name: &'static str, ty: Type, doc: &'static str) -> LookupAttribute {
    LookupAttribute { name, ty, doc }
}

const NUMBER: Type = Type::Integer(0, i64::MAX);
const TEXTS: Type = Type::List(&Type::String);
const DESCRIPTION: LookupAttribute = known("description", Type::String, "Its description.");
const STATUS: LookupAttribute = known("status", Type::String, "Its state, such as `ACTIVE`.");
const PROJECT: LookupAttribute = known("project_id", Type::String, "The project it belongs to.");
const TAGS: LookupAttribute =
    known("tags", TEXTS, "Its tags. Found by tags, it has at least those that are given.");

static NETWORK: LookupSchema = LookupSchema {
    section: "networks",
    noun: "network",
    attributes: &[
        DESCRIPTION,
        STATUS,
        known("external", Type::Bool, "Whether routers may have their gateway on it."),
        known("shared", Type::Bool, "Whether other projects may use it."),
        known("mtu", NUMBER, "The largest packet."),
        TAGS,
        PROJECT,
    ],
};

static EXTERNAL: LookupSchema =
    LookupSchema { section: "networks", noun: "external network", attributes: NETWORK.attributes };

static SUBNET: LookupSchema = LookupSchema {
    section: "subnets",
    noun: "subnet",
    attributes: &[
        DESCRIPTION,
        known("cidr", Type::Cidr, "The range."),
        known("network_id", Type::String, "The id of its network."),
        known("gateway_ip", Type::Address, "The router's address."),
        known("ip_version", NUMBER, "4 or 6."),
        known("enable_dhcp", Type::Bool, "Whether addresses are handed out."),
        TAGS,
        PROJECT,
    ],
};

static ROUTER: LookupSchema = LookupSchema {
    section: "routers",
    noun: "router",
    attributes: &[
        DESCRIPTION,
        STATUS,
        known("external_network_id", Type::String, "The network its gateway is on."),
        TAGS,
        PROJECT,
    ],
};

static SECURITY_GROUP: LookupSchema = LookupSchema {
    section: "security_groups",
    noun: "security group",
    attributes: &[DESCRIPTION, TAGS, PROJECT],
};

static IMAGE: LookupSchema = LookupSchema {
    section: "images",
    noun: "image",
    attributes: &[
        STATUS,
        known("visibility", Type::String, "`public`, `private`, `shared` or `community`."),
        known("min_disk", NUMBER, "The least disk in GiB."),
        known("min_ram", NUMBER, "The least memory in MiB."),
        known("size", NUMBER, "Its size in bytes."),
        known("checksum", Type::String, "MD5 of its content."),
        known("created_at", Type::String, "When it was made."),
    ],
};

static FLAVOR: LookupSchema = LookupSchema {
    section: "flavors",
    noun: "flavor",
    attributes: &[
        known("vcpus", NUMBER, "Processors."),
        known("ram", NUMBER, "Memory in MiB."),
        known("disk", NUMBER, "Root disk in GiB."),
    ],
};

static KEYPAIR: LookupSchema = LookupSchema {
    section: "keypairs",
    noun: "keypair",
    attributes: &[known("fingerprint", Type::String, "The fingerprint of its key.")],
};

static SERVER_GROUP: LookupSchema = LookupSchema {
    section: "server_groups",
    noun: "server group",
    attributes: &[known("policy", Type::String, "Its policy, such as `anti-affinity`.")],
};

static PORT: LookupSchema = LookupSchema {
    section: "ports",
    noun: "port",
    attributes: &[
        DESCRIPTION,
        STATUS,
        known("network_id", Type::String, "The id of its network."),
        known("mac_address", Type::String, "Its hardware address."),
        known("device_id", Type::String, "What it belongs to."),
        known("addresses", TEXTS, "Its addresses."),
        PROJECT,
    ],
};

static FLOATING_IP: LookupSchema = LookupSchema {
    section: "floating_ips",
    noun: "floating IP",
    attributes: &[
        DESCRIPTION,
        STATUS,
        known("address", Type::Address, "The address; also its name."),
        known("network_id", Type::String, "The id of the network it comes from."),
        known("port_id", Type::String, "The port it leads to."),
        known("fixed_address", Type::Address, "The address it leads to."),
        TAGS,
        PROJECT,
    ],
};

static VOLUME: LookupSchema = LookupSchema {
    section: "volumes",
    noun: "volume",
    attributes: &[
        DESCRIPTION,
        STATUS,
        known("size", NUMBER, "Its size in GiB."),
        known("type", Type::String, "Its volume type."),
        known("availability_zone", Type::String, "The zone it is in."),
        known("bootable", Type::Bool, "Whether a server can start from it."),
    ],
};

static AVAILABILITY_ZONE: LookupSchema = LookupSchema {
    section: "availability_zones",
    noun: "availability zone",
    attributes: &[known("available", Type::Bool, "Whether servers can be made in it.")],
};

/// The type of `name` and `id`.
static TEXT: Type = Type::String;

impl LookupKind {
    /// Every kind that has a section, in the order of the documentation.
    pub const ALL: [Self; 12] = [
        Self::Network,
        Self::Subnet,
        Self::Router,
        Self::SecurityGroup,
        Self::Image,
        Self::Flavor,
        Self::Keypair,
        Self::ServerGroup,
        Self::Port,
        Self::FloatingIp,
        Self::Volume,
        Self::AvailabilityZone,
    ];

    /// Its table.
    pub fn schema(self) -> &'static LookupSchema {
        match self {
            Self::Network => &NETWORK,
            Self::ExternalNetwork => &EXTERNAL,
            Self::Subnet => &SUBNET,
            Self::Router => &ROUTER,
            Self::SecurityGroup => &SECURITY_GROUP,
            Self::Image => &IMAGE,
            Self::Flavor => &FLAVOR,
            Self::Keypair => &KEYPAIR,
            Self::ServerGroup => &SERVER_GROUP,
            Self::Port => &PORT,
            Self::FloatingIp => &FLOATING_IP,
            Self::Volume => &VOLUME,
            Self::AvailabilityZone => &AVAILABILITY_ZONE,
        }
    }

    /// Its section under `existing`.
    pub fn section(self) -> &'static str {
        self.schema().section
    }

    /// One of it, for sentences.
    pub fn noun(self) -> &'static str {
        self.schema().noun
    }

    /// The kind whose section this is.
    pub fn from_section(section: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.section() == section)
    }

    /// What is looked up for references to resources of a kind.
    pub fn of(kind: Kind) -> Option<Self> {
        Self::from_section(kind.section())
    }

    /// The type of what is known of it by a name.
    pub fn attribute(self, name: &str) -> Option<&'static Type> {
        match name {
            "name" | "id" => Some(&TEXT),
            _ => self.schema().attributes.iter().find(|a| a.name == name).map(|a| &a.ty),
        }
    }

    /// The names of all that is known of it.
    pub fn attribute_names(self) -> impl Iterator<Item = &'static str> {
        ["name", "id"].into_iter().chain(self.schema().attributes.iter().map(|a| a.name))
    }
}

impl Named {
    /// What is known of it by a name.
    pub fn attribute(&self, name: &str) -> Value {
        match name {
            "name" => Value::text(&self.name),
            "id" => Value::text(&self.id),
            _ => self.attributes.get(name).cloned().unwrap_or(Value::Null),
        }
    }

    /// All that is known of it, as a map.
    pub fn value(&self, kind: LookupKind) -> Value {
        let known = kind.attribute_names();
        Value::Map(known.map(|name| (name.to_owned(), self.attribute(name))).collect())
    }

    /// Whether it has that: all items of a list, the same network whatever its text.
    fn has(&self, name: &str, wanted: &Value) -> bool {
        let found = self.attribute(name);
        match (&found, wanted) {
            (Value::List(found), Value::List(wanted)) => wanted.iter().all(|w| found.contains(w)),
            (Value::List(found), one) => found.contains(one),
            (Value::String(a), Value::String(b)) => a == b || same_network(a, b),
            (a, b) => a == b,
        }
    }
}

fn same_network(a: &str, b: &str) -> bool {
    let net = |text: &str| text.parse::<ipnet::IpNet>().ok();
    let address = |text: &str| text.parse::<std::net::IpAddr>().ok();
    net(a).is_some_and(|a| Some(a) == net(b)) || address(a).is_some_and(|a| Some(a) == address(b))
}

impl Facts {
    /// Everything of a kind that has all that is asked for.
    pub fn find(&self, kind: LookupKind, filters: &[(String, Value)]) -> Vec<&Named> {
        let all = self.lookups.get(&kind).into_iter().flatten();
        all.filter(|named| filters.iter().all(|(name, value)| named.has(name, value))).collect()
    }
}
