//! A cloud that is a script, and a clock that is a number.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::future::BoxFuture;
use http::{HeaderMap, HeaderName, Request, Response};
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::config::CloudConfig;
use crate::error::ApiError;
use crate::session::Session;
use crate::transport::{Transport, TransportError};

/// Waiting moves it on and is written down.
pub(crate) struct ManualClock {
    now_ms: AtomicU64,
    pub(crate) waits: Mutex<Vec<Duration>>,
}

impl ManualClock {
    pub(crate) fn new() -> Arc<Self> {
        let now_ms = AtomicU64::new(1_700_000_000_000);
        Arc::new(Self { now_ms, waits: Mutex::new(Vec::new()) })
    }

    pub(crate) fn advance(&self, duration: Duration) {
        self.now_ms.fetch_add(duration.as_millis() as u64, Ordering::Relaxed);
    }

    pub(crate) fn waits(&self) -> Vec<Duration> {
        self.waits.lock().unwrap().clone()
    }
}

impl Clock for ManualClock {
    fn now_unix_ms(&self) -> u64 {
        self.now_ms.load(Ordering::Relaxed)
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        self.advance(duration);
        self.waits.lock().unwrap().push(duration);
        Box::pin(async {})
    }
}

/// One expected request (`METHOD /path?query`) and what it is answered.
pub(crate) struct Step {
    expect: String,
    answer: Result<Response<Bytes>, TransportError>,
}

pub(crate) fn step(expect: &str, status: u16, body: impl Into<Bytes>) -> Step {
    let mut response = Response::new(body.into());
    *response.status_mut() = status.try_into().unwrap();
    Step { expect: expect.to_owned(), answer: Ok(response) }
}

pub(crate) fn fail(expect: &str, error: TransportError) -> Step {
    Step { expect: expect.to_owned(), answer: Err(error) }
}

impl Step {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        let headers = self.answer.as_mut().unwrap().headers_mut();
        headers.insert(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        self
    }

    /// As nova confirms the microversion.
    pub(crate) fn version(self, version: &str) -> Self {
        self.header("OpenStack-API-Version", &format!("compute {version}"))
    }
}

/// What a token request is answered; the token's name also says which one it is.
pub(crate) fn login(token: &str, lifetime_minutes: u8) -> Step {
    let body = token_body(&format!("2026-01-01T00:{lifetime_minutes:02}:00.000000Z"), &catalog());
    step("POST /identity/v3/auth/tokens", 201, body.to_string()).header("X-Subject-Token", token)
}

pub(crate) fn token_body(expires_at: &str, catalog: &Value) -> Value {
    json!({ "token": {
        "issued_at": "2026-01-01T00:00:00.000000Z",
        "expires_at": expires_at,
        "user": { "id": "u1", "name": "demo" },
        "project": { "id": "p1", "name": "demo" },
        "catalog": catalog,
    } })
}

pub(crate) fn catalog() -> Value {
    catalog_at("http://cloud")
}

pub(crate) fn catalog_at(base: &str) -> Value {
    let service = |kind: &str, url: &str| {
        let endpoint = json!({ "interface": "public", "region": "R1", "region_id": "R1",
            "url": format!("{base}{url}") });
        json!({ "type": kind, "name": kind, "endpoints": [endpoint] })
    };
    json!([
        service("compute", "/compute/v2.1"),
        service("network", "/network"),
        service("image", "/image"),
        service("volumev3", "/volume/v3/p1"),
    ])
}

/// The version document of nova.
pub(crate) fn versions(newest: &str) -> Step {
    let body = json!({ "version": { "id": "v2.1", "version": newest, "min_version": "2.1" } });
    step("GET /compute/v2.1/", 200, body.to_string())
}

/// A request that was made.
pub(crate) struct Seen {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

/// Answers the steps in order and refuses anything else.
pub(crate) struct Script {
    steps: Mutex<VecDeque<Step>>,
    seen: Mutex<Vec<Seen>>,
}

impl Script {
    pub(crate) fn new(steps: impl IntoIterator<Item = Step>) -> Arc<Self> {
        let steps = Mutex::new(steps.into_iter().collect());
        Arc::new(Self { steps, seen: Mutex::new(Vec::new()) })
    }

    /// All that was sent; every step must have been used.
    pub(crate) fn finish(&self) -> Vec<Seen> {
        let left = self.steps.lock().unwrap();
        let left: Vec<&str> = left.iter().map(|step| step.expect.as_str()).collect();
        assert!(left.is_empty(), "never asked: {left:?}");
        std::mem::take(&mut *self.seen.lock().unwrap())
    }
}

#[async_trait]
impl Transport for Script {
    async fn send(
        &self,
        request: Request<Bytes>,
        _deadline: Duration,
    ) -> Result<Response<Bytes>, TransportError> {
        tokio::task::yield_now().await;
        let place = request.uri().path_and_query().map_or("/", |place| place.as_str());
        let line = format!("{} {place}", request.method());
        let step = self.steps.lock().unwrap().pop_front();
        let step = step.unwrap_or_else(|| panic!("nothing more was expected, but {line}"));
        assert_eq!(line, step.expect);
        let body = serde_json::from_slice(request.body()).unwrap_or_default();
        let headers = request.headers().clone();
        self.seen.lock().unwrap().push(Seen { headers, body });
        step.answer
    }
}

/// The simulator's settings, with a password that is no ordinary word.
pub(crate) fn config() -> CloudConfig {
    let text = "
        { clouds: { it: { region_name: R1, auth: { auth_url: 'http://cloud/identity', username:
          demo, password: hunter2-password, project_name: demo, domain_name: Default } } } }";
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("clouds.yaml"), text).unwrap();
    CloudConfig::resolve(&Default::default(), &|_| None, folder.path(), None).unwrap()
}

/// A session that has just logged in with the token `token-1`, good for an hour.
pub(crate) async fn session(script: &Arc<Script>, clock: &Arc<ManualClock>) -> Session {
    connect(config(), script, clock).await.unwrap()
}

pub(crate) async fn connect(
    config: CloudConfig,
    script: &Arc<Script>,
    clock: &Arc<ManualClock>,
) -> Result<Session, ApiError> {
    let (script, clock) = (Arc::clone(script), Arc::clone(clock));
    Session::connect(config, script, clock).await
}
