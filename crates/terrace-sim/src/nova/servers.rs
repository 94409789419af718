//! Servers: who gets which, changes of what is not more than a field, deletion.

use super::view::{Place, full};
use super::{
    Cx, actions, conflict, create, history, interfaces, labels, list, no_such_path, not_found,
    validate, volumes,
};
use crate::records::{Server, Step};
use crate::web::{Answer, Reply};
use serde_json::json;

/// Requests under `/servers`.
pub(super) fn answer(cx: &mut Cx<'_>, path: &[&str]) -> Answer {
    match (cx.req.method.as_str(), path) {
        ("GET", []) => list::list(cx, false),
        ("GET", ["detail"]) => list::list(cx, true),
        ("POST", []) => create::create(cx),
        ("GET", [id]) => {
            let server = get(cx, id)?;
            Ok(Reply::json(200, &json!({ "server": full(cx, &server, Place::Show) })))
        }
        ("PUT", [id]) => update(cx, id),
        ("DELETE", [id]) => delete(cx, id, false),
        ("POST", [id, "action"]) => actions::answer(cx, id),
        (_, [id, "metadata", rest @ ..]) => labels::metadata(cx, id, rest),
        (_, [id, "tags", rest @ ..]) => labels::tags(cx, id, rest),
        (_, [id, "os-interface", rest @ ..]) => interfaces::answer(cx, id, rest),
        ("GET", [id, "ips"]) => {
            let server = get(cx, id)?;
            Ok(Reply::json(200, &json!({ "addresses": super::view::plain_addresses(cx, &server) })))
        }
        (_, [id, "os-volume_attachments", rest @ ..]) => volumes::answer(cx, id, rest),
        (_, [id, "os-instance-actions", rest @ ..]) => history::answer(cx, id, rest),
        ("POST", [id, "remote-consoles"]) => {
            get(cx, id)?;
            actions::no_console(cx)
        }
        ("GET", [id, "os-security-groups"]) => {
            let server = get(cx, id)?;
            let groups = interfaces::security_groups(cx, &server);
            Ok(Reply::json(200, &json!({ "security_groups": groups })))
        }
        _ => Err(no_such_path()),
    }
}

/// A server by id, if it is the caller's.
pub(super) fn get(cx: &Cx<'_>, id: &str) -> Result<Server, Reply> {
    let server = cx.state.servers.get(id);
    let server = server.filter(|s| cx.who.admin || s.project_id == cx.who.project_id);
    server.cloned().ok_or_else(|| not_found(&format!("Instance {id} could not be found.")))
}

/// Refuses to touch a locked server for anyone but an administrator.
pub(super) fn check_lock(cx: &Cx<'_>, server: &Server) -> Result<(), Reply> {
    if server.locked.is_some() && !cx.who.admin {
        return Err(conflict(&format!("Instance {} is locked", server.id)));
    }
    Ok(())
}

fn update(cx: &mut Cx<'_>, id: &str) -> Answer {
    cx.may_write("servers:update")?;
    let body = cx.body()?;
    let wanted = validate::under(&body, "server", &[])?;
    let mut allowed = vec!["name", "accessIPv4", "accessIPv6", "OS-DCF:diskConfig"];
    if cx.minor >= 19 {
        allowed.push("description");
    }
    if cx.minor >= 90 {
        allowed.push("hostname");
    }
    validate::fields("server", wanted, &[], &allowed)?;
    let mut server = get(cx, id)?;
    if let Some(name) = wanted.get("name") {
        server.name = validate::name("name", name)?.to_owned();
    }
    if let Some(description) = wanted.get("description") {
        server.description = match description.as_str() {
            Some(_) => Some(validate::text("description", description, 0, 255)?.to_owned()),
            None => None,
        };
    }
    if let Some(hostname) = wanted.get("hostname") {
        server.hostname = validate::text("hostname", hostname, 2, 63)?.to_owned();
    }
    for (field, target) in
        [("accessIPv4", &mut server.access_v4), ("accessIPv6", &mut server.access_v6)]
    {
        if let Some(value) = wanted.get(field) {
            *target = validate::address(field, value)?;
        }
    }
    if let Some(disk) = wanted.get("OS-DCF:diskConfig") {
        server.disk_config = create::disk_config(disk)?;
    }
    server.updated = cx.state.now;
    cx.state.servers.put(server.clone());
    Ok(Reply::json(200, &json!({ "server": full(cx, &server, Place::Changed) })))
}

/// The server goes away, some time later.
pub(super) fn delete(cx: &mut Cx<'_>, id: &str, force: bool) -> Answer {
    cx.may_write("servers:delete")?;
    let mut server = get(cx, id)?;
    if !force {
        check_lock(cx, &server)?;
    }
    if server.task_state.as_deref() != Some("deleting") {
        server.task_state = Some("deleting".into());
        server.updated = cx.state.now;
        server.due = Some((cx.state.now + cx.state.settings.delete_ms, Step::Gone));
        history::note(cx, &mut server, "delete");
        cx.state.put_server(server);
    }
    Ok(Reply::empty(204))
}
