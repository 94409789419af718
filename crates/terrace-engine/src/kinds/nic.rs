//! What servers are plugged into: a port that Terrace made is known by itself, any other by its
//! network and address.

use std::time::Duration;

use terrace_api::compute::{self, Nic};
use terrace_api::network::{self, Port};
use terrace_api::{ApiError, Session};
use terrace_model::{Attributes, Value};

use super::values::map;
use super::{Change, Place, present, text, text_list};
use crate::marker::undescribe;

/// How often, and how far apart, a server's ports are looked at until the unplugged are gone.
const LOOKS: u32 = 120;
const BETWEEN: Duration = Duration::from_millis(500);

/// The NICs of a new server.
pub(super) fn wanted(desired: &Attributes) -> Vec<Nic> {
    let nics = desired.get("networks").and_then(Value::as_list).unwrap_or_default();
    nics.iter().filter_map(nic).collect()
}

fn nic(value: &Value) -> Option<Nic> {
    let fields = value.as_map()?;
    let mut nic = match (text(fields, "port"), text(fields, "network")) {
        ("", network) => Nic::network(network),
        (port, _) => Nic::port(port),
    };
    nic.fixed_ip = super::some_text(fields, "fixed_ip");
    Some(nic)
}

/// What is seen of a port that a server is plugged into.
pub(super) fn seen(port: &Port) -> Value {
    if is_ours(port) {
        return map([("port", Value::text(&port.id))]);
    }
    let addresses = port.fixed_ips.iter().map(|ip| ip.ip_address.as_str());
    let address = match port.fixed_ips.as_slice() {
        [] => Value::Null,
        [one] => Value::text(one.ip_address.clone()),
        _ => Value::texts(addresses),
    };
    map([
        ("network", Value::text(&port.network_id)),
        ("port", Value::text(&port.id)),
        ("fixed_ip", address),
    ])
}

/// Whether the port is an object of its own in a stack.
fn is_ours(port: &Port) -> bool {
    undescribe(&port.description).1.is_some()
}

/// The groups of the ports that the server got on networks: those of pre-made ports are theirs.
pub(super) fn groups(ports: &[&Port]) -> Value {
    let mut groups: Vec<&str> = ports
        .iter()
        .filter(|port| !is_ours(port))
        .flat_map(|port| port.security_groups.iter().map(String::as_str))
        .collect();
    groups.sort_unstable();
    groups.dedup();
    Value::texts(groups)
}

/// Plugs and unplugs, and gives the server's own ports their groups.
pub(super) async fn update(place: Place<'_>, change: &Change<'_>) -> Result<(), ApiError> {
    let mut ports = of(place.session, change.id).await?;
    if change.has("networks") {
        plug(place, change, &ports).await?;
        ports = of(place.session, change.id).await?;
    }
    let Some(groups) = change.desired.get("security_groups") else { return Ok(()) };
    let mut groups = text_list(Some(groups));
    groups.sort();
    for port in ports.iter().filter(|port| !is_ours(port)) {
        let mut now = port.security_groups.clone();
        now.sort();
        if now != groups {
            let body = serde_json::json!({ "security_groups": groups });
            place.session.call(network::update_port(&port.id, body, None)).await?;
        }
    }
    Ok(())
}

async fn of(session: &Session, server: &str) -> Result<Vec<Port>, ApiError> {
    session.all(network::ports(&[("device_id", server)])).await
}

async fn plug(place: Place<'_>, change: &Change<'_>, ports: &[Port]) -> Result<(), ApiError> {
    let wanted = change.desired.get("networks").and_then(Value::as_list).unwrap_or_default();
    let there: Vec<Value> = ports.iter().map(seen).collect();
    let (missing, surplus) = terrace_plan::unmatched(wanted, &there);
    let gone: Vec<&str> =
        surplus.iter().filter_map(|nic| nic.as_map()?.get("port")?.as_str()).collect();
    for port in &gone {
        present(place.session.call(compute::detach_interface(change.id, port)).await)?;
    }
    for _ in 0..LOOKS {
        let left = of(place.session, change.id).await?;
        if !left.iter().any(|port| gone.contains(&port.id.as_str())) {
            break;
        }
        place.clock.sleep(BETWEEN).await;
    }
    for nic in missing.into_iter().filter_map(nic) {
        place.session.call(compute::attach_interface(change.id, &nic)).await?;
    }
    Ok(())
}
