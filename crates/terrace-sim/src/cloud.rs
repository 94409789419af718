//! The handle: from an HTTP request to a service and back, with faults on the way.

use crate::clock::Clock;
use crate::error::SimError;
use crate::faults::{Effect, Faults, Target};
use crate::log::Log;
use crate::settings::Settings;
use crate::state::State;
use crate::web::{Answer, Reply, Req, decode};
use crate::{cinder, gateway, glance, ids, keystone, neutron, nova, presets, settle};
use axum::Router;
use axum::body::Body;
use axum::extract::{Query, Request, State as Injected};
use axum::response::Response;
use bytes::Bytes;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

/// The largest request that is read.
const MAX_BODY: usize = 256 << 20;

/// An extension of responses that a client on a network would never have got: the connection was
/// closed instead. Their body fails at the first read, so that a port does close it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dropped;

struct Inner {
    state: Mutex<State>,
    faults: Faults,
    clock: Arc<dyn Clock>,
    requests: AtomicU64,
    latency: Duration,
    /// While answers lag: the cloud before each write, with the moment of it.
    past: Mutex<VecDeque<(u64, State)>>,
}

/// A simulated cloud. Clones are handles of the same cloud.
#[derive(Clone)]
pub struct Cloud {
    inner: Arc<Inner>,
}

impl std::fmt::Debug for Cloud {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cloud").finish_non_exhaustive()
    }
}

impl Cloud {
    /// A cloud that ends with its last handle.
    pub fn in_memory(settings: Settings, clock: Arc<dyn Clock>) -> Self {
        let mut state = State::new(settings, clock.now_ms());
        presets::fill(&mut state);
        // There is no log to fail.
        let _ = state.commit();
        Self::with(state, clock)
    }

    /// A cloud in a folder, created there if need be. Every write is in its log before the
    /// response is given, so it survives a kill at any time.
    pub fn open(
        folder: &Path,
        settings: Settings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SimError> {
        let (log, lines) = Log::open(folder)?;
        let mut state = State::new(settings, clock.now_ms());
        state.replay(lines).map_err(|source| SimError::Damaged {
            path: folder.join("cloud.log"),
            line: 0,
            source,
        })?;
        if state.projects.len() == 0 {
            presets::fill(&mut state);
        }
        if state.volume_types.len() == 0 {
            // Written by a version that had no volumes.
            presets::volume_types(&mut state);
        }
        state.attach(log)?;
        Ok(Self::with(state, clock))
    }

    fn with(state: State, clock: Arc<dyn Clock>) -> Self {
        let inner = Inner {
            faults: Faults::new(&state.settings.faults, state.settings.seed),
            latency: Duration::from_millis(state.settings.latency_ms),
            state: Mutex::new(state),
            clock,
            requests: AtomicU64::new(0),
            past: Mutex::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// The cloud's APIs under one host, `base_url` being how clients reach it: `/identity/v3`,
    /// `/compute/v2.1`, `/network/v2.0`, `/image/v2`, `/volume/v3`, the gateway at
    /// `/gateway`, and `/_sim` for the simulator itself.
    pub fn router(&self, base_url: &str) -> Router {
        let app = App { cloud: self.clone(), base: base_url.trim_end_matches('/').into() };
        Router::new().fallback(handle).with_state(app)
    }

    /// A `clouds.yaml` for clients of a router at `base_url`.
    pub fn clouds_yaml(&self, base_url: &str) -> String {
        presets::clouds_yaml(&self.state(), base_url.trim_end_matches('/'))
    }

    /// The cloud's faults.
    pub fn faults(&self) -> &Faults {
        &self.inner.faults
    }

    /// Makes the cloud new: what was preset is there again, everything else is gone.
    pub fn reset(&self) -> Result<(), SimError> {
        let mut state = self.state();
        state.clear();
        state.now = self.inner.clock.now_ms();
        presets::fill(&mut state);
        state.compact()
    }

    /// How many objects of each collection there are, and their names.
    pub fn inventory(&self) -> Value {
        let mut state = self.state();
        state.now = self.inner.clock.now_ms();
        settle::settle(&mut state);
        if let Err(error) = state.commit() {
            return json!({ "error": error.to_string() });
        }
        presets::inventory(&state)
    }

    /// Answers as if the request were done, and takes everything back.
    fn pretend(&self, req: &Req) -> Reply {
        let mut state = self.state();
        state.now = self.inner.clock.now_ms();
        settle::settle(&mut state);
        if let Err(error) = state.commit() {
            return broken(&error);
        }
        let due = state.due.clone();
        let reply = route(&mut state, req).unwrap_or_else(|reply| reply);
        state.rollback();
        state.due = due;
        reply
    }

    /// Answers from the cloud as it was.
    fn answer_from(&self, req: &Req, ms: u64) -> Reply {
        let now = self.inner.clock.now_ms();
        let then = now.saturating_sub(ms);
        let past = self.inner.past.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((_, state)) = past.iter().find(|(at, _)| *at > then) else {
            drop(past);
            return self.answer(req);
        };
        let mut state = state.memory();
        drop(past);
        state.tokens = self.state().tokens.clone();
        state.now = then;
        settle::settle(&mut state);
        state.now = now;
        route(&mut state, req).unwrap_or_else(|reply| reply)
    }

    /// Keeps what the cloud is before a write, as long as some answer may lag that far.
    fn remember(&self, state: &State) {
        let mut past = self.inner.past.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(lag) = self.inner.faults.longest_lag() else {
            past.clear();
            return;
        };
        let oldest = state.now.saturating_sub(lag);
        while past.front().is_some_and(|(at, _)| *at < oldest) {
            past.pop_front();
        }
        past.push_back((state.now, state.memory()));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does one request, completely, before any other.
    fn answer(&self, req: &Req) -> Reply {
        self.answer_after(req, |_| ())
    }

    /// Does something to the cloud and then one request.
    fn answer_after(&self, req: &Req, first: impl FnOnce(&mut State)) -> Reply {
        let mut state = self.state();
        state.now = self.inner.clock.now_ms();
        settle::settle(&mut state);
        first(&mut state);
        if let Err(error) = state.commit() {
            return broken(&error);
        }
        if req.method != "GET" {
            self.remember(&state);
        }
        match route(&mut state, req) {
            Ok(reply) => match state.commit() {
                Ok(()) => reply,
                Err(error) => broken(&error),
            },
            Err(reply) => {
                state.rollback();
                reply
            }
        }
    }
}

pub(crate) fn broken(error: &SimError) -> Reply {
    let reason = std::error::Error::source(error).map_or_else(String::new, |s| format!(": {s}"));
    Reply::json(500, &json!({ "error": format!("{error}{reason}") }))
}

fn route(state: &mut State, req: &Req) -> Answer {
    let answer = routed(state, req);
    if req.segments.first().is_some_and(|service| service == "gateway") {
        return answer;
    }
    answer.map_err(|reply| reply.into_page(req))
}

fn routed(state: &mut State, req: &Req) -> Answer {
    match req.segments.first().map(String::as_str) {
        Some("identity") => keystone::answer(state, req),
        Some("compute") => nova::answer(state, req),
        Some("network") => neutron::answer(state, req),
        Some("image") => glance::answer(state, req),
        Some("volume") => cinder::answer(state, req),
        Some("gateway") => gateway::answer(state, req),
        _ => Err(Reply::json(404, &json!({ "error": "no such service" }))),
    }
}

#[derive(Clone)]
struct App {
    cloud: Cloud,
    base: Arc<str>,
}

async fn handle(Injected(app): Injected<App>, request: Request) -> Response {
    let Some(mut req) = app.read(request).await else { return dropped(Reply::empty(400)) };
    if req.segments.first().is_some_and(|s| s == "_sim") {
        return respond(crate::admin::answer(&app.cloud, &req), Sent::Whole);
    }
    let inner = &app.cloud.inner;
    inner.clock.tick();
    let target = Target {
        service: req.segments.first().map_or("", String::as_str),
        method: &req.method,
        path: &req.path,
    };
    let (delay, effect) = inner.faults.decide(target);
    let wait = inner.latency + Duration::from_millis(delay);
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
    let (reply, sent) = app.run(&mut req, effect);
    let mut response = respond(reply, sent);
    finish(&req, &mut response);
    response
}

/// How much of a reply reaches the client.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sent {
    Whole,
    Half,
    Nothing,
}

impl App {
    async fn read(&self, request: Request) -> Option<Req> {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, MAX_BODY).await.ok()?;
        let query = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri).ok();
        let path = parts.uri.path().to_owned();
        let inner = &self.cloud.inner;
        let number = inner.requests.fetch_add(1, Ordering::Relaxed);
        Some(Req {
            method: parts.method.as_str().to_owned(),
            segments: path.split('/').filter(|s| !s.is_empty()).map(decode).collect(),
            path,
            query: query.map(|Query(q)| q).unwrap_or_default(),
            headers: parts.headers,
            body,
            base: self.base.clone(),
            request_id: format!("req-{}", ids::uuid(inner.clock.now_ms(), number)),
            sabotage: None,
        })
    }

    /// The request as the fault wants it.
    fn run(&self, req: &mut Req, effect: Option<Effect>) -> (Reply, Sent) {
        match effect {
            Some(Effect::Status { code, body, retry_after }) => {
                (told(req, code, (body, retry_after)), Sent::Whole)
            }
            Some(Effect::StatusAfter { code, body, retry_after }) => {
                self.cloud.answer(req);
                (told(req, code, (body, retry_after)), Sent::Whole)
            }
            Some(Effect::DropBefore) => (Reply::empty(503), Sent::Nothing),
            Some(Effect::DropAfter) => {
                self.cloud.answer(req);
                (Reply::empty(503), Sent::Nothing)
            }
            Some(Effect::Truncate) => (self.cloud.answer(req), Sent::Half),
            Some(Effect::ExpireToken) => {
                let forget = |state: &mut State| {
                    let token = match req.segments.first().map(String::as_str) {
                        Some("gateway") => gateway::token(req),
                        _ => req.header("x-auth-token"),
                    };
                    token.and_then(|token| state.tokens.remove(&ids::digest(token)));
                };
                (self.cloud.answer_after(req, forget), Sent::Whole)
            }
            Some(Effect::Quota { resource, limit }) => {
                let change = |state: &mut State| set_quota(state, req, (&resource, limit));
                (self.cloud.answer_after(req, change), Sent::Whole)
            }
            Some(Effect::Lag { ms }) => (self.cloud.answer_from(req, ms), Sent::Whole),
            Some(Effect::Lose) => (self.cloud.pretend(req), Sent::Whole),
            Some(
                effect @ (Effect::ServerError { .. } | Effect::HangInBuild | Effect::NoValidHost),
            ) => {
                req.sabotage = Some(effect);
                (self.cloud.answer(req), Sent::Whole)
            }
            Some(Effect::Delay { .. }) | None => (self.cloud.answer(req), Sent::Whole),
        }
    }
}

/// Sets a limit of the caller's project in the service that is asked.
fn set_quota(state: &mut State, req: &Req, (resource, limit): (&str, i64)) {
    let asked = match req.segments.first().map_or("", String::as_str) {
        "gateway" => gateway::asked(state, req),
        service => keystone::caller(state, req).ok().map(|who| (service, who)),
    };
    let Some((service, who)) = asked else { return };
    let id = format!("{service}/{}", who.project_id);
    let mut row = state.quotas.get(&id).cloned().unwrap_or_default();
    row.set("id", id);
    row.set(resource, limit);
    state.quotas.put(row);
}

/// A failure as a fault has it.
fn told(req: &Req, code: u16, (body, retry_after): (Option<String>, Option<u64>)) -> Reply {
    let reply = match body {
        Some(body) => Reply { status: code, headers: Vec::new(), body: body.into() },
        None => failure(req, code),
    };
    match retry_after {
        Some(seconds) => reply.header("retry-after", seconds.to_string()),
        None => reply,
    }
}

/// A failure in the words of the service that was asked.
fn failure(req: &Req, code: u16) -> Reply {
    let title = http::StatusCode::from_u16(code).ok().and_then(|s| s.canonical_reason());
    let message = format!("Simulated failure: {}", title.unwrap_or("unknown"));
    match req.segments.first().map(String::as_str) {
        Some("compute" | "volume") => nova::fault(code, &message),
        Some("network") => neutron::fault(code, "SimulatedFault", &message),
        Some("image") => glance::fault(code, &message),
        Some("gateway") => gateway::failure(req, &gateway::Error::of_status(code, &message)),
        _ => keystone::fault(code, &message),
    }
}

fn dropped(reply: Reply) -> Response {
    respond(reply, Sent::Nothing)
}

fn respond(reply: Reply, sent: Sent) -> Response {
    let mut response = Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        response = response.header(*name, value);
    }
    let built = match sent {
        Sent::Whole => response.body(Body::from(reply.body)),
        Sent::Nothing => response.extension(Dropped).body(broken_body(Bytes::new())),
        Sent::Half => {
            let whole = Bytes::from(reply.body);
            let half = whole.slice(..whole.len() / 2);
            response.header("content-length", whole.len()).body(broken_body(half))
        }
    };
    built.unwrap_or_else(|_| {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}

/// The headers that every answer of a service has.
fn finish(req: &Req, response: &mut Response) {
    let Ok(id) = http::HeaderValue::from_str(&req.request_id) else { return };
    let service = req.segments.first().map_or("", String::as_str);
    let status = response.status().as_u16();
    // What answers before the service itself does has no such name.
    let outside = req.segments.len() == 1 && matches!(service, "compute" | "network" | "image");
    if outside || (service == "image" && status == 401) {
        return;
    }
    let headers = response.headers_mut();
    let quotas = req.segments.iter().any(|part| part == "os-quota-sets");
    let lost = status == 401 || status == 404 && !headers.contains_key("openstack-api-version");
    let before = service == "volume" && (lost || status < 300 && req.method == "DELETE" && !quotas);
    if (service == "compute" || service == "volume") && !before {
        headers.insert("x-compute-request-id", id.clone());
    }
    headers.insert("x-openstack-request-id", id);
}

/// A body that sends some bytes and then fails, which makes a server close the connection.
fn broken_body(first: Bytes) -> Body {
    let mut first = Some(first).filter(|bytes| !bytes.is_empty());
    let mut waited = first.is_none();
    Body::from_stream(futures::stream::poll_fn(move |cx| {
        if let Some(first) = first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        if !waited {
            // One turn, so that the bytes before are on their way.
            waited = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset))))
    }))
}
