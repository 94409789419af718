//! Floating IPs.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{create, item, list, update};
use crate::call::Call;
use crate::service::Service;
use crate::wire;

/// A floating IP as neutron shows it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct FloatingIp {
    /// Its id.
    pub id: String,
    /// Its description.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub description: String,
    /// `ACTIVE`, `DOWN` or `ERROR`.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub status: String,
    /// The network it is from.
    #[serde(default, rename = "floating_network_id", deserialize_with = "wire::nullable")]
    pub network_id: String,
    /// The address.
    #[serde(default, rename = "floating_ip_address", deserialize_with = "wire::nullable")]
    pub address: String,
    /// Its name in DNS.
    #[serde(default)]
    pub dns_name: Option<String>,
    /// The domain of its name.
    #[serde(default)]
    pub dns_domain: Option<String>,
    /// The port it leads to.
    #[serde(default)]
    pub port_id: Option<String>,
    /// The address of the port.
    #[serde(default, rename = "fixed_ip_address")]
    pub fixed_ip: Option<String>,
    /// The router that joins the two.
    #[serde(default)]
    pub router_id: Option<String>,
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

/// The floating IPs that match every filter.
pub fn floating_ips(filters: &[(&str, &str)]) -> Call {
    list("/floatingips", filters)
}

/// One floating IP.
pub fn floating_ip(id: &str) -> Call {
    Call::get(Service::Network, item("floatingips", id))
}

/// Creates a floating IP with these attributes.
pub fn create_floating_ip(attributes: Value) -> Call {
    create("/floatingips", json!({ "floatingip": attributes }))
}

/// Changes these attributes of a floating IP, if it still is at that revision.
pub fn update_floating_ip(id: &str, attributes: Value, revision: Option<u64>) -> Call {
    update(item("floatingips", id), json!({ "floatingip": attributes }), revision)
}

/// Deletes a floating IP.
pub fn delete_floating_ip(id: &str) -> Call {
    Call::delete(Service::Network, item("floatingips", id))
}
