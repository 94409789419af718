//! Floating addresses.

use super::resource::stamped;
use super::{Kind, fault, ports, resource};
use crate::keystone::Caller;
use crate::records::Row;
use crate::state::State;
use crate::table::Record;
use crate::web::{Object, Reply, object, text};
use serde_json::{Value, json};

/// A new floating address; the body is complete, its fields each valid.
pub(super) fn create(state: &mut State, who: &Caller, mut body: Object) -> Result<Row, Reply> {
    let network = text(&body, "floating_network_id").unwrap_or_default().to_owned();
    let network = resource::visible(state, who, Kind::Network, &network)?;
    if !network.flag("router:external") {
        let message = format!(
            "Bad floatingip request: Network {} is not a valid external network.",
            network.id()
        );
        return Err(fault(400, "BadRequest", &message));
    }
    let mut wanted = Object::new();
    for (from, to) in [("subnet_id", "subnet_id"), ("floating_ip_address", "ip_address")] {
        if let Some(value) = body.remove(from).filter(|value| !value.is_null()) {
            wanted.insert(to.into(), value);
        }
    }
    let (port, fixed) = (body.remove("port_id"), body.remove("fixed_ip_address"));
    let mut row = stamped(state, &who.project_id, body, 0);
    let mut outer = object(json!({
        "network_id": network.id(), "name": "", "description": "", "admin_state_up": true,
        "device_id": row.id(), "device_owner": "network:floatingip",
        "allowed_address_pairs": [], "extra_dhcp_opts": [], "security_groups": [],
    }));
    if !wanted.is_empty() {
        outer.insert("fixed_ips".into(), json!([wanted]));
    }
    let all = Caller { admin: true, project_id: String::new(), ..who.clone() };
    let outer = ports::create(state, &all, outer)?;
    let address = outer.list("fixed_ips").first().map(|ip| ip["ip_address"].clone());
    row.set("floating_ip_address", address.unwrap_or_default());
    row.set("status", "DOWN");
    row.set("router_id", Value::Null);
    row.set("port_id", Value::Null);
    row.set("fixed_ip_address", Value::Null);
    row.set("port_details", Value::Null);
    let mut row = associate(state, who, row, (port, fixed))?;
    state.floatingips.put(row.clone());
    // It works once the router knows it.
    row.set("status", "DOWN");
    Ok(row)
}

pub(super) fn update(
    state: &State,
    who: &Caller,
    mut row: Row,
    mut body: Object,
) -> Result<Row, Reply> {
    let fixed = body.remove("fixed_ip_address");
    let port = body.remove("port_id");
    if port.is_some() || fixed.is_some() {
        let port = port.or_else(|| row.0.get("port_id").cloned());
        row = associate(state, who, row, (port, fixed))?;
    }
    row.0.extend(body);
    Ok(row)
}

/// Ties a floating address to a port, or to nothing.
fn associate(
    state: &State,
    who: &Caller,
    mut row: Row,
    (port, fixed): (Option<Value>, Option<Value>),
) -> Result<Row, Reply> {
    let Some(port) = port.as_ref().and_then(Value::as_str) else {
        for field in ["port_id", "fixed_ip_address", "router_id", "port_details"] {
            row.set(field, Value::Null);
        }
        row.set("status", "DOWN");
        return Ok(row);
    };
    let port = resource::visible(state, who, Kind::Port, port)?;
    let fixed = inner_address(&port, fixed.as_ref().and_then(Value::as_str))?;
    let taken = state
        .floatingips
        .find("port_id", port.id())
        .find(|other| other.id() != row.id() && other.text("fixed_ip_address") == fixed.1);
    if let Some(other) = taken {
        let message = format!(
            "Cannot associate floating IP {} ({}) with port {} using fixed IP {}, as that fixed IP \
             already has a floating IP on external network {}.",
            row.text("floating_ip_address"),
            row.id(),
            port.id(),
            fixed.1,
            other.text("floating_network_id")
        );
        return Err(fault(409, "FloatingIPPortAlreadyAssociated", &message));
    }
    let router = router_between(state, &fixed.0, row.text("floating_network_id"));
    let Some(router) = router else {
        let message = format!(
            "External network {} is not reachable from subnet {}.  Therefore, cannot associate \
             Port {} with a Floating IP.",
            row.text("floating_network_id"),
            fixed.0,
            port.id()
        );
        return Err(fault(404, "ExternalGatewayForFloatingIPNotFound", &message));
    };
    row.set("port_id", port.id());
    row.set("fixed_ip_address", fixed.1);
    row.set("router_id", router);
    row.set("status", "ACTIVE");
    let mut details = Object::new();
    for field in [
        "name",
        "network_id",
        "mac_address",
        "admin_state_up",
        "status",
        "device_id",
        "device_owner",
    ] {
        details.insert(field.into(), port.0.get(field).cloned().unwrap_or_default());
    }
    row.set("port_details", details);
    Ok(row)
}

/// Subnet and address of the port that the floating address stands for.
fn inner_address(port: &Row, wanted: Option<&str>) -> Result<(String, String), Reply> {
    let four: Vec<(String, String)> = port
        .list("fixed_ips")
        .iter()
        .map(|ip| (super::attrs::plain(&ip["subnet_id"]), super::attrs::plain(&ip["ip_address"])))
        .filter(|(_, ip)| !ip.contains(':'))
        .collect();
    let problem = match (wanted, four.as_slice()) {
        (Some(wanted), all) => match all.iter().find(|(_, ip)| ip == wanted) {
            Some(found) => return Ok(found.clone()),
            None => format!("Port {} does not have fixed ip {wanted}", port.id()),
        },
        (None, [one]) => return Ok(one.clone()),
        (None, []) => {
            format!("Cannot add floating IP to port {} that has no fixed IPv4 addresses", port.id())
        }
        (None, _) => format!(
            "Port {} has multiple fixed IPv4 addresses.  Must provide a specific IPv4 address when \
             assigning a floating IP",
            port.id()
        ),
    };
    Err(fault(400, "BadRequest", &format!("Bad floatingip request: {problem}.")))
}

/// A router on this subnet whose gateway is on that network.
fn router_between(state: &State, subnet: &str, external: &str) -> Option<String> {
    state
        .ports
        .find("subnet", subnet)
        .filter(|port| port.text("device_owner") == "network:router_interface")
        .map(|port| port.text("device_id"))
        .find(|router| {
            state
                .routers
                .get(router)
                .is_some_and(|router| router.0["external_gateway_info"]["network_id"] == external)
        })
        .map(str::to_owned)
}

/// The port is gone.
pub(super) fn disassociate(state: &mut State, id: &str) {
    state.floatingips.update(id, |row| {
        for field in ["port_id", "fixed_ip_address", "router_id", "port_details"] {
            row.set(field, Value::Null);
        }
        row.set("status", "DOWN");
    });
}

pub(super) fn delete(state: &mut State, row: &Row) -> Result<(), Reply> {
    let outer: Vec<String> =
        state.ports.find("device_id", row.id()).map(|port| port.id().to_owned()).collect();
    for port in outer {
        ports::forget(state, &port);
    }
    state.floatingips.remove(row.id());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inner_address_must_be_unambiguous() {
        let ip = |ip: &str| json!({"subnet_id": "s", "ip_address": ip});
        for (ips, wanted, good) in [
            (vec![ip("10.0.0.1")], None, true),
            (vec![ip("10.0.0.1"), ip("10.0.0.2")], None, false),
            (vec![ip("10.0.0.1"), ip("10.0.0.2")], Some("10.0.0.2"), true),
            (vec![ip("fd00::1")], None, false),
            (vec![ip("10.0.0.1")], Some("10.0.0.9"), false),
        ] {
            let mut port = Row::default();
            port.set("id", "p");
            port.set("fixed_ips", ips);
            assert_eq!(inner_address(&port, wanted).is_ok(), good, "{port:?} {wanted:?}");
        }
        assert_eq!(Kind::FloatingIp.singular(), "floatingip");
    }
}
