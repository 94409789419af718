//! Tags of Neutron's objects.

use super::resource::{touch, visible};
use super::{Kind, bad_request, fault};
use crate::keystone::Caller;
use crate::state::State;
use crate::table::Record;
use crate::web::{Answer, Reply, Req};
use serde_json::{Value, json};

const MAX_TAGS: usize = 50;

/// `/v2.0/<kind>/{id}/tags[/{tag}]`
pub(super) fn answer(
    state: &mut State,
    req: &Req,
    who: &Caller,
    (kind, id, rest): (Kind, &str, &[&str]),
) -> Answer {
    let mut row = visible(state, who, kind, id)?;
    let mut tags: Vec<String> = texts(row.list("tags"));
    let missing = |tag: &str| {
        let message = format!("Tag {tag} could not be found.");
        fault(404, "TagNotFound", &message)
    };
    let reply = match (req.method.as_str(), rest) {
        ("GET", []) => return Ok(Reply::json(200, &json!({ "tags": tags }))),
        ("GET", [tag]) => {
            let found = tags.iter().any(|t| t == tag);
            return if found { Ok(Reply::empty(204)) } else { Err(missing(tag)) };
        }
        ("PUT" | "POST", []) => {
            let body: Value = serde_json::from_slice(&req.body).unwrap_or_default();
            let Some(given) = body["tags"].as_array() else {
                return Err(bad_request("Invalid tags body"));
            };
            check(given)?;
            let kept = if req.method == "PUT" { Vec::new() } else { tags };
            tags = kept.into_iter().chain(texts(given)).collect();
            tags.sort();
            tags.dedup();
            Reply::json(200, &json!({ "tags": tags }))
        }
        ("PUT", [tag]) => {
            check(&[json!(tag)])?;
            tags.push((*tag).to_owned());
            tags.sort();
            tags.dedup();
            Reply::json(201, &Value::Null)
        }
        ("DELETE", []) => {
            tags.clear();
            Reply::empty(204)
        }
        ("DELETE", [tag]) => {
            let at = tags.iter().position(|t| t == tag).ok_or_else(|| missing(tag))?;
            tags.remove(at);
            Reply::empty(204)
        }
        _ => return Err(super::no_such_path()),
    };
    if tags.len() > MAX_TAGS {
        return Err(bad_request(&format!(
            "The number of tags exceed the per-resource limit of {MAX_TAGS}"
        )));
    }
    if !who.admin && row.text("project_id") != who.project_id {
        return Err(super::forbidden(&format!("update_{}_tags", kind.path())));
    }
    row.set("tags", tags);
    debug_assert_eq!(row.id(), id);
    touch(state, kind, row);
    Ok(reply)
}

fn texts(values: &[Value]) -> Vec<String> {
    values.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect()
}

fn check(tags: &[Value]) -> Result<(), Reply> {
    for tag in tags {
        let good = tag.as_str().is_some_and(|tag| !tag.is_empty() && tag.len() <= 255);
        if !good {
            let shown = super::attrs::plain(tag);
            return Err(super::invalid(&format!("'{shown}' is not a valid string")));
        }
    }
    Ok(())
}
