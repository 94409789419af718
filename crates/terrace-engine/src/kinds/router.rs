//! Routers, their interfaces and their routes. An interface is known by router and subnet, a route
//! by router, destination and nexthop: there cannot be two of either.

use serde_json::{Map, json};
use terrace_api::network::{self, Port, Route, Router};
use terrace_api::{ApiError, Call, Session};
use terrace_model::{Attributes, Kind, Object, ObjectState, Value};

use super::lists::Lists;
use super::values::{Names, body, bool_or_null, description, map, tags};
use super::{Change, Made, New, Objects, attributes, present, text, text_or_null};
use crate::marker::undescribe;

const PLAIN: &Names = &[
    ("name", "name"),
    ("admin_state_up", "admin_state_up"),
    ("flavor", "flavor_id"),
    ("distributed", "distributed"),
    ("ha", "ha"),
    ("availability_zone_hints", "availability_zone_hints"),
];

/// What the gateway consists of; Neutron changes it as a whole.
const GATEWAY: [&str; 4] =
    ["external_network", "enable_snat", "external_fixed_ips", "external_qos_policy"];

/// Owners of the ports that are a router's interfaces.
const OWNERS: [&str; 3] = [
    "network:router_interface",
    "network:router_interface_distributed",
    "network:ha_router_replicated_interface",
];

pub(super) async fn list<'a>(lists: &'a Lists<'_>) -> Result<Objects<'a>, ApiError> {
    Ok(Box::new(lists.routers().await?.map(object)))
}

pub(super) async fn get(session: &Session, id: &str) -> Result<Object, ApiError> {
    let router: Router = session.one(network::router(id)).await?;
    Ok(object(&router))
}

pub(super) async fn create(session: &Session, new: &New<'_>) -> Result<Made, ApiError> {
    let mut body = body(Kind::Router, new.desired, PLAIN);
    body.insert("description".into(), description(new.desired, new.marker));
    if new.desired.contains_key("external_network") {
        body.insert("external_gateway_info".into(), gateway(new.desired));
    }
    let made: Router = session.one(network::create_router(body.into())).await?;
    // The gateway may be plugged after the answer was written.
    let outside = new.desired.contains_key("external_network");
    Ok(if outside { made.id.into() } else { object(&made).into() })
}

pub(super) async fn update(session: &Session, change: &Change<'_>) -> Result<(), ApiError> {
    let mut body = body(Kind::Router, change.changes, PLAIN);
    if change.has("description") {
        body.insert("description".into(), description(change.changes, change.marker));
    }
    if GATEWAY.iter().any(|name| change.has(name)) {
        let mut info = gateway(change.desired);
        if change.has("external_qos_policy") && info.get("qos_policy_id").is_none() {
            info["qos_policy_id"] = json!(null);
        }
        body.insert("external_gateway_info".into(), info);
    }
    if !body.is_empty() {
        session.call(network::update_router(change.id, body.into(), None)).await?;
    }
    tags(session, "routers", change.id, change.changes).await.map(drop)
}

fn gateway(desired: &Attributes) -> serde_json::Value {
    let network = text(desired, "external_network");
    if network.is_empty() {
        return json!({});
    }
    let mut info = Map::new();
    info.insert("network_id".into(), json!(network));
    if let Some(policy) = desired.get("external_qos_policy").and_then(Value::as_str) {
        info.insert("qos_policy_id".into(), json!(policy));
    }
    if let Some(snat) = desired.get("enable_snat").and_then(Value::as_bool) {
        info.insert("enable_snat".into(), json!(snat));
    }
    if let Some(addresses) = desired.get("external_fixed_ips").and_then(Value::as_list) {
        let one = |address: &Value| {
            let field = |name: &str| address.as_map()?.get(name)?.as_str().map(|t| json!(t));
            let pairs = [("ip_address", field("ip_address")), ("subnet_id", field("subnet"))];
            let given = pairs.into_iter().filter_map(|(k, v)| Some((k.to_owned(), v?)));
            serde_json::Value::Object(given.collect())
        };
        info.insert("external_fixed_ips".into(), addresses.iter().map(one).collect());
    }
    info.into()
}

fn object(router: &Router) -> Object {
    let (description, marker) = undescribe(&router.description);
    let gateway = router.gateway.as_ref().filter(|gateway| !gateway.network_id.is_empty());
    let outside = gateway.map(|g| g.external_fixed_ips.as_slice()).unwrap_or_default();
    let addresses = outside.iter().map(|ip| {
        map([
            ("ip_address", Value::text(ip.ip_address.clone())),
            ("subnet", Value::text(&ip.subnet_id)),
        ])
    });
    Object {
        attributes: attributes([
            ("id", Value::text(&router.id)),
            ("name", Value::text(&router.name)),
            ("description", text_or_null(Some(&description))),
            ("admin_state_up", Value::Bool(router.admin_state_up)),
            ("external_network", text_or_null(gateway.map(|g| g.network_id.as_str()))),
            ("enable_snat", bool_or_null(gateway.and_then(|g| g.enable_snat))),
            ("external_fixed_ips", Value::List(addresses.collect())),
            ("external_qos_policy", text_or_null(gateway.and_then(|g| g.qos_policy_id.as_deref()))),
            ("flavor", text_or_null(router.flavor_id.as_deref())),
            ("distributed", bool_or_null(router.distributed)),
            ("ha", bool_or_null(router.ha)),
            ("availability_zone_hints", Value::texts(&router.availability_zone_hints)),
            ("tags", Value::texts(&router.tags)),
            ("status", text_or_null(Some(&router.status))),
            ("external_ip", text_or_null(outside.first().map(|ip| ip.ip_address.as_str()))),
        ]),
        id: router.id.clone(),
        state: match router.status.as_str() {
            "ERROR" => ObjectState::Failed("the router is in state ERROR".into()),
            _ => ObjectState::Ready,
        },
        revision: router.revision_number,
        marker,
    }
}

pub(super) async fn list_interfaces<'a>(lists: &'a Lists<'_>) -> Result<Objects<'a>, ApiError> {
    Ok(Box::new(lists.ports().await?.flat_map(interfaces)))
}

pub(super) async fn get_interface(session: &Session, id: &str) -> Result<Option<Object>, ApiError> {
    let router = id.split('/').next().unwrap_or_default();
    let ports: Vec<Port> = session.all(network::ports(&[("device_id", router)])).await?;
    Ok(ports.iter().flat_map(interfaces).find(|interface| interface.id == id))
}

pub(super) async fn create_interface(session: &Session, new: &New<'_>) -> Result<String, ApiError> {
    let router = text(new.desired, "router_id");
    let (key, id) = match text(new.desired, "subnet") {
        "" => ("port_id", text(new.desired, "port")),
        subnet => ("subnet_id", subnet),
    };
    let reply = session.call(network::add_interface(router, key, id)).await?;
    let subnet = reply.body.get("subnet_id").and_then(serde_json::Value::as_str);
    let subnet = subnet.ok_or_else(|| reply.malformed("the answer names no subnet"))?;
    Ok(format!("{router}/{subnet}"))
}

/// By the subnet: a port may be the interface on several, and only one of them goes.
pub(super) fn remove_interface(id: &str) -> Call {
    let (router, subnet) = id.split_once('/').unwrap_or((id, ""));
    network::remove_interface(router, "subnet_id", subnet)
}

/// What a port is as an interface: one on each of its subnets.
fn interfaces(port: &Port) -> Vec<Object> {
    if !OWNERS.contains(&port.device_owner.as_str()) {
        return Vec::new();
    }
    let one = |ip: &network::FixedIp| {
        let id = format!("{}/{}", port.device_id, ip.subnet_id);
        Object {
            attributes: attributes([
                ("id", Value::text(&id)),
                ("router_id", Value::text(&port.device_id)),
                ("subnet", Value::text(&ip.subnet_id)),
                ("port", Value::text(&port.id)),
                ("port_id", Value::text(&port.id)),
                ("ip_address", Value::text(ip.ip_address.clone())),
            ]),
            id,
            state: ObjectState::Ready,
            revision: None,
            marker: None,
        }
    };
    port.fixed_ips.iter().map(one).collect()
}

pub(super) async fn list_routes<'a>(lists: &'a Lists<'_>) -> Result<Objects<'a>, ApiError> {
    Ok(Box::new(lists.routers().await?.flat_map(routes)))
}

pub(super) async fn get_route(session: &Session, id: &str) -> Result<Option<Object>, ApiError> {
    let router = id.split('/').next().unwrap_or_default();
    let router: Option<Router> = present(session.one(network::router(router)).await)?;
    Ok(router.iter().flat_map(routes).find(|route| route.id == id))
}

pub(super) async fn create_route(session: &Session, new: &New<'_>) -> Result<String, ApiError> {
    let field = |name: &str| text(new.desired, name).to_owned();
    let (router, route) = (
        field("router_id"),
        Route { destination: field("destination"), nexthop: field("nexthop") },
    );
    session.call(network::add_routes(&router, std::slice::from_ref(&route))).await?;
    Ok(route_id(&router, &route))
}

pub(super) fn remove_route(id: &str) -> Call {
    let (router, route) = id.split_once('/').unwrap_or((id, ""));
    let (destination, nexthop) = route.rsplit_once('/').unwrap_or((route, ""));
    let route = Route { destination: destination.to_owned(), nexthop: nexthop.to_owned() };
    network::remove_routes(router, &[route])
}

fn route_id(router: &str, route: &Route) -> String {
    format!("{router}/{}/{}", route.destination, route.nexthop)
}

fn routes(router: &Router) -> Vec<Object> {
    let one = |route: &Route| {
        let id = route_id(&router.id, route);
        Object {
            attributes: attributes([
                ("id", Value::text(&id)),
                ("router_id", Value::text(&router.id)),
                ("destination", Value::text(&route.destination)),
                ("nexthop", Value::text(&route.nexthop)),
            ]),
            id,
            state: ObjectState::Ready,
            revision: None,
            marker: None,
        }
    };
    router.routes.iter().map(one).collect()
}
