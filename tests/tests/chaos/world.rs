//! A cloud, a clock, a state that outlives every run, and a folder with the workspace.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use bytes::Bytes;
use futures::future::BoxFuture;
use serde_json::Value;
use terrace_api::{Clock, CloudConfig, Session, Transport, TransportError};
use terrace_engine::{
    Clouds, Context, EngineError, Failure, NoEvents, Options, Run, Stop, Wanted, apply, recover,
    refresh,
};
use terrace_plan::{Decision, Inputs, Mode, Reviewed, compute, review};
use terrace_sim::{Cloud, Dropped, ManualClock, Settings};
use terrace_state::{Fresh, MemoryStore, RunStart, Store};
use tokio::sync::{Notify, watch};
use tower::ServiceExt as _;

const URL: &str = "http://127.0.0.1:5000";

/// How a run ended.
#[derive(Debug)]
pub(crate) enum End {
    /// There was nothing to do.
    Nothing,
    /// Everything was done.
    Done,
    /// Steps failed.
    Failed(#[expect(dead_code, reason = "shown when a story fails")] Vec<Failure>),
    /// Nothing could be begun.
    Refused(#[expect(dead_code, reason = "shown when a story fails")] String),
    /// It was killed.
    Killed,
}

pub(crate) struct World {
    pub(crate) cloud: Cloud,
    clock: Arc<Stepping>,
    store: Arc<MemoryStore>,
    folder: tempfile::TempDir,
    nonce: Arc<AtomicU64>,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let manual = Arc::new(ManualClock::default());
        let settings = Settings { seed, build_ms: 1_500, delete_ms: 700, ..Settings::default() };
        let fresh = Fresh { lineage: format!("story-{seed}"), fingerprint_key: vec![7; 32] };
        let world = Self {
            cloud: Cloud::in_memory(settings, Arc::clone(&manual) as Arc<dyn terrace_sim::Clock>),
            clock: Arc::new(Stepping(manual)),
            store: Arc::new(MemoryStore::new(fresh).expect("a state")),
            folder: tempfile::tempdir().expect("a folder"),
            nonce: Arc::default(),
        };
        write(world.folder.path(), "terrace.yaml", "cloud: simulator\n");
        world
    }

    pub(crate) fn write(&self, stack: &str) {
        write(self.folder.path(), "stacks/web.yaml", stack);
    }

    /// What the cloud holds, once everything in it has come to rest.
    pub(crate) fn inventory(&self) -> Value {
        self.clock.0.advance(60_000);
        let mut inventory = self.cloud.inventory();
        let all = inventory.as_object_mut().expect("a map");
        // A project gets its default group when it is first used.
        all.retain(|collection, _| !collection.starts_with("security_group"));
        inventory
    }

    pub(crate) fn recorded(&self) -> usize {
        self.store.snapshot().expect("a snapshot").records.len()
    }

    /// Plans and applies once; killed when the given number of requests were sent.
    pub(crate) fn run(&self, destroy: bool, kill_after: Option<usize>) -> End {
        // A runtime of its own: when it is dropped, what was being written to the state is.
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let wire = Arc::new(Wire {
            router: self.cloud.router(URL),
            left: kill_after.map(AtomicUsize::new),
            killed: Notify::new(),
        });
        runtime.block_on(async {
            tokio::select! {
                end = self.corridor(destroy, Arc::clone(&wire)) => {
                    end.unwrap_or_else(|error| End::Refused(error.to_string()))
                }
                () = wire.killed.notified() => End::Killed,
            }
        })
    }

    async fn corridor(&self, destroy: bool, wire: Arc<Wire>) -> Result<End, EngineError> {
        let request = terrace_lang::Request::of(self.folder.path());
        let workspace = terrace_lang::load(&request).expect("a good workspace").workspace;
        let graph = terrace_graph::build(&workspace).expect("a good graph");
        let config = CloudConfig::for_simulator(URL);
        let clock: Arc<dyn Clock> = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let session = Arc::new(Session::connect(config, wire, Arc::clone(&clock)).await?);
        let context = Context { clouds: Clouds::one(session), clock, events: Arc::new(NoEvents) };
        let snapshot = self.store.snapshot()?;
        let recovery = recover(&context, &snapshot, self.store.unfinished()?).await?;
        let recorded = recovery.onto(snapshot);
        let observed = refresh(&context, &recorded, &Wanted::by(&workspace)).await?;
        let plan = compute(Inputs {
            mode: if destroy { Mode::Destroy } else { Mode::Apply },
            workspace: &workspace,
            graph: &graph,
            recorded: &recorded,
            observed: &observed,
            cloud: &context.identity(),
            clouds: &context.identities(),
            moves: &[],
        })
        .expect("a plan");
        recovery.commit(self.store.as_ref())?;
        if plan.is_empty() {
            return Ok(End::Nothing);
        }
        let Reviewed::Approved(approved) = review(plan, Decision::Approve) else {
            panic!("nothing in these workspaces is refused");
        };
        let (_stop, stop) = watch::channel(Stop::No);
        let nonce = Arc::clone(&self.nonce);
        let run = Run {
            store: Arc::clone(&self.store) as Arc<dyn Store>,
            recorded,
            start: self.start(&context),
            options: Options::default(),
            stop,
            nonce: Arc::new(move || nonce.fetch_add(1, Ordering::SeqCst)),
        };
        let outcome = apply(&context, *approved, run).await?;
        Ok(if outcome.is_complete() { End::Done } else { End::Failed(outcome.failed) })
    }

    fn start(&self, context: &Context) -> RunStart {
        RunStart {
            command: "apply".into(),
            user: "tester".into(),
            host: "here".into(),
            pid: 1,
            git_commit: None,
            digest: None,
            at_ms: self.clock.now_unix_ms(),
            cloud: context.identity(),
            clouds: context.identities(),
        }
    }
}

/// How many objects of a collection there are.
pub(crate) fn count(inventory: &Value, collection: &str) -> usize {
    let listed = &inventory[collection];
    let count = listed["count"].as_u64().or_else(|| listed.as_array().map(|a| a.len() as u64));
    usize::try_from(count.unwrap_or_else(|| panic!("no {collection} in {inventory}"))).expect("few")
}

fn write(folder: &Path, file: &str, text: &str) {
    let path = folder.join(file);
    std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    std::fs::write(path, text).expect("written");
}

/// The cloud's clock, which goes on as far as anyone waits.
struct Stepping(Arc<ManualClock>);

impl Clock for Stepping {
    fn now_unix_ms(&self) -> u64 {
        terrace_sim::Clock::now_ms(self.0.as_ref())
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            // Others get their turn first: who waits, waits longest.
            tokio::task::yield_now().await;
            self.0.advance(u64::try_from(duration.as_millis()).expect("short"));
        })
    }
}

/// Carries requests to the cloud, so many of them.
struct Wire {
    router: Router,
    left: Option<AtomicUsize>,
    killed: Notify,
}

#[async_trait]
impl Transport for Wire {
    async fn send(
        &self,
        request: http::Request<Bytes>,
        _: Duration,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let last = match &self.left {
            Some(left) => left.fetch_sub(1, Ordering::SeqCst) == 0,
            None => false,
        };
        let request = request.map(axum::body::Body::from);
        let answer = self.router.clone().oneshot(request).await;
        if last {
            // The cloud has done it; nobody is left to hear of it.
            self.killed.notify_one();
            std::future::pending::<()>().await;
        }
        let response = answer.unwrap_or_else(|never| match never {});
        if response.extensions().get::<Dropped>().is_some() {
            return Err(TransportError::outcome_unknown("the connection was closed"));
        }
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await;
        let bytes = bytes.map_err(|e| TransportError::outcome_unknown(e.to_string()))?;
        Ok(http::Response::from_parts(parts, bytes))
    }
}
