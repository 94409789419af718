//! Ports.

use serde_json::{Map, json};
use terrace_api::network::{self, Port};
use terrace_api::{ApiError, Session};
use terrace_model::{Attributes, Kind, Object, ObjectState, Value};

use super::lists::Lists;
use super::values::{Names, body, bool_or_null, description, map, tags};
use super::{Change, New, Objects, attributes, text, text_or_null};
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
    ("dns_name", "dns_name"),
    ("qos_policy", "qos_policy_id"),
];

pub(super) async fn list<'a>(lists: &'a Lists<'_>) -> Result<Objects<'a>, ApiError> {
    Ok(Box::new(lists.ports().await?.map(object)))
}

pub(super) async fn get(session: &Session, id: &str) -> Result<Object, ApiError> {
    let port: Port = session.one(network::port(id)).await?;
    Ok(object(&port))
}

pub(super) async fn create(session: &Session, new: &New<'_>) -> Result<Object, ApiError> {
    let mut body = of(new.desired);
    if let Some(options) = new.desired.get("extra_dhcp_options") {
        body.insert("extra_dhcp_opts".into(), dhcp_options(&Value::Null, options).into());
    }
    body.insert("description".into(), description(new.desired, new.marker));
    let made: Port = session.one(network::create_port(body.into())).await?;
    Ok(object(&made))
}

pub(super) async fn update(session: &Session, change: &Change<'_>) -> Result<(), ApiError> {
    let mut body = of(change.changes);
    if change.has("description") {
        body.insert("description".into(), description(change.changes, change.marker));
    }
    if let Some(after) = change.changes.get("extra_dhcp_options") {
        let before = change.before.get("extra_dhcp_options").unwrap_or(&Value::Null);
        body.insert("extra_dhcp_opts".into(), dhcp_options(before, after).into());
    }
    if body.get("port_security_enabled") == Some(&json!(false)) {
        // Neutron wants both to go with it.
        body.insert("security_groups".into(), json!([]));
        body.insert("allowed_address_pairs".into(), json!([]));
    }
    if !body.is_empty() {
        session.call(network::update_port(change.id, body.into(), None)).await?;
    }
    tags(session, "ports", change.id, change.changes).await.map(drop)
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

/// Neutron changes options one by one: those that shall go are named without a value.
fn dhcp_options(before: &Value, after: &Value) -> Vec<serde_json::Value> {
    let key = |option: &Value| {
        let fields = option.as_map()?;
        let version = fields.get("ip_version").and_then(Value::as_int).unwrap_or(4);
        Some((text(fields, "name").to_owned(), version))
    };
    let items = |value: &Value| value.as_list().unwrap_or_default().to_vec();
    let (before, after) = (items(before), items(after));
    let kept: Vec<_> = after.iter().filter_map(key).collect();
    let gone = before.iter().filter_map(key).filter(|option| !kept.contains(option));
    let gone = gone.map(
        |(name, version)| json!({ "opt_name": name, "opt_value": null, "ip_version": version }),
    );
    let set = after.iter().filter_map(|option| {
        let (name, version) = key(option)?;
        let value = text(option.as_map()?, "value");
        Some(json!({ "opt_name": name, "opt_value": value, "ip_version": version }))
    });
    gone.chain(set).collect()
}

fn object(port: &Port) -> Object {
    let (description, marker) = undescribe(&port.description);
    let ips = port.fixed_ips.iter().map(|ip| {
        map([
            ("subnet", Value::text(&ip.subnet_id)),
            ("ip_address", Value::text(ip.ip_address.clone())),
        ])
    });
    let pairs = port.allowed_address_pairs.iter().map(|pair| {
        map([
            ("ip_address", Value::text(&pair.ip_address)),
            ("mac_address", text_or_null(Some(&pair.mac_address))),
        ])
    });
    let options = port.extra_dhcp_opts.iter().map(|option| {
        map([
            ("name", Value::text(&option.name)),
            ("value", Value::text(&option.value)),
            ("ip_version", Value::Int(i64::from(option.ip_version))),
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
            ("extra_dhcp_options", Value::List(options.collect())),
            ("dns_name", text_or_null(port.dns_name.as_deref())),
            ("qos_policy", text_or_null(port.qos_policy_id.as_deref())),
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
