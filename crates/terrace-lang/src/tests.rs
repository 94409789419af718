//! Tests of loading: a stack file in, complaints or values out.

use std::path::Path;

use proptest::prelude::*;
use terrace_model::expr::Term;
use terrace_model::{Diagnostics, Sources, Value, Workspace};

use crate::{LoadError, Loaded, Request, load};

const KEY: &str = "ssh-ed25519 AAAA deploy\n";

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let ordinary = [("terrace.yaml", ""), ("keys/deploy.pub", KEY), ("stacks/.keep", "")];
    for (path, text) in ordinary.iter().chain(files) {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    folder
}

fn request(root: &Path) -> Request<'_> {
    Request { root, environment: None, variables: &[], env: &|_| None }
}

fn told(diagnostics: &Diagnostics, sources: &Sources) -> Vec<String> {
    let line = |d: &terrace_model::Diagnostic| {
        let place = d.primary.as_ref().map(|l| sources.place(l.span));
        let place = place.map_or("-".to_owned(), |p| format!("{}:{}", p.line, p.column));
        let help = d.help.as_ref().map(|h| format!(" ({h})")).unwrap_or_default();
        format!("{place} {} {}{help}", d.code, d.message)
    };
    diagnostics.sorted(sources).iter().map(line).collect()
}

fn loaded(files: &[(&str, &str)]) -> Result<Loaded, Vec<String>> {
    load(&request(folder(files).path()))
        .map_err(|LoadError { diagnostics, sources }| told(&diagnostics, &sources))
}

/// Every complaint and warning about a stack file.
fn complaints(stack: &str) -> Vec<String> {
    match loaded(&[("stacks/web.yaml", stack)]) {
        Ok(loaded) => told(&loaded.warnings, &loaded.workspace.sources),
        Err(complaints) => complaints,
    }
}

fn workspace(stack: &str) -> Workspace {
    loaded(&[("stacks/web.yaml", stack)]).expect(stack).workspace
}

fn check(table: &[(&str, &[&str])]) {
    for (stack, expected) in table {
        assert_eq!(complaints(stack), *expected, "{stack}");
    }
}

const WHOLE: &str = r#"
variables:
  replicas: { type: integer, default: 2, minimum: 1, maximum: 50 }
locals:
  prefix: ${env.name}-web
keypairs:
  deploy: { public_key: '${file("keys/deploy.pub")}' }
networks:
  front:
    subnets:
      v4: { cidr: 10.10.0.0/24, dns_nameservers: [9.9.9.9] }
server_groups:
  spread: { policy: anti-affinity }
servers:
  web:
    count: ${vars.replicas}
    name: ${locals.prefix}-${count.index}
    image: debian-12
    flavor: m1.small
    keypair: deploy
    networks: [front]
    server_group: spread
    metadata: { port: 80, on: true, release: 0755 }
outputs:
  addresses: ${servers.web.map(s, s.access_ip)}
  first: { value: "${servers.web[0].id}", description: The first, sensitive: true }
"#;

#[test]
fn a_whole_stack_loads() {
    let workspace = workspace(WHOLE);
    let shown: Vec<String> = workspace
        .resources()
        .map(|r| format!("{} x{}", r.address, r.repeat.keys().len()))
        .collect();
    assert_eq!(
        shown,
        [
            "web/keypairs.deploy x1",
            "web/networks.front x1",
            "web/subnets.front.v4 x1",
            "web/server_groups.spread x1",
            "web/servers.web x2"
        ]
    );
    assert_eq!(workspace.files.get("keys/deploy.pub").map(String::as_str), Some(KEY));
    let server = workspace.resources().last().expect("a server");
    let Some(Term::Map(metadata)) = server.body.get("metadata").map(|t| &t.value) else {
        panic!("metadata is a map");
    };
    let texts: Vec<String> = metadata.values().map(|t| format!("{:?}", t.value)).collect();
    assert_eq!(
        texts,
        [r#"Literal("true")"#, r#"Literal("80")"#, r#"Literal("0755")"#],
        "text as it is written"
    );
}

const SERVER: &str = "image: i, flavor: f, networks: []";

#[test]
fn structure() {
    check(&[
        ("serverz:\n  a: {}\n", &["1:1 E0201 `serverz` is not a known section (did you mean `servers`?)"]),
        ("subnets:\n  a: {}\n", &["1:1 E0201 `subnets` are written inside a network (move it under an entry of `networks`)"]),
        ("networks: [a]\n", &["1:11 E0205 `networks` is a list, not a map"]),
        ("networks:\n  9a: {}\n", &["2:3 E0202 `9a` is not a name: use letters, digits, `_` and `-`, begin with a letter or `_`, at most 100"]),
        ("networks:\n  a: { mtuu: 1, status: x }\n", &[
            "2:8 E0201 `mtuu` is not a known attribute of a network (did you mean `mtu`?)",
            "2:17 E0204 `status` of a network is set by the cloud (remove it)",
        ]),
        ("networks:\n  a:\n    subnets:\n      b: { count: 2, cidr: 10.0.0.0/24 }\n", &[
            "4:12 E0205 a subnet repeats with the network it is written in (write `count` on the network)",
        ]),
        ("networks:\n  a: { lifecycle: { prevent_destroi: true }, depends_on: [networks.b, x, 'networks.b[0]'] }\n  bb: {}\n", &[
            "2:21 E0201 `prevent_destroi` is not a known lifecycle setting (did you mean `prevent_destroy`?)",
            "2:60 E0401 there is no `web/networks.b` (did you mean `networks.bb`?)",
            "2:72 E0205 `web/x` is not an address: write it as `stack/section.name`, with `[0]` or `[\"key\"]` for one of many (write it as `section.name`)",
            "2:75 E0205 `depends_on` names whole blocks, without a key",
        ]),
        ("networks:\n  a: { count: 1, for_each: [x] }\n", &["2:18 E0302 `count` and `for_each` do not go together"]),
        ("networks:\n  a: { count: -1 }\n  b: { when: 3 }\n  c: { for_each: [x, x] }\n  d: { for_each: 7 }\n  e: { count: 100001 }\n", &[
            "2:15 E0302 `count` is a whole number from 0 to 100000, not the number -1",
            "3:14 E0302 `when` is true or false, not the number 3",
            "4:18 E0302 `for_each` is a map, or a list of different texts, not a list",
            "5:18 E0302 `for_each` is a map, or a list of different texts, not the number 7",
            "6:15 E0302 `count` is a whole number from 0 to 100000, not the number 100001",
        ]),
        ("networks:\n  a: {}\n  a: {}\n", &["3:3 E0104 `a` is written twice"]),
        ("outputs:\n  a: { value: 1, sensitiv: true }\n", &["2:18 E0201 `sensitiv` is not a known field of an output (did you mean `sensitive`?)"]),
        ("", &[]),
    ]);
}

#[test]
fn types() {
    let servers = |body: &str| format!("servers:\n  a: {{ {SERVER}, {body} }}\n");
    for (body, expected) in [
        ("name: 12", vec![]),
        ("config_drive: yes", vec!["E0301 `config_drive` of `web/servers.a`: expected true or false, found the text `yes`", "W0301 this word is text in YAML 1.2 (write `true` or `false`)"]),
        ("metadata: { a: [x] }", vec!["E0301 `metadata` of `web/servers.a`: expected text, found a list"]),
        ("tags: [1, 2.50, ~]", vec!["E0301 `tags` of `web/servers.a`: expected text, found nothing"]),
        ("name: '${1 + 1}'", vec!["E0301 `name` of `web/servers.a`: expected text, found the number 2"]),
    ] {
        let told: Vec<String> = complaints(&servers(body))
            .iter()
            .filter_map(|line| line.split_once(' ').map(|(_, rest)| rest.to_owned()))
            .collect();
        assert_eq!(told, expected, "{body}");
    }
    check(&[
        ("networks:\n  n: {}\nservers:\n  a: { image: i, flavor: f, networks: n }\n  b: { image: i, flavor: f, networks: '${networks.n.id}' }\n", &[
            "4:39 E0301 `networks` of `web/servers.a`: expected a list, each text, found one name (write `[n]`)",
            "5:40 E0301 `networks` of `web/servers.b`: expected a list, each text, found the `id` of a network, which is text",
        ]),
        ("networks:\n  n: { mtu: '${networks.m.status}' }\n  m: { description: '${servers.x.addresses}' }\nservers:\n  x: { image: i, flavor: f, networks: [] }\n", &[
            "2:14 E0301 `mtu` of `web/networks.n`: expected a whole number from 68 to 65536, found the `status` of a network, which is text",
            "3:22 E0301 `description` of `web/networks.m`: expected text, found the `addresses` of a server, which is a map, each value a list, each text",
        ]),
        ("networks:\n  n:\n    for_each: { a: { mtu: 1500 }, b: { mtu: big } }\n    mtu: ${each.value.mtu}\n", &[
            "4:10 E0301 `mtu` of `web/networks.n[\"b\"]`: expected a whole number from 68 to 65536, found the text `big`",
        ]),
        ("networks:\n  n: { mtu: ~ }\n  m: { subnets: { v: { cidr: ~ } } }\n", &["3:31 E0203 `cidr` of `web/subnets.m.v` is missing (a subnet needs `cidr`: The range, such as `10.0.0.0/24`.)"]),
    ]);
}

#[test]
fn references() {
    check(&[
        ("networks:\n  n: { description: '${vars.x} ${locals.y} ${env.nam} ${count.index} ${each.key}' }\n", &[
            "2:24 E0501 there is no `vars.x`",
            "2:34 E0501 there is no `locals.y`",
            "2:46 E0501 there is no `env.nam` (there is `env.name`)",
            "2:57 E0501 `count.index` is only known in a block with `count`",
            "2:72 E0501 `each` is only known in a block with `for_each`",
        ]),
        ("networks:\n  front: { mtu: '${networks.frnt.mtu}', description: '${networks.back.stat}' }\n  back: { count: 2 }\n", &[
            "2:20 E0501 there is no `web/networks.frnt` (did you mean `front`?)",
            "2:57 E0501 a network has no attribute `stat`",
        ]),
        ("networks:\n  front: { description: '${networks.back.subnets.v4.id}' }\n  back: { subnets: { v4: { cidr: 10.0.0.0/24 } } }\n", &[
            "2:28 E0501 a network has no attribute `subnets` (a subnet is `subnets.back.NAME`)",
        ]),
        ("locals:\n  unused: ${vars.gone}\n", &["2:13 E0501 there is no `vars.gone`"]),
        ("locals:\n  a: ${locals.b}\n  b: ${locals.a}\nnetworks:\n  n: { count: '${locals.a}' }\n", &[
            "2:6 E0403 these locals refer to each other: `locals.a` refers to `locals.b` refers to `locals.a`",
        ]),
        ("networks:\n  n: { count: '${networks.m.mtu}' }\n  m: { count: '${vars.nn}' }\nvariables:\n  n: { default: 1 }\n", &[
            "2:17 E0302 this is not known while the files are read (how many instances there are may depend on variables and locals only)",
            "3:17 E0302 there is no `vars.nn` (did you mean `vars.n`?)",
        ]),
        ("networks:\n  n: { when: false, for_each: { a: { mtu: 1500 } }, mtu: '${each.value.mtu}', description: '${each.key}' }\n  m: { for_each: {}, mtu: '${each.value.mtu}' }\n  o: { when: \"${env.name == 'default'}\", count: '${size(file(\"keys/deploy.pub\"))}' }\n", &[]),
        ("servers:\n  a: { image: i, flavor: f, networks: [], keypair: depoly }\nkeypairs:\n  deploy: { public_key: '${file(\"keys/gone\")}' }\n", &[
            "2:52 E0401 there is no keypair `depoly` in this stack (did you mean `deploy`?)",
            "4:33 E0701 the file `keys/gone` cannot be read: No such file or directory (os error 2) (the path is relative to the folder of `terrace.yaml`)",
        ]),
        ("outputs:\n  a: ${servers.x.id}\n  b: [ok, '${vars.p}', '${vars.q}']\n", &[
            "2:8 E0501 there is no `web/servers.x`",
            "3:14 E0501 there is no `vars.p`",
            "3:27 E0501 there is no `vars.q`",
        ]),
    ]);
}

fn value_of(declaration: &str, given: &[(&str, &str)], env: &[(&str, &str)]) -> Result<Value, Vec<String>> {
    let stack = format!("variables:\n  x: {declaration}\n");
    let settings = "environments: { prod: { variables: prod.yaml }, other: }\n";
    let folder = folder(&[("stacks/web.yaml", &stack), ("terrace.yaml", settings), ("prod.yaml", "x: 7\n")]);
    let given: Vec<_> = given.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let environment = env.iter().find(|(k, _)| *k == "environment").map(|(_, v)| *v);
    let env = |name: &str| env.iter().find(|(k, _)| *k == name).map(|(_, v)| (*v).to_owned());
    let request = Request { root: folder.path(), environment, variables: &given, env: &env };
    match load(&request) {
        Ok(loaded) => {
            let stack = loaded.workspace.stacks.values().next().cloned().expect("a stack");
            Ok(stack.variables["x"].clone())
        }
        Err(error) => Err(told(&error.diagnostics, &error.sources)),
    }
}

#[test]
fn variables() {
    let shown = |result: Result<Value, Vec<String>>| result.map_or_else(|e| e.join("\n"), |v| v.to_string());
    let prod = ("environment", "prod");
    for (declaration, given, env, expected) in [
        ("{ default: 1 }", &[][..], &[][..], "1"),
        ("{ type: integer }", &[("x", "3")], &[("TERRACE_VAR_x", "4"), prod], "3"),
        ("{ type: integer }", &[], &[("TERRACE_VAR_x", "4"), prod], "4"),
        ("{ type: integer, default: 5 }", &[], &[prod], "7"),
        ("{ default: 5 }", &[("x", "6")], &[], "6"),
        ("{ default: [] }", &[("x", "[a, b]")], &[], r#"["a", "b"]"#),
        ("{ type: map }", &[("x", "{a: 1}")], &[], r#"{"a": 1}"#),
        ("{ type: string, default: 012 }", &[], &[], r#""012""#),
        ("{ type: string, default: 12 }", &[], &[], r#""12""#),
        ("{ type: boolean }", &[("x", "yes")], &[], "2:3 E0602 the variable `x`, given with `--var`: expected type boolean, found the text `yes`"),
        ("{ type: number, minimum: 0.5 }", &[("x", "0.25")], &[], "2:3 E0602 the variable `x`, given with `--var`: 0.25 is less than 0.5"),
        ("{ type: integer, maximum: 6 }", &[], &[prod], "1:4 E0602 the variable `x`, given in the environment's file: 7 is more than 6"),
        ("{ sensitive: true, type: integer }", &[("x", "hush")], &[], "2:3 E0602 the variable `x`, given with `--var`: its value does not fit"),
        ("{ sensitive: true }", &[("x", "hush")], &[], "(sensitive)"),
        ("{}", &[], &[], "2:3 E0601 the variable `x` has no value (give it with `--var x=...`, with `TERRACE_VAR_x`, or write a `default`)"),
        ("{ default: '${env.name}' }", &[], &[], "2:17 E0602 the default of a variable is a plain value, without expressions (write it under `locals`)"),
        ("{ type: int, default: 1 }", &[], &[], "2:14 E0201 `int` is not a type (types are string, integer, number, boolean, list, map)"),
        ("{ default: 1 }", &[("y", "1")], &[], "- E0603 no stack declares the variable `y` given with `--var` (did you mean `x`?)"),
        ("{ default: 1 }", &[], &[("environment", "prd")], "- E0201 there is no environment `prd` (did you mean `prod`?)"),
        ("{ default: 1 }", &[], &[("environment", "other")], "1"),
    ] {
        assert_eq!(shown(value_of(declaration, given, env)), expected, "{declaration} {given:?} {env:?}");
    }
}

#[test]
fn folders() {
    let large = format!("# {}\n", "x".repeat(11_000_000));
    for (files, expected) in [
        (&[("stacks/a.yaml", "networks: {}\n"), ("stacks/a.yml", "")][..], "- E0202 the stack `a` has two files, `stacks/a.yaml` and `stacks/a.yml`"),
        (&[("stacks/a b.yaml", "")], "- E0202 the stack file `stacks/a b.yaml` has no good name: `a b` is not a name: use letters, digits, `_` and `-`, begin with a letter or `_`, at most 100"),
        (&[("stacks/a.yaml", &large)], "- E0108 the file `stacks/a.yaml` is larger than 10 MB"),
        (&[("terrace.yaml", "clod: x\n")], "1:1 E0201 `clod` is not a known setting (did you mean `cloud`?)"),
        (&[("terrace.yaml", "environments: { default: { variables: ../secret } }\n")], "1:39 E0702 `../secret` is not a path inside the workspace (files are read from inside the workspace folder only, by paths relative to it)"),
        (&[("stacks/a.yaml", "\u{feff}networks: { ä: {} }\n")], "1:13 E0202 `ä` is not a name: use letters, digits, `_` and `-`, begin with a letter or `_`, at most 100"),
        (&[("stacks/a.yaml", "a: 1\n"), ("stacks/b.yaml", "b: [\n")], "1:1 E0201 `a` is not a known section (known are variables, locals, outputs, keypairs, networks, server_groups, servers)\n2:1 E0101 `,` or `]` is missing in this list"),
    ] {
        let told = loaded(files).expect_err("complaints").join("\n");
        assert_eq!(told, expected);
    }
}

#[test]
fn locals_that_explode_are_refused() {
    let chain: String = (0..3000).map(|n| format!("  l{n}: ${{locals.l{}}}\n", n + 1)).collect();
    let doubling: String =
        (0..60).map(|n| format!("  l{n}: ${{locals.l{0}}}${{locals.m{0}}}\n  m{n}: ${{locals.l{0}}}\n", n + 1)).collect();
    let fine: String = (0..30).map(|n| format!("  l{n}: ${{locals.l{}}}\n", n + 1)).collect();
    for (locals, end, refused) in [(chain, "  l3000: x\n", true), (doubling, "  l60: x\n  m60: x\n", true), (fine, "  l30: x\n", false)] {
        let stack = format!("locals:\n{locals}{end}networks:\n  n: {{ description: '${{locals.l0}}' }}\n");
        let told = complaints(&stack);
        assert_eq!(told.iter().any(|t| t.contains("E0403")), refused, "{told:?}");
    }
}

#[test]
fn every_code_is_in_the_table() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut open = ["terrace-lang", "terrace-model", "terrace-graph", "terrace-plan"].map(|c| crates.join(c).join("src")).to_vec();
    let mut used = std::collections::BTreeSet::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).expect("a folder").map(|e| e.expect("an entry").path()));
        } else if !path.ends_with("tests.rs") && !path.ends_with("codes.rs") {
            let text = std::fs::read_to_string(&path).expect("a file");
            let quoted = text.split('"').filter(|part| part.len() == 5 && part.starts_with(['E', 'W']));
            used.extend(quoted.filter(|part| part[1..].bytes().all(|b| b.is_ascii_digit())).map(str::to_owned));
        }
    }
    let known: std::collections::BTreeSet<String> = crate::codes::CODES.iter().map(|(code, _)| (*code).to_owned()).collect();
    assert_eq!(used.symmetric_difference(&known).collect::<Vec<_>>(), Vec::<&String>::new());
}

/// Texts that are likely to reach deep into the loader.
fn stacks() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "variables", "locals", "networks", "servers", "keypairs", "outputs", "subnets", "a", "count", "for_each",
        "when", "name", "cidr", "image", "depends_on", "lifecycle", "value", "default", "type", "<<", "*a", "&a",
        "${", "}", "${vars.a}", "${locals.a}", "${count.index}", "${networks.a.id}", "${networks.a}", "'", "\"",
        "[", "]", "{", "}", ",", "-", "|", "true", "1", "10.0.0.0/24", "~", "\t", "\u{feff}", "ä", "file(\"x\")", "!x",
    ]);
    let joint = prop::sample::select(vec![": ", ":\n  ", ":\n    ", "\n", "\n  ", "\n    ", " ", "", ", "]);
    prop::collection::vec((word, joint), 0..40)
        .prop_map(|parts| parts.into_iter().map(|(word, joint)| format!("{word}{joint}")).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_makes_it_panic(stack in stacks(), any in ".{0,60}") {
        complaints(&stack);
        complaints(&any);
        let mutated = WHOLE.replace("web", &any);
        complaints(&mutated);
    }

    #[test]
    fn whatever_is_torn_out_of_a_good_stack_is_told(from in 0..WHOLE.len(), length in 0..40usize) {
        let to = (from + length).min(WHOLE.len());
        complaints(&format!("{}{}", &WHOLE[..from], &WHOLE[to..]));
    }
}
