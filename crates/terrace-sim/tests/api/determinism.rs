//! The same seed and the same requests give the same bytes.

use crate::harness::{BASE, Sim};
use axum::body::Body;
use http::Request;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use terrace_sim::{Cloud, ManualClock, Settings};
use tower::ServiceExt as _;

/// Requests to every service, one a line, the name first under which the first id of the answer is
/// known to those that follow. A number alone lets so many milliseconds pass.
const REQUESTS: &str = r#"
- GET /identity/v3/auth/catalog
project GET /identity/v3/auth/projects
image GET /image/v2/images?name=cirros
- POST /compute/v2.1/os-keypairs {"keypair": {"name": "k"}}
- POST /compute/v2.1/os-server-groups {"server_group": {"name": "g", "policy": "anti-affinity"}}
- POST /network/v2.0/networks {"networks": [{"name": "x"}, {"name": "y"}, {"name": "n"}]}
network POST /network/v2.0/networks {"network": {"name": "n"}}
- POST /network/v2.0/subnets {"subnet": {"network_id": "$network", "cidr": "10.0.0.0/24", "ip_version": 4}}
- POST /network/v2.0/security-groups {"security_group": {"name": "s"}}
- POST /network/v2.0/routers {"router": {"name": "r"}}
- POST /compute/v2.1/servers {"server": {"name": "s", "flavorRef": "1", "imageRef": "$image", "networks": "none", "tags": ["b", "a"], "metadata": {"y": "1", "x": "2"}}}
- POST /compute/v2.1/servers {"server": {"name": "s", "flavorRef": "1", "imageRef": "$image", "networks": "none", "min_count": 3}}
400
- GET /compute/v2.1/servers/detail
1600
- GET /compute/v2.1/servers/detail
- GET /compute/v2.1/servers/detail?all_tenants=1&limit=2
- GET /compute/v2.1/os-server-groups
- POST /volume/v3/$project/volumes {"volume": {"size": 1, "metadata": {"b": "1", "a": "2"}}}
400
- GET /volume/v3/$project/volumes/detail
- POST /image/v2/images {"name": "i", "disk_format": "raw", "container_format": "bare", "tags": ["b", "a"]}
- GET /image/v2/images
- GET /network/v2.0/networks
- GET /network/v2.0/ports
- GET /network/v2.0/security-groups
- GET /network/v2.0/extensions
- GET /_sim/status
- GET /_sim/faults
"#;

/// A caller and all that was answered.
struct Caller {
    router: axum::Router,
    token: String,
    transcript: String,
}

impl Caller {
    async fn send(&mut self, method: &str, path: &str, body: String) -> Value {
        let request = Request::builder().method(method).uri(format!("{BASE}{path}"));
        let request = request.header("x-auth-token", &self.token);
        let request =
            request.header("openstack-api-version", "compute 2.90").body(Body::from(body));
        let request = request.expect("a request");
        let response = self.router.clone().oneshot(request).await.expect("infallible");
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
        if let Some(token) = parts.headers.get("x-subject-token") {
            self.token = token.to_str().expect("text").to_owned();
        }
        let text = String::from_utf8_lossy(&bytes);
        let (status, headers) = (parts.status, parts.headers);
        writeln!(self.transcript, "{method} {path}: {status} {headers:?} {text}").expect("text");
        serde_json::from_slice(&bytes).unwrap_or_default()
    }
}

/// Everything that a cloud of this seed answers.
async fn transcript(seed: u64) -> String {
    let faults = "[{probability: 0.5, path: /v2., effect: {kind: status, code: 503}}, \
                   {probability: 0.2, path: /servers, effect: {kind: server_error, message: x}}]";
    let settings = Settings::parse(&format!("{{seed: {seed}, faults: {faults}}}"));
    let clock = Arc::new(ManualClock::default());
    let cloud = Cloud::in_memory(settings.expect("settings"), clock.clone());
    let router = cloud.router(BASE);
    let mut caller = Caller { router, token: String::new(), transcript: String::new() };
    let domain = json!({"id": "default"});
    let user = json!({"name": "demo", "domain": domain, "password": "demo"});
    let login = json!({"auth": {
        "identity": {"methods": ["password"], "password": {"user": user}},
        "scope": {"project": {"name": "demo", "domain": domain}},
    }});
    caller.send("POST", "/identity/v3/auth/tokens", login.to_string()).await;
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    for line in REQUESTS.lines().skip(1) {
        if let Ok(ms) = line.parse() {
            clock.advance(ms);
            continue;
        }
        let fill = |line: String, (name, id): (&String, &String)| line.replace(name, id);
        let line = known.iter().fold(line.to_owned(), fill);
        let mut words = line.splitn(4, ' ');
        let mut word = || words.next().unwrap_or_default().to_owned();
        let (name, method, path, body) = (word(), word(), word(), word());
        let answer = caller.send(&method, &path, body).await;
        known.extend(first_id(&answer).map(|id| (format!("${name}"), id)));
    }
    caller.transcript
}

fn first_id(value: &Value) -> Option<String> {
    match value {
        Value::Array(items) => items.iter().find_map(first_id),
        Value::Object(map) => {
            let own = map.get("id").and_then(Value::as_str).map(str::to_owned);
            own.or_else(|| map.values().find_map(first_id))
        }
        _ => None,
    }
}

#[tokio::test]
async fn the_same_bytes() {
    let first = transcript(7).await;
    for status in [" 200 OK ", " 201 Created ", " 202 Accepted ", " 503 Service Unavailable "] {
        assert!(first.contains(status), "no answer was {status}");
    }
    let refused = first.lines().find(|line| line.contains(": 400 ") || line.contains(": 404 "));
    assert_eq!(refused, None, "every request is as it should be");
    let (again, other) = (transcript(7).await, transcript(8).await);
    let changed = first.lines().zip(again.lines()).find(|(a, b)| a != b);
    assert_eq!(changed, None, "the same seed and requests");
    assert_ne!(first, other, "another seed");
}

/// With a time of its own a cloud needs no clock from outside.
#[tokio::test]
async fn a_time_of_its_own() {
    let settings = "{clock: {start: '2026-05-01T12:00:00Z', step_ms: 100}, build_ms: 1000}";
    let sim = Sim::with_own_time(Settings::parse(settings).expect("settings")).await;
    let id = sim.server(json!({})).await;
    let mut looks = 0;
    let server = loop {
        looks += 1;
        let server = sim.show(&id).await;
        if server["status"] == "ACTIVE" {
            break server;
        }
    };
    assert_eq!(looks, 10, "a second has ten steps");
    assert_eq!(server["created"], "2026-05-01T12:00:00Z");
    Settings::parse("{clock: {start: soon, step_ms: 1}}").expect_err("no moment");
}
