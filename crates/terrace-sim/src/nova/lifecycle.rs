//! What servers become as time passes.

use super::{build, disks, history};
use crate::cinder;
use crate::neutron;
use crate::records::{Row, Server, Step, Trouble};
use crate::state::State;
use crate::table::Record;
use crate::web::seconds;

/// Power states, as libvirt numbers them.
pub(super) const NO_POWER: u8 = 0;
pub(super) const RUNNING: u8 = 1;
pub(super) const PAUSED: u8 = 3;
pub(super) const SHUT_DOWN: u8 = 4;

/// The step that is due.
pub(crate) fn advance(state: &mut State, mut server: Server, at: u64) {
    let Some((_, step)) = server.due.take() else { return };
    if let Step::Placed(then) = step {
        build::place(state, server, then.map(|(at, step)| (at, *step)));
        return;
    }
    server.updated = at;
    server.task_state = None;
    history::finish(&mut server, at, matches!(step, Step::Failed(_)));
    match step {
        Step::Placed(_) => {}
        Step::Gone => {
            remove_ports(state, &server);
            free_volumes(state, &server);
            server.vm_state = "deleted".into();
            server.power_state = NO_POWER;
            server.disks.clear();
            server.metadata.clear();
            server.tags.clear();
            state.bury(server);
            return;
        }
        Step::Built => built(state, &mut server, at),
        Step::Failed(trouble) => failed(state, &mut server, Trouble { created: at, ..trouble }),
        Step::Resized => {
            if let Some(new) = server.other_flavor.take() {
                server.other_flavor = Some(std::mem::replace(&mut server.flavor, new));
            }
            server.vm_state = "resized".into();
            server.launched = Some(at);
        }
        Step::Confirmed => {
            server.other_flavor = None;
            let state_before = server.before.take().unwrap_or_else(|| "active".into());
            rest(&mut server, &state_before);
        }
        Step::Reverted => {
            if let Some(old) = server.other_flavor.take() {
                server.flavor = old;
            }
            let state_before = server.before.take().unwrap_or_else(|| "active".into());
            server.launched = Some(at);
            rest(&mut server, &state_before);
        }
        Step::Snapped(vm_state, image) => {
            snapped(state, &image, at);
            rest(&mut server, &vm_state);
        }
        Step::Rests(vm_state) => {
            if vm_state == "shelved_offloaded" {
                server.host = None;
            }
            rest(&mut server, &vm_state);
        }
    }
    state.put_server(server);
}

/// The server runs for the first time.
fn built(state: &mut State, server: &mut Server, at: u64) {
    server.launched = Some(at);
    rest(server, "active");
    bind_ports(state, server);
    for volume in disks::ids(server) {
        cinder::made(state, &volume);
        cinder::tie(state, &volume, true);
    }
}

/// Something went wrong; what a server that never ran had is given back.
fn failed(state: &mut State, server: &mut Server, trouble: Trouble) {
    server.trouble = Some(trouble);
    server.vm_state = "error".into();
    server.power_state = NO_POWER;
    if server.launched.is_some() {
        return;
    }
    server.host = None;
    remove_ports(state, server);
    if server.disks.iter().any(|disk| disk.make.is_none()) && server.nics.is_empty() {
        free_volumes(state, server);
        server.disks.clear();
    }
}

/// What the snapshot of a machine that does not exist comes to.
fn snapped(state: &mut State, image: &str, at: u64) {
    let owner = state.images.get(image).map(|row| row.text("owner").to_owned());
    state.images.update(image, |row| {
        for (field, value) in [
            ("image_location", "snapshot"),
            ("image_state", "available"),
            ("owner_id", owner.as_deref().unwrap_or_default()),
            ("disk_format", "raw"),
            ("container_format", "bare"),
            ("status", "active"),
            ("checksum", "fcd6bcb56c1689fcef28b57c22475bad"),
            ("os_hash_algo", "sha512"),
            ("os_hash_value", EMPTY_64K),
            ("stores", "file"),
            ("updated_at", &seconds(at)),
        ] {
            row.set(field, value);
        }
        row.set("size", 65536);
        row.set("virtual_size", 65536);
    });
}

/// The SHA-512 of 64 KiB of zeros.
const EMPTY_64K: &str = "73e4153936dab198397b74ee9efc26093dda721eaab2f8d92786891153b45b04265a161b169c988edb0db2c53124607b6eaaa816559c5ce54f3dbc9fa6a7a4b2";

/// Nothing is going on, and the power is what the state says.
fn rest(server: &mut Server, vm_state: &str) {
    server.vm_state = vm_state.to_owned();
    server.power_state = match vm_state {
        "active" => RUNNING,
        "paused" => PAUSED,
        "error" => NO_POWER,
        _ => SHUT_DOWN,
    };
    if vm_state != "error" {
        server.trouble = None;
    }
}

fn bind_ports(state: &mut State, server: &Server) {
    for port in owned_ports(state, server) {
        neutron::plug(state, port.id(), server.host.as_deref());
    }
}

/// Ports that Nova made go with the server; others are only let go.
pub(super) fn remove_ports(state: &mut State, server: &Server) {
    for port in owned_ports(state, server) {
        release_port(state, port.id());
    }
}

/// Volumes that were to go with the server go; others are free again.
fn free_volumes(state: &mut State, server: &Server) {
    let gone = |id: &str| {
        server.disks.iter().any(|disk| disk.delete && disk.volume.as_deref() == Some(id))
    };
    cinder::drop_attachments(state, &server.id, gone);
}

/// A port leaves its server in a moment.
pub(super) fn release_later(state: &mut State, id: &str) {
    let at = state.now.saturating_add(state.settings.delete_ms);
    state.ports.update(id, |port| port.set("_leaves", at));
    state.due.insert((at, id.to_owned()));
}

/// A port leaves its server.
pub(crate) fn release_port(state: &mut State, id: &str) {
    if state.ports.get(id).is_some_and(|port| port.flag("_by_nova")) {
        neutron::drop_port(state, id);
        return;
    }
    state.ports.update(id, |port| {
        port.set("device_id", "");
        port.set("device_owner", "");
        port.0.shift_remove("_leaves");
        port.0.shift_remove("_tag");
    });
    neutron::plug(state, id, None);
}

/// The ports of a server, to be changed one after the other.
fn owned_ports(state: &State, server: &Server) -> Vec<Row> {
    neutron::ports_of(state, &server.id).into_iter().cloned().collect()
}
