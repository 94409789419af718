//! Recovery: what became of operations that an earlier run began and did not end.
//!
//! The journal says what was intended; the cloud says what is there. [`recover`] only reads and
//! decides; [`Recovery::onto`] shows the result to a plan, [`Recovery::commit`] writes it down.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use terrace_model::{
    Attributes, Kind, Name, Object, ObjectState, OnChange, Record, Snapshot, Status, Value,
};
use terrace_state::{Ended, Intent, Operation, PlannedRecord, Store, Verb};

use crate::context::Context;
use crate::error::EngineError;
use crate::event::{Event, Finding, Recovered};
use crate::kinds::{self, Recognised};
use crate::records;

/// How long after an intent its request may still turn into an object, in milliseconds.
const GRACE_MS: u64 = 5_000;
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// Decisions about all unfinished operations.
#[derive(Debug, Default)]
pub struct Recovery(Vec<(Operation, Decision)>);

/// What was listed so far, by cloud and kind.
type Lists = BTreeMap<(Option<Name>, Kind), Vec<Object>>;

#[derive(Debug)]
enum Decision {
    Exists(Box<Record>),
    Gone,
    NotDone,
}

/// Decides every unfinished operation by looking at the cloud, and tells each.
///
/// # Errors
/// When the cloud cannot be read, or an operation cannot be decided without a person.
pub async fn recover(
    context: &Context,
    recorded: &Snapshot,
    unfinished: Vec<Operation>,
) -> Result<Recovery, EngineError> {
    if unfinished.is_empty() {
        return Ok(Recovery::default());
    }
    let mut lists = Lists::new();
    let mut claimed: BTreeSet<(Kind, String)> =
        recorded.slots().map(|(s, r)| (s.address.kind(), r.id.clone())).collect();
    let mut decided = Vec::new();
    for operation in unfinished {
        let (finding, decision) = match operation.intent.verb {
            Verb::Create => created(context, &operation, &mut lists, &claimed).await?,
            Verb::Update | Verb::Delete => begun(context, &operation, recorded).await?,
        };
        let address = operation.intent.address.clone();
        let told = Recovered {
            address,
            operation: operation.intent.verb.to_string(),
            finding: finding.clone(),
        };
        context.emit(Event::Recovered(told));
        if let Finding::Ambiguous { ids } = finding {
            let (address, count) = (operation.intent.address, ids.len());
            return Err(EngineError::Ambiguous { address, count, ids: ids.join(", ") });
        }
        if let Decision::Exists(record) = &decision {
            claimed.insert((operation.intent.address.kind(), record.id.clone()));
        }
        decided.push((operation, decision));
    }
    Ok(Recovery(decided))
}

impl Recovery {
    /// Whether there was nothing to recover.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The state as it will be once the decisions are written down.
    #[must_use]
    pub fn onto(&self, mut snapshot: Snapshot) -> Snapshot {
        for (operation, decision) in &self.0 {
            let address = &operation.intent.address;
            match decision {
                Decision::Exists(record) => {
                    depose(&mut snapshot, &operation.intent);
                    let slot = snapshot.slot_of(address, &record.id);
                    let slot = slot.unwrap_or_else(|| address.clone().into());
                    snapshot.put(slot, Some((**record).clone()));
                }
                Decision::Gone => {
                    let id = operation.id.as_deref().unwrap_or_default();
                    if let Some(slot) = snapshot.slot_of(address, id) {
                        snapshot.put(slot, None);
                    }
                }
                Decision::NotDone => {}
            }
        }
        snapshot
    }

    /// Writes the decisions down: each operation ends.
    ///
    /// # Errors
    /// When the state cannot be written; what was written stays.
    pub fn commit(self, store: &dyn Store) -> Result<(), EngineError> {
        for (operation, decision) in self.0 {
            let ended = match decision {
                Decision::Exists(record) => {
                    if operation.id.is_none() && operation.intent.id.is_none() {
                        store.known(operation.op, &record.id)?;
                    }
                    Ended::Recorded(record)
                }
                Decision::Gone => Ended::Removed,
                Decision::NotDone => Ended::NotDone,
            };
            store.end(operation.op, ended)?;
        }
        Ok(())
    }
}

/// Keeps beside the address what a create takes the place of, as the store does.
fn depose(snapshot: &mut Snapshot, intent: &Intent) {
    let Some(old) = snapshot.records.get(&intent.address).cloned() else { return };
    if intent.replaces.as_ref() == Some(&old.id) {
        drop(snapshot.deposed.insert((intent.address.clone(), old.id.clone()), old));
    }
}

async fn created(
    context: &Context,
    operation: &Operation,
    lists: &mut Lists,
    claimed: &BTreeSet<(Kind, String)>,
) -> Result<(Finding, Decision), EngineError> {
    let address = &operation.intent.address;
    let (kind, session) = (address.kind(), context.session(address));
    let list = (context.clouds.name_of(address).cloned(), kind);
    let by = kinds::recognised(kind, session.driver());
    // Absence proves nothing while a list may be from before the intent.
    let age_ms = session.driver().list_age_ms();
    loop {
        if let Some(id) = &operation.id
            && let Some(object) = kinds::get(kind, session, id).await?
        {
            return Ok(adopted(operation, &object, "its id"));
        }
        let listed = match lists.remove(&list) {
            Some(listed) => listed,
            None => kinds::list(kind, &kinds::Lists::of(session)).await?.collect(),
        };
        let fits: Vec<&Object> = listed
            .iter()
            .filter(|o| !claimed.contains(&(kind, o.id.clone())) && is_it(operation, o, by))
            .collect();
        match fits[..] {
            [] if waited_ms(context, operation) < GRACE_MS + age_ms => {
                // The request may still be on its way through the cloud: look again.
                let (address, state) = (address.clone(), "looked for".to_owned());
                let elapsed_ms = waited_ms(context, operation);
                context.emit(Event::Waiting { address, state, elapsed_ms });
                context.clock.sleep(LOOK_AGAIN.max(Duration::from_millis(age_ms / 100))).await;
                continue;
            }
            [] => {
                lists.insert(list, listed);
                let decision =
                    if operation.id.is_some() { Decision::Gone } else { Decision::NotDone };
                return Ok((Finding::NotCreated, decision));
            }
            [object] => {
                let result = adopted(operation, object, how(by));
                lists.insert(list, listed);
                return Ok(result);
            }
            _ => {
                let ids = fits.iter().map(|o| o.id.clone()).collect();
                return Ok((Finding::Ambiguous { ids }, Decision::NotDone));
            }
        }
    }
}

fn waited_ms(context: &Context, operation: &Operation) -> u64 {
    context.now().saturating_sub(operation.intent.at_ms)
}

fn how(by: Recognised) -> &'static str {
    match by {
        Recognised::NewName => "its name",
        Recognised::Marker => "its marker",
        Recognised::NameAndKey => "its name and key",
        Recognised::NewGroup => "its name and policy",
        Recognised::Itself => "what it joins",
    }
}

/// Whether an object is what an interrupted create was to make.
pub(crate) fn is_it(operation: &Operation, object: &Object, by: Recognised) -> bool {
    let intent = &operation.intent;
    let declared = intent.planned.as_ref().map(|p| &p.declared);
    let same = |name: &str| {
        let attribute = intent.address.kind().schema().attribute(name);
        let (ours, theirs) = (declared.and_then(|d| d.get(name)), object.attributes.get(name));
        matches!((attribute, ours, theirs), (Some(a), Some(x), Some(y)) if terrace_plan::same_value(a, x, y))
    };
    let new = || !intent.existing.contains(&object.id);
    match by {
        Recognised::NewName => same("name") && new(),
        Recognised::Marker => object.marker.as_deref() == Some(intent.marker.as_str()),
        Recognised::NameAndKey => same("name") && same("public_key"),
        Recognised::Itself => {
            let given = declared.into_iter().flat_map(Attributes::keys);
            given.filter(|name| names_it(intent.address.kind(), name)).all(same)
        }
        Recognised::NewGroup => {
            let members = object.attributes.get("members").and_then(Value::as_list);
            same("name") && same("policy") && members.is_none_or(<[Value]>::is_empty) && new()
        }
    }
}

/// Whether an attribute is one of those that make an object what it is.
fn names_it(kind: Kind, name: &str) -> bool {
    let attribute = kind.schema().attribute(name);
    attribute.is_some_and(|a| a.on_change == OnChange::Replace && a.readable)
}

fn adopted(operation: &Operation, object: &Object, by: &'static str) -> (Finding, Decision) {
    let intent = &operation.intent;
    let planned = intent.planned.clone().unwrap_or_else(|| PlannedRecord {
        declared: object.attributes.clone(),
        dependencies: [].into(),
        schema_version: intent.address.kind().schema().version,
        cloud: None,
        prevent_destroy: false,
        retain: false,
        delete_timeout_s: None,
    });
    let record = records::record(&intent.address, planned, object, &intent.marker);
    (Finding::Adopted { id: object.id.clone(), by }, Decision::Exists(Box::new(record)))
}

/// An interrupted change or delete of an object whose id is known.
async fn begun(
    context: &Context,
    operation: &Operation,
    recorded: &Snapshot,
) -> Result<(Finding, Decision), EngineError> {
    let intent = &operation.intent;
    let id = operation.id.as_ref().or(intent.id.as_ref());
    let slot = id.and_then(|id| recorded.slot_of(&intent.address, id));
    let (Some(id), Some(record)) = (id, slot.and_then(|slot| recorded.record(&slot))) else {
        return Ok((Finding::Deleted, Decision::NotDone));
    };
    let session = context.session(&intent.address);
    let Some(object) = kinds::get(intent.address.kind(), session, id).await? else {
        return Ok((Finding::Deleted, Decision::Gone));
    };
    let status = match (intent.verb, &object.state) {
        (_, ObjectState::Failed(_)) => Status::Failed,
        (Verb::Delete, _) => Status::Deleting,
        _ => Status::Updating,
    };
    let finding = Finding::StillThere { id: object.id.clone() };
    let seen = records::seen(&record.declared, &object.attributes);
    let record = Record { status, seen, ..record.clone() };
    Ok((finding, Decision::Exists(Box::new(records::judged(&intent.address, record)))))
}
