//! Routers, their interfaces and routes.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::ports::FixedIp;
use super::{create, item, list, update, yes};
use crate::call::{Call, Repeat};
use crate::service::Service;
use crate::wire;

/// A router as neutron shows it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Router {
    /// Its id.
    pub id: String,
    /// Its name; names are not unique.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub name: String,
    /// Its description.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub description: String,
    /// `ACTIVE`, `ERROR` and so on.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub status: String,
    /// Whether it forwards traffic; clouds that do not say mean yes.
    #[serde(default = "yes")]
    pub admin_state_up: bool,
    /// Its gateway, if it has one.
    #[serde(default, rename = "external_gateway_info")]
    pub gateway: Option<Gateway>,
    /// Its static routes, in no order.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub routes: Vec<Route>,
    /// What makes it.
    #[serde(default)]
    pub flavor_id: Option<String>,
    /// Whether it is on every host.
    #[serde(default)]
    pub distributed: Option<bool>,
    /// Whether there is a second one in reserve.
    #[serde(default)]
    pub ha: Option<bool>,
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

/// The gateway of a router.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Gateway {
    /// The network outside.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub network_id: String,
    /// Whether what has no floating IP reaches the outside.
    #[serde(default)]
    pub enable_snat: Option<bool>,
    /// Its addresses.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub external_fixed_ips: Vec<FixedIp>,
    /// Its QoS policy.
    #[serde(default)]
    pub qos_policy_id: Option<String>,
}

/// A static route.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
pub struct Route {
    /// Where to.
    pub destination: String,
    /// Through which address.
    pub nexthop: String,
}

/// The routers that match every filter.
pub fn routers(filters: &[(&str, &str)]) -> Call {
    list("/routers", filters)
}

/// One router.
pub fn router(id: &str) -> Call {
    Call::get(Service::Network, item("routers", id))
}

/// Creates a router with these attributes.
pub fn create_router(attributes: Value) -> Call {
    create("/routers", json!({ "router": attributes }))
}

/// Changes these attributes of a router, if it still is at that revision.
pub fn update_router(id: &str, attributes: Value, revision: Option<u64>) -> Call {
    update(item("routers", id), json!({ "router": attributes }), revision)
}

/// Deletes a router, which has no interfaces any more.
pub fn delete_router(id: &str) -> Call {
    Call::delete(Service::Network, item("routers", id))
}

/// Gives a router an interface: `subnet_id` or `port_id`. A second time it is refused.
pub fn add_interface(router: &str, key: &str, id: &str) -> Call {
    action(router, "add_router_interface", json!({ key: id })).repeat(Repeat::Unsafe)
}

/// Takes an interface away: by `subnet_id` or `port_id`.
pub fn remove_interface(router: &str, key: &str, id: &str) -> Call {
    action(router, "remove_router_interface", json!({ key: id }))
}

/// Adds routes and leaves the others; one that is there already stays as it is.
pub fn add_routes(router: &str, routes: &[Route]) -> Call {
    action(router, "add_extraroutes", json!({ "router": { "routes": routes } }))
}

/// Removes routes and leaves the others.
pub fn remove_routes(router: &str, routes: &[Route]) -> Call {
    action(router, "remove_extraroutes", json!({ "router": { "routes": routes } }))
}

fn action(router: &str, name: &str, body: Value) -> Call {
    Call::put(Service::Network, format!("{}/{name}", item("routers", router)))
        .body(body)
        .success(&[200])
}
