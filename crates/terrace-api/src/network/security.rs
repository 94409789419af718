//! Security groups and their rules.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{create, item, list, update};
use crate::call::Call;
use crate::service::Service;
use crate::wire;

/// A security group with its rules.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct SecurityGroup {
    /// Its id.
    pub id: String,
    /// Its name; names are not unique.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub name: String,
    /// Its description.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub description: String,
    /// Whether answers to what was let through are let through.
    #[serde(default)]
    pub stateful: Option<bool>,
    /// Its rules.
    #[serde(default, rename = "security_group_rules", deserialize_with = "wire::nullable")]
    pub rules: Vec<SecurityRule>,
    /// Its tags.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub tags: Vec<String>,
    /// The project it is in.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub project_id: String,
    /// Goes up with every change.
    #[serde(default)]
    pub revision_number: Option<u64>,
}

/// A rule of a security group. It never changes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct SecurityRule {
    /// Its id.
    pub id: String,
    /// `ingress` or `egress`.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub direction: String,
    /// `IPv4` or `IPv6`.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub ethertype: String,
    /// Name or number; none is any.
    #[serde(default)]
    pub protocol: Option<String>,
    /// The first port, or the type of ICMP.
    #[serde(default)]
    pub port_range_min: Option<i64>,
    /// The last port, or the code of ICMP.
    #[serde(default)]
    pub port_range_max: Option<i64>,
    /// The other end as a network.
    #[serde(default)]
    pub remote_ip_prefix: Option<String>,
    /// The other end as a security group.
    #[serde(default)]
    pub remote_group_id: Option<String>,
    /// The other end as an address group.
    #[serde(default)]
    pub remote_address_group_id: Option<String>,
    /// Its description.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub description: String,
}

/// The security groups that match every filter.
pub fn security_groups(filters: &[(&str, &str)]) -> Call {
    list("/security-groups", filters)
}

/// One security group.
pub fn security_group(id: &str) -> Call {
    Call::get(Service::Network, item("security-groups", id))
}

/// Creates a security group with these attributes; the answer shows the rules it has of itself.
pub fn create_security_group(attributes: Value) -> Call {
    create("/security-groups", json!({ "security_group": attributes }))
}

/// Changes these attributes of a security group, if it still is at that revision.
pub fn update_security_group(id: &str, attributes: Value, revision: Option<u64>) -> Call {
    update(item("security-groups", id), json!({ "security_group": attributes }), revision)
}

/// Deletes a security group with its rules.
pub fn delete_security_group(id: &str) -> Call {
    Call::delete(Service::Network, item("security-groups", id))
}

/// Creates rules of one group, all of them or none.
pub fn create_security_rules(rules: &[Value]) -> Call {
    create("/security-group-rules", json!({ "security_group_rules": rules }))
}

/// Deletes a rule.
pub fn delete_security_rule(id: &str) -> Call {
    Call::delete(Service::Network, item("security-group-rules", id))
}
