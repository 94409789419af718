//! What is plugged into a server: ports and volumes.

use serde_json::{Map, Value, json};

use super::servers::Nic;
use crate::call::{Call, Microversion};
use crate::service::Service;
use crate::wire::segment;

/// Plugs a server into a port, or into a new port on a network.
pub fn attach_interface(server: &str, nic: &Nic) -> Call {
    Call::post(Service::Compute, path(server, "os-interface"))
        .body(json!({ "interfaceAttachment": nic.attachment() }))
        .success(&[200])
}

/// Unplugs a server from a port; a port that nova made goes with it.
pub fn detach_interface(server: &str, port: &str) -> Call {
    Call::delete(Service::Compute, format!("{}/{}", path(server, "os-interface"), segment(port)))
}

/// A volume to give to a server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewAttachment {
    /// The volume's id.
    pub volume: String,
    /// Where it should appear.
    pub device: Option<String>,
    /// What the server's metadata calls it (needs 2.49).
    pub tag: Option<String>,
    /// Whether it goes with the server (needs 2.79).
    pub delete_on_termination: bool,
}

/// Gives a server a volume.
pub fn attach_volume(server: &str, new: &NewAttachment) -> Call {
    let mut body = Map::new();
    body.insert("volumeId".into(), json!(new.volume));
    for (name, text) in [("device", &new.device), ("tag", &new.tag)] {
        if let Some(text) = text {
            body.insert(name.into(), json!(text));
        }
    }
    if new.delete_on_termination {
        body.insert("delete_on_termination".into(), json!(true));
    }
    let call = Call::post(Service::Compute, path(server, "os-volume_attachments"))
        .body(json!({ "volumeAttachment": Value::Object(body) }))
        .success(&[200, 202]);
    if new.delete_on_termination {
        let feature = "attaching a volume that goes with the server";
        call.microversion(Microversion::new(2, 79), feature)
    } else if new.tag.is_some() {
        call.microversion(Microversion::new(2, 49), "attaching a volume with a tag")
    } else {
        call
    }
}

/// Says whether an attached volume goes with the server.
pub fn update_attachment(server: &str, volume: &str, delete_on_termination: bool) -> Call {
    let body = json!({ "volumeId": volume, "delete_on_termination": delete_on_termination });
    Call::put(
        Service::Compute,
        format!("{}/{}", path(server, "os-volume_attachments"), segment(volume)),
    )
    .body(json!({ "volumeAttachment": body }))
    .microversion(Microversion::new(2, 85), "changing whether a volume goes with the server")
}

/// Takes a volume from a server.
pub fn detach_volume(server: &str, volume: &str) -> Call {
    let path = format!("{}/{}", path(server, "os-volume_attachments"), segment(volume));
    Call::delete(Service::Compute, path)
}

fn path(server: &str, collection: &str) -> String {
    format!("/servers/{}/{collection}", segment(server))
}
