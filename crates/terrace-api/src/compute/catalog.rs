//! What a compute service offers: flavors, zones, limits and quotas.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::call::Call;
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
}

impl Wire for Flavor {
    const NAME: &'static str = "flavor";
    const ONE: &'static str = "flavor";
    const MANY: &'static str = "flavors";
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

/// The project's limits and what it uses of them: `maxTotalInstances`, `totalInstancesUsed`, ...;
/// -1 is unlimited.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Limits {
    /// The numbers by name.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub absolute: BTreeMap<String, i64>,
}

impl Wire for Limits {
    const NAME: &'static str = "limits";
    const ONE: &'static str = "limits";
    const MANY: &'static str = "limits";
}

/// How much of one quota is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct QuotaUse {
    /// The most there may be; -1 is unlimited.
    pub limit: i64,
    /// What there is.
    #[serde(default, alias = "used")]
    pub in_use: i64,
    /// What is on its way.
    #[serde(default)]
    pub reserved: i64,
}

impl QuotaUse {
    /// How many more there may be; none when unlimited.
    pub fn left(&self) -> Option<u64> {
        let left = self.limit.saturating_sub(self.in_use).saturating_sub(self.reserved);
        (self.limit >= 0).then(|| u64::try_from(left).unwrap_or_default())
    }
}

/// A project's compute quotas by name: `instances`, `cores`, `ram`, `key_pairs`, `server_groups`, ...
#[derive(Debug, Clone, PartialEq)]
pub struct QuotaSet(pub BTreeMap<String, QuotaUse>);

impl<'de> Deserialize<'de> for QuotaSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let all = BTreeMap::<String, Value>::deserialize(deserializer)?;
        let quotas = all
            .into_iter()
            .filter_map(|(name, value)| Some((name, serde_json::from_value(value).ok()?)));
        Ok(Self(quotas.collect()))
    }
}

impl Wire for QuotaSet {
    const NAME: &'static str = "compute quotas";
    const ONE: &'static str = "quota_set";
    const MANY: &'static str = "quota_sets";
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

/// The project's limits.
pub fn limits() -> Call {
    Call::get(Service::Compute, "/limits")
}

/// A project's quotas and what it uses of them.
pub fn quota_detail(project_id: &str) -> Call {
    Call::get(Service::Compute, format!("/os-quota-sets/{}/detail", segment(project_id)))
}
