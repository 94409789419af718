//! One contract, two clouds: the checks of `tests/contract/` against the simulator, and with the
//! feature `openstack` against a real OpenStack.
//!
//! What a check expects is what the real one answered: with `CONTRACT_RECORD=1` its answers are
//! written down, with words in angle brackets for what changes from run to run. Whatever the
//! simulator answers otherwise is a mistake of it, or the check says why (`differs`), and so does
//! the table in docs/simulator.md. Every answer is compared with the samples of the API reference
//! too (`shapes`).

mod check;
mod cloud;
mod pattern;
mod shapes;
mod world;

use std::collections::BTreeMap;
use std::sync::Arc;

use check::{FILES, Seen, answers, checks};
use cloud::Wire;
use pattern::{difference, loosened};
use serde_json::json;
use shapes::Shapes;
use world::World;

/// What is wrong with the answers to the checks of one file, a line each.
async fn failures(file: &str, wire: Wire, identity: &str, shapes: Arc<Shapes>) -> Vec<String> {
    let simulated = matches!(wire, Wire::Simulator(..));
    let wanted = answers(file);
    let run = format!("contract-{file}-{}", std::process::id());
    let mut world = World::new(wire, identity, &run, shapes).await;
    let mut out = Vec::new();
    for check in checks(file) {
        let seen = world.run(&check).await;
        let Some(wanted) = wanted.get(&check.name) else {
            out.push(format!("{file}: {}: no answer is written down", check.name));
            continue;
        };
        if simulated && check.differs.is_some() {
            continue;
        }
        let places: Vec<String> = check.loose.iter().map(|place| format!("/body{place}")).collect();
        let as_json = |seen: &Seen| json!({"status": seen.status, "headers": seen.headers, "body": seen.body});
        let pattern = loosened(as_json(wanted), &places);
        if let Some(text) = difference(&pattern, &as_json(&seen), check.ordered) {
            out.push(format!("{file}: {}: {text}", check.name));
        }
    }
    world.end().await;
    out
}

#[tokio::test]
async fn on_the_simulator() {
    let shapes = Arc::new(Shapes::read());
    let mut all = Vec::new();
    for file in FILES {
        let wire = Wire::simulator();
        all.extend(failures(file, wire, "http://cloud.test/identity/v3", shapes.clone()).await);
    }
    all.extend(shapes.wrong());
    all.extend(shapes.idle());
    assert!(shapes.answers() > 400, "only {} answers were compared", shapes.answers());
    assert!(all.is_empty(), "{} checks fail:\n{}", all.len(), all.join("\n"));
}

#[test]
fn there_is_enough_and_differences_are_explained() {
    let docs = check::folder().join("../../docs/simulator.md");
    let docs = std::fs::read_to_string(docs).expect("the simulator's page");
    let mut count = 0;
    for file in FILES {
        let all = checks(file);
        count += all.len();
        let known: Vec<&str> = all.iter().map(|check| check.name.as_str()).collect();
        for name in answers(file).keys() {
            assert!(known.contains(&name.as_str()), "{file}: an answer to no check: {name}");
        }
        for check in all.iter().filter(|check| check.differs.is_some()) {
            let told = docs.contains(&format!("| {file}: {} |", check.name));
            assert!(told, "docs/simulator.md does not list {file}: {}", check.name);
        }
    }
    assert!(count >= 250, "only {count} checks");
}

#[cfg(feature = "openstack")]
#[expect(clippy::disallowed_methods, reason = "says where the cloud is")]
#[tokio::test]
async fn on_a_real_openstack() {
    let identity = std::env::var("CONTRACT_IDENTITY");
    let identity = identity.unwrap_or_else(|_| "http://127.0.0.1:5000/v3".to_owned());
    if std::env::var_os("CONTRACT_RECORD").is_some() {
        record(&identity).await;
        return;
    }
    let shapes = Arc::new(Shapes::read());
    let runs = FILES.map(|file| {
        let (identity, shapes) = (identity.clone(), shapes.clone());
        tokio::spawn(async move { failures(file, Wire::network(), &identity, shapes).await })
    });
    let mut all = Vec::new();
    for run in runs {
        all.extend(run.await.expect("it runs to its end"));
    }
    all.extend(shapes.wrong());
    assert!(all.is_empty(), "{} checks fail:\n{}", all.len(), all.join("\n"));
}

/// Writes down what the real cloud answers, for the files that `CONTRACT_RECORD` names or all.
#[cfg(feature = "openstack")]
#[expect(clippy::disallowed_methods, reason = "says which files are meant")]
async fn record(identity: &str) {
    let chosen = std::env::var("CONTRACT_RECORD").unwrap_or_default();
    for file in FILES.iter().filter(|file| chosen == "1" || chosen.contains(**file)) {
        let run = format!("contract-{file}-{}", std::process::id());
        let shapes = Arc::new(Shapes::read());
        let mut world = World::new(Wire::network(), identity, &run, shapes).await;
        let mut seen: BTreeMap<String, Seen> = BTreeMap::new();
        for check in checks(file) {
            seen.insert(check.name.clone(), world.run(&check).await);
        }
        world.end().await;
        let text = serde_json::to_string_pretty(&seen).expect("JSON");
        std::fs::write(check::answers_path(file), format!("{text}\n")).expect("written");
    }
}
