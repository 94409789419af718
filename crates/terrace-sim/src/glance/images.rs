//! Images and their data.

use super::{fault, no_such_path};
use crate::ids;
use crate::keystone::Caller;
use crate::presets::image_data;
use crate::records::{Blob, Row};
use crate::state::State;
use crate::table::Record;
use crate::web::{Answer, Object, Reply, Req, encode, object, seconds, text};
use base64::{Engine, engine::general_purpose::STANDARD};
use md5::Md5;
use serde_json::{Value, json};
use sha2::{Digest, Sha512};
use std::cmp::Ordering;

/// Fields that clients cannot write.
const READ_ONLY: [&str; 13] = [
    "id",
    "owner",
    "status",
    "checksum",
    "os_hash_algo",
    "os_hash_value",
    "size",
    "virtual_size",
    "created_at",
    "updated_at",
    "self",
    "file",
    "schema",
];
const DEFAULT_LIMIT: usize = 25;
const MAX_LIMIT: usize = 1000;

/// `/v2/images`
pub(super) fn answer(state: &mut State, req: &Req, who: &Caller, path: &[&str]) -> Answer {
    match (req.method.as_str(), path) {
        ("GET", []) => list(state, req, who),
        ("POST", []) => create(state, req, who),
        ("GET", [id]) => {
            let row = get(state, who, id)?;
            Ok(Reply::json(200, &Value::Object(view(&row))))
        }
        ("POST", [id, "actions", action @ ("deactivate" | "reactivate")]) => {
            activate(state, who, id, *action == "reactivate")
        }
        ("PATCH", [id]) => patch(state, req, who, id),
        ("DELETE", [id]) => delete(state, who, id),
        ("PUT", [id, "file"]) => upload(state, req, who, id),
        ("GET", [id, "file"]) => download(state, who, id),
        ("GET", [id, "members"]) => {
            get(state, who, id)?;
            Ok(Reply::json(200, &json!({"members": [], "schema": "/v2/schemas/members"})))
        }
        ("PUT" | "DELETE", [id, "tags", tag]) => change_tag(state, req, who, (id, tag)),
        _ => Err(no_such_path()),
    }
}

/// An image as it is shown: of one that is deactivated, not where its data are.
fn view(row: &Row) -> Object {
    let mut view = row.0.clone();
    if row.text("status") == "deactivated" {
        view.shift_remove("stores");
    }
    view
}

fn conflict(detail: &str) -> Reply {
    let message = format!(
        "There was a conflict when trying to complete your request.<br /><br />\n{detail}\n\n"
    );
    let title = "Conflict";
    let body = json!({"message": message, "code": format!("409 {title}"), "title": title});
    Reply::json(409, &body)
}

/// Lets an image be used again, or not.
fn activate(state: &mut State, who: &Caller, id: &str, again: bool) -> Answer {
    let mut row = owned(state, who, id)?;
    let status = row.text("status");
    if !matches!(status, "active" | "deactivated") {
        let what = if again { "reactivate" } else { "deactivate" };
        let message = format!("Not allowed to {what} image in status '{status}'");
        return Err(fault(403, &message));
    }
    row.set("status", if again { "active" } else { "deactivated" });
    row.set("updated_at", seconds(state.now));
    state.images.put(row);
    Ok(Reply::empty(204))
}

fn can_see(who: &Caller, row: &Row) -> bool {
    who.admin
        || row.text("owner") == who.project_id
        || matches!(row.text("visibility"), "public" | "community")
}

fn get(state: &State, who: &Caller, id: &str) -> Result<Row, Reply> {
    let row = state.images.get(id).filter(|row| can_see(who, row));
    row.cloned().ok_or_else(|| fault(404, &format!("No image found with ID {id}")))
}

/// An image that the caller may change.
fn owned(state: &State, who: &Caller, id: &str) -> Result<Row, Reply> {
    let row = get(state, who, id)?;
    if who.admin || (row.text("owner") == who.project_id && !who.reader) {
        return Ok(row);
    }
    Err(fault(403, "You do not own this image"))
}

fn list(state: &State, req: &Req, who: &Caller) -> Answer {
    check_sort(req)?;
    let mut rows: Vec<&Row> =
        state.images.iter().rev().filter(|row| shown(who, row, req)).collect();
    rows.retain(|row| fits(row, req));
    sort(&mut rows, req);
    if let Some(marker) = req.param("marker") {
        let at = rows.iter().position(|row| row.id() == marker);
        let at = at.ok_or_else(|| fault(400, &format!("No image found with ID {marker}")))?;
        rows.drain(..=at);
    }
    let limit = match req.param("limit") {
        None => DEFAULT_LIMIT,
        Some(text) => text
            .parse::<usize>()
            .map_err(|_| fault(400, "limit param must be an integer"))?
            .min(MAX_LIMIT),
    };
    let full = rows.len() >= limit && limit > 0;
    rows.truncate(limit);
    let first = match req.query.is_empty() {
        true => "/v2/images".to_owned(),
        false => page_link(req, None),
    };
    let images: Vec<Object> = rows.iter().map(|row| view(row)).collect();
    let mut body = json!({"images": images, "first": first, "schema": "/v2/schemas/images"});
    if let Some(last) = rows.last().filter(|_| full) {
        body["next"] = json!(page_link(req, Some(last.id())));
    }
    Ok(Reply::json(200, &body))
}

/// The same list from another place.
fn page_link(req: &Req, marker: Option<&str>) -> String {
    let kept = req.query.iter().filter(|(name, _)| name != "marker");
    let kept = kept.map(|(name, value)| (name.as_str(), value.as_str()));
    let parts: Vec<String> = kept
        .chain(marker.map(|marker| ("marker", marker)))
        .map(|(name, value)| format!("{name}={}", encode(value)))
        .collect();
    format!("/v2/images?{}", parts.join("&"))
}

/// Refuses a body of another type than the one it must have.
fn check_type(req: &Req, fits: impl Fn(&str) -> bool) -> Result<(), Reply> {
    let kind = req.header("content-type").unwrap_or("application/octet-stream");
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if fits(kind) {
        return Ok(());
    }
    let message =
        format!("The request media type {kind} is not supported by this server.\n<br /><br />\n");
    let title = "Unsupported Media Type";
    let body = json!({"message": message, "code": format!("415 {title}"), "title": title});
    Err(Reply::json(415, &body))
}

/// The formats of disks and containers that Glance knows.
const DISK_FORMATS: [&str; 11] =
    ["ami", "ari", "aki", "vhd", "vhdx", "vmdk", "raw", "qcow2", "vdi", "iso", "ploop"];

/// Whether an image is in the caller's list at all: others' community images are not, unless they
/// are asked for, and hidden ones neither.
fn shown(who: &Caller, row: &Row, req: &Req) -> bool {
    let hidden = req.param("os_hidden").is_some_and(|v| v.eq_ignore_ascii_case("true"));
    let community = req.param("visibility") == Some("community");
    can_see(who, row)
        && row.flag("os_hidden") == hidden
        && (community
            || row.text("visibility") != "community"
            || row.text("owner") == who.project_id)
}

fn fits(row: &Row, req: &Req) -> bool {
    const CONTROL: [&str; 7] =
        ["limit", "marker", "sort", "sort_key", "sort_dir", "os_hidden", "member_status"];
    req.query.iter().filter(|(name, _)| !CONTROL.contains(&name.as_str())).all(|(name, wanted)| {
        match name.as_str() {
            "tag" => row.list("tags").iter().any(|tag| tag == wanted.as_str()),
            "visibility" if wanted == "all" => true,
            "size_min" => wanted.parse().is_ok_and(|least: i64| row.number("size") >= least),
            "size_max" => wanted.parse().is_ok_and(|most: i64| row.number("size") <= most),
            _ => match row.0.get(name) {
                Some(Value::String(have)) => match wanted.strip_prefix("in:") {
                    Some(list) => list.split(',').any(|one| one.trim_matches('"') == have),
                    None => have == wanted.strip_prefix("eq:").unwrap_or(wanted),
                },
                Some(Value::Bool(have)) => wanted.eq_ignore_ascii_case(&have.to_string()),
                Some(Value::Number(have)) => have.to_string() == *wanted,
                _ => false,
            },
        }
    })
}

fn check_sort(req: &Req) -> Result<(), Reply> {
    const KEYS: [&str; 8] = [
        "name",
        "status",
        "container_format",
        "disk_format",
        "size",
        "id",
        "created_at",
        "updated_at",
    ];
    let listed = req.param("sort").unwrap_or_default().split(',');
    let listed = listed.filter_map(|part| part.split(':').next()).filter(|key| !key.is_empty());
    match listed.chain(req.params("sort_key")).find(|key| !KEYS.contains(key)) {
        None => Ok(()),
        Some(key) => Err(fault(
            400,
            &format!(
                "Invalid sort key: {key}. It must be one of the following: {}.",
                KEYS.join(", ")
            ),
        )),
    }
}

/// `sort=name:asc,created_at` or `sort_key` and `sort_dir`; newest first if nothing is said.
fn sort(rows: &mut [&Row], req: &Req) {
    let pairs: Vec<(String, bool)> = match req.param("sort") {
        Some(text) => text
            .split(',')
            .map(|part| part.split_once(':').unwrap_or((part, "desc")))
            .map(|(key, direction)| (key.to_owned(), direction == "asc"))
            .collect(),
        None => {
            let directions: Vec<&str> = req.params("sort_dir").collect();
            let up = |at: usize| directions.get(at).is_some_and(|d| *d == "asc");
            req.params("sort_key").enumerate().map(|(at, key)| (key.to_owned(), up(at))).collect()
        }
    };
    rows.sort_by(|a, b| {
        pairs.iter().fold(Ordering::Equal, |order, (key, up)| {
            let next = match (a.0.get(key), b.0.get(key)) {
                (Some(Value::Number(a)), Some(Value::Number(b))) => a.as_i64().cmp(&b.as_i64()),
                (a, b) => a.and_then(Value::as_str).cmp(&b.and_then(Value::as_str)),
            };
            order.then(if *up { next } else { next.reverse() })
        })
    });
}

fn create(state: &mut State, req: &Req, who: &Caller) -> Answer {
    if who.reader {
        return Err(fault(403, "You are not authorized to complete add_image action."));
    }
    let Ok(Value::Object(body)) = serde_json::from_slice(&req.body) else {
        return Err(fault(400, "Malformed JSON in request body."));
    };
    if let Some(field) = body.keys().find(|f| READ_ONLY[1..].contains(&f.as_str()) && *f != "owner")
    {
        return Err(fault(403, &format!("Attribute '{field}' is read-only.")));
    }
    if text(&body, "visibility") == Some("public") && !who.admin {
        return Err(fault(403, "You are not authorized to complete publicize_image action."));
    }
    if let Some(format) = text(&body, "disk_format").filter(|f| !DISK_FORMATS.contains(f)) {
        let known: Vec<String> = DISK_FORMATS.iter().map(|known| format!("'{known}'")).collect();
        return Err(fault(
            400,
            &format!(
                "Provided object does not match schema 'image': '{format}' is not one of [None, {}]",
                known.join(", ")
            ),
        ));
    }
    let id = match text(&body, "id") {
        Some(id) if uuid::Uuid::parse_str(id).is_err() => {
            return Err(fault(400, "Invalid image id format"));
        }
        Some(id) => id.to_owned(),
        None => state.uuid(),
    };
    if state.images.get(&id).is_some() {
        return Err(fault(409, &format!("Image ID {id} already exists!")));
    }
    let now = seconds(state.now);
    let mut image = object(json!({
        "name": null, "disk_format": null, "container_format": null, "visibility": "shared",
        "size": null, "virtual_size": null, "status": "queued", "checksum": null,
        "protected": false, "min_ram": 0, "min_disk": 0, "owner": who.project_id,
        "os_hidden": false, "os_hash_algo": null, "os_hash_value": null,
        "created_at": now, "updated_at": now, "tags": [],
        "self": format!("/v2/images/{id}"), "file": format!("/v2/images/{id}/file"),
        "schema": "/v2/schemas/image",
    }));
    image.extend(body);
    image.insert("id".into(), json!(id));
    state.images.put(Row(image.clone()));
    let location = format!("{}/image/v2/images/{id}", req.base);
    Ok(Reply::json(201, &Value::Object(image)).header("location", location))
}

/// Changes as JSON patches, of which clients use add, replace and remove on one level.
fn patch(state: &mut State, req: &Req, who: &Caller, id: &str) -> Answer {
    check_type(req, |kind| kind.starts_with("application/openstack-images-v2."))?;
    let mut row = owned(state, who, id)?;
    let Ok(Value::Array(steps)) = serde_json::from_slice(&req.body) else {
        return Err(fault(400, "Request body must be a JSON array of operation objects."));
    };
    for step in steps {
        let field = step["path"].as_str().unwrap_or_default().trim_start_matches('/').to_owned();
        let field = crate::web::decode(&field).replace("~1", "/").replace("~0", "~");
        if READ_ONLY.contains(&field.as_str()) && !(field == "owner" && who.admin) {
            return Err(fault(403, &format!("Attribute '{field}' is read-only.")));
        }
        if field == "visibility" && step["value"] == "public" && !who.admin {
            return Err(fault(403, "You are not authorized to complete publicize_image action."));
        }
        // The stores are shown like a property, and are none.
        let there = row.0.contains_key(&field) && field != "stores";
        match step["op"].as_str() {
            Some("add") => row.set(&field, step["value"].clone()),
            Some("replace") if there => row.set(&field, step["value"].clone()),
            Some("remove") if there => {
                row.0.shift_remove(&field);
            }
            Some("replace" | "remove") => {
                return Err(conflict(&format!("Property {field} does not exist.")));
            }
            _ => return Err(fault(400, "Operations must be add, remove or replace.")),
        }
    }
    row.set("updated_at", seconds(state.now));
    state.images.put(row.clone());
    Ok(Reply::json(200, &Value::Object(row.0)))
}

fn delete(state: &mut State, who: &Caller, id: &str) -> Answer {
    let row = owned(state, who, id)?;
    if row.flag("protected") {
        let message = format!("Image {id} is protected and cannot be deleted.");
        return Err(fault(403, &message));
    }
    state.images.remove(id);
    state.blobs.remove(id);
    Ok(Reply::empty(204))
}

fn upload(state: &mut State, req: &Req, who: &Caller, id: &str) -> Answer {
    check_type(req, |kind| kind == "application/octet-stream")?;
    let mut row = owned(state, who, id)?;
    if row.text("status") != "queued" {
        let message =
            format!("Image status transition from {} to saving is not allowed", row.text("status"));
        return Err(fault(409, &message));
    }
    if row.text("disk_format").is_empty() || row.text("container_format").is_empty() {
        return Err(fault(
            400,
            "Properties disk_format, container_format must be set prior to saving data.",
        ));
    }
    row.set("size", req.body.len());
    row.set(
        "virtual_size",
        if row.text("disk_format") == "raw" { json!(req.body.len()) } else { Value::Null },
    );
    row.set("checksum", ids::hex(&Md5::digest(&req.body)));
    row.set("os_hash_algo", "sha512");
    row.set("os_hash_value", ids::hex(&Sha512::digest(&req.body)));
    row.set("status", "active");
    row.set("stores", "file");
    row.set("updated_at", seconds(state.now));
    state.images.put(row);
    state.blobs.put(Blob { id: id.to_owned(), data: STANDARD.encode(&req.body) });
    Ok(Reply::empty(204))
}

fn download(state: &State, who: &Caller, id: &str) -> Answer {
    let row = get(state, who, id)?;
    if row.text("status") == "deactivated" && !who.admin {
        let message = "The requested image has been deactivated. Image data download is forbidden.";
        return Err(fault(403, message));
    }
    if !matches!(row.text("status"), "active" | "deactivated") {
        return Ok(Reply::empty(204));
    }
    let body = match state.blobs.get(id) {
        Some(blob) => STANDARD.decode(&blob.data).unwrap_or_default(),
        None => image_data(&row),
    };
    let headers = vec![
        ("content-type", "application/octet-stream".to_owned()),
        ("content-md5", row.text("checksum").to_owned()),
    ];
    Ok(Reply { status: 200, headers, body })
}

fn change_tag(state: &mut State, req: &Req, who: &Caller, (id, tag): (&str, &str)) -> Answer {
    let mut row = owned(state, who, id)?;
    let mut tags = row.list("tags").to_vec();
    let had = tags.len();
    tags.retain(|t| t != tag);
    if req.method == "PUT" {
        tags.push(json!(tag));
    } else if tags.len() == had {
        return Err(fault(404, "The resource could not be found."));
    }
    row.set("tags", tags);
    row.set("updated_at", seconds(state.now));
    state.images.put(row);
    Ok(Reply::empty(204))
}
