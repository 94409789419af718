//! `moved`, `imports`, `removed`.

use terrace_model::{Object, ObjectState, Value};

use crate::world::{World, same, shown};

const GROUPS: &str = "server_groups: { a: { name: g, policy: affinity } }\n";

fn net(name: &str, repeat: &str) -> String {
    format!(
        "networks:\n  {name}:\n    name: n\n{repeat}    subnets: {{ v4: {{ name: s, cidr: 10.0.0.0/24 }} }}\n"
    )
}

/// A stack, the stack that it becomes, the moves, and the plan.
fn moved() -> Vec<(String, String, &'static str, &'static str)> {
    vec![
        (
            net("a", ""),
            net("b", ""),
            "[{ from: networks.a, to: networks.b }]",
            "
            web/networks.a -> web/networks.b
            web/subnets.a.v4 -> web/subnets.b.v4
            move web/networks.b: it was `web/networks.a`
            move web/subnets.b.v4: it was `web/subnets.a.v4`
            ",
        ),
        (
            net("a", ""),
            net("a", "    count: 1\n"),
            "[{ from: networks.a, to: 'networks.a[0]' }]",
            "
            web/networks.a -> web/networks.a[0]
            web/subnets.a.v4 -> web/subnets.a.v4[0]
            move web/networks.a[0]: it was `web/networks.a`
            move web/subnets.a.v4[0]: it was `web/subnets.a.v4`
            ",
        ),
        (
            net("a", "    count: 1\n"),
            net("b", "    for_each: [x]\n"),
            "[{ from: 'networks.a[0]', to: 'networks.b[\"x\"]' }]",
            "
            web/networks.a[0] -> web/networks.b[\"x\"]
            web/subnets.a.v4[0] -> web/subnets.b.v4[\"x\"]
            move web/networks.b[\"x\"]: it was `web/networks.a[0]`
            move web/subnets.b.v4[\"x\"]: it was `web/subnets.a.v4[0]`
            ",
        ),
        (
            net("a", ""),
            net("c", "").replace("10.0.0.0", "10.1.0.0"),
            "[{ from: networks.a, to: networks.b }, { from: networks.b, to: networks.c }]",
            "
            web/networks.a -> web/networks.c
            web/subnets.a.v4 -> web/subnets.c.v4
            move web/networks.c: it was `web/networks.a`
            replace web/subnets.c.v4: `cidr` changed
              cidr: \"10.0.0.0/24\" -> \"10.1.0.0/24\"
            0 delete web/subnets.c.v4
            1 create web/subnets.c.v4 after 0
            ",
        ),
    ]
}

#[test]
fn moves_change_the_state_and_nothing_else() {
    for (before, after, moved, expected) in moved() {
        let mut world = World::with(&before);
        let stack = format!("{after}moved: {moved}\n");
        let plan = world.plan(&stack);
        same(&shown(&plan), expected);
        world.carry_out(&plan.expect("a plan"));
        same(&shown(&world.plan(&stack)), "");
        let needed = world.recorded.records.values().flat_map(|r| r.dependencies.iter());
        assert!(needed.clone().all(|a| world.recorded.records.contains_key(a)), "{moved}");
    }
}

#[test]
fn what_another_stack_takes_over_moves_there() {
    let world = World::with(GROUPS);
    world.write("stacks/db.yaml", GROUPS);
    world.write("stacks/web.yaml", "moved: [{ from: server_groups.a, to: db/server_groups.a }]\n");
    same(
        &shown(&world.plan_as(terrace_plan::Mode::Apply)),
        "
        web/server_groups.a -> db/server_groups.a
        move db/server_groups.a: it was `web/server_groups.a`
        ",
    );
}

#[test]
fn nothing_moves_onto_something_else() {
    let two = "server_groups: { a: { policy: affinity }, b: { policy: affinity } }\n";
    let world = World::with(two);
    let stack = "server_groups: { b: { policy: affinity } }
moved: [{ from: server_groups.a, to: server_groups.b }]
";
    assert_eq!(
        shown(&world.plan(stack)),
        "stacks/web.yaml:2:38: E0816: `web/server_groups.a` cannot move to `web/server_groups.b`: something else is recorded there [delete this entry and one of the two goes with its block, or take one out of the state with `terrace state rm`]"
    );
}

fn object(id: &str, policy: &str) -> Object {
    let attributes = [("id", id), ("name", "g"), ("policy", policy)];
    Object {
        id: id.into(),
        attributes: attributes.map(|(k, v)| (k, Value::text(v))).into(),
        state: ObjectState::Ready,
        revision: None,
        marker: None,
    }
}

#[test]
fn what_is_there_is_taken_over() {
    let import = |id: &str| format!("{GROUPS}imports: [{{ to: server_groups.a, id: {id} }}]\n");
    let mut world = World::new();
    world.objects.insert("x1".into(), object("x1", "affinity"));
    let plan = world.plan(&import("x1"));
    same(
        &shown(&plan),
        "
        adopt web/server_groups.a, imported: the files say so
        0 adopt web/server_groups.a
        ",
    );
    world.carry_out(&plan.expect("a plan"));
    same(&shown(&world.plan(&import("x1"))), "");
    assert_eq!(
        shown(&world.plan(&import("x2"))),
        "stacks/web.yaml:2:17: E0821: `web/server_groups.a` is the server group x1 already [delete this entry, or move or remove what is there]"
    );
    let renamed =
        "server_groups: { b: { policy: affinity } }\nimports: [{ to: server_groups.b, id: x1 }]\n";
    assert_eq!(
        shown(&world.plan(renamed)),
        "stacks/web.yaml:2:38: E0821: the server group x1 is `web/server_groups.a` already [to rename it write `moved: [{ from: web/server_groups.a, to: web/server_groups.b }]`]"
    );
    assert_eq!(
        shown(&World::new().plan(&import("'${vars.id}'"))),
        "stacks/web.yaml:2:41: E0302: there is no `vars.id`"
    );
    assert_eq!(
        shown(&World::new().plan(&import("x1"))),
        "stacks/web.yaml:2:38: E0822: the cloud has no server group with the id x1 [ids, not names, are given here; `openstack` lists them]"
    );
}

#[test]
fn what_is_taken_over_and_differs_is_changed_but_not_replaced() {
    let stack = |cidr: &str| {
        format!(
            "
networks: {{ n: {{ mtu: 1400, subnets: {{ v4: {{ cidr: {cidr} }} }} }} }}
imports:
  - {{ to: networks.n, id: n1 }}
  - {{ to: subnets.n.v4, id: s1 }}
"
        )
    };
    let mut world = World::new();
    let mut network = object("n1", "");
    network.attributes.insert("mtu", Value::Int(1500));
    network.attributes.insert("name", Value::text("n"));
    let mut subnet = object("s1", "");
    for (name, value) in [("name", "n-v4"), ("network_id", "n1"), ("cidr", "10.0.0.0/24")] {
        subnet.attributes.insert(name, Value::text(value));
    }
    world.objects.insert("n1".into(), network);
    world.objects.insert("s1".into(), subnet);
    let found = shown(&world.plan(&stack("10.0.0.0/24")));
    for expected in [
        "update web/networks.n, imported: ",
        "mtu: 1500 -> 1400",
        "0 adopt web/networks.n\n1 adopt web/subnets.n.v4\n2 update web/networks.n after 0\n",
    ] {
        assert!(found.contains(expected), "{found}");
    }
    let found = shown(&world.plan(&stack("10.9.0.0/24")));
    let refused = "refused: `web/subnets.n.v4` is to be imported, and would be replaced at once (`cidr` changed)";
    assert!(found.contains(refused), "{found}");
}

#[test]
fn what_is_removed_is_forgotten_or_deleted() {
    let guarded = "server_groups: { a: { name: g, policy: affinity, lifecycle: { prevent_destroy: true, on_destroy: retain } } }\n";
    for (before, removed, expected) in [
        (
            GROUPS,
            "{ from: server_groups.a }",
            "delete web/server_groups.a: `web/server_groups.a` is not in the files any more\n0 delete web/server_groups.a",
        ),
        (
            GROUPS,
            "{ from: server_groups.a, destroy: false }",
            "forget web/server_groups.a: it was removed from the files, and the object stays\n0 forget web/server_groups.a",
        ),
        (
            guarded,
            "{ from: server_groups.a }",
            "forget web/server_groups.a: `web/server_groups.a` is not in the files any more; the object stays, as `on_destroy: retain` says\n0 forget web/server_groups.a",
        ),
        (
            guarded,
            "{ from: server_groups.a, destroy: true }",
            "delete web/server_groups.a: `web/server_groups.a` is not in the files any more\n0 delete web/server_groups.a",
        ),
        (
            GROUPS,
            "{ from: server_groups.a, destroy: perhaps }",
            "stacks/web.yaml:1:45: E0301: `destroy` is true or false, not the text `perhaps`",
        ),
    ] {
        let mut world = World::with(before);
        let stack = format!("removed: [{removed}]\n");
        let plan = world.plan(&stack);
        same(&shown(&plan), expected);
        if let Ok(plan) = plan {
            world.carry_out(&plan);
            same(&shown(&world.plan(&stack)), "");
        }
    }
}

/// Entries, and what is said of them beside groups `a` and `b`, the latter with `count: 2`.
const WRONG: &[(&str, &str)] = &[
    (
        "moved: [{ from: servers.x, to: server_groups.a }]",
        "4:32: E0812: a server cannot become a server group",
    ),
    (
        "moved: [{ from: server_groups.a, to: server_groups.a }]",
        "4:17: E0812: `web/server_groups.a` would move round in a circle",
    ),
    (
        "moved: [{ from: server_groups.x, to: server_groups.y }, { from: server_groups.y, to: server_groups.x }]",
        "4:17: E0812: `web/server_groups.x` would move round in a circle\nstacks/web.yaml:4:65: E0812: `web/server_groups.y` would move round in a circle",
    ),
    (
        "moved: [{ from: server_groups.a, to: 'server_groups.b[0]' }]",
        "4:17: E0813: `web/server_groups.a` is still in the files, so it does not move [rename its block, or delete this entry]",
    ),
    (
        "moved: [{ from: server_groups.x, to: server_groups.c }]",
        "4:38: E0814: `web/server_groups.c`, to which something is moved, is not in the files [did you mean `web/server_groups.a`?]",
    ),
    (
        "moved: [{ from: server_groups.x, to: 'server_groups.b[2]' }]",
        "4:38: E0814: `web/server_groups.b[2]`, to which something is moved, is not in the files [its block has `count`, which is 2 here]",
    ),
    (
        "moved: [{ from: server_groups.x, to: server_groups.a }, { from: server_groups.y, to: server_groups.a }]",
        "4:86: E0815: `web/server_groups.a` comes to twice",
    ),
    ("moved: [{ from: server_groups.x }]", "4:9: E0203: `to` is missing in an entry of `moved`"),
    (
        "moved: [{ from: groups.x, to: server_groups.a }]",
        "4:17: E0811: `groups` in `web/groups.x` is not a section; known are",
    ),
    ("moved: server_groups.x", "4:8: E0205: `moved` is the text `server_groups.x`, not a list"),
    (
        "imports: [{ to: server_groups.b, id: x }]",
        "4:17: E0814: `web/server_groups.b`, to which something is imported, is not in the files [its block has `count`, which is 2 here]",
    ),
    (
        "imports: [{ to: server_groups.a, id: 7 }]",
        "4:38: E0301: `id` is the id of an object, not the number 7",
    ),
    (
        "imports: [{ to: server_groups.a, name: x }]",
        "4:34: E0201: `name` is not a known field of `imports` [known are to, id]\nstacks/web.yaml:4:11: E0203: `id` is missing in an entry of `imports`",
    ),
    (
        "removed: [{ from: server_groups.b }]",
        "4:19: E0813: `web/server_groups.b` is still in the files [delete its block, or this entry]",
    ),
];

#[test]
fn what_is_wrong_with_entries_is_said_with_its_place() {
    for (entry, expected) in WRONG {
        let stack = format!(
            "server_groups:\n  a: {{ policy: affinity }}\n  b: {{ policy: affinity, count: 2 }}\n{entry}\n"
        );
        let found = shown(&World::new().plan(&stack));
        let mut found: Vec<&str> = found.lines().collect();
        let mut wanted: Vec<String> =
            format!("stacks/web.yaml:{expected}").lines().map(str::to_owned).collect();
        found.sort_unstable();
        wanted.sort_unstable();
        let fits = found.len() == wanted.len()
            && found.iter().zip(&wanted).all(|(f, w)| f.starts_with(w.as_str()));
        assert!(fits, "{entry}\nfound {found:#?}\nwanted {wanted:#?}");
    }
}
