//! How much a project may have: limits and quotas, its own and, for administrators, those of others.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use crate::call::Call;
use crate::service::Service;
use crate::wire::{self, Wire, segment};

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
#[serde(from = "Written")]
pub struct QuotaUse {
    /// The most there may be; -1 is unlimited.
    pub limit: i64,
    /// What there is.
    pub in_use: i64,
    /// What is on its way.
    pub reserved: i64,
}

/// A quota as services write it: with what is used of it, or alone.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Used {
        limit: i64,
        #[serde(default, alias = "used")]
        in_use: i64,
        #[serde(default)]
        reserved: i64,
    },
    Alone(i64),
}

impl From<Written> for QuotaUse {
    fn from(written: Written) -> Self {
        match written {
            Written::Used { limit, in_use, reserved } => Self { limit, in_use, reserved },
            Written::Alone(limit) => Self { limit, in_use: 0, reserved: 0 },
        }
    }
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

/// The project's limits.
pub fn limits() -> Call {
    Call::get(Service::Compute, "/limits")
}

/// A project's quotas and what it uses of them.
pub fn quota_detail(project_id: &str) -> Call {
    Call::get(Service::Compute, format!("/os-quota-sets/{}/detail", segment(project_id)))
}

/// A project's quotas, without what it uses.
pub fn quota(project_id: &str) -> Call {
    Call::get(Service::Compute, format!("/os-quota-sets/{}", segment(project_id)))
}

/// The quotas that a new project gets.
pub fn quota_defaults(project_id: &str) -> Call {
    Call::get(Service::Compute, format!("/os-quota-sets/{}/defaults", segment(project_id)))
}

/// Sets these quotas of a project and leaves the others, for administrators; -1 is unlimited.
pub fn set_quota(project_id: &str, quotas: &BTreeMap<String, i64>) -> Call {
    Call::put(Service::Compute, format!("/os-quota-sets/{}", segment(project_id)))
        .body(json!({ "quota_set": quotas }))
}

/// Gives a project the default quotas again, for administrators.
pub fn reset_quota(project_id: &str) -> Call {
    Call::delete(Service::Compute, format!("/os-quota-sets/{}", segment(project_id)))
}

/// The limits of another project, for administrators.
pub fn limits_of(project_id: &str) -> Call {
    limits().query("tenant_id", project_id)
}
