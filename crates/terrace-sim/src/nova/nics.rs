//! Which networks and ports a new server asks for.

use super::validate::invalid;
use super::{Cx, bad_request, conflict};
use crate::neutron::{self, Kind};
use crate::records::{NicPlan, Row};
use crate::table::Record;
use crate::web::{Object, Reply, python, text};
use serde_json::{Value, json};

/// The interfaces that a body asks for, each still in its words.
pub(super) fn networks(cx: &Cx<'_>, server: &Object) -> Result<Vec<Object>, Reply> {
    let Some(value) = server.get("networks") else { return only_network(cx) };
    let wrong = || {
        let shown = python(value);
        invalid("networks", value, &format!("{shown} is not valid under any of the given schemas"))
    };
    match value {
        Value::String(word) if cx.minor >= 37 && word == "none" => return Ok(Vec::new()),
        Value::String(word) if cx.minor >= 37 && word == "auto" => return only_network(cx),
        Value::Array(_) => {}
        _ => return Err(wrong()),
    }
    let mut out = Vec::new();
    for item in value.as_array().into_iter().flatten() {
        let item = item.as_object().ok_or_else(wrong)?;
        let known = ["uuid", "port", "fixed_ip", "tag"];
        let ids = ["uuid", "port"].iter().filter_map(|field| text(item, field));
        let bad = ids.into_iter().any(|id| uuid::Uuid::parse_str(id).is_err());
        if bad || item.keys().any(|key| !known.contains(&key.as_str())) {
            return Err(wrong());
        }
        out.push(item.clone());
    }
    Ok(out)
}

/// Without a word about networks there must be exactly one to use.
fn only_network(cx: &Cx<'_>) -> Result<Vec<Object>, Reply> {
    let usable: Vec<&Row> = cx
        .state
        .networks
        .iter()
        .filter(|n| n.text("project_id") == cx.who.project_id || n.flag("shared"))
        .filter(|n| !n.flag("router:external"))
        .collect();
    let own: Vec<&&Row> = usable.iter().filter(|n| !n.flag("shared")).collect();
    let chosen = match (own.as_slice(), usable.as_slice()) {
        ([one], _) => Some(one.id()),
        ([], [one]) => Some(one.id()),
        ([], []) => None,
        _ => {
            return Err(conflict(
                "Multiple possible networks found, use a Network ID to be more specific.",
            ));
        }
    };
    Ok(chosen.map(|id| neutron::body(json!({ "uuid": id }))).into_iter().collect())
}

/// The interfaces, each with its network or port looked up.
pub(super) fn nics(cx: &Cx<'_>, requested: Vec<Object>) -> Result<Vec<NicPlan>, Reply> {
    let mut out = Vec::new();
    for item in requested {
        if let Some(id) = text(&item, "port") {
            let port = neutron::find(cx.state, &cx.who, Kind::Port, id)
                .ok_or_else(|| bad_request(&format!("Port id {id} could not be found.")))?;
            if !port.text("device_id").is_empty() {
                return Err(conflict(&format!("Port {id} is still in use.")));
            }
            if port.list("fixed_ips").is_empty() {
                let message = format!("Port {id} requires a FixedIP in order to be used.");
                return Err(bad_request(&message));
            }
            out.push(NicPlan {
                network: None,
                ip: None,
                port: Some(id.to_owned()),
                tag: tag(&item),
            });
            continue;
        }
        let Some(id) = text(&item, "uuid") else {
            return Err(bad_request("Bad networks format: network uuid is not in proper format"));
        };
        network(cx, id)?;
        let ip = text(&item, "fixed_ip").map(str::to_owned);
        if let Some(ip) = &ip {
            free(cx, id, ip)?;
        }
        out.push(NicPlan { network: Some(id.to_owned()), ip, port: None, tag: tag(&item) });
    }
    Ok(out)
}

/// The port that has an address of a subnet.
fn holder<'a>(cx: &'a Cx<'_>, subnet: &Row, ip: &str) -> Option<&'a Row> {
    cx.state.ports.find("ip", &format!("{}/{ip}", subnet.id())).next()
}

/// Refuses an address that somebody has.
fn free(cx: &Cx<'_>, network: &str, ip: &str) -> Result<(), Reply> {
    let ports = cx.state.subnets.find("network_id", network);
    let mut ports = ports.filter_map(|subnet| holder(cx, subnet, ip));
    match ports.next() {
        None => Ok(()),
        Some(port) => Err(bad_request(&format!(
            "Fixed IP address {ip} is already in use on instance {}.",
            port.text("device_id")
        ))),
    }
}

fn tag(item: &Object) -> Option<String> {
    text(item, "tag").map(str::to_owned)
}

/// A network that servers can be put on.
pub(super) fn network(cx: &Cx<'_>, id: &str) -> Result<Row, Reply> {
    let network = neutron::find(cx.state, &cx.who, Kind::Network, id)
        .ok_or_else(|| bad_request(&format!("Network {id} could not be found.")))?;
    if cx.state.subnets.find("network_id", id).next().is_none() {
        let message = format!("Network {id} requires a subnet in order to boot instances on.");
        return Err(bad_request(&message));
    }
    Ok(network)
}
