//! `create_before_destroy`: what is made first, in which order, and what is left of an earlier run.

use terrace_plan::Mode;

use crate::world::{World, same, shown};

fn stack(cidr: &str, network: &str, server: &str) -> String {
    format!(
        "
networks:
  front:
    subnets: {{ v4: {{ cidr: {cidr}{network} }} }}
servers:
  a:
    image: cirros
    flavor: small
    networks: [front]
{server}"
    )
}

const FIRST: &str = "    lifecycle: { create_before_destroy: true }\n";

#[test]
fn a_server_is_made_first_and_its_old_one_deleted_last() {
    let world = World::with(&stack("10.0.0.0/24", "", FIRST));
    let changed = stack("10.0.0.0/24", "", &format!("{FIRST}    config_drive: true\n"));
    same(
        &shown(&world.plan(&changed)),
        "
        replace web/servers.a, new one first: `config_drive` changed
          config_drive: false -> true
        0 create web/servers.a
        1 delete web/servers.a after 0
        ",
    );
    // Without the setting it is the other way round.
    let changed = stack("10.0.0.0/24", "", "    config_drive: true\n");
    same(
        &shown(&world.plan(&changed)),
        "
        replace web/servers.a: `config_drive` changed
          config_drive: false -> true
        0 delete web/servers.a
        1 create web/servers.a after 0
        ",
    );
}

/// A group that a server needs and that must be replaced; both are replaced.
fn chain(policy: &str, group: &str, server: &str) -> String {
    format!(
        "
networks:
  n: {{ subnets: {{ v4: {{ cidr: 10.0.0.0/24 }} }} }}
server_groups:
  g: {{ policy: {policy}{group} }}
servers:
  a: {{ image: cirros, flavor: small, networks: [n], server_group: g{server} }}
  b: {{ image: cirros, flavor: small, networks: [n], metadata: {{ peer: '${{servers.a.id}}' }} }}
"
    )
}

#[test]
fn what_is_made_first_makes_what_it_needs_so_too() {
    let first = ", lifecycle: { create_before_destroy: true }";
    let world = World::with(&chain("affinity", "", first));
    let plan = world.plan(&chain("anti-affinity", "", first));
    let text = shown(&plan);
    let steps: String = text
        .lines()
        .filter(|l| l.starts_with(|c: char| c.is_ascii_digit()))
        .map(|l| format!("{l}\n"))
        .collect();
    same(
        &steps,
        "
        0 create web/server_groups.g
        1 create web/servers.a after 0
        2 update web/servers.b after 1
        3 delete web/servers.a after 1 2
        4 delete web/server_groups.g after 0 3
        ",
    );
    // The group alone is to be made first: the server, which needs it, goes before its old one.
    let world = World::with(&chain("affinity", first, ""));
    let plan = world.plan(&chain("anti-affinity", first, ""));
    let text = shown(&plan);
    let steps: String = text
        .lines()
        .filter(|l| l.starts_with(|c: char| c.is_ascii_digit()))
        .map(|l| format!("{l}\n"))
        .collect();
    same(
        &steps,
        "
        0 delete web/servers.a
        1 create web/server_groups.g
        2 delete web/server_groups.g after 0 1
        3 create web/servers.a after 0 1
        4 update web/servers.b after 3
        ",
    );
}

#[test]
fn an_interrupted_replacement_is_gone_on_with() {
    let before = stack("10.0.0.0/24", "", FIRST);
    let changed = stack("10.0.0.0/24", "", &format!("{FIRST}    config_drive: true\n"));
    let mut world = World::with(&before);
    let plan = world.plan(&changed).expect("a plan");
    world.step(&plan, 0);
    same(
        &shown(&world.plan(&changed)),
        "
        delete web/servers.a (deposed a#3): `web/servers.a` was replaced, and the old object is still there
        0 delete web/servers.a
        ",
    );
    // Going back to what was: the new one is replaced, and both old ones go after that.
    same(
        &shown(&world.plan(&before)),
        "
        replace web/servers.a, new one first: `config_drive` changed
          config_drive: true -> false
        delete web/servers.a (deposed a#3): `web/servers.a` was replaced, and the old object is still there
        0 create web/servers.a
        1 delete web/servers.a after 0
        2 delete web/servers.a after 1
        ",
    );
    same(
        &shown(&world.plan_as(Mode::Destroy)),
        "
        delete web/networks.front: everything is destroyed
        delete web/subnets.front.v4: everything is destroyed
        delete web/servers.a: everything is destroyed
        delete web/servers.a (deposed a#3): `web/servers.a` was replaced, and the old object is still there
        0 delete web/servers.a
        1 delete web/servers.a after 0
        2 delete web/subnets.front.v4 after 0 1
        3 delete web/networks.front after 0 1 2
        ",
    );
    world.objects.remove("a#3");
    same(
        &shown(&world.plan(&changed)),
        "
        forget web/servers.a (deposed a#3): it is gone from the cloud
        0 forget web/servers.a
        ",
    );
    let plan = world.plan(&changed).expect("a plan");
    world.carry_out(&plan);
    same(&shown(&world.plan(&changed)), "");
}

fn keys(name: &str, key: &str, lifecycle: &str, server: &str) -> String {
    format!(
        "
keypairs:
  k: {{ name: {name}, public_key: ssh-ed25519 {key}{lifecycle} }}
networks:
  n: {{ subnets: {{ v4: {{ cidr: 10.0.0.0/24 }} }} }}
servers:
  a: {{ image: cirros, flavor: small, networks: [n], keypair: k{server} }}
"
    )
}

#[test]
fn two_keypairs_of_one_name_cannot_be_there_together() {
    let first = ", lifecycle: { create_before_destroy: true }";
    let refused = "refused: `web/keypairs.k` cannot be created before the old one is destroyed: both would be called `me`, and a keypair's `name` is its id";
    for (name, own, server, changed, expected) in [
        (
            "me",
            first,
            "",
            "",
            Some(
                refused.to_owned()
                    + " [it is `create_before_destroy`: change `name` together with it, or take that setting away]",
            ),
        ),
        ("you", first, "", "", None),
        // The server needs it, but is not replaced.
        ("me", "", first, "", None),
        (
            "me",
            "",
            first,
            ", config_drive: true",
            Some(
                refused.to_owned()
                    + " [`web/servers.a`, which uses it, is `create_before_destroy`: change `name` together with it, or take that setting away]",
            ),
        ),
    ] {
        let world = World::with(&keys("me", "AAAA", own, server));
        let found = shown(&world.plan(&keys(name, "BBBB", own, &format!("{server}{changed}"))));
        let found = found.lines().find(|l| l.starts_with("refused")).map(str::to_owned);
        assert_eq!(found, expected, "{name} {own} {server} {changed}");
    }
}

#[test]
fn what_is_recorded_gives_way_where_it_contradicts_what_is_desired() {
    let groups = |a: &str, b: &str| {
        format!("server_groups:\n  a: {{ policy: affinity{a} }}\n  b: {{ policy: affinity{b} }}\n")
    };
    let mut world = World::with(&groups("", ", depends_on: [server_groups.a]"));
    // Of two runs that did not come to their ends: each is recorded to need the other.
    let address = |text: &str| text.parse::<terrace_model::Address>().expect("an address");
    let a = world.recorded.records.get_mut(&address("web/server_groups.a")).expect("recorded");
    a.dependencies = [address("web/server_groups.b")].into();
    let plan = world.plan_as(Mode::Destroy).expect("a plan");
    assert_eq!(plan.steps.len(), 2);
    let plan = world.plan("{}").expect("a plan");
    assert_eq!(plan.steps.len(), 2);
}
