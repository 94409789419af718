//! Waiting reads what changed: neither the whole project at every look, nor each object by itself.

use terrace_api::compute;
use terrace_sim::{Effect, Fault, Settings};

use crate::world::{World, fault};

fn stack(count: usize) -> String {
    format!("servers:\n  s: {{ count: {count}, image: cirros, flavor: m1.tiny, networks: [] }}\n")
}

/// How often what was asked since is a read of all servers, of those that changed, and of one.
fn reads(world: &World, since: usize) -> (usize, usize, usize) {
    let asked = world.asked().split_off(since);
    let count = |test: &dyn Fn(&str) -> bool| asked.iter().filter(|line| test(line)).count();
    let list = |line: &str| line.starts_with("GET ") && line.contains("/servers/detail");
    let changed = |line: &str| list(line) && line.contains("changes-since=");
    let one = |line: &str| line.starts_with("GET ") && line.contains("/servers/") && !list(line);
    let some = count(&changed);
    (count(&list) - some, some, count(&one))
}

#[tokio::test]
async fn a_look_is_at_what_changed_and_what_went_is_told() {
    let mut world = World::new();
    world.parallelism = 4;
    let stack = stack(40);
    let (since, began) = (world.asked().len(), world.now());
    assert!(world.apply(&stack).await.expect("applied").is_complete());
    let (all, changed, one) = reads(&world, since);
    let halves = |began| usize::try_from((world.now() - began) / 30_000).expect("minutes") + 1;
    // The first refresh is of all, too, if there is one.
    assert!(all <= halves(began) + 1 && changed > 10 && one == 0, "{all} {changed} {one}");
    // None is in a server group, so that nobody asks which are.
    let groups = |line: &String| line.contains("/os-server-groups");
    assert!(!world.asked()[since..].iter().any(groups));
    let (since, began) = (world.asked().len(), world.now());
    assert!(world.destroy(&stack).await.expect("destroyed").is_complete());
    let (all, changed, one) = reads(&world, since);
    // What is gone before a look at all of them is asked for by itself.
    let alone = all * world.parallelism;
    assert!(all <= halves(began) + 1 && changed > 10 && one <= alone, "{all} {changed} {one}");
    assert_eq!(world.counts()["servers"], 0);
}

#[tokio::test]
async fn what_somebody_deletes_while_it_is_built_is_missed_at_the_next_look() {
    let world = World::with(Settings { build_ms: 600_000, ..Settings::default() });
    let somebody = async {
        let session = world.session().await;
        while world.counts()["servers"] == 0 {
            tokio::task::yield_now().await;
        }
        // It was looked at as a whole once.
        let looked = || world.asked().iter().any(|line| line.contains("/servers/detail"));
        while !looked() {
            tokio::task::yield_now().await;
        }
        let all: Vec<compute::Server> =
            session.all(compute::servers_detail(&[])).await.expect("listed");
        session.call(compute::delete_server(&all[0].id)).await.expect("deleted");
        world.now()
    };
    let stack = stack(1);
    let (outcome, deleted) = tokio::join!(world.apply(&stack), somebody);
    let failed = outcome.expect("it came to an end").failed;
    assert!(format!("{failed:?}").contains("vanished"), "{failed:?}");
    assert!(world.now() - deleted < 10_000, "after {} ms", world.now() - deleted);
}

#[tokio::test]
async fn what_is_accepted_and_not_told_yet_is_not_asked_for_by_itself() {
    let mut world = World::new();
    world.parallelism = 4;
    let late = Effect::Lag { ms: 800 };
    world.fault(Fault { count: None, ..fault("GET", "/servers/detail", late) });
    let since = world.asked().len();
    assert!(world.apply(&stack(40)).await.expect("applied").is_complete());
    let (all, changed, one) = reads(&world, since);
    // Only what a look at all does not have is.
    assert!(changed > 10 && one <= all * world.parallelism, "{all} {changed} {one}");
}
