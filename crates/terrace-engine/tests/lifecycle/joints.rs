//! Changes of what joins objects: NICs, groups, volumes, gateways, rules.

use terrace_api::network::{SecurityGroup, security_group};
use terrace_api::{Call, Service};

use crate::world::World;

const BASE: &str = "
networks:
  a: { subnets: { v4: { cidr: 10.0.0.0/24 } } }
  b: { subnets: { v4: { cidr: 10.1.0.0/24 } } }
security_groups:
  one: {}
  two: {}
ports:
  p: { network: b }
volumes:
  v: { size: 1 }
servers:
  s:
    image: cirros
    flavor: m1.tiny
";

/// Each step: what is written in the server, and what the plan does.
#[tokio::test]
async fn a_server_is_plugged_in_place() {
    let world = World::new();
    let mut id = None;
    for (server, planned) in [
        ("networks: [a]", "create web/servers.s"),
        ("networks: [a, b]", "update web/servers.s"),
        ("networks: [a, { port: p }]", "update web/servers.s"),
        ("networks: [{ network: a, fixed_ip: 10.0.0.77 }]", "update web/servers.s"),
        ("networks: [a]", ""),
        ("networks: [a]\n    security_groups: [one]", "update web/servers.s"),
        ("networks: [a, b]\n    security_groups: [one, two]", "update web/servers.s"),
        ("networks: [a, b]\n    security_groups: [two]", "update web/servers.s"),
        ("networks: [a, b]\n    volumes: [v]", "create web/volume_attachments.s.v"),
        ("networks: [a, b]", "delete web/volume_attachments.s.v"),
        ("networks: [b]\n    power_state: paused", "update web/servers.s"),
        ("networks: [b]\n    power_state: shelved_offloaded", "update web/servers.s"),
        ("networks: [b]\n    power_state: shutoff", "update web/servers.s"),
        ("networks: [b]\n    power_state: active", "update web/servers.s"),
        ("networks: [b]", ""),
    ] {
        let stack = format!("{BASE}    {server}\n");
        let pending = world.pending(&stack).await;
        let last = pending.lines().last().unwrap_or_default();
        assert_eq!(last, planned, "{server}\n{pending}");
        let outcome = world.apply(&stack).await.expect("applied");
        assert!(outcome.is_complete(), "{server}: {outcome:?}");
        assert_eq!(world.pending(&stack).await, "", "{server}");
        let now = world.id("web/servers.s");
        assert_eq!(*id.get_or_insert_with(|| now.clone()), now, "{server}");
    }
}

#[tokio::test]
async fn only_rules_that_change_are_touched() {
    let world = World::new();
    let session = world.session().await;
    let mut before: Vec<String> = Vec::new();
    for (rules, kept) in [
        ("[{ direction: ingress, protocol: tcp, ports: 22 }]", 0),
        ("[{ direction: ingress, protocol: tcp, ports: 22 }, { direction: ingress }]", 3),
        (
            "[{ direction: ingress, protocol: tcp, ports: 22, description: x }, { direction: ingress }]",
            3,
        ),
        ("[{ direction: ingress }, { direction: ingress, protocol: icmp }]", 3),
        ("[{ direction: ingress, protocol: icmp }, { direction: ingress, protocol: any }]", 4),
    ] {
        let stack = format!("security_groups:\n  g: {{ rules: {rules} }}\n");
        let outcome = world.apply(&stack).await.expect("applied");
        assert!(outcome.is_complete(), "{rules}: {outcome:?}");
        assert_eq!(world.pending(&stack).await, "", "{rules}");
        let id = world.id("web/security_groups.g");
        let group: SecurityGroup = session.one(security_group(&id)).await.expect("read");
        let now: Vec<String> = group.rules.into_iter().map(|rule| rule.id).collect();
        assert_eq!(now.iter().filter(|id| before.contains(id)).count(), kept, "{rules}");
        before = now;
    }
}

#[tokio::test]
async fn a_volume_grows_and_is_never_made_smaller() {
    let world = World::new();
    let stack = |size: u32| format!("volumes:\n  v: {{ size: {size} }}\n");
    for size in [1, 3] {
        let outcome = world.apply(&stack(size)).await.expect("applied");
        assert!(outcome.is_complete(), "{outcome:?}");
        assert_eq!(world.changes(&stack(size)).await, Vec::<String>::new());
        assert_eq!(world.pending(&stack(size)).await, "");
    }
    let told = world.apply(&stack(2)).await.expect_err("refused");
    assert!(told.contains("cannot shrink from 3 to 2 GiB"), "{told}");
}

#[tokio::test]
async fn floating_ips_wait_for_the_way_and_go_before_it() {
    let world = World::new();
    let stack = "
floating_ips:
  a: { network: public, server: s }
servers:
  s: { image: cirros, flavor: m1.tiny, networks: [n] }
networks:
  n: { subnets: { v4: { cidr: 10.0.0.0/24 } } }
routers:
  r: { external_network: public, interfaces: [n.v4], routes: { x: { destination: 10.9.0.0/16, nexthop: 10.0.0.9 } } }
";
    let outcome = world.apply(stack).await.expect("applied");
    assert!(outcome.is_complete(), "{outcome:?}");
    assert_eq!(world.pending(stack).await, "");
    let outcome = world.destroy(stack).await.expect("destroyed");
    assert!(outcome.is_complete(), "{outcome:?}");
    assert_eq!(world.recorded(), Vec::<String>::new());
}

/// Nova refuses to take a volume from a server in ERROR, and lets it go with the server.
#[tokio::test]
async fn a_broken_server_with_a_volume_is_replaced() {
    let mut world = World::new();
    let stack = format!("{BASE}    networks: [a]\n    volumes: [v]\n");
    world.apply(&stack).await.expect("applied");
    let (server, volume) = (world.id("web/servers.s"), world.id("web/volumes.v"));
    world.admin = true;
    let reset = Call::post(Service::Compute, format!("/servers/{server}/action"))
        .body(serde_json::json!({ "os-resetState": { "state": "error" } }));
    world.session().await.call(reset).await.expect("broken");
    world.admin = false;
    assert!(world.pending(&stack).await.contains("replace web/servers.s"));
    let outcome = world.apply(&stack).await.expect("applied");
    assert!(outcome.is_complete(), "{outcome:?}");
    assert_eq!(world.pending(&stack).await, "");
    assert_ne!(world.id("web/servers.s"), server);
    assert_eq!(world.id("web/volumes.v"), volume);
}

/// What is asked of a server before and while it is deleted.
#[tokio::test]
async fn a_server_is_stopped_before_it_goes_and_goes_at_once() {
    for (declared, expected) in [
        ("", "os-stop: false, forceDelete: false"),
        ("    stop_before_destroy: true\n", "os-stop: true, forceDelete: false"),
        ("    force_delete: true\n", "os-stop: false, forceDelete: true"),
    ] {
        let world = World::new();
        let stack = format!("{BASE}    networks: []\n{declared}");
        world.apply(&stack).await.expect("applied");
        world.destroy(&stack).await.expect("destroyed");
        let asked = world.asked();
        let has = |action: &str| asked.iter().any(|body| body.contains(action));
        let told = format!("os-stop: {}, forceDelete: {}", has("os-stop"), has("forceDelete"));
        assert_eq!(told, expected);
    }
}
