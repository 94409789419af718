//! Whether a server runs, and its administrator's password.

use serde_json::{Value, json};

use crate::call::Call;
use crate::service::Service;
use crate::wire::segment;

fn action(id: &str, body: Value) -> Call {
    Call::post(Service::Compute, format!("/servers/{}/action", segment(id)))
        .body(body)
        .success(&[200, 202, 204])
}

/// Freezes a server in memory.
pub fn pause(id: &str) -> Call {
    action(id, json!({ "pause": null }))
}

/// Lets a paused server go on.
pub fn unpause(id: &str) -> Call {
    action(id, json!({ "unpause": null }))
}

/// Puts a server aside as an image, off its host.
pub fn shelve(id: &str) -> Call {
    action(id, json!({ "shelve": null }))
}

/// Takes a shelved server off its host, where the cloud does not by itself.
pub fn shelve_offload(id: &str) -> Call {
    action(id, json!({ "shelveOffload": null }))
}

/// Brings a shelved server back; it runs then.
pub fn unshelve(id: &str) -> Call {
    action(id, json!({ "unshelve": null }))
}

/// Sets the password of the administrator inside a server.
pub fn change_password(id: &str, password: &str) -> Call {
    action(id, json!({ "changePassword": { "adminPass": password } }))
}
