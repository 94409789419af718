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
    /// A Nova server group.
    ServerGroup,
    /// A Nova server.
    Server,
}

impl Kind {
    /// Every kind, in the order of sections in a stack file.
    pub const ALL: [Self; 5] =
        [Self::Keypair, Self::Network, Self::Subnet, Self::ServerGroup, Self::Server];

    /// Its table.
    pub fn schema(self) -> &'static KindSchema {
        match self {
            Self::Keypair => &kinds::keypair::SCHEMA,
            Self::Network => &kinds::network::SCHEMA,
            Self::Subnet => &kinds::subnet::SCHEMA,
            Self::ServerGroup => &kinds::server_group::SCHEMA,
            Self::Server => &kinds::server::SCHEMA,
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
}
