//! Conditions that only apply can decide.

use crate::world::World;

fn stack(mtu: u32, after: &str) -> String {
    format!(
        "
networks:
  n:
    subnets: {{ v4: {{ cidr: 10.0.0.0/24 }} }}
    postconditions: [{{ condition: {after}, message: 'it has ${{self.mtu}}' }}]
servers:
  a:
    image: cirros
    flavor: m1.tiny
    networks: [n]
    preconditions: [{{ condition: networks.n.mtu >= {mtu}, message: 'only ${{networks.n.mtu}}' }}]
"
    )
}

#[tokio::test]
async fn a_precondition_that_does_not_hold_stops_before_the_call() {
    let world = World::new();
    let outcome = world.apply(&stack(9001, "self.mtu > 0")).await.expect("applied");
    let [failure] = &outcome.failed[..] else { panic!("{outcome:?}") };
    assert_eq!(failure.address.to_string(), "web/servers.a");
    assert!(failure.error.starts_with("only "), "{}", failure.error);
    assert!(
        failure.error.ends_with("(stacks/web.yaml:11:34); nothing was done to it"),
        "{}",
        failure.error
    );
    assert_eq!(world.recorded().len(), 2, "the server was not made");
    let outcome = world.apply(&stack(1, "self.mtu > 0")).await.expect("applied");
    assert!(outcome.is_complete(), "{outcome:?}");
    assert_eq!(world.pending(&stack(1, "self.mtu > 0")).await, "");
}

#[tokio::test]
async fn a_postcondition_that_does_not_hold_stops_what_needs_it() {
    let world = World::new();
    let outcome = world.apply(&stack(1, "self.mtu > 9000")).await.expect("applied");
    let [failure] = &outcome.failed[..] else { panic!("{outcome:?}") };
    assert_eq!(failure.address.to_string(), "web/networks.n");
    assert!(failure.error.contains("it is there, and recorded"), "{}", failure.error);
    assert_eq!(world.recorded(), ["web/networks.n ready"]);
    let error = world.apply(&stack(1, "self.mtu > 9000")).await.expect_err("refused");
    assert!(error.contains("`web/networks.n`: it has"), "{error}");
    let outcome = world.apply(&stack(1, "self.mtu < 9000")).await.expect("applied");
    assert!(outcome.is_complete(), "{outcome:?}");
}
