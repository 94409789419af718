//! Server groups, which never change once made.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use crate::call::{Call, Microversion};
use crate::service::Service;
use crate::wire::{self, Wire, segment};

/// The first version with one policy and its rules.
const ONE_POLICY: Microversion = Microversion::new(2, 64);
const FEATURE: &str = "server groups with a policy and rules";
/// Nova gives at most so many at once, and no link to the rest.
const PAGE: &str = "1000";

/// The rules of a server group's policy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GroupRules {
    /// How many members may share a host, for anti-affinity.
    pub max_server_per_host: Option<u32>,
}

/// A server group as nova shows it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct ServerGroup {
    /// Its id.
    pub id: String,
    /// Its name; names are not unique.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub name: String,
    /// `affinity`, `anti-affinity`, `soft-affinity` or `soft-anti-affinity`.
    #[serde(default, alias = "policies", deserialize_with = "policy")]
    pub policy: String,
    /// The policy's rules.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub rules: BTreeMap<String, Value>,
    /// The ids of the servers in it.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub members: Vec<String>,
    /// The project it is in.
    #[serde(default)]
    pub project_id: Option<String>,
    /// Who made it.
    #[serde(default)]
    pub user_id: Option<String>,
}

impl ServerGroup {
    /// How many members may share a host, if it says.
    pub fn max_server_per_host(&self) -> Option<u32> {
        let value = self.rules.get("max_server_per_host")?;
        wire::text_of(value).parse().ok()
    }
}

impl Wire for ServerGroup {
    const NAME: &'static str = "server group";
    const ONE: &'static str = "server_group";
    const MANY: &'static str = "server_groups";
}

/// Old clouds write a list with one policy.
fn policy<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Array(items) => items.first().map(wire::text_of).unwrap_or_default(),
        Value::String(text) => text,
        _ => String::new(),
    })
}

/// The project's server groups.
pub fn server_groups() -> Call {
    Call::get(Service::Compute, "/os-server-groups")
        .query("limit", PAGE)
        .query("offset", "0")
        .microversion(ONE_POLICY, FEATURE)
}

/// One server group.
pub fn server_group(id: &str) -> Call {
    Call::get(Service::Compute, format!("/os-server-groups/{}", segment(id)))
        .microversion(ONE_POLICY, FEATURE)
}

/// Makes a server group.
pub fn create_server_group(name: &str, policy: &str, rules: &GroupRules) -> Call {
    let mut group = json!({ "name": name, "policy": policy });
    if let Some(most) = rules.max_server_per_host {
        group["rules"] = json!({ "max_server_per_host": most });
    }
    Call::post(Service::Compute, "/os-server-groups")
        .body(json!({ "server_group": group }))
        .success(&[200])
        .microversion(ONE_POLICY, FEATURE)
}

/// Deletes a server group; its members stay.
pub fn delete_server_group(id: &str) -> Call {
    Call::delete(Service::Compute, format!("/os-server-groups/{}", segment(id)))
}
