//! One step: what all operations share.

use std::sync::Arc;
use std::time::Duration;

use terrace_api::{ApiError, ApiErrorKind};
use terrace_model::{Address, Attributes, Object, Snapshot, Timed, Value};
use terrace_plan::{Action, Check, InstanceChange, Operation, Plan, Step};
use terrace_state::{Ended, Intent, OpId, StateError, Store};

use super::values::Values;
use crate::context::Context;
use crate::error::EngineError;
use crate::event::Event;
use crate::kinds;
use crate::records;
use crate::wait::{OnTick, Poller, Telling, Until, Waited};

/// How long an operation may take, unless the user says so.
const TIME_LIMIT: Duration = Duration::from_secs(30 * 60);

/// How long an operation on an instance may take.
pub(super) fn limit(instance: &InstanceChange, timed: Timed) -> Duration {
    instance.life.timeouts.get(&timed).map_or(TIME_LIMIT, |&seconds| Duration::from_secs(seconds))
}

/// All that a step needs; shared by those in flight.
pub(super) struct Work<'a> {
    pub(super) context: &'a Context,
    pub(super) store: &'a Arc<dyn Store>,
    pub(super) plan: &'a Plan,
    pub(super) recorded: &'a Snapshot,
    pub(super) key: &'a [u8],
    pub(super) values: &'a Values,
    pub(super) poller: &'a Poller,
    pub(super) nonce: &'a (dyn Fn() -> u64 + Send + Sync),
}

/// Why a step failed, for people.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) error: String,
    pub(super) advice: Option<String>,
}

impl Trouble {
    pub(super) fn new(error: impl Into<String>, advice: Option<&str>) -> Self {
        Self { error: error.into(), advice: advice.map(str::to_owned) }
    }
}

impl From<StateError> for Trouble {
    fn from(error: StateError) -> Self {
        Self::new(
            error.to_string(),
            Some("the cloud may be ahead of the state; the next run finds out from the journal"),
        )
    }
}

impl From<EngineError> for Trouble {
    fn from(error: EngineError) -> Self {
        Self::new(error.to_string(), None)
    }
}

/// Shorter ones are words that messages have for other reasons.
const SHORTEST_SECRET: usize = 5;

/// The word for what a step does.
pub(super) fn word(instance: &InstanceChange, operation: Operation) -> &'static str {
    match (operation, instance.action) {
        (Operation::Create, _) => "create",
        (Operation::Delete, _) => "delete",
        (Operation::Forget, _) => "forget",
        (Operation::Record, _) => "record",
        (Operation::Adopt, _) => "import",
        (Operation::Resume, _) => "resume",
        (Operation::Update, Action::Resize) => "resize",
        (Operation::Update, Action::Rebuild) => "rebuild",
        (Operation::Update, _) => "update",
    }
}

impl Work<'_> {
    /// Carries out a step and returns the id it was about.
    pub(super) async fn carry_out(&self, step: &Step) -> Result<String, Trouble> {
        let instance = self.plan.instance(step);
        // What goes is not asked: conditions are about what shall be.
        let goes = matches!(step.operation, Operation::Delete | Operation::Forget);
        if !goes {
            self.hold(instance, &instance.preconditions, "nothing was done to it")?;
        }
        let id = self.operate(step, instance).await?;
        if !goes
            && instance.operations().iter().rfind(|o| **o != Operation::Delete)
                == Some(&step.operation)
        {
            self.hold(instance, &instance.postconditions, "it is there, and recorded")?;
        }
        Ok(id)
    }

    /// Checks conditions that are decided only now.
    fn hold(&self, instance: &InstanceChange, checks: &[Check], so: &str) -> Result<(), Trouble> {
        let stack = instance.address.stack();
        for check in checks {
            let resolve = |value: &Value| {
                self.values.resolve(stack, value).map_err(|e| {
                    let text =
                        format!("a condition ({}) cannot be decided: {}", check.place, e.message);
                    Trouble::new(text, None)
                })
            };
            if resolve(&check.holds)?.as_bool() != Some(true) {
                let message = resolve(&check.message)?;
                let said = message.as_str().filter(|_| !message.is_sensitive());
                let text = format!("{} ({}); {so}", said.unwrap_or("(sensitive)"), check.place);
                return Err(Trouble::new(text, Some("make the condition true, or change it")));
            }
        }
        Ok(())
    }

    async fn operate(&self, step: &Step, instance: &InstanceChange) -> Result<String, Trouble> {
        match step.operation {
            Operation::Create => self.create(instance).await,
            Operation::Delete => self.delete(instance).await,
            Operation::Update => self.update(instance).await,
            Operation::Resume => self.resume(instance).await,
            Operation::Forget => {
                let slot = instance.slot();
                self.stored(move |store| store.put_records(&[(slot, None)])).await?;
                Ok(instance.id.clone().unwrap_or_default())
            }
            Operation::Record => self.record_life(instance).await,
            Operation::Adopt => self.adopt(instance).await,
        }
    }

    /// Writes down what is kept of the lifecycle; the object is not touched.
    async fn record_life(&self, instance: &InstanceChange) -> Result<String, Trouble> {
        let slot = instance.slot();
        if let Some(record) = self.recorded.record(&slot).cloned() {
            let record = records::with_life(record, &instance.life);
            self.stored(move |store| store.put_records(&[(slot, Some(record))])).await?;
        }
        Ok(instance.id.clone().unwrap_or_default())
    }

    /// Takes over an object of the cloud as it is; nothing is asked of the cloud but to show it.
    async fn adopt(&self, instance: &InstanceChange) -> Result<String, Trouble> {
        let address = &instance.address;
        let id = instance.id.clone().expect("invariant: what is taken over exists");
        let object = self.read(address, &id).await?;
        let declared = self.unchanged(instance)?;
        let planned = records::planned(instance, &declared, self.key);
        let record = records::record(address, planned, &object, "");
        self.values.learn(address, object.attributes);
        let slot = instance.slot();
        self.stored(move |store| store.put_records(&[(slot, Some(record))])).await?;
        Ok(id)
    }

    /// The desired attributes that do not change, resolved.
    pub(super) fn unchanged(&self, instance: &InstanceChange) -> Result<Attributes, Trouble> {
        let mut same = instance.desired.clone();
        same.retain(|name, _| !instance.changes.iter().any(|c| c.attribute == name));
        self.resolved(&instance.address, &same)
    }

    /// Runs a write to the state on a thread where it may block.
    pub(super) async fn stored<T: Send + 'static>(
        &self,
        write: impl FnOnce(&dyn Store) -> Result<T, StateError> + Send + 'static,
    ) -> Result<T, Trouble> {
        let store = Arc::clone(self.store);
        let joined = tokio::task::spawn_blocking(move || write(store.as_ref())).await;
        Ok(joined.map_err(|_| EngineError::Worker)??)
    }

    pub(super) async fn begin(&self, intent: Intent) -> Result<OpId, Trouble> {
        self.stored(move |store| store.begin(intent)).await
    }

    pub(super) async fn end(&self, op: OpId, ended: Ended) -> Result<(), Trouble> {
        self.stored(move |store| store.end(op, ended)).await
    }

    /// All that is desired of an instance, now that everything pending is known.
    pub(super) fn desired(&self, instance: &InstanceChange) -> Result<Attributes, Trouble> {
        let address = &instance.address;
        let mut desired = self.resolved(address, &instance.desired)?;
        let complete = (address.kind().schema().complete)(&mut desired);
        complete.map_err(|wrong| Trouble::new(wrong, None))?;
        Ok(desired)
    }

    /// A text without what is secret of an instance: clouds say back what they do not like.
    pub(super) fn without_secrets(&self, text: &str, instance: &InstanceChange) -> String {
        let desired = self.desired(instance).unwrap_or_else(|_| instance.desired.clone());
        let mut secrets: Vec<&str> = desired.values().flat_map(Value::secret_texts).collect();
        secrets.retain(|secret| secret.len() >= SHORTEST_SECRET);
        // One may be part of another, which would not be found any more without its part.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets
            .into_iter()
            .fold(text.to_owned(), |text, secret| text.replace(secret, "(sensitive)"))
    }

    /// Attributes with everything pending resolved, and checked again now that they are known.
    pub(super) fn resolved(
        &self,
        address: &Address,
        values: &Attributes,
    ) -> Result<Attributes, Trouble> {
        let one = |(name, value): (&str, &Value)| {
            let wrong = |message: String| {
                Trouble::new(format!("`{name}` cannot be computed: {message}"), None)
            };
            let mut value =
                self.values.resolve(address.stack(), value).map_err(|e| wrong(e.message))?;
            if let Some(attribute) =
                address.kind().schema().attribute(name).filter(|_| !value.is_null())
            {
                attribute.ty.check(&value).map_err(wrong)?;
                value = attribute.ty.canonical(value);
            }
            Ok((name.to_owned(), value))
        };
        values.iter().map(one).collect()
    }

    pub(super) async fn wait(
        &self,
        address: &Address,
        id: &str,
        wanted: (Until, Option<Telling>),
        limit: Duration,
    ) -> Result<(Waited, Option<Object>), Trouble> {
        let (context, since, told) = (self.context.clone(), self.context.now(), address.clone());
        let on_tick: OnTick = Box::new(move |state| {
            let elapsed_ms = context.now().saturating_sub(since);
            context.emit(Event::Waiting {
                address: told.clone(),
                state: state.to_owned(),
                elapsed_ms,
            });
        });
        let cloud = self.context.clouds.name_of(address);
        let waited = self.poller.wait((cloud, address.kind(), id), wanted, limit, on_tick).await;
        waited.map_err(|error| {
            Trouble::new(error, Some("run `terrace apply` again: it goes on waiting"))
        })
    }

    /// The object as it is now.
    pub(super) async fn read(&self, address: &Address, id: &str) -> Result<Object, Trouble> {
        let found = kinds::get(address.kind(), self.context.session(address), id).await;
        match found {
            Ok(Some(object)) => Ok(object),
            Ok(None) => {
                Err(Trouble::new(format!("the cloud does not know it any more (id {id})"), None))
            }
            Err(error) => Err(cloud(&error)),
        }
    }
}

/// An answer of the cloud, and what can be done about it.
pub(super) fn cloud(error: &ApiError) -> Trouble {
    let advice = match error.kind() {
        ApiErrorKind::Quota => Some("ask for more quota, or remove something, and apply again"),
        ApiErrorKind::Auth => Some("check the credentials and apply again"),
        ApiErrorKind::Forbidden => {
            Some("these credentials may not do this; ask the cloud's operator")
        }
        ApiErrorKind::Unavailable | ApiErrorKind::RateLimited { .. } => {
            Some("nothing was changed; apply again later")
        }
        ApiErrorKind::UnknownOutcome => {
            Some("the next plan or apply finds out whether it was done")
        }
        ApiErrorKind::Conflict { .. } => {
            Some("something in the cloud stands in the way; see the cloud's message")
        }
        _ => None,
    };
    Trouble::new(error.to_string(), advice)
}
