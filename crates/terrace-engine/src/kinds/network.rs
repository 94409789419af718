//! Networks.

use terrace_api::network::{self, Network, Segment};
use terrace_api::{ApiError, Session};
use terrace_model::{Kind, Object, ObjectState, Value};

use super::values::{Names, body, bool_or_null, description, map, tags};
use super::{Change, New, Objects, attributes, text_or_null};
use crate::marker::undescribe;

const PLAIN: &Names = &[
    ("name", "name"),
    ("admin_state_up", "admin_state_up"),
    ("mtu", "mtu"),
    ("port_security_enabled", "port_security_enabled"),
    ("shared", "shared"),
    ("external", "router:external"),
    ("dns_domain", "dns_domain"),
    ("qos_policy", "qos_policy_id"),
    ("vlan_transparent", "vlan_transparent"),
    ("availability_zone_hints", "availability_zone_hints"),
];

pub(super) async fn list(session: &Session) -> Result<Objects<'static>, ApiError> {
    let project = session.identity().project_id;
    let all: Vec<Network> = session.all(network::networks(&[("project_id", &project)])).await?;
    Ok(Box::new(all.into_iter().map(object)))
}

pub(super) async fn get(session: &Session, id: &str) -> Result<Object, ApiError> {
    session.one(network::network(id)).await.map(object)
}

pub(super) async fn create(session: &Session, new: &New<'_>) -> Result<Object, ApiError> {
    let mut body = body(Kind::Network, new.desired, PLAIN);
    body.insert("description".into(), description(new.desired, new.marker));
    if let Some(segments) = new.desired.get("segments").and_then(Value::as_list) {
        body.insert("segments".into(), segments.iter().map(segment_body).collect());
    }
    session.one(network::create_network(body.into())).await.map(object)
}

pub(super) async fn update(session: &Session, change: &Change<'_>) -> Result<(), ApiError> {
    let mut body = body(Kind::Network, change.changes, PLAIN);
    if change.has("description") {
        body.insert("description".into(), description(change.changes, change.marker));
    }
    if !body.is_empty() {
        session.call(network::update_network(change.id, body.into(), None)).await?;
    }
    tags(session, "networks", change.id, change.changes).await.map(drop)
}

const SEGMENT: [(&str, &str); 3] = [
    ("type", "provider:network_type"),
    ("physical_network", "provider:physical_network"),
    ("segmentation_id", "provider:segmentation_id"),
];

fn segment_body(segment: &Value) -> serde_json::Value {
    let given = |(name, theirs): (&str, &str)| {
        Some((theirs.to_owned(), segment.as_map()?.get(name)?.to_json()))
    };
    serde_json::Value::Object(SEGMENT.into_iter().filter_map(given).collect())
}

/// Neutron shows one segment as the network's own, several as a list, and none to ordinary users.
fn segments(network: &Network) -> Value {
    let one = std::slice::from_ref(&network.segment);
    let all = if network.segments.is_empty() { one } else { &network.segments };
    let seen = |segment: &Segment| {
        segment.kind.as_ref().map(|kind| {
            map([
                ("type", Value::text(kind)),
                ("physical_network", text_or_null(segment.physical_network.as_deref())),
                ("segmentation_id", segment.segmentation_id.map_or(Value::Null, Value::Int)),
            ])
        })
    };
    let seen: Vec<Value> = all.iter().filter_map(seen).collect();
    if seen.is_empty() { Value::Null } else { Value::List(seen) }
}

fn object(network: Network) -> Object {
    let (description, marker) = undescribe(&network.description);
    let segments = segments(&network);
    Object {
        attributes: attributes([
            ("id", Value::text(&network.id)),
            ("name", Value::text(&network.name)),
            ("description", text_or_null(Some(&description))),
            ("admin_state_up", Value::Bool(network.admin_state_up)),
            ("mtu", network.mtu.map_or(Value::Null, |mtu| Value::Int(i64::from(mtu)))),
            ("port_security_enabled", bool_or_null(network.port_security_enabled)),
            ("shared", Value::Bool(network.shared)),
            ("external", Value::Bool(network.external)),
            ("dns_domain", text_or_null(network.dns_domain.as_deref())),
            ("qos_policy", text_or_null(network.qos_policy_id.as_deref())),
            ("vlan_transparent", bool_or_null(network.vlan_transparent)),
            ("segments", segments),
            ("availability_zone_hints", Value::texts(&network.availability_zone_hints)),
            ("tags", Value::texts(&network.tags)),
            ("status", text_or_null(Some(&network.status))),
        ]),
        id: network.id,
        state: match network.status.as_str() {
            "ERROR" => ObjectState::Failed("the network is in state ERROR".into()),
            "BUILD" => ObjectState::Busy("BUILD".into()),
            _ => ObjectState::Ready,
        },
        revision: network.revision_number,
        marker,
    }
}
