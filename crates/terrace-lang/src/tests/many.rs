//! References to one of many instances, and to all of them.

use super::{complaints, difference, same};

const BLOCKS: &str = "== stacks/a.yaml
networks:
  one: {}
  two: { count: 2 }
  each: { for_each: [blue, green] }
  gone: { when: false }
  none: { count: 0 }
";

/// Expressions of an output, and what is told of them.
const OUTPUTS: &[(&str, &str)] = &[
    ("networks.two[1].id", ""),
    (
        "networks.two[2].id",
        "a:9:7 E0501 there is no `a/networks.two[2]`\n  = its block has `count`, which is 2 here",
    ),
    (
        "networks.one[0].id",
        "a:9:7 E0501 there is no `a/networks.one[0]`\n  = its block makes one instance, without a key",
    ),
    (
        "networks.each[0].id",
        "a:9:7 E0501 there is no `a/networks.each[0]`\n  = its block has `for_each`, with the keys `blue`, `green`",
    ),
    (
        "networks.each['blu'].id",
        "a:9:7 E0501 there is no `a/networks.each[\"blu\"]`\n  = did you mean `[\"blue\"]`?",
    ),
    (
        "stacks.a.networks.two[2].id",
        "a:9:7 E0501 there is no `a/networks.two[2]`\n  = its block has `count`, which is 2 here",
    ),
    ("networks.gone.id", ""),
    // Nothing is wrong with what is never looked at.
    ("size(networks.two) > 9 ? networks.two[9].id : ''", ""),
    ("try(networks.two[9].id, '')", ""),
    ("false ? networks.two[9].id : 'x'", ""),
    (
        "true ? networks.two[9].id : 'x'",
        "a:9:14 E0501 there is no `a/networks.two[9]`\n  = its block has `count`, which is 2 here",
    ),
    ("default(networks.two[9].id, 'x')", ""),
    ("false && networks.two[9].mtu > 0", ""),
    ("can(networks.none[0].id)", ""),
    // All of them.
    ("networks.two.map(n, n.id)", ""),
    ("networks.two.id", ""),
    (
        "networks.two.map(n, n.idd)",
        "a:9:29 E0501 a network has no attribute `idd`\n  = did you mean `id`?",
    ),
    (
        "networks.two.filter(n, n.idd == '')",
        "a:9:32 E0501 a network has no attribute `idd`\n  = did you mean `id`?",
    ),
    (
        "[1].map(n, networks.two.map(m, m.idd + n.idd))",
        "a:9:40 E0501 a network has no attribute `idd`\n  = did you mean `id`?",
    ),
    ("networks.two.map(n, [{'idd': 1}].map(n, n.idd))", ""),
    (
        "networks.each.map(n, n.id)",
        "a:9:30 E0501 the items of `networks.each` are its keys, which have no `id`\n  = write `values(networks.each)` for the instances",
    ),
    ("values(networks.each).map(n, n.id)", ""),
    (
        "networks.each.values().map(n, n.idd)",
        "a:9:39 E0501 a network has no attribute `idd`\n  = did you mean `id`?",
    ),
    (
        "networks.one.map(n, n.id)",
        "a:9:29 E0501 `networks.one` is one network, not many\n  = write `networks.one.id`",
    ),
    // Several findings in one text.
    (
        "lowr('a') + vras.x + networks.one.idd",
        "a:9:7 E0504 there is no function `lowr`\n  = did you mean `lower`?\na:9:19 E0401 unknown name `vras`\n  = did you mean `vars`?",
    ),
];

#[test]
fn of_an_output() {
    let mut all = String::new();
    for (expression, expected) in OUTPUTS {
        let files = format!("{BLOCKS}outputs:\n  o: |-\n    ${{{expression}}}\n");
        all += &difference(&complaints(&files), expected, expression);
    }
    assert!(all.is_empty(), "{all}");
}

#[test]
fn of_blocks() {
    let server = "image: i, flavor: f";
    let absent = "there is no `a/networks.two[2]`\n  = its block has `count`, which is 2 here";
    let mut all = String::new();
    for (body, expected) in [
        ("networks: ['two[1]', 'each[\"blue\"]']", String::new()),
        ("networks: ['two[2]']", format!("a:8:40 E0501 {absent}")),
        ("count: 2, networks: ['two[count.index]']", String::new()),
        ("count: 3, networks: ['two[count.index]']", format!("a:8:50 E0501 {absent}")),
        ("count: 3, networks: ['${networks.two[count.index].id}']", format!("a:8:53 E0501 {absent}")),
        ("count: 0, networks: ['none[0]', '${networks.none[0].id}']", String::new()),
        ("when: false, networks: ['none[0]']", String::new()),
        (
            "networks: ['${networks.two.id}']",
            "a:8:40 E0301 `networks` of `a/servers.s`: expected the text of `network`, or a map with network, port, fixed_ip, found the list of `id` of all of them\n  = one of them is `networks.two[count.index].id`, or write its key in the brackets".to_owned(),
        ),
        ("networks: '${networks.two.id}'", String::new()),
        (
            "networks: '${networks.each.id}'",
            "a:8:39 E0301 `networks` of `a/servers.s`: expected a list, each the text of `network`, or a map with network, port, fixed_ip, found the map of `id` of all of them\n  = a list of them is `values(networks.each.id)`".to_owned(),
        ),
    ] {
        let files = format!("{BLOCKS}servers:\n  s: {{ {server}, {body} }}\n");
        all += &difference(&complaints(&files), &expected, body);
    }
    assert!(all.is_empty(), "{all}");
}

#[test]
fn what_is_written_inside_of_many_means_its_own() {
    let files = "== stacks/a.yaml
networks:
  n:
    count: 2
    subnets:
      s: { cidr: 10.0.0.0/24, name: '${networks.n.name}' }
";
    same(&complaints(files), "", files);
}

#[test]
fn triggers_of_other_stacks() {
    let server = "image: i, flavor: f, networks: []";
    let mut all = String::new();
    for (trigger, expected) in [
        ("b/networks.n", ""),
        ("b/networks.n.mtu", ""),
        ("'b/networks.m[0]'", ""),
        ("'b/networks.m[1].mtu'", ""),
        ("stacks.b.networks.n", ""),
        ("b/networks.x", "a:2:79 E0401 there is no `b/networks.x`\n  = did you mean `m`?"),
        (
            "'b/networks.m[2]'",
            "a:2:79 E0401 there is no `b/networks.m[2]`\n  = its block has `count`, which is 2 here",
        ),
        (
            "b/networks.n.mtuu",
            "a:2:79 E0804 a network has no attribute `mtuu`\n  = did you mean `mtu`?",
        ),
        (
            "b/",
            "a:2:79 E0804 the text `b/` is neither a resource nor an attribute of one\n  = write it as `section.name`, `section.name[0]` or `section.name.attribute`",
        ),
    ] {
        let files = format!(
            "== stacks/a.yaml\nservers:\n  s: {{ {server}, lifecycle: {{ replace_triggered_by: [{trigger}] }} }}\n\
             == stacks/b.yaml\nnetworks:\n  n: {{}}\n  m: {{ count: 2 }}\n"
        );
        all += &difference(&complaints(&files), expected, trigger);
    }
    assert!(all.is_empty(), "{all}");
}
