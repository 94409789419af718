//! Ports.

use serde_json::{Map, json};
use terrace_api::network::{self, Port};
use terrace_api::{ApiError, Session};
use terrace_model::{Attributes, Kind, Object, ObjectState, Value};

use super::lists::Lists;
use super::values::{Names, body, bool_or_null, description, map, tags};
use super::{Change, New, attributes, text_or_null};
use crate::marker::undescribe;

const PLAIN: &Names = &[
    ("network", "network_id"),
    ("name", "name"),
    ("fixed_ips", "fixed_ips"),
    ("mac_address", "mac_address"),
    ("security_groups", "security_groups"),
    ("allowed_address_pairs", "allowed_address_pairs"),
    ("admin_state_up", "admin_state_up"),
    ("port_security_enabled", "port_security_enabled"),
    ("vnic_type", "binding:vnic_type"),
];

pub(super) async fn list(lists: &Lists<'_>) -> Result<Vec<Object>, ApiError> {
    Ok(lists.ports().await?.iter().map(object).collect())
}

pub(super) async fn get(session: &Session, id: &str) -> Result<Object, ApiError> {
    let port: Port = session.one(network::port(id)).await?;
    Ok(object(&port))
}

pub(super) async fn create(session: &Session, new: &New<'_>) -> Result<String, ApiError> {
    let mut body = of(new.desired);
    body.insert("description".into(), description(new.desired, new.marker));
    let made: Port = session.one(network::create_port(body.into())).await?;
    Ok(made.id)
}

pub(super) async fn update(session: &Session, change: &Change<'_>) -> Result<(), ApiError> {
    let mut body = of(change.changes);
    if change.has("description") {
        body.insert("description".into(), description(change.changes, change.marker));
    }
    if body.get("port_security_enabled") == Some(&json!(false)) {
        // Neutron wants both to go with it.
        body.insert("security_groups".into(), json!([]));
        body.insert("allowed_address_pairs".into(), json!([]));
    }
    if !body.is_empty() {
        session.call(network::update_port(change.id, body.into(), None)).await?;
    }
    tags(session, "ports", change.id, change.changes).await
}

fn of(values: &Attributes) -> Map<String, serde_json::Value> {
    let mut body = body(Kind::Port, values, PLAIN);
    for address in body.get_mut("fixed_ips").and_then(|v| v.as_array_mut()).into_iter().flatten() {
        if let Some(fields) = address.as_object_mut()
            && let Some(subnet) = fields.remove("subnet")
        {
            fields.insert("subnet_id".into(), subnet);
        }
    }
    body
}

fn object(port: &Port) -> Object {
    let (description, marker) = undescribe(&port.description);
    let ips = port.fixed_ips.iter().map(|ip| {
        map([("subnet", Value::text(&ip.subnet_id)), ("ip_address", Value::text(&ip.ip_address))])
    });
    let pairs = port.allowed_address_pairs.iter().map(|pair| {
        map([
            ("ip_address", Value::text(&pair.ip_address)),
            ("mac_address", text_or_null(Some(&pair.mac_address))),
        ])
    });
    Object {
        attributes: attributes([
            ("id", Value::text(&port.id)),
            ("name", Value::text(&port.name)),
            ("description", text_or_null(Some(&description))),
            ("network", Value::text(&port.network_id)),
            ("fixed_ips", Value::List(ips.collect())),
            ("mac_address", text_or_null(Some(&port.mac_address))),
            ("security_groups", Value::texts(&port.security_groups)),
            ("allowed_address_pairs", Value::List(pairs.collect())),
            ("admin_state_up", Value::Bool(port.admin_state_up)),
            ("port_security_enabled", bool_or_null(port.port_security_enabled)),
            ("vnic_type", text_or_null(port.vnic_type.as_deref())),
            ("tags", Value::texts(&port.tags)),
            ("status", text_or_null(Some(&port.status))),
            ("ip_address", text_or_null(port.fixed_ips.first().map(|ip| ip.ip_address.as_str()))),
            ("device_id", text_or_null(Some(&port.device_id))),
        ]),
        id: port.id.clone(),
        state: match port.status.as_str() {
            "ERROR" => ObjectState::Failed("the port is in state ERROR".into()),
            _ => ObjectState::Ready,
        },
        revision: port.revision_number,
        marker,
    }
}
