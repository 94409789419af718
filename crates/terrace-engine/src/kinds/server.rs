//! Servers. What Nova does not say of them comes from joins: networks from Neutron's ports, the
//! group from the groups' members.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use terrace_api::compute::{
    self, BootVolume, NewServer, Rebuild, Server, ServerChange, ServerGroup,
};
use terrace_api::network::{self, Port};
use terrace_api::{ApiError, Session};
use terrace_model::{Attributes, Object, ObjectState, Value};

use super::lists::{Lists, by_device};
use super::{
    Change, New, Objects, Place, Progress, attributes, nic, some_text, text, text_list,
    text_or_null, texts,
};
use crate::marker::METADATA_KEY;

/// How often, and how far apart, a server is looked at until a password is set.
const LOOKS: u32 = 120;
const BETWEEN: Duration = Duration::from_millis(500);

/// What servers are joined with.
struct Joins<'a> {
    ports: BTreeMap<&'a str, Vec<&'a Port>>,
    groups: BTreeMap<&'a str, &'a str>,
}

impl<'a> Joins<'a> {
    fn of(
        ports: impl IntoIterator<Item = &'a Port>,
        groups: impl IntoIterator<Item = &'a ServerGroup>,
    ) -> Self {
        let members =
            |g: &'a ServerGroup| g.members.iter().map(move |m| (m.as_str(), g.id.as_str()));
        Self { ports: by_device(ports), groups: groups.into_iter().flat_map(members).collect() }
    }
}

/// Where one server is; `None` when it is gone.
pub(super) async fn progress(session: &Session, id: &str) -> Result<Option<Progress>, ApiError> {
    let server: Server = session.one(compute::server(id)).await?;
    Ok(progress_of(&server))
}

/// Where a server is; `None` when it is gone: Nova tells of it for a moment, and with what changed.
pub(super) fn progress_of(server: &Server) -> Option<Progress> {
    let deleting = server.task_state.as_deref() == Some("deleting");
    Some(match server.status.as_str() {
        "DELETED" => return None,
        // What is kept for a while counts as on its way out, as does what is being deleted.
        "SOFT_DELETED" => Progress::Busy(server.status.to_string()),
        _ if deleting => Progress::Busy("deleting".into()),
        "ERROR" => Progress::Failed(fault(server)),
        "VERIFY_RESIZE" => Progress::ToConfirm,
        "BUILD" | "RESIZE" | "REVERT_RESIZE" | "REBUILD" | "MIGRATING" | "REBOOT"
        | "HARD_REBOOT" | "PASSWORD" => Progress::Busy(server.status.to_string()),
        // ACTIVE, SHUTOFF and the other resting states, while nothing is under way.
        _ => match server.task_state.as_deref() {
            None | Some("") => Progress::Ready,
            Some(task) => Progress::Busy(task.to_owned()),
        },
    })
}

fn fault(server: &Server) -> String {
    let told = server.fault.as_ref().map(|f| f.message.as_str()).filter(|m| !m.is_empty());
    told.unwrap_or("the server is in state ERROR, and the cloud gives no fault").to_owned()
}

pub(super) async fn list<'a>(lists: &'a Lists<'_>) -> Result<Objects<'a>, ApiError> {
    let (servers, ports, groups) =
        futures::try_join!(lists.servers(), lists.ports(), lists.groups())?;
    Ok(Box::new(objects(servers, ports, groups)))
}

/// Servers, joined with what Nova does not say of them.
pub(super) fn objects<'a>(
    servers: impl IntoIterator<Item = &'a Server>,
    ports: impl IntoIterator<Item = &'a Port>,
    groups: impl IntoIterator<Item = &'a ServerGroup>,
) -> impl Iterator<Item = Object> {
    let joins = Joins::of(ports, groups);
    servers.into_iter().filter_map(move |server| object(server, &joins))
}

pub(super) async fn get(session: &Session, id: &str) -> Result<Option<Object>, ApiError> {
    let server: Server = session.one(compute::server(id)).await?;
    let (ports, groups): (Vec<Port>, Vec<ServerGroup>) = futures::try_join!(
        session.all(network::ports(&[("device_id", id)])),
        session.all(compute::server_groups()),
    )?;
    Ok(object(&server, &Joins::of(&ports, &groups)))
}

pub(super) async fn create(session: &Session, new: &New<'_>) -> Result<String, ApiError> {
    let desired = new.desired;
    let mut metadata = texts(desired.get("metadata"));
    metadata.insert(METADATA_KEY.to_owned(), new.marker.to_owned());
    let boot_volume = boot_volume(desired);
    let from_image = boot_volume.is_none();
    let server = NewServer {
        name: text(desired, "name").to_owned(),
        flavor_id: text(desired, "flavor").to_owned(),
        image_id: some_text(desired, "image").filter(|_| from_image),
        boot_volume,
        key_name: some_text(desired, "keypair"),
        networks: nic::wanted(desired),
        security_groups: text_list(desired.get("security_groups")),
        metadata,
        tags: text_list(desired.get("tags")),
        user_data: some_text(desired, "user_data")
            .map(|plain| base64::engine::general_purpose::STANDARD.encode(plain)),
        availability_zone: some_text(desired, "availability_zone"),
        host: some_text(desired, "host"),
        config_drive: desired.get("config_drive").and_then(Value::as_bool).filter(|wanted| *wanted),
        group: some_text(desired, "server_group"),
        description: some_text(desired, "description"),
        admin_password: some_text(desired, "admin_password"),
        hostname: some_text(desired, "hostname"),
        hints: hints(desired),
    };
    let reply = session.call(compute::create_server(&server)).await?;
    let id = reply.body.pointer("/server/id").and_then(serde_json::Value::as_str);
    id.map(str::to_owned).ok_or_else(|| reply.malformed("the answer names no server id"))
}

fn boot_volume(desired: &Attributes) -> Option<BootVolume> {
    let boot = desired.get("boot_volume")?.as_map()?;
    let (source, id) = match (text(boot, "volume"), text(boot, "snapshot")) {
        ("", "") => ("image", text(desired, "image")),
        ("", snapshot) => ("snapshot", snapshot),
        (volume, _) => ("volume", volume),
    };
    Some(BootVolume {
        source: source.to_owned(),
        id: id.to_owned(),
        size: boot.get("size").and_then(Value::as_int),
        volume_type: some_text(boot, "type"),
        delete_on_termination: boot.get("delete_on_termination").and_then(Value::as_bool)
            == Some(true),
    })
}

fn hints(desired: &Attributes) -> serde_json::Map<String, serde_json::Value> {
    let given = |(name, value): (&str, &Value)| (name.to_owned(), value.to_json());
    let hints = desired.get("scheduler_hints").and_then(Value::as_map);
    let other = hints.and_then(|hints| hints.get("other")?.as_map());
    let known = hints.into_iter().flatten().filter(|(name, _)| *name != "other");
    other.into_iter().flatten().chain(known).map(given).collect()
}

/// All that happens in place but the power state; size and image are separate, because they take
/// time.
pub(super) async fn update(place: Place<'_>, change: &Change<'_>) -> Result<(), ApiError> {
    let (session, id) = (place.session, change.id);
    let given = |name: &str| change.has(name).then(|| text(change.changes, name).to_owned());
    let server = ServerChange {
        name: given("name"),
        description: given("description"),
        hostname: given("hostname"),
    };
    if server != ServerChange::default() {
        session.call(compute::update_server(id, &server)).await?;
    }
    if change.has("metadata") {
        metadata(session, change).await?;
    }
    if change.has("tags") {
        let tags = text_list(change.changes.get("tags"));
        session.call(compute::set_server_tags(id, &tags)).await?;
    }
    if change.has("networks") || change.has("security_groups") {
        nic::update(place, change).await?;
    }
    if let Some(password) = some_text(change.changes, "admin_password") {
        session.call(compute::change_password(id, &password)).await?;
        rest(place, id).await?;
    }
    Ok(())
}

async fn rest(place: Place<'_>, id: &str) -> Result<(), ApiError> {
    for _ in 0..LOOKS {
        if !matches!(progress(place.session, id).await?, Some(Progress::Busy(_))) {
            return Ok(());
        }
        place.clock.sleep(BETWEEN).await;
    }
    Ok(())
}

/// Begins the next step on the way to a power state; false when it is reached. Each step ends at
/// rest before the next.
pub(crate) async fn power_step(
    session: &Session,
    id: &str,
    wanted: &str,
) -> Result<bool, ApiError> {
    let server: Server = session.one(compute::server(id)).await?;
    let call = match (server.status.as_str(), wanted) {
        ("ACTIVE", "shutoff") => compute::stop(id),
        ("ACTIVE", "paused") => compute::pause(id),
        ("ACTIVE" | "SHUTOFF", "shelved_offloaded") => compute::shelve(id),
        ("SHELVED", "shelved_offloaded") => compute::shelve_offload(id),
        ("SHUTOFF", "active" | "paused") => compute::start(id),
        ("PAUSED", "active" | "shutoff" | "shelved_offloaded") => compute::unpause(id),
        ("SHELVED" | "SHELVED_OFFLOADED", "active" | "shutoff" | "paused") => compute::unshelve(id),
        _ => return Ok(false),
    };
    session.call(call).await.map(|_| true)
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

fn power_state(server: &Server) -> Value {
    Value::text(match server.status.as_str() {
        "ACTIVE" => "active",
        "SHUTOFF" => "shutoff",
        "PAUSED" => "paused",
        "SHELVED" | "SHELVED_OFFLOADED" => "shelved_offloaded",
        _ => return Value::Null,
    })
}

/// The addresses that are the server's own, not those that are forwarded to it.
pub(super) fn fixed_addresses(server: &Server) -> impl Iterator<Item = &compute::AddressEntry> {
    server.addresses.values().flatten().filter(is_fixed)
}

fn is_fixed(address: &&compute::AddressEntry) -> bool {
    address.kind != "floating"
}

/// The object; `None` when it is gone.
fn object(server: &Server, joins: &Joins<'_>) -> Option<Object> {
    let progress = progress_of(server)?;
    let mut metadata = server.metadata.clone();
    let marker = metadata.remove(METADATA_KEY);
    let metadata = metadata.into_iter().map(|(k, v)| (k, Value::text(v))).collect();
    let addresses = server.addresses.iter();
    let addresses = addresses
        .map(|(net, list)| {
            (net, Value::texts(list.iter().filter(is_fixed).map(|a| a.addr.as_str())))
        })
        .collect();
    let first = fixed_addresses(server).min_by_key(|a| a.version).map(|a| a.addr.as_str());
    let ports = joins.ports.get(server.id.as_str()).map(Vec::as_slice).unwrap_or_default();
    let nics = ports.iter().map(|port| nic::seen(port)).collect();
    Some(Object {
        id: server.id.clone(),
        attributes: attributes([
            ("id", Value::text(&server.id)),
            ("name", Value::text(&server.name)),
            ("image", text_or_null(server.image_id.as_deref())),
            ("flavor", text_or_null(server.flavor_id.as_deref())),
            ("keypair", text_or_null(server.key_name.as_deref())),
            ("networks", Value::List(nics)),
            ("security_groups", nic::groups(ports)),
            ("server_group", text_or_null(joins.groups.get(server.id.as_str()).copied())),
            ("power_state", power_state(server)),
            ("metadata", Value::Map(metadata)),
            ("description", text_or_null(server.description.as_deref())),
            ("tags", Value::texts(&server.tags)),
            ("availability_zone", text_or_null(server.availability_zone.as_deref())),
            ("host", text_or_null(server.host.as_deref())),
            ("config_drive", Value::Bool(server.config_drive)),
            ("status", Value::text(server.status.clone())),
            ("access_ip", text_or_null(first)),
            ("addresses", Value::Map(addresses)),
            ("created", text_or_null(Some(&server.created))),
        ]),
        state: match progress {
            Progress::Ready | Progress::Stuck(_) => ObjectState::Ready,
            Progress::Busy(state) => ObjectState::Busy(state),
            Progress::ToConfirm => ObjectState::Busy(server.status.to_string()),
            Progress::Failed(fault) => ObjectState::Failed(fault),
        },
        revision: None,
        marker,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_as_deleted_is_gone() {
        for (status, task, there) in [
            ("ACTIVE", None, true),
            ("ACTIVE", Some("deleting"), true),
            ("SOFT_DELETED", None, true),
            ("DELETED", None, false),
        ] {
            let told = serde_json::json!({
                "id": "a", "status": status, "OS-EXT-STS:task_state": task
            });
            let server: Server = serde_json::from_value(told).expect("a server");
            assert_eq!(objects([&server], &[], &[]).count() == 1, there, "{status} {task:?}");
        }
    }
}
