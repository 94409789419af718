//! The ties between volumes and servers, as volumes see them (3.27).

use super::{Cx, found, not_found, view};
use crate::nova;
use crate::records::{Attachment, Volume};
use crate::web::Answer;
use serde_json::{Value, json};

/// `GET /attachments[/{id}]`
pub(super) fn answer(cx: &Cx<'_>, path: &[&str]) -> Answer {
    let own = cx.state.volumes.find("project_id", &cx.who.project_id);
    let mut ties: Vec<(&Volume, &Attachment)> =
        own.flat_map(|volume| volume.attachments.iter().map(move |tie| (volume, tie))).collect();
    ties.reverse();
    if let Some(wanted) = cx.req.param("volume_id") {
        ties.retain(|(volume, _)| volume.id == wanted);
    }
    if let Some(wanted) = cx.req.param("instance_id") {
        ties.retain(|(_, tie)| tie.server == wanted);
    }
    match (cx.req.method.as_str(), path) {
        ("GET", []) => found("attachments", ties.iter().map(brief).collect::<Vec<Value>>()),
        ("GET", ["detail"]) => found("attachments", ties.iter().map(full).collect::<Vec<Value>>()),
        ("GET", [id]) => {
            let tie = ties.iter().find(|(_, tie)| tie.id == *id);
            let message =
                format!("Volume attachment could not be found with filter: attachment_id = {id}.");
            found("attachment", full(tie.ok_or_else(|| not_found(&message))?))
        }
        _ => Err(nova::no_such_path()),
    }
}

fn brief((volume, tie): &(&Volume, &Attachment)) -> Value {
    let status = if tie.at.is_some() { "attached" } else { "reserved" };
    json!({"id": tie.id, "status": status, "instance": tie.server, "volume_id": volume.id})
}

fn full(pair: &(&Volume, &Attachment)) -> Value {
    let (volume, tie) = pair;
    let mut out = brief(pair);
    out["attached_at"] = json!(tie.at.map_or_else(String::new, view::stamp));
    out["detached_at"] = json!("");
    out["attach_mode"] = json!(tie.at.map_or("null", |_| "rw"));
    let connection = json!({
        "target_discovered": false, "target_portal": "127.0.0.1:3260", "target_lun": 1,
        "target_iqn": format!("iqn.2010-10.org.openstack:volume-{}", volume.id),
        "volume_id": volume.id, "access_mode": "rw", "discard": false, "qos_specs": null,
        "encrypted": false, "cacheable": false, "driver_volume_type": "iscsi",
        "attachment_id": tie.id,
    });
    out["connection_info"] = if tie.at.is_some() { connection } else { json!({}) };
    out
}
