//! Addresses: pools, free ones, ones made from hardware addresses.

use crate::records::Row;
use crate::state::State;
use ipnet::IpNet;
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address as a number.
pub(super) fn number(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => u128::from(u32::from(ip)),
        IpAddr::V6(ip) => u128::from(ip),
    }
}

/// A number as an address of the same family as `like`.
pub(super) fn address(number: u128, like: IpAddr) -> IpAddr {
    match like {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::from(u32::try_from(number).unwrap_or(u32::MAX))),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from(number)),
    }
}

/// The range of addresses in a subnet, ends included.
pub(super) fn range(net: IpNet) -> (u128, u128) {
    (number(net.network()), number(net.broadcast()))
}

/// The addresses that hosts may have: without the network's own and IPv4's broadcast address.
pub(super) fn hosts(net: IpNet) -> (u128, u128) {
    let (low, high) = range(net);
    match net {
        IpNet::V4(net) if net.prefix_len() >= 31 => (low, high),
        IpNet::V4(_) => (low + 1, high - 1),
        IpNet::V6(net) if net.prefix_len() >= 127 => (low, high),
        IpNet::V6(_) => (low + 1, high),
    }
}

/// The pools of a subnet that says nothing: everything except the gateway.
pub(super) fn default_pools(net: IpNet, gateway: Option<IpAddr>) -> Vec<Value> {
    let (low, high) = hosts(net);
    let like = net.network();
    let pool = |low: u128, high: u128| json!({"start": address(low, like).to_string(), "end": address(high, like).to_string()});
    match gateway.map(number).filter(|gateway| (low..=high).contains(gateway)) {
        None => vec![pool(low, high)],
        Some(gateway) => {
            let mut pools = Vec::new();
            if gateway > low {
                pools.push(pool(low, gateway - 1));
            }
            if gateway < high {
                pools.push(pool(gateway + 1, high));
            }
            pools
        }
    }
}

/// The ends of a pool as numbers, if it is one.
pub(super) fn pool(value: &Value) -> Option<(IpAddr, IpAddr)> {
    let end = |name: &str| value[name].as_str()?.parse::<IpAddr>().ok();
    Some((end("start")?, end("end")?))
}

/// Whether somebody has this address.
pub(super) fn taken(state: &State, subnet: &str, ip: IpAddr) -> bool {
    state.ports.count("ip", &format!("{subnet}/{ip}")) > 0
}

/// The lowest free address in a subnet's pools.
pub(super) fn free(state: &mut State, subnet: &Row) -> Option<IpAddr> {
    let id = subnet.text("id");
    let cursor = state.cursors.get(id).copied().unwrap_or_default();
    for pool in subnet.list("allocation_pools") {
        let Some((start, end)) = self::pool(pool) else { continue };
        let (low, high) = (number(start).max(cursor), number(end));
        for at in low..=high {
            let ip = address(at, start);
            if !taken(state, id, ip) {
                // Below this one, none is free; `release` takes it back.
                if subnet.list("allocation_pools").len() == 1 {
                    state.cursors.insert(id.to_owned(), at);
                }
                return Some(ip);
            }
        }
    }
    None
}

/// An address is free again.
pub(super) fn release(state: &mut State, subnet: &str, ip: &str) {
    let Ok(ip) = ip.parse::<IpAddr>() else { return };
    if let Some(cursor) = state.cursors.get_mut(subnet) {
        *cursor = (*cursor).min(number(ip));
    }
}

/// The address that a host in an IPv6 subnet gives itself (EUI-64).
pub(super) fn slaac(net: IpNet, mac: &str) -> Option<IpAddr> {
    let mac: Vec<u8> =
        mac.split(':').map(|part| u8::from_str_radix(part, 16).ok()).collect::<Option<_>>()?;
    let [a, b, c, d, e, f] = *mac.as_slice() else { return None };
    let host = u64::from_be_bytes([a ^ 2, b, c, 0xff, 0xfe, d, e, f]);
    Some(address(number(net.network()) | u128::from(host), net.network()))
}

/// Whether addresses of this subnet are made by the hosts themselves.
pub(super) fn automatic(subnet: &Row) -> bool {
    matches!(subnet.text("ipv6_address_mode"), "slaac" | "dhcpv6-stateless")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pools_leave_the_gateway_out() {
        for (net, gateway, pools) in [
            ("10.0.0.0/24", Some("10.0.0.1"), "10.0.0.2-10.0.0.254"),
            ("10.0.0.0/24", Some("10.0.0.254"), "10.0.0.1-10.0.0.253"),
            ("10.0.0.0/24", Some("10.0.0.9"), "10.0.0.1-10.0.0.8 10.0.0.10-10.0.0.254"),
            ("10.0.0.0/24", None, "10.0.0.1-10.0.0.254"),
            ("10.0.0.0/30", Some("10.0.0.1"), "10.0.0.2-10.0.0.2"),
            ("10.0.0.4/31", None, "10.0.0.4-10.0.0.5"),
            ("fd00::/64", Some("fd00::1"), "fd00::2-fd00::ffff:ffff:ffff:ffff"),
        ] {
            let net: IpNet = net.parse().unwrap();
            let gateway = gateway.map(|g| g.parse().unwrap());
            let found: Vec<String> = default_pools(net, gateway)
                .iter()
                .map(|p| format!("{}-{}", p["start"].as_str().unwrap(), p["end"].as_str().unwrap()))
                .collect();
            assert_eq!(found.join(" "), pools, "{net} {gateway:?}");
        }
    }

    #[test]
    fn slaac_address() {
        let ip = slaac("2001:db8::/64".parse().unwrap(), "fa:16:3e:00:00:01").unwrap();
        assert_eq!(ip.to_string(), "2001:db8::f816:3eff:fe00:1");
    }
}
