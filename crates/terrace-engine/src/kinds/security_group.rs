//! Security groups with their rules. A rule never changes: it is added or deleted, and those that
//! stay are not touched.

use futures::future::try_join_all;
use serde_json::json;
use terrace_api::network::{self, SecurityGroup, SecurityRule};
use terrace_api::{ApiError, Session};
use terrace_model::rules::{self, Rule};
use terrace_model::schema::OWN;
use terrace_model::{Attributes, Kind, Object, ObjectState, Value};

use super::values::{Names, body, bool_or_null, description, tags};
use super::{Change, New, Objects, attributes, present, text_or_null};
use crate::marker::undescribe;

const PLAIN: &Names = &[("name", "name"), ("stateful", "stateful")];

pub(super) async fn list(session: &Session) -> Result<Objects<'static>, ApiError> {
    let project = session.identity().project_id;
    let call = network::security_groups(&[("project_id", &project)]);
    let all: Vec<SecurityGroup> = session.all(call).await?;
    Ok(Box::new(all.into_iter().map(object)))
}

pub(super) async fn get(session: &Session, id: &str) -> Result<Object, ApiError> {
    session.one(network::security_group(id)).await.map(object)
}

pub(super) async fn create(session: &Session, new: &New<'_>) -> Result<String, ApiError> {
    let mut body = body(Kind::SecurityGroup, new.desired, PLAIN);
    // Not every cloud knows it, and every cloud does as if it were true.
    body.retain(|name, value| name != "stateful" || *value == json!(false));
    body.insert("description".into(), description(new.desired, new.marker));
    let made: SecurityGroup = session.one(network::create_security_group(body.into())).await?;
    Ok(made.id)
}

/// Rules and tags. There are rules from the start, so that some change in any case.
pub(super) async fn finish(
    session: &Session,
    id: &str,
    desired: &Attributes,
) -> Result<bool, ApiError> {
    set_rules(session, id, desired.get("rules")).await?;
    tags(session, "security-groups", id, desired).await?;
    Ok(true)
}

pub(super) async fn update(session: &Session, change: &Change<'_>) -> Result<(), ApiError> {
    let mut body = body(Kind::SecurityGroup, change.changes, PLAIN);
    if change.has("description") {
        body.insert("description".into(), description(change.changes, change.marker));
    }
    if !body.is_empty() {
        session.call(network::update_security_group(change.id, body.into(), None)).await?;
    }
    if change.has("rules") {
        set_rules(session, change.id, change.desired.get("rules")).await?;
    }
    tags(session, "security-groups", change.id, change.changes).await.map(drop)
}

/// Makes the group hold exactly these rules: one call for all that are new, one for each that goes.
async fn set_rules(session: &Session, id: &str, wanted: Option<&Value>) -> Result<(), ApiError> {
    let group: SecurityGroup = session.one(network::security_group(id)).await?;
    let mut surplus: Vec<(String, Rule)> =
        group.rules.iter().map(|rule| (rule.id.clone(), seen(rule, id))).collect();
    let mut missing: Vec<&Rule> = Vec::new();
    let wanted = wanted.and_then(Value::as_list).unwrap_or_default();
    for rule in wanted.iter().filter_map(Value::as_map) {
        match surplus.iter().position(|(_, there)| there == rule) {
            Some(at) => drop(surplus.swap_remove(at)),
            None => missing.push(rule),
        }
    }
    // To the cloud two rules that differ in their description only are one: the old goes first.
    let replaced = |(_, old): &(String, Rule)| {
        missing.iter().any(|new| rules::identity(new) == rules::identity(old))
    };
    let (first, last): (Vec<_>, Vec<_>) = surplus.into_iter().partition(replaced);
    delete(session, &first).await?;
    if !missing.is_empty() {
        let bodies: Vec<_> = missing.iter().map(|rule| rule_body(rule, id)).collect();
        session.call(network::create_security_rules(&bodies)).await?;
    }
    delete(session, &last).await
}

async fn delete(session: &Session, rules: &[(String, Rule)]) -> Result<(), ApiError> {
    let one = |(id, _): &(String, Rule)| {
        let call = network::delete_security_rule(id);
        async move { present(session.call(call).await).map(drop) }
    };
    try_join_all(rules.iter().map(one)).await.map(drop)
}

fn rule_body(rule: &Rule, group: &str) -> serde_json::Value {
    let text = |name: &str| rule.get(name).and_then(Value::as_str);
    let mut body = json!({
        "security_group_id": group,
        "direction": text("direction"),
        "ethertype": text("ethertype"),
        "description": text("description").unwrap_or_default(),
    });
    let (low, high) = rules::range(rule);
    let remote = text("remote_group").map(|id| if id == OWN { group } else { id });
    let more = [
        ("protocol", text("protocol").map(|t| json!(t))),
        ("port_range_min", low.map(|n| json!(n))),
        ("port_range_max", high.map(|n| json!(n))),
        ("remote_ip_prefix", text("remote_ip_prefix").map(|t| json!(t))),
        ("remote_group_id", remote.map(|t| json!(t))),
        ("remote_address_group_id", text("remote_address_group").map(|t| json!(t))),
    ];
    for (name, value) in more {
        if let Some(value) = value {
            body[name] = value;
        }
    }
    body
}

/// A rule of the cloud as the table writes it.
fn seen(rule: &SecurityRule, group: &str) -> Rule {
    let icmp =
        rule.protocol.as_deref().is_some_and(|p| p.contains("icmp") || p == "1" || p == "58");
    let number = |n: Option<i64>| n.map_or(Value::Null, Value::Int);
    let (low, high) = (rule.port_range_min, rule.port_range_max);
    let ports = match (low, high) {
        (Some(low), Some(high)) if !icmp => Value::text(format!("{low}-{high}")),
        _ => Value::Null,
    };
    let remote = rule.remote_group_id.as_deref().map(|id| if id == group { OWN } else { id });
    let written: Rule = attributes([
        ("direction", Value::text(&rule.direction)),
        ("ethertype", Value::text(&rule.ethertype)),
        ("protocol", text_or_null(rule.protocol.as_deref())),
        ("ports", ports),
        ("icmp_type", if icmp { number(low) } else { Value::Null }),
        ("icmp_code", if icmp { number(high) } else { Value::Null }),
        ("remote_ip_prefix", text_or_null(rule.remote_ip_prefix.as_deref())),
        ("remote_group", text_or_null(remote)),
        ("remote_address_group", text_or_null(rule.remote_address_group_id.as_deref())),
        ("description", text_or_null(Some(&rule.description))),
    ]);
    let attribute = Kind::SecurityGroup.schema().attribute("rules");
    let attribute = attribute.expect("invariant: the table has rules");
    let one = match attribute.ty.canonical(Value::List(vec![Value::Map(written.clone())])) {
        Value::List(mut items) => items.pop(),
        _ => None,
    };
    let one = one.as_ref().and_then(Value::as_map).cloned().unwrap_or(written);
    // What does not go together here may in a rule that others made: then it stays as it is.
    rules::canonical(one.clone()).unwrap_or(one)
}

fn object(group: SecurityGroup) -> Object {
    let (description, marker) = undescribe(&group.description);
    let rules = group.rules.iter().map(|rule| Value::Map(seen(rule, &group.id)));
    Object {
        attributes: attributes([
            ("id", Value::text(&group.id)),
            ("name", Value::text(&group.name)),
            ("description", text_or_null(Some(&description))),
            ("rules", Value::List(rules.collect())),
            ("stateful", bool_or_null(Some(group.stateful.unwrap_or(true)))),
            ("tags", Value::texts(&group.tags)),
        ]),
        id: group.id,
        state: ObjectState::Ready,
        revision: group.revision_number,
        marker,
    }
}
