//! `preconditions`, `postconditions` and `policies`.

use crate::world::{World, shown};

fn net(conditions: &str) -> String {
    format!(
        "variables: {{ size: {{ type: integer, default: 3 }} }}
networks:
  back: {{}}
  front:
    mtu: 1400
{conditions}
"
    )
}

/// Conditions of a network, and what is said of them, if anything.
const CONDITIONS: &[(&str, &str)] = &[
    ("    preconditions: [{ condition: vars.size > 2, message: m }]", ""),
    (
        "    preconditions: [{ condition: vars.size > 3, message: 'too few: ${vars.size}' }]",
        "stacks/web.yaml:6:34: E0831: `web/networks.front`: too few: 3",
    ),
    (
        "    preconditions: [{ condition: '${vars.size > 3}', message: m }]",
        "stacks/web.yaml:6:34: E0831: `web/networks.front`: m",
    ),
    ("    preconditions: [{ condition: networks.back.mtu > 3, message: m }]", ""),
    ("    postconditions: [{ condition: self.mtu > 9000, message: m }]", ""),
    (
        "    preconditions: [{ condition: self.mtu > 9000, message: m }]",
        "stacks/web.yaml:6:34: E0501: `self` is only known in `postconditions`",
    ),
    (
        "    postconditions: [{ condition: self.mtuu > 9000, message: m }]",
        "stacks/web.yaml:6:35: E0501: a network has no attribute `mtuu`",
    ),
    (
        "    preconditions: [{ condition: vars.size, message: m }]",
        "stacks/web.yaml:6:34: E0301: a condition is true or false, not the number 3",
    ),
    (
        "    preconditions: [{ condition: true }]",
        "stacks/web.yaml:6:21: E0203: `message` is missing in an entry of `preconditions`",
    ),
    (
        "    preconditions: [{ when: true }]",
        "stacks/web.yaml:6:21: E0203: `condition` is missing in an entry of `preconditions`\nstacks/web.yaml:6:23: E0201: `when` is not a known field [known are condition, message]",
    ),
];

#[test]
fn conditions_are_decided_as_soon_as_they_are_known() {
    for (conditions, expected) in CONDITIONS {
        let plan = World::new().plan(&net(conditions));
        let found = plan.map_or_else(|found| found, |_| String::new());
        assert_eq!(&found, expected, "{conditions}");
    }
}

#[test]
fn what_is_not_known_is_kept_for_apply_and_told_by_the_next_plan() {
    let stack = net("    postconditions: [{ condition: self.mtu > 9000, message: narrow }]");
    let mut world = World::new();
    let plan = world.plan(&stack).expect("a plan");
    let front = plan.instances.iter().find(|i| i.address.to_string() == "web/networks.front");
    assert_eq!(front.expect("planned").postconditions.len(), 1);
    world.carry_out(&plan);
    assert_eq!(
        shown(&world.plan(&stack)),
        "stacks/web.yaml:6:35: E0832: `web/networks.front`: narrow"
    );
}

/// Policies, and what is said: refusals and warnings, or what is wrong.
const POLICIES: &[(&str, &str)] = &[
    ("{ name: p, rule: planned.mtu == null || planned.mtu < 1500, message: m }", ""),
    (
        "{ name: p, sections: [networks], rule: planned.mtu != 1400, message: 'no ${planned.mtu}' }",
        "policy `p` on `web/networks.front`: no 1400; `planned.mtu` is 1400 (terrace.yaml:3:42)",
    ),
    (
        "{ name: p, sections: [servers], rule: planned.flavor != \"small\", message: m }",
        "policy `p` on `web/servers.a`: m; `planned.flavor` is \"small\" (terrace.yaml:3:41)",
    ),
    ("{ name: p, when: action == \"delete\", rule: false, message: m }", ""),
    (
        "{ name: p, when: address.startsWith(\"web/servers\"), rule: action != \"create\" || env.name == \"prod\", message: m, level: warn }",
        "warning policy `p` on `web/servers.a`: m; `action` is \"create\", `env.name` is \"default\" (terrace.yaml:3:61)",
    ),
    (
        "{ name: p, sections: [servers], rule: planned.status == \"ACTIVE\", message: m }",
        "later web/servers.a",
    ),
    (
        "{ name: p, sections: [server], rule: true, message: m }",
        "terrace.yaml:3:25: E0201: `server` is not a known section [did you mean `servers`?]",
    ),
    (
        "{ name: p, rule: vars.size > 1, message: m }",
        "terrace.yaml:3:20: E0501: a policy does not know `vars.size` [there are `planned`, `before`, `action`, `address` and `env.name`]",
    ),
    (
        "{ name: p, rule: 7, message: m }",
        "terrace.yaml:3:20: E0301: a rule is true or false, not the number 7",
    ),
    ("{ name: p, message: m }", "terrace.yaml:3:3: E0203: `rule` is missing in a policy"),
    (
        "{ name: p, rule: true, message: m, level: loud }",
        "terrace.yaml:3:45: E0301: `level` is `error` or `warn`, not the text `loud`",
    ),
];

#[test]
fn policies_hold_or_refuse_or_warn() {
    let stack = "networks:
  front: { mtu: 1400, subnets: { v4: { cidr: 10.0.0.0/24 } } }
servers:
  a: { image: cirros, flavor: small, networks: [front] }
";
    for (policy, expected) in POLICIES {
        let world = World::new();
        world.write("terrace.yaml", &format!("cloud: simulator\npolicies:\n- {policy}\n"));
        let found = match world.plan(stack) {
            Err(found) => found,
            Ok(plan) => {
                let refused = plan.refusals.iter().map(|r| r.message.clone());
                let warned = plan.warnings.iter().map(|w| format!("warning {}", w.message));
                let later = plan.instances.iter().filter(|i| !i.postconditions.is_empty());
                let later = later.map(|i| format!("later {}", i.address));
                refused.chain(warned).chain(later).collect::<Vec<_>>().join("\n")
            }
        };
        assert_eq!(&found, expected, "{policy}");
    }
}
