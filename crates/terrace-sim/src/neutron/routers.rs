//! Routers, their gateways and interfaces.

use super::resource::{bump, stamped};
use super::{Kind, bad_request, fault, ipam, ports, query, resource};
use crate::keystone::Caller;
use crate::records::Row;
use crate::state::State;
use crate::table::Record;
use crate::web::{Answer, Object, Reply, Req, object};
use serde_json::{Value, json};

/// A new router; the body is complete, its fields each valid.
pub(super) fn create(state: &mut State, who: &Caller, mut body: Object) -> Result<Row, Reply> {
    let gateway = body.remove("external_gateway_info").unwrap_or_default();
    body.entry("distributed").or_insert(json!(false));
    body.entry("ha").or_insert(json!(false));
    let mut row = stamped(state, &who.project_id, body, 1);
    row.set("status", "ACTIVE");
    row.set("availability_zones", json!([]));
    row.set("external_gateway_info", Value::Null);
    state.routers.put(row.clone());
    if gateway.is_null() {
        return Ok(row);
    }
    let mut row = set_gateway(state, who, row, &gateway)?;
    // The gateway is set in a second step, and with it a third.
    row.set("revision_number", row.number("revision_number") + 2);
    state.routers.put(row.clone());
    Ok(row)
}

pub(super) fn update(
    state: &mut State,
    who: &Caller,
    mut row: Row,
    mut body: Object,
) -> Result<Row, Reply> {
    if let Some(gateway) = body.remove("external_gateway_info") {
        if gateway.get("enable_snat").is_some() && !who.admin {
            return Err(super::forbidden(
                "(rule:update_router and (rule:update_router:external_gateway_info and \
                 (rule:update_router:external_gateway_info:network_id and \
                 rule:update_router:external_gateway_info:enable_snat)))",
            ));
        }
        let had = row.0.get("external_gateway_info").cloned();
        row = set_gateway(state, who, row, &gateway)?;
        if row.0.get("external_gateway_info").cloned() != had {
            // The gateway's port counts as a change of its own.
            row.set("revision_number", row.number("revision_number") + 2);
        }
    }
    if let Some(routes) = body.get("routes").and_then(Value::as_array) {
        check_routes(state, &row, routes)?;
    }
    row.0.extend(body);
    Ok(row)
}

/// The subnets that a router has an interface or gateway in.
fn connected(state: &State, router: &str) -> Vec<ipnet::IpNet> {
    let ports = state.ports.find("device_id", router);
    let ids = ports.flat_map(|port| port.list("fixed_ips").iter());
    ids.filter_map(|ip| state.subnets.get(ip["subnet_id"].as_str()?)?.text("cidr").parse().ok())
        .collect()
}

/// The next hop of a route must be on a subnet that the router is on.
fn check_routes(state: &State, router: &Row, routes: &[Value]) -> Result<(), Reply> {
    let nets = connected(state, router.id());
    for route in routes {
        let hop = route["nexthop"].as_str().unwrap_or_default().parse::<std::net::IpAddr>();
        if hop.is_ok_and(|hop| nets.iter().any(|net| net.contains(&hop))) {
            continue;
        }
        let message = format!(
            "Invalid format for routes: {}, the nexthop is not connected with router",
            crate::web::python(&json!(routes))
        );
        return Err(fault(400, "InvalidRoutes", &message));
    }
    Ok(())
}

fn gateway_port(state: &State, router: &str) -> Option<Row> {
    let mut ports = state.ports.find("device_id", router);
    ports.find(|port| port.text("device_owner") == "network:router_gateway").cloned()
}

/// Sets, changes or clears the gateway.
fn set_gateway(
    state: &mut State,
    who: &Caller,
    mut row: Row,
    wanted: &Value,
) -> Result<Row, Reply> {
    let network = wanted["network_id"].as_str().unwrap_or_default();
    let present = gateway_port(state, row.id());
    let same = present.as_ref().is_some_and(|port| port.text("network_id") == network);
    if let Some(port) = present.filter(|_| !same) {
        if state.floatingips.iter().any(|f| f.text("router_id") == row.id()) {
            let message = format!(
                "Gateway cannot be updated for router {}, since a gateway to external network {} \
                 is required by one or more floating IPs.",
                row.id(),
                port.text("network_id")
            );
            return Err(fault(409, "RouterExternalGatewayInUseByFloatingIp", &message));
        }
        ports::forget(state, port.id());
        row.set("external_gateway_info", Value::Null);
    }
    if network.is_empty() {
        return Ok(row);
    }
    let external = resource::visible(state, who, Kind::Network, network)?;
    if !external.flag("router:external") {
        let message = format!("Bad router request: Network {network} is not an external network.");
        return Err(fault(400, "BadRequest", &message));
    }
    let asked = wanted.get("external_fixed_ips").and_then(Value::as_array).cloned();
    let ips = outer_addresses(state, who, (row.id(), network), asked)?;
    let snat = wanted["enable_snat"].as_bool().unwrap_or(true);
    let had = row.0["external_gateway_info"]["qos_policy_id"].clone();
    let mut info = json!({"network_id": network, "external_fixed_ips": ips, "enable_snat": snat});
    if state.settings.more_extensions {
        info["qos_policy_id"] = wanted.get("qos_policy_id").cloned().unwrap_or(had);
    }
    row.set("external_gateway_info", info);
    Ok(row)
}

/// The addresses of a router outside: those that it has, those asked for, or one that is free.
fn outer_addresses(
    state: &mut State,
    who: &Caller,
    (router, network): (&str, &str),
    asked: Option<Vec<Value>>,
) -> Result<Vec<Value>, Reply> {
    let port = match (gateway_port(state, router), asked) {
        (Some(port), None) => port,
        (Some(port), Some(ips)) => {
            let all = Caller { admin: true, ..who.clone() };
            let body = object(json!({ "fixed_ips": ips }));
            super::update(state, &all, (Kind::Port, port.id()), body)?
        }
        (None, asked) => {
            let mut body = system_port(network, router, "network:router_gateway");
            body.extend(asked.map(|ips| ("fixed_ips".to_owned(), json!(ips))));
            create_port(state, who, body, "")?
        }
    };
    Ok(port.list("fixed_ips").to_vec())
}

fn system_port(network: &str, device: &str, owner: &str) -> Object {
    object(json!({
        "network_id": network, "name": "", "description": "", "admin_state_up": true,
        "device_id": device, "device_owner": owner, "allowed_address_pairs": [],
        "extra_dhcp_opts": [], "security_groups": [],
    }))
}

/// A port that Neutron makes for itself, for `project`.
fn create_port(state: &mut State, who: &Caller, body: Object, project: &str) -> Result<Row, Reply> {
    let all = Caller { admin: true, project_id: project.to_owned(), ..who.clone() };
    ports::create(state, &all, body)
}

/// `PUT /v2.0/routers/{id}/<action>`
pub(super) fn action(
    state: &mut State,
    who: &Caller,
    (id, action): (&str, &str),
    req: &Req,
) -> Answer {
    let router = resource::visible(state, who, Kind::Router, id)?;
    let body: Value = serde_json::from_slice(&req.body).unwrap_or_default();
    match action {
        "add_router_interface" => add_interface(state, who, &router, &body),
        "remove_router_interface" => remove_interface(state, &router, &body),
        "add_extraroutes" | "remove_extraroutes" => {
            let given = body["router"]["routes"].as_array().cloned().unwrap_or_default();
            let mut routes = router.list("routes").to_vec();
            routes.retain(|route| !given.contains(route));
            if action == "add_extraroutes" {
                routes.extend(given);
            }
            let body = object(json!({ "routes": routes }));
            let row = super::update(state, who, (Kind::Router, id), body)?;
            let view = query::view(state, who, Kind::Router, &row);
            Ok(Reply::json(200, &json!({ "router": view })))
        }
        _ => Err(super::no_such_path()),
    }
}

fn bad_router(reason: &str) -> Reply {
    fault(400, "BadRequest", &format!("Bad router request: {reason}."))
}

fn add_interface(state: &mut State, who: &Caller, router: &Row, body: &Value) -> Answer {
    let port = match (body["subnet_id"].as_str(), body["port_id"].as_str()) {
        (Some(_), Some(_)) => {
            return Err(bad_router("Cannot specify both subnet-id and port-id"));
        }
        (Some(subnet), None) => by_subnet(state, who, router, subnet)?,
        (None, Some(port)) => by_port(state, who, router, port)?,
        (None, None) => return Err(bad_router("Either subnet_id or port_id must be specified")),
    };
    bump(state, Kind::Router, router.id());
    Ok(Reply::json(200, &interface(router, &port)))
}

/// The gateway address of a subnet as a new interface.
fn by_subnet(state: &mut State, who: &Caller, router: &Row, subnet: &str) -> Result<Row, Reply> {
    let subnet = resource::visible(state, who, Kind::Subnet, subnet)?;
    if subnet.text("gateway_ip").is_empty() {
        return Err(bad_router("Subnet for router interface must have a gateway IP"));
    }
    check_new(state, router, &subnet)?;
    let mut body = system_port(subnet.text("network_id"), router.id(), "network:router_interface");
    let ips = json!([{"subnet_id": subnet.id(), "ip_address": subnet.text("gateway_ip")}]);
    body.insert("fixed_ips".into(), ips);
    let mut port = create_port(state, who, body, router.text("project_id"))?;
    // It is made, bound and marked as what it is.
    port.set("revision_number", 3);
    state.ports.put(port.clone());
    Ok(port)
}

fn by_port(state: &mut State, who: &Caller, router: &Row, port: &str) -> Result<Row, Reply> {
    let mut port = resource::visible(state, who, Kind::Port, port)?;
    if !port.text("device_id").is_empty() {
        let message = format!(
            "Unable to complete operation on port {} for network {}. Port already has an attached \
             device {}.",
            port.id(),
            port.text("network_id"),
            port.text("device_id")
        );
        return Err(fault(409, "PortInUse", &message));
    }
    for ip in port.list("fixed_ips") {
        let subnet = state.subnets.get(ip["subnet_id"].as_str().unwrap_or_default()).cloned();
        if let Some(subnet) = subnet {
            check_new(state, router, &subnet)?;
        }
    }
    port.set("device_id", router.id());
    port.set("device_owner", "network:router_interface");
    port.set("status", "ACTIVE");
    port.set("revision_number", 3);
    state.ports.put(port.clone());
    Ok(port)
}

/// The subnet must not be there already, nor overlap with one that is.
fn check_new(state: &State, router: &Row, subnet: &Row) -> Result<(), Reply> {
    let Ok(net) = subnet.text("cidr").parse::<ipnet::IpNet>() else { return Ok(()) };
    for port in state.ports.find("device_id", router.id()) {
        for ip in port.list("fixed_ips") {
            let id = ip["subnet_id"].as_str().unwrap_or_default();
            if id == subnet.id() {
                return Err(bad_router(&format!("Router already has a port on subnet {id}")));
            }
            let cidr = state.subnets.get(id).map(|s| s.text("cidr")).unwrap_or_default();
            let Ok(other) = cidr.parse::<ipnet::IpNet>() else { continue };
            let ((low, high), (from, to)) = (ipam::range(net), ipam::range(other));
            if net.addr().is_ipv4() == other.addr().is_ipv4() && low <= to && from <= high {
                return Err(bad_router(&format!(
                    "Cidr {net} of subnet {} overlaps with cidr {other} of subnet {id}",
                    subnet.id()
                )));
            }
        }
    }
    Ok(())
}

fn interface(router: &Row, port: &Row) -> Value {
    let subnets: Vec<Value> =
        port.list("fixed_ips").iter().map(|ip| ip["subnet_id"].clone()).collect();
    json!({
        "id": router.id(), "tenant_id": router.text("project_id"), "port_id": port.id(),
        "network_id": port.text("network_id"), "subnet_id": subnets.first(),
        "subnet_ids": subnets,
    })
}

/// An interface stays while a route leads through it.
fn check_unrouted(state: &State, router: &Row, found: &Row) -> Result<(), Reply> {
    let left: Vec<ipnet::IpNet> = found
        .list("fixed_ips")
        .iter()
        .filter_map(|ip| state.subnets.get(ip["subnet_id"].as_str()?)?.text("cidr").parse().ok())
        .collect();
    let needs = |route: &&Value| {
        let hop = route["nexthop"].as_str().unwrap_or_default().parse::<std::net::IpAddr>();
        hop.is_ok_and(|hop| left.iter().any(|net| net.contains(&hop)))
    };
    if router.list("routes").iter().find(needs).is_some() {
        let subnet = found.list("fixed_ips").first().map(|ip| ip["subnet_id"].clone());
        let message = format!(
            "Router interface for subnet {} on router {} cannot be deleted, as it is required by \
             one or more routes.",
            subnet.as_ref().and_then(Value::as_str).unwrap_or_default(),
            router.id()
        );
        return Err(fault(409, "RouterInterfaceInUseByRoute", &message));
    }
    Ok(())
}

fn remove_interface(state: &mut State, router: &Row, body: &Value) -> Answer {
    let (subnet, port) = (body["subnet_id"].as_str(), body["port_id"].as_str());
    if subnet.is_none() && port.is_none() {
        let message = "Either subnet_id or port_id must be specified";
        return Err(bad_request(message));
    }
    let fits = |p: &&Row| {
        p.text("device_owner") == "network:router_interface"
            && port.is_none_or(|id| p.id() == id)
            && subnet.is_none_or(|id| p.list("fixed_ips").iter().any(|ip| ip["subnet_id"] == id))
    };
    let Some(found) = state.ports.find("device_id", router.id()).find(fits).cloned() else {
        let (what, id) = match (port, subnet) {
            (Some(id), _) => ("port", id),
            (None, id) => ("subnet", id.unwrap_or_default()),
        };
        let message = if what == "port" {
            format!("Router {} does not have an interface with id {id}", router.id())
        } else {
            format!("Router {} has no interface on subnet {id}", router.id())
        };
        let class = if what == "port" {
            "RouterInterfaceNotFound"
        } else {
            "RouterInterfaceNotFoundForSubnet"
        };
        return Err(fault(404, class, &message));
    };
    check_unrouted(state, router, &found)?;
    let served = |f: &Row| {
        let inner = state.ports.get(f.text("port_id"));
        let on = |ip: &Value| {
            found.list("fixed_ips").iter().any(|own| own["subnet_id"] == ip["subnet_id"])
        };
        f.text("router_id") == router.id()
            && inner.is_some_and(|p| p.list("fixed_ips").iter().any(on))
    };
    if state.floatingips.iter().any(served) {
        let subnet =
            found.list("fixed_ips").first().map(|ip| super::attrs::plain(&ip["subnet_id"]));
        let message = format!(
            "Router interface for subnet {} on router {} cannot be deleted, as it is required by \
             one or more floating IPs.",
            subnet.unwrap_or_default(),
            router.id()
        );
        return Err(fault(409, "RouterInterfaceInUseByFloatingIP", &message));
    }
    ports::forget(state, found.id());
    bump(state, Kind::Router, router.id());
    Ok(Reply::json(200, &interface(router, &found)))
}

pub(super) fn delete(state: &mut State, row: &Row) -> Result<(), Reply> {
    let ports = state.ports.find("device_id", row.id());
    let inner: Vec<&str> = ports
        .filter(|port| port.text("device_owner") == "network:router_interface")
        .map(Record::id)
        .collect();
    if !inner.is_empty() {
        let message = format!("Router {} has ports still attached: {}", row.id(), inner.join(", "));
        return Err(fault(409, "RouterInUse", &message));
    }
    if let Some(port) = gateway_port(state, row.id()) {
        ports::forget(state, port.id());
    }
    state.routers.remove(row.id());
    Ok(())
}
