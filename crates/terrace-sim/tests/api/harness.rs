//! A cloud, a clock that stands still, and requests as one line each.

use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Request};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use terrace_sim::{Cloud, Dropped, ManualClock, Settings};
use tower::ServiceExt;

/// Where clients believe the cloud is.
pub(crate) const BASE: &str = "http://cloud.test";
/// What clients of Terrace's kind ask of Nova.
pub(crate) const MICROVERSION: &str = "2.90";

/// An answer.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
    pub(crate) dropped: bool,
}

impl Seen {
    /// The message of an error, whichever service it is from.
    pub(crate) fn message(&self) -> String {
        let deep = |value: &Value| value["message"].as_str().map(str::to_owned);
        let inner = self.body.as_object().into_iter().flat_map(|map| map.values()).find_map(deep);
        inner.or_else(|| deep(&self.body)).unwrap_or_default()
    }
}

/// A cloud with a caller logged in.
pub(crate) struct Sim {
    pub(crate) cloud: Cloud,
    pub(crate) clock: Arc<ManualClock>,
    router: Router,
    pub(crate) token: String,
    pub(crate) microversion: &'static str,
}

impl Sim {
    /// A new cloud in memory, with `demo` logged in.
    pub(crate) async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    pub(crate) async fn with(settings: Settings) -> Self {
        let clock = Arc::new(ManualClock::default());
        let cloud = Cloud::in_memory(settings, clock.clone());
        Self::on(cloud, clock, "demo").await
    }

    /// A cloud with the clock of its settings.
    pub(crate) async fn with_own_time(settings: Settings) -> Self {
        let clock = settings.clock();
        Self::on(Cloud::in_memory(settings, clock), Arc::default(), "demo").await
    }

    /// A cloud in a folder.
    pub(crate) async fn open(folder: &Path, clock: Arc<ManualClock>) -> Self {
        let cloud = Cloud::open(folder, Settings::default(), clock.clone()).expect("it opens");
        Self::on(cloud, clock, "demo").await
    }

    async fn on(cloud: Cloud, clock: Arc<ManualClock>, user: &str) -> Self {
        let router = cloud.router(BASE);
        let token = String::new();
        let mut sim = Self { cloud, clock, router, token, microversion: MICROVERSION };
        sim.token = sim.login(user).await;
        sim
    }

    /// The same cloud for another user.
    pub(crate) async fn as_user(&self, user: &str) -> Self {
        Self::on(self.cloud.clone(), self.clock.clone(), user).await
    }

    /// A token of a preset user in the project of the same name.
    pub(crate) async fn login(&self, user: &str) -> String {
        let password = if user == "admin" { "secret" } else { user };
        let domain = json!({"id": "default"});
        let body = json!({"auth": {
            "identity": {"methods": ["password"], "password": {"user": {
                "name": user, "domain": domain, "password": password,
            }}},
            "scope": {"project": {"name": user, "domain": domain}},
        }});
        let seen = self.send("POST", "/identity/v3/auth/tokens", Some(body)).await;
        assert_eq!(seen.status, 201, "{:?}", seen.body);
        seen.headers["x-subject-token"].to_str().expect("text").to_owned()
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: Option<Value>) -> Seen {
        self.send_with(method, path, body, &[]).await
    }

    pub(crate) async fn send_with(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
        headers: &[(&str, &str)],
    ) -> Seen {
        let mut request = Request::builder().method(method).uri(format!("{BASE}{path}"));
        if !self.token.is_empty() && !headers.iter().any(|(name, _)| *name == "x-auth-token") {
            request = request.header("x-auth-token", &self.token);
        }
        if path.starts_with("/compute") && !self.microversion.is_empty() {
            request =
                request.header("openstack-api-version", format!("compute {}", self.microversion));
        }
        if path.starts_with("/image") && method == "PATCH" {
            request =
                request.header("content-type", "application/openstack-images-v2.1-json-patch");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = body.map_or_else(Body::empty, |body| match body {
            Value::String(raw) => Body::from(raw),
            other => Body::from(other.to_string()),
        });
        let request = request.body(body).expect("a request");
        let response = self.router.clone().oneshot(request).await.expect("infallible");
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await;
        let dropped = parts.extensions.get::<Dropped>().is_some();
        assert!(!dropped || bytes.is_err(), "a dropped answer has no body");
        let bytes = bytes.unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::String(text));
        Seen { status: parts.status.as_u16(), headers: parts.headers, body, dropped }
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let seen = self.send("GET", path, None).await;
        assert_eq!(seen.status, 200, "GET {path}: {:?}", seen.body);
        seen.body
    }

    /// A request that must succeed.
    pub(crate) async fn ok(&self, method: &str, path: &str, body: Value) -> Value {
        let body = Some(body).filter(|body| !body.is_null());
        let seen = self.send(method, path, body).await;
        assert!(seen.status < 300, "{method} {path}: {} {}", seen.status, seen.body);
        seen.body
    }

    /// Makes one object and gives its id.
    pub(crate) async fn make(&self, path: &str, body: Value) -> String {
        let body = self.ok("POST", path, body).await;
        let object = body.as_object().and_then(|map| map.values().next()).expect("one object");
        object["id"].as_str().expect("an id").to_owned()
    }

    /// A network with the subnet 10.0.0.0/24.
    pub(crate) async fn network(&self, name: &str) -> String {
        let id = self.make("/network/v2.0/networks", json!({"network": {"name": name}})).await;
        self.subnet(&id, "10.0.0.0/24").await;
        id
    }

    pub(crate) async fn subnet(&self, network: &str, cidr: &str) -> String {
        let version = if cidr.contains(':') { 6 } else { 4 };
        let body = json!({"network_id": network, "cidr": cidr, "ip_version": version});
        self.make("/network/v2.0/subnets", json!({ "subnet": body })).await
    }

    pub(crate) async fn image(&self, name: &str) -> String {
        let found = self.get(&format!("/image/v2/images?name={name}")).await;
        found["images"][0]["id"].as_str().expect("preset").to_owned()
    }

    /// A body for a server, to which fields are added.
    pub(crate) async fn server_body(&self, more: Value) -> Value {
        let mut body = json!({
            "name": "s", "flavorRef": "2", "imageRef": self.image("debian-12").await,
            "networks": "none",
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        body
    }

    pub(crate) async fn server(&self, more: Value) -> String {
        let body = json!({"server": self.server_body(more).await});
        self.make("/compute/v2.1/servers", body).await
    }

    pub(crate) async fn show(&self, id: &str) -> Value {
        self.get(&format!("/compute/v2.1/servers/{id}")).await["server"].clone()
    }

    pub(crate) async fn act(&self, id: &str, action: Value) -> Seen {
        self.send("POST", &format!("/compute/v2.1/servers/{id}/action"), Some(action)).await
    }

    /// The count of a collection in the inventory.
    pub(crate) fn count(&self, collection: &str) -> u64 {
        self.cloud.inventory()[collection]["count"].as_u64().expect("a count")
    }
}
