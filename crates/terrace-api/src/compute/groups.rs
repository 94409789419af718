//! Server groups, which never change once made.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use crate::call::{Call, Microversion};
use crate::service::Service;
use crate::wire::{self, Wire, segment};

/// The first version with one policy and its rules; before, a group has a list with one policy.
const ONE_POLICY: Microversion = Microversion::new(2, 64);
/// The first version with policies that are only preferred.
const SOFT: Microversion = Microversion::new(2, 15);
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
    let call = Call::get(Service::Compute, "/os-server-groups");
    let call = call.query("limit", PAGE).query("offset", "0");
    call.clone().microversion(ONE_POLICY, FEATURE).or_older(call)
}

/// One server group.
pub fn server_group(id: &str) -> Call {
    let call = Call::get(Service::Compute, format!("/os-server-groups/{}", segment(id)));
    call.clone().microversion(ONE_POLICY, FEATURE).or_older(call)
}

/// Makes a server group. A cloud from before 2.64 is asked in the older form, unless there are
/// rules, which it does not know.
pub fn create_server_group(name: &str, policy: &str, rules: &GroupRules) -> Call {
    let ask = |group: Value| {
        Call::post(Service::Compute, "/os-server-groups")
            .body(json!({ "server_group": group }))
            .success(&[200])
    };
    let new = |group| ask(group).microversion(ONE_POLICY, FEATURE);
    if let Some(most) = rules.max_server_per_host {
        let rules = json!({ "max_server_per_host": most });
        return new(json!({ "name": name, "policy": policy, "rules": rules }));
    }
    let older = ask(json!({ "name": name, "policies": [policy] }));
    let older = if policy.starts_with("soft-") {
        older.microversion(SOFT, "server groups with a soft policy")
    } else {
        older
    };
    new(json!({ "name": name, "policy": policy })).or_older(older)
}

/// Deletes a server group; its members stay.
pub fn delete_server_group(id: &str) -> Call {
    Call::delete(Service::Compute, format!("/os-server-groups/{}", segment(id)))
}
