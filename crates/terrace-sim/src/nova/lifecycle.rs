//! What servers become as time passes.

use crate::neutron;
use crate::records::{Server, Step};
use crate::state::State;
use crate::table::Record;

/// Power states, as libvirt numbers them.
pub(super) const NO_POWER: u8 = 0;
pub(super) const RUNNING: u8 = 1;
pub(super) const PAUSED: u8 = 3;
pub(super) const SHUT_DOWN: u8 = 4;

/// Brings all servers up to the present moment.
pub(crate) fn settle(state: &mut State) {
    while let Some((at, id)) = state.due.first().cloned() {
        if at > state.now {
            return;
        }
        state.due.pop_first();
        let server = state.servers.get(&id).cloned();
        let Some(server) = server.filter(|s| s.due.as_ref().is_some_and(|(due, _)| *due == at))
        else {
            continue;
        };
        advance(state, server, at);
    }
}

fn advance(state: &mut State, mut server: Server, at: u64) {
    let Some((_, step)) = server.due.take() else { return };
    server.updated = at;
    server.task_state = None;
    match step {
        Step::Gone => {
            remove_ports(state, &server);
            state.servers.remove(&server.id);
            return;
        }
        Step::Built => {
            server.launched = Some(at);
            rest(&mut server, "active");
            bind_ports(state, &server);
        }
        Step::Failed(mut trouble) => {
            trouble.created = at;
            server.trouble = Some(trouble);
            server.vm_state = "error".into();
            server.power_state = NO_POWER;
            if server.launched.is_none() {
                server.host = None;
                remove_ports(state, &server);
            }
        }
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
        Step::Rests(vm_state) => rest(&mut server, &vm_state),
    }
    state.put_server(server);
}

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
    for port in neutron::ports_of(state, &server.id) {
        neutron::plug(state, port.id(), server.host.as_deref());
    }
}

/// Ports that Nova made go with the server; others are only let go.
pub(super) fn remove_ports(state: &mut State, server: &Server) {
    for port in neutron::ports_of(state, &server.id) {
        release_port(state, port.id());
    }
}

/// A port leaves its server.
pub(super) fn release_port(state: &mut State, id: &str) {
    if state.ports.get(id).is_some_and(|port| port.flag("_by_nova")) {
        neutron::drop_port(state, id);
        return;
    }
    state.ports.update(id, |port| {
        port.set("device_id", "");
        port.set("device_owner", "");
    });
    neutron::plug(state, id, None);
}
