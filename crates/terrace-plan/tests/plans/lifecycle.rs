//! `lifecycle` and `timeouts`.

use terrace_model::Value;
use terrace_plan::Mode;

use crate::world::{World, same, shown};

const NET: &str = "
networks:
  front: { subnets: { v4: { cidr: 10.0.0.0/24 } } }
";

fn server(more: &str) -> String {
    format!(
        "{NET}
servers:
  a:
    image: cirros
    flavor: small
    networks: [front]
    metadata: {{ owner: us, role: web }}
{more}"
    )
}

#[test]
fn differences_that_are_ignored() {
    for (ignored, expected) in [
        (
            "[]",
            "resize web/servers.a: `flavor` changed
               flavor: \"id-large\" -> \"id-small\"
               metadata: {\"owner\": \"them\", \"role\": \"db\"} -> {\"owner\": \"us\", \"role\": \"web\"}
             0 update web/servers.a",
        ),
        (
            "[flavor]",
            "update web/servers.a: `metadata` changed
               metadata: {\"owner\": \"them\", \"role\": \"db\"} -> {\"owner\": \"us\", \"role\": \"web\"}
             0 update web/servers.a",
        ),
        (
            "[flavor, metadata.owner]",
            "update web/servers.a: `metadata` changed
               metadata: {\"owner\": \"them\", \"role\": \"db\"} -> {\"owner\": \"them\", \"role\": \"web\"}
             0 update web/servers.a",
        ),
        ("'${vars.ignored}'", ""),
        ("all", ""),
    ] {
        let variables = "
variables:
  ignored: { type: list, default: [flavor, metadata] }
";
        let mut world = World::with(&server(""));
        world.change("web/servers.a", "flavor", Value::text("id-large"));
        let map = [("owner", "them"), ("role", "db")].map(|(k, v)| (k, Value::text(v)));
        world.change("web/servers.a", "metadata", Value::Map(map.into()));
        let stack = server(&format!("    lifecycle: {{ ignore_changes: {ignored} }}\n{variables}"));
        let found = shown(&world.plan(&stack));
        let lines = |t: &str| t.lines().map(str::trim).collect::<Vec<_>>().join("\n");
        assert_eq!(lines(&found).trim(), lines(expected).trim(), "{ignored}");
    }
}

#[test]
fn what_is_ignored_is_still_used_for_a_replacement() {
    let world = World::with(&server("    lifecycle: { ignore_changes: [flavor] }"));
    let stack = server("    config_drive: true\n    lifecycle: { ignore_changes: [flavor] }")
        .replace("flavor: small", "flavor: large");
    let plan = world.plan(&stack).expect("a plan");
    let replaced = plan.instances.iter().find(|i| i.address.to_string() == "web/servers.a");
    assert_eq!(replaced.expect("planned").desired["flavor"], Value::text("id-large"));
}

#[test]
fn settings_are_kept_so_that_deleting_the_block_does_not_lift_them() {
    let mut world = World::with(&server(""));
    let guarded = server(
        "    lifecycle: { prevent_destroy: '${vars.guard}' }
variables:
  guard: { type: boolean, default: true }
",
    );
    let plan = world.plan(&guarded);
    same(
        &shown(&plan),
        "
        record web/servers.a: `prevent_destroy` changed
        0 record web/servers.a
        ",
    );
    world.carry_out(&plan.expect("a plan"));
    same(&shown(&world.plan(&guarded)), "");
    same(
        &shown(&world.plan(NET)),
        "
        delete web/servers.a: `web/servers.a` is not in the files any more
        0 delete web/servers.a
        refused: `web/servers.a` must not be destroyed, and this plan would (`web/servers.a` is not in the files any more) [set `lifecycle: { prevent_destroy: false }` on it and apply that first, or undo the change]
        ",
    );
    world.variables = vec![("guard".into(), "false".into())];
    let plan = world.plan(&guarded).expect("a plan");
    world.carry_out(&plan);
    world.variables.clear();
    same(
        &shown(&world.plan(NET)),
        "
        delete web/servers.a: `web/servers.a` is not in the files any more
        0 delete web/servers.a
        ",
    );
}

#[test]
fn what_is_retained_is_forgotten_and_stays() {
    let retained = server("    lifecycle: { on_destroy: retain }\n    timeouts: { delete: 2m }");
    let world = World::with(&retained);
    same(
        &shown(&world.plan(NET)),
        "
        forget web/servers.a: `web/servers.a` is not in the files any more; the object stays, as `on_destroy: retain` says
        0 forget web/servers.a
        ",
    );
    same(
        &shown(&world.plan_as(Mode::Destroy)),
        "
        delete web/networks.front: everything is destroyed
        delete web/subnets.front.v4: everything is destroyed
        forget web/servers.a: everything is destroyed; the object stays, as `on_destroy: retain` says
        0 forget web/servers.a
        1 delete web/subnets.front.v4 after 0
        2 delete web/networks.front after 0 1
        ",
    );
    let changed = retained.replace("timeouts:", "config_drive: true\n    timeouts:");
    same(
        &shown(&world.plan(&changed)),
        "
        replace web/servers.a: `config_drive` changed
          config_drive: false -> true
        0 forget web/servers.a
        1 create web/servers.a after 0
        ",
    );
}

#[test]
fn a_replacement_because_of_another() {
    let stack = |trigger: &str, name: &str, cidr: &str| {
        format!(
            "
networks:
  front: {{ name: {name}, subnets: {{ v4: {{ cidr: {cidr} }} }} }}
server_groups:
  g: {{ policy: affinity, lifecycle: {{ replace_triggered_by: [{trigger}] }} }}
"
        )
    };
    for (trigger, name, cidr, expected) in [
        ("networks.front", "x", "10.0.0.0/24", "`web/networks.front` changes"),
        ("networks.front.name", "x", "10.0.0.0/24", "`name` of `web/networks.front` changes"),
        ("networks.front.description", "x", "10.0.0.0/24", ""),
        ("networks.front", "n", "10.1.0.0/24", ""),
        ("subnets.front.v4", "n", "10.1.0.0/24", "`web/subnets.front.v4` is replaced"),
        ("subnets.front.v4.id", "n", "10.1.0.0/24", "`id` of `web/subnets.front.v4` changes"),
        ("subnets.front.v4.cidr", "n", "10.1.0.0/24", "`cidr` of `web/subnets.front.v4` changes"),
        ("subnets.front.v4.name", "n", "10.1.0.0/24", ""),
        ("'${networks.front}'", "x", "10.0.0.0/24", "`web/networks.front` changes"),
    ] {
        let world = World::with(&stack(trigger, "n", "10.0.0.0/24"));
        let plan = world.plan(&stack(trigger, name, cidr)).expect("a plan");
        let group = plan.instances.iter().find(|i| i.address.to_string() == "web/server_groups.g");
        let group = group.expect("planned");
        let found =
            if group.action == terrace_plan::Action::Replace { &*group.reason.text } else { "" };
        assert_eq!(found, expected, "{trigger} {name} {cidr}");
    }
}

/// Settings of a server, and what is said of them.
const WRONG: &[(&str, &str)] = &[
    (
        "lifecycle: { prevent_destroy: maybe }",
        "stacks/web.yaml:11:35: E0301: `prevent_destroy` is true or false, not the text `maybe`",
    ),
    (
        "lifecycle: { prevent_destroy: '${networks.front.shared}' }",
        "stacks/web.yaml:11:38: E0801: `prevent_destroy` must be known before anything is created [use variables, locals of them, `env`, `count` and `each`]",
    ),
    (
        "lifecycle: { ignore_changes: [flavour] }",
        "stacks/web.yaml:11:34: E0802: `flavour` is not an attribute of a server that could be ignored [did you mean `flavor`?]",
    ),
    (
        "lifecycle: { ignore_changes: 7 }",
        "stacks/web.yaml:11:34: E0301: `ignore_changes` is a list of attributes, or `all`, not the number 7",
    ),
    (
        "lifecycle: { on_destroy: keep }",
        "stacks/web.yaml:11:30: E0301: `on_destroy` is `delete` or `retain`, not the text `keep`",
    ),
    (
        "lifecycle: { replace_triggered_by: networks.front }",
        "stacks/web.yaml:11:40: E0205: `replace_triggered_by` is the text `networks.front`, not a list [write it as `[networks.front, servers.db.image]`]",
    ),
    (
        "lifecycle: { replace_triggered_by: [networks.back] }",
        "stacks/web.yaml:11:41: E0401: there is no `web/networks.back`",
    ),
    (
        "lifecycle: { replace_triggered_by: [vars.x] }",
        "stacks/web.yaml:11:41: E0804: the text `vars.x` is neither a resource nor an attribute of one [write it as `section.name`, `section.name[0]` or `section.name.attribute`]",
    ),
    (
        "lifecycle: { replace_triggered_by: [servers.a] }",
        "stacks/web.yaml:11:41: E0804: `web/servers.a` cannot be replaced because of itself",
    ),
    (
        "lifecycle: { replace_triggered_by: [networks.front.mtuu] }",
        "stacks/web.yaml:11:41: E0804: a network has no attribute `mtuu` [did you mean `mtu`?]",
    ),
    (
        "lifecycle: { prevent: true }",
        "stacks/web.yaml:11:18: E0201: `prevent` is not a known lifecycle setting [known are create_before_destroy, prevent_destroy, ignore_changes, replace_triggered_by, on_destroy]",
    ),
    (
        "timeouts: { create: 10 }",
        "stacks/web.yaml:11:25: E0803: the time limit of `create` is a duration, not the number 10 [write it as `90s`, `10m` or `1h30m`]",
    ),
    (
        "timeouts: { creating: 10m }",
        "stacks/web.yaml:11:17: E0201: `creating` is not a known operation with a time limit [known are create, update, delete]",
    ),
    (
        "lifecycle: { prevent_destroy: '${self.id == \"\"}' }",
        "stacks/web.yaml:11:38: E0501: `self` is only known in `postconditions`",
    ),
];

#[test]
fn what_is_wrong_with_settings_is_said_with_its_place() {
    for (settings, expected) in WRONG {
        let world = World::new();
        let found = shown(&world.plan(&server(&format!("    {settings}\n"))));
        assert_eq!(found, *expected, "{settings}");
    }
}
