//! Volumes: shown, renamed, described, deleted.

use super::lifecycle::later;
use super::{Cx, actions, bad_request, create, found, invalid_volume, list, not_found, view};
use crate::nova::{self, validate};
use crate::records::{Change, Volume};
use crate::web::{Answer, Reply, python};
use serde_json::{Value, json};

/// `/volumes`
pub(super) fn answer(cx: &mut Cx<'_>, path: &[&str]) -> Answer {
    match (cx.req.method.as_str(), path) {
        ("GET", []) => list::list(cx, false),
        ("GET", ["detail"]) => list::list(cx, true),
        ("GET", ["summary"]) if cx.minor >= 12 => summary(cx),
        ("POST", []) => create::create(cx),
        ("GET", [id]) => {
            let volume = get(cx, id)?;
            found("volume", view::full(cx, &volume))
        }
        ("PUT", [id]) => update(cx, id),
        ("DELETE", [id]) => delete(cx, id),
        ("POST", [id, "action"]) => actions::answer(cx, id),
        (_, [id, "metadata", rest @ ..]) => metadata_of(cx, id, rest),
        _ => Err(nova::no_such_path()),
    }
}

/// A volume by id, if it is the caller's.
pub(super) fn get(cx: &Cx<'_>, id: &str) -> Result<Volume, Reply> {
    let volume = cx.state.volumes.get(id);
    let volume = volume.filter(|v| cx.who.admin || v.project_id == cx.who.project_id);
    volume.cloned().ok_or_else(|| not_found(&format!("Volume {id} could not be found.")))
}

fn summary(cx: &Cx<'_>) -> Answer {
    let (count, size) = create::usage(cx.state, &cx.who.project_id);
    let mut out = json!({"total_count": count, "total_size": size});
    if cx.minor >= 36 {
        out["metadata"] = json!({});
    }
    found("volume-summary", out)
}

fn update(cx: &mut Cx<'_>, id: &str) -> Answer {
    let mut volume = get(cx, id)?;
    let body = cx.body()?;
    let Some(Value::Object(wanted)) = body.get("volume") else {
        return Err(bad_request("'volume' is a required property"));
    };
    let known = ["name", "description", "display_name", "display_description", "metadata"];
    validate::fields("volume", wanted, &[], &known)?;
    for (field, other, target) in [
        ("name", "display_name", &mut volume.name),
        ("description", "display_description", &mut volume.description),
    ] {
        if let Some(value) = wanted.get(field).or_else(|| wanted.get(other)) {
            *target = value.as_str().map(str::to_owned);
        }
    }
    if let Some(given) = wanted.get("metadata") {
        volume.metadata = metadata(given)?.into_iter().collect();
    }
    volume.updated = Some(cx.state.now);
    cx.state.volumes.put(volume.clone());
    found("volume", view::summary(cx, &volume))
}

fn delete(cx: &mut Cx<'_>, id: &str) -> Answer {
    let mut volume = get(cx, id)?;
    let fit = ["available", "error", "error_restoring", "error_extending", "error_managing"];
    if !fit.contains(&volume.status.as_str()) {
        return Err(invalid_volume(
            "Volume status must be available or error or error_restoring or error_extending or \
             error_managing and must not be migrating, attached, belong to a group, have \
             snapshots, awaiting a transfer, or be disassociated from snapshots after volume \
             transfer.",
        ));
    }
    let fails = volume.metadata.get("fake:fail").is_some_and(|word| word == "delete");
    let change = if fails { Change::Rests("error_deleting".into()) } else { Change::Gone };
    volume.status = "deleting".into();
    volume.due = later(cx.state, change);
    cx.state.put_volume(volume);
    Ok(Reply::empty(202))
}

/// Metadata, each key and value of which must be short.
pub(super) fn metadata(value: &Value) -> Result<Vec<(String, String)>, Reply> {
    let Some(map) = value.as_object() else {
        let reason = format!("{} is not of type 'object'", python(value));
        return Err(validate::invalid("metadata", value, &reason));
    };
    let mut out = Vec::new();
    for (key, text) in map {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_:. /".contains(c);
        if key.is_empty() || key.chars().count() > 255 || !key.chars().all(plain) {
            let reason = format!(
                "'{key}' does not match any of the regexes: '^[a-zA-Z0-9-_:. /]{{1,255}}$'"
            );
            return Err(validate::invalid("metadata", value, &reason));
        }
        out.push((key.clone(), validate::text(key, text, 0, 255)?.to_owned()));
    }
    Ok(out)
}

/// `/volumes/{id}/metadata[/{key}]`
fn metadata_of(cx: &mut Cx<'_>, id: &str, path: &[&str]) -> Answer {
    let mut volume = get(cx, id)?;
    let missing = |key: &str| not_found(&format!("Volume {id} has no metadata with key {key}."));
    let wanted = |cx: &Cx<'_>, field: &str| {
        let body = cx.body()?;
        let given = body.get(field).cloned();
        given.ok_or_else(|| bad_request(&format!("'{field}' is a required property")))
    };
    let reply = match (cx.req.method.as_str(), path) {
        ("GET", []) => return found("metadata", json!(volume.metadata)),
        ("GET", [key]) => {
            let value = volume.metadata.get(*key).ok_or_else(|| missing(key))?;
            return found("meta", json!({ *key: value }));
        }
        ("POST" | "PUT", []) => {
            let given = metadata(&wanted(cx, "metadata")?)?;
            if cx.req.method == "PUT" {
                volume.metadata.clear();
            }
            volume.metadata.extend(given);
            Reply::json(200, &json!({ "metadata": volume.metadata }))
        }
        ("PUT", [key]) => {
            let given = metadata(&wanted(cx, "meta")?)?;
            if !matches!(given.as_slice(), [(name, _)] if name == key) {
                return Err(bad_request("Request body and URI mismatch"));
            }
            let reply = json!({"meta": given.iter().cloned().collect::<std::collections::BTreeMap<_, _>>()});
            volume.metadata.extend(given);
            Reply::json(200, &reply)
        }
        ("DELETE", [key]) => {
            volume.metadata.remove(*key).ok_or_else(|| missing(key))?;
            Reply::empty(200)
        }
        _ => return Err(nova::no_such_path()),
    };
    cx.state.volumes.put(volume);
    Ok(reply)
}
