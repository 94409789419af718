//! Cinder: calls and what they answer.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use terrace_model::Map;

use crate::call::{Call, Microversion, Repeat};
use crate::service::Service;
use crate::wire::{self, Wire, segment};

/// Cinder gives at most so many at once by default; there is a link to the rest.
const PAGE: &str = "1000";

/// A volume as cinder shows it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Volume {
    /// Its id.
    pub id: String,
    /// Its name; names are not unique.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub name: String,
    /// Its description.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub description: String,
    /// `available`, `in-use`, `creating`, `error` and so on.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub status: String,
    /// Its size in GiB.
    #[serde(default)]
    pub size: i64,
    /// The name of its type.
    #[serde(default)]
    pub volume_type: Option<String>,
    /// Where it is.
    #[serde(default, deserialize_with = "wire::non_empty")]
    pub availability_zone: Option<String>,
    /// Whether a server can start from it; cinder writes it as text.
    #[serde(default, deserialize_with = "wire::truth")]
    pub bootable: bool,
    /// Whether it is encrypted.
    #[serde(default, deserialize_with = "wire::truth")]
    pub encrypted: bool,
    /// Whether several servers may have it.
    #[serde(default, deserialize_with = "wire::truth")]
    pub multiattach: bool,
    /// The snapshot it is a copy of.
    #[serde(default, deserialize_with = "wire::non_empty")]
    pub snapshot_id: Option<String>,
    /// The volume it is a copy of.
    #[serde(default, deserialize_with = "wire::non_empty")]
    pub source_volid: Option<String>,
    /// Metadata.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub metadata: Map<String>,
    /// What it knows of the image that it is a copy of; `image_id` among it.
    #[serde(default, rename = "volume_image_metadata", deserialize_with = "wire::nullable")]
    pub image: Map<String>,
    /// The servers that have it.
    #[serde(default, deserialize_with = "wire::list")]
    pub attachments: Vec<Attachment>,
}

/// One server that has a volume.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Attachment {
    /// The server's id.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub server_id: String,
    /// Where it is there.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub device: String,
}

impl Wire for Volume {
    const NAME: &'static str = "volume";
    const ONE: &'static str = "volume";
    const MANY: &'static str = "volumes";
}

/// All volumes of the project, whole, page by page.
pub fn volumes_detail() -> Call {
    Call::get(Service::BlockStorage, "/volumes/detail").query("limit", PAGE)
}

/// One volume.
pub fn volume(id: &str) -> Call {
    Call::get(Service::BlockStorage, item(id))
}

/// Creates a volume with these attributes, and hints for the scheduler.
pub fn create_volume(attributes: Value, hints: Option<Value>) -> Call {
    let from_backup = attributes.get("backup_id").is_some();
    let mut body = json!({ "volume": attributes });
    if let Some(hints) = hints {
        body["OS-SCH-HNT:scheduler_hints"] = hints;
    }
    let call = Call::post(Service::BlockStorage, "/volumes").body(body).success(&[200, 202]);
    if from_backup {
        call.microversion(Microversion::new(3, 47), "making a volume from a backup")
    } else {
        call
    }
}

/// Changes name or description.
pub fn update_volume(id: &str, attributes: Value) -> Call {
    Call::put(Service::BlockStorage, item(id)).body(json!({ "volume": attributes })).success(&[200])
}

/// Deletes a volume; it is gone when reading it answers 404.
pub fn delete_volume(id: &str) -> Call {
    Call::delete(Service::BlockStorage, item(id))
}

/// Sets these metadata keys and leaves the others.
pub fn set_metadata(id: &str, metadata: &BTreeMap<String, String>) -> Call {
    Call::post(Service::BlockStorage, format!("{}/metadata", item(id)))
        .body(json!({ "metadata": metadata }))
        .success(&[200])
        .repeat(Repeat::Safe)
}

/// Removes one metadata key.
pub fn delete_metadata_key(id: &str, key: &str) -> Call {
    Call::delete(Service::BlockStorage, format!("{}/metadata/{}", item(id), segment(key)))
}

/// Makes a volume larger, also one that a server has.
pub fn extend(id: &str, size: i64) -> Call {
    action(id, json!({ "os-extend": { "new_size": size } }))
        .microversion(Microversion::new(3, 42), "extending a volume in use")
}

/// Gives a volume another type; `policy` is `never`, or `on-demand` when it may be moved for it.
pub fn retype(id: &str, new_type: &str, policy: &str) -> Call {
    action(id, json!({ "os-retype": { "new_type": new_type, "migration_policy": policy } }))
}

/// Says whether a server can start from it.
pub fn set_bootable(id: &str, bootable: bool) -> Call {
    action(id, json!({ "os-set_bootable": { "bootable": bootable } })).repeat(Repeat::Safe)
}

fn action(id: &str, body: Value) -> Call {
    Call::post(Service::BlockStorage, format!("{}/action", item(id)))
        .body(body)
        .success(&[200, 202])
}

fn item(id: &str) -> String {
    format!("/volumes/{}", segment(id))
}
