//! The kinds of objects Terrace manages.

use crate::kinds;
use crate::schema::KindSchema;

/// A kind. One variant, one table in `kinds/`, one file in the engine's `kinds/`.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A public key known to Nova under a name, owned by the user.
    Keypair,
    /// A Neutron network.
    Network,
    /// A subnet, written inside its network.
    Subnet,
    /// A Neutron security group with its rules.
    SecurityGroup,
    /// A Neutron router.
    Router,
    /// A router's address on a subnet, written inside the router.
    RouterInterface,
    /// A static route of a router, written inside the router.
    RouterRoute,
    /// A Neutron port.
    Port,
    /// A Neutron floating IP.
    FloatingIp,
    /// A Nova server group.
    ServerGroup,
    /// A Cinder volume.
    Volume,
    /// A Nova server.
    Server,
    /// A volume in a server, written inside the server.
    VolumeAttachment,
}

impl Kind {
    /// Every kind, in the order of sections in a stack file.
    pub const ALL: [Self; 13] = [
        Self::Keypair,
        Self::Network,
        Self::Subnet,
        Self::SecurityGroup,
        Self::Router,
        Self::RouterInterface,
        Self::RouterRoute,
        Self::Port,
        Self::FloatingIp,
        Self::ServerGroup,
        Self::Volume,
        Self::Server,
        Self::VolumeAttachment,
    ];

    /// Its table.
    pub fn schema(self) -> &'static KindSchema {
        match self {
            Self::Keypair => &kinds::keypair::SCHEMA,
            Self::Network => &kinds::network::SCHEMA,
            Self::Subnet => &kinds::subnet::SCHEMA,
            Self::SecurityGroup => &kinds::security_group::SCHEMA,
            Self::Router => &kinds::router::SCHEMA,
            Self::RouterInterface => &kinds::router::INTERFACE,
            Self::RouterRoute => &kinds::router::ROUTE,
            Self::Port => &kinds::port::SCHEMA,
            Self::FloatingIp => &kinds::floating_ip::SCHEMA,
            Self::ServerGroup => &kinds::server_group::SCHEMA,
            Self::Volume => &kinds::volume::SCHEMA,
            Self::Server => &kinds::server::SCHEMA,
            Self::VolumeAttachment => &kinds::volume::ATTACHMENT,
        }
    }

    /// The section of a stack file and the middle of an address, such as `servers`.
    pub fn section(self) -> &'static str {
        self.schema().section
    }

    /// One of it, for sentences: `server group`.
    pub fn noun(self) -> &'static str {
        self.schema().noun
    }

    /// The kind whose section this is.
    pub fn from_section(section: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.section() == section)
    }

    /// The kinds that are written inside of this one.
    pub fn nested(self) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |kind| kind.schema().parent == Some(self))
    }
}
