//! `moved`, `imports`, `removed`, in the cloud.

use terrace_plan::Mode;

use crate::world::{Cut, World};

fn stack(name: &str, more: &str) -> String {
    format!(
        "
networks:
  {name}: {{ name: n, subnets: {{ v4: {{ name: s, cidr: 10.0.0.0/24 }} }} }}
servers:
  a: {{ image: cirros, flavor: m1.tiny, networks: [{name}] }}
{more}"
    )
}

#[tokio::test]
async fn a_move_touches_nothing_in_the_cloud_and_the_rest_goes_on() {
    let world = World::new();
    world.apply(&stack("n", "")).await.expect("applied");
    let whole = world.counts();
    let moved = stack("m", "moved: [{ from: networks.n, to: networks.m }]\n");
    let outcome = world.apply(&moved).await.expect("applied");
    let done = outcome.done;
    assert_eq!((done.moved, done.create, done.update, done.delete), (2, 0, 0, 0));
    assert_eq!(world.recorded().len(), 3);
    assert_eq!(world.pending(&moved).await, "");
    assert_eq!(world.pending(&stack("m", "")).await, "", "the entry may go");
    assert_eq!(world.counts(), whole);
    let outcome = world.destroy(&moved).await.expect("destroyed");
    assert!(outcome.is_complete(), "{outcome:?}");
}

#[tokio::test]
async fn killed_after_a_move_the_next_run_goes_on() {
    for (at, cut) in [(1, Cut::Before), (1, Cut::After), (2, Cut::Before), (2, Cut::After)] {
        let world = World::new();
        world.apply(&stack("n", "")).await.expect("applied");
        let whole = world.counts();
        let moved = stack("m", "moved: [{ from: networks.n, to: networks.m }]\n")
            .replace("image: cirros", "config_drive: true, image: cirros");
        assert!(world.cut(&moved, Mode::Apply, at, cut).await, "not cut at {at}");
        let outcome = world.apply(&moved).await.expect("applied");
        assert!(outcome.is_complete(), "{outcome:?}");
        assert_eq!(world.pending(&moved).await, "");
        assert_eq!(world.counts(), whole);
    }
}

#[tokio::test]
async fn what_was_forgotten_is_taken_over_again() {
    let world = World::new();
    world.apply(&stack("n", "")).await.expect("applied");
    let whole = world.counts();
    let ids: Vec<String> = {
        use terrace_state::Store as _;
        let records = world.store.snapshot().expect("a snapshot").records;
        records.into_values().map(|record| record.id).collect()
    };
    let removed = "removed:
  - { from: networks.n, destroy: false }
  - { from: servers.a, destroy: false }
";
    let outcome = world.apply(removed).await.expect("applied");
    assert_eq!((outcome.done.forget, outcome.done.delete), (3, 0));
    assert_eq!(world.counts(), whole);
    assert!(world.recorded().is_empty());
    assert_eq!(world.pending(removed).await, "");
    let [network, subnet, server] = &ids[..] else { panic!("{ids:?}") };
    let imports = format!(
        "imports:
  - {{ to: networks.n, id: {network} }}
  - {{ to: subnets.n.v4, id: {subnet} }}
  - {{ to: servers.a, id: {server} }}
"
    );
    let taken = stack("n", &imports).replace("name: n,", "name: n, description: ours,");
    let outcome = world.apply(&taken).await.expect("applied");
    assert!(outcome.is_complete(), "{outcome:?}");
    let done = outcome.done;
    assert_eq!((done.import, done.update, done.create, done.delete), (3, 1, 0, 0));
    assert_eq!(world.pending(&taken).await, "");
    assert_eq!(world.counts(), whole);
    let outcome = world.destroy(&taken).await.expect("destroyed");
    assert_eq!(outcome.done.delete, 3);
    let missing = stack("n", "imports: [{ to: servers.a, id: nothing }]\n");
    let error = world.apply(&missing).await.expect_err("refused");
    assert_eq!(error, "the cloud has no server with the id nothing");
}
