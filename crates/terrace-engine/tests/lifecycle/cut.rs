//! Every kind, cut off at every request that writes: the next run goes on, and nothing is there
//! twice or left over.

use terrace_plan::Mode;

use crate::world::{Cut, World};

pub(crate) const STACK: &str = "
keypairs:
  k: { public_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIjehSLf0jxKOQyZxnFsr/JA16SDCO972wUkMeEyiLOH }
networks:
  n: { tags: [a], subnets: { v4: { cidr: 10.0.0.0/24 } } }
security_groups:
  g: { rules: [{ direction: ingress, remote_group: g }], default_rules: remove }
routers:
  r:
    external_network: public
    interfaces: [n.v4]
    routes: { away: { destination: 10.9.0.0/16, nexthop: 10.0.0.9 } }
ports:
  p: { network: n, security_groups: [g] }
floating_ips:
  f: { network: public, port: p, tags: [b] }
server_groups:
  apart: { policy: soft-anti-affinity }
volumes:
  v: { size: 1, bootable: true }
servers:
  s:
    image: cirros
    flavor: m1.tiny
    keypair: k
    server_group: apart
    networks: [{ port: p }]
    volumes: [v]
    power_state: shutoff
";

/// What a whole run leaves: with everything there, and after it is destroyed. The cloud makes the
/// project's default security group by itself.
pub(crate) async fn counts() -> [std::collections::BTreeMap<String, usize>; 2] {
    let world = World::new();
    world.apply(STACK).await.expect("applied");
    let whole = world.counts();
    world.destroy(STACK).await.expect("destroyed");
    world.settle().await;
    let empty = world.counts();
    assert_eq!((whole["servers"], empty["servers"]), (1, 0));
    [whole, empty]
}

#[tokio::test]
async fn cut_off_anywhere_the_next_run_goes_on() {
    let [whole, empty] = counts().await;
    for cut in [Cut::Before, Cut::After] {
        for at in 1.. {
            let world = World::new();
            if !world.cut(STACK, Mode::Apply, at, cut).await {
                assert!(at > 15, "only {at} requests write");
                break;
            }
            let outcome = world.apply(STACK).await.expect("applied");
            assert!(outcome.is_complete(), "{cut:?} {at}: {outcome:?}");
            assert_eq!(world.pending(STACK).await, "", "{cut:?} {at}");
            assert_eq!(world.counts(), whole, "{cut:?} {at}");
            let outcome = world.destroy(STACK).await.expect("destroyed");
            assert!(outcome.is_complete(), "{cut:?} {at}: {outcome:?}");
            world.settle().await;
            assert_eq!(world.counts(), empty, "{cut:?} {at}");
        }
    }
}

#[tokio::test]
async fn a_destroy_that_is_cut_off_is_gone_on_with() {
    let [_, empty] = counts().await;
    for cut in [Cut::Before, Cut::After] {
        for at in 1.. {
            let world = World::new();
            world.apply(STACK).await.expect("applied");
            if !world.cut(STACK, Mode::Destroy, at, cut).await {
                assert!(at > 10, "only {at} requests write");
                break;
            }
            let outcome = world.destroy(STACK).await.expect("destroyed");
            assert!(outcome.is_complete(), "{cut:?} {at}: {outcome:?}");
            world.settle().await;
            assert_eq!(world.counts(), empty, "{cut:?} {at}");
            assert_eq!(world.recorded(), Vec::<String>::new(), "{cut:?} {at}");
        }
    }
}
