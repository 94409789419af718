//! Floating IPs. One that leads to a server leads to the first of its ports that a router joins
//! with the network outside.

use serde_json::{Map, json};
use terrace_api::network::{self, FloatingIp, Port};
use terrace_api::{ApiError, Call, Session};
use terrace_model::{Attributes, Object, ObjectState, Value};

use super::lists::Lists;
use super::values::{description, tags};
use super::{Change, Made, New, Objects, attributes, present, text, text_or_null};
use crate::marker::undescribe;

/// What it leads to; Neutron changes it as a whole.
const END: [&str; 3] = ["port", "server", "fixed_ip"];

/// What is given at creation only, by its names here and in the API.
const AT_CREATION: [(&str, &str); 4] = [
    ("address", "floating_ip_address"),
    ("subnet", "subnet_id"),
    ("dns_name", "dns_name"),
    ("dns_domain", "dns_domain"),
];

pub(super) async fn list<'a>(lists: &'a Lists<'_>) -> Result<Objects<'a>, ApiError> {
    let project = lists.session.identity().project_id;
    let all = lists.session.all(network::floating_ips(&[("project_id", &project)]));
    let (all, ports): (Vec<FloatingIp>, _) = futures::try_join!(all, lists.ports())?;
    let devices: std::collections::BTreeMap<&str, &str> =
        ports.map(|p| (p.id.as_str(), p.device_id.as_str())).collect();
    let made = move |ip: FloatingIp| {
        let server = ip.port_id.as_deref().and_then(|port| devices.get(port).copied());
        object(&ip, server)
    };
    Ok(Box::new(all.into_iter().map(made)))
}

pub(super) async fn get(session: &Session, id: &str) -> Result<Object, ApiError> {
    let ip: FloatingIp = session.one(network::floating_ip(id)).await?;
    let port: Option<Port> = match &ip.port_id {
        Some(port) => present(session.one(network::port(port)).await)?,
        None => None,
    };
    Ok(object(&ip, port.as_ref().map(|port| port.device_id.as_str())))
}

pub(super) async fn create(session: &Session, new: &New<'_>) -> Result<Made, ApiError> {
    let mut body = Map::new();
    body.insert("floating_network_id".into(), json!(text(new.desired, "network")));
    body.insert("description".into(), description(new.desired, new.marker));
    for (name, theirs) in AT_CREATION {
        if let Some(value) = new.desired.get(name) {
            body.insert(theirs.into(), value.to_json());
        }
    }
    let call = |end: &Map<String, serde_json::Value>| {
        let mut body = body.clone();
        body.extend(end.clone());
        network::create_floating_ip(body.into())
    };
    let reply = joined(session, new.desired, &call).await?;
    let made: FloatingIp = reply.decode()?;
    // The server behind a port is not told with it.
    Ok(if made.port_id.is_some() { made.id.into() } else { object(&made, None).into() })
}

pub(super) async fn update(session: &Session, change: &Change<'_>) -> Result<(), ApiError> {
    if change.has("description") {
        let body = json!({ "description": description(change.changes, change.marker) });
        session.call(network::update_floating_ip(change.id, body, None)).await?;
    }
    if END.iter().any(|name| change.has(name)) {
        let call = |end: &Map<String, serde_json::Value>| {
            let mut body = end.clone();
            body.entry("port_id").or_insert(json!(null));
            network::update_floating_ip(change.id, body.into(), None)
        };
        joined(session, change.desired, &call).await?;
    }
    tags(session, "floatingips", change.id, change.changes).await.map(drop)
}

/// Makes the call with the port it shall lead to. Of a server's ports the first is taken that a
/// router joins with the outside; the cloud says which are not.
async fn joined(
    session: &Session,
    desired: &Attributes,
    call: &(dyn Fn(&Map<String, serde_json::Value>) -> Call + Sync),
) -> Result<terrace_api::Reply, ApiError> {
    let ports = match (text(desired, "port"), text(desired, "server")) {
        ("", "") => return session.call(call(&Map::new())).await,
        ("", server) => {
            let all: Vec<Port> = session.all(network::ports(&[("device_id", server)])).await?;
            all.into_iter().map(|port| port.id).collect()
        }
        (port, _) => vec![port.to_owned()],
    };
    let mut last = None;
    for port in ports {
        let mut end = Map::new();
        end.insert("port_id".into(), json!(port));
        if let Some(address) = desired.get("fixed_ip") {
            end.insert("fixed_ip_address".into(), address.to_json());
        }
        match session.call(call(&end)).await {
            Err(error) if error.is_not_found() || error.status() == Some(400) => last = Some(error),
            other => return other,
        }
    }
    match last {
        Some(error) => Err(error),
        // The server has no port at all: the cloud says so of its id.
        None => {
            let mut end = Map::new();
            end.insert("port_id".into(), json!(text(desired, "server")));
            session.call(call(&end)).await
        }
    }
}

fn object(ip: &FloatingIp, server: Option<&str>) -> Object {
    let (description, marker) = undescribe(&ip.description);
    Object {
        attributes: attributes([
            ("id", Value::text(&ip.id)),
            ("network", Value::text(&ip.network_id)),
            ("address", text_or_null(Some(&ip.address))),
            ("dns_name", text_or_null(ip.dns_name.as_deref())),
            ("dns_domain", text_or_null(ip.dns_domain.as_deref())),
            ("port", text_or_null(ip.port_id.as_deref())),
            ("server", text_or_null(server)),
            ("fixed_ip", text_or_null(ip.fixed_ip.as_deref())),
            ("description", text_or_null(Some(&description))),
            ("tags", Value::texts(&ip.tags)),
            ("status", text_or_null(Some(&ip.status))),
            ("router_id", text_or_null(ip.router_id.as_deref())),
        ]),
        id: ip.id.clone(),
        state: match ip.status.as_str() {
            "ERROR" => ObjectState::Failed("the floating IP is in state ERROR".into()),
            _ => ObjectState::Ready,
        },
        revision: ip.revision_number,
        marker,
    }
}
