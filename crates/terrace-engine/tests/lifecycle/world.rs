//! A workspace, a simulated cloud, a state in memory, and one clock for all of them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use bytes::Bytes;
use futures::future::BoxFuture;
use http::{Request, Response};
use terrace_api::{CloudConfig, Selection, Session, Transport, TransportError};
use terrace_engine::{Clouds, Context, NoEvents, Options, Outcome, Run, Stop, Wanted};
use terrace_model::Snapshot;
use terrace_plan::{Decision, Inputs, Mode, Plan, Reviewed, review};
use terrace_sim::{Cloud, Dropped, Fault, Settings};
use terrace_state::{Fresh, MemoryStore, RunStart, Store};
use tokio::sync::{Notify, watch};
use tower::ServiceExt as _;

/// Time that moves when somebody waits.
pub(crate) struct Time(AtomicU64);

impl terrace_api::Clock for Time {
    fn now_unix_ms(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        self.0.fetch_add(u64::try_from(duration.as_millis()).unwrap_or(0), Ordering::SeqCst);
        Box::pin(tokio::task::yield_now())
    }
}

impl terrace_sim::Clock for Time {
    fn now_ms(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// Where the line is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// The request does not arrive.
    Before,
    /// The answer does not arrive.
    After,
}

/// Carries requests to the cloud, until it is cut: from then on nothing arrives and nothing ends.
struct Line {
    router: Router,
    sent: AtomicUsize,
    cut: Option<(usize, Cut)>,
    is_cut: Arc<Notify>,
    asked: Asked,
}

/// What was sent.
type Asked = Arc<Mutex<Vec<String>>>;

impl Line {
    async fn dead(&self) -> Result<Response<Bytes>, TransportError> {
        self.is_cut.notify_one();
        std::future::pending().await
    }
}

#[async_trait]
impl Transport for Line {
    async fn send(
        &self,
        request: Request<Bytes>,
        _: Duration,
    ) -> Result<Response<Bytes>, TransportError> {
        let body = String::from_utf8_lossy(request.body());
        let asked = format!("{} {} {body}", request.method(), request.uri());
        self.asked.lock().expect("whole").push(asked);
        // Reads do not change anything: only what writes is worth cutting off.
        let writes = request.method() != http::Method::GET
            && !request.uri().path().ends_with("/auth/tokens");
        let number = if writes { self.sent.fetch_add(1, Ordering::SeqCst) + 1 } else { 0 };
        match self.cut {
            Some((at, _)) if self.sent.load(Ordering::SeqCst) > at => return self.dead().await,
            Some((at, Cut::Before)) if number == at => return self.dead().await,
            _ => {}
        }
        let answer = self.router.clone().oneshot(request.map(axum::body::Body::from)).await;
        let answer = answer.unwrap_or_else(|never| match never {});
        if self.cut == Some((number, Cut::After)) && number > 0 {
            return self.dead().await;
        }
        if answer.extensions().get::<Dropped>().is_some() {
            return Err(TransportError::outcome_unknown("the connection was closed"));
        }
        let (parts, body) = answer.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await;
        let body = body.map_err(|e| TransportError::outcome_unknown(e.to_string()))?;
        Ok(Response::from_parts(parts, body))
    }
}

/// All of it.
pub(crate) struct World {
    folder: tempfile::TempDir,
    time: Arc<Time>,
    pub(crate) cloud: Cloud,
    pub(crate) store: Arc<MemoryStore>,
    nonce: Arc<AtomicU64>,
    /// Steps at a time; one by one is the easiest to follow.
    pub(crate) parallelism: usize,
    /// Whether it is an administrator who works here.
    pub(crate) admin: bool,
    asked: Asked,
}

const URL: &str = "http://cloud.test";

impl World {
    pub(crate) fn new() -> Self {
        Self::with(Settings::default())
    }

    /// On a cloud with settings.
    pub(crate) fn with(settings: Settings) -> Self {
        let time = Arc::new(Time(AtomicU64::new(1_767_225_600_000)));
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("terrace.yaml"), "cloud: simulator\n").expect("written");
        std::fs::create_dir(folder.path().join("stacks")).expect("made");
        let seed = Fresh { lineage: "l".into(), fingerprint_key: vec![7; 32] };
        Self {
            folder,
            cloud: Cloud::in_memory(settings, Arc::clone(&time) as _),
            time,
            store: Arc::new(MemoryStore::new(seed).expect("a store")),
            nonce: Arc::new(AtomicU64::new(0)),
            parallelism: 1,
            admin: false,
            asked: Asked::default(),
        }
    }

    pub(crate) fn fault(&self, fault: Fault) {
        self.cloud.faults().set(vec![fault]);
    }

    /// Applies a stack `web`; what the engine as a whole says when it cannot.
    pub(crate) async fn apply(&self, stack: &str) -> Result<Outcome, String> {
        self.run(stack, Mode::Apply, None).await.expect("nothing is cut")
    }

    pub(crate) async fn destroy(&self, stack: &str) -> Result<Outcome, String> {
        self.run(stack, Mode::Destroy, None).await.expect("nothing is cut")
    }

    /// Applies and is killed at a request that writes; false when it came to its end before.
    pub(crate) async fn cut(&self, stack: &str, mode: Mode, at: usize, cut: Cut) -> bool {
        self.run(stack, mode, Some((at, cut))).await.is_none()
    }

    async fn run(
        &self,
        stack: &str,
        mode: Mode,
        cut: Option<(usize, Cut)>,
    ) -> Option<Result<Outcome, String>> {
        let is_cut = Arc::new(Notify::new());
        let line = Line {
            router: self.cloud.router(URL),
            sent: AtomicUsize::new(0),
            cut,
            is_cut: Arc::clone(&is_cut),
            asked: Arc::clone(&self.asked),
        };
        tokio::select! {
            biased;
            () = is_cut.notified() => None,
            outcome = self.corridor(stack, mode, line) => Some(outcome),
        }
    }

    async fn context(&self, line: Line) -> Context {
        let clock = Arc::clone(&self.time);
        let session = Session::connect(self.config(), Arc::new(line), clock.clone()).await;
        let session = Arc::new(session.expect("connected"));
        Context { clouds: Clouds::one(session), clock, events: Arc::new(NoEvents) }
    }

    async fn planned(
        &self,
        context: &Context,
        stack: &str,
        mode: Mode,
    ) -> Result<(Plan, Snapshot), String> {
        std::fs::write(self.folder.path().join("stacks/web.yaml"), stack).expect("written");
        let request = terrace_lang::Request::of(self.folder.path());
        let workspace = terrace_lang::load(&request).expect("valid files").workspace;
        let graph = terrace_graph::build(&workspace).expect("a graph");
        let snapshot = self.store.snapshot().expect("a snapshot");
        let unfinished = self.store.unfinished().expect("the journal");
        let recovery = terrace_engine::recover(context, &snapshot, unfinished).await;
        let recovery = recovery.map_err(|e| e.to_string())?;
        let recorded = recovery.onto(snapshot);
        recovery.commit(self.store.as_ref()).expect("written");
        assert_eq!(recorded, self.store.snapshot().expect("a snapshot"), "recovery differs");
        for (address, record) in &recorded.records {
            let settled = terrace_plan::is_settled(address, record);
            assert_eq!(record.settled, settled, "{address} is said to be what it is not");
        }
        let told = |found: terrace_model::Diagnostics| {
            found.into_iter().map(|d| d.message).collect::<Vec<_>>().join("\n")
        };
        let moves = terrace_plan::moves(&workspace, &recorded).map_err(told)?;
        let recorded = recorded.moved(&moves);
        let imports = terrace_plan::wanted_imports(&workspace, &recorded);
        let wanted = Wanted { imports, ..Wanted::by(&workspace) };
        let observed = terrace_engine::refresh(context, &recorded, &wanted).await;
        let inputs = Inputs {
            mode,
            workspace: &workspace,
            graph: &graph,
            recorded: &recorded,
            observed: &observed.map_err(|e| e.to_string())?,
            cloud: &context.identity(),
            clouds: &BTreeMap::new(),
            moves: &moves,
            choices: &terrace_plan::Choices::default(),
        };
        let plan = terrace_plan::compute(inputs).map_err(told)?;
        Ok((plan, recorded))
    }

    async fn corridor(&self, stack: &str, mode: Mode, line: Line) -> Result<Outcome, String> {
        let context = self.context(line).await;
        let (plan, recorded) = self.planned(&context, stack, mode).await?;
        let approved = match review(plan, Decision::Approve) {
            Reviewed::Approved(approved) => *approved,
            Reviewed::Refused(refusals) => return Err(refusals[0].message.clone()),
            Reviewed::Declined => unreachable!("it was approved"),
        };
        let start = RunStart {
            command: "apply".into(),
            user: "ann".into(),
            host: "here".into(),
            pid: 1,
            git_commit: None,
            digest: None,
            at_ms: 1,
            cloud: context.identity(),
            clouds: BTreeMap::new(),
        };
        let nonce = Arc::clone(&self.nonce);
        let run = Run {
            store: Arc::clone(&self.store) as Arc<dyn Store>,
            recorded,
            start,
            options: Options { parallelism: self.parallelism },
            stop: watch::channel(Stop::No).1,
            nonce: Arc::new(move || nonce.fetch_add(1, Ordering::SeqCst)),
        };
        terrace_engine::apply(&context, approved, run).await.map_err(|e| e.to_string())
    }

    /// What would be done now: `word address`, one a line; nothing when all is as desired.
    pub(crate) async fn pending(&self, stack: &str) -> String {
        let context = self.context(self.line()).await;
        let (plan, _) = self.planned(&context, stack, Mode::Apply).await.expect("a plan");
        let acting = plan.instances.iter().filter(|i| i.action != terrace_plan::Action::NoOp);
        let lines = acting.map(|i| format!("{:?} {}", i.action, i.slot()).to_lowercase());
        lines.collect::<Vec<_>>().join("\n")
    }

    /// What differs now: `address attribute`, one for each attribute that would be changed.
    pub(crate) async fn changes(&self, stack: &str) -> Vec<String> {
        let context = self.context(self.line()).await;
        let (plan, _) = self.planned(&context, stack, Mode::Apply).await.expect("a plan");
        let of = |i: &terrace_plan::InstanceChange| {
            let address = i.address.to_string();
            i.changes.iter().map(|c| format!("{address} {}", c.attribute)).collect::<Vec<_>>()
        };
        plan.instances.iter().flat_map(of).collect()
    }

    /// The moment on the clock of all, in milliseconds.
    pub(crate) fn now(&self) -> u64 {
        self.time.0.load(Ordering::SeqCst)
    }

    /// How many requests a refresh of what is recorded takes.
    pub(crate) async fn refresh_requests(&self, stack: &str) -> u64 {
        let session = Arc::new(self.session().await);
        let clock = Arc::clone(&self.time);
        let clouds = Clouds::one(Arc::clone(&session));
        let context = Context { clouds, clock, events: Arc::new(NoEvents) };
        let before = session.calls_made();
        self.planned(&context, stack, Mode::Apply).await.expect("a plan");
        session.calls_made() - before
    }

    /// The id that is recorded of an instance.
    pub(crate) fn id(&self, address: &str) -> String {
        let snapshot = self.store.snapshot().expect("a snapshot");
        let address = address.parse().expect("an address");
        snapshot.records.get(&address).expect("it is recorded").id.clone()
    }

    /// All requests: method, address and body of each.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("whole").clone()
    }

    /// Every id that is recorded, by the address within its stack.
    pub(crate) fn ids(&self) -> BTreeMap<String, String> {
        let snapshot = self.store.snapshot().expect("a snapshot");
        let one = |(address, record): (&terrace_model::Address, &terrace_model::Record)| {
            let (_, name) =
                address.to_string().split_once('/').map(|(s, n)| (s.to_owned(), n.to_owned()))?;
            Some((name, record.id.clone()))
        };
        snapshot.records.iter().filter_map(one).collect()
    }

    /// A connection of somebody else.
    pub(crate) async fn session(&self) -> Session {
        let clock = Arc::clone(&self.time);
        Session::connect(self.config(), Arc::new(self.line()), clock).await.expect("connected")
    }

    fn config(&self) -> CloudConfig {
        if !self.admin {
            return CloudConfig::for_simulator(URL);
        }
        let env = |name: &str| {
            let value = match name {
                "OS_AUTH_URL" => "http://cloud.test/identity/v3",
                "OS_USERNAME" => "admin",
                "OS_PASSWORD" => "secret",
                "OS_PROJECT_NAME" => "admin",
                _ => return None,
            };
            Some(value.to_owned())
        };
        let found = CloudConfig::resolve(&Selection::default(), &env, self.folder.path(), None);
        found.expect("the settings of an administrator")
    }

    fn line(&self) -> Line {
        Line {
            router: self.cloud.router(URL),
            sent: AtomicUsize::new(0),
            cut: None,
            is_cut: Arc::default(),
            asked: Arc::clone(&self.asked),
        }
    }

    /// Lets time go by until the cloud has done what it was asked for.
    pub(crate) async fn settle(&self) {
        terrace_api::Clock::sleep(self.time.as_ref(), Duration::from_secs(60)).await;
    }

    /// Every slot of the state with its status.
    pub(crate) fn recorded(&self) -> Vec<String> {
        let snapshot = self.store.snapshot().expect("a snapshot");
        let line = |(slot, record): (terrace_model::Slot, &terrace_model::Record)| {
            let text = slot.to_string().replace(&record.id, "ID");
            format!("{text} {:?}", record.status).to_lowercase()
        };
        snapshot.slots().map(line).collect()
    }

    /// How many objects of each collection the cloud has.
    pub(crate) fn counts(&self) -> BTreeMap<String, usize> {
        let inventory = self.cloud.inventory();
        let size = |v: &serde_json::Value| {
            let named = v.get("count").and_then(serde_json::Value::as_u64);
            named.map_or_else(
                || v.as_array().map_or(0, Vec::len),
                |n| usize::try_from(n).expect("small"),
            )
        };
        let all = inventory.as_object().expect("collections").iter();
        all.map(|(name, value)| (name.clone(), size(value))).collect()
    }
}

/// A request like these answers so, once.
pub(crate) fn fault(method: &str, path: &str, effect: terrace_sim::Effect) -> Fault {
    Fault {
        probability: None,
        service: None,
        method: Some(method.into()),
        path: Some(path.into()),
        skip: 0,
        count: Some(1),
        effect,
    }
}
