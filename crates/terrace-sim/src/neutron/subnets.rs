//! Subnets: ranges, gateways, pools.

use super::resource::{bump, stamped};
use super::{Kind, bad_request, fault, invalid, ipam, pools, ports, resource};
use crate::keystone::Caller;
use crate::records::Row;
use crate::state::State;
use crate::web::{Object, Reply, text};
use ipnet::IpNet;
use serde_json::{Value, json};
use std::net::IpAddr;

const MAX_NAMESERVERS: usize = 5;
const MAX_ROUTES: usize = 20;
const IPV6_MODES: [&str; 3] = ["slaac", "dhcpv6-stateful", "dhcpv6-stateless"];

/// A new subnet; the body is complete, its fields each valid.
pub(super) fn create(state: &mut State, who: &Caller, mut body: Object) -> Result<Row, Reply> {
    let network = text(&body, "network_id").unwrap_or_default().to_owned();
    let network = resource::visible(state, who, Kind::Network, &network)?;
    if network.text("project_id") != who.project_id && !who.admin {
        let message =
            format!("Tenant {} not allowed to create subnet on this network", who.project_id);
        return Err(fault(403, "HTTPForbidden", &message));
    }
    pools::choose(state, &mut body)?;
    let Some(cidr) = text(&body, "cidr") else {
        let message =
            "Bad subnets request: a subnetpool must be specified in the absence of a cidr.";
        return Err(fault(400, "BadRequest", message));
    };
    let net: IpNet =
        cidr.parse().map_err(|_| invalid(&format!("'{cidr}' is not a valid IP subnet")))?;
    check_range(&body, net)?;
    check_modes(&body)?;
    let gateway = gateway(&body, net)?;
    body.insert("gateway_ip".into(), json!(gateway.map(|ip| ip.to_string())));
    body.insert("cidr".into(), json!(net.trunc().to_string()));
    let pools = match body.get("allocation_pools").and_then(Value::as_array) {
        Some(pools) => check_pools(pools, net, gateway)?,
        None => ipam::default_pools(net, gateway),
    };
    body.insert("allocation_pools".into(), json!(pools));
    check_lists(&body)?;
    check_overlap(state, &network, net)?;
    Ok(store(state, &who.project_id, body))
}

/// Stores a complete and valid subnet.
pub(super) fn store(state: &mut State, project: &str, mut body: Object) -> Row {
    if !state.settings.more_extensions {
        body.remove("segment_id");
    }
    let row = stamped(state, project, body, 0);
    state.subnets.put(row.clone());
    bump(state, Kind::Network, row.text("network_id"));
    row
}

fn check_range(body: &Object, net: IpNet) -> Result<(), Reply> {
    let version = body.get("ip_version").and_then(Value::as_i64).unwrap_or_default();
    let family = if net.addr().is_ipv4() { 4 } else { 6 };
    if version != family {
        return Err(invalid(&format!("cidr '{net}' does not match the ip_version '{version}'")));
    }
    Ok(())
}

fn check_modes(body: &Object) -> Result<(), Reply> {
    let version = body.get("ip_version").and_then(Value::as_i64);
    for field in ["ipv6_ra_mode", "ipv6_address_mode"] {
        let Some(mode) = body.get(field).filter(|mode| !mode.is_null()) else { continue };
        if version == Some(4) {
            return Err(invalid(&format!("{field} is not valid when ip_version is 4")));
        }
        if !mode.as_str().is_some_and(|mode| IPV6_MODES.contains(&mode)) {
            let mode = super::attrs::plain(mode);
            let message = format!(
                "Invalid input for {field}. Reason: '{mode}' is not in ['dhcpv6-stateful', \
                 'dhcpv6-stateless', 'slaac']."
            );
            return Err(bad_request(&message));
        }
    }
    Ok(())
}

fn check_overlap(state: &State, network: &Row, net: IpNet) -> Result<(), Reply> {
    let (low, high) = ipam::range(net);
    for sibling in state.subnets.find("network_id", network.text("id")) {
        let Ok(other) = sibling.text("cidr").parse::<IpNet>() else { continue };
        let (from, to) = ipam::range(other);
        if other.addr().is_ipv4() == net.addr().is_ipv4() && low <= to && from <= high {
            return Err(invalid(&format!(
                "Requested subnet with cidr: {net} for network: {} overlaps with another subnet",
                network.text("id")
            )));
        }
    }
    Ok(())
}

/// The gateway that a body asks for: said, none, or by default the first address.
fn gateway(body: &Object, net: IpNet) -> Result<Option<IpAddr>, Reply> {
    let Some(wanted) = body.get("gateway_ip") else {
        let (low, high) = ipam::range(net);
        // Hosts that number themselves find their router at the network's own address.
        let own = body.get("ipv6_ra_mode").is_some_and(|m| m == "slaac" || m == "dhcpv6-stateless")
            || body
                .get("ipv6_address_mode")
                .is_some_and(|m| m == "slaac" || m == "dhcpv6-stateless");
        let step = u128::from(!own);
        return Ok((high > low).then(|| ipam::address(low + step, net.network())));
    };
    let Some(text) = wanted.as_str() else { return Ok(None) };
    let ip: IpAddr =
        text.parse().map_err(|_| invalid(&format!("'{text}' is not a valid IP address")))?;
    check_gateway(ip, net)?;
    Ok(Some(ip))
}

fn check_gateway(ip: IpAddr, net: IpNet) -> Result<(), Reply> {
    if ip.is_ipv4() != net.addr().is_ipv4() {
        let version = if net.addr().is_ipv4() { 4 } else { 6 };
        return Err(invalid(&format!(
            "gateway_ip '{ip}' does not match the ip_version '{version}'"
        )));
    }
    let (low, high) = ipam::range(net);
    let at = ipam::number(ip);
    if high > low + 1 && (at == low || (at == high && net.addr().is_ipv4())) {
        return Err(invalid("Gateway is not valid on subnet"));
    }
    Ok(())
}

/// Pools in order, each inside the subnet, none overlapping another or the gateway.
fn check_pools(pools: &[Value], net: IpNet, gateway: Option<IpAddr>) -> Result<Vec<Value>, Reply> {
    let (low, high) = ipam::hosts(net);
    let mut ranges = Vec::new();
    for pool in pools {
        let Some((start, end)) = ipam::pool(pool) else {
            return Err(bad_pool(pool));
        };
        let (from, to) = (ipam::number(start), ipam::number(end));
        if from > to || start.is_ipv4() != net.addr().is_ipv4() {
            let shown = super::attrs::plain(pool);
            let message = format!("The allocation pool {shown} is not valid.");
            return Err(fault(400, "InvalidAllocationPool", &message));
        }
        if from < low || to > high {
            let message =
                format!("The allocation pool {start}-{end} spans beyond the subnet cidr {net}.");
            return Err(fault(400, "OutOfBoundsAllocationPool", &message));
        }
        if let Some(gateway) = gateway.filter(|g| (from..=to).contains(&ipam::number(*g))) {
            let message =
                format!("Gateway ip {gateway} conflicts with allocation pool {start}-{end}.");
            return Err(fault(409, "GatewayConflictWithAllocationPools", &message));
        }
        ranges.push((from, to, start, end));
    }
    ranges.sort_unstable_by_key(|range| range.0);
    for pair in ranges.windows(2) {
        if pair[0].1 >= pair[1].0 {
            let message = format!(
                "Found overlapping allocation pools: {}-{} {}-{} for subnet {net}.",
                pair[0].2, pair[0].3, pair[1].2, pair[1].3
            );
            return Err(fault(409, "OverlappingAllocationPools", &message));
        }
    }
    let show = |(_, _, start, end): (u128, u128, IpAddr, IpAddr)| json!({"start": start.to_string(), "end": end.to_string()});
    Ok(ranges.into_iter().map(show).collect())
}

/// The refusal of what is not two addresses.
fn bad_pool(pool: &Value) -> Reply {
    let given: Vec<String> =
        pool.as_object().into_iter().flat_map(|map| map.keys()).map(|k| format!("'{k}'")).collect();
    let both = given.len() == 2 && pool.get("start").is_some() && pool.get("end").is_some();
    let reason = if both {
        format!("Invalid IP address in pool: '{}'", super::attrs::plain(pool))
    } else {
        format!(
            "Validation of dictionary's keys failed. Expected keys: {{'end', 'start'}} Provided \
             keys: {{{}}}",
            given.join(", ")
        )
    };
    bad_request(&format!("Invalid input for allocation_pools. Reason: {reason}."))
}

fn check_lists(body: &Object) -> Result<(), Reply> {
    if let Some(servers) = body.get("dns_nameservers").and_then(Value::as_array) {
        if servers.len() > MAX_NAMESERVERS {
            let message = "Unable to complete operation for new subnet. The number of DNS nameservers \
                           exceeds the limit 5.";
            return Err(fault(400, "DNSNameServersExhausted", message));
        }
        let mut seen = Vec::new();
        for server in servers {
            let shown = super::attrs::plain(server);
            let wrong = |reason: String| {
                bad_request(&format!("Invalid input for dns_nameservers. Reason: {reason}."))
            };
            if shown.parse::<IpAddr>().is_err() {
                return Err(wrong(format!(
                    "'{shown}' is not a valid nameserver. '{shown}' is not a valid IP address"
                )));
            }
            if seen.contains(&shown) {
                return Err(wrong(format!("Duplicate nameserver '{shown}'")));
            }
            seen.push(shown);
        }
    }
    let routes = body.get("host_routes").and_then(Value::as_array);
    if routes.is_some_and(|routes| routes.len() > MAX_ROUTES) {
        let message = "Unable to complete operation for new subnet. The number of host routes exceeds \
                       the limit 20.";
        return Err(fault(400, "HostRoutesExhausted", message));
    }
    Ok(())
}

pub(super) fn update(state: &mut State, mut row: Row, mut body: Object) -> Result<Row, Reply> {
    let cidr = row.text("cidr").to_owned();
    let net: IpNet = cidr.parse().map_err(|_| invalid("the subnet has no range"))?;
    let new_gateway = match body.get("gateway_ip") {
        None => row.text("gateway_ip").parse().ok(),
        Some(_) => gateway(&body, net)?,
    };
    if body.contains_key("gateway_ip") {
        let old = row.text("gateway_ip").to_owned();
        let used = state
            .ports
            .find("ip", &format!("{}/{old}", row.text("id")))
            .find(|port| port.text("device_owner").starts_with("network:router_interface"));
        if let Some(port) =
            used.filter(|_| new_gateway.map(|ip| ip.to_string()) != Some(old.clone()))
        {
            let message = format!(
                "Current gateway ip {old} already in use by port {}. Unable to update.",
                port.text("id")
            );
            return Err(fault(409, "GatewayIpInUse", &message));
        }
    }
    let pools = body.get("allocation_pools").and_then(Value::as_array).cloned();
    let checked = match &pools {
        Some(pools) => pools.as_slice(),
        None => row.list("allocation_pools"),
    };
    let checked = check_pools(checked, net, new_gateway)?;
    if pools.is_some() {
        body.insert("allocation_pools".into(), json!(checked));
    }
    check_lists(&body)?;
    row.0.extend(body);
    bump(state, Kind::Network, row.text("network_id"));
    Ok(row)
}

pub(super) fn delete(state: &mut State, row: &Row) -> Result<(), Reply> {
    let id = row.text("id");
    let (own, used): (Vec<&Row>, Vec<&Row>) =
        state.ports.find("subnet", id).partition(|port| ports::removed_with_network(port));
    let automatic = ipam::automatic(row);
    let blocking = used
        .iter()
        .any(|port| !automatic || port.text("device_owner").starts_with("network:router"));
    if blocking {
        let message = format!(
            "Unable to complete operation on subnet {id}: One or more ports have an IP allocation \
             from this subnet."
        );
        return Err(fault(409, "SubnetInUse", &message));
    }
    let losing: Vec<Row> = used.into_iter().cloned().collect();
    let own: Vec<String> = own.iter().map(|port| port.text("id").to_owned()).collect();
    for port in own {
        ports::forget(state, &port);
    }
    for mut port in losing {
        let left: Vec<Value> =
            port.list("fixed_ips").iter().filter(|ip| ip["subnet_id"] != id).cloned().collect();
        port.set("fixed_ips", left);
        state.ports.put(port);
    }
    state.subnets.remove(id);
    bump(state, Kind::Network, row.text("network_id"));
    Ok(())
}
