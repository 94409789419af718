//! Types of volume.

use super::{Cx, bad_request, found, not_found};
use crate::nova;
use crate::records::Row;
use crate::state::State;
use crate::table::Record;
use crate::web::{Answer, Reply, object, text};
use serde_json::{Value, json};

/// The type of a volume that asks for none.
pub(super) const DEFAULT: &str = "standard";

/// A type by name or id.
pub(crate) fn named<'a>(state: &'a State, name: &str) -> Option<&'a Row> {
    let by_id = state.volume_types.get(name);
    by_id.or_else(|| state.volume_types.iter().find(|row| row.text("name") == name))
}

/// The name of the type that a body asks for.
pub(super) fn wanted(state: &State, name: &str) -> Result<String, Reply> {
    let found = named(state, name).map(|row| row.text("name").to_owned());
    found.ok_or_else(|| not_found(&format!("Volume type with name {name} could not be found.")))
}

fn view(row: &Row, access: bool) -> Value {
    let mut out = row.0.clone();
    if access {
        out.insert("os-volume-type-access:is_public".into(), json!(row.flag("is_public")));
    }
    Value::Object(out)
}

/// `/types`
pub(super) fn answer(cx: &mut Cx<'_>, path: &[&str]) -> Answer {
    match (cx.req.method.as_str(), path) {
        ("GET", []) => {
            let all: Vec<Value> = cx.state.volume_types.iter().map(|row| view(row, true)).collect();
            found("volume_types", all)
        }
        ("GET", ["default"]) => {
            let row = named(cx.state, DEFAULT).cloned().unwrap_or_default();
            found("volume_type", view(&row, false))
        }
        ("GET", [id]) => {
            let row = get(cx, id)?;
            found("volume_type", view(&row, true))
        }
        ("GET", [id, "extra_specs"]) => {
            let row = get(cx, id)?;
            found("extra_specs", row.0.get("extra_specs").cloned().unwrap_or_default())
        }
        ("POST", []) => create(cx),
        ("DELETE", [id]) => delete(cx, id),
        _ => Err(nova::no_such_path()),
    }
}

fn get(cx: &Cx<'_>, id: &str) -> Result<Row, Reply> {
    let row = cx.state.volume_types.get(id).cloned();
    row.ok_or_else(|| not_found(&format!("Volume type {id} could not be found.")))
}

fn create(cx: &mut Cx<'_>) -> Answer {
    cx.admin_only("volume_extension:type_create")?;
    let body = cx.body()?;
    let Some(wanted) = body.get("volume_type").and_then(Value::as_object) else {
        return Err(bad_request("'volume_type' is a required property"));
    };
    let name = text(wanted, "name").unwrap_or_default().to_owned();
    if named(cx.state, &name).is_some() {
        return Err(nova::fault(409, &format!("Volume Type {name} already exists.")));
    }
    let id = cx.state.uuid();
    let row = Row(object(json!({
        "id": id, "name": name,
        "is_public": wanted.get("os-volume-type-access:is_public").cloned().unwrap_or(json!(true)),
        "extra_specs": wanted.get("extra_specs").cloned().unwrap_or(json!({})),
        "description": wanted.get("description"),
    })));
    cx.state.volume_types.put(row.clone());
    found("volume_type", view(&row, true))
}

fn delete(cx: &mut Cx<'_>, id: &str) -> Answer {
    cx.admin_only("volume_extension:type_delete")?;
    let row = get(cx, id)?;
    if cx.state.volumes.iter().any(|volume| volume.kind == row.text("name")) {
        return Err(bad_request("Target volume type is still in use."));
    }
    cx.state.volume_types.remove(row.id());
    Ok(Reply::empty(202))
}
