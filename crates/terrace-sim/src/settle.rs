//! What becomes of things as time passes: whatever is due is done, in order, when somebody looks.

use crate::state::{State, leaves};
use crate::{cinder, nova};

/// Brings the cloud up to the present moment.
pub(crate) fn settle(state: &mut State) {
    let present = state.now;
    while let Some((at, id)) = state.due.first().cloned() {
        if at > present {
            break;
        }
        state.due.pop_first();
        state.now = at;
        one(state, &id, at);
    }
    state.now = present;
}

fn one(state: &mut State, id: &str, at: u64) {
    let due = |when: Option<u64>| when == Some(at);
    let server = state.servers.get(id).cloned();
    if let Some(server) = server.filter(|s| due(s.due.as_ref().map(|(at, _)| *at))) {
        nova::advance(state, server, at);
        return;
    }
    let volume = state.volumes.get(id).cloned();
    if let Some(volume) = volume.filter(|v| due(v.due.as_ref().map(|(at, _)| *at))) {
        cinder::advance(state, volume, at);
        return;
    }
    if state.ports.get(id).is_some_and(|port| due(leaves(port))) {
        nova::release_port(state, id);
    }
}
