//! Opening the state of a workspace.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use terrace_model::value::hex;
use terrace_state::{Fresh, Holder, SledStore};

use crate::args::Global;
use crate::cloud::Target;
use crate::machine;

/// Folder of the state: one for each environment, and one for each cloud that is not the
/// workspace's own, because ids of one cloud mean nothing in another.
pub(crate) fn folder(global: &Global, target: &Target) -> PathBuf {
    let environment = global.environment.as_deref().unwrap_or("default");
    let name = match &target.instead {
        Some(cloud) => format!("{environment}@{cloud}"),
        None => environment.to_owned(),
    };
    global.folder.join("state").join(name)
}

/// Opens the state; a new one gets a random lineage and key.
pub(crate) fn open(folder: &Path) -> anyhow::Result<SledStore> {
    let holder = Holder {
        host: machine::host(),
        pid: std::process::id(),
        user: machine::user(),
        command: format!("terrace {}", machine::command()),
        since_ms: machine::now_ms(),
    };
    let random = machine::random_bytes(48).context("the kernel gives no randomness")?;
    let lineage = uuid_like(&random[..16]);
    let store =
        SledStore::open(folder, holder, Fresh { lineage, fingerprint_key: random[16..].to_vec() })?;
    for notice in store.notices() {
        crate::ui::warn(notice);
    }
    Ok(store)
}

/// Text of a random (version 4) UUID.
fn uuid_like(bytes: &[u8]) -> String {
    let mut bytes = bytes.to_vec();
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let text = hex(&bytes);
    format!("{}-{}-{}-{}-{}", &text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..])
}
