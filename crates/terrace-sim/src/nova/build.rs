//! How a server comes to be: put down at once, given its ports and volumes when it has a host.

use super::create::Wanted;
use super::{Cx, history, interfaces, schedule, validate};
use crate::cinder;
use crate::faults::Effect;
use crate::keystone;
use crate::neutron::{self, Kind};
use crate::records::{Attachment, NicPlan, Row, Server, Step, Trouble};
use crate::state::State;
use crate::table::Record;
use crate::web::{Object, Reply, text};

/// A name that can be a host's.
fn hostname(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| if c == ' ' || c == '_' || c == '.' { '-' } else { c })
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .collect();
    plain.to_lowercase().trim_matches('-').chars().take(63).collect()
}

/// A new server, of which nothing but its place is decided.
pub(super) fn make(
    cx: &mut Cx<'_>,
    body: &Object,
    wanted: &Wanted,
    (reservation, index): (&str, u64),
) -> Result<Server, Reply> {
    let id = cx.state.uuid();
    let number = cx.state.number();
    let place = (wanted.zone.as_deref(), wanted.host.as_deref());
    let host = schedule::pick(cx.state, place, wanted.group.as_ref());
    let name = if wanted.count > 1 {
        format!("{}-{}", wanted.name, index + 1)
    } else {
        wanted.name.clone()
    };
    let own = |field: &str| text(body, field).map(str::to_owned);
    let host_name = own("hostname").unwrap_or_else(|| hostname(&name));
    let mut server = Server {
        hostname: if host_name.is_empty() { format!("server-{id}") } else { host_name },
        id,
        number,
        name,
        description: own("description"),
        project_id: cx.who.project_id.clone(),
        user_id: cx.who.user_id.clone(),
        created: cx.state.now,
        updated: cx.state.now,
        launched: None,
        flavor: wanted.flavor.clone(),
        other_flavor: None,
        before: None,
        image: wanted.image.as_ref().map(|image| image.id().to_owned()),
        key_name: own("key_name"),
        metadata: wanted.metadata.iter().cloned().collect(),
        tags: wanted.tags.clone(),
        config_drive: body
            .get("config_drive")
            .is_some_and(|v| validate::truth("config_drive", v).unwrap_or_default()),
        user_data: own("user_data"),
        zone: wanted.zone.clone(),
        host,
        security_groups: wanted.security_groups.iter().map(|g| g.text("name").to_owned()).collect(),
        group: wanted.group.as_ref().map(|group| group.id.clone()),
        vm_state: "building".into(),
        task_state: Some("scheduling".into()),
        power_state: super::lifecycle::NO_POWER,
        trouble: None,
        locked: None,
        disk_config: own("OS-DCF:diskConfig").unwrap_or_else(|| "MANUAL".into()),
        access_v4: own("accessIPv4").unwrap_or_default(),
        access_v6: own("accessIPv6").unwrap_or_default(),
        reservation: reservation.to_owned(),
        launch_index: index,
        due: None,
        nics: wanted.nics.clone(),
        group_ids: wanted.security_groups.iter().map(|g| g.id().to_owned()).collect(),
        disks: super::disks::fresh(cx.state, &wanted.disks),
        deeds: vec![history::deed(cx, "create")],
    };
    reserve(cx, &server)?;
    server.due = fate(cx, &server);
    cx.state.put_server(server.clone());
    Ok(server)
}

/// Keeps the volumes that are there for the server.
fn reserve(cx: &mut Cx<'_>, server: &Server) -> Result<(), Reply> {
    for disk in &server.disks {
        let Some(volume) = &disk.volume else { continue };
        let tie = Attachment {
            id: disk.attachment.clone(),
            server: server.id.clone(),
            device: disk.device.clone(),
            at: None,
        };
        let reserved = cinder::reserve(cx.state, volume, tie);
        reserved.map_err(|reply| super::volumes::through_nova(&reply, &cx.req.request_id))?;
    }
    Ok(())
}

/// What becomes of a new server, and when.
fn fate(cx: &Cx<'_>, server: &Server) -> Option<(u64, Step)> {
    let build = cx.state.settings.build_ms;
    let delay = server.metadata.get("fake:spawn_delay").and_then(|text| text.parse::<f64>().ok());
    // A negative or absurd delay becomes none or the longest there is.
    let delay = delay.map_or(0, |seconds| (seconds * 1000.0) as u64);
    let at = cx.state.now.saturating_add(build).saturating_add(delay);
    let placed = cx.state.now.saturating_add(build / 4);
    let fail = |message: String| Step::Failed(Trouble { code: 500, message, created: 0 });
    let then = |step: Step| Some((placed, Step::Placed(Some((at, Box::new(step))))));
    let id = &server.id;
    match &cx.req.sabotage {
        Some(Effect::HangInBuild) => return Some((placed, Step::Placed(None))),
        Some(Effect::NoValidHost) => return Some((placed, fail(NO_VALID_HOST.into()))),
        Some(Effect::ServerError { message }) => return then(fail(message.clone())),
        _ => {}
    }
    if server.host.is_none() {
        return Some((placed, fail(NO_VALID_HOST.into())));
    }
    match server.metadata.get("fake:spawn_fail").map(String::as_str) {
        Some("reschedule") => then(fail(format!(
            "Exceeded maximum number of retries. Exhausted all hosts available for retrying build \
             failures for instance {id}."
        ))),
        Some(_) => {
            then(fail(format!("Build of instance {id} aborted: fake:spawn_fail asked for it")))
        }
        None => then(Step::Built),
    }
}

const NO_VALID_HOST: &str = "No valid host was found. There are not enough hosts available.";

/// The server is on its host: its ports and volumes are made, which is where Nova notices that
/// they cannot be.
pub(super) fn place(state: &mut State, mut server: Server, then: Option<(u64, Step)>) {
    server.task_state = Some("spawning".into());
    let mut due = then;
    for nic in std::mem::take(&mut server.nics) {
        if let Err(message) = plug(state, &server, &nic) {
            let message = format!("Build of instance {} aborted: {message}", server.id);
            due = Some((state.now, Step::Failed(Trouble { code: 500, message, created: 0 })));
            break;
        }
    }
    super::disks::make(state, &mut server);
    server.due = due;
    state.put_server(server);
}

fn plug(state: &mut State, server: &Server, nic: &NicPlan) -> Result<(), String> {
    let who = keystone::on_behalf(&server.user_id, &server.project_id);
    let tag = nic.tag.as_deref();
    if let Some(id) = &nic.port {
        let port = neutron::find(state, &who, Kind::Port, id)
            .ok_or_else(|| format!("Port {id} could not be found."))?;
        if !port.text("device_id").is_empty() {
            return Err(format!("Port {id} is still in use."));
        }
        interfaces::take_port(state, server, (&port, tag));
        return Ok(());
    }
    let network = nic.network.as_deref().unwrap_or_default();
    let row = neutron::find(state, &who, Kind::Network, network);
    let outer = |row: &Row| row.flag("router:external") && !row.flag("shared");
    if row.as_ref().is_some_and(outer) {
        return Err("Failed to allocate the network(s), not rescheduling.".to_owned());
    }
    let groups: Vec<&str> = server.group_ids.iter().map(String::as_str).collect();
    let made = interfaces::new_port(state, server, network, (nic.ip.as_deref(), &groups, tag));
    made.map(|_| ()).map_err(|reply| match &nic.ip {
        Some(ip) if reply.body.windows(12).any(|part| part == b"InvalidIpFor") => format!(
            "Invalid input received: Fixed IP {ip} is not a valid ip address for network {network}."
        ),
        _ => interfaces::message_of(&reply),
    })
}
