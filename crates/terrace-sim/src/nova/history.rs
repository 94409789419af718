//! What was done to a server: `/servers/{id}/os-instance-actions`.

use super::servers::get;
use super::{Cx, no_such_path, not_found, view};
use crate::clock::{Stamp, format};
use crate::records::{Deed, Server};
use crate::web::{Answer, Object, Reply, object};
use serde_json::{Value, json};

/// Something that the caller does now.
pub(super) fn deed(cx: &Cx<'_>, action: &str) -> Deed {
    Deed {
        action: action.to_owned(),
        request_id: cx.req.request_id.clone(),
        user_id: cx.who.user_id.clone(),
        project_id: cx.who.project_id.clone(),
        start: cx.state.now,
        end: None,
        failed: false,
    }
}

/// Notes what was done, which is over at once unless the server is now busy with it.
pub(super) fn note(cx: &Cx<'_>, server: &mut Server, action: &str) {
    let mut deed = deed(cx, action);
    deed.end = server.due.is_none().then_some(cx.state.now);
    server.deeds.push(deed);
}

/// What was going on is over.
pub(super) fn finish(server: &mut Server, at: u64, failed: bool) {
    for deed in server.deeds.iter_mut().filter(|deed| deed.end.is_none()) {
        deed.end = Some(at);
        deed.failed = failed;
    }
}

/// The name of an action on a server, which is not always that of the request.
pub(super) fn named(request: &str) -> Option<&str> {
    match request {
        "os-start" => Some("start"),
        "os-stop" => Some("stop"),
        "forceDelete" => Some("delete"),
        "os-getConsoleOutput" | "os-resetState" => None,
        "addSecurityGroup" | "removeSecurityGroup" => None,
        other => Some(other),
    }
}

/// What the compute service calls its part of an action; some are the API's alone.
fn event(action: &str) -> Option<String> {
    let part = match action {
        "lock" | "unlock" => return None,
        "create" => "_do_build_and_run_instance",
        "delete" => "terminate_instance",
        "createImage" => "snapshot_instance",
        "resize" => "finish_resize",
        "confirmResize" => "confirm_resize",
        "revertResize" => "finish_revert_resize",
        "attach_volume" | "detach_volume" | "attach_interface" | "detach_interface"
        | "extend_volume" => action,
        other => return Some(format!("compute_{other}_instance")),
    };
    Some(format!("compute_{part}"))
}

/// `GET /servers/{id}/os-instance-actions[/{request}]`
pub(super) fn answer(cx: &Cx<'_>, id: &str, path: &[&str]) -> Answer {
    let server = get(cx, id)?;
    match (cx.req.method.as_str(), path) {
        ("GET", []) => {
            let all: Vec<Object> =
                server.deeds.iter().rev().map(|deed| brief(cx, &server, deed)).collect();
            Ok(Reply::json(200, &json!({ "instanceActions": all })))
        }
        ("GET", [request]) => {
            let found = server.deeds.iter().find(|deed| deed.request_id == *request);
            let missing = || not_found(&format!("Action {request} not found"));
            let deed = found.ok_or_else(missing)?;
            let mut out = brief(cx, &server, deed);
            let events: Vec<Value> = event(&deed.action)
                .map(|name| event_view(cx, &server, (deed, &name)))
                .into_iter()
                .collect();
            out.insert("events".into(), json!(events));
            Ok(Reply::json(200, &json!({ "instanceAction": out })))
        }
        _ => Err(no_such_path()),
    }
}

fn stamp(ms: u64) -> String {
    format(ms, Stamp::Bare)
}

fn brief(cx: &Cx<'_>, server: &Server, deed: &Deed) -> Object {
    let mut out = object(json!({
        "action": deed.action, "instance_uuid": server.id, "request_id": deed.request_id,
        "user_id": deed.user_id, "project_id": deed.project_id, "start_time": stamp(deed.start),
        "message": if deed.failed { json!("Error") } else { Value::Null },
    }));
    if cx.minor >= 58 {
        out.insert("updated_at".into(), json!(stamp(deed.end.unwrap_or(deed.start))));
    }
    out
}

fn event_view(cx: &Cx<'_>, server: &Server, (deed, name): (&Deed, &str)) -> Value {
    let result = deed.end.map(|_| if deed.failed { "Error" } else { "Success" });
    let mut out = json!({
        "event": name, "start_time": stamp(deed.start), "finish_time": deed.end.map(stamp),
        "result": result,
    });
    if cx.who.admin {
        out["traceback"] = Value::Null;
        out["host"] = json!(server.host);
    }
    if cx.minor >= 62 {
        out["hostId"] = json!(view::host_id(server));
    }
    if cx.who.admin && cx.minor >= 84 {
        out["details"] = Value::Null;
    }
    out
}
