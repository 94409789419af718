//! Every attribute of every kind: when it is applied the plan is empty; when somebody else changes
//! it the plan sees it; when it is applied again the plan is empty again. The stacks and what is
//! done to them are data, to which the suite on a real cloud holds Terrace as well.

mod cases;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use terrace_model::{Kind, Presence};
use terrace_sim::Settings;

use crate::world::World;
use cases::{CASES, OBJECTS, STACKS, cases, objects, stack};

/// What has no case, and why.
#[derive(Deserialize)]
struct Reasons {
    /// Attributes in no stack.
    not_applied: BTreeMap<String, String>,
    /// Attributes that nobody can change under Terrace.
    never_drifts: BTreeMap<String, String>,
}

async fn settles_and_drifts(name: &str, mut world: World) {
    world.admin = name == "admin";
    let cases = cases();
    let somebody = world.session().await;
    let words = cases.set_up(&somebody).await.expect("set up");
    let stack = stack(name, &words);
    let outcome = world.apply(&stack).await.expect("applied");
    assert!(outcome.is_complete(), "{outcome:?}");
    assert_eq!(world.pending(&stack).await, "");
    let ours = cases.drift.iter().filter(|case| case.stack == name);
    for case in ours.filter(|case| case.only.is_none()) {
        let what = &case.what;
        world.admin = name == "admin" || case.by.is_some();
        let somebody = world.session().await;
        world.admin = name == "admin";
        let known = world.ids().into_iter().chain(words.clone()).collect();
        for call in case.calls(&known) {
            somebody.call(call).await.expect("done");
            world.settle().await;
        }
        let seen = world.changes(&stack).await;
        for what in what {
            assert!(seen.contains(&format!("web/{what}")), "{what} is not seen: {seen:?}");
        }
        let outcome = world.apply(&stack).await.expect("applied");
        assert!(outcome.is_complete(), "{what:?}: {outcome:?}");
        assert_eq!(world.pending(&stack).await, "", "{what:?} is not mended");
    }
    world.destroy(&stack).await.expect("destroyed");
    cases.take_down(&somebody, &words).await.expect("taken down");
    assert_eq!(world.recorded(), Vec::<String>::new());
}

#[tokio::test]
async fn every_attribute_settles_and_its_drift_is_seen_and_mended() {
    settles_and_drifts("member", World::new()).await;
}

#[tokio::test]
async fn every_attribute_for_administrators_settles_and_its_drift_is_seen_and_mended() {
    settles_and_drifts("admin", World::new()).await;
}

#[tokio::test]
async fn every_attribute_of_further_extensions_settles_and_its_drift_is_seen_and_mended() {
    let settings = Settings { more_extensions: true, ..Settings::default() };
    settles_and_drifts("more", World::with(settings)).await;
}

/// What others take away is made again, what they add is left alone.
#[tokio::test]
async fn objects_that_somebody_else_takes_or_makes() {
    let world = World::new();
    let outcome = world.apply(OBJECTS).await.expect("applied");
    assert!(outcome.is_complete(), "{outcome:?}");
    let somebody = world.session().await;
    for case in objects() {
        let (told, known) = (&case.told, world.ids());
        for call in case.calls(&known) {
            somebody.call(call).await.unwrap_or_else(|error| panic!("{told}: {error}"));
            world.settle().await;
        }
        if let Some(refused) = &case.refused {
            let said = world.apply(OBJECTS).await.expect_err("it is refused");
            assert!(said.contains(refused), "{told}: {said}");
            continue;
        }
        let pending = world.pending(OBJECTS).await;
        let mut pending: Vec<&str> = pending.lines().collect();
        pending.sort_unstable();
        let expected: Vec<String> = case.does.iter().map(|d| d.replace(' ', " web/")).collect();
        assert_eq!(pending, expected, "{told}");
        let outcome = world.apply(OBJECTS).await.expect("applied");
        assert!(outcome.is_complete(), "{told}: {outcome:?}");
        assert_eq!(world.pending(OBJECTS).await, "", "{told}");
        for call in case.undone(&known) {
            somebody.call(call).await.unwrap_or_else(|error| panic!("{told}: {error}"));
            world.settle().await;
        }
    }
    world.destroy(OBJECTS).await.expect("destroyed");
    assert_eq!(world.recorded(), Vec::<String>::new());
}

/// An attribute that is added to a table fails this until it is in a stack, and what can happen to
/// it in a case; and so does a reason that holds no more.
#[test]
fn no_attribute_is_left_out() {
    let cases = cases();
    let drifted: BTreeSet<String> =
        cases.drift.iter().flat_map(|case| &case.what).map(|what| of_kind(what)).collect();
    let known: Reasons = serde_json::from_str(CASES).expect("the reasons can be read");
    let mut reasons: BTreeSet<&String> =
        known.not_applied.keys().chain(known.never_drifts.keys()).collect();
    for kind in Kind::ALL {
        let declared = declared(kind);
        for attribute in kind.schema().attributes {
            let what = format!("{} {}", kind.section(), attribute.name);
            if attribute.presence == Presence::Computed {
                continue;
            }
            reasons.remove(&what);
            let applied = declared.contains(attribute.name);
            assert_ne!(
                applied,
                known.not_applied.contains_key(&what),
                "{what}: in a stack or not?"
            );
            let seen = drifted.contains(&what);
            let never = known.never_drifts.contains_key(&what);
            assert_eq!(attribute.readable, seen ^ never, "{what}: is its drift seen or not?");
        }
    }
    assert!(reasons.is_empty(), "reasons for what is no attribute: {reasons:?}");
}

/// `networks.n name` is about `networks name`.
fn of_kind(what: &str) -> String {
    let (address, attribute) = what.split_once(' ').expect("an address and an attribute");
    format!("{} {attribute}", address.split('.').next().unwrap_or_default())
}

/// The attributes that blocks of a kind declare in the stacks.
fn declared(kind: Kind) -> BTreeSet<String> {
    let schema = kind.schema();
    let mut found = BTreeSet::new();
    for (_, stack) in STACKS {
        for path in paths(stack) {
            let name = match (schema.parent, path.as_slice()) {
                (None, [section, _, name]) if section == schema.section => name,
                (Some(parent), [section, _, key, _, name])
                    if section == parent.section() && key == schema.key =>
                {
                    name
                }
                _ => continue,
            };
            found.insert(name.clone());
        }
    }
    found
}

/// Every key of a stack with those it stands under, as far as this test reads YAML: by indentation.
fn paths(stack: &str) -> Vec<Vec<String>> {
    let mut path: Vec<(usize, String)> = Vec::new();
    let mut found = Vec::new();
    for line in stack.lines().filter(|line| !line.trim().is_empty()) {
        let depth = line.len() - line.trim_start().len();
        let Some((key, _)) = line.trim().split_once(':') else { continue };
        path.retain(|(other, _)| *other < depth);
        path.push((depth, key.to_owned()));
        found.push(path.iter().map(|(_, key)| key.clone()).collect());
    }
    found
}
