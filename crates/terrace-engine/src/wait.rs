//! Waiting: one list a tick for all servers, and one for all volumes that are waited for, whatever
//! their number, with the ports of servers that should be there by now. What has settled is told
//! together with the object, read from the same lists.

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
/// twice as long as it took.
const GAP_MS: u64 = 100;
/// A look is at all that is waited for: what is due first waits so long for what is due soon.
const PATIENCE_MS: u64 = 150;

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Until {
    /// It was asked for just now, and rests.
    Made,
    /// It rests: usable, to be confirmed, or failed.
    Settled,
    /// It is gone.
    Gone,
}

/// What is to be told of a server that has settled besides that: the server, as lists tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Telling {
    /// So many ports it has at least.
    pub(crate) ports: usize,
    /// Whether it may be in a server group.
    pub(crate) grouped: bool,
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
    telling: Option<Telling>,
    since: u64,
    deadline: u64,
    /// How long after the begin to look first.
    first: u64,
    /// When to look next.
    due: u64,
    /// How long it was waited for when it was last seen busy.
    busy: Option<u64>,
    /// How often it was seen busy since it should have been over.
    late: u32,
    on_tick: OnTick,
    tell: oneshot::Sender<Result<Told, String>>,
}

/// What is waited for: its cloud, the workspace's own when `None`, its kind and its id.
type Thing = (Option<Name>, Kind, String);

/// Something that a look is at.
pub(crate) struct Looked {
    pub(crate) kind: Kind,
    pub(crate) id: String,
    pub(crate) until: Until,
    pub(crate) telling: Option<Telling>,
    /// It should be over by now.
    pub(crate) expected: bool,
}

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
        (until, telling): (Until, Option<Telling>),
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
            let (busy, late) = (None, 0);
            let waiter =
                Waiter { until, telling, since, deadline, first, due, busy, late, on_tick, tell };
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
            let Some(due) = self.due() else {
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
            rested = ended + (2 * ended.saturating_sub(began)).max(GAP_MS);
        }
    }

    /// When the next look is to be: when the last of those is due that are due soon.
    fn due(&self) -> Option<u64> {
        let desk = self.lock();
        let due = || desk.waiting.values().map(|waiter| waiter.due);
        let soon = due().min()? + PATIENCE_MS;
        due().filter(|due| *due <= soon).max()
    }

    async fn tick(&self, began: u64, seen: &mut BTreeMap<Option<Name>, Seen>) {
        for (cloud, things) in self.looked_for(began) {
            let session = self.context.clouds.session(cloud.as_ref());
            let seen = seen.entry(cloud.clone()).or_default();
            let now = || self.context.now();
            let sight = match Sight::of(session, seen, &things, (began, &now)).await {
                Ok(sight) => sight,
                Err(error) => {
                    self.failed(&error);
                    continue;
                }
            };
            let mut ended = Vec::new();
            for Looked { kind, id, until, .. } in &things {
                let progress = match sight.progress(*kind, id) {
                    Some(seen) => Ok(seen),
                    // What the cloud has accepted and not begun is not told with what changed.
                    None if *until == Until::Made && sight.is_of_changes(*kind) => {
                        Ok(Some(Progress::Busy("BUILD".into())))
                    }
                    // Absence in a list is not proof.
                    None => kinds::progress(*kind, session, id).await,
                };
                match progress {
                    Ok(progress) => {
                        let thing = (cloud.clone(), *kind, id.clone());
                        ended.extend(self.look(thing, progress, began));
                    }
                    Err(error) => self.failed(&error),
                }
            }
            self.tell(sight, ended).await;
        }
    }

    /// All that is waited for, by cloud, what was begun last before: of all that end in one look that
    /// one tells most about how long it takes.
    fn looked_for(&self, now: u64) -> BTreeMap<Option<Name>, Vec<Looked>> {
        let mut clouds: BTreeMap<Option<Name>, Vec<Looked>> = BTreeMap::new();
        let desk = self.lock();
        let mut waiting: Vec<(&Thing, &Waiter)> = desk.waiting.iter().collect();
        waiting.sort_by_key(|(_, waiter)| std::cmp::Reverse(waiter.since));
        for (thing, &Waiter { until, telling, due, late, .. }) in waiting {
            let (cloud, kind, id) = (thing.0.clone(), thing.1, thing.2.clone());
            let expected = due <= now && late == 0 && desk.paces.knows(&sort(thing, until));
            let looked = Looked { kind, id, until, telling, expected };
            clouds.entry(cloud).or_default().push(looked);
        }
        clouds
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
            (Some(Progress::Busy(state)), _) => waiter.still(now, &state),
            (Some(settled), Until::Made | Until::Settled) => Some(Waited::Settled(settled)),
            (Some(stuck @ Progress::Stuck(_)), Until::Gone) => Some(Waited::Settled(stuck)),
            // Deleting has not begun to show, or failed; the state does not tell which.
            (Some(_), Until::Gone) => waiter.still(now, "deleting"),
        };
        let (sort, elapsed) = (sort(&thing, waiter.until), began.saturating_sub(waiter.since));
        match end {
            Some(end) => {
                paces.learn(sort, began, (waiter.first, waiter.busy), elapsed);
                Some((thing, end))
            }
            None => {
                waiter.busy = Some(elapsed);
                // What is late is seen whenever something is looked at: then it is not due soon.
                if waiter.due <= now || waiter.late > 0 {
                    waiter.due = now + paces.next_look(&sort, elapsed, waiter.late);
                    waiter.late += u32::from(paces.knows(&sort));
                }
                None
            }
        }
    }

    /// Tells those whose wait is over, with the object where what else it takes can be read.
    async fn tell(&self, sight: Sight<'_>, ended: Vec<(Thing, Waited)>) {
        let settled = ended.iter().filter(|(_, end)| matches!(end, Waited::Settled(_)));
        let settled = settled.map(|((_, _, id), _)| id.as_str()).collect();
        let mut objects = sight.objects(&settled).await.unwrap_or_default();
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
            waiter.due = now + paces.next_look(&sort(thing, waiter.until), elapsed, waiter.late);
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
