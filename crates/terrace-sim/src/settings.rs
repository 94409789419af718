//! How a simulated cloud behaves: durations, quotas, faults.

use crate::clock::{Clock, OwnTime, SystemClock};
use crate::error::SimError;
use crate::faults::Fault;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Everything about a simulated cloud that can be chosen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// How long a server takes from BUILD to ACTIVE, and likewise to resize, rebuild or reboot.
    pub build_ms: u64,
    /// How long a deleted server can still be seen.
    pub delete_ms: u64,
    /// How long a volume takes to be made, to grow, to change its type, to be tied to a server or
    /// to go away.
    pub volume_ms: u64,
    /// How long every request is held before it is looked at.
    pub latency_ms: u64,
    /// How long the gateway gives the same list again.
    pub gateway_cache_ms: u64,
    /// From which all ids are derived.
    pub seed: u64,
    /// The cloud's own time; absent is the machine's.
    pub clock: Option<OwnTime>,
    /// Life of a token.
    pub token_ttl_s: u64,
    /// The highest minor compute microversion that is offered (2.x).
    pub compute_max_minor: u32,
    /// Whether Neutron has what most clouds have not: QoS policies, names in DNS, segments,
    /// transparent VLANs.
    pub more_extensions: bool,
    /// Limits of each project; what is absent is unlimited.
    pub quota: Quota,
    /// Faults that are armed from the start.
    pub faults: Vec<Fault>,
}

impl Settings {
    /// Reads settings from YAML, of which JSON is a part.
    pub fn parse(text: &str) -> Result<Self, SimError> {
        serde_yaml::from_str(text)
            .map_err(|source| SimError::Settings { what: "the simulator's settings", source })
    }

    /// A clock for the cloud: of its own time, or the machine's.
    pub fn clock(&self) -> Arc<dyn Clock> {
        match self.clock {
            Some(own) => Arc::new(own.clock()),
            None => Arc::new(SystemClock),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            build_ms: 1500,
            delete_ms: 500,
            volume_ms: 400,
            gateway_cache_ms: 300_000,
            latency_ms: 0,
            seed: 1,
            clock: None,
            token_ttl_s: 14400,
            compute_max_minor: 96,
            more_extensions: false,
            quota: Quota::default(),
            faults: Vec::new(),
        }
    }
}

/// Limits of a project. Absent means unlimited.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Quota {
    /// Servers.
    pub instances: Option<i64>,
    /// Virtual CPUs of all servers.
    pub cores: Option<i64>,
    /// Memory of all servers, in MiB.
    pub ram: Option<i64>,
    /// Key pairs of a user.
    pub key_pairs: Option<i64>,
    /// Server groups.
    pub server_groups: Option<i64>,
    /// Members of a server group.
    pub server_group_members: Option<i64>,
    /// Metadata items of a server.
    pub metadata_items: Option<i64>,
    /// Networks.
    pub networks: Option<i64>,
    /// Subnets.
    pub subnets: Option<i64>,
    /// Ports.
    pub ports: Option<i64>,
    /// Routers.
    pub routers: Option<i64>,
    /// Floating addresses.
    pub floatingips: Option<i64>,
    /// Security groups.
    pub security_groups: Option<i64>,
    /// Rules of all security groups.
    pub security_group_rules: Option<i64>,
    /// Volumes.
    pub volumes: Option<i64>,
    /// Sizes of all volumes, in GiB.
    pub gigabytes: Option<i64>,
    /// Size of one volume, in GiB.
    pub per_volume_gigabytes: Option<i64>,
}

impl Quota {
    /// The limit of one resource by the name its service gives it; -1 is unlimited.
    pub(crate) fn limit(&self, resource: &str) -> i64 {
        let found = match resource {
            "instances" => self.instances,
            "cores" => self.cores,
            "ram" => self.ram,
            "key_pairs" => self.key_pairs,
            "server_groups" => self.server_groups,
            "server_group_members" => self.server_group_members,
            "metadata_items" => self.metadata_items,
            "network" => self.networks,
            "subnet" => self.subnets,
            "port" => self.ports,
            "router" => self.routers,
            "floatingip" => self.floatingips,
            "security_group" => self.security_groups,
            "security_group_rule" => self.security_group_rules,
            "volumes" => self.volumes,
            "gigabytes" => self.gigabytes,
            "per_volume_gigabytes" => self.per_volume_gigabytes,
            _ => None,
        };
        found.unwrap_or(-1)
    }
}
