//! What can be done to a server: `POST /servers/{id}/action`.

use super::servers::{check_lock, delete, get};
use super::validate::{self, invalid};
use super::view::{Place, full};
use super::{
    Cx, bad_request, conflict, create, disks, history, interfaces, not_in_this_version, schedule,
};
use crate::records::{Keypair, Row, Server, Step};
use crate::table::Record;
use crate::web::{Answer, Object, Reply, object, python, seconds, text};
use serde_json::{Value, json};

/// The settled states in which there is a machine.
const THERE: [&str; 2] = ["active", "stopped"];

/// `POST /servers/{id}/action`
pub(super) fn answer(cx: &mut Cx<'_>, id: &str) -> Answer {
    let body = cx.body()?;
    let Some((name, value)) = body.iter().next().filter(|_| body.len() == 1) else {
        return Err(bad_request("Malformed request body"));
    };
    let server = get(cx, id)?;
    if name == "os-getConsoleOutput" {
        return console(&server, value);
    }
    cx.may_write("servers:action")?;
    let reply = act(cx, server, (name, value), &body)?;
    let action = history::named(name).filter(|action| *action != "delete");
    if let (Some(action), Some(mut server)) = (action, cx.state.servers.get(id).cloned()) {
        history::note(cx, &mut server, action);
        cx.state.servers.put(server);
    }
    Ok(reply)
}

fn act(cx: &mut Cx<'_>, server: Server, (name, value): (&str, &Value), body: &Object) -> Answer {
    match name {
        "resize" => resize(cx, server, body),
        "confirmResize" => confirm(cx, server),
        "revertResize" => revert(cx, server),
        "rebuild" => rebuild(cx, server, body),
        "reboot" => reboot(cx, server, body),
        "createImage" => create_image(cx, server, body),
        "lock" | "unlock" => {
            let mut server = server;
            let reason = value.get("locked_reason").and_then(Value::as_str).map(str::to_owned);
            server.locked = (name == "lock").then_some(reason);
            cx.state.put_server(server);
            Ok(Reply::empty(202))
        }
        "forceDelete" => delete(cx, &server.id, true).map(|_| Reply::empty(202)),
        "addSecurityGroup" | "removeSecurityGroup" => {
            let group = value["name"].as_str().unwrap_or_default();
            interfaces::change_group(cx, &server, group, name == "addSecurityGroup")
        }
        "changePassword" => {
            let wanted = validate::under(body, "changePassword", &[])?;
            validate::fields("changePassword", wanted, &["adminPass"], &[])?;
            ready(cx, &server, "set_admin_password", &["active"])?;
            begin(cx, server, "updating_password", Step::Rests("active".into()));
            Ok(Reply::empty(202))
        }
        "os-resetState" if cx.who.admin => reset_state(cx, server, value),
        other => simple(cx, server, other),
    }
}

/// The actions that only change the state.
fn simple(cx: &mut Cx<'_>, server: Server, name: &str) -> Answer {
    let (verb, from, task, to): (&str, &[&str], &str, &str) = match name {
        "os-start" => ("start", &["stopped"], "powering-on", "active"),
        "os-stop" => ("stop", &["active", "shutoff", "error"], "powering-off", "stopped"),
        "pause" => ("pause", &["active"], "pausing", "paused"),
        "unpause" => ("unpause", &["paused"], "unpausing", "active"),
        "suspend" => ("suspend", &["active"], "suspending", "suspended"),
        "resume" => ("resume", &["suspended"], "resuming", "active"),
        "shelve" => (
            "shelve",
            &["active", "stopped", "paused", "suspended"],
            "shelving",
            "shelved_offloaded",
        ),
        "unshelve" => ("unshelve", &["shelved", "shelved_offloaded"], "unshelving", "active"),
        "os-getVNCConsole" | "os-getSPICEConsole" => {
            return Err(bad_request("Unavailable console type novnc."));
        }
        "addFixedIp" | "removeFixedIp" | "addFloatingIp" | "removeFloatingIp" => {
            return Err(not_in_this_version());
        }
        other => return Err(bad_request(&format!("There is no such action: {other}"))),
    };
    ready(cx, &server, verb, from)?;
    if server.host.is_none() {
        return Ok(find_place(cx, server, task, to));
    }
    begin(cx, server, task, Step::Rests(to.to_owned()));
    Ok(Reply::empty(202))
}

/// A server that left its host gets another; where there is none, it stays on the shelf.
fn find_place(cx: &mut Cx<'_>, mut server: Server, task: &str, to: &str) -> Reply {
    let group = server.group.as_ref().and_then(|id| cx.state.groups.get(id));
    server.host = schedule::pick(cx.state, (server.zone.as_deref(), None), group);
    let to = if server.host.is_some() { to } else { "shelved_offloaded" };
    begin(cx, server, task, Step::Rests(to.to_owned()));
    Reply::empty(202)
}

/// Refuses an action on a server that is locked, in another state or busy.
fn ready(cx: &Cx<'_>, server: &Server, verb: &str, from: &[&str]) -> Result<(), Reply> {
    check_lock(cx, server)?;
    let refuse = |what: String| {
        Err(conflict(&format!("Cannot '{verb}' instance {} while it is in {what}", server.id)))
    };
    if !from.contains(&server.vm_state.as_str()) {
        return refuse(format!("vm_state {}", server.vm_state));
    }
    match &server.task_state {
        Some(task) => refuse(format!("task_state {task}")),
        None => Ok(()),
    }
}

/// From now on a task is going on, after which a step follows.
fn begin(cx: &mut Cx<'_>, mut server: Server, task: &str, step: Step) -> Server {
    let whole = cx.state.settings.build_ms;
    let lasts = match step {
        Step::Rests(_) if !task.starts_with("rebuild") => whole / 4,
        Step::Snapped(..) => whole / 4,
        Step::Confirmed => whole / 4,
        _ => whole,
    };
    server.task_state = Some(task.to_owned());
    server.updated = cx.state.now;
    server.due = Some((cx.state.now.saturating_add(lasts), step));
    cx.state.put_server(server.clone());
    server
}

fn resize(cx: &mut Cx<'_>, mut server: Server, body: &Object) -> Answer {
    let wanted = validate::under(body, "resize", &[])?;
    validate::fields("resize", wanted, &["flavorRef"], &["OS-DCF:diskConfig"])?;
    check_lock(cx, &server)?;
    ready(cx, &server, "resize", &THERE)?;
    let flavor = create::flavor(cx.state, &wanted["flavorRef"])?;
    if flavor.id == server.flavor.id {
        return Err(bad_request("When resizing, instances must change flavor!"));
    }
    if let Some(image) = server.image.as_deref().and_then(|id| create::find_image(cx, id)) {
        create::fits(&flavor, &image)?;
    }
    let uses = super::misc::usage(cx.state, &server.project_id);
    for (name, more, used) in [
        ("cores", flavor.vcpus - server.flavor.vcpus, uses.cores),
        ("ram", flavor.ram - server.flavor.ram, uses.ram),
    ] {
        let limit = cx.state.limit("compute", &server.project_id, name);
        if limit >= 0 && more > 0 && used + more > limit {
            return Err(super::fault(
                403,
                &format!(
                    "Quota exceeded for {name}: Requested {more}, but already used {used} of \
                     {limit} {name}"
                ),
            ));
        }
    }
    server.other_flavor = Some(flavor);
    server.before = Some(server.vm_state.clone());
    begin(cx, server, "resize_prep", Step::Resized);
    Ok(Reply::empty(202))
}

fn confirm(cx: &mut Cx<'_>, mut server: Server) -> Answer {
    ready(cx, &server, "confirmResize", &["resized"])?;
    // The task is not shown while a resize is being confirmed.
    let lasts = cx.state.settings.build_ms / 4;
    server.updated = cx.state.now;
    server.due = Some((cx.state.now.saturating_add(lasts), Step::Confirmed));
    cx.state.put_server(server);
    Ok(Reply::empty(204))
}

fn revert(cx: &mut Cx<'_>, server: Server) -> Answer {
    ready(cx, &server, "revertResize", &["resized"])?;
    begin(cx, server, "resize_reverting", Step::Reverted);
    Ok(Reply::empty(202))
}

fn rebuild(cx: &mut Cx<'_>, mut server: Server, body: &Object) -> Answer {
    let wanted = validate::under(body, "rebuild", &[])?;
    check_rebuild(cx, wanted)?;
    let id = wanted["imageRef"].as_str().unwrap_or_default().to_owned();
    if uuid::Uuid::parse_str(&id).is_err() {
        let value = &wanted["imageRef"];
        return Err(invalid("imageRef", value, &format!("{} is not a 'uuid'", python(value))));
    }
    let metadata = match wanted.get("metadata") {
        Some(value) => Some(validate::metadata("metadata", value)?),
        None => None,
    };
    let image =
        create::find_image(cx, &id).ok_or_else(|| bad_request("Cannot find image for rebuild"))?;
    ready(cx, &server, "rebuild", &["active", "stopped", "error"])?;
    create::fits(&server.flavor, &image)?;
    if let Some(name) = wanted.get("name") {
        server.name = validate::name("name", name)?.to_owned();
    }
    if let Some(metadata) = metadata {
        server.metadata = metadata.into_iter().collect();
    }
    if let Some(key) = wanted.get("key_name") {
        let key = key.as_str().map(str::to_owned);
        let there =
            |key: &String| cx.state.keypairs.get(&Keypair::key(&cx.who.user_id, key)).is_some();
        if key.as_ref().is_some_and(|key| !there(key)) {
            return Err(bad_request("Invalid key_name provided."));
        }
        server.key_name = key;
    }
    if wanted.contains_key("description") {
        server.description = text(wanted, "description").map(str::to_owned);
    }
    if wanted.contains_key("user_data") {
        server.user_data = text(wanted, "user_data").map(str::to_owned);
    }
    if server.disks.iter().any(|disk| disk.root) {
        let same = disks::root_image(cx.state, &server).as_deref() == Some(image.id());
        if cx.minor < 93 && !same {
            return Err(bad_request(
                "Unable to rebuild with a different image for a volume-backed server.",
            ));
        }
    } else {
        server.image = Some(image.id().to_owned());
    }
    let rests = if server.vm_state == "stopped" { "stopped" } else { "active" };
    let server = begin(cx, server, "rebuilding", Step::Rests(rests.to_owned()));
    let password = cx.state.secret(12);
    let mut view = full(cx, &server, Place::Changed);
    view.shift_remove("OS-EXT-SRV-ATTR:user_data");
    view.insert("adminPass".into(), json!(password));
    if cx.minor >= 54 {
        view.insert("key_name".into(), json!(server.key_name));
    }
    if cx.minor >= 57 {
        view.insert("user_data".into(), json!(server.user_data));
    }
    let location = format!("{}/compute/v2.1/servers/{}", cx.req.base, server.id);
    Ok(Reply::json(202, &json!({ "server": view })).header("location", location))
}

fn check_rebuild(cx: &Cx<'_>, wanted: &Object) -> Result<(), Reply> {
    let mut allowed = vec![
        "name",
        "adminPass",
        "metadata",
        "preserve_ephemeral",
        "OS-DCF:diskConfig",
        "accessIPv4",
        "accessIPv6",
    ];
    for (minor, field) in [
        (19, "description"),
        (54, "key_name"),
        (57, "user_data"),
        (63, "trusted_image_certificates"),
        (90, "hostname"),
    ] {
        if cx.minor >= minor {
            allowed.push(field);
        }
    }
    validate::fields("rebuild", wanted, &["imageRef"], &allowed)
}

fn reboot(cx: &mut Cx<'_>, server: Server, body: &Object) -> Answer {
    let wanted = validate::under(body, "reboot", &[])?;
    validate::fields("reboot", wanted, &["type"], &[])?;
    let kind = &wanted["type"];
    let word = kind.as_str().unwrap_or_default();
    if !["HARD", "Hard", "hard", "SOFT", "Soft", "soft"].contains(&word) {
        let reason = format!(
            "{} is not one of ['HARD', 'Hard', 'hard', 'SOFT', 'Soft', 'soft']",
            python(kind)
        );
        return Err(invalid("type", kind, &reason));
    }
    let hard = word.eq_ignore_ascii_case("hard");
    let from: &[&str] =
        if hard { &["active", "stopped", "paused", "suspended", "error"] } else { &["active"] };
    ready(cx, &server, "reboot", from)?;
    let task = if hard { "rebooting_hard" } else { "rebooting" };
    begin(cx, server, task, Step::Rests("active".into()));
    Ok(Reply::empty(202))
}

fn create_image(cx: &mut Cx<'_>, server: Server, body: &Object) -> Answer {
    let wanted = validate::under(body, "createImage", &[])?;
    validate::fields("createImage", wanted, &["name"], &["metadata"])?;
    let name = validate::name("name", &wanted["name"])?.to_owned();
    ready(cx, &server, "createImage", &["active", "stopped", "paused", "suspended"])?;
    let id = cx.state.uuid();
    let image = snapshot(cx, &server, (&id, &name), wanted.get("metadata"));
    cx.state.images.put(Row(image));
    let rests = server.vm_state.clone();
    begin(cx, server, "image_snapshot", Step::Snapped(rests, id.clone()));
    if cx.minor >= 45 {
        return Ok(Reply::json(202, &json!({ "image_id": id })));
    }
    let location = format!("{}/image/images/{id}", cx.req.base);
    Ok(Reply::empty(202).header("location", location))
}

/// The image that a snapshot leaves: what its server's image said of itself, and where it is from.
fn snapshot(
    cx: &Cx<'_>,
    server: &Server,
    (id, name): (&str, &str),
    metadata: Option<&Value>,
) -> Object {
    let base = server.image.as_deref().unwrap_or_default();
    let mut image: Object = cx.state.images.get(base).map(|row| row.0.clone()).unwrap_or_default();
    let now = seconds(cx.state.now);
    let user = cx.state.users.get(&cx.who.user_id).map(|user| user.name.clone());
    let project = cx.state.projects.get(&server.project_id).map(|project| project.name.clone());
    image.shift_remove("stores");
    image.extend(object(json!({
        "base_image_ref": base, "owner_user_name": user, "owner_project_name": project,
        "boot_roles": cx.who.token.roles.join(","), "instance_uuid": server.id,
        "user_id": cx.who.user_id, "image_type": "snapshot", "name": name, "disk_format": null,
        "container_format": null, "visibility": "private", "size": null, "virtual_size": null,
        "status": "queued", "checksum": null, "protected": false, "min_ram": 0,
        "min_disk": server.flavor.disk, "owner": server.project_id, "os_hidden": false,
        "os_hash_algo": null, "os_hash_value": null, "id": id, "created_at": now,
        "updated_at": now, "tags": [], "self": format!("/v2/images/{id}"),
        "file": format!("/v2/images/{id}/file"), "schema": "/v2/schemas/image",
    })));
    if let Some(Value::Object(more)) = metadata {
        image.extend(more.clone());
    }
    image
}

fn console(server: &Server, wanted: &Value) -> Answer {
    if server.launched.is_none() {
        return Err(conflict(&format!("Instance {} is not ready", server.id)));
    }
    let whole = format!(
        "[    0.000000] Linux version fake\ncloud-init: Cloud-init finished\n{} login: ",
        server.hostname
    );
    let lines: Vec<&str> = whole.split('\n').collect();
    let length = &wanted["length"];
    let digits = python(length);
    let digits = digits.trim_matches('\'').trim_start_matches('-');
    if !length.is_null() && !digits.chars().all(|c| c.is_ascii_digit()) {
        let reason = format!("{} does not match '^-?[0-9]+$'", python(length));
        return Err(invalid("length", length, &reason));
    }
    let most =
        wanted["length"].as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(lines.len());
    let output = lines[lines.len().saturating_sub(most)..].join("\n");
    Ok(Reply::json(200, &json!({ "output": output })))
}

/// There are no consoles: nothing runs here.
pub(super) fn no_console(cx: &Cx<'_>) -> Answer {
    let body = cx.body()?;
    let wanted = validate::under(&body, "remote_console", &[])?;
    let kind = text(wanted, "type").unwrap_or_default();
    Err(bad_request(&format!("Unavailable console type {kind}.")))
}

fn reset_state(cx: &mut Cx<'_>, mut server: Server, wanted: &Value) -> Answer {
    server.vm_state = if wanted["state"] == "active" { "active" } else { "error" }.into();
    server.task_state = None;
    server.due = None;
    server.updated = cx.state.now;
    cx.state.put_server(server);
    Ok(Reply::empty(202))
}
