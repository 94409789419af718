//! Creating, changing, and going on with what an earlier run began.

use std::collections::BTreeMap;
use std::time::Duration;

use sha2::{Digest, Sha256};
use terrace_api::ApiError;
use terrace_model::{
    Address, Attributes, Kind, Object, ObjectState, OnChange, Record, Status, Timed, Value,
    value::hex,
};
use terrace_plan::{Action, InstanceChange};
use terrace_state::{Ended, Intent, OpId, Operation, Verb};

use super::step::{Trouble, Work, cloud, limit};
use crate::event::Event;
use crate::kinds::{self, Change, Lists, Made, New, Place, Progress, Recognised, Waiting};
use crate::marker::marker;
use crate::records;
use crate::recover::is_it;
use crate::wait::{Telling, Until, Waited};

const LOOK_AGAIN: Duration = Duration::from_millis(500);
const LOOKS: u32 = 6;
/// No way between two power states is longer.
const POWER_STEPS: u32 = 4;

impl Work<'_> {
    pub(super) async fn create(&self, instance: &InstanceChange) -> Result<String, Trouble> {
        let address = &instance.address;
        let desired = self.desired(instance)?;
        let intent = self.intent_to_create(instance, &desired).await?;
        let marker = intent.marker.clone();
        let op = self.begin(intent.clone()).await?;
        let new = New { desired: &desired, marker: &marker };
        let made = match kinds::create(address.kind(), self.context.session(address), &new).await {
            Ok(made) => made,
            Err(error) if error.is_unknown_outcome() => {
                self.find(op, &intent, &error).await?.into()
            }
            Err(error) => {
                self.end(op, Ended::NotDone).await?;
                return Err(not_created(address, &error));
            }
        };
        let (id, known) = (made.id.clone(), made.id.clone());
        self.stored(move |store| store.known(op, &known)).await?;
        self.context.emit(Event::Known { address: address.clone(), id: id.clone() });
        self.settle(op, (instance, &intent), made, &desired).await?;
        Ok(id)
    }

    async fn intent_to_create(
        &self,
        instance: &InstanceChange,
        desired: &Attributes,
    ) -> Result<Intent, Trouble> {
        let address = &instance.address;
        let planned = records::planned(instance, desired, self.key);
        let sealed: BTreeMap<_, _> =
            planned.declared.iter().map(|(k, v)| (k, v.to_json())).collect();
        let hash = Sha256::digest(serde_json::json!(sealed).to_string());
        let mut intent = Intent {
            address: address.clone(),
            verb: Verb::Create,
            detail: "create".into(),
            id: None,
            marker: marker(&self.plan.lineage, address, (self.nonce)()),
            existing: Vec::new(),
            replaces: instance.id.clone().filter(|_| instance.create_first),
            request_hash: hex(&hash),
            at_ms: self.context.now(),
            planned: Some(planned),
        };
        let session = self.context.session(address);
        let by = kinds::recognised(address.kind(), session.driver());
        if matches!(by, Recognised::NewGroup | Recognised::NewName) {
            let lists = Lists::of(session);
            let there = kinds::list(address.kind(), &lists).await.map_err(|e| cloud(&e))?;
            let name = desired.get("name");
            intent.existing =
                there.filter(|o| o.attributes.get("name") == name).map(|o| o.id).collect();
        }
        Ok(intent)
    }

    /// The answer was lost: looks whether the object came to be. When it is not found, the
    /// operation stays open in the journal, and the next run looks again.
    async fn find(&self, op: OpId, intent: &Intent, error: &ApiError) -> Result<String, Trouble> {
        let operation = Operation { op, intent: intent.clone(), id: None };
        let session = self.context.session(&intent.address);
        let by = kinds::recognised(intent.address.kind(), session.driver());
        for _ in 0..LOOKS {
            let lists = Lists::of(session);
            if let Ok(all) = kinds::list(intent.address.kind(), &lists).await {
                let mut fits = all.filter(|object| is_it(&operation, object, by));
                match (fits.next(), fits.next()) {
                    (Some(object), None) => return Ok(object.id),
                    (Some(_), Some(_)) => break,
                    _ => {}
                }
            }
            self.context.clock.sleep(LOOK_AGAIN).await;
        }
        Err(cloud(error))
    }

    /// Waits for a created object where its kind needs it, and records it.
    async fn settle(
        &self,
        op: OpId,
        (instance, intent): (&InstanceChange, &Intent),
        Made { id, object: made }: Made,
        desired: &Attributes,
    ) -> Result<(), Trouble> {
        let (address, id) = (&intent.address, id.as_str());
        let limit = limit(instance, Timed::Create);
        let (waited, seen) = match kinds::waiting(address.kind()) {
            Waiting::None => (None, made.filter(|object| object.state == ObjectState::Ready)),
            Waiting::Polled => {
                let told = (Until::Made, Some(telling(desired)));
                let (waited, seen) = self.wait(address, id, told, limit).await?;
                (Some(waited), seen)
            }
        };
        if waited == Some(Waited::Gone) {
            self.end(op, Ended::Removed).await?;
            return Err(Trouble::new(
                format!("it vanished while it was being created (id {id})"),
                None,
            ));
        }
        let finished = match &waited {
            None | Some(Waited::Settled(Progress::Ready)) => {
                self.finish(instance, id, &New { desired, marker: &intent.marker }).await
            }
            Some(_) => Ok(false),
        };
        let object = match (seen, &finished) {
            (Some(object), Ok(false)) => object,
            _ => self.read(address, id).await?,
        };
        let planned = intent.planned.clone().expect("invariant: a create is planned");
        let record = records::record(address, planned, &object, &intent.marker);
        self.values.learn(address, object.attributes.clone());
        self.end(op, Ended::Recorded(Box::new(record))).await?;
        judge(&object, waited, limit)?;
        finished.map(drop)
    }

    /// What is left to do of a creation once the object is there; tells whether anything was.
    async fn finish(
        &self,
        instance: &InstanceChange,
        id: &str,
        new: &New<'_>,
    ) -> Result<bool, Trouble> {
        let address = &instance.address;
        let session = self.context.session(address);
        let kind = address.kind();
        let finished = kinds::finish(kind, session, id, new).await.map_err(|e| cloud(&e))?;
        Ok(self.power(instance, id, new.desired.get("power_state")).await? || finished)
    }

    /// Brings a server into a power state, step by step; tells whether it was in another.
    pub(super) async fn power(
        &self,
        instance: &InstanceChange,
        id: &str,
        wanted: Option<&Value>,
    ) -> Result<bool, Trouble> {
        let address = &instance.address;
        let wanted = wanted.filter(|_| address.kind() == Kind::Server).and_then(Value::as_str);
        let Some(wanted) = wanted else { return Ok(false) };
        for steps in 0..POWER_STEPS {
            let step = kinds::power_step(self.context.session(address), id, wanted).await;
            if !step.map_err(|e| cloud(&e))? {
                return Ok(steps > 0);
            }
            self.settled(instance, id).await?;
        }
        Ok(true)
    }

    pub(super) async fn update(&self, instance: &InstanceChange) -> Result<String, Trouble> {
        let address = &instance.address;
        let id = instance.id.clone().expect("invariant: what is changed exists");
        let desired = self.desired(instance)?;
        let after =
            instance.changes.iter().map(|c| (c.attribute.clone(), c.after.clone())).collect();
        let changes = self.resolved(address, &after)?;
        let record = self.recorded(address);
        let planned = records::planned(instance, &desired, self.key);
        let marker = record.as_ref().map(|r| r.marker.clone()).unwrap_or_default();
        let intent = Intent {
            address: address.clone(),
            verb: Verb::Update,
            detail: super::step::word(instance, terrace_plan::Operation::Update).into(),
            id: Some(id.clone()),
            marker: marker.clone(),
            existing: Vec::new(),
            replaces: None,
            request_hash: String::new(),
            at_ms: self.context.now(),
            planned: Some(planned.clone()),
        };
        let op = self.begin(intent).await?;
        let changed = self.change(instance, (&id, &marker), &changes, &desired).await;
        // Whatever came of it, what is there now is written down; declared is what took effect.
        let object = self.read(address, &id).await?;
        let kept = match record {
            Some(record) => record.declared,
            None => self.unchanged(instance)?,
        };
        let mut written = records::record(address, planned, &object, &marker);
        if changed.is_err() {
            written.seen = records::seen(&kept, &object.attributes);
            written.declared = kept;
        }
        if written.status == Status::Creating {
            written.status = Status::Updating;
        }
        self.values.learn(address, object.attributes.clone());
        self.end(op, Ended::Recorded(Box::new(records::judged(address, written)))).await?;
        changed.map(|()| id)
    }

    fn recorded(&self, address: &Address) -> Option<Record> {
        self.recorded.records.get(address).cloned()
    }

    /// In place first, then the size, then the image: each waits for the one before.
    async fn change(
        &self,
        instance: &InstanceChange,
        (id, marker): (&str, &str),
        changes: &Attributes,
        desired: &Attributes,
    ) -> Result<(), Trouble> {
        let address = &instance.address;
        let session = self.context.session(address);
        let of = |effect: OnChange| -> Attributes {
            let such = instance.changes.iter().filter(|c| c.effect == effect);
            such.filter_map(|c| Some((c.attribute.clone(), changes.get(&c.attribute)?.clone())))
                .collect()
        };
        let now = self.after_earlier(instance, id).await?;
        let in_place = of(OnChange::InPlace);
        if !in_place.is_empty() {
            let before = instance.changes.iter().map(|c| (c.attribute.clone(), c.before.clone()));
            let before = before.collect();
            let change = Change { id, changes: &in_place, before: &before, desired, marker };
            let place = Place { session, clock: self.context.clock.as_ref() };
            kinds::update(address.kind(), place, &change).await.map_err(|e| cloud(&e))?;
        }
        let differs =
            |name: &str, wanted: &&str| now.get(name).and_then(Value::as_str) != Some(*wanted);
        let sizes = of(OnChange::Resize);
        let flavor = sizes.get("flavor").and_then(Value::as_str);
        if let Some(flavor) = flavor.filter(|wanted| differs("flavor", wanted)) {
            kinds::begin_resize(session, id, flavor).await.map_err(|e| cloud(&e))?;
            self.settled(instance, id).await?;
        }
        let images = of(OnChange::Rebuild);
        let image = images.get("image").and_then(Value::as_str);
        if let Some(image) = image.filter(|wanted| differs("image", wanted)) {
            kinds::begin_rebuild(session, id, image).await.map_err(|e| cloud(&e))?;
            self.settled(instance, id).await?;
        }
        self.power(instance, id, in_place.get("power_state")).await.map(drop)
    }

    /// Waits until a server rests, confirming a resize on the way. A server shows for a moment
    /// that it is to be confirmed after it was: it is asked once only.
    async fn settled(&self, instance: &InstanceChange, id: &str) -> Result<(), Trouble> {
        // What an earlier run created is waited for as long as a create.
        let creating = instance.action == Action::Resume;
        let limit = limit(instance, if creating { Timed::Create } else { Timed::Update });
        let mut confirmed = false;
        loop {
            match self.wait(&instance.address, id, (Until::Settled, None), limit).await?.0 {
                Waited::Settled(Progress::ToConfirm) if confirmed => {}
                Waited::Settled(Progress::ToConfirm) => {
                    let asked =
                        kinds::confirm_resize(self.context.session(&instance.address), id).await;
                    asked.map_err(|e| cloud(&e))?;
                    confirmed = true;
                }
                Waited::Settled(Progress::Failed(fault) | Progress::Stuck(fault)) => {
                    return Err(failed(&fault));
                }
                Waited::Settled(_) => return Ok(()),
                Waited::Gone => return Err(Trouble::new(format!("it vanished (id {id})"), None)),
                Waited::TimedOut(state) => return Err(timed_out(&state, limit)),
            }
        }
    }

    /// What an earlier run began may still be under way, and may turn out to be what is wanted:
    /// waits for its end, and returns the attributes as they are then.
    async fn after_earlier(
        &self,
        instance: &InstanceChange,
        id: &str,
    ) -> Result<Attributes, Trouble> {
        let address = &instance.address;
        let rested = self.recorded(address).is_none_or(|record| record.status == Status::Ready);
        if rested || kinds::waiting(address.kind()) == Waiting::None {
            return Ok(Attributes::new());
        }
        self.settled(instance, id).await?;
        Ok(self.read(address, id).await?.attributes)
    }

    /// Goes on waiting for what an earlier run began.
    pub(super) async fn resume(&self, instance: &InstanceChange) -> Result<String, Trouble> {
        let address = &instance.address;
        let id = instance.id.clone().expect("invariant: what is resumed exists");
        let settled = match kinds::waiting(address.kind()) {
            Waiting::None => Ok(()),
            Waiting::Polled => self.settled(instance, &id).await,
        };
        let desired = self.desired(instance)?;
        let old = self.recorded(address);
        let settled = match (&settled, old.as_ref().map(|record| record.status)) {
            (Ok(()), Some(Status::Creating)) => {
                let new = New { desired: &desired, marker: "" };
                self.finish(instance, &id, &new).await.map(drop)
            }
            _ => settled,
        };
        let object = self.read(address, &id).await?;
        if let Some(old) = old {
            let planned = records::planned(instance, &desired, self.key);
            let record = records::record(address, planned, &object, &old.marker);
            let address = address.clone();
            self.stored(move |store| store.put_record(&address, Some(&record))).await?;
        }
        self.values.learn(address, object.attributes);
        settled.map(|()| id)
    }
}

/// What is needed of a new object once it has settled.
fn telling(desired: &Attributes) -> Telling {
    let given = |name| desired.get(name).is_some_and(|value| !value.is_null());
    // Who names no network gets a port on the only one there is.
    let ports = desired.get("networks").and_then(Value::as_list).map_or(1, <[Value]>::len);
    let grouped = given("server_group") || given("scheduler_hints");
    Telling { ports, grouped }
}

fn judge(object: &Object, waited: Option<Waited>, limit: Duration) -> Result<(), Trouble> {
    match (&object.state, waited) {
        (ObjectState::Failed(fault), _) => Err(failed(fault)),
        (_, Some(Waited::TimedOut(state))) => Err(timed_out(&state, limit)),
        _ => Ok(()),
    }
}

fn failed(fault: &str) -> Trouble {
    Trouble::new(
        format!("the cloud says that it failed: {fault}"),
        Some("mend the cause; the next plan replaces it"),
    )
}

fn timed_out(state: &str, limit: Duration) -> Trouble {
    Trouble::new(
        format!("it is still {state} after {}", span(limit)),
        Some("it is kept; run `terrace apply` again to go on waiting"),
    )
}

/// A duration in whole minutes, or else in seconds.
fn span(limit: Duration) -> String {
    match limit.as_secs() {
        s if s >= 60 && s % 60 == 0 => format!("{} minutes", s / 60),
        s => format!("{s} seconds"),
    }
}

fn not_created(address: &Address, error: &ApiError) -> Trouble {
    if address.kind() == Kind::Keypair && error.conflict().is_some() {
        let advice = "a keypair of this name exists and is not Terrace's: choose another `name`, or delete it";
        return Trouble::new(error.to_string(), Some(advice));
    }
    cloud(error)
}
