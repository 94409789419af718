//! How many instances there are, and what makes that unknown.

use super::{check, dump, same, workspace};

#[test]
fn instances() {
    let files = "== stacks/a.yaml
variables: { zones: { default: { a: 1, b: 2 } }, on: { default: false } }
locals: { names: [x, y] }
networks:
  count: { count: 2.0, subnets: { v4: { cidr: 10.0.0.0/24 }, v6: { when: false, cidr: 'fd00::/64' } } }
  map: { for_each: '${vars.zones}', mtu: '${1400 + each.value}' }
  list: { for_each: '${locals.names}' }
  off: { when: '${vars.on}' }
  none: { when: '${vars.on}', for_each: [x] }
  env: { when: \"${env.name == 'default'}\" }
servers:
  a: { image: i, flavor: f, networks: [], server_group: '${server_groups.no.id}' }
server_groups:
  no: { when: false, policy: affinity }
";
    same(
        &dump(&workspace(files)),
        r#"a vars.on = false
a vars.zones = {"a": 1, "b": 2}
a/networks.count x2
a/networks.env
a/networks.list ["x", "y"]
a/networks.map ["a", "b"]
a/networks.none []
a/networks.off absent
a/subnets.count.v4 x2
a/subnets.count.v6 x0
a/server_groups.no absent
a/servers.a"#,
        files,
    );
}

#[test]
fn mistakes() {
    check(&[
        (
            "== stacks/a.yaml
networks:
  a: { count: -1 }
  b: { when: 3 }
  c: { for_each: [x, y, x] }
  d: { for_each: 7 }
  e: { count: 100001 }
  f: { count: 1.5 }
  g: { count: 1, for_each: [x] }
  h: { for_each: [x, 7, X] }
",
            "a:2:15 E0302 `count` is a whole number from 0 to 100000, not the number -1
a:3:14 E0302 `when` is true or false, not the number 3
a:4:25 E0302 the key `x` is twice in `for_each`
  = each key makes one instance; `distinct(list)` leaves out what is twice
a:5:18 E0302 `for_each` is a map, or a list of different texts, not the number 7
a:6:15 E0302 `count` is a whole number from 0 to 100000, not the number 100001
a:7:15 E0302 `count` is a whole number from 0 to 100000, not the number 1.5
a:8:18 E0302 `count` and `for_each` do not go together
a:9:18 W0302 the keys `X` and `x` differ only in case
a:9:22 E0302 a key of `for_each` is text, not the number 7",
        ),
        (
            "== stacks/a.yaml
locals:
  far: ${stacks.b.ids}
networks:
  n: { for_each: '${locals.far}' }
  m: { count: '${networks.n.size()}' }
  o: { for_each: '${existing.networks.p.tags}' }
existing:
  networks: { p: public }
== stacks/b.yaml
networks:
  x: {}
outputs:
  ids: ['${networks.x.id}']
",
            "a:4:21 E0302 `for_each` must be known before anything is created, and `networks.x.id` is not
  | a:2:10 through `stacks.b.ids`
  | b:4:12 through `networks.x.id`
  = how many instances there are may depend on variables, on `env.name`, and on locals and outputs of those
a:5:18 E0302 `count` must be known before anything is created, and `networks.n` is not
  = how many instances there are may depend on variables, on `env.name`, and on locals and outputs of those
a:6:21 E0302 `for_each` must be known before anything is created, and `existing.networks.p.tags` is not
  = how many instances there are may depend on variables, on `env.name`, and on locals and outputs of those",
        ),
        (
            "== stacks/a.yaml\nnetworks:\n  Web: {}\n  web: {}\n  n:\n    subnets:\n      s: { count: 2, cidr: 10.0.0.0/24 }\n",
            "a:3:3 W0302 `Web` and `web` differ only in case
  | a:2:3 the other one
a:6:12 E0205 a subnet repeats with the network it is written in
  = write `count` on the network",
        ),
    ]);
}
