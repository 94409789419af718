//! A volume as the API shows it.

use super::Cx;
use crate::clock::{Stamp, format};
use crate::records::{Attachment, Volume};
use crate::web::{Object, object};
use serde_json::{Value, json};

/// The one zone.
pub(super) const ZONE: &str = "nova";
/// The one back end.
pub(super) const HOST: &str = "controller@fake#fake";
/// The service that runs there.
const SERVICE: &str = "3f6b8c1e-52d7-4c0f-9a77-6a1c0d9e4b25";

pub(super) fn stamp(ms: u64) -> String {
    format(ms, Stamp::Bare)
}

fn links(cx: &Cx<'_>, id: &str) -> Value {
    let bookmark = format!("{}/volume/{}/volumes/{id}", cx.req.base, cx.who.project_id);
    json!([
        {"rel": "self", "href": cx.url(&format!("volumes/{id}"))},
        {"rel": "bookmark", "href": bookmark},
    ])
}

/// A volume in short.
pub(super) fn brief(cx: &Cx<'_>, volume: &Volume) -> Object {
    object(json!({"id": volume.id, "name": volume.name, "links": links(cx, &volume.id)}))
}

fn attachment(volume: &Volume, tie: &Attachment) -> Option<Value> {
    let at = tie.at?;
    Some(json!({
        "id": volume.id, "attachment_id": tie.id, "volume_id": volume.id,
        "server_id": tie.server, "host_name": null, "device": tie.device, "attached_at": stamp(at),
    }))
}

/// A volume as it is shown when it was just made or changed.
pub(super) fn summary(cx: &Cx<'_>, volume: &Volume) -> Object {
    let ties: Vec<Value> =
        volume.attachments.iter().filter_map(|t| attachment(volume, t)).collect();
    let mut out = object(json!({
        "id": volume.id, "status": volume.status, "size": volume.size, "availability_zone": ZONE,
        "created_at": stamp(volume.created), "updated_at": volume.updated.map(stamp),
        "name": volume.name, "description": volume.description, "volume_type": volume.kind,
        "snapshot_id": null, "source_volid": volume.source, "metadata": volume.metadata,
        "links": links(cx, &volume.id), "user_id": volume.user_id,
        "bootable": if volume.bootable { "true" } else { "false" }, "encrypted": false,
        "replication_status": null, "consistencygroup_id": null, "multiattach": false,
        "attachments": ties,
    }));
    if cx.who.admin {
        out.insert("migration_status".into(), Value::Null);
    }
    versioned(cx, volume, &mut out);
    out
}

/// The fields that came with microversions.
fn versioned(cx: &Cx<'_>, volume: &Volume, out: &mut Object) {
    if cx.minor >= 13 {
        out.insert("group_id".into(), Value::Null);
    }
    if cx.minor >= 21 && cx.who.admin {
        out.insert("provider_id".into(), Value::Null);
    }
    if cx.minor >= 48 {
        out.insert("shared_targets".into(), json!(true));
        let placed = (volume.status != "creating").then_some(SERVICE);
        out.insert("service_uuid".into(), json!(placed));
    }
    if cx.minor >= 61 && cx.who.admin {
        out.insert("cluster_name".into(), Value::Null);
    }
    if cx.minor >= 63 {
        let kind = super::types::named(cx.state, &volume.kind);
        out.insert("volume_type_id".into(), json!(kind.map(|row| row.text("id").to_owned())));
    }
    if cx.minor >= 65 {
        out.insert("consumes_quota".into(), json!(true));
    }
}

/// A volume in full.
pub(super) fn full(cx: &Cx<'_>, volume: &Volume) -> Object {
    let mut out = summary(cx, volume);
    out.insert("os-vol-tenant-attr:tenant_id".into(), json!(volume.project_id));
    if cx.who.admin {
        out.insert("os-vol-mig-status-attr:migstat".into(), Value::Null);
        out.insert("os-vol-mig-status-attr:name_id".into(), Value::Null);
        out.insert("os-vol-host-attr:host".into(), json!(HOST));
    }
    if !volume.image_metadata.is_empty() {
        out.insert("volume_image_metadata".into(), json!(volume.image_metadata));
    }
    out
}
