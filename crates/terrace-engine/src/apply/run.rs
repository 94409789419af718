//! The run: the loop around the queue.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::stream::{FuturesUnordered, StreamExt};
use terrace_model::{Address, OutputRecord, Snapshot, Value};
use terrace_plan::{ApprovedPlan, Counts, Plan};
use terrace_state::{RunFinish, RunStart, Store};
use tokio::sync::watch;

use super::queue::Queue;
use super::step::{Trouble, Work, word};
use super::values::Values;
use crate::context::Context;
use crate::error::EngineError;
use crate::event::Event;
use crate::outcome::{Failure, Outcome};
use crate::wait::Poller;

/// How far the user wants to stop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    /// Not at all.
    #[default]
    No,
    /// Begin nothing more, wait for what is in flight.
    Soon,
    /// At once; the journal knows what is in flight.
    Now,
}

/// Choices of the user.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Most steps in flight at a time.
    pub parallelism: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { parallelism: 10 }
    }
}

/// What one apply needs besides the plan.
pub struct Run {
    /// Where state and journal are kept.
    pub store: Arc<dyn Store>,
    /// The state that the plan was made against.
    pub recorded: Snapshot,
    /// Who runs it, for the history.
    pub start: RunStart,
    /// Choices of the user.
    pub options: Options,
    /// Tells when the user wants to stop.
    pub stop: watch::Receiver<Stop>,
    /// Gives numbers that do not repeat, for markers.
    pub nonce: Arc<dyn Fn() -> u64 + Send + Sync>,
}

/// Carries out an approved plan. Failures of single steps are in the outcome.
///
/// # Errors
/// When nothing could be begun: an unsound plan, or a state that cannot be written.
pub async fn apply(
    context: &Context,
    approved: ApprovedPlan,
    run: Run,
) -> Result<Outcome, EngineError> {
    let plan = approved.plan();
    if let Some(finding) = plan.verify().into_iter().next() {
        return Err(EngineError::Unsound(finding));
    }
    let (started, before) = (context.now(), context.calls_made());
    let (store, start) = (Arc::clone(&run.store), run.start.clone());
    tokio::task::spawn_blocking(move || store.start_run(start))
        .await
        .map_err(|_| EngineError::Worker)??;
    let recorded = moved(&run, plan).await?;
    let values = Values::of(plan);
    let poller = Poller::new(context.clone());
    let work = Work {
        context,
        store: &run.store,
        plan,
        recorded: &recorded,
        key: &run.recorded.fingerprint_key,
        values: &values,
        poller: &poller,
        nonce: run.nonce.as_ref(),
    };
    let mut tally = Tally::default();
    tally.done.moved = plan.moves.len();
    let stopped_now = tokio::select! {
        stopped = walk(&work, &run, &mut tally) => stopped,
        () = poller.run() => false,
    };
    let outputs = outputs(plan, &run.recorded, &values);
    let outcome = Outcome {
        done: tally.done,
        failed: tally.failed,
        skipped: tally.skipped.into_iter().collect(),
        interrupted: (stopped_now || tally.left > 0).then_some(tally.left),
        outputs,
        elapsed_ms: context.now().saturating_sub(started),
        requests: context.calls_made() - before,
    };
    let finish = RunFinish {
        at_ms: context.now(),
        result: result(&outcome).into(),
        outputs: outcome.outputs.clone(),
    };
    let store = Arc::clone(&run.store);
    tokio::task::spawn_blocking(move || store.finish_run(finish))
        .await
        .map_err(|_| EngineError::Worker)??;
    Ok(outcome)
}

/// Writes down, all together, what has another address now; the state that the plan was made for.
async fn moved<'r>(run: &'r Run, plan: &Plan) -> Result<Cow<'r, Snapshot>, EngineError> {
    if plan.moves.is_empty() {
        return Ok(Cow::Borrowed(&run.recorded));
    }
    let (store, moves) = (Arc::clone(&run.store), plan.moves.clone());
    let write = move || {
        let stored = store.snapshot()?;
        store.put_records(&stored.changes_to(&stored.clone().moved(&moves)))
    };
    tokio::task::spawn_blocking(write).await.map_err(|_| EngineError::Worker)??;
    Ok(Cow::Owned(run.recorded.clone().moved(&plan.moves)))
}

fn result(outcome: &Outcome) -> &'static str {
    match (outcome.is_complete(), outcome.interrupted) {
        (true, _) => "complete",
        (false, Some(_)) => "interrupted",
        (false, None) => "failed",
    }
}

#[derive(Default)]
struct Tally {
    done: Counts,
    failed: Vec<Failure>,
    skipped: BTreeSet<Address>,
    left: usize,
}

impl Tally {
    fn count(&mut self, operation: &'static str) {
        *match operation {
            "create" => &mut self.done.create,
            "delete" => &mut self.done.delete,
            "resize" => &mut self.done.resize,
            "rebuild" => &mut self.done.rebuild,
            "resume" => &mut self.done.resume,
            "forget" => &mut self.done.forget,
            "record" => &mut self.done.record,
            "import" => &mut self.done.import,
            _ => &mut self.done.update,
        } += 1;
    }
}

/// Goes through the queue; true when it was left with steps in flight.
async fn walk(work: &Work<'_>, run: &Run, tally: &mut Tally) -> bool {
    let mut queue = Queue::new(work.plan);
    let mut in_flight = FuturesUnordered::new();
    let mut stop = run.stop.clone();
    loop {
        if *stop.borrow_and_update() == Stop::No {
            while in_flight.len() < run.options.parallelism.max(1)
                && let Some(at) = queue.next()
            {
                in_flight.push(begin(work, at));
            }
        }
        tokio::select! {
            ended = in_flight.next() => match ended {
                None => break,
                Some((at, started, result)) => ended_step(work, (at, started, result), &mut queue, tally),
            },
            Ok(()) = stop.changed() => {
                work.context.emit(Event::Stopping { in_flight: in_flight.len() });
                if *stop.borrow() == Stop::Now {
                    tally.left = queue.left();
                    return true;
                }
            }
        }
    }
    tally.left = queue.left();
    false
}

async fn begin(work: &Work<'_>, at: usize) -> (usize, u64, Result<String, Trouble>) {
    let step = &work.plan.steps[at];
    let instance = work.plan.instance(step);
    let started = work.context.now();
    let operation = word(instance, step.operation);
    work.context.emit(Event::Started { address: instance.address.clone(), operation });
    (at, started, work.carry_out(step).await)
}

fn ended_step(
    work: &Work<'_>,
    (at, started, result): (usize, u64, Result<String, Trouble>),
    queue: &mut Queue,
    tally: &mut Tally,
) {
    let step = &work.plan.steps[at];
    let instance = work.plan.instance(step);
    let (address, operation) = (instance.address.clone(), word(instance, step.operation));
    let elapsed_ms = work.context.now().saturating_sub(started);
    match result {
        Ok(id) => {
            queue.done(at);
            tally.count(operation);
            work.context.emit(Event::Finished { address, operation, id, elapsed_ms });
        }
        Err(Trouble { error, advice }) => {
            let error = work.without_secrets(&error, instance);
            let (told, why) = (error.clone(), advice.clone());
            work.context.emit(Event::Failed {
                address: address.clone(),
                operation,
                error: told,
                advice: why,
                elapsed_ms,
            });
            for skipped in queue.failed(at) {
                let step = &work.plan.steps[skipped];
                let skipped = work.plan.instance(step);
                tally.skipped.insert(skipped.address.clone());
                let operation = word(skipped, step.operation);
                let because = address.clone();
                work.context.emit(Event::Skipped {
                    address: skipped.address.clone(),
                    operation,
                    because,
                });
            }
            tally.failed.push(Failure { address, operation, error, advice });
        }
    }
}

/// Outputs as they are now: one that cannot be computed, because something failed, stays as it was.
fn outputs(plan: &Plan, recorded: &Snapshot, values: &Values) -> BTreeMap<String, OutputRecord> {
    let mut outputs = BTreeMap::new();
    for (name, output) in &plan.outputs {
        let stack = name.split('.').next().and_then(|s| terrace_model::StackName::new(s).ok());
        let resolved = stack.and_then(|stack| values.resolve(&stack, &output.after).ok());
        let key = &recorded.fingerprint_key;
        let value = match resolved {
            Some(Value::Null) => continue,
            Some(value) if output.sensitive && !matches!(value, Value::Fingerprint(_)) => {
                Value::Sensitive(Box::new(value.revealed())).sealed(key)
            }
            Some(value) => value.sealed(key),
            None => match recorded.outputs.get(name) {
                Some(old) => old.value.clone(),
                None => continue,
            },
        };
        outputs.insert(name.clone(), OutputRecord { value, sensitive: output.sensitive });
    }
    outputs
}
