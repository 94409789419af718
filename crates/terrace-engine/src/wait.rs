//! Waiting: one list a tick for all servers, and one for all volumes that are waited for, whatever
//! their number.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use terrace_api::ApiError;
use terrace_model::{Kind, Name};
use tokio::sync::{Notify, oneshot};

use crate::context::Context;
use crate::kinds::{self, Progress, Sight};

const FIRST_TICK_MS: u64 = 500;
const LONGEST_TICK_MS: u64 = 5_000;

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// It rests: usable, to be confirmed, or failed.
    Settled,
    /// It is gone.
    Gone,
}

/// How a wait ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Waited {
    /// At rest, so.
    Settled(Progress),
    /// The cloud has no such thing.
    Gone,
    /// The time was up; the last state.
    TimedOut(String),
}

/// Told while a wait goes on: the state in the cloud's word.
pub(crate) type OnTick = Box<dyn Fn(&str) + Send>;

struct Waiter {
    until: Until,
    since: u64,
    deadline: u64,
    on_tick: OnTick,
    tell: oneshot::Sender<Result<Waited, String>>,
}

/// What is waited for: its cloud, the workspace's own when `None`, its kind and its id.
type Thing = (Option<Name>, Kind, String);

/// The shared poller: [`Poller::wait`] puts something on the list, [`Poller::run`] looks.
pub(crate) struct Poller {
    context: Context,
    waiting: Mutex<BTreeMap<Thing, Waiter>>,
    news: Notify,
}

impl Poller {
    pub(crate) fn new(context: Context) -> Self {
        Self { context, waiting: Mutex::default(), news: Notify::new() }
    }

    /// Waits until it is as wanted. An error is one that lasted; it ends the wait, not what
    /// the cloud does.
    pub(crate) async fn wait(
        &self,
        (cloud, kind, id): (Option<&Name>, Kind, &str),
        until: Until,
        timeout: Duration,
        on_tick: OnTick,
    ) -> Result<Waited, String> {
        let (tell, told) = oneshot::channel();
        let since = self.context.now();
        let deadline = since.saturating_add(u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX));
        let thing = (cloud.cloned(), kind, id.to_owned());
        self.lock().insert(thing, Waiter { until, since, deadline, on_tick, tell });
        self.news.notify_one();
        told.await.unwrap_or_else(|_| Err("the wait was given up".into()))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<Thing, Waiter>> {
        // A waiter's callback cannot leave the map half-changed: a poisoned lock is as good.
        self.waiting.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Looks, tick by tick, for as long as it is polled; never ends.
    pub(crate) async fn run(&self) {
        loop {
            match self.tick_length() {
                None => self.news.notified().await,
                Some(tick) => {
                    self.context.clock.sleep(tick).await;
                    self.tick().await;
                }
            }
        }
    }

    /// Short at first, then a quarter of the time already waited: seen late by a quarter at most.
    fn tick_length(&self) -> Option<Duration> {
        let oldest = self.lock().values().map(|w| w.since).min()?;
        let waited = self.context.now().saturating_sub(oldest);
        Some(Duration::from_millis((waited / 4).clamp(FIRST_TICK_MS, LONGEST_TICK_MS)))
    }

    async fn tick(&self) {
        let mut clouds: BTreeMap<Option<Name>, Vec<(Kind, String)>> = BTreeMap::new();
        for (cloud, kind, id) in self.lock().keys().cloned() {
            clouds.entry(cloud).or_default().push((kind, id));
        }
        for (cloud, things) in clouds {
            let session = self.context.clouds.session(cloud.as_ref());
            let sight = match Sight::of(session, things.iter().map(|(kind, _)| *kind)).await {
                Ok(sight) => sight,
                Err(error) => {
                    self.failed(&error);
                    continue;
                }
            };
            for (kind, id) in things {
                let progress = match sight.progress(kind, &id) {
                    Some(progress) => Ok(Some(progress)),
                    // Absence in a list is not proof.
                    None => kinds::progress(kind, session, &id).await,
                };
                match progress {
                    Ok(progress) => self.look(&(cloud.clone(), kind, id), progress),
                    Err(error) => self.failed(&error),
                }
            }
        }
    }

    fn look(&self, id: &Thing, progress: Option<Progress>) {
        let mut waiting = self.lock();
        let Some(waiter) = waiting.get(id) else { return };
        let end = match (progress, waiter.until) {
            (None, _) => Some(Waited::Gone),
            (Some(Progress::Busy(state)), Until::Gone) if state == "DELETED" => Some(Waited::Gone),
            (Some(Progress::Busy(state)), _) => self.still(waiter, &state),
            (Some(settled), Until::Settled) => Some(Waited::Settled(settled)),
            (Some(stuck @ Progress::Stuck(_)), Until::Gone) => Some(Waited::Settled(stuck)),
            // Deleting has not begun to show, or failed; the state does not tell which.
            (Some(_), Until::Gone) => self.still(waiter, "deleting"),
        };
        if let (Some(end), Some(waiter)) = (end.clone(), end.and_then(|_| waiting.remove(id))) {
            // Whoever gave up waiting does not want to know.
            drop(waiter.tell.send(Ok(end)));
        }
    }

    fn still(&self, waiter: &Waiter, state: &str) -> Option<Waited> {
        (waiter.on_tick)(state);
        (self.context.now() >= waiter.deadline).then(|| Waited::TimedOut(state.to_owned()))
    }

    /// A failed look is tried again at the next tick, until the waits' time is up.
    fn failed(&self, error: &ApiError) {
        let now = self.context.now();
        let mut waiting = self.lock();
        let over: Vec<Thing> =
            waiting.iter().filter(|(_, w)| now >= w.deadline).map(|(id, _)| id.clone()).collect();
        for waiter in over.iter().filter_map(|id| waiting.remove(id)) {
            drop(waiter.tell.send(Err(error.to_string())));
        }
    }
}
