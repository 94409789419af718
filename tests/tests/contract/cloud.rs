//! The two clouds: each sends a request and lets time pass.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, Request};
use serde_json::{Value, json};
use terrace_api::{HttpOptions, HttpTransport, Transport};
use terrace_sim::{Cloud, ManualClock, Settings};
use tower::ServiceExt as _;

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        let text = || Value::from(String::from_utf8_lossy(&self.bytes).into_owned());
        serde_json::from_slice(&self.bytes).unwrap_or_else(|_| text())
    }
}

/// Where requests go.
#[derive(Clone)]
pub(crate) enum Wire {
    /// The simulator, in the process, with a clock that stands still.
    Simulator(axum::Router, Arc<ManualClock>),
    /// A cloud on the network.
    Network(Arc<HttpTransport>),
}

/// Where the simulator believes to be.
const BASE: &str = "http://cloud.test";

impl Wire {
    /// As old as the cloud that the answers are of.
    pub(crate) fn simulator() -> Self {
        Self::simulated(Settings { compute_max_minor: 93, ..Settings::default() })
    }

    /// With every version that there is.
    pub(crate) fn newest() -> Self {
        Self::simulated(Settings::default())
    }

    fn simulated(settings: Settings) -> Self {
        let clock = Arc::new(ManualClock::default());
        let cloud = Cloud::in_memory(settings, clock.clone());
        Self::Simulator(cloud.router(BASE), clock)
    }

    #[cfg_attr(not(feature = "openstack"), expect(dead_code, reason = "real clouds only"))]
    pub(crate) fn network() -> Self {
        let transport = HttpTransport::new(&HttpOptions::default()).expect("a transport");
        Self::Network(Arc::new(transport))
    }

    pub(crate) async fn send(&self, request: Request<Bytes>) -> Answer {
        let response = match self {
            Self::Simulator(router, _) => {
                let response = router.clone().oneshot(request.map(Body::from)).await;
                let (parts, body) = response.expect("infallible").into_parts();
                let bytes = axum::body::to_bytes(body, usize::MAX).await.expect("a body");
                http::Response::from_parts(parts, bytes)
            }
            Self::Network(transport) => {
                let sent = transport.send(request, Duration::from_secs(60)).await;
                sent.expect("the cloud answers")
            }
        };
        let (parts, bytes) = response.into_parts();
        Answer { status: parts.status.as_u16(), headers: parts.headers, bytes }
    }

    /// Lets a moment pass.
    pub(crate) async fn wait(&self) {
        match self {
            Self::Simulator(_, clock) => clock.advance(50),
            Self::Network(_) => tokio::time::sleep(Duration::from_millis(300)).await,
        }
    }
}

/// Somebody logged in: a token and where the services are.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) token: String,
    pub(crate) services: BTreeMap<String, String>,
    pub(crate) project: String,
    pub(crate) user: String,
}

/// Logs in with a password.
pub(crate) async fn login(
    wire: &Wire,
    identity: &str,
    (user, password, project): (&str, &str, &str),
) -> Session {
    let domain = json!({"id": "default"});
    let body = json!({"auth": {
        "identity": {"methods": ["password"], "password": {"user": {
            "name": user, "domain": domain, "password": password,
        }}},
        "scope": {"project": {"name": project, "domain": domain}},
    }});
    let request = Request::post(format!("{identity}/auth/tokens"))
        .header("content-type", "application/json")
        .body(Bytes::from(body.to_string()));
    let answer = wire.send(request.expect("a request")).await;
    let token = answer.headers["x-subject-token"].to_str().expect("text").to_owned();
    let body = answer.json();
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let mut services = BTreeMap::new();
    for service in body["token"]["catalog"].as_array().expect("a catalogue") {
        let endpoints = service["endpoints"].as_array().expect("a list");
        let public = endpoints.iter().find(|e| e["interface"] == "public").expect("public");
        services.insert(text(&service["type"]), text(&public["url"]));
    }
    services.insert("identity".into(), identity.to_owned());
    Session {
        token,
        services,
        project: text(&body["token"]["project"]["id"]),
        user: text(&body["token"]["user"]["id"]),
    }
}
