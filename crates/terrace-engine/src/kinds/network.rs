//! Networks.

use serde_json::{Map, json};
use terrace_api::network::{self, Network};
use terrace_api::{ApiError, Session};
use terrace_model::{Object, ObjectState, Value};

use super::{Change, New, attributes, text, text_or_null};
use crate::marker::{describe, undescribe};

const PLAIN: [&str; 4] = ["name", "admin_state_up", "mtu", "port_security_enabled"];

pub(super) async fn list(session: &Session) -> Result<Vec<Object>, ApiError> {
    let project = session.identity().project_id;
    let all: Vec<Network> = session.all(network::networks(&[("project_id", &project)])).await?;
    Ok(all.into_iter().map(object).collect())
}

pub(super) async fn get(session: &Session, id: &str) -> Result<Object, ApiError> {
    session.one(network::network(id)).await.map(object)
}

pub(super) async fn create(session: &Session, new: &New<'_>) -> Result<String, ApiError> {
    let mut body = Map::new();
    for name in PLAIN {
        if let Some(value) = new.desired.get(name) {
            body.insert(name.to_owned(), value.to_json());
        }
    }
    body.insert(
        "description".into(),
        json!(describe(text(new.desired, "description"), new.marker)),
    );
    let made: Network = session.one(network::create_network(body.into())).await?;
    Ok(made.id)
}

pub(super) async fn update(session: &Session, change: &Change<'_>) -> Result<(), ApiError> {
    let mut body = Map::new();
    for name in PLAIN {
        if let Some(value) = change.changes.get(name) {
            body.insert(name.to_owned(), value.to_json());
        }
    }
    if change.changes.contains_key("description") {
        let description = describe(text(change.changes, "description"), change.marker);
        body.insert("description".into(), json!(description));
    }
    session.call(network::update_network(change.id, body.into(), None)).await.map(drop)
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
            (
                "port_security_enabled",
                network.port_security_enabled.map_or(Value::Null, Value::Bool),
            ),
            ("status", text_or_null(Some(&network.status))),
            ("shared", Value::Bool(network.shared)),
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
