//! Waiting: one list a tick for all servers, and one for all volumes that are waited for, whatever
//! their number. What has settled is told together with the object, read from the same lists.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use terrace_api::ApiError;
use terrace_model::{Kind, Name, Object};
use tokio::sync::{Notify, oneshot};

use crate::context::Context;
use crate::kinds::{self, Progress, Seen, Sight};
use crate::pace::{Paces, Sort};

/// Between the end of a look and the next at least; a cloud that answers slowly is left alone for
/// as long as it took.
const GAP_MS: u64 = 100;

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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

/// How a wait ended, and the object as it was then, where the lists told it whole.
type Told = (Waited, Option<Object>);

/// Told while a wait goes on: the state in the cloud's word.
pub(crate) type OnTick = Box<dyn Fn(&str) + Send>;

struct Waiter {
    until: Until,
    since: u64,
    deadline: u64,
    /// How long after the begin to look first.
    first: u64,
    /// When to look next.
    due: u64,
    /// How long it was waited for when it was last seen busy.
    busy: Option<u64>,
    on_tick: OnTick,
    tell: oneshot::Sender<Result<Told, String>>,
}

/// What is waited for: its cloud, the workspace's own when `None`, its kind and its id.
type Thing = (Option<Name>, Kind, String);

/// The shared poller: [`Poller::wait`] puts something on the list, [`Poller::run`] looks.
pub(crate) struct Poller {
    context: Context,
    desk: Mutex<Desk>,
    news: Notify,
}

#[derive(Default)]
struct Desk {
    waiting: BTreeMap<Thing, Waiter>,
    paces: Paces,
}

impl Poller {
    pub(crate) fn new(context: Context) -> Self {
        Self { context, desk: Mutex::default(), news: Notify::new() }
    }

    /// Waits until it is as wanted. An error is one that lasted; it ends the wait, not what
    /// the cloud does.
    pub(crate) async fn wait(
        &self,
        (cloud, kind, id): (Option<&Name>, Kind, &str),
        until: Until,
        timeout: Duration,
        on_tick: OnTick,
    ) -> Result<Told, String> {
        let (tell, told) = oneshot::channel();
        let since = self.context.now();
        let deadline = since.saturating_add(u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX));
        let thing = (cloud.cloned(), kind, id.to_owned());
        {
            let mut desk = self.lock();
            let first = desk.paces.first_look(&sort(&thing, until));
            let due = since + first;
            let waiter = Waiter { until, since, deadline, first, due, busy: None, on_tick, tell };
            desk.waiting.insert(thing, waiter);
        }
        self.news.notify_one();
        told.await.unwrap_or_else(|_| Err("the wait was given up".into()))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Desk> {
        // A waiter's callback cannot leave the map half-changed: a poisoned lock is as good.
        self.desk.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Looks, tick by tick, for as long as it is polled; never ends.
    pub(crate) async fn run(&self) {
        let mut rested = 0;
        let mut seen = BTreeMap::new();
        loop {
            let due = self.lock().waiting.values().map(|waiter| waiter.due).min();
            let Some(due) = due else {
                self.news.notified().await;
                continue;
            };
            let pause = due.max(rested).saturating_sub(self.context.now());
            if pause > 0 {
                tokio::select! {
                    () = self.context.clock.sleep(Duration::from_millis(pause)) => {}
                    // Something else may be due earlier.
                    () = self.news.notified() => continue,
                }
            }
            let began = self.context.now();
            self.tick(began, &mut seen).await;
            let ended = self.context.now();
            rested = ended + ended.saturating_sub(began).max(GAP_MS);
        }
    }

    async fn tick(&self, began: u64, seen: &mut BTreeMap<Option<Name>, Seen>) {
        let mut clouds: BTreeMap<Option<Name>, Vec<(Kind, String)>> = BTreeMap::new();
        for (cloud, kind, id) in self.lock().waiting.keys().cloned() {
            clouds.entry(cloud).or_default().push((kind, id));
        }
        for (cloud, things) in clouds {
            let session = self.context.clouds.session(cloud.as_ref());
            let seen = seen.entry(cloud.clone()).or_default();
            let wanted = things.iter().map(|(kind, id)| (*kind, id.as_str()));
            let sight = match Sight::of(session, seen, wanted, began).await {
                Ok(sight) => sight,
                Err(error) => {
                    self.failed(&error);
                    continue;
                }
            };
            let mut ended = Vec::new();
            for (kind, id) in things {
                let progress = match sight.progress(kind, &id) {
                    Some(progress) => Ok(Some(progress)),
                    // Absence in a list is not proof.
                    None => kinds::progress(kind, session, &id).await,
                };
                match progress {
                    Ok(progress) => {
                        ended.extend(self.look((cloud.clone(), kind, id), progress, began));
                    }
                    Err(error) => self.failed(&error),
                }
            }
            self.tell(&sight, ended).await;
        }
    }

    /// Whether the wait for something is over, and how, in a look that `began` then.
    fn look(
        &self,
        thing: Thing,
        progress: Option<Progress>,
        began: u64,
    ) -> Option<(Thing, Waited)> {
        let now = self.context.now();
        let mut desk = self.lock();
        let Desk { waiting, paces } = &mut *desk;
        let waiter = waiting.get_mut(&thing)?;
        let end = match (progress, waiter.until) {
            (None, _) => Some(Waited::Gone),
            (Some(Progress::Busy(state)), _) if state == "DELETED" => Some(Waited::Gone),
            (Some(Progress::Busy(state)), _) => waiter.still(now, &state),
            (Some(settled), Until::Settled) => Some(Waited::Settled(settled)),
            (Some(stuck @ Progress::Stuck(_)), Until::Gone) => Some(Waited::Settled(stuck)),
            // Deleting has not begun to show, or failed; the state does not tell which.
            (Some(_), Until::Gone) => waiter.still(now, "deleting"),
        };
        let (sort, elapsed) = (sort(&thing, waiter.until), began.saturating_sub(waiter.since));
        match end {
            Some(end) => {
                paces.learn(sort, (waiter.first, waiter.busy), elapsed);
                Some((thing, end))
            }
            None => {
                waiter.busy = Some(elapsed);
                if waiter.due <= now {
                    waiter.due = now + paces.next_look(&sort, elapsed);
                }
                None
            }
        }
    }

    /// Tells those whose wait is over, with the object where what else it takes can be read.
    async fn tell(&self, sight: &Sight<'_>, ended: Vec<(Thing, Waited)>) {
        let settled = ended.iter().filter(|(_, end)| matches!(end, Waited::Settled(_)));
        let ids = settled.map(|((_, kind, id), _)| (*kind, id.as_str()));
        let mut objects = sight.objects(ids).await.unwrap_or_default();
        for (thing, end) in ended {
            let object = objects.remove(&thing.2);
            if let Some(waiter) = self.lock().waiting.remove(&thing) {
                // Whoever gave up waiting does not want to know.
                drop(waiter.tell.send(Ok((end, object))));
            }
        }
    }

    /// A failed look is tried again at the next tick, until the waits' time is up.
    fn failed(&self, error: &ApiError) {
        let now = self.context.now();
        let mut desk = self.lock();
        let Desk { waiting, paces } = &mut *desk;
        for (thing, waiter) in waiting.iter_mut().filter(|(_, waiter)| waiter.due <= now) {
            let elapsed = now.saturating_sub(waiter.since);
            waiter.due = now + paces.next_look(&sort(thing, waiter.until), elapsed);
        }
        let over = waiting.extract_if(.., |_, waiter| now >= waiter.deadline);
        for (_, waiter) in over {
            drop(waiter.tell.send(Err(error.to_string())));
        }
    }
}

impl Waiter {
    fn still(&self, now: u64, state: &str) -> Option<Waited> {
        (self.on_tick)(state);
        (now >= self.deadline).then(|| Waited::TimedOut(state.to_owned()))
    }
}

fn sort((cloud, kind, _): &Thing, until: Until) -> Sort {
    (cloud.clone(), *kind, until)
}
