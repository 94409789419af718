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

use check::{Check, FILES, Seen, answers, checks};
use cloud::Wire;
use pattern::{difference, loosened, open_lists};
use serde_json::json;
use shapes::Shapes;
use world::World;

/// Where the simulator's identity service is.
const SIMULATED: &str = "http://cloud.test/identity/v3";

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
        let wrong = judged(&check, (wanted, &seen), simulated);
        out.extend(wrong.map(|text| format!("{file}: {}: {text}", check.name)));
    }
    world.end().await;
    out
}

/// What is wrong with one answer.
fn judged(check: &Check, (wanted, seen): (&Seen, &Seen), simulated: bool) -> Option<String> {
    let in_body = |places: &[String]| -> Vec<String> {
        places.iter().map(|place| format!("/body{place}")).collect()
    };
    let as_json =
        |seen: &Seen| json!({"status": seen.status, "headers": seen.headers, "body": seen.body});
    let (wanted, seen) = (as_json(wanted), as_json(seen));
    let pattern = loosened(wanted.clone(), &in_body(&check.loose));
    if !simulated {
        return difference(&open_lists(pattern, &in_body(&check.shared)), &seen, check.ordered);
    }
    if check.differs.is_none() {
        return difference(&pattern, &seen, check.ordered);
    }
    let anywhere = [String::new()];
    let at = if check.at.is_empty() { &anywhere[..] } else { &check.at };
    for place in at {
        let at = if place.is_empty() { "" } else { &*format!("/body{place}") };
        let (wanted, seen) = (wanted.pointer(at)?, seen.pointer(at)?);
        if difference(wanted, seen, check.ordered).is_none() {
            return Some(format!("differs no longer at {at}"));
        }
    }
    if check.at.is_empty() {
        None
    } else {
        difference(&loosened(pattern, &in_body(at)), &seen, check.ordered)
    }
}

#[tokio::test]
async fn on_the_simulator() {
    let shapes = Arc::new(Shapes::read());
    let mut all = Vec::new();
    for file in FILES {
        let wire = Wire::simulator();
        all.extend(failures(file, wire, SIMULATED, shapes.clone()).await);
    }
    in_every_version(&shapes).await;
    all.extend(shapes.wrong());
    all.extend(shapes.idle());
    assert!(shapes.answers() > 3000, "only {} answers were compared", shapes.answers());
    assert!(all.is_empty(), "{} checks fail:\n{}", all.len(), all.join("\n"));
}

/// Whatever the checks read of services with versions, in each in which a sample changes.
async fn in_every_version(shapes: &Arc<Shapes>) {
    for file in ["compute", "volume", "manage"] {
        let run = format!("contract-{file}-{}", std::process::id());
        let mut world = World::new(Wire::newest(), SIMULATED, &run, shapes.clone()).await;
        world.every_version = true;
        for check in checks(file) {
            world.run(&check).await;
        }
    }
}

#[test]
fn there_is_enough_and_differences_are_explained() {
    let docs = check::folder().join("../../docs/simulator.md");
    let docs = std::fs::read_to_string(docs).expect("the simulator's page");
    let mut count = 0;
    let mut listed = docs
        .lines()
        .filter(|line| FILES.iter().any(|file| line.starts_with(&format!("| {file}: "))))
        .count();
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
            listed -= 1;
        }
    }
    assert_eq!(listed, 0, "docs/simulator.md lists checks that do not differ");
    assert!(count >= 250, "only {count} checks");
}
