//! Server groups.

use terrace_api::compute::{self, GroupRules, ServerGroup};
use terrace_api::{ApiError, Session};
use terrace_model::{Object, ObjectState, Value};

use super::lists::Lists;
use super::{New, Objects, attributes, text};

pub(super) async fn list<'a>(lists: &'a Lists<'_>) -> Result<Objects<'a>, ApiError> {
    Ok(Box::new(lists.groups().await?.map(object)))
}

pub(super) async fn get(session: &Session, id: &str) -> Result<Object, ApiError> {
    let group: ServerGroup = session.one(compute::server_group(id)).await?;
    Ok(object(&group))
}

pub(super) async fn create(session: &Session, new: &New<'_>) -> Result<Object, ApiError> {
    let most = new.desired.get("max_server_per_host").and_then(Value::as_int);
    let rules = GroupRules { max_server_per_host: most.and_then(|n| u32::try_from(n).ok()) };
    let call = compute::create_server_group(
        text(new.desired, "name"),
        text(new.desired, "policy"),
        &rules,
    );
    let made: ServerGroup = session.one(call).await?;
    Ok(object(&made))
}

fn object(group: &ServerGroup) -> Object {
    let most = group.max_server_per_host().map_or(Value::Null, |n| Value::Int(i64::from(n)));
    Object {
        attributes: attributes([
            ("id", Value::text(&group.id)),
            ("name", Value::text(&group.name)),
            ("policy", Value::text(&group.policy)),
            ("max_server_per_host", most),
            ("members", Value::texts(&group.members)),
        ]),
        id: group.id.clone(),
        state: ObjectState::Ready,
        revision: None,
        marker: None,
    }
}
