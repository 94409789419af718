//! Networks.

use terrace_api::network::{self, Network};
use terrace_api::{ApiError, Session};
use terrace_model::{Kind, Object, ObjectState, Value};

use super::values::{Names, body, bool_or_null, description, tags};
use super::{Change, New, attributes, text_or_null};
use crate::marker::undescribe;

const PLAIN: &Names = &[
    ("name", "name"),
    ("admin_state_up", "admin_state_up"),
    ("mtu", "mtu"),
    ("port_security_enabled", "port_security_enabled"),
    ("shared", "shared"),
    ("external", "router:external"),
    ("dns_domain", "dns_domain"),
    ("availability_zone_hints", "availability_zone_hints"),
];

pub(super) async fn list(session: &Session) -> Result<Vec<Object>, ApiError> {
    let project = session.identity().project_id;
    let all: Vec<Network> = session.all(network::networks(&[("project_id", &project)])).await?;
    Ok(all.into_iter().map(object).collect())
}

pub(super) async fn get(session: &Session, id: &str) -> Result<Object, ApiError> {
    session.one(network::network(id)).await.map(object)
}

pub(super) async fn create(session: &Session, new: &New<'_>) -> Result<String, ApiError> {
    let mut body = body(Kind::Network, new.desired, PLAIN);
    body.insert("description".into(), description(new.desired, new.marker));
    let made: Network = session.one(network::create_network(body.into())).await?;
    Ok(made.id)
}

pub(super) async fn update(session: &Session, change: &Change<'_>) -> Result<(), ApiError> {
    let mut body = body(Kind::Network, change.changes, PLAIN);
    if change.has("description") {
        body.insert("description".into(), description(change.changes, change.marker));
    }
    if !body.is_empty() {
        session.call(network::update_network(change.id, body.into(), None)).await?;
    }
    tags(session, "networks", change.id, change.changes).await
}

fn object(network: Network) -> Object {
    let (description, marker) = undescribe(&network.description);
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
