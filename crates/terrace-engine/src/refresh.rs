//! Refresh: the recorded objects, read by lists, about one a kind whatever their number.
//!
//! Absence in a list is never proof: what is missing is asked for by its id, and only a 404
//! counts. Where very few objects are recorded of a project that holds a great many, each is asked
//! for by its id at once.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::try_join_all;
use terrace_model::{
    Address, Facts, Kind, LookupKind, Name, Named, Object, ObjectState, Observation, Observed,
    Record, Slot, Snapshot, Value, Workspace,
};

use crate::context::Context;
use crate::error::EngineError;
use crate::event::Event;
use crate::kinds::{self, Lists, Objects};

/// What refresh has to find out.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Which names have to resolve, and in which cloud.
    pub lookups: BTreeSet<(Option<Name>, LookupKind)>,
    /// Ids of objects that are to be taken over, by the address they shall have.
    pub imports: BTreeMap<Address, String>,
    /// Take the recorded objects for what they were when last seen, in place of reading them.
    pub as_recorded: bool,
}

impl Wanted {
    /// What a workspace needs.
    pub fn by(workspace: &Workspace) -> Self {
        let mut lookups = BTreeSet::new();
        for resource in workspace.resources() {
            for attribute in resource.address.kind.schema().attributes {
                if let terrace_model::Refers::Lookup(kind) = attribute.refers {
                    lookups.insert((resource.cloud.clone(), kind));
                }
            }
        }
        for stack in workspace.stacks.values() {
            lookups.extend(stack.existing.keys().map(|kind| (stack.cloud.clone(), *kind)));
        }
        Self { lookups, ..Self::default() }
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
    let (started, before) = (context.now(), context.calls_made());
    context.emit(Event::RefreshStarted { recorded: recorded.records.len() });
    let mut lists: BTreeMap<List<'_>, Vec<(Slot, &Record)>> = BTreeMap::new();
    for (slot, record) in recorded.slots() {
        let list = (record.cloud.as_ref(), slot.address.kind());
        lists.entry(list).or_default().push((slot, record));
    }
    let few = few(&lists);
    let few = &few;
    let named = lists.keys().map(|(cloud, _)| *cloud).collect::<BTreeSet<_>>();
    let read: BTreeMap<Option<&Name>, Lists<'_>> =
        named.into_iter().map(|cloud| (cloud, Lists::of(context.clouds.session(cloud)))).collect();
    let read = &read;
    let objects = try_join_all(lists.into_iter().map(|((cloud, kind), records)| async move {
        if wanted.as_recorded {
            return Ok(records.into_iter().map(last_seen).collect());
        }
        let lists = &read[&cloud];
        let alone = match few.get(&cloud) {
            Some(kinds) if kinds::is_of_many(kind) => lists.is_large(kinds).await?,
            _ => false,
        };
        if alone {
            return one_by_one(context, records).await;
        }
        observe(context, lists, kind, records).await
    }));
    let facts = try_join_all(wanted.lookups.iter().map(|wanted| look_up(context, wanted)));
    let imports = try_join_all(wanted.imports.iter().map(|import| taken_over(context, import)));
    let (objects, found, imports) = futures::try_join!(objects, facts, imports)?;
    let mut facts: BTreeMap<Option<Name>, Facts> = BTreeMap::new();
    for cloud in context.clouds.names() {
        let driver = context.clouds.session(cloud).driver();
        facts.entry(cloud.cloned()).or_default().driver = driver;
    }
    for (cloud, kind, named) in found {
        facts.entry(cloud).or_default().lookups.insert(kind, named);
    }
    let mut observed = Observed {
        facts: facts.remove(&None).unwrap_or_default(),
        others: facts.into_iter().filter_map(|(cloud, facts)| Some((cloud?, facts))).collect(),
        imports: imports.into_iter().collect(),
        ..Observed::default()
    };
    sort_in(&mut observed, objects.into_iter().flatten(), recorded.records.len());
    let absent = observed.objects.values().filter(|o| **o == Observation::Absent).count();
    context.emit(Event::RefreshFinished {
        present: observed.objects.len() - absent,
        absent,
        requests: context.calls_made() - before,
        elapsed_ms: context.now().saturating_sub(started),
    });
    Ok(observed)
}

/// Puts what was seen under its addresses; collected, and not put in one by one, for a map without gaps.
fn sort_in(
    observed: &mut Observed,
    seen: impl Iterator<Item = (Slot, Observation)>,
    recorded: usize,
) {
    let mut present = Vec::with_capacity(recorded);
    for (slot, seen) in seen {
        match slot.deposed {
            None => present.push((slot.address, seen)),
            Some(id) => drop(observed.deposed.insert((slot.address, id), seen)),
        }
    }
    observed.objects = present.into_iter().collect();
}

/// A list that is read: the cloud, the workspace's own when `None`, and the kind.
type List<'a> = (Option<&'a Name>, Kind);

/// So few requests are less than to read on in lists of thousands.
const FEW: usize = 20;

/// The kinds that are read from long lists, of each cloud of which very few objects are recorded.
fn few<'a>(
    lists: &BTreeMap<List<'a>, Vec<(Slot, &Record)>>,
) -> BTreeMap<Option<&'a Name>, Vec<Kind>> {
    let mut found: BTreeMap<Option<&Name>, (usize, Vec<Kind>)> = BTreeMap::new();
    for ((cloud, kind), records) in lists {
        if kinds::is_of_many(*kind) {
            let (requests, kinds) = found.entry(*cloud).or_default();
            *requests += records.len() * kinds::requests_by_id(*kind);
            kinds.push(*kind);
        }
    }
    let few = found.into_iter().filter(|(_, (requests, _))| *requests <= FEW);
    few.map(|(cloud, (_, kinds))| (cloud, kinds)).collect()
}

/// Reads each by its id.
async fn one_by_one(
    context: &Context,
    records: Vec<(Slot, &Record)>,
) -> Result<Vec<(Slot, Observation)>, EngineError> {
    try_join_all(records.into_iter().map(|(slot, record)| async move {
        let object = confirm(context, &slot.address, record).await?;
        Ok((slot, object.map_or(Observation::Absent, Observation::Present)))
    }))
    .await
}

async fn observe(
    context: &Context,
    lists: &Lists<'_>,
    kind: Kind,
    records: Vec<(Slot, &Record)>,
) -> Result<Vec<(Slot, Observation)>, EngineError> {
    let listed = picked(&records, kinds::list(kind, lists).await?);
    let mut found = Vec::with_capacity(records.len());
    for ((slot, record), listed) in records.into_iter().zip(listed) {
        let object = match listed {
            Some(object) => Some(object),
            None => confirm(context, &slot.address, record).await?,
        };
        found.push((slot, object.map_or(Observation::Absent, Observation::Present)));
    }
    Ok(found)
}

/// The objects of these records among all.
fn picked(records: &[(Slot, &Record)], all: Objects<'_>) -> Vec<Option<Object>> {
    let mut by_id: Vec<(&str, usize)> =
        records.iter().enumerate().map(|(at, (_, record))| (record.id.as_str(), at)).collect();
    by_id.sort_unstable();
    let mut found: Vec<Option<Object>> = vec![None; records.len()];
    for object in all {
        let first = by_id.partition_point(|(id, _)| *id < object.id.as_str());
        let Some(&(id, at)) = by_id.get(first) else { continue };
        if id == object.id {
            found[at] = Some(filled(object, records[at].1));
        }
    }
    found
}

/// Looks for an object that is to be taken over.
async fn taken_over(
    context: &Context,
    (address, id): (&Address, &String),
) -> Result<(Address, Observation), EngineError> {
    let object = kinds::get(address.kind(), context.session(address), id).await?;
    Ok((address.clone(), object.map_or(Observation::Absent, Observation::Present)))
}

/// An object as it was when it was last seen.
fn last_seen((slot, record): (Slot, &Record)) -> (Slot, Observation) {
    let object = Object {
        id: record.id.clone(),
        attributes: record.seen.clone(),
        state: ObjectState::Ready,
        revision: None,
        marker: Some(record.marker.clone()),
    };
    (slot, Observation::Present(object))
}

/// Asks for one object by its id.
async fn confirm(
    context: &Context,
    address: &Address,
    record: &Record,
) -> Result<Option<Object>, EngineError> {
    let session = context.session(address);
    let object = kinds::get(address.kind(), session, &record.id).await?;
    let user = session.identity().user_id;
    let owner = record.seen.get("user_id").and_then(Value::as_str);
    match owner {
        Some(owner) if object.is_none() && address.kind() == Kind::Keypair && owner != user => {
            Err(EngineError::OtherUser { address: address.clone(), user })
        }
        _ => Ok(object.map(|object| filled(object, record))),
    }
}

/// What some reads leave out, and never changes: lists leave out what only single reads tell, no
/// read tells the image of a server that started from a volume, and some is for administrators.
const LEFT_OUT: [&str; 7] = ["user_id", "type", "image", "host", "segments", "distributed", "ha"];

/// An object with what this read left out. What is as it was recorded is kept once.
fn filled(mut object: Object, record: &Record) -> Object {
    if object.attributes != record.seen {
        for name in LEFT_OUT.iter().filter(|name| record.seen.contains_key(name)) {
            if !object.attributes.contains_key(name) {
                object.attributes.insert(*name, record.seen[name].clone());
            }
        }
    }
    if object.attributes == record.seen {
        object.attributes = record.seen.clone();
    }
    object
}

async fn look_up(
    context: &Context,
    (cloud, kind): &(Option<Name>, LookupKind),
) -> Result<(Option<Name>, LookupKind, Vec<Named>), EngineError> {
    let session = context.clouds.session(cloud.as_ref());
    let named = crate::lookups::list(session, *kind).await?;
    Ok((cloud.clone(), *kind, named))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_as_recorded_is_the_record_also_where_a_read_left_something_out() {
        let json = r#"{"id":"i","status":"ready","schema_version":1,"declared":{"name":"a"},
            "seen":{"host":"h","name":"a"},"dependencies":[],"marker":"m"}"#;
        let record: Record = serde_json::from_str(json).expect("a record");
        let seen = |pairs: &[(&str, &str)]| {
            let attributes = pairs.iter().map(|(name, text)| (*name, Value::text(*text))).collect();
            let (id, state) = ("i".to_owned(), ObjectState::Ready);
            let object = Object { id, attributes, state, revision: None, marker: None };
            filled(object, &record).attributes
        };
        assert!(seen(&[("host", "h"), ("name", "a")]).is_same(&record.seen));
        assert!(seen(&[("name", "a")]).is_same(&record.seen));
        // What differs is as it is now, and what never changes as it was.
        let other = seen(&[("name", "b")]);
        assert_eq!((other["name"].as_str(), other["host"].as_str()), (Some("b"), Some("h")));
        assert_eq!(seen(&[("host", "x"), ("name", "a")])["host"].as_str(), Some("x"));
    }
}
