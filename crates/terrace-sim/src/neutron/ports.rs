//! Ports, with their addresses.

use super::resource::stamped;
use super::{Kind, bad_request, fault, ipam, resource, security};
use crate::keystone::Caller;
use crate::records::Row;
use crate::state::State;
use crate::table::Record;
use crate::web::{Object, Reply, text};
use serde_json::{Value, json};
use std::net::IpAddr;

/// Whether a port goes silently when its network or subnet is deleted.
pub(super) fn removed_with_network(port: &Row) -> bool {
    matches!(port.text("device_owner"), "network:dhcp" | "network:distributed")
}

/// A new port; the body is complete, its fields each valid.
pub(super) fn create(state: &mut State, who: &Caller, mut body: Object) -> Result<Row, Reply> {
    let network = text(&body, "network_id").unwrap_or_default().to_owned();
    let network = resource::visible(state, who, Kind::Network, &network)?;
    let mac = match text(&body, "mac_address") {
        Some(mac) => mac.to_owned(),
        None => state.mac(),
    };
    if state.ports.find("mac_address", &mac).any(|port| port.text("network_id") == network.id()) {
        let message = format!(
            "Unable to complete operation for network {}. The mac address {mac} is in use.",
            network.id()
        );
        return Err(fault(409, "MacAddressInUse", &message));
    }
    body.insert("mac_address".into(), json!(mac));
    // They are taken and forgotten, unless the cloud has the driver for it; most have not.
    body.shift_remove("tags");
    for option in
        body.get_mut("extra_dhcp_opts").and_then(Value::as_array_mut).into_iter().flatten()
    {
        if option.get("ip_version").is_none() {
            option["ip_version"] = json!(4);
        }
    }
    let wanted = body.get("fixed_ips").and_then(Value::as_array).cloned();
    let mut ips = addresses(state, &network, wanted.as_deref(), &mac)?;
    let router = text(&body, "device_owner").is_some_and(|owner| owner.starts_with("network:"));
    if !router && wanted.as_ref().is_none_or(|wanted| !wanted.is_empty()) {
        number_itself(state, &network, &mac, &mut ips);
    }
    body.insert("fixed_ips".into(), json!(ips));
    security_of(state, who, &network, &mut body)?;
    check_pairs(&mut body, &mac)?;
    body.entry("binding:vnic_type").or_insert(json!("normal"));
    body.entry("binding:host_id").or_insert(json!(""));
    body.entry("binding:profile").or_insert(json!({}));
    bind(&mut body);
    let mut row = stamped(state, &who.project_id, body, 1);
    let owner = row.text("device_owner");
    let up = owner.starts_with("network:") || !row.text("binding:host_id").is_empty();
    row.set("status", if up { "ACTIVE" } else { "DOWN" });
    state.ports.put(row.clone());
    Ok(row)
}

/// A port is plugged in on a host and works, or is on none and does not.
pub(super) fn plug(row: &mut Row, host: Option<&str>) {
    row.set("binding:host_id", host.unwrap_or_default());
    row.set("status", if host.is_some() { "ACTIVE" } else { "DOWN" });
    bind(&mut row.0);
}

/// What the binding shows, which follows from the host.
fn bind(body: &mut Object) {
    let bound = text(body, "binding:host_id").is_some_and(|host| !host.is_empty());
    let kind = if bound { "ovs" } else { "unbound" };
    body.insert("binding:vif_type".into(), json!(kind));
    let details = if bound {
        json!({
            "port_filter": true, "connectivity": "l2", "bridge_name": "br-int",
            "datapath_type": "system", "ovs_hybrid_plug": false,
            "bound_drivers": {"0": "fakebind"},
        })
    } else {
        json!({})
    };
    body.insert("binding:vif_details".into(), details);
}

/// The security groups of a new port, if the port is guarded at all.
fn security_of(
    state: &mut State,
    who: &Caller,
    network: &Row,
    body: &mut Object,
) -> Result<(), Reply> {
    let guarded = body
        .get("port_security_enabled")
        .and_then(Value::as_bool)
        .unwrap_or_else(|| network.flag("port_security_enabled"));
    let trusted = text(body, "device_owner").is_some_and(|owner| owner.starts_with("network:"));
    let guarded = guarded && !trusted;
    body.insert("port_security_enabled".into(), json!(guarded));
    let groups = match body.get("security_groups").and_then(Value::as_array).cloned() {
        Some(groups) => groups,
        None if guarded => vec![json!(security::default_group(state, &who.project_id))],
        None => Vec::new(),
    };
    check_groups(state, who, &groups)?;
    if !guarded && !groups.is_empty() {
        let message = "Port security must be enabled and port must have an IP address in order to \
                       use security groups.";
        return Err(fault(400, "PortSecurityAndIPRequiredForSecurityGroups", message));
    }
    body.insert("security_groups".into(), json!(groups));
    Ok(())
}

fn check_groups(state: &State, who: &Caller, groups: &[Value]) -> Result<(), Reply> {
    for group in groups {
        let id = super::attrs::plain(group);
        if uuid::Uuid::parse_str(&id).is_err() {
            let message =
                format!("Invalid input for security_groups. Reason: '{id}' is not a valid UUID.");
            return Err(bad_request(&message));
        }
        resource::visible(state, who, Kind::SecurityGroup, &id)?;
    }
    Ok(())
}

fn check_pairs(body: &mut Object, mac: &str) -> Result<(), Reply> {
    let guarded = body.get("port_security_enabled") == Some(&json!(true));
    let Some(Value::Array(pairs)) = body.get_mut("allowed_address_pairs") else { return Ok(()) };
    if !pairs.is_empty() && !guarded {
        let message = "Port Security must be enabled in order to have allowed address pairs on a \
                       port.";
        return Err(fault(409, "AddressPairAndPortSecurityRequired", message));
    }
    for pair in pairs {
        let ip = super::attrs::plain(&pair["ip_address"]);
        if ip.parse::<IpAddr>().is_err() && ip.parse::<ipnet::IpNet>().is_err() {
            return Err(bad_request(&format!("'{ip}' is not a valid IP address")));
        }
        if pair.get("mac_address").is_none_or(Value::is_null) {
            pair["mac_address"] = json!(mac);
        }
    }
    Ok(())
}

/// The addresses of a port: the ones asked for, or one of each family.
fn addresses(
    state: &mut State,
    network: &Row,
    wanted: Option<&[Value]>,
    mac: &str,
) -> Result<Vec<Value>, Reply> {
    let subnets: Vec<Row> = state.subnets.find("network_id", network.id()).cloned().collect();
    let Some(wanted) = wanted else { return usual(state, network, &subnets, mac) };
    let mut out: Vec<Value> = Vec::new();
    for item in wanted {
        let subnet = item["subnet_id"].as_str();
        let ip = item["ip_address"].as_str();
        let chosen = match (subnet, ip) {
            (None, None) => {
                return Err(super::invalid("IP allocation requires subnet_id or ip_address"));
            }
            (Some(id), None) => {
                let subnet = of_network(state, network, &subnets, id)?;
                any_in(state, &subnet, mac).ok_or_else(|| exhausted(network))?
            }
            (subnet, Some(ip)) => exact(state, network, &subnets, (subnet, ip))?,
        };
        if !out.contains(&chosen) {
            out.push(chosen);
        }
    }
    Ok(out)
}

/// Where hosts number themselves, a port has that address too, whatever else it asks for.
fn number_itself(state: &mut State, network: &Row, mac: &str, ips: &mut Vec<Value>) {
    let subnets: Vec<Row> = state.subnets.find("network_id", network.id()).cloned().collect();
    for subnet in subnets.iter().filter(|subnet| ipam::automatic(subnet)) {
        if !ips.iter().any(|ip| ip["subnet_id"] == subnet.id()) {
            ips.extend(any_in(state, subnet, mac));
        }
    }
}

fn of_network(state: &State, network: &Row, subnets: &[Row], id: &str) -> Result<Row, Reply> {
    if let Some(subnet) = subnets.iter().find(|s| s.id() == id) {
        return Ok(subnet.clone());
    }
    if state.subnets.get(id).is_none() {
        return Err(Kind::Subnet.not_found(id));
    }
    let message = format!(
        "Failed to create port on network {}, because fixed_ips included invalid subnet {id}",
        network.id()
    );
    Err(super::invalid(&message))
}

fn fixed(subnet: &Row, ip: IpAddr) -> Value {
    json!({"subnet_id": subnet.id(), "ip_address": ip.to_string()})
}

fn any_in(state: &mut State, subnet: &Row, mac: &str) -> Option<Value> {
    if ipam::automatic(subnet) {
        let net = subnet.text("cidr").parse().ok()?;
        return ipam::slaac(net, mac).map(|ip| fixed(subnet, ip));
    }
    ipam::free(state, subnet).map(|ip| fixed(subnet, ip))
}

fn exact(
    state: &State,
    network: &Row,
    subnets: &[Row],
    (subnet, ip): (Option<&str>, &str),
) -> Result<Value, Reply> {
    let Ok(address) = ip.parse::<IpAddr>() else {
        let message =
            format!("Invalid input for fixed_ips. Reason: '{ip}' is not a valid IP address.");
        return Err(bad_request(&message));
    };
    let contains =
        |s: &Row| s.text("cidr").parse::<ipnet::IpNet>().is_ok_and(|net| net.contains(&address));
    let found = match subnet {
        Some(id) => {
            let subnet = of_network(state, network, subnets, id)?;
            if !contains(&subnet) {
                let message =
                    format!("IP address {ip} is not a valid IP for the specified subnet.");
                return Err(fault(400, "InvalidIpForSubnet", &message));
            }
            subnet
        }
        None => match subnets.iter().find(|s| contains(s)) {
            Some(subnet) => subnet.clone(),
            None => {
                let message = format!(
                    "IP address {ip} is not a valid IP for any of the subnets on the specified \
                     network."
                );
                return Err(fault(400, "InvalidIpForNetwork", &message));
            }
        },
    };
    if ipam::taken(state, found.id(), address) {
        let message = format!("IP address {address} already allocated in subnet {}", found.id());
        return Err(fault(409, "IpAddressAlreadyAllocated", &message));
    }
    Ok(fixed(&found, address))
}

/// One address of each family, and one of each subnet whose hosts number themselves.
fn usual(
    state: &mut State,
    network: &Row,
    subnets: &[Row],
    mac: &str,
) -> Result<Vec<Value>, Reply> {
    let mut out = Vec::new();
    for version in [4, 6] {
        let family: Vec<&Row> =
            subnets.iter().filter(|s| s.number("ip_version") == version).collect();
        let (own, given): (Vec<&Row>, Vec<&Row>) =
            family.into_iter().partition(|s| ipam::automatic(s));
        let mut found = None;
        for subnet in &given {
            found = any_in(state, subnet, mac);
            if found.is_some() {
                break;
            }
        }
        if !given.is_empty() && found.is_none() {
            return Err(exhausted(network));
        }
        out.extend(found);
        for subnet in own {
            out.extend(any_in(state, subnet, mac));
        }
    }
    Ok(out)
}

fn exhausted(network: &Row) -> Reply {
    let message = format!("No more IP addresses available on network {}.", network.id());
    fault(409, "IpAddressGenerationFailure", &message)
}

pub(super) fn update(
    state: &mut State,
    who: &Caller,
    mut row: Row,
    mut body: Object,
) -> Result<Row, Reply> {
    let mac = row.text("mac_address").to_owned();
    if let Some(wanted) = body.get("fixed_ips").and_then(Value::as_array).cloned() {
        let network = state.networks.get(row.text("network_id")).cloned();
        let network = network.ok_or_else(|| Kind::Network.not_found(row.text("network_id")))?;
        // Its own addresses are free for it while it changes.
        let mut bare = row.clone();
        bare.set("fixed_ips", json!([]));
        state.ports.put(bare);
        let kept = keep_present(&row, &wanted);
        let mut ips = addresses(state, &network, Some(&kept), &mac)?;
        if !kept.is_empty() && !row.text("device_owner").starts_with("network:") {
            number_itself(state, &network, &mac, &mut ips);
        }
        for old in row.list("fixed_ips").iter().filter(|old| !ips.contains(old)) {
            let of = |name: &str| old[name].as_str().unwrap_or_default().to_owned();
            ipam::release(state, &of("subnet_id"), &of("ip_address"));
        }
        body.insert("fixed_ips".into(), json!(ips));
    }
    if let Some(groups) = body.get("security_groups").and_then(Value::as_array) {
        check_groups(state, who, groups)?;
    }
    if body.contains_key("mac_address") && !row.text("binding:host_id").is_empty() {
        let message = format!(
            "Unable to complete operation on port {}, port is already bound, port type: ovs, old \
             mac {mac}, new mac {}.",
            row.id(),
            text(&body, "mac_address").unwrap_or_default()
        );
        return Err(fault(409, "PortBound", &message));
    }
    if let Some(options) = body.get("extra_dhcp_opts").and_then(Value::as_array) {
        let merged = merged_options(row.list("extra_dhcp_opts"), options);
        body.insert("extra_dhcp_opts".into(), json!(merged));
    }
    row.0.extend(body);
    if !row.flag("port_security_enabled") && !row.list("security_groups").is_empty() {
        let message = "Port has security group associated. Cannot disable port security or IP \
                       address until security group is removed.";
        return Err(fault(409, "PortSecurityPortHasSecurityGroup", message));
    }
    check_pairs(&mut row.0, &mac)?;
    bind(&mut row.0);
    Ok(row)
}

/// Options are changed one by one: those that are not named stay, one without a value goes.
fn merged_options(present: &[Value], changes: &[Value]) -> Vec<Value> {
    let same = |a: &Value, b: &Value| {
        let version = |v: &Value| v["ip_version"].as_i64().unwrap_or(4);
        a["opt_name"] == b["opt_name"] && version(a) == version(b)
    };
    let stays = |option: &&Value| !changes.iter().any(|change| same(change, option));
    let new = changes.iter().filter(|change| !change["opt_value"].is_null());
    let mut out: Vec<Value> = present.iter().filter(stays).chain(new).cloned().collect();
    for option in &mut out {
        if option.get("ip_version").is_none() {
            option["ip_version"] = json!(4);
        }
    }
    out
}

/// A subnet that is named without an address keeps the address the port has there.
fn keep_present(row: &Row, wanted: &[Value]) -> Vec<Value> {
    let mut present = row.list("fixed_ips").to_vec();
    wanted
        .iter()
        .map(|item| {
            let fits =
                |old: &Value| item["ip_address"].is_null() && old["subnet_id"] == item["subnet_id"];
            match present.iter().position(fits) {
                Some(at) => present.remove(at),
                None => item.clone(),
            }
        })
        .collect()
}

pub(super) fn delete(state: &mut State, row: &Row) -> Result<(), Reply> {
    let owner = row.text("device_owner");
    if owner.starts_with("network:router_") || owner == "network:floatingip" {
        let message = format!(
            "Port {} cannot be deleted directly via the port API: has device owner {owner}.",
            row.id()
        );
        return Err(fault(409, "ServicePortInUse", &message));
    }
    forget(state, row.id());
    Ok(())
}

/// Removes a port and frees what it had.
pub(super) fn forget(state: &mut State, id: &str) {
    let Some(row) = state.ports.remove(id) else { return };
    for ip in row.list("fixed_ips") {
        let of = |name: &str| ip[name].as_str().unwrap_or_default();
        ipam::release(state, of("subnet_id"), of("ip_address"));
    }
    let floating: Vec<String> =
        state.floatingips.find("port_id", id).map(|f| f.id().to_owned()).collect();
    for floating in floating {
        super::floating::disassociate(state, &floating);
    }
}

/// Whether an update changes nothing of the port's own, so that its revision goes up after the
/// answer is given.
pub(super) fn counted_late(state: &State, id: &str, body: &Object) -> bool {
    let own = |(name, value): (&String, &Value)| match name.as_str() {
        "description" | "binding:vnic_type" => false,
        "security_groups" => state.ports.get(id).and_then(|row| row.0.get(name)) != Some(value),
        _ => true,
    };
    !body.iter().any(own)
}

/// The port as the answer to such an update shows it; a description is counted twice.
pub(super) fn count_late(state: &mut State, row: Row, described: bool) -> Row {
    let mut shown = row.clone();
    if described {
        resource::touch(state, Kind::Port, row);
    } else {
        shown.set("revision_number", row.number("revision_number") - 1);
    }
    shown
}
