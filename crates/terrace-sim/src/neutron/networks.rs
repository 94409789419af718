//! Networks.

use super::resource::stamped;
use super::{fault, ports, security, subnets};
use crate::keystone::{self, Caller};
use crate::records::Row;
use crate::state::State;
use crate::web::{Object, Reply, object};
use serde_json::{Value, json};

/// A network that is there from the start, with its subnet.
pub(crate) struct Preset {
    pub(crate) network: Value,
    pub(crate) subnet: Value,
}

/// Makes a preset network; it belongs to the project `admin`.
pub(crate) fn preset(state: &mut State, preset: Preset) {
    let project = keystone::project_named(state, "admin");
    let mut network = object(json!({
        "name": "", "admin_state_up": true, "shared": false, "router:external": false,
        "port_security_enabled": true, "availability_zone_hints": [], "description": "",
        "provider:segmentation_id": null,
    }));
    network.extend(object(preset.network));
    let row = store(state, &project, network);
    let mut subnet = object(json!({
        "description": "", "dns_nameservers": [], "host_routes": [], "ipv6_ra_mode": null,
        "ipv6_address_mode": null, "service_types": [], "subnetpool_id": null,
        "network_id": row.text("id"),
    }));
    subnet.extend(object(preset.subnet));
    subnets::store(state, &project, subnet);
}

fn store(state: &mut State, project: &str, body: Object) -> Row {
    let mut row = stamped(state, project, body, 1);
    row.set("status", "ACTIVE");
    row.set("availability_zones", json!([]));
    row.set("ipv4_address_scope", Value::Null);
    row.set("ipv6_address_scope", Value::Null);
    state.networks.put(row.clone());
    row
}

/// A new network; the body is complete and valid.
pub(super) fn create(state: &mut State, who: &Caller, mut body: Object) -> Result<Row, Reply> {
    security::default_group(state, &who.project_id);
    body.entry("mtu").or_insert(json!(1450));
    // One segment shows as the network's own, several as a list.
    if let Some([one]) = body.get("segments").and_then(Value::as_array).map(Vec::as_slice) {
        let one = object(one.clone());
        body.extend(one);
        body.shift_remove("segments");
    }
    if body.contains_key("segments") {
        return Ok(store(state, &who.project_id, body));
    }
    body.entry("provider:network_type").or_insert(json!("vxlan"));
    body.entry("provider:physical_network").or_insert(Value::Null);
    let segment = state.number();
    body.entry("provider:segmentation_id").or_insert(json!(segment));
    if body["router:external"] == json!(true) {
        body.entry("is_default").or_insert(json!(false));
    } else {
        body.remove("is_default");
    }
    Ok(store(state, &who.project_id, body))
}

pub(super) fn update(state: &State, mut row: Row, body: Object) -> Result<Row, Reply> {
    if body.get("shared") == Some(&json!(false)) && row.flag("shared") {
        let foreign = state
            .ports
            .find("network_id", row.text("id"))
            .any(|port| port.text("project_id") != row.text("project_id"));
        if foreign {
            let message = format!(
                "Unable to reconfigure sharing settings for network {}. Multiple tenants are \
                 using it.",
                row.text("id")
            );
            return Err(fault(409, "InvalidSharedSetting", &message));
        }
    }
    row.0.extend(body);
    Ok(row)
}

pub(super) fn delete(state: &mut State, row: &Row) -> Result<(), Reply> {
    let id = row.text("id");
    let (own, used): (Vec<&Row>, Vec<&Row>) =
        state.ports.find("network_id", id).partition(|port| ports::removed_with_network(port));
    if !used.is_empty() {
        let ids: Vec<&str> = used.iter().map(|port| port.text("id")).collect();
        let message = format!(
            "Unable to complete operation on network {id}. There are one or more ports still in \
             use on the network, id for these ports is: {}.",
            ids.join(",")
        );
        return Err(fault(409, "NetworkInUse", &message));
    }
    let own: Vec<String> = own.iter().map(|port| port.text("id").to_owned()).collect();
    for port in own {
        ports::forget(state, &port);
    }
    let subnets: Vec<String> =
        state.subnets.find("network_id", id).map(|s| s.text("id").to_owned()).collect();
    for subnet in subnets {
        state.subnets.remove(&subnet);
    }
    state.networks.remove(id);
    Ok(())
}
