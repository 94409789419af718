//! Refresh reads lists: the number of requests does not grow with the number of objects.

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
