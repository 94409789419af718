//! Subnets.

use serde_json::{Map, json};
use terrace_api::network::{self, Subnet};
use terrace_api::{ApiError, Session};
use terrace_model::{Object, ObjectState, Value};

use super::{Change, New, attributes, text, text_or_null};
use crate::marker::{describe, undescribe};

const PLAIN: [&str; 6] =
    ["name", "gateway_ip", "enable_dhcp", "dns_nameservers", "allocation_pools", "host_routes"];

pub(super) async fn list(session: &Session) -> Result<Vec<Object>, ApiError> {
    let project = session.identity().project_id;
    let all: Vec<Subnet> = session.all(network::subnets(&[("project_id", &project)])).await?;
    Ok(all.into_iter().map(object).collect())
}

pub(super) async fn get(session: &Session, id: &str) -> Result<Object, ApiError> {
    session.one(network::subnet(id)).await.map(object)
}

pub(super) async fn create(session: &Session, new: &New<'_>) -> Result<String, ApiError> {
    let cidr = text(new.desired, "cidr");
    let mut body = Map::new();
    for name in ["network_id", "cidr"].iter().chain(&PLAIN) {
        if let Some(value) = new.desired.get(*name) {
            body.insert((*name).to_owned(), value.to_json());
        }
    }
    body.insert("ip_version".into(), json!(if cidr.contains(':') { 6 } else { 4 }));
    body.insert(
        "description".into(),
        json!(describe(text(new.desired, "description"), new.marker)),
    );
    let made: Subnet = session.one(network::create_subnet(body.into())).await?;
    Ok(made.id)
}

pub(super) async fn update(session: &Session, change: &Change<'_>) -> Result<(), ApiError> {
    let mut body = Map::new();
    for name in PLAIN {
        if let Some(value) = change.changes.get(name) {
            let list = matches!(name, "dns_nameservers" | "host_routes");
            let empty = list && value.is_null();
            body.insert(name.to_owned(), if empty { json!([]) } else { value.to_json() });
        }
    }
    if change.changes.contains_key("description") {
        let description = describe(text(change.changes, "description"), change.marker);
        body.insert("description".into(), json!(description));
    }
    session.call(network::update_subnet(change.id, body.into(), None)).await.map(drop)
}

fn object(subnet: Subnet) -> Object {
    let (description, marker) = undescribe(&subnet.description);
    let pair = |a: (&str, &str), b: (&str, &str)| {
        Value::Map([a, b].map(|(key, value)| (key.to_owned(), Value::text(value))).into())
    };
    let pools = subnet.allocation_pools.iter().map(|p| pair(("start", &p.start), ("end", &p.end)));
    let routes = subnet.host_routes.iter();
    let routes = routes.map(|r| pair(("destination", &r.destination), ("nexthop", &r.nexthop)));
    Object {
        attributes: attributes([
            ("id", Value::text(&subnet.id)),
            ("name", Value::text(&subnet.name)),
            ("description", text_or_null(Some(&description))),
            ("cidr", Value::text(&subnet.cidr)),
            ("gateway_ip", text_or_null(subnet.gateway_ip.as_deref())),
            ("enable_dhcp", Value::Bool(subnet.enable_dhcp)),
            ("dns_nameservers", Value::texts(&subnet.dns_nameservers)),
            ("allocation_pools", Value::List(pools.collect())),
            ("host_routes", Value::List(routes.collect())),
            ("network_id", Value::text(&subnet.network_id)),
            ("ip_version", Value::Int(i64::from(subnet.ip_version))),
        ]),
        id: subnet.id,
        state: ObjectState::Ready,
        revision: subnet.revision_number,
        marker,
    }
}
