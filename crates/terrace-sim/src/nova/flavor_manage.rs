//! Flavors made, described and removed by the administrator, and their extra specs.

use super::flavors::{detail, get};
use super::validate::{self, fields, invalid};
use super::{Cx, bad_request, conflict, no_such_path, not_allowed, not_found, not_in_this_version};
use crate::records::Flavor;
use crate::web::{Answer, Object, Reply, python};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The largest number that the database holds.
const MOST: i64 = 0x7fff_ffff;

/// Requests on `/flavors` that change something.
pub(super) fn answer(cx: &mut Cx<'_>, path: &[&str]) -> Answer {
    match (cx.req.method.as_str(), path) {
        ("POST", []) => create(cx),
        ("PUT", [id]) => describe(cx, id),
        ("DELETE", [id]) => {
            allowed(cx, "os-flavor-manage:delete")?;
            let id = get(cx, id)?.id.clone();
            cx.state.flavors.remove(&id);
            Ok(Reply::empty(202))
        }
        ("POST", [id, "os-extra_specs"]) => {
            allowed(cx, "os-flavor-extra-specs:create")?;
            let body = cx.body()?;
            let specs = specs(validate::under(&body, "extra_specs", &[])?)?;
            let id = get(cx, id)?.id.clone();
            cx.state.flavors.update(&id, |flavor| flavor.extra_specs.extend(specs.clone()));
            Ok(Reply::json(200, &json!({ "extra_specs": specs })))
        }
        (_, [id, "os-extra_specs", key]) => spec(cx, id, key),
        _ => Err(no_such_path()),
    }
}

fn allowed(cx: &Cx<'_>, rule: &str) -> Result<(), Reply> {
    if cx.who.admin { Ok(()) } else { Err(not_allowed(rule)) }
}

fn create(cx: &mut Cx<'_>) -> Answer {
    allowed(cx, "os-flavor-manage:create")?;
    let body = cx.body()?;
    let wanted = validate::under(&body, "flavor", &[])?;
    let flavor = asked_for(cx, wanted)?;
    if cx.state.flavors.iter().any(|known| known.name == flavor.name) {
        return Err(conflict(&format!("Flavor with name {} already exists.", flavor.name)));
    }
    if cx.state.flavors.get(&flavor.id).is_some() {
        return Err(conflict(&format!("Flavor with ID {} already exists.", flavor.id)));
    }
    cx.state.flavors.put(flavor.clone());
    Ok(Reply::json(200, &json!({ "flavor": detail(cx, &flavor) })))
}

fn asked_for(cx: &mut Cx<'_>, wanted: &Object) -> Result<Flavor, Reply> {
    let mut known = vec![
        "id",
        "swap",
        "rxtx_factor",
        "OS-FLV-EXT-DATA:ephemeral",
        "os-flavor-access:is_public",
    ];
    if cx.minor >= 55 {
        known.push("description");
    }
    fields("flavor", wanted, &["name", "ram", "vcpus", "disk"], &known)?;
    let id = match wanted.get("id").filter(|id| !id.is_null() && **id != "auto") {
        Some(Value::Number(number)) => number.to_string(),
        Some(id) => validate::text("id", id, 1, 255)?.to_owned(),
        None => cx.state.uuid(),
    };
    let public = wanted.get("os-flavor-access:is_public");
    let public = public.map(|flag| validate::truth("os-flavor-access:is_public", flag));
    Ok(Flavor {
        id,
        name: validate::name("name", &wanted["name"])?.to_owned(),
        vcpus: number(wanted, "vcpus", 1)?,
        ram: number(wanted, "ram", 1)?,
        disk: number(wanted, "disk", 0)?,
        ephemeral: number(wanted, "OS-FLV-EXT-DATA:ephemeral", 0)?,
        swap: number(wanted, "swap", 0)?,
        extra_specs: BTreeMap::new(),
        description: description(wanted)?,
        hidden: !public.transpose()?.unwrap_or(true),
    })
}

/// A number, which may be written as a text; 0 where it is not given.
fn number(wanted: &Object, field: &str, least: i64) -> Result<i64, Reply> {
    let Some(value) = wanted.get(field) else { return Ok(0) };
    let shown = python(value);
    let parsed = match value {
        Value::String(text) => text.parse().ok(),
        other => other.as_i64(),
    };
    match parsed {
        None => Err(invalid(field, value, &format!("{shown} does not match '^[0-9]*$'"))),
        Some(found) if found < least => {
            Err(invalid(field, value, &format!("{found} is less than the minimum of {least}")))
        }
        Some(found) if found > MOST => {
            Err(invalid(field, value, &format!("{found} is greater than the maximum of {MOST}")))
        }
        Some(found) => Ok(found),
    }
}

fn description(wanted: &Object) -> Result<Option<String>, Reply> {
    match wanted.get("description").filter(|value| !value.is_null()) {
        Some(value) => Ok(Some(validate::text("description", value, 0, 65535)?.to_owned())),
        None => Ok(None),
    }
}

/// `PUT /flavors/{id}`: the description is all that can be changed.
fn describe(cx: &mut Cx<'_>, id: &str) -> Answer {
    if cx.minor < 55 {
        return Err(not_in_this_version());
    }
    allowed(cx, "os-flavor-manage:update")?;
    let body = cx.body()?;
    let wanted = validate::under(&body, "flavor", &[])?;
    fields("flavor", wanted, &["description"], &[])?;
    let mut flavor = get(cx, id)?.clone();
    flavor.description = description(wanted)?;
    cx.state.flavors.put(flavor.clone());
    Ok(Reply::json(200, &json!({ "flavor": detail(cx, &flavor) })))
}

/// Extra specs: texts, or numbers that become texts.
fn specs(wanted: &Object) -> Result<BTreeMap<String, String>, Reply> {
    let one = |(key, value): (&String, &Value)| match value {
        Value::String(text) => Ok((key.clone(), text.clone())),
        Value::Number(number) => Ok((key.clone(), number.to_string())),
        other => {
            let reason = format!("{} is not of type 'string'", python(other));
            Err(invalid(key, other, &reason))
        }
    };
    wanted.iter().map(one).collect()
}

/// `/flavors/{id}/os-extra_specs/{key}`
fn spec(cx: &mut Cx<'_>, id: &str, key: &str) -> Answer {
    match cx.req.method.as_str() {
        "GET" => {}
        "PUT" => allowed(cx, "os-flavor-extra-specs:update")?,
        "DELETE" => allowed(cx, "os-flavor-extra-specs:delete")?,
        _ => return Err(no_such_path()),
    }
    let mut flavor = get(cx, id)?.clone();
    if cx.req.method == "PUT" {
        let specs = specs(&cx.body()?)?;
        if !specs.contains_key(key) {
            return Err(bad_request("Request body and URI mismatch"));
        }
        flavor.extra_specs.extend(specs.clone());
        cx.state.flavors.put(flavor);
        return Ok(Reply::json(200, &json!(specs)));
    }
    let Some(value) = flavor.extra_specs.remove(key) else {
        let id = &flavor.id;
        return Err(not_found(&format!("Flavor {id} has no extra specs with key {key}.")));
    };
    if cx.req.method == "DELETE" {
        cx.state.flavors.put(flavor);
        return Ok(Reply::empty(200));
    }
    Ok(Reply::json(200, &json!({ key: value })))
}
