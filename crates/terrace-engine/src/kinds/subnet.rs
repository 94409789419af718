//! Subnets.

use serde_json::json;
use terrace_api::network::{self, Subnet};
use terrace_api::{ApiError, Session};
use terrace_model::schema::NONE;
use terrace_model::{Kind, Object, ObjectState, Value};

use super::values::{Names, body, bool_or_null, description, map, tags};
use super::{Change, New, Objects, attributes, text, text_or_null};
use crate::marker::undescribe;

const PLAIN: &Names = &[
    ("network_id", "network_id"),
    ("cidr", "cidr"),
    ("subnet_pool", "subnetpool_id"),
    ("prefix_length", "prefixlen"),
    ("segment", "segment_id"),
    ("dns_publish_fixed_ip", "dns_publish_fixed_ip"),
    ("name", "name"),
    ("gateway_ip", "gateway_ip"),
    ("enable_dhcp", "enable_dhcp"),
    ("dns_nameservers", "dns_nameservers"),
    ("allocation_pools", "allocation_pools"),
    ("host_routes", "host_routes"),
    ("ipv6_address_mode", "ipv6_address_mode"),
    ("ipv6_ra_mode", "ipv6_ra_mode"),
    ("service_types", "service_types"),
];

pub(super) async fn list(session: &Session) -> Result<Objects<'static>, ApiError> {
    let project = session.identity().project_id;
    let all: Vec<Subnet> = session.all(network::subnets(&[("project_id", &project)])).await?;
    Ok(Box::new(all.into_iter().map(object)))
}

pub(super) async fn get(session: &Session, id: &str) -> Result<Object, ApiError> {
    session.one(network::subnet(id)).await.map(object)
}

pub(super) async fn create(session: &Session, new: &New<'_>) -> Result<Object, ApiError> {
    let six = match new.desired.get("ip_version").and_then(Value::as_int) {
        Some(version) => version == 6,
        None => text(new.desired, "cidr").contains(':'),
    };
    let mut body = body(Kind::Subnet, new.desired, PLAIN);
    no_gateway(&mut body);
    body.insert("ip_version".into(), json!(if six { 6 } else { 4 }));
    body.insert("description".into(), description(new.desired, new.marker));
    session.one(network::create_subnet(body.into())).await.map(object)
}

pub(super) async fn update(session: &Session, change: &Change<'_>) -> Result<(), ApiError> {
    let mut body = body(Kind::Subnet, change.changes, PLAIN);
    no_gateway(&mut body);
    if change.has("description") {
        body.insert("description".into(), description(change.changes, change.marker));
    }
    if !body.is_empty() {
        session.call(network::update_subnet(change.id, body.into(), None)).await?;
    }
    tags(session, "subnets", change.id, change.changes).await.map(drop)
}

/// What is written as `none` is null to Neutron.
fn no_gateway(body: &mut serde_json::Map<String, serde_json::Value>) {
    if let Some(gateway) = body.get_mut("gateway_ip").filter(|gateway| *gateway == NONE) {
        *gateway = json!(null);
    }
}

fn object(subnet: Subnet) -> Object {
    let (description, marker) = undescribe(&subnet.description);
    let pools = subnet.allocation_pools.iter();
    let pools =
        pools.map(|p| map([("start", Value::text(&p.start)), ("end", Value::text(&p.end))]));
    let length = subnet.cidr.rsplit_once('/').and_then(|(_, length)| length.parse().ok());
    let routes = subnet.host_routes.iter().map(|r| {
        map([("destination", Value::text(&r.destination)), ("nexthop", Value::text(&r.nexthop))])
    });
    Object {
        attributes: attributes([
            ("id", Value::text(&subnet.id)),
            ("name", Value::text(&subnet.name)),
            ("description", text_or_null(Some(&description))),
            ("cidr", Value::text(&subnet.cidr)),
            ("subnet_pool", text_or_null(subnet.subnetpool_id.as_deref())),
            ("prefix_length", length.map_or(Value::Null, Value::Int)),
            ("segment", text_or_null(subnet.segment_id.as_deref())),
            ("dns_publish_fixed_ip", bool_or_null(subnet.dns_publish_fixed_ip)),
            ("gateway_ip", Value::text(subnet.gateway_ip.as_deref().unwrap_or(NONE))),
            ("enable_dhcp", Value::Bool(subnet.enable_dhcp)),
            ("dns_nameservers", Value::texts(&subnet.dns_nameservers)),
            ("allocation_pools", Value::List(pools.collect())),
            ("host_routes", Value::List(routes.collect())),
            ("ipv6_address_mode", text_or_null(subnet.ipv6_address_mode.as_deref())),
            ("ipv6_ra_mode", text_or_null(subnet.ipv6_ra_mode.as_deref())),
            ("service_types", Value::texts(&subnet.service_types)),
            ("tags", Value::texts(&subnet.tags)),
            ("network_id", Value::text(&subnet.network_id)),
            ("ip_version", Value::Int(i64::from(subnet.ip_version))),
        ]),
        id: subnet.id,
        state: ObjectState::Ready,
        revision: subnet.revision_number,
        marker,
    }
}
