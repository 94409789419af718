//! The services Terrace talks to, and what each is called in a catalogue.

use std::fmt;

/// One OpenStack service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// Keystone.
    Identity,
    /// Nova.
    Compute,
    /// Neutron.
    Network,
    /// Glance.
    Image,
    /// Cinder.
    BlockStorage,
    /// The reduced API of a product in front of the others.
    Gateway,
}

impl Service {
    /// Every service, in a fixed order.
    pub const ALL: [Self; 6] = [
        Self::Identity,
        Self::Compute,
        Self::Network,
        Self::Image,
        Self::BlockStorage,
        Self::Gateway,
    ];

    /// Those that Terrace talks to in an OpenStack cloud.
    pub const OPENSTACK: [Self; 5] =
        [Self::Identity, Self::Compute, Self::Network, Self::Image, Self::BlockStorage];

    /// The name used in messages and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Compute => "compute",
            Self::Network => "network",
            Self::Image => "image",
            Self::BlockStorage => "block-storage",
            Self::Gateway => "gateway",
        }
    }

    /// What cannot be had without it, for messages.
    pub(crate) fn used_for(self) -> &'static str {
        match self {
            Self::Identity => "nothing works without it",
            Self::Compute => "servers, keypairs and server groups need it",
            Self::Network => {
                "networks, subnets, routers, ports, floating IPs, security groups and the networks \
                 of servers need it"
            }
            Self::Image => "finding images by their names needs it",
            Self::BlockStorage => "volumes need it",
            Self::Gateway => "it is a cloud of its own: `cloud: {type: gateway}`",
        }
    }

    /// The catalogue types it goes by, the official one first.
    pub(crate) fn catalog_types(self) -> &'static [&'static str] {
        match self {
            Self::Identity => &["identity"],
            Self::Compute => &["compute"],
            Self::Network => &["network"],
            Self::Image => &["image"],
            Self::BlockStorage => {
                &["block-storage", "volumev3", "block-store", "volume", "volumev2"]
            }
            Self::Gateway => &[],
        }
    }

    /// The words that may stand before `_endpoint_override` in clouds.yaml.
    pub(crate) fn override_names(self) -> &'static [&'static str] {
        match self {
            Self::Identity => &["identity"],
            Self::Compute => &["compute"],
            Self::Network => &["network"],
            Self::Image => &["image"],
            Self::BlockStorage => &["block_storage", "volumev3", "block_store", "volume"],
            Self::Gateway => &[],
        }
    }

    /// The version segment the calls are written for.
    pub(crate) fn version_segment(self) -> &'static str {
        match self {
            Self::Identity | Self::BlockStorage => "v3",
            Self::Compute => "v2.1",
            Self::Network => "v2.0",
            Self::Image => "v2",
            Self::Gateway => "",
        }
    }

    /// The name in the `OpenStack-API-Version` header, for services that have microversions.
    pub(crate) fn microversion_name(self) -> Option<&'static str> {
        match self {
            Self::Compute => Some("compute"),
            Self::BlockStorage => Some("volume"),
            Self::Identity | Self::Network | Self::Image | Self::Gateway => None,
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which of a service's endpoints to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Interface {
    /// The one for everybody.
    #[default]
    Public,
    /// The one inside the provider's network.
    Internal,
    /// The one for administrators.
    Admin,
}

impl Interface {
    /// The name as catalogues write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Internal => "internal",
            Self::Admin => "admin",
        }
    }

    /// Reads `public`, `publicURL` and so on.
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim_end_matches("URL").trim_end_matches("url") {
            "public" => Some(Self::Public),
            "internal" => Some(Self::Internal),
            "admin" => Some(Self::Admin),
            _ => None,
        }
    }
}
