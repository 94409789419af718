//! Trouble on demand.

use crate::harness::{BASE, Sim};
use serde_json::{Value, json};
use std::sync::Arc;
use terrace_sim::{Cloud, Effect, Fault, ManualClock, Settings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const NETWORKS: &str = "/network/v2.0/networks";

fn on_post(effect: Effect) -> Fault {
    Fault {
        service: None,
        method: Some("POST".into()),
        path: Some("/networks".into()),
        skip: 0,
        count: Some(1),
        probability: None,
        effect,
    }
}

#[tokio::test]
async fn each_effect() {
    for (effect, status, dropped, made) in [
        (Effect::Status { code: 503, body: None, retry_after: Some(2) }, 503, false, 0),
        (
            Effect::Status { code: 502, body: Some("<html>".into()), retry_after: None },
            502,
            false,
            0,
        ),
        (Effect::StatusAfter { code: 504, body: None, retry_after: None }, 504, false, 1),
        (Effect::DropBefore, 503, true, 0),
        (Effect::DropAfter, 503, true, 1),
        (Effect::Truncate, 201, false, 1),
        (Effect::ExpireToken, 401, false, 0),
        (Effect::Delay { ms: 1 }, 201, false, 1),
    ] {
        let sim = Sim::new().await;
        let before = sim.count("networks");
        sim.cloud.faults().add(on_post(effect.clone()));
        let body = Some(json!({"network": {"name": "n"}}));
        let seen = sim.send("POST", NETWORKS, body.clone()).await;
        assert_eq!((seen.status, seen.dropped), (status, dropped), "{effect:?}");
        assert_eq!(sim.count("networks") - before, made, "{effect:?}");
        if let Effect::Status { retry_after: Some(seconds), .. } = effect {
            assert_eq!(seen.headers["retry-after"], seconds.to_string().as_str());
            assert_eq!(seen.body["NeutronError"]["type"], "SimulatedFault");
        }
        if effect == Effect::Truncate {
            assert_eq!(seen.body, json!(""), "what comes is no answer");
        }
        let again = sim.as_user("demo").await.send("POST", NETWORKS, body).await;
        assert_eq!(again.status, 201, "only once: {effect:?}");
    }
}

#[tokio::test]
async fn servers_that_fail_or_hang() {
    let sim = Sim::new().await;
    let arm = |effect| Fault { path: None, method: None, ..on_post(effect) };
    sim.cloud.faults().add(arm(Effect::ServerError { message: "the disk is on fire".into() }));
    sim.cloud.faults().add(arm(Effect::HangInBuild));
    let (failed, hung, fine) =
        (sim.server(json!({})).await, sim.server(json!({})).await, sim.server(json!({})).await);
    sim.clock.advance(100_000);
    let server = sim.show(&failed).await;
    assert_eq!(server["fault"]["message"], "the disk is on fire");
    assert_eq!(sim.show(&hung).await["status"], "BUILD");
    assert_eq!(sim.show(&fine).await["status"], "ACTIVE");
    sim.ok("DELETE", &format!("/compute/v2.1/servers/{hung}"), Value::Null).await;
    sim.clock.advance(500);
    assert_eq!(sim.count("servers"), 2);
}

#[tokio::test]
async fn over_http_and_from_settings() {
    let yaml = "build_ms: 10\nfaults:\n- {service: compute, path: '*/flavors*', effect: {kind: status, code: 500}}\n";
    let settings: Settings = serde_yaml::from_str(yaml).expect("settings");
    let sim = Sim::with(settings).await;
    assert_eq!(sim.send("GET", "/compute/v2.1/flavors", None).await.status, 500);
    assert_eq!(sim.send("DELETE", "/_sim/faults", None).await.status, 204);
    assert_eq!(sim.send("GET", "/compute/v2.1/flavors", None).await.status, 200);
    let faults =
        json!([{"method": "GET", "skip": 1, "effect": {"kind": "status_after", "code": 502}}]);
    assert_eq!(sim.send("POST", "/_sim/faults", Some(faults)).await.status, 204);
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push(sim.send("GET", NETWORKS, None).await.status);
    }
    assert_eq!(seen, [200, 502, 502]);
    assert_eq!(sim.get("/_sim/faults").await[0]["hit"], 2);
    let bad = json!([{"effect": {"kind": "explode"}}]);
    assert_eq!(sim.send("POST", "/_sim/faults", Some(bad)).await.status, 400);
    sim.cloud.faults().clear();
    sim.network("n").await;
    assert_eq!(sim.get("/_sim/status").await["networks"]["count"], 3);
    assert_eq!(sim.send("POST", "/_sim/reset", None).await.status, 204);
    assert_eq!(sim.get("/_sim/status").await["networks"]["count"], 2);
    serde_yaml::from_str::<Settings>("nope: 1").expect_err("unknown settings are refused");
}

/// On a port a dropped connection is a closed connection, and a truncated answer ends too early.
#[tokio::test]
async fn on_a_port() {
    let cloud = Cloud::in_memory(Settings::default(), Arc::new(ManualClock::default()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let router = cloud.router(BASE);
    let serving = tokio::spawn(async move { axum::serve(listener, router).await });
    for (effect, starts, complete) in [
        (Effect::DropBefore, "", false),
        (Effect::DropAfter, "", false),
        (Effect::Truncate, "HTTP/1.1 300", false),
        (Effect::Delay { ms: 0 }, "HTTP/1.1 300", true),
    ] {
        cloud.faults().set(vec![Fault { method: None, path: None, ..on_post(effect.clone()) }]);
        let mut stream = tokio::net::TcpStream::connect(address).await.expect("connected");
        let request = b"GET /identity HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        stream.write_all(request).await.expect("sent");
        let mut bytes = Vec::new();
        // A reset connection is as good as a closed one.
        let _ = stream.read_to_end(&mut bytes).await;
        let text = String::from_utf8_lossy(&bytes);
        assert!(text.starts_with(starts), "{effect:?} {text}");
        assert_eq!(text.is_empty(), starts.is_empty(), "{effect:?} {text}");
        assert_eq!(text.ends_with("]}}"), complete, "{effect:?} {text}");
    }
    serving.abort();
}

#[tokio::test]
async fn lists_that_lag() {
    let sim = Sim::new().await;
    let old = sim.network("old").await;
    let lag =
        json!([{"service": "network", "path": "/networks", "effect": {"kind": "lag", "ms": 1000}}]);
    assert_eq!(sim.send("PUT", "/_sim/faults", Some(lag)).await.status, 204);
    let names = async || {
        let all = sim.get(&format!("{NETWORKS}?router:external=false&shared=false")).await;
        let all = all["networks"].as_array().expect("a list").iter();
        all.map(|n| n["name"].as_str().expect("text").to_owned()).collect::<Vec<_>>().join(" ")
    };
    sim.clock.advance(5000);
    let new = sim.make(NETWORKS, json!({"network": {"name": "new"}})).await;
    assert_eq!(names().await, "old", "the list does not know it");
    let one = format!("{NETWORKS}/{new}");
    assert_eq!(sim.send("GET", &one, None).await.status, 404, "nor does a look");
    sim.clock.advance(600);
    sim.ok("DELETE", &format!("{NETWORKS}/{old}"), Value::Null).await;
    assert_eq!(names().await, "old");
    sim.clock.advance(400);
    assert_eq!(names().await, "old new", "made a second ago, and the other not yet deleted");
    sim.clock.advance(600);
    assert_eq!(names().await, "new");
}

#[tokio::test]
async fn lost_writes_and_other_limits() {
    let sim = Sim::new().await;
    let id = sim.network("n").await;
    let arm = |method: &str, effect| Fault {
        method: Some(method.into()),
        count: Some(1),
        ..on_post(effect)
    };
    sim.cloud.faults().add(arm("DELETE", Effect::Lose));
    let path = format!("{NETWORKS}/{id}");
    assert_eq!(sim.send("DELETE", &path, None).await.status, 204, "it says so");
    assert_eq!(sim.send("GET", &path, None).await.status, 200, "but it is there");
    assert_eq!(sim.send("DELETE", &path, None).await.status, 204);
    assert_eq!(sim.send("GET", &path, None).await.status, 404);
    sim.cloud.faults().add(arm("POST", Effect::Lose));
    let body = Some(json!({"network": {"name": "ghost"}}));
    let ghost = sim.send("POST", NETWORKS, body.clone()).await;
    assert_eq!(ghost.status, 201);
    assert_eq!(sim.count("networks"), 2, "the preset ones");
    sim.cloud.faults().add(arm("POST", Effect::Quota { resource: "network".into(), limit: 0 }));
    let refused = sim.send("POST", NETWORKS, body).await;
    assert_eq!(refused.body["NeutronError"]["type"], "OverQuota");
}

#[tokio::test]
async fn no_valid_host() {
    let sim = Sim::new().await;
    let fault = Fault { path: None, method: None, ..on_post(Effect::NoValidHost) };
    sim.cloud.faults().add(fault);
    let id = sim.server(json!({})).await;
    sim.clock.advance(1500);
    let fault = sim.show(&id).await["fault"]["message"].clone();
    assert!(fault.as_str().is_some_and(|text| text.starts_with("No valid host")), "{fault}");
}
