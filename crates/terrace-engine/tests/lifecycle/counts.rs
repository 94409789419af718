//! Refresh reads lists: the number of requests does not grow with the number of objects.

use terrace_api::{Call, Service};

use crate::world::World;

fn stack(count: usize) -> String {
    format!(
        "
networks:
  n: {{ subnets: {{ v4: {{ cidr: 10.0.0.0/16 }} }} }}
security_groups:
  g: {{ rules: [{{ direction: ingress, protocol: tcp, ports: 443 }}] }}
routers:
  r: {{ external_network: public, interfaces: [n.v4] }}
ports:
  p: {{ count: {count}, network: n, security_groups: [g] }}
volumes:
  v: {{ count: {count}, size: 1 }}
servers:
  s:
    count: {count}
    image: cirros
    flavor: m1.tiny
    networks: [{{ port: 'p[count.index]' }}]
    volumes: ['v[count.index]']
floating_ips:
  f: {{ count: {count}, network: public, port: '${{ports.p[count.index].id}}' }}
"
    )
}

#[tokio::test]
async fn a_thousand_servers_with_port_volume_and_floating_ip_are_read_in_thirty_requests() {
    let mut requests = Vec::new();
    for count in [1, 1000] {
        let mut world = World::new();
        world.parallelism = 200;
        let stack = stack(count);
        let outcome = world.apply(&stack).await.expect("applied");
        assert!(outcome.is_complete(), "{:?}", outcome.failed.first());
        assert_eq!(world.recorded().len(), 5 + 5 * count);
        assert_eq!(world.pending(&stack).await, "");
        requests.push(world.refresh_requests(&stack).await);
    }
    // Pages of a thousand add a few.
    assert!(requests[0] <= 15 && requests[1] <= 30, "{requests:?}");
}

const FEW: &str = "
networks:
  n: { subnets: { v4: { cidr: 10.0.0.0/16 } } }
ports:
  p: { network: n }
servers:
  s: { image: cirros, flavor: m1.tiny, networks: [{ port: p }] }
";

/// Lists are read page by page; of a project with thousands of ports that belong to others, two
/// objects are not looked for in them.
#[tokio::test]
async fn very_few_objects_of_a_very_large_project_are_read_one_by_one() {
    let world = World::new();
    let outcome = world.apply(FEW).await.expect("applied");
    assert!(outcome.is_complete(), "{outcome:?}");
    let small = world.refresh_requests(FEW).await;
    let network = world.id("web/networks.n");
    let one = serde_json::json!({ "network_id": network });
    for _ in 0..3 {
        let body = serde_json::json!({ "ports": vec![&one; 1000] });
        let call = Call::post(Service::Network, "/ports").body(body);
        world.session().await.call(call).await.expect("made");
    }
    assert_eq!(world.pending(FEW).await, "");
    let before = world.asked().len();
    let large = world.refresh_requests(FEW).await;
    // Three for the server and one for the port, where the list of groups was.
    assert_eq!(large, small + 3);
    let asked = world.asked().split_off(before);
    let pages = asked.iter().filter(|line| line.contains("/ports?project_id=")).count();
    assert_eq!(pages, 1, "{asked:?}");
}

const AT_ONCE: &str = "
keypairs:
  k: { public_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIjehSLf0jxKOQyZxnFsr/JA16SDCO972wUkMeEyiLOH }
networks:
  n: { subnets: { v4: { cidr: 10.0.0.0/24 } } }
  tagged: { tags: [a] }
ports:
  p: { network: n }
server_groups:
  g: { policy: anti-affinity }
routers:
  r: {}
floating_ips:
  f: { network: public }
";

/// What the answer to a POST tells whole is not read again.
#[tokio::test]
async fn what_is_made_at_once_takes_one_request() {
    let world = World::new();
    let outcome = world.apply(AT_ONCE).await.expect("applied");
    assert!(outcome.is_complete(), "{outcome:?}");
    let asked = world.asked();
    let recorded = world.ids();
    let read_again: Vec<&str> = recorded
        .iter()
        .filter(|(_, id)| {
            asked.iter().any(|line| line.starts_with("GET") && line.trim_end().ends_with(*id))
        })
        .map(|(name, _)| name.as_str())
        .collect();
    // Its tags were set after it was made.
    assert_eq!(read_again, ["networks.tagged"], "{asked:#?}");
    assert_eq!(world.pending(AT_ONCE).await, "");
}
