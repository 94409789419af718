//! Servers. What Nova does not say of them comes from joins: networks from Neutron's ports, the
//! group from the groups' members.

use std::collections::BTreeMap;

use base64::Engine as _;
use terrace_api::compute::{self, NewServer, Nic, Rebuild, Server, ServerChange, ServerGroup};
use terrace_api::network::{self, Port};
use terrace_api::{ApiError, Session};
use terrace_model::{Object, ObjectState, Value};

use super::{Change, New, attributes, some_text, text, text_list, text_or_null, texts};
use crate::marker::METADATA_KEY;

/// What servers are joined with.
struct Joins {
    networks: BTreeMap<String, Vec<String>>,
    groups: BTreeMap<String, String>,
}

impl Joins {
    async fn read(session: &Session, ports: &[(&str, &str)]) -> Result<Self, ApiError> {
        let (ports, groups) = futures::try_join!(
            session.all::<Port>(network::ports(ports)),
            session.all::<ServerGroup>(compute::server_groups()),
        )?;
        let mut networks: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for port in ports.into_iter().filter(|p| p.device_owner.starts_with("compute:")) {
            networks.entry(port.device_id).or_default().push(port.network_id);
        }
        let members = |g: ServerGroup| g.members.into_iter().map(move |m| (m, g.id.clone()));
        Ok(Self { networks, groups: groups.into_iter().flat_map(members).collect() })
    }
}

/// All servers of the project as they were at one moment, for those who wait for some of them.
pub(crate) struct Servers(BTreeMap<String, Server>);

impl Servers {
    /// One list, whatever the number.
    pub(crate) async fn read(session: &Session) -> Result<Self, ApiError> {
        let all: Vec<Server> = session.all(compute::servers_detail(&[])).await?;
        Ok(Self(all.into_iter().map(|s| (s.id.clone(), s)).collect()))
    }

    /// Where a server is, if it is in the list.
    pub(crate) fn progress(&self, id: &str) -> Option<Progress> {
        self.0.get(id).map(progress_of)
    }
}

/// Where a server is on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Usable.
    Ready,
    /// The cloud works on it; the word is the cloud's.
    Busy(String),
    /// Resized, and to be confirmed.
    ToConfirm,
    /// Failed, in the cloud's words.
    Failed(String),
}

/// Where one server is; `None` when it is gone.
pub(crate) async fn progress(session: &Session, id: &str) -> Result<Option<Progress>, ApiError> {
    match session.one::<Server>(compute::server(id)).await {
        Ok(server) => Ok(Some(progress_of(&server))),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

fn progress_of(server: &Server) -> Progress {
    let deleting = server.task_state.as_deref() == Some("deleting");
    match server.status.as_str() {
        // Deleted and kept for a while counts as on its way out, as does what is being deleted.
        "DELETED" | "SOFT_DELETED" => Progress::Busy("DELETED".into()),
        _ if deleting => Progress::Busy("deleting".into()),
        "ERROR" => Progress::Failed(fault(server)),
        "VERIFY_RESIZE" => Progress::ToConfirm,
        "BUILD" | "RESIZE" | "REVERT_RESIZE" | "REBUILD" | "MIGRATING" | "REBOOT"
        | "HARD_REBOOT" | "PASSWORD" => Progress::Busy(server.status.clone()),
        // ACTIVE, SHUTOFF and the other resting states, while nothing is under way.
        _ => match server.task_state.as_deref() {
            None | Some("") => Progress::Ready,
            Some(task) => Progress::Busy(task.to_owned()),
        },
    }
}

fn fault(server: &Server) -> String {
    let told = server.fault.as_ref().map(|f| f.message.as_str()).filter(|m| !m.is_empty());
    told.unwrap_or("the server is in state ERROR, and the cloud gives no fault").to_owned()
}

pub(super) async fn list(session: &Session) -> Result<Vec<Object>, ApiError> {
    let project = session.identity().project_id;
    let ports = [("project_id", project.as_str())];
    let (servers, joins) = futures::try_join!(
        session.all::<Server>(compute::servers_detail(&[])),
        Joins::read(session, &ports)
    )?;
    Ok(servers.iter().map(|server| object(server, &joins)).collect())
}

pub(super) async fn get(session: &Session, id: &str) -> Result<Object, ApiError> {
    let server: Server = session.one(compute::server(id)).await?;
    let joins = Joins::read(session, &[("device_id", id)]).await?;
    Ok(object(&server, &joins))
}

pub(super) async fn create(session: &Session, new: &New<'_>) -> Result<String, ApiError> {
    let desired = new.desired;
    let mut metadata = texts(desired.get("metadata"));
    metadata.insert(METADATA_KEY.to_owned(), new.marker.to_owned());
    let server = NewServer {
        name: text(desired, "name").to_owned(),
        flavor_id: text(desired, "flavor").to_owned(),
        image_id: some_text(desired, "image"),
        key_name: some_text(desired, "keypair"),
        networks: text_list(desired.get("networks")).into_iter().map(Nic::network).collect(),
        metadata,
        tags: text_list(desired.get("tags")),
        user_data: some_text(desired, "user_data")
            .map(|plain| base64::engine::general_purpose::STANDARD.encode(plain)),
        availability_zone: some_text(desired, "availability_zone"),
        config_drive: desired.get("config_drive").and_then(Value::as_bool).filter(|wanted| *wanted),
        group: some_text(desired, "server_group"),
        description: some_text(desired, "description"),
        ..NewServer::default()
    };
    let reply = session.call(compute::create_server(&server)).await?;
    let id = reply.body.pointer("/server/id").and_then(serde_json::Value::as_str);
    id.map(str::to_owned).ok_or_else(|| reply.malformed("the answer names no server id"))
}

/// Name, description, metadata and tags; size and image are separate, because they take time.
pub(super) async fn update(session: &Session, change: &Change<'_>) -> Result<(), ApiError> {
    let has = |name| change.changes.contains_key(name);
    if has("name") || has("description") {
        let server = ServerChange {
            name: has("name").then(|| text(change.changes, "name").to_owned()),
            description: has("description").then(|| text(change.changes, "description").to_owned()),
        };
        session.call(compute::update_server(change.id, &server)).await?;
    }
    if has("metadata") {
        metadata(session, change).await?;
    }
    if has("tags") {
        let tags = text_list(change.changes.get("tags"));
        session.call(compute::set_server_tags(change.id, &tags)).await?;
    }
    Ok(())
}

async fn metadata(session: &Session, change: &Change<'_>) -> Result<(), ApiError> {
    let before = texts(change.before.get("metadata"));
    let after = texts(change.changes.get("metadata"));
    for key in before.keys().filter(|key| !after.contains_key(*key)) {
        match session.call(compute::delete_metadata_key(change.id, key)).await {
            Err(error) if !error.is_not_found() => return Err(error),
            _ => {}
        }
    }
    let set: BTreeMap<_, _> =
        after.into_iter().filter(|(key, value)| before.get(key) != Some(value)).collect();
    if !set.is_empty() {
        session.call(compute::set_metadata(change.id, &set)).await?;
    }
    Ok(())
}

/// Begins a resize; it ends in [`Progress::ToConfirm`].
pub(crate) async fn begin_resize(
    session: &Session,
    id: &str,
    flavor: &str,
) -> Result<(), ApiError> {
    session.call(compute::resize(id, flavor)).await.map(drop)
}

/// Confirms a resize. A cloud that confirms by itself answers with a conflict, or that nothing is
/// to be confirmed: then it is done.
pub(crate) async fn confirm_resize(session: &Session, id: &str) -> Result<(), ApiError> {
    match session.call(compute::confirm_resize(id)).await {
        Err(error) if error.conflict().is_some() || error.status() == Some(400) => Ok(()),
        other => other.map(drop),
    }
}

/// Begins a rebuild from an image.
pub(crate) async fn begin_rebuild(
    session: &Session,
    id: &str,
    image: &str,
) -> Result<(), ApiError> {
    let rebuild = Rebuild { image_id: image.to_owned(), ..Rebuild::default() };
    session.call(compute::rebuild(id, &rebuild)).await.map(drop)
}

fn object(server: &Server, joins: &Joins) -> Object {
    let mut metadata = server.metadata.clone();
    let marker = metadata.remove(METADATA_KEY);
    let metadata = metadata.into_iter().map(|(k, v)| (k, Value::String(v))).collect();
    let fixed = |a: &&compute::AddressEntry| a.kind != "floating";
    let addresses = server.addresses.iter();
    let addresses: BTreeMap<_, _> = addresses
        .map(|(net, list)| {
            (net.clone(), Value::texts(list.iter().filter(fixed).map(|a| a.addr.as_str())))
        })
        .collect();
    let entries = server.addresses.values().flatten().filter(fixed);
    let first = entries.min_by_key(|a| a.version).map(|a| a.addr.as_str());
    let networks = joins.networks.get(&server.id).cloned().unwrap_or_default();
    Object {
        id: server.id.clone(),
        attributes: attributes([
            ("id", Value::text(&server.id)),
            ("name", Value::text(&server.name)),
            ("image", text_or_null(server.image_id.as_deref())),
            ("flavor", text_or_null(server.flavor_id.as_deref())),
            ("keypair", text_or_null(server.key_name.as_deref())),
            ("networks", Value::texts(networks)),
            ("server_group", text_or_null(joins.groups.get(&server.id).map(String::as_str))),
            ("metadata", Value::Map(metadata)),
            ("description", text_or_null(server.description.as_deref())),
            ("tags", Value::texts(&server.tags)),
            ("availability_zone", text_or_null(server.availability_zone.as_deref())),
            ("config_drive", Value::Bool(server.config_drive)),
            ("status", Value::text(&server.status)),
            ("access_ip", text_or_null(first)),
            ("addresses", Value::Map(addresses)),
            ("created", text_or_null(Some(&server.created))),
        ]),
        state: match progress_of(server) {
            Progress::Ready => ObjectState::Ready,
            Progress::Busy(state) => ObjectState::Busy(state),
            Progress::ToConfirm => ObjectState::Busy(server.status.clone()),
            Progress::Failed(fault) => ObjectState::Failed(fault),
        },
        revision: None,
        marker,
    }
}
