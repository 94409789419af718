//! What exists already.

use super::{check, complaints, same, workspace};
use terrace_model::LookupKind;

#[test]
fn entries_and_bare_names() {
    let files = "== stacks/a.yaml
existing:
  networks:
    public: ext-net
    other: { id: 5f, optional: true }
    own:
  images:
    base: { name: debian-12, most_recent: true }
  subnets:
    inner: { network_id: '${existing.networks.public.id}', cidr: 10.0.0.0/8, tags: a }
servers:
  a: { image: base, flavor: f, networks: [public, other], name: '${existing.subnets.inner.cidr}' }
";
    same(&complaints(files), "", files);
    let workspace = workspace(files);
    let stack = workspace.stacks.values().next().expect("a stack");
    let shown: Vec<String> = stack.existing[&LookupKind::Network]
        .iter()
        .map(|(name, e)| {
            format!("{name} {:?} {}", e.filters.keys().collect::<Vec<_>>(), e.optional)
        })
        .collect();
    assert_eq!(
        shown,
        [r#"other ["id"] true"#, r#"own ["name"] false"#, r#"public ["name"] false"#]
    );
    let server = stack.resources.values().next().expect("a server");
    let references = |name: &str| {
        let found = server.body.get(name).expect(name).value.references();
        found.iter().map(|r| r.root.to_string()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(references("networks"), "existing.networks.public.id existing.networks.other.id");
    assert_eq!(references("image"), "existing.images.base.id");
}

#[test]
fn mistakes() {
    check(&[
        (
            "== stacks/a.yaml\nexisting:\n  network: { a: b }\n",
            "a:2:3 E0201 `network` is not a known kind of thing to look up\n  = did you mean `networks`?",
        ),
        (
            "== stacks/a.yaml\nexisting:\n  networks: { a: { nme: b, external: maybe } }\n",
            "a:2:20 E0201 `nme` is not a known way to find a network\n  = did you mean `name`?\na:2:38 E0301 `external`: expected true or false, found the text `maybe`",
        ),
        (
            "== stacks/a.yaml\nexisting:\n  networks: { a: { name: '${networks.x.name}' } }\nnetworks:\n  x: { description: '${existing.networks.b.id}', name: '${existing.networks.a.nam}' }\n",
            "a:2:26 E0501 `existing.networks.a` is looked up before `a/networks.x` is there\n  = what exists is found by values that are known before anything is created\na:4:24 E0501 there is no `existing.networks.b`\n  = did you mean `existing.networks.a`?\na:4:59 E0501 nothing is known of a network as `nam`\n  = did you mean `name`?",
        ),
        (
            "== stacks/a.yaml\nservers:\n  a: { image: i, flavor: f, networks: [public] }\n",
            "a:2:40 E0401 there is no network `public` in this stack\n  = add it under `networks`, or under `networks` of `existing` if the cloud has it already",
        ),
    ]);
}
