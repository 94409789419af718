//! How fast it is when there is much: 100,000 servers with a port each. Run it in release:
//! `cargo test --release -p terrace-sim --features scale --test scale -- --nocapture`.

use axum::body::{Body, Bytes};
use http::Request;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use terrace_sim::{Cloud, ManualClock, Settings};
use tower::ServiceExt as _;

const BASE: &str = "http://cloud.test";

/// How long this thread, on which the cloud runs, has been at work: what else the machine does is no
/// part of it.
fn busy() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux tells it");
    let nanos = stat.split(' ').next().and_then(|text| text.parse().ok());
    Duration::from_nanos(nanos.expect("a number"))
}

struct Client {
    router: axum::Router,
    token: String,
}

impl Client {
    async fn send(&self, method: &str, path: &str, body: Value) -> (Value, Option<String>) {
        let (bytes, token) = self.raw(method, path, body).await;
        (serde_json::from_slice(&bytes).unwrap_or_default(), token)
    }

    async fn raw(&self, method: &str, path: &str, body: Value) -> (Bytes, Option<String>) {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let request = Request::builder()
            .method(method)
            .uri(format!("{BASE}{path}"))
            .header("x-auth-token", &self.token)
            .header("openstack-api-version", "compute 2.90")
            .body(body)
            .expect("a request");
        let response = self.router.clone().oneshot(request).await.expect("infallible");
        let token = response.headers().get("x-subject-token");
        let token = token.map(|value| value.to_str().expect("text").to_owned());
        assert!(response.status().is_success(), "{method} {path}: {}", response.status());
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("a body");
        (bytes, token)
    }
}

impl Client {
    /// How long a request takes; of five the best, in which nothing else took the caches.
    async fn best_of_five(&self, path: &str) -> Duration {
        let mut best = Duration::MAX;
        for _ in 0..5 {
            let start = busy();
            self.raw("GET", path, Value::Null).await;
            best = best.min(busy() - start);
        }
        best
    }
}

#[tokio::test]
async fn a_hundred_thousand_servers() {
    let clock = Arc::new(ManualClock::default());
    let cloud = Cloud::in_memory(Settings::default(), clock.clone());
    let mut client = Client { router: cloud.router(BASE), token: String::new() };
    let domain = json!({"id": "default"});
    let user = json!({"name": "demo", "domain": domain, "password": "demo"});
    let login = json!({"auth": {
        "identity": {"methods": ["password"], "password": {"user": user}},
        "scope": {"project": {"name": "demo", "domain": domain}},
    }});
    client.token = client.send("POST", "/identity/v3/auth/tokens", login).await.1.expect("a token");
    let network = json!({"network": {"name": "n"}});
    let network = client.send("POST", "/network/v2.0/networks", network).await.0;
    let network = network["network"]["id"].clone();
    let subnet = json!({"subnet": {"network_id": network, "cidr": "10.0.0.0/8", "ip_version": 4}});
    client.send("POST", "/network/v2.0/subnets", subnet).await;
    let images = client.send("GET", "/image/v2/images?name=cirros", Value::Null).await.0;
    let body = json!({"server": {
        "name": "s", "flavorRef": "1", "imageRef": images["images"][0]["id"],
        "networks": [{"uuid": network}],
    }});
    let begun = busy();
    for number in 0..100_000 {
        client.send("POST", "/compute/v2.1/servers", body.clone()).await;
        if number % 100 == 0 {
            clock.advance(2000);
        }
    }
    let each = (busy() - begun) / 100_000;
    clock.advance(2000);
    let path = "/compute/v2.1/servers/detail?limit=1000";
    let page = client.send("GET", path, Value::Null).await.0;
    assert_eq!(page["servers"].as_array().map(Vec::len), Some(1000));
    let last = page["servers"][999]["id"].as_str().expect("an id");
    let took = client.best_of_five(path).await;
    let next = client.best_of_five(&format!("{path}&marker={last}")).await;
    println!("create {each:?} each; a page {took:?}, the next {next:?}");
    assert_eq!(cloud.inventory()["ports"]["count"], 100_000);
    assert!(each < Duration::from_millis(2), "{each:?}");
    assert!(took.max(next) < Duration::from_millis(50), "{took:?} {next:?}");
}
