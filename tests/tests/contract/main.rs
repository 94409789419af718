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
#[cfg(feature = "openstack")]
mod real;
mod shapes;
mod world;

use std::sync::Arc;

use check::{FILES, Seen, answers, checks};
use cloud::Wire;
use pattern::{difference, loosened, open_lists};
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
        let in_body = |places: &[String]| -> Vec<String> {
            places.iter().map(|place| format!("/body{place}")).collect()
        };
        let as_json = |seen: &Seen| json!({"status": seen.status, "headers": seen.headers, "body": seen.body});
        let mut pattern = loosened(as_json(wanted), &in_body(&check.loose));
        if !simulated {
            pattern = open_lists(pattern, &in_body(&check.shared));
        }
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
