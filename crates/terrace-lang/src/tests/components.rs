//! Components: instances, inputs, outputs, and mistakes at both ends.

use super::{check, complaints, dump, same, workspace};

const TIER: &str = "== components/tier.yaml
variables:
  size: { type: integer, default: 1, maximum: 5 }
  network: { type: string }
servers:
  app: { count: '${vars.size}', image: i, flavor: f, networks: ['${vars.network}'] }
outputs:
  ids: ${servers.app.map(s, s.id)}
  size: ${vars.size}
";

#[test]
fn instances_are_stacks_of_their_own() {
    let files = format!(
        "{TIER}== stacks/web.yaml
networks:
  front: {{}}
components:
  tier:
    use: {{ source: ../components/tier.yaml, with: {{ size: '${{each.value}}', network: '${{networks.front.id}}' }} }}
    for_each: {{ blue: 1, green: 2 }}
  one:
    use: {{ source: ../components/tier.yaml, with: {{ size: '${{components.tier.green.size + 1}}', network: fixed }} }}
  off:
    use: {{ source: ../components/tier.yaml }}
    when: false
  many:
    use: {{ source: ../components/tier.yaml, with: {{ network: 'n-${{count.index}}' }} }}
    count: 2
servers:
  b: {{ image: i, flavor: f, networks: [], name: '${{components.tier[\"blue\"].ids[0]}}', count: '${{components.one.size}}' }}
outputs:
  blue: ${{components.tier.blue.ids}}
  all: ${{components.many.map(m, m.size)}}
"
    );
    same(&complaints(&files), "", &files);
    same(
        &dump(&workspace(&files)),
        r#"web/networks.front
web/servers.b x3
web/many.0 vars.network = "n-0"
web/many.0 vars.size = 1
web/many.0/servers.app x1
web/many.1 vars.network = "n-1"
web/many.1 vars.size = 1
web/many.1/servers.app x1
web/one vars.network = "fixed"
web/one vars.size = 3
web/one/servers.app x3
web/tier.blue vars.size = 1
web/tier.blue vars.network waits for networks.front.id
web/tier.blue/servers.app x1
web/tier.green vars.size = 2
web/tier.green vars.network waits for networks.front.id
web/tier.green/servers.app x2"#,
        &files,
    );
}

#[test]
fn mistakes_point_at_both_ends() {
    let with = |with: &str| {
        format!(
            "{TIER}== stacks/web.yaml\ncomponents:\n  tier:\n    use: {{ source: ../components/tier.yaml, with: {{ {with} }} }}\n"
        )
    };
    check(&[
        (
            &with("size: 9, network: n"),
            "web:3:59 E0602 the variable `size`, given under `with`: 9 is more than 5
  | tier:2:3 `size` is declared here
",
        ),
        (
            &with("size: 1"),
            "web:3:20 E0601 the component's variable `network` has no value
  | tier:3:3 `network` is declared here
  = give it under `with`, or write a `default`",
        ),
        (
            &with("network: n, sise: 1"),
            "web:3:65 E0603 the component has no variable `sise`
  = did you mean `size`?",
        ),
    ]);
}

#[test]
fn circles_paths_and_names() {
    check(&[(
        "== stacks/web.yaml\ncomponents:\n  a: { use: ../components/a.yaml }\n== components/a.yaml\ncomponents:\n  b: { use: b.yaml }\n== components/b.yaml\ncomponents:\n  a: { use: { source: ./a.yaml } }\n",
        "b:2:23 E0403 these components use each other: `components/a.yaml` uses `components/b.yaml` uses `components/a.yaml`",
    )]);
}
