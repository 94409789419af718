//! `--target` and `--replace`.

use terrace_plan::{Choices, Mode};

use crate::world::{World, same, shown};

const STACK: &str = "
networks:
  a: { subnets: { v4: { cidr: 10.0.0.0/24 } } }
  b: { subnets: { v4: { cidr: 10.1.0.0/24 } } }
servers:
  x: { image: cirros, flavor: small, networks: [a] }
  y: { image: cirros, flavor: small, networks: [b], metadata: { peer: '${servers.x.id}' } }
outputs: { y: '${servers.y.id}' }
";

fn asked(targets: &[&str], replace: &[&str]) -> Choices {
    let all = |texts: &[&str]| texts.iter().map(|t| t.parse().expect("an address")).collect();
    Choices { targets: all(targets), replace: all(replace) }
}

#[test]
fn a_part_is_planned_with_what_it_needs() {
    let mut world = World::new();
    world.choices = asked(&["web/servers.x"], &[]);
    let plan = world.plan(STACK);
    same(
        &shown(&plan),
        "
        create web/networks.a: it is new
        create web/subnets.a.v4: it is new
        create web/servers.x: it is new
        0 create web/networks.a
        1 create web/subnets.a.v4 after 0
        2 create web/servers.x after 0 1
        ",
    );
    let plan = plan.expect("a plan");
    assert_eq!(plan.left_out, 3);
    world.carry_out(&plan);
    // The rest, then a change of both of which one is asked for.
    world.choices = Choices::default();
    let plan = world.plan(STACK).expect("a plan");
    world.carry_out(&plan);
    world.choices = asked(&["web/networks.b"], &[]);
    let changed = STACK
        .replace("a: { subnets", "a: { mtu: 1400, subnets")
        .replace("b: { subnets", "b: { mtu: 1300, subnets");
    same(
        &shown(&world.plan(&changed)),
        "
        update web/networks.b: `mtu` changed
          mtu: null -> 1300
        0 update web/networks.b
        ",
    );
    same(
        &shown(&world.plan_as(Mode::Destroy)),
        "
        delete web/networks.b: everything is destroyed
        delete web/subnets.b.v4: everything is destroyed
        delete web/servers.y: everything is destroyed
        0 delete web/servers.y
        1 delete web/subnets.b.v4 after 0
        2 delete web/networks.b after 0 1
        ",
    );
    // What is not in the files any more stays, unless it is asked for.
    same(
        &shown(&world.plan("{}")).replace("is not in the files any more", "is gone"),
        "
        delete web/networks.b: `web/networks.b` is gone
        delete web/subnets.b.v4: `web/subnets.b.v4` is gone
        delete web/servers.y: `web/servers.y` is gone
        0 delete web/servers.y
        1 delete web/subnets.b.v4 after 0
        2 delete web/networks.b after 0 1
    ",
    );
}

#[test]
fn what_is_asked_for_is_replaced() {
    let mut world = World::with(STACK);
    world.choices = asked(&[], &["web/servers.x"]);
    same(
        &shown(&world.plan(STACK)),
        "
        replace web/servers.x: it was asked for
        update web/servers.y: `metadata` changed
          metadata: {\"peer\": \"x#5\"} -> {\"peer\": (known after apply)}
        0 delete web/servers.x
        1 create web/servers.x after 0
        2 update web/servers.y after 1
        ",
    );
}
