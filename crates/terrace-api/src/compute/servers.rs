//! Servers: list, read, create, change, delete.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use smol_str::SmolStr;
use terrace_model as model;

use crate::call::{Call, Microversion, Repeat};
use crate::service::Service;
use crate::wire::{self, Wire, segment};

/// New enough for tags and descriptions, old enough to name the flavor by its id (until 2.46).
pub(super) const READ: Microversion = Microversion::new(2, 26);

/// A server as nova shows it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Server {
    /// Its id.
    pub id: String,
    /// Its name; names are not unique.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub name: String,
    /// `ACTIVE`, `BUILD`, `ERROR` and so on.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub status: SmolStr,
    /// What nova is doing with it now, if anything.
    #[serde(default, rename = "OS-EXT-STS:task_state")]
    pub task_state: Option<SmolStr>,
    /// 1 running, 4 shut down, 0 unknown.
    #[serde(default, rename = "OS-EXT-STS:power_state")]
    pub power_state: Option<i64>,
    /// Its flavor's id.
    #[serde(default, rename = "flavor", deserialize_with = "wire::id_of")]
    pub flavor_id: Option<String>,
    /// Its image's id; none when it booted from a volume.
    #[serde(default, rename = "image", deserialize_with = "wire::id_of")]
    pub image_id: Option<String>,
    /// Its keypair's name.
    #[serde(default)]
    pub key_name: Option<String>,
    /// Its metadata.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub metadata: model::Map<String>,
    /// Its tags.
    #[serde(default, deserialize_with = "wire::list")]
    pub tags: Vec<String>,
    /// Its description.
    #[serde(default)]
    pub description: Option<String>,
    /// Its addresses by the name of the network.
    #[serde(default, deserialize_with = "wire::lists")]
    pub addresses: model::Map<Vec<AddressEntry>>,
    /// The names of its security groups; may repeat.
    #[serde(default, deserialize_with = "wire::names")]
    pub security_groups: Vec<String>,
    /// Where it runs.
    #[serde(default, rename = "OS-EXT-AZ:availability_zone", deserialize_with = "wire::non_empty")]
    pub availability_zone: Option<String>,
    /// The hypervisor that it is on; only administrators are told.
    #[serde(
        default,
        rename = "OS-EXT-SRV-ATTR:hypervisor_hostname",
        deserialize_with = "wire::non_empty"
    )]
    pub host: Option<String>,
    /// Why it is in ERROR.
    #[serde(default)]
    pub fault: Option<Fault>,
    /// When it was created.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub created: SmolStr,
    /// When it last changed, as far as nova keeps count.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub updated: SmolStr,
    /// Whether it has a config drive.
    #[serde(default, deserialize_with = "wire::truth")]
    pub config_drive: bool,
    /// Its attached volumes.
    #[serde(
        default,
        rename = "os-extended-volumes:volumes_attached",
        deserialize_with = "wire::list"
    )]
    pub volumes_attached: Vec<VolumeRef>,
}

impl Wire for Server {
    const NAME: &'static str = "server";
    const ONE: &'static str = "server";
    const MANY: &'static str = "servers";
}

/// One address of a server.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct AddressEntry {
    /// The address.
    pub addr: SmolStr,
    /// 4 or 6.
    #[serde(default)]
    pub version: u8,
    /// `fixed` or `floating`.
    #[serde(default, rename = "OS-EXT-IPS:type", deserialize_with = "wire::nullable")]
    pub kind: SmolStr,
    /// The MAC address of the port.
    #[serde(default, rename = "OS-EXT-IPS-MAC:mac_addr", deserialize_with = "wire::nullable")]
    pub mac: SmolStr,
}

/// A volume attached to a server.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct VolumeRef {
    /// The volume's id.
    pub id: String,
    /// Whether it goes with the server.
    #[serde(default, deserialize_with = "wire::truth")]
    pub delete_on_termination: bool,
}

/// Why a server is in ERROR.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Fault {
    /// An HTTP status by way of a code.
    #[serde(default)]
    pub code: i64,
    /// The reason.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub message: String,
}

/// What a NIC is plugged into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NicTarget {
    /// A network; nova makes a port.
    Network(String),
    /// A port that exists.
    Port(String),
}

/// One NIC of a new server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nic {
    /// What it is plugged into.
    pub target: NicTarget,
    /// The address it must have, on a network.
    pub fixed_ip: Option<String>,
}

impl Nic {
    /// A NIC on a network, with any address.
    pub fn network(id: impl Into<String>) -> Self {
        Self { target: NicTarget::Network(id.into()), fixed_ip: None }
    }

    /// A NIC on a port that exists.
    pub fn port(id: impl Into<String>) -> Self {
        Self { target: NicTarget::Port(id.into()), fixed_ip: None }
    }

    /// The same for a server that exists.
    pub(super) fn attachment(&self) -> Value {
        let mut nic = match &self.target {
            NicTarget::Network(id) => json!({ "net_id": id }),
            NicTarget::Port(id) => json!({ "port_id": id }),
        };
        if let Some(address) = &self.fixed_ip {
            nic["fixed_ips"] = json!([{ "ip_address": address }]);
        }
        nic
    }

    fn body(&self) -> Value {
        let mut nic = match &self.target {
            NicTarget::Network(id) => json!({ "uuid": id }),
            NicTarget::Port(id) => json!({ "port": id }),
        };
        if let Some(address) = &self.fixed_ip {
            nic["fixed_ip"] = json!(address);
        }
        nic
    }
}

/// A server to create. Empty and absent fields are left to nova.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct NewServer {
    /// The name.
    pub name: String,
    /// The flavor's id.
    pub flavor_id: String,
    /// The image's id.
    pub image_id: Option<String>,
    /// The keypair's name.
    pub key_name: Option<String>,
    /// The NICs, in order; none needs 2.37.
    pub networks: Vec<Nic>,
    /// Names or ids of security groups; when empty nova takes `default`.
    pub security_groups: Vec<String>,
    /// Metadata.
    pub metadata: BTreeMap<String, String>,
    /// Tags (needs 2.52).
    pub tags: Vec<String>,
    /// User data, base64-encoded already.
    pub user_data: Option<String>,
    /// The availability zone.
    pub availability_zone: Option<String>,
    /// The hypervisor that it must be on, for administrators (needs 2.74).
    pub host: Option<String>,
    /// Whether to have a config drive.
    pub config_drive: Option<bool>,
    /// The server group's id, which goes into the scheduler hints.
    pub group: Option<String>,
    /// The description (needs 2.19).
    pub description: Option<String>,
    /// The administrator's password; nova makes one unless given.
    pub admin_password: Option<String>,
    /// The name it has for itself (needs 2.90).
    pub hostname: Option<String>,
    /// A volume as its root disk.
    pub boot_volume: Option<BootVolume>,
    /// Further hints for the scheduler.
    pub hints: Map<String, Value>,
}

/// A volume as the root disk of a new server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BootVolume {
    /// `image`, `volume` or `snapshot`.
    pub source: String,
    /// The id of that.
    pub id: String,
    /// The size in GiB, of one that is made.
    pub size: Option<i64>,
    /// The volume type, of one that is made (needs 2.67).
    pub volume_type: Option<String>,
    /// Whether it goes with the server.
    pub delete_on_termination: bool,
}

impl BootVolume {
    fn body(&self) -> Value {
        let mut body = json!({
            "source_type": self.source,
            "destination_type": "volume",
            "uuid": self.id,
            "boot_index": 0,
            "delete_on_termination": self.delete_on_termination,
        });
        if let Some(size) = self.size {
            body["volume_size"] = json!(size);
        }
        if let Some(volume_type) = &self.volume_type {
            body["volume_type"] = json!(volume_type);
        }
        body
    }
}

/// User data often carries secrets, so it does not show.
impl fmt::Debug for NewServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewServer")
            .field("name", &self.name)
            .field("flavor_id", &self.flavor_id)
            .field("image_id", &self.image_id)
            .field("networks", &self.networks)
            .field("user_data", &self.user_data.as_ref().map(|_| "[hidden]"))
            .finish_non_exhaustive()
    }
}

/// What to change about a server in place; `None` leaves it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerChange {
    /// The new name.
    pub name: Option<String>,
    /// The new description; empty removes it (needs 2.19).
    pub description: Option<String>,
    /// The new name that it has for itself (needs 2.90).
    pub hostname: Option<String>,
}

/// All servers of the project, whole, page by page.
pub fn servers_detail(filters: &[(&str, &str)]) -> Call {
    let call = Call::get(Service::Compute, "/servers/detail").microversion(READ, "reading servers");
    filters.iter().fold(call, |call, (name, value)| call.query(*name, *value))
}

/// One server.
pub fn server(id: &str) -> Call {
    Call::get(Service::Compute, format!("/servers/{}", segment(id)))
        .microversion(READ, "reading servers")
}

/// Creates a server; the answer holds its id and little else.
pub fn create_server(new: &NewServer) -> Call {
    let mut body = json!({ "server": new.server_body() });
    let mut hints = new.hints.clone();
    hints.extend(new.group.iter().map(|group| ("group".to_owned(), json!(group))));
    if !hints.is_empty() {
        body["os:scheduler_hints"] = Value::Object(hints);
    }
    let call = Call::post(Service::Compute, "/servers").body(body).success(&[202]);
    match new.need() {
        Some((version, feature)) => call.microversion(version, feature),
        None => call,
    }
}

impl NewServer {
    /// The newest version that something in it needs, and what for.
    fn need(&self) -> Option<(Microversion, &'static str)> {
        let typed = self.boot_volume.as_ref().is_some_and(|v| v.volume_type.is_some());
        let needs = [
            (self.hostname.is_some(), 90, "creating a server with a hostname"),
            (self.host.is_some(), 74, "choosing the host of a server"),
            (typed, 67, "booting from a volume of a type"),
            (!self.tags.is_empty(), 52, "creating a server with tags"),
            (self.networks.is_empty(), 37, "a server without networks"),
            (self.description.is_some(), 19, "creating a server with a description"),
        ];
        let (_, minor, feature) = needs.into_iter().find(|(needed, ..)| *needed)?;
        Some((Microversion::new(2, minor), feature))
    }

    fn server_body(&self) -> Value {
        let mut server = Map::new();
        let mut put = |key: &str, value: Option<Value>| {
            if let Some(value) = value {
                server.insert(key.to_owned(), value);
            }
        };
        put("name", Some(json!(self.name)));
        put("flavorRef", Some(json!(self.flavor_id)));
        put("imageRef", self.image_id.as_ref().map(|id| json!(id)));
        put("key_name", self.key_name.as_ref().map(|name| json!(name)));
        put("networks", Some(self.networks_body()));
        let groups: Vec<Value> =
            self.security_groups.iter().map(|name| json!({ "name": name })).collect();
        put("security_groups", (!groups.is_empty()).then(|| json!(groups)));
        put("metadata", (!self.metadata.is_empty()).then(|| json!(self.metadata)));
        put("tags", (!self.tags.is_empty()).then(|| json!(self.tags)));
        put("user_data", self.user_data.as_ref().map(|data| json!(data)));
        put("availability_zone", self.availability_zone.as_ref().map(|zone| json!(zone)));
        put("hypervisor_hostname", self.host.as_ref().map(|name| json!(name)));
        put("config_drive", self.config_drive.map(|drive| json!(drive)));
        put("description", self.description.as_ref().map(|text| json!(text)));
        put("adminPass", self.admin_password.as_ref().map(|text| json!(text)));
        put("hostname", self.hostname.as_ref().map(|text| json!(text)));
        put("block_device_mapping_v2", self.boot_volume.as_ref().map(|v| json!([v.body()])));
        Value::Object(server)
    }

    /// Leaving it out would mean any network that there is.
    fn networks_body(&self) -> Value {
        match self.networks.as_slice() {
            [] => json!("none"),
            nics => nics.iter().map(Nic::body).collect(),
        }
    }
}

/// Changes a server's name or description.
pub fn update_server(id: &str, change: &ServerChange) -> Call {
    let mut server = Map::new();
    if let Some(name) = &change.name {
        server.insert("name".into(), json!(name));
    }
    let call = Call::put(Service::Compute, format!("/servers/{}", segment(id)));
    if let Some(name) = &change.hostname {
        server.insert("hostname".into(), json!(name));
    }
    if let Some(text) = &change.description {
        let text = if text.is_empty() { Value::Null } else { json!(text) };
        server.insert("description".into(), text);
    }
    let call = call.body(json!({ "server": server }));
    match change {
        ServerChange { hostname: Some(_), .. } => {
            call.microversion(Microversion::new(2, 90), "changing a server's hostname")
        }
        ServerChange { description: Some(_), .. } => {
            call.microversion(Microversion::new(2, 19), "changing a server's description")
        }
        ServerChange { .. } => call,
    }
}

/// Deletes a server; it is gone when reading it answers 404.
pub fn delete_server(id: &str) -> Call {
    Call::delete(Service::Compute, format!("/servers/{}", segment(id)))
}

/// Deletes a server at once, also where the cloud keeps deleted servers for a while.
pub fn force_delete_server(id: &str) -> Call {
    Call::post(Service::Compute, format!("/servers/{}/action", segment(id)))
        .body(json!({ "forceDelete": null }))
        .success(&[202, 204])
        .repeat(Repeat::Safe)
}

/// Sets these metadata keys and leaves the others.
pub fn set_metadata(id: &str, metadata: &BTreeMap<String, String>) -> Call {
    Call::post(Service::Compute, format!("/servers/{}/metadata", segment(id)))
        .body(json!({ "metadata": metadata }))
        .success(&[200])
        .repeat(Repeat::Safe)
}

/// Replaces all tags of a server.
pub fn set_server_tags(id: &str, tags: &[String]) -> Call {
    Call::put(Service::Compute, format!("/servers/{}/tags", segment(id)))
        .body(json!({ "tags": tags }))
        .microversion(READ, "tags on servers")
}

/// Removes one metadata key.
pub fn delete_metadata_key(id: &str, key: &str) -> Call {
    Call::delete(Service::Compute, format!("/servers/{}/metadata/{}", segment(id), segment(key)))
}
