//! What is kept, retained, ignored, and how long is waited.

use terrace_sim::Effect;

use crate::world::{World, fault};

fn stack(more: &str) -> String {
    format!(
        "
networks:
  n: {{ subnets: {{ v4: {{ cidr: 10.0.0.0/24 }} }} }}
servers:
  a:
    image: cirros
    flavor: m1.tiny
    networks: [n]
{more}
"
    )
}

#[tokio::test]
async fn what_is_retained_stays_in_the_cloud() {
    let world = World::new();
    let retained = stack("    lifecycle: { on_destroy: retain }");
    world.apply(&stack("")).await.expect("applied");
    let whole = world.counts();
    let outcome = world.apply(&retained).await.expect("applied");
    assert_eq!((outcome.done.record, outcome.done.update), (1, 0));
    assert_eq!(world.pending(&retained).await, "");
    // The block is deleted: the state still knows.
    let bare = retained.split("servers:").next().expect("a part").to_owned();
    let outcome = world.apply(&bare).await.expect("applied");
    assert_eq!((outcome.done.forget, outcome.done.delete), (1, 0));
    assert_eq!(world.counts(), whole);
    assert!(world.recorded().iter().all(|line| !line.contains("servers")));
}

#[tokio::test]
async fn protection_is_kept_and_lifted() {
    let world = World::new();
    world.apply(&stack("    lifecycle: { prevent_destroy: true }")).await.expect("applied");
    let bare = stack("").split("servers:").next().expect("a part").to_owned();
    let refused = world.apply(&bare).await.expect_err("refused");
    assert!(refused.contains("`web/servers.a` must not be destroyed"), "{refused}");
    world.apply(&stack("")).await.expect("lifted");
    let outcome = world.apply(&bare).await.expect("applied");
    assert_eq!(outcome.done.delete, 1);
}

#[tokio::test]
async fn a_time_limit_ends_the_wait_and_the_next_run_goes_on() {
    let world = World::new();
    world.fault(fault("POST", "/servers", Effect::HangInBuild));
    let outcome = world.apply(&stack("    timeouts: { create: 90s }")).await.expect("applied");
    assert_eq!(outcome.failed.len(), 1, "{outcome:?}");
    let error = &outcome.failed[0].error;
    assert!(error.contains("it is still BUILD after 90 seconds"), "{error}");
    assert_eq!(world.pending(&stack("")).await, "resume web/servers.a");
    let outcome = world.apply(&stack("    timeouts: { create: 2m }")).await.expect("applied");
    let error = &outcome.failed[0].error;
    assert!(error.contains("it is still BUILD after 2 minutes"), "{error}");
}
