//! Refresh: the recorded objects, read by lists, about one a kind whatever their number.
//!
//! Absence in a list is never proof: what is missing is asked for by its id, and only a 404
//! counts.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::try_join_all;
use terrace_api::{compute, image};
use terrace_model::{
    Address, Facts, Kind, LookupKind, Named, Object, Observation, Observed, Record, Slot, Snapshot,
    Value, Workspace,
};

use crate::context::Context;
use crate::error::EngineError;
use crate::event::Event;
use crate::kinds;

/// What refresh has to find out.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Which names have to resolve.
    pub lookups: BTreeSet<LookupKind>,
}

impl Wanted {
    /// What a workspace needs.
    pub fn by(workspace: &Workspace) -> Self {
        let attributes = workspace.resources().flat_map(|r| r.address.kind.schema().attributes);
        let lookups = attributes.filter_map(|a| match a.refers {
            terrace_model::Refers::Lookup(kind) => Some(kind),
            _ => None,
        });
        Self { lookups: lookups.collect() }
    }
}

/// Reads the cloud.
///
/// # Errors
/// When the cloud cannot be read; a partial answer is never taken for a whole one.
pub async fn refresh(
    context: &Context,
    recorded: &Snapshot,
    wanted: &Wanted,
) -> Result<Observed, EngineError> {
    let (started, before) = (context.now(), context.session.calls_made());
    context.emit(Event::RefreshStarted { recorded: recorded.records.len() });
    let mut by_kind: BTreeMap<Kind, Vec<(Slot, &Record)>> = BTreeMap::new();
    for (slot, record) in recorded.slots() {
        by_kind.entry(slot.address.kind()).or_default().push((slot, record));
    }
    let objects =
        try_join_all(by_kind.into_iter().map(|(kind, records)| observe(context, kind, records)));
    let facts = try_join_all(wanted.lookups.iter().map(|&kind| look_up(context, kind)));
    let (objects, facts) = futures::try_join!(objects, facts)?;
    let mut observed =
        Observed { facts: Facts { lookups: facts.into_iter().collect() }, ..Observed::default() };
    for (slot, observation) in objects.into_iter().flatten() {
        match slot.deposed {
            None => drop(observed.objects.insert(slot.address, observation)),
            Some(id) => drop(observed.deposed.insert((slot.address, id), observation)),
        }
    }
    let absent = observed.objects.values().filter(|o| **o == Observation::Absent).count();
    context.emit(Event::RefreshFinished {
        present: observed.objects.len() - absent,
        absent,
        requests: context.session.calls_made() - before,
        elapsed_ms: context.now().saturating_sub(started),
    });
    Ok(observed)
}

async fn observe(
    context: &Context,
    kind: Kind,
    records: Vec<(Slot, &Record)>,
) -> Result<Vec<(Slot, Observation)>, EngineError> {
    let all = kinds::list(kind, &context.session).await?;
    let mut listed: BTreeMap<String, Object> = all.into_iter().map(|o| (o.id.clone(), o)).collect();
    let mut found = Vec::with_capacity(records.len());
    for (slot, record) in records {
        let object = match listed.remove(&record.id) {
            Some(object) => Some(object),
            None => confirm(context, &slot.address, record).await?,
        };
        let observation =
            object.map_or(Observation::Absent, |o| Observation::Present(filled(o, record)));
        found.push((slot, observation));
    }
    Ok(found)
}

/// Asks for one object by its id.
async fn confirm(
    context: &Context,
    address: &Address,
    record: &Record,
) -> Result<Option<Object>, EngineError> {
    let object = kinds::get(address.kind(), &context.session, &record.id).await?;
    let user = context.session.identity().user_id;
    let owner = record.seen.get("user_id").and_then(Value::as_str);
    match owner {
        Some(owner) if object.is_none() && address.kind() == Kind::Keypair && owner != user => {
            Err(EngineError::OtherUser { address: address.clone(), user })
        }
        _ => Ok(object),
    }
}

/// Lists leave out a few attributes that only single reads tell; they never change.
fn filled(mut object: Object, record: &Record) -> Object {
    for name in ["user_id", "type"] {
        if let (Some(value), false) = (record.seen.get(name), object.attributes.contains_key(name))
        {
            object.attributes.insert(name.to_owned(), value.clone());
        }
    }
    object
}

async fn look_up(
    context: &Context,
    kind: LookupKind,
) -> Result<(LookupKind, Vec<Named>), EngineError> {
    let session = &context.session;
    let mut named: Vec<Named> = match kind {
        LookupKind::Image => {
            let all: Vec<image::Image> =
                session.all(image::images(&[("status", "active")])).await?;
            all.into_iter().map(|i| Named { name: i.name, id: i.id }).collect()
        }
        LookupKind::Flavor => {
            let all: Vec<compute::Flavor> = session.all(compute::flavors_detail()).await?;
            all.into_iter().map(|f| Named { name: f.name, id: f.id }).collect()
        }
    };
    named.sort();
    Ok((kind, named))
}
