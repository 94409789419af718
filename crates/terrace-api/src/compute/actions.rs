//! Server actions. None may be repeated blindly: a second resize or reboot is another one.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value, json};

use crate::call::{Call, Microversion};
use crate::service::Service;
use crate::wire::segment;

fn action(id: &str, body: Value) -> Call {
    Call::post(Service::Compute, format!("/servers/{}/action", segment(id)))
        .body(body)
        .success(&[200, 202, 204])
}

/// Starts a resize; the server goes to `VERIFY_RESIZE`.
pub fn resize(id: &str, flavor_id: &str) -> Call {
    action(id, json!({ "resize": { "flavorRef": flavor_id } }))
}

/// Keeps a resize. 400 or 409 when the operator confirms by itself.
pub fn confirm_resize(id: &str) -> Call {
    action(id, json!({ "confirmResize": null }))
}

/// Undoes a resize.
pub fn revert_resize(id: &str) -> Call {
    action(id, json!({ "revertResize": null }))
}

/// Starts a server.
pub fn start(id: &str) -> Call {
    action(id, json!({ "os-start": null }))
}

/// Stops a server.
pub fn stop(id: &str) -> Call {
    action(id, json!({ "os-stop": null }))
}

/// Reboots a server through its operating system.
pub fn reboot(id: &str) -> Call {
    action(id, json!({ "reboot": { "type": "SOFT" } }))
}

/// A new root disk for a server that keeps its id and addresses. Absent fields stay as they are.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Rebuild {
    /// The image's id.
    pub image_id: String,
    /// The new name.
    pub name: Option<String>,
    /// The new metadata, all of it.
    pub metadata: Option<BTreeMap<String, String>>,
    /// The new keypair's name (needs 2.54).
    pub key_name: Option<String>,
    /// The new user data, base64-encoded already (needs 2.57).
    pub user_data: Option<String>,
    /// The new description (needs 2.19).
    pub description: Option<String>,
}

/// User data often carries secrets, so it does not show.
impl fmt::Debug for Rebuild {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rebuild")
            .field("image_id", &self.image_id)
            .field("name", &self.name)
            .field("user_data", &self.user_data.as_ref().map(|_| "[hidden]"))
            .finish_non_exhaustive()
    }
}

/// Rebuilds a server: its root disk is lost.
pub fn rebuild(id: &str, rebuild: &Rebuild) -> Call {
    let mut body = Map::new();
    body.insert("imageRef".into(), json!(rebuild.image_id));
    let texts = [
        ("name", &rebuild.name),
        ("key_name", &rebuild.key_name),
        ("user_data", &rebuild.user_data),
        ("description", &rebuild.description),
    ];
    for (key, value) in texts {
        if let Some(value) = value {
            body.insert(key.into(), json!(value));
        }
    }
    if let Some(metadata) = &rebuild.metadata {
        body.insert("metadata".into(), json!(metadata));
    }
    let call = action(id, json!({ "rebuild": body }));
    if rebuild.user_data.is_some() {
        call.microversion(Microversion::new(2, 57), "rebuilding with user data")
    } else if rebuild.key_name.is_some() {
        call.microversion(Microversion::new(2, 54), "rebuilding with another keypair")
    } else if rebuild.description.is_some() {
        call.microversion(Microversion::new(2, 19), "rebuilding with a description")
    } else {
        call
    }
}
