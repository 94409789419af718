//! Ports.

use serde::Deserialize;
use serde_json::{Value, json};
use smol_str::SmolStr;

use super::{create, item, list, update, yes};
use crate::call::Call;
use crate::service::Service;
use crate::wire;

/// An address of a port.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct FixedIp {
    /// The subnet it is from.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub subnet_id: String,
    /// The address.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub ip_address: SmolStr,
}

/// A further address that may be used on a port.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AddressPair {
    /// Address or network.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub ip_address: String,
    /// Hardware address.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub mac_address: String,
}

/// What DHCP tells beyond addresses.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct DhcpOption {
    /// Which option.
    #[serde(rename = "opt_name", deserialize_with = "wire::text")]
    pub name: String,
    /// What is told.
    #[serde(default, rename = "opt_value", deserialize_with = "wire::nullable")]
    pub value: String,
    /// 4 or 6.
    #[serde(default = "four")]
    pub ip_version: u8,
}

fn four() -> u8 {
    4
}

/// A port as neutron shows it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Port {
    /// Its id.
    pub id: String,
    /// Its name.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub name: String,
    /// Its description.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub description: String,
    /// The network it is in.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub network_id: String,
    /// What it belongs to, such as a server.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub device_id: String,
    /// What kind of thing that is, such as `compute:nova`.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub device_owner: SmolStr,
    /// Its MAC address.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub mac_address: SmolStr,
    /// `ACTIVE`, `DOWN`, `BUILD` or `ERROR`.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub status: SmolStr,
    /// Whether it forwards traffic; clouds that do not say mean yes.
    #[serde(default = "yes")]
    pub admin_state_up: bool,
    /// Its addresses.
    #[serde(default, deserialize_with = "wire::list")]
    pub fixed_ips: Vec<FixedIp>,
    /// The ids of its security groups.
    #[serde(default, deserialize_with = "wire::list")]
    pub security_groups: Vec<String>,
    /// Further addresses that may be used on it.
    #[serde(default, deserialize_with = "wire::list")]
    pub allowed_address_pairs: Vec<AddressPair>,
    /// Whether its traffic is filtered.
    #[serde(default)]
    pub port_security_enabled: Option<bool>,
    /// What DHCP tells beyond addresses.
    #[serde(default, deserialize_with = "wire::list")]
    pub extra_dhcp_opts: Vec<DhcpOption>,
    /// Its name in DNS.
    #[serde(default)]
    pub dns_name: Option<String>,
    /// Its QoS policy.
    #[serde(default)]
    pub qos_policy_id: Option<String>,
    /// What the server sees of it.
    #[serde(default, rename = "binding:vnic_type")]
    pub vnic_type: Option<SmolStr>,
    /// Its tags.
    #[serde(default, deserialize_with = "wire::list")]
    pub tags: Vec<String>,
    /// Goes up with every change.
    #[serde(default)]
    pub revision_number: Option<u64>,
}

/// The ports that match every filter (`device_id`, `network_id`, ...; `fields` trims the answer).
pub fn ports(filters: &[(&str, &str)]) -> Call {
    list("/ports", filters)
}

/// One port.
pub fn port(id: &str) -> Call {
    Call::get(Service::Network, item("ports", id))
}

/// Creates a port with these attributes.
pub fn create_port(attributes: Value) -> Call {
    create("/ports", json!({ "port": attributes }))
}

/// Changes these attributes of a port, if it still is at that revision.
pub fn update_port(id: &str, attributes: Value, revision: Option<u64>) -> Call {
    update(item("ports", id), json!({ "port": attributes }), revision)
}

/// Deletes a port.
pub fn delete_port(id: &str) -> Call {
    Call::delete(Service::Network, item("ports", id))
}
