//! What the tables hold: rows of identity, free-form API objects, and Nova's own.

use crate::table::Record;
use crate::web::{Object, text};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// A project.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Project {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: String,
    #[serde(default = "yes")]
    pub(crate) enabled: bool,
}

fn yes() -> bool {
    true
}

impl Record for Project {
    fn id(&self) -> &str {
        &self.id
    }
    fn keys(&self) -> Vec<(&'static str, String)> {
        vec![("name", self.name.clone())]
    }
}

/// A user, with what it may do where.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) name: String,
    /// A digest, never the password.
    pub(crate) password: String,
    pub(crate) default_project_id: Option<String>,
    /// Roles by project id.
    pub(crate) roles: BTreeMap<String, Vec<String>>,
    #[serde(default = "yes")]
    pub(crate) enabled: bool,
    /// What else was said of it, such as its address.
    #[serde(default)]
    pub(crate) more: Object,
}

impl Record for User {
    fn id(&self) -> &str {
        &self.id
    }
    fn keys(&self) -> Vec<(&'static str, String)> {
        vec![("name", self.name.clone())]
    }
}

/// An application credential.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct AppCred {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) user_id: String,
    pub(crate) project_id: String,
    pub(crate) roles: Vec<String>,
    /// A digest, never the secret.
    pub(crate) secret: String,
    /// Absent where it was not said, which means no.
    pub(crate) unrestricted: Option<bool>,
    pub(crate) expires_at: Option<String>,
}

impl Record for AppCred {
    fn id(&self) -> &str {
        &self.id
    }
    fn keys(&self) -> Vec<(&'static str, String)> {
        vec![("user", self.user_id.clone())]
    }
}

/// A token that was issued; its id is a digest of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Token {
    pub(crate) id: String,
    pub(crate) user_id: String,
    /// Absent for a token without a project.
    pub(crate) project_id: Option<String>,
    pub(crate) system: bool,
    pub(crate) roles: Vec<String>,
    pub(crate) methods: Vec<String>,
    pub(crate) appcred_id: Option<String>,
    /// The token that it was got for.
    #[serde(default)]
    pub(crate) parent: Option<String>,
    pub(crate) issued: u64,
    pub(crate) expires: u64,
}

impl Record for Token {
    fn id(&self) -> &str {
        &self.id
    }
    fn keys(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

/// An object kept as its API shows it: everything of Neutron and Glance. Fields whose name starts
/// with an underscore are the cloud's own.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Row(pub(crate) Object);

impl Row {
    pub(crate) fn text(&self, field: &str) -> &str {
        text(&self.0, field).unwrap_or_default()
    }

    pub(crate) fn flag(&self, field: &str) -> bool {
        self.0.get(field).and_then(Value::as_bool).unwrap_or_default()
    }

    pub(crate) fn number(&self, field: &str) -> i64 {
        self.0.get(field).and_then(Value::as_i64).unwrap_or_default()
    }

    pub(crate) fn list(&self, field: &str) -> &[Value] {
        self.0.get(field).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn set(&mut self, field: &str, value: impl Into<Value>) {
        self.0.insert(field.to_owned(), value.into());
    }
}

/// The fields that objects are looked up by.
const INDEXED: [&str; 7] = [
    "project_id",
    "network_id",
    "device_id",
    "security_group_id",
    "mac_address",
    "floating_network_id",
    "port_id",
];

impl Record for Row {
    fn id(&self) -> &str {
        self.text("id")
    }

    fn keys(&self) -> Vec<(&'static str, String)> {
        let mut keys: Vec<(&'static str, String)> = INDEXED
            .iter()
            .filter_map(|field| text(&self.0, field).map(|value| (*field, value.to_owned())))
            .filter(|(_, value)| !value.is_empty())
            .collect();
        for ip in self.list("fixed_ips") {
            let subnet = ip["subnet_id"].as_str().unwrap_or_default();
            keys.push(("subnet", subnet.to_owned()));
            keys.push((
                "ip",
                format!("{subnet}/{}", ip["ip_address"].as_str().unwrap_or_default()),
            ));
        }
        for group in self.list("security_groups") {
            keys.push(("sg", group.as_str().unwrap_or_default().to_owned()));
        }
        keys
    }
}

/// The data of an image, in base64.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Blob {
    pub(crate) id: String,
    pub(crate) data: String,
}

impl Record for Blob {
    fn id(&self) -> &str {
        &self.id
    }
    fn keys(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

/// A flavor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Flavor {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) vcpus: i64,
    pub(crate) ram: i64,
    pub(crate) disk: i64,
    pub(crate) extra_specs: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) ephemeral: i64,
    #[serde(default)]
    pub(crate) swap: i64,
    #[serde(default)]
    pub(crate) description: Option<String>,
    /// Only the administrator sees it.
    #[serde(default)]
    pub(crate) hidden: bool,
}

impl Record for Flavor {
    fn id(&self) -> &str {
        &self.id
    }
    fn keys(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

/// A key pair; its id is user and name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Keypair {
    pub(crate) id: String,
    pub(crate) number: u64,
    pub(crate) name: String,
    pub(crate) user_id: String,
    pub(crate) public_key: String,
    pub(crate) fingerprint: String,
    pub(crate) kind: String,
    pub(crate) created: u64,
}

impl Keypair {
    pub(crate) fn key(user_id: &str, name: &str) -> String {
        format!("{user_id}/{name}")
    }
}

impl Record for Keypair {
    fn id(&self) -> &str {
        &self.id
    }
    fn keys(&self) -> Vec<(&'static str, String)> {
        vec![("user", self.user_id.clone())]
    }
}

/// A server group.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Group {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) policy: String,
    pub(crate) max_per_host: Option<u64>,
    pub(crate) project_id: String,
    pub(crate) user_id: String,
}

impl Record for Group {
    fn id(&self) -> &str {
        &self.id
    }
    fn keys(&self) -> Vec<(&'static str, String)> {
        vec![("project_id", self.project_id.clone())]
    }
}

/// A network interface that a server gets once it has a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NicPlan {
    /// The network of a port to be made.
    pub(crate) network: Option<String>,
    /// The address that port is to have.
    pub(crate) ip: Option<String>,
    /// A port that is there.
    pub(crate) port: Option<String>,
    pub(crate) tag: Option<String>,
}

/// A volume of a server, there or still to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Disk {
    pub(crate) id: String,
    pub(crate) attachment: String,
    pub(crate) volume: Option<String>,
    /// The size, type and image of a volume to be made when the server has a host.
    pub(crate) make: Option<(i64, Option<String>, Option<String>)>,
    pub(crate) device: String,
    pub(crate) tag: Option<String>,
    pub(crate) root: bool,
    /// Whether it goes when the server goes.
    pub(crate) delete: bool,
}

/// Something that was done to a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Deed {
    pub(crate) action: String,
    pub(crate) request_id: String,
    pub(crate) user_id: String,
    pub(crate) project_id: String,
    pub(crate) start: u64,
    pub(crate) end: Option<u64>,
    pub(crate) failed: bool,
}

/// What a server is about to become.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Step {
    /// On its host, with ports and volumes; then, at that moment, what follows, if anything.
    Placed(Option<(u64, Box<Self>)>),
    /// ACTIVE for the first time.
    Built,
    /// ERROR.
    Failed(Trouble),
    /// VERIFY_RESIZE.
    Resized,
    /// The resize becomes final.
    Confirmed,
    /// Back at the old flavor.
    Reverted,
    /// This state, with no task: the end of stop, start, reboot, rebuild, pause and such.
    Rests(String),
    /// This state, with this image made of it.
    Snapped(String, String),
    /// No longer there.
    Gone,
}

/// The fault that a server in ERROR shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Trouble {
    pub(crate) code: u16,
    pub(crate) message: String,
    pub(crate) created: u64,
}

/// A server.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Server {
    pub(crate) id: String,
    pub(crate) number: u64,
    pub(crate) name: String,
    pub(crate) hostname: String,
    pub(crate) description: Option<String>,
    pub(crate) project_id: String,
    pub(crate) user_id: String,
    pub(crate) created: u64,
    pub(crate) updated: u64,
    pub(crate) launched: Option<u64>,
    pub(crate) flavor: Flavor,
    /// The other flavor of a resize: what it will be before it is done, what it was after.
    pub(crate) other_flavor: Option<Flavor>,
    /// The state before the resize, to which it returns.
    pub(crate) before: Option<String>,
    pub(crate) image: Option<String>,
    pub(crate) key_name: Option<String>,
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) tags: Vec<String>,
    pub(crate) config_drive: bool,
    pub(crate) user_data: Option<String>,
    /// The zone that was asked for.
    pub(crate) zone: Option<String>,
    pub(crate) host: Option<String>,
    pub(crate) security_groups: Vec<String>,
    pub(crate) group: Option<String>,
    pub(crate) vm_state: String,
    pub(crate) task_state: Option<String>,
    pub(crate) power_state: u8,
    pub(crate) trouble: Option<Trouble>,
    pub(crate) locked: Option<Option<String>>,
    pub(crate) disk_config: String,
    pub(crate) access_v4: String,
    pub(crate) access_v6: String,
    pub(crate) reservation: String,
    pub(crate) launch_index: u64,
    /// When it becomes what.
    pub(crate) due: Option<(u64, Step)>,
    /// The interfaces it gets when it has a host, and the groups of their ports.
    #[serde(default)]
    pub(crate) nics: Vec<NicPlan>,
    #[serde(default)]
    pub(crate) group_ids: Vec<String>,
    #[serde(default)]
    pub(crate) disks: Vec<Disk>,
    #[serde(default)]
    pub(crate) deeds: Vec<Deed>,
}

impl Record for Server {
    fn id(&self) -> &str {
        &self.id
    }

    fn keys(&self) -> Vec<(&'static str, String)> {
        let mut keys = vec![("project_id", self.project_id.clone())];
        keys.extend(self.host.clone().map(|host| ("host", host)));
        keys.extend(self.group.clone().map(|group| ("group", group)));
        keys
    }
}

/// What a volume is about to become.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Change {
    /// This status.
    Rests(String),
    /// Usable, with the description of its image if it was made from one.
    Made,
    /// So large.
    Extended(i64),
    /// Of this type.
    Retyped(String),
    /// In use by the servers it is reserved for.
    Attached,
    /// Without this attachment.
    Detached(String),
    /// No longer there.
    Gone,
}

/// The tie between a volume and a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Attachment {
    pub(crate) id: String,
    pub(crate) server: String,
    pub(crate) device: String,
    /// When it was made; before, the volume is only reserved.
    pub(crate) at: Option<u64>,
}

/// A volume.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Volume {
    pub(crate) id: String,
    pub(crate) project_id: String,
    pub(crate) user_id: String,
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) size: i64,
    pub(crate) kind: String,
    pub(crate) status: String,
    pub(crate) created: u64,
    pub(crate) updated: Option<u64>,
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) bootable: bool,
    pub(crate) source: Option<String>,
    pub(crate) image: Option<String>,
    pub(crate) image_metadata: Object,
    pub(crate) attachments: Vec<Attachment>,
    pub(crate) due: Option<(u64, Change)>,
}

impl Record for Volume {
    fn id(&self) -> &str {
        &self.id
    }

    fn keys(&self) -> Vec<(&'static str, String)> {
        let servers = self.attachments.iter().map(|tie| ("server", tie.server.clone()));
        std::iter::once(("project_id", self.project_id.clone())).chain(servers).collect()
    }
}
