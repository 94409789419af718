//! Volumes, and what joins them to servers: an attachment is known by server and volume.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, json};
use terrace_api::compute::{self, NewAttachment, Server, VolumeRef};
use terrace_api::volume::{self, Volume};
use terrace_api::{ApiError, Call, Session};
use terrace_model::{Attributes, Object, ObjectState, Value};

use super::lists::Lists;
use super::{
    Change, New, Objects, Place, Progress, attributes, present, some_text, text, text_or_null,
    texts,
};
use crate::marker::METADATA_KEY;

/// What is given at creation, by its names here and in the API.
const AT_CREATION: [(&str, &str); 9] = [
    ("name", "name"),
    ("description", "description"),
    ("size", "size"),
    ("type", "volume_type"),
    ("image", "imageRef"),
    ("source_volume", "source_volid"),
    ("snapshot", "snapshot_id"),
    ("backup", "backup_id"),
    ("availability_zone", "availability_zone"),
];

/// How often, and how far apart, a volume is looked at while one change of it has to end before
/// the next.
const LOOKS: u32 = 300;
const BETWEEN: Duration = Duration::from_secs(1);

pub(super) async fn list<'a>(lists: &'a Lists<'_>) -> Result<Objects<'a>, ApiError> {
    Ok(Box::new(lists.volumes().await?.map(object)))
}

pub(super) async fn get(session: &Session, id: &str) -> Result<Object, ApiError> {
    let volume: Volume = session.one(volume::volume(id)).await?;
    Ok(object(&volume))
}

pub(super) async fn progress(session: &Session, id: &str) -> Result<Progress, ApiError> {
    let volume: Volume = session.one(volume::volume(id)).await?;
    Ok(progress_of(&volume))
}

pub(super) fn progress_of(volume: &Volume) -> Progress {
    match volume.status.as_str() {
        "error" => Progress::Failed("the volume is in state error".into()),
        "error_deleting" => Progress::Stuck("the volume is in state error_deleting".into()),
        "creating" | "downloading" | "deleting" | "extending" | "retyping" | "uploading"
        | "maintenance" | "attaching" | "detaching" | "reserved" | "backing-up"
        | "restoring-backup" | "reverting" => Progress::Busy(volume.status.clone()),
        // At rest, also where a change failed: what is on it is still there.
        _ => Progress::Ready,
    }
}

pub(super) async fn create(session: &Session, new: &New<'_>) -> Result<String, ApiError> {
    let mut body = Map::new();
    for (name, theirs) in AT_CREATION {
        if let Some(value) = new.desired.get(name) {
            body.insert(theirs.to_owned(), value.to_json());
        }
    }
    let mut metadata = texts(new.desired.get("metadata"));
    metadata.insert(METADATA_KEY.to_owned(), new.marker.to_owned());
    body.insert("metadata".into(), json!(metadata));
    let hints = new.desired.get("scheduler_hints").map(Value::to_json);
    let made: Volume = session.one(volume::create_volume(body.into(), hints)).await?;
    Ok(made.id)
}

/// Whether a server can start from it is said of a volume that is there.
pub(super) async fn finish(
    session: &Session,
    id: &str,
    desired: &Attributes,
) -> Result<bool, ApiError> {
    let Some(bootable) = desired.get("bootable").and_then(Value::as_bool) else {
        return Ok(false);
    };
    let now: Volume = session.one(volume::volume(id)).await?;
    if now.bootable == bootable {
        return Ok(false);
    }
    session.call(volume::set_bootable(id, bootable)).await?;
    Ok(true)
}

/// Each change that takes time ends before the next begins; the poller sees the last end.
pub(super) async fn update(place: Place<'_>, change: &Change<'_>) -> Result<(), ApiError> {
    let (session, id) = (place.session, change.id);
    let mut body = Map::new();
    for name in ["name", "description"] {
        if change.has(name) {
            body.insert(name.to_owned(), json!(text(change.changes, name)));
        }
    }
    if !body.is_empty() {
        session.call(volume::update_volume(id, body.into())).await?;
    }
    if change.has("metadata") {
        metadata(session, change).await?;
    }
    if let Some(bootable) = change.changes.get("bootable").and_then(Value::as_bool) {
        session.call(volume::set_bootable(id, bootable)).await?;
    }
    if let Some(size) = change.changes.get("size").and_then(Value::as_int) {
        session.call(volume::extend(id, size)).await?;
        rest(place, id).await?;
    }
    if let Some(new_type) = some_text(change.changes, "type") {
        let policy = some_text(change.desired, "migration_policy");
        let policy = policy.as_deref().unwrap_or("never");
        session.call(volume::retype(id, &new_type, policy)).await?;
        rest(place, id).await?;
    }
    Ok(())
}

async fn rest(place: Place<'_>, id: &str) -> Result<(), ApiError> {
    for _ in 0..LOOKS {
        if !matches!(progress(place.session, id).await?, Progress::Busy(_)) {
            return Ok(());
        }
        place.clock.sleep(BETWEEN).await;
    }
    Ok(())
}

async fn metadata(session: &Session, change: &Change<'_>) -> Result<(), ApiError> {
    let before = texts(change.before.get("metadata"));
    let after = texts(change.changes.get("metadata"));
    for key in before.keys().filter(|key| !after.contains_key(*key)) {
        present(session.call(volume::delete_metadata_key(change.id, key)).await)?;
    }
    let set: BTreeMap<_, _> =
        after.into_iter().filter(|(key, value)| before.get(key) != Some(value)).collect();
    if !set.is_empty() {
        session.call(volume::set_metadata(change.id, &set)).await?;
    }
    Ok(())
}

fn object(volume: &Volume) -> Object {
    let mut metadata = volume.metadata.clone();
    let marker = metadata.remove(METADATA_KEY);
    let metadata = metadata.into_iter().map(|(k, v)| (k, Value::text(v))).collect();
    let image = volume.image.get("image_id").map(String::as_str);
    let attached_to = volume.attachments.iter().map(|a| a.server_id.as_str());
    Object {
        attributes: attributes([
            ("id", Value::text(&volume.id)),
            ("name", text_or_null(Some(&volume.name))),
            ("description", text_or_null(Some(&volume.description))),
            ("size", Value::Int(volume.size)),
            ("type", text_or_null(volume.volume_type.as_deref())),
            ("metadata", Value::Map(metadata)),
            ("bootable", Value::Bool(volume.bootable)),
            ("image", text_or_null(image)),
            ("source_volume", text_or_null(volume.source_volid.as_deref())),
            ("snapshot", text_or_null(volume.snapshot_id.as_deref())),
            ("availability_zone", text_or_null(volume.availability_zone.as_deref())),
            ("status", text_or_null(Some(&volume.status))),
            ("multiattach", Value::Bool(volume.multiattach)),
            ("encrypted", Value::Bool(volume.encrypted)),
            ("attached_to", Value::texts(attached_to)),
        ]),
        id: volume.id.clone(),
        state: match progress_of(volume) {
            Progress::Failed(fault) => ObjectState::Failed(fault),
            Progress::Busy(state) => ObjectState::Busy(state),
            Progress::Stuck(_) | Progress::Ready | Progress::ToConfirm => ObjectState::Ready,
        },
        revision: None,
        marker,
    }
}

pub(super) async fn list_attachments<'a>(lists: &'a Lists<'_>) -> Result<Objects<'a>, ApiError> {
    let all = lists.servers().await?;
    Ok(Box::new(all.flat_map(|s| s.volumes_attached.iter().map(|v| attachment(&s.id, v)))))
}

pub(super) async fn get_attachment(
    session: &Session,
    id: &str,
) -> Result<Option<Object>, ApiError> {
    let (server, volume) = parts(id);
    let server: Option<Server> = present(session.one(compute::server(server)).await)?;
    Ok(server.and_then(|server| {
        let found = server.volumes_attached.iter().find(|v| v.id == volume)?;
        Some(attachment(&server.id, found))
    }))
}

pub(super) async fn attachment_progress(
    session: &Session,
    id: &str,
) -> Result<Option<Progress>, ApiError> {
    let (_, volume) = parts(id);
    let volume: Option<Volume> = present(session.one(volume::volume(volume)).await)?;
    Ok(volume.and_then(|volume| attached(&volume, id)))
}

/// Where an attachment is, as its volume tells; `None` when the server has it no more.
pub(super) fn attached(volume: &Volume, id: &str) -> Option<Progress> {
    let (server, _) = parts(id);
    let there = volume.attachments.iter().any(|a| a.server_id == server);
    match volume.status.as_str() {
        "reserved" | "attaching" | "detaching" => Some(Progress::Busy(volume.status.clone())),
        _ if there => Some(Progress::Ready),
        _ => None,
    }
}

/// The server that an attachment is of.
pub(crate) fn server_of(id: &str) -> &str {
    parts(id).0
}

/// The volume that an attachment is of.
pub(super) fn volume_of(id: &str) -> &str {
    parts(id).1
}

pub(super) async fn attach(session: &Session, new: &New<'_>) -> Result<String, ApiError> {
    let (server, volume) = (text(new.desired, "server_id"), text(new.desired, "volume"));
    let goes = new.desired.get("delete_on_termination").and_then(Value::as_bool) == Some(true);
    let attachment = NewAttachment {
        volume: volume.to_owned(),
        device: some_text(new.desired, "device"),
        tag: some_text(new.desired, "tag"),
        delete_on_termination: goes,
    };
    session.call(compute::attach_volume(server, &attachment)).await?;
    Ok(format!("{server}/{volume}"))
}

pub(super) async fn update_attachment(
    session: &Session,
    change: &Change<'_>,
) -> Result<(), ApiError> {
    let goes = change.changes.get("delete_on_termination").and_then(Value::as_bool);
    let Some(goes) = goes else { return Ok(()) };
    let (server, volume) = parts(change.id);
    session.call(compute::update_attachment(server, volume, goes)).await.map(drop)
}

pub(super) fn detach(id: &str) -> Call {
    let (server, volume) = parts(id);
    compute::detach_volume(server, volume)
}

fn parts(id: &str) -> (&str, &str) {
    id.split_once('/').unwrap_or((id, ""))
}

fn attachment(server: &str, volume: &VolumeRef) -> Object {
    let id = format!("{server}/{}", volume.id);
    Object {
        attributes: attributes([
            ("id", Value::text(&id)),
            ("server_id", Value::text(server)),
            ("volume", Value::text(&volume.id)),
            ("delete_on_termination", Value::Bool(volume.delete_on_termination)),
        ]),
        id,
        state: ObjectState::Ready,
        revision: None,
        marker: None,
    }
}
