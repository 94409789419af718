//! The volumes of servers: `/servers/{id}/os-volume_attachments`.

use super::servers::{check_lock, get};
use super::validate::{self, invalid};
use super::{Cx, bad_request, disks, fault, history, no_such_path, not_found};
use crate::cinder;
use crate::records::{Attachment, Disk, Server};
use crate::web::{Answer, Object, Reply, python, text};
use serde_json::{Value, json};

/// `/servers/{id}/os-volume_attachments`
pub(super) fn answer(cx: &mut Cx<'_>, id: &str, path: &[&str]) -> Answer {
    let server = get(cx, id)?;
    match (cx.req.method.as_str(), path) {
        ("GET", []) => {
            let all: Vec<Value> =
                server.disks.iter().filter_map(|disk| view(cx, &server, disk)).collect();
            Ok(Reply::json(200, &json!({ "volumeAttachments": all })))
        }
        ("GET", [volume]) => {
            let disk = attached(&server, volume)?;
            Ok(Reply::json(200, &json!({ "volumeAttachment": view(cx, &server, disk) })))
        }
        ("POST", []) => attach(cx, server),
        ("PUT", [volume]) => update(cx, server, volume),
        ("DELETE", [volume]) => detach(cx, &server, volume),
        _ => Err(no_such_path()),
    }
}

fn attached<'a>(server: &'a Server, volume: &str) -> Result<&'a Disk, Reply> {
    let found = server.disks.iter().find(|disk| disk.volume.as_deref() == Some(volume));
    found.ok_or_else(|| {
        not_found(&format!("Instance {} is not attached to volume {volume}", server.id))
    })
}

fn view(cx: &Cx<'_>, server: &Server, disk: &Disk) -> Option<Value> {
    let volume = disk.volume.as_deref()?;
    let mut out = Object::new();
    if cx.minor < 89 {
        out.insert("id".into(), json!(volume));
    }
    out.insert("volumeId".into(), json!(volume));
    out.insert("serverId".into(), json!(server.id));
    out.insert("device".into(), json!(disk.device));
    if cx.minor >= 70 {
        out.insert("tag".into(), json!(disk.tag));
    }
    if cx.minor >= 79 {
        out.insert("delete_on_termination".into(), json!(disk.delete));
    }
    if cx.minor >= 89 {
        out.insert("attachment_id".into(), json!(disk.attachment));
        out.insert("bdm_uuid".into(), json!(disk.id));
    }
    Some(Value::Object(out))
}

/// Refuses what can only be done to a server that is at rest or running.
fn ready(cx: &Cx<'_>, server: &Server, verb: &str) -> Result<(), Reply> {
    check_lock(cx, server)?;
    let fit =
        ["active", "paused", "suspended", "stopped", "resized", "shelved", "shelved_offloaded"];
    if fit.contains(&server.vm_state.as_str()) {
        return Ok(());
    }
    Err(super::conflict(&format!(
        "Cannot '{verb}' instance {} while it is in vm_state {}",
        server.id, server.vm_state
    )))
}

/// A device name, of which only the form is looked at: the next free one is given.
fn check_device(value: &Value) -> Result<(), Reply> {
    if value.is_null() {
        return Ok(());
    }
    let name = value.as_str().unwrap_or_default();
    let rest = name.strip_prefix("/dev/").unwrap_or_default();
    let letters = rest.trim_end_matches(|c: char| c.is_ascii_digit());
    if !letters.is_empty() && letters.chars().all(|c| c.is_ascii_lowercase()) {
        return Ok(());
    }
    let reason = format!(
        "{} does not match '(^/dev/x{{0,1}}[a-z]{{0,1}}d{{0,1}})([a-z]+)[0-9]*$'",
        python(value)
    );
    Err(invalid("device", value, &reason))
}

fn attach(cx: &mut Cx<'_>, mut server: Server) -> Answer {
    cx.may_write("os-volumes-attachments:create")?;
    let body = cx.body()?;
    let wanted = validate::under(&body, "volumeAttachment", &[])?;
    let mut allowed = vec!["device"];
    for (minor, field) in [(49, "tag"), (79, "delete_on_termination")] {
        if cx.minor >= minor {
            allowed.push(field);
        }
    }
    validate::fields("volumeAttachment", wanted, &["volumeId"], &allowed)?;
    let volume = validate::uuid("volumeId", &wanted["volumeId"])?.to_owned();
    if let Some(device) = wanted.get("device") {
        check_device(device)?;
    }
    if let Some(tag) = wanted.get("tag") {
        validate::tag("tag", tag)?;
    }
    let delete = match wanted.get("delete_on_termination") {
        Some(value) => validate::truth("delete_on_termination", value)?,
        None => false,
    };
    usable(cx, &volume)?;
    ready(cx, &server, "attach_volume")?;
    let disk = Disk {
        id: cx.state.uuid(),
        attachment: cx.state.uuid(),
        volume: Some(volume.clone()),
        make: None,
        device: disks::next_device(&server),
        tag: text(wanted, "tag").map(str::to_owned),
        root: false,
        delete,
    };
    let tie = Attachment {
        id: disk.attachment.clone(),
        server: server.id.clone(),
        device: disk.device.clone(),
        at: None,
    };
    let reserved = cinder::reserve(cx.state, &volume, tie);
    reserved.map_err(|reply| through_nova(&reply, &cx.req.request_id))?;
    cinder::tie(cx.state, &volume, false);
    let mut shown = json!({
        "id": volume, "serverId": server.id, "volumeId": volume, "device": disk.device,
    });
    if cx.minor >= 70 {
        shown["tag"] = json!(disk.tag);
    }
    if cx.minor >= 79 {
        shown["delete_on_termination"] = json!(delete);
    }
    server.disks.push(disk);
    history::note(cx, &mut server, "attach_volume");
    cx.state.servers.put(server);
    Ok(Reply::json(200, &json!({ "volumeAttachment": shown })))
}

/// Whether a volume can be given to a server at all.
fn usable(cx: &Cx<'_>, id: &str) -> Result<(), Reply> {
    let volume = cx.state.volumes.get(id);
    let volume = volume.filter(|v| cx.who.admin || v.project_id == cx.who.project_id);
    let volume = volume.ok_or_else(|| not_found(&format!("Volume {id} could not be found.")))?;
    if volume.attachments.is_empty() {
        return Ok(());
    }
    let servers: Vec<&str> = volume.attachments.iter().map(|tie| tie.server.as_str()).collect();
    Err(bad_request(&format!(
        "Invalid volume: volume {id} is already attached to instances: {}",
        servers.join(", ")
    )))
}

/// Cinder's refusal as Nova passes it on.
pub(super) fn through_nova(reply: &Reply, request: &str) -> Reply {
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let message =
        body["badRequest"]["message"].as_str().or(body["itemNotFound"]["message"].as_str());
    let message = message.unwrap_or_default();
    if reply.status == 404 {
        return not_found(message);
    }
    fault(
        400,
        &format!(
            "Invalid volume: Invalid input received: {message} (HTTP 400) (Request-ID: {request})"
        ),
    )
}

fn update(cx: &mut Cx<'_>, mut server: Server, volume: &str) -> Answer {
    cx.may_write("os-volumes-attachments:update")?;
    let body = cx.body()?;
    let wanted = validate::under(&body, "volumeAttachment", &[])?;
    if cx.minor < 85 {
        return Err(super::not_allowed("os-volumes-attachments:swap"));
    }
    let delete = match wanted.get("delete_on_termination") {
        Some(value) => validate::truth("delete_on_termination", value)?,
        None => attached(&server, volume)?.delete,
    };
    attached(&server, volume)?;
    for disk in server.disks.iter_mut().filter(|disk| disk.volume.as_deref() == Some(volume)) {
        disk.delete = delete;
    }
    cx.state.servers.put(server);
    Ok(Reply::empty(202))
}

fn detach(cx: &mut Cx<'_>, server: &Server, volume: &str) -> Answer {
    cx.may_write("os-volumes-attachments:delete")?;
    let disk = attached(server, volume)?;
    if disk.root {
        return Err(bad_request("Cannot detach a root device volume"));
    }
    ready(cx, server, "detach_volume")?;
    let taken = cinder::detach(cx.state, volume, &disk.attachment);
    taken.map_err(|reply| through_nova(&reply, &cx.req.request_id))?;
    let mut server = server.clone();
    history::note(cx, &mut server, "detach_volume");
    cx.state.servers.put(server);
    Ok(Reply::empty(202))
}
