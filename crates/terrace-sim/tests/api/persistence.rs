//! The cloud in a folder: it is there again after anything.

use crate::harness::Sim;
use serde_json::{Value, json};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::sync::Arc;
use terrace_sim::{Cloud, ManualClock, Settings, SimError};

#[tokio::test]
async fn it_is_there_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Arc::new(ManualClock::default());
    let (network, server, yaml, token) = {
        let sim = Sim::open(folder.path(), clock.clone()).await;
        let network = sim.network("n").await;
        let server = sim.server(json!({"networks": [{"uuid": network}]})).await;
        let gone = sim.make("/network/v2.0/networks", json!({"network": {"name": "gone"}})).await;
        sim.ok("DELETE", &format!("/network/v2.0/networks/{gone}"), Value::Null).await;
        (network, server, sim.cloud.clouds_yaml("x"), sim.token.clone())
    };
    clock.advance(1500);
    let before = {
        let mut sim = Sim::open(folder.path(), clock.clone()).await;
        assert_eq!(sim.cloud.clouds_yaml("x"), yaml);
        sim.token = token;
        assert_eq!(sim.show(&server).await["status"], "ACTIVE", "it went on while nobody looked");
        let other = sim.network("other").await;
        assert!(other != network && other != server);
        sim.cloud.inventory()
    };
    let sim = Sim::open(folder.path(), clock).await;
    assert_eq!(sim.cloud.inventory(), before);
    sim.cloud.reset().expect("it resets");
    assert_eq!(sim.count("networks"), 2);
    assert_eq!(sim.count("servers"), 0);
}

#[tokio::test]
async fn a_torn_line_is_as_if_never_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Arc::new(ManualClock::default());
    let log = folder.path().join("cloud.log");
    let mut sizes = vec![];
    {
        let sim = Sim::open(folder.path(), clock.clone()).await;
        for name in ["a", "b", "c"] {
            sizes.push(fs::metadata(&log).expect("a log").len());
            sim.make("/network/v2.0/networks", json!({"network": {"name": name}})).await;
        }
    }
    let whole = fs::read(&log).expect("a log");
    for (end, networks) in [
        (whole.len(), 5),
        (whole.len() - 1, 4),
        (usize::try_from(sizes[2]).expect("small") + 10, 4),
        (usize::try_from(sizes[2]).expect("small"), 4),
        (usize::try_from(sizes[1]).expect("small") + 1, 3),
    ] {
        fs::write(&log, &whole[..end]).expect("written");
        let sim = Sim::open(folder.path(), clock.clone()).await;
        assert_eq!(sim.count("networks"), networks, "cut at {end}");
        let id = sim.make("/network/v2.0/networks", json!({"network": {}})).await;
        drop(sim);
        let sim = Sim::open(folder.path(), clock.clone()).await;
        assert_eq!(sim.count("networks"), networks + 1, "cut at {end}, then used");
        sim.get(&format!("/network/v2.0/networks/{id}")).await;
    }
}

#[tokio::test]
async fn clear_words_when_it_cannot_be_opened() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = || Arc::new(ManualClock::default());
    let open = || Cloud::open(folder.path(), Settings::default(), clock());
    let held = open().expect("it opens");
    let error = open().expect_err("only one at a time");
    assert!(matches!(error, SimError::Locked { .. }));
    let own = format!("process {}", std::process::id());
    assert!(error.to_string().contains(&own), "{error}");
    drop(held);
    let log = folder.path().join("cloud.log");
    OpenOptions::new()
        .append(true)
        .open(&log)
        .and_then(|mut file| file.write_all(b"nonsense\n{\"n\":1,\"ops\":[]}\n"))
        .expect("written");
    let error = open().expect_err("a damaged line that is not the last");
    assert!(matches!(error, SimError::Damaged { line: 3, .. }), "{error:?}");
    fs::write(&log, "{\"terrace_sim\":99}\n").expect("written");
    let error = open().expect_err("from the future");
    assert!(matches!(error, SimError::Format { found: 99, .. }), "{error:?}");
}

#[tokio::test]
async fn no_secret_is_on_disk() {
    let folder = tempfile::tempdir().expect("a folder");
    let sim = Sim::open(folder.path(), Arc::new(ManualClock::default())).await;
    let log = fs::read_to_string(folder.path().join("cloud.log")).expect("a log");
    for secret in [sim.token.as_str(), "demo-appcred-secret", "\"secret\":\"secret\""] {
        assert!(!log.contains(secret), "{secret}");
    }
}
