//! Server actions. None may be repeated blindly: a second resize or reboot is another one.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::call::{Call, Microversion, Repeat, Reply};
use crate::error::ApiError;
use crate::service::Service;
use crate::wire::{self, Wire, segment};

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

/// How a server is rebooted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reboot {
    /// Through its operating system.
    Soft,
    /// As if power had gone.
    Hard,
}

/// Reboots a server.
pub fn reboot(id: &str, how: Reboot) -> Call {
    let how = match how {
        Reboot::Soft => "SOFT",
        Reboot::Hard => "HARD",
    };
    action(id, json!({ "reboot": { "type": how } }))
}

/// Makes an image of a server's disk. [`snapshot_id`] reads the answer.
pub fn snapshot(id: &str, name: &str, metadata: &BTreeMap<String, String>) -> Call {
    let mut image = json!({ "name": name });
    if !metadata.is_empty() {
        image["metadata"] = json!(metadata);
    }
    let call = action(id, json!({ "createImage": image }));
    call.clone().microversion(Microversion::new(2, 45), "making an image").or_older(call)
}

/// The id of the image that [`snapshot`] began: in the body, or for older clouds in a link.
pub fn snapshot_id(reply: &Reply) -> Result<String, ApiError> {
    let body = reply.body.get("image_id").and_then(Value::as_str).map(str::to_owned);
    let link = || {
        let link = reply.headers.get(http::header::LOCATION)?.to_str().ok()?;
        let id = link.trim_end_matches('/').rsplit('/').next()?;
        (!id.is_empty()).then(|| id.to_owned())
    };
    body.or_else(link).ok_or_else(|| reply.malformed("the answer names no image"))
}

/// What a server wrote on its console.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct ConsoleLog {
    /// The text.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub output: String,
}

impl Wire for ConsoleLog {
    const NAME: &'static str = "console log";
    const ONE: &'static str = "";
    const MANY: &'static str = "";
}

/// The last lines of a server's console, or all of it. 404 while the server has none.
pub fn console_log(id: &str, lines: Option<u32>) -> Call {
    let length = lines.map_or_else(|| json!({}), |lines| json!({ "length": lines }));
    action(id, json!({ "os-getConsoleOutput": length })).success(&[200]).repeat(Repeat::Safe)
}

/// Something that was done to a server.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct InstanceAction {
    /// What: `create`, `reboot`, `stop`, ...
    pub action: String,
    /// The request that asked for it.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub request_id: String,
    /// When.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub start_time: String,
    /// What went wrong, if something did.
    #[serde(default)]
    pub message: Option<String>,
    /// Who asked.
    #[serde(default)]
    pub user_id: Option<String>,
}

impl Wire for InstanceAction {
    const NAME: &'static str = "instance action";
    const ONE: &'static str = "instanceAction";
    const MANY: &'static str = "instanceActions";
}

/// What was done to a server, the latest first.
pub fn instance_actions(id: &str) -> Call {
    Call::get(Service::Compute, format!("/servers/{}/os-instance-actions", segment(id)))
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
