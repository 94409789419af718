//! Names: references within a stack, to other stacks, and what is wrong with them.

use super::{check, complaints, dump, same, workspace};

const NET: &str = "== stacks/net.yaml
networks:
  front:
    subnets: { v4: { cidr: 10.0.0.0/24 } }
  many: { count: 2 }
outputs:
  front: ${networks.front.id}
  size: { value: 3 }
";

#[test]
fn other_stacks_are_reached() {
    let files = format!(
        "{NET}== stacks/web.yaml
locals:
  behind: ${{stacks.net.front}}-x
servers:
  a: {{ image: i, flavor: f, networks: [net/front, 'net/many[1]'] }}
  b: {{ image: i, flavor: f, networks: ['${{stacks.net.front}}'], name: '${{locals.behind}}', depends_on: [net/networks.many] }}
  c: {{ count: '${{stacks.net.size}}', image: i, flavor: f, networks: ['${{stacks.net.networks.front.id}}'] }}
"
    );
    same(&complaints(&files), "", &files);
    same(
        &dump(&workspace(&files)),
        "net/networks.front
net/networks.many x2
net/subnets.front.v4
web/servers.a
web/servers.b
web/servers.c x3",
        &files,
    );
}

#[test]
fn what_is_not_there() {
    let server = "image: i, flavor: f";
    let mut all = String::new();
    for (body, expected) in [
        (
            "networks: [net/frnt]",
            "web:2:40 E0401 there is no network `net/frnt`\n  = did you mean `net/front`?",
        ),
        (
            "networks: [front]",
            "web:2:40 E0401 there is no network `front` in this stack\n  = did you mean `net/front`, of another stack?",
        ),
        (
            "networks: [net/many]",
            "web:2:40 E0402 `net/many` is several networks\n  = name one, such as `net/many[0]`, or with `net/many[count.index]` the one of the same key",
        ),
        (
            "networks: [], name: '${stacks.net.frnt}'",
            "web:2:52 E0501 the stack `net` has no output `frnt`\n  = did you mean `front`?",
        ),
        (
            "networks: [], name: '${stacks.nat.front}'",
            "web:2:52 E0501 there is no stack `nat`\n  = did you mean `net`?",
        ),
        (
            "networks: [], name: '${stacks.net.networks.front.nam}'",
            "web:2:52 E0501 a network has no attribute `nam`\n  = did you mean `name`?",
        ),
        (
            "networks: [], name: '${stacks.net}'",
            "web:2:52 E0402 `stacks` needs a name after it\n  = write `stacks.STACK.OUTPUT`, or `stacks.STACK.SECTION.NAME`, as in `stacks.net.networks.front.id`",
        ),
        ("networks: [], name: '${locals.x.y}'", "web:2:52 E0501 there is no `locals.x`"),
        (
            "networks: [], name: '${components.tier.x}'",
            "web:2:52 E0501 there is no `components.tier`",
        ),
        (
            "networks: [], name: '${existing.network.x}'",
            "web:2:61 E0401 `network` cannot be looked up\n  = did you mean `networks`?",
        ),
        (
            "networks: [], depends_on: [net/networks.frnt]",
            "web:2:56 E0401 there is no `net/networks.frnt`\n  = did you mean `net/networks.front`?",
        ),
    ] {
        let files = format!("{NET}== stacks/web.yaml\nservers:\n  a: {{ {server}, {body} }}\n");
        all += &super::difference(&complaints(&files), expected, body);
    }
    assert!(all.is_empty(), "{all}");
}

#[test]
fn circles_are_told_with_each_step() {
    check(&[
        (
            "== stacks/a.yaml
locals:
  x: ${locals.y}
  y: ${stacks.b.z}
outputs:
  w: ${locals.x}
== stacks/b.yaml
outputs:
  z: ${stacks.a.w}
",
            "a:2:8 E0403 these need each other: `locals.x` needs `locals.y` needs `stacks.b.z` needs `stacks.a.w` needs `locals.x`
  | a:3:8 `locals.y` needs `stacks.b.z`
  | b:2:8 `stacks.b.z` needs `stacks.a.w`
  | a:5:8 `stacks.a.w` needs `locals.x`
  = remove one of these references",
        ),
        (
            "== stacks/a.yaml\nlocals:\n  a: ${locals.a}\nnetworks:\n  n: { description: '${locals.a}', count: '${locals.a}' }\n",
            "a:2:8 E0403 these need each other: `locals.a` needs `locals.a`\n  = remove one of these references",
        ),
    ]);
}

#[test]
fn long_ways_are_bounded_and_wide_ones_are_quick() {
    let chain = |n: usize| {
        let links: String =
            (0..n).map(|at| format!("  l{at}: ${{locals.l{}}}\n", at + 1)).collect();
        format!(
            "== stacks/a.yaml\nlocals:\n{links}  l{n}: x\nnetworks:\n  n: {{ description: '${{locals.l0}}' }}\n"
        )
    };
    same(&complaints(&chain(60)), "", "sixty are fine");
    assert!(complaints(&chain(3000)).contains("E0403 `locals."));
    // Each is used twice by the next: without a memory this would never end.
    let doubling: String =
        (0..60).map(|at| format!("  l{at}: ${{locals.l{0}}}${{locals.l{0}}}\n", at + 1)).collect();
    let files = format!("== stacks/a.yaml\nlocals:\n{doubling}  l60: ''\n");
    same(&complaints(&files), "", "doubling");
}

#[test]
fn wrong_values_point_at_both_ends() {
    check(&[(
        "== stacks/a.yaml
variables:
  size: { default: big }
locals:
  mtu: ${vars.size}
networks:
  n: { mtu: '${locals.mtu}' }
",
        "a:6:13 E0301 `mtu` of `a/networks.n`: expected a whole number from 68 to 65536, found the text `big`
  | a:2:20 `vars.size` is given here
  | a:4:8 `locals.mtu` is computed here",
    )]);
}
