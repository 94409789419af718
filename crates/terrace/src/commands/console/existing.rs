//! What expressions need of the cloud, looked up when the first of them does.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use terrace_model::{Named, Observed, Workspace};
use terrace_plan::Lookup;

use crate::args::Global;
use crate::cloud;

/// Asks the clouds. Nothing stays open: somebody may apply while a console waits for a line.
pub(super) async fn look_up(
    global: &Global,
    workspace: &Workspace,
    wanted: BTreeSet<Lookup>,
) -> anyhow::Result<Vec<(Lookup, Vec<Named>)>> {
    let mut sessions = BTreeMap::new();
    let mut found = Vec::new();
    for (name, kind) in wanted {
        let noun = kind.schema().noun;
        let need =
            || format!("a {noun} under `existing` is needed, and the cloud cannot be asked for it");
        if !sessions.contains_key(&name) {
            let choice = match &name {
                None => Some(cloud::target(global, &workspace.cloud).choice),
                Some(name) => workspace.clouds.get(name).cloned(),
            };
            let choice = choice.with_context(need)?;
            let session = cloud::connect(global, &choice, name.as_ref()).await;
            sessions.insert(name.clone(), session.with_context(need)?);
        }
        let named = terrace_engine::look_up(&sessions[&name], kind).await.with_context(need)?;
        found.push(((name, kind), named));
    }
    Ok(found)
}

/// Adds what was found to what is known.
pub(super) fn add(known: &mut Observed, found: Vec<(Lookup, Vec<Named>)>) {
    for ((cloud, kind), named) in found {
        let facts = match cloud {
            None => &mut known.facts,
            Some(cloud) => known.others.entry(cloud).or_default(),
        };
        facts.lookups.insert(kind, named);
    }
}
