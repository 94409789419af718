//! What a compute service offers: flavors, zones and hypervisors.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::call::{Call, Microversion};
use crate::service::Service;
use crate::wire::{self, Wire, segment};

/// A flavor.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Flavor {
    /// Its id.
    #[serde(deserialize_with = "wire::text")]
    pub id: String,
    /// Its name, unique in a cloud.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub name: String,
    /// Virtual CPUs.
    #[serde(default)]
    pub vcpus: u64,
    /// Memory in MiB.
    #[serde(default)]
    pub ram: u64,
    /// Root disk in GiB.
    #[serde(default)]
    pub disk: u64,
    /// A second disk in GiB, empty at the start.
    #[serde(default, rename = "OS-FLV-EXT-DATA:ephemeral", deserialize_with = "wire::nullable")]
    pub ephemeral: u64,
    /// Swap in MiB.
    #[serde(default, deserialize_with = "number")]
    pub swap: u64,
    /// Whether every project may use it; clouds that do not say mean yes.
    #[serde(default = "yes", rename = "os-flavor-access:is_public")]
    pub is_public: bool,
}

impl Wire for Flavor {
    const NAME: &'static str = "flavor";
    const ONE: &'static str = "flavor";
    const MANY: &'static str = "flavors";
}

fn yes() -> bool {
    true
}

/// Nova writes `""` where it means 0.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    Ok(Value::deserialize(deserializer)?.as_u64().unwrap_or_default())
}

/// An availability zone.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Zone {
    /// Its name.
    #[serde(rename = "zoneName")]
    pub name: String,
    /// Whether servers can be placed there.
    #[serde(default, rename = "zoneState", deserialize_with = "available")]
    pub available: bool,
}

impl Wire for Zone {
    const NAME: &'static str = "availability zone";
    const ONE: &'static str = "availabilityZone";
    const MANY: &'static str = "availabilityZoneInfo";
}

fn available<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let state = Value::deserialize(deserializer)?;
    Ok(state.get("available").and_then(Value::as_bool).unwrap_or_default())
}

/// All flavors.
pub fn flavors_detail() -> Call {
    Call::get(Service::Compute, "/flavors/detail")
}

/// One flavor.
pub fn flavor(id: &str) -> Call {
    Call::get(Service::Compute, format!("/flavors/{}", segment(id)))
}

/// The availability zones.
pub fn availability_zones() -> Call {
    Call::get(Service::Compute, "/os-availability-zone")
}

/// A flavor's extra specs, such as `hw:cpu_policy`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ExtraSpecs(pub BTreeMap<String, String>);

impl Wire for ExtraSpecs {
    const NAME: &'static str = "extra specs";
    const ONE: &'static str = "extra_specs";
    const MANY: &'static str = "extra_specs";
}

/// A flavor's extra specs.
pub fn flavor_extra_specs(id: &str) -> Call {
    Call::get(Service::Compute, format!("/flavors/{}/os-extra_specs", segment(id)))
}

/// A host that runs servers.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Hypervisor {
    /// Its id.
    #[serde(deserialize_with = "wire::text")]
    pub id: String,
    /// Its name.
    #[serde(default, rename = "hypervisor_hostname", deserialize_with = "wire::nullable")]
    pub name: String,
    /// `QEMU` and so on.
    #[serde(default, rename = "hypervisor_type", deserialize_with = "wire::nullable")]
    pub kind: String,
    /// `up` or `down`.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub state: String,
    /// `enabled` or `disabled`.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub status: String,
    /// Virtual CPUs it has.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub vcpus: u64,
    /// Virtual CPUs in use.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub vcpus_used: u64,
    /// Memory in MiB.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub memory_mb: u64,
    /// Memory in use, in MiB.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub memory_mb_used: u64,
    /// Servers that run on it.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub running_vms: u64,
}

impl Wire for Hypervisor {
    const NAME: &'static str = "hypervisor";
    const ONE: &'static str = "hypervisor";
    const MANY: &'static str = "hypervisors";
}

/// All hypervisors, for administrators. From 2.88 on nova no longer says how full they are.
pub fn hypervisors() -> Call {
    let call = Call::get(Service::Compute, "/os-hypervisors/detail");
    call.clone().microversion(Microversion::new(2, 53), "hypervisors in pages").or_older(call)
}
