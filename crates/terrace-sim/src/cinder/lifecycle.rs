//! What volumes become as time passes, and how servers hold them.

use super::create;
use crate::records::{Attachment, Change, Deed, Volume};
use crate::state::State;
use crate::web::Reply;

/// The next change, after the usual time.
pub(super) fn later(state: &State, change: Change) -> Option<(u64, Change)> {
    Some((state.now.saturating_add(state.settings.volume_ms), change))
}

/// What a volume is when nothing is going on.
fn resting(volume: &Volume) -> &'static str {
    if volume.attachments.iter().any(|tie| tie.at.is_some()) { "in-use" } else { "available" }
}

/// The change that is due.
pub(crate) fn advance(state: &mut State, mut volume: Volume, at: u64) {
    let Some((_, change)) = volume.due.take() else { return };
    volume.updated = Some(at);
    match change {
        Change::Gone => {
            state.volumes.remove(&volume.id);
            return;
        }
        Change::Rests(status) => volume.status = status,
        Change::Made => create::finish(state, &mut volume),
        Change::Extended(size) => {
            volume.size = size;
            tell_servers(state, &volume, at);
            volume.status = resting(&volume).into();
        }
        Change::Retyped(kind) => {
            volume.kind = kind;
            volume.status = resting(&volume).into();
        }
        Change::Attached => {
            for tie in &mut volume.attachments {
                tie.at.get_or_insert(at);
            }
            volume.status = "in-use".into();
        }
        Change::Detached(id) => {
            let servers: Vec<String> = volume
                .attachments
                .iter()
                .filter(|tie| tie.id == id)
                .map(|tie| tie.server.clone())
                .collect();
            volume.attachments.retain(|tie| tie.id != id);
            volume.status = resting(&volume).into();
            for server in servers {
                state.servers.update(&server, |server| {
                    server.disks.retain(|disk| disk.attachment != id);
                });
            }
        }
    }
    state.put_volume(volume);
}

/// The servers of a volume are told that it has grown.
fn tell_servers(state: &mut State, volume: &Volume, at: u64) {
    for tie in &volume.attachments {
        let deed = Deed {
            action: "extend_volume".into(),
            request_id: format!("req-{}", state.uuid()),
            user_id: volume.user_id.clone(),
            project_id: volume.project_id.clone(),
            start: at,
            end: Some(at),
            failed: false,
        };
        state.servers.update(&tie.server, |server| server.deeds.push(deed));
    }
}

/// Keeps a volume for a server. The error is in Cinder's words.
pub(crate) fn reserve(state: &mut State, id: &str, tie: Attachment) -> Result<(), Reply> {
    let Some(mut volume) = state.volumes.get(id).cloned() else {
        return Err(super::not_found(&format!("Volume {id} could not be found.")));
    };
    if volume.status != "available" {
        return Err(super::invalid_volume(&format!(
            "Volume {id} status must be available or downloading to reserve, but the current \
             status is {}.",
            volume.status
        )));
    }
    volume.status = "reserved".into();
    volume.attachments.push(tie);
    state.put_volume(volume);
    Ok(())
}

/// From now on, or a moment later, the volume is in use by the server it is reserved for.
pub(crate) fn tie(state: &mut State, id: &str, at_once: bool) {
    let Some(mut volume) = state.volumes.get(id).cloned() else { return };
    let due = later(state, Change::Attached);
    volume.due = if at_once { Some((state.now, Change::Attached)) } else { due };
    if at_once {
        let now = state.now;
        advance(state, volume, now);
    } else {
        state.put_volume(volume);
    }
}

/// A volume that a server waited for is made.
pub(crate) fn made(state: &mut State, id: &str) {
    let volume = state.volumes.get(id).cloned();
    if let Some(mut volume) = volume.filter(|volume| volume.status == "creating") {
        create::finish(state, &mut volume);
        volume.updated = Some(state.now);
        state.put_volume(volume);
    }
}

/// Takes a volume from a server, which takes a moment.
pub(crate) fn detach(state: &mut State, id: &str, attachment: &str) -> Result<(), Reply> {
    let Some(mut volume) = state.volumes.get(id).cloned() else {
        return Err(super::not_found(&format!("Volume {id} could not be found.")));
    };
    if volume.status != "in-use" {
        return Err(super::invalid_volume(
            "Unable to detach volume. Volume status must be 'in-use' and attach_status must be \
             'attached' to detach.",
        ));
    }
    volume.status = "detaching".into();
    volume.due = later(state, Change::Detached(attachment.to_owned()));
    state.put_volume(volume);
    Ok(())
}

/// The server is no more: its volumes are free, or gone if they were to go with it.
pub(crate) fn drop_attachments(state: &mut State, server: &str, gone: impl Fn(&str) -> bool) {
    let held: Vec<Volume> = state.volumes.find("server", server).cloned().collect();
    for mut volume in held {
        if gone(&volume.id) {
            state.volumes.remove(&volume.id);
            continue;
        }
        volume.attachments.retain(|tie| tie.server != server);
        volume.status = resting(&volume).into();
        volume.updated = Some(state.now);
        volume.due = None;
        state.put_volume(volume);
    }
}
