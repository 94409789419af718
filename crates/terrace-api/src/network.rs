//! Neutron: calls and what they answer.

mod floating_ips;
mod ports;
mod routers;
mod security;

pub use floating_ips::{
    FloatingIp, create_floating_ip, delete_floating_ip, floating_ip, floating_ips,
    update_floating_ip,
};
pub use ports::{
    AddressPair, DhcpOption, FixedIp, Port, create_port, delete_port, port, ports, update_port,
};
pub use routers::{
    Gateway, Route, Router, add_interface, add_routes, create_router, delete_router,
    remove_interface, remove_routes, router, routers, update_router,
};
pub use security::{
    SecurityGroup, SecurityRule, create_security_group, create_security_rules,
    delete_security_group, delete_security_rule, security_group, security_groups,
    update_security_group,
};

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use crate::call::{Call, Repeat};
use crate::compute::QuotaUse;
use crate::service::Service;
use crate::wire::{self, Wire, segment};

/// A network as neutron shows it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Network {
    /// Its id.
    pub id: String,
    /// Its name; names are not unique.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub name: String,
    /// Its description.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub description: String,
    /// `ACTIVE`, `BUILD`, `DOWN` or `ERROR`.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub status: String,
    /// Whether it forwards traffic; clouds that do not say mean yes.
    #[serde(default = "yes")]
    pub admin_state_up: bool,
    /// Whether other projects may use it.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub shared: bool,
    /// Whether routers may have their gateway on it.
    #[serde(default, rename = "router:external", deserialize_with = "wire::nullable")]
    pub external: bool,
    /// The largest packet.
    #[serde(default)]
    pub mtu: Option<u32>,
    /// The domain of the names of its ports.
    #[serde(default)]
    pub dns_domain: Option<String>,
    /// Whether ports get security groups.
    #[serde(default)]
    pub port_security_enabled: Option<bool>,
    /// Its QoS policy.
    #[serde(default)]
    pub qos_policy_id: Option<String>,
    /// Whether it carries VLAN tags of servers.
    #[serde(default)]
    pub vlan_transparent: Option<bool>,
    /// What it is made of, where there are several; for administrators.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub segments: Vec<Segment>,
    /// What it is made of, where there is one; for administrators.
    #[serde(flatten)]
    pub segment: Segment,
    /// The ids of its subnets.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub subnets: Vec<String>,
    /// Zones that its agents should be in.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub availability_zone_hints: Vec<String>,
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

/// A part of a network in the provider's networks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Segment {
    /// `flat`, `vlan`, `vxlan` and so on; only administrators are told.
    #[serde(default, rename = "provider:network_type")]
    pub kind: Option<String>,
    /// The provider's network.
    #[serde(default, rename = "provider:physical_network")]
    pub physical_network: Option<String>,
    /// Its number there.
    #[serde(default, rename = "provider:segmentation_id")]
    pub segmentation_id: Option<i64>,
}

/// A range of addresses.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Pool {
    /// The first address.
    pub start: String,
    /// The last address.
    pub end: String,
}

/// A route given to the hosts of a subnet.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct HostRoute {
    /// Where to.
    pub destination: String,
    /// Through which address.
    pub nexthop: String,
}

/// A subnet as neutron shows it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Subnet {
    /// Its id.
    pub id: String,
    /// Its name; names are not unique.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub name: String,
    /// Its description.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub description: String,
    /// The network it is in.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub network_id: String,
    /// Its addresses.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub cidr: String,
    /// 4 or 6.
    #[serde(default)]
    pub ip_version: u8,
    /// The router's address; none when it has no gateway.
    #[serde(default)]
    pub gateway_ip: Option<String>,
    /// Whether addresses are given out.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub enable_dhcp: bool,
    /// What is given out, in no order.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub allocation_pools: Vec<Pool>,
    /// Name servers, in order.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub dns_nameservers: Vec<String>,
    /// Routes, in no order.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub host_routes: Vec<HostRoute>,
    /// How IPv6 addresses are made.
    #[serde(default)]
    pub ipv6_address_mode: Option<String>,
    /// How IPv6 routers are announced.
    #[serde(default)]
    pub ipv6_ra_mode: Option<String>,
    /// The pool that the addresses are from.
    #[serde(default)]
    pub subnetpool_id: Option<String>,
    /// The segment of its network that it is on.
    #[serde(default)]
    pub segment_id: Option<String>,
    /// Whether fixed addresses get names outside.
    #[serde(default)]
    pub dns_publish_fixed_ip: Option<bool>,
    /// Owners of ports that may take addresses.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub service_types: Vec<String>,
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

/// A project's network quotas by name: `network`, `subnet`, `port`, ...
#[derive(Debug, Clone, PartialEq)]
pub struct Quotas(pub BTreeMap<String, QuotaUse>);

impl<'de> Deserialize<'de> for Quotas {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let all = BTreeMap::<String, Value>::deserialize(deserializer)?;
        let quotas = all
            .into_iter()
            .filter_map(|(name, value)| Some((name, serde_json::from_value(value).ok()?)));
        Ok(Self(quotas.collect()))
    }
}

fn yes() -> bool {
    true
}

macro_rules! wire_names {
    ($($shape:ty: $name:literal, $one:literal, $many:literal;)*) => {
        $(impl Wire for $shape {
            const NAME: &'static str = $name;
            const ONE: &'static str = $one;
            const MANY: &'static str = $many;
        })*
    };
}

wire_names! {
    Network: "network", "network", "networks";
    Subnet: "subnet", "subnet", "subnets";
    Port: "port", "port", "ports";
    SecurityGroup: "security group", "security_group", "security_groups";
    Router: "router", "router", "routers";
    FloatingIp: "floating IP", "floatingip", "floatingips";
    Quotas: "network quotas", "quota", "quotas";
}

/// The networks that match every filter; a filter that repeats means either.
pub fn networks(filters: &[(&str, &str)]) -> Call {
    list("/networks", filters)
}

/// One network.
pub fn network(id: &str) -> Call {
    Call::get(Service::Network, item("networks", id))
}

/// Creates a network with these attributes.
pub fn create_network(attributes: Value) -> Call {
    create("/networks", json!({ "network": attributes }))
}

/// Changes these attributes of a network, if it still is at that revision.
pub fn update_network(id: &str, attributes: Value, revision: Option<u64>) -> Call {
    update(item("networks", id), json!({ "network": attributes }), revision)
}

/// Deletes a network.
pub fn delete_network(id: &str) -> Call {
    Call::delete(Service::Network, item("networks", id))
}

/// The subnets that match every filter.
pub fn subnets(filters: &[(&str, &str)]) -> Call {
    list("/subnets", filters)
}

/// One subnet.
pub fn subnet(id: &str) -> Call {
    Call::get(Service::Network, item("subnets", id))
}

/// Creates a subnet with these attributes.
pub fn create_subnet(attributes: Value) -> Call {
    create("/subnets", json!({ "subnet": attributes }))
}

/// Changes these attributes of a subnet, if it still is at that revision.
pub fn update_subnet(id: &str, attributes: Value, revision: Option<u64>) -> Call {
    update(item("subnets", id), json!({ "subnet": attributes }), revision)
}

/// Deletes a subnet.
pub fn delete_subnet(id: &str) -> Call {
    Call::delete(Service::Network, item("subnets", id))
}

/// A project's quotas and what it uses of them.
pub fn quotas(project_id: &str) -> Call {
    Call::get(Service::Network, format!("/quotas/{}/details.json", segment(project_id)))
}

/// Replaces all tags of an object (`collection` is `networks`, `subnets`, `ports`, ...).
pub fn set_tags(collection: &str, id: &str, tags: &[String]) -> Call {
    Call::put(Service::Network, format!("{}/tags", item(collection, id)))
        .body(json!({ "tags": tags }))
}

fn item(collection: &str, id: &str) -> String {
    format!("/{collection}/{}", segment(id))
}

fn list(path: &str, filters: &[(&str, &str)]) -> Call {
    let call = Call::get(Service::Network, path);
    filters.iter().fold(call, |call, (name, value)| call.query(*name, *value))
}

fn create(path: &str, body: Value) -> Call {
    Call::post(Service::Network, path).body(body).success(&[201])
}

/// With a revision a repeat would answer 412 to its own first attempt, so it is not repeated.
fn update(path: String, body: Value, revision: Option<u64>) -> Call {
    let call = Call::put(Service::Network, path).body(body).success(&[200]);
    match revision {
        Some(number) => {
            call.header("If-Match", format!("revision_number={number}")).repeat(Repeat::Unsafe)
        }
        None => call,
    }
}
