//! The gateway through the program, on a served cloud whose lists are old.

use crate::common::Workspace;
use crate::served::{SECRET, Served};

const STACK: &str = "\
servers:
  app:
    image: debian-12
    flavor: m1.small
    networks: ['NETWORK']
";

/// A workspace on the gateway of a served cloud.
fn workspace(served: &Served) -> Workspace {
    let (url, project) = (&served.url, served.project());
    let networks = served.list("networks", "setup");
    let network = networks.iter().find(|network| network["name"] == "provider").expect("it");
    let network = network["id"].as_str().expect("an id");
    let w = Workspace::empty().env("GATEWAY_TOKEN", &format!("bnerd_tok_{SECRET}"));
    let cloud = format!(
        "cloud:\n  type: gateway\n  endpoint: {url}/gateway\n  project_id: {project}\n  \
         token_env: GATEWAY_TOKEN\n"
    );
    w.write("terrace.yaml", &cloud);
    let network = format!("${{\"{network}\"}}");
    w.write("stacks/web.yaml", &STACK.replace("NETWORK", &network));
    w
}

fn names(served: &Served, word: &str) -> Vec<String> {
    let all = served.list("servers", word);
    all.iter().map(|server| server["name"].as_str().expect("a name").to_owned()).collect()
}

#[test]
fn old_lists_fool_nobody_from_creation_to_deletion() {
    let served = Served::start(r#"{"build_ms": 50, "delete_ms": 50}"#);
    let w = workspace(&served);
    w.run(&["cloud", "check"]).code(0).says(&["in project demo", "reading servers"]);
    w.run(&["plan", "--detailed-exitcode"]).code(2).says(&["Plan: 1 to create"]);
    w.run(&["apply", "--yes"]).code(0).says(&["1 created"]);
    assert_eq!(names(&served, "a"), ["app"]);
    // The cached list is from before: the server is read by its id.
    w.run(&["plan", "--detailed-exitcode"]).code(0).says(&["No changes."]);
    w.run(&["server", "list"]).code(0).says(&["web/servers.app", "ACTIVE"]);
    w.edit("m1.small", "m1.tiny");
    w.run(&["plan"]).code(0).says(&["is replaced", "m1.small (2) -> m1.tiny (1)   # replaces"]);
    w.run(&["apply", "--yes"]).code(0).says(&["1 created", "1 destroyed"]);
    assert_eq!(names(&served, "b"), ["app"]);
    w.run(&["plan", "--detailed-exitcode"]).code(0).says(&["No changes."]);
    w.edit("    image:", "    name: renamed\n    image:");
    w.run(&["apply", "--yes"]).code(0).says(&["1 created", "1 destroyed"]);
    assert_eq!(names(&served, "c"), ["renamed"]);
    w.run(&["destroy", "--yes"]).code(0).says(&["1 destroyed"]);
    assert_eq!(names(&served, "d"), Vec::<String>::new());
    w.run(&["destroy", "--yes"]).code(0).says(&["No changes."]);
}

#[test]
fn what_it_cannot_do_is_refused_while_planning() {
    let served = Served::start("{}");
    let w = workspace(&served);
    w.edit("    image:", "    user_data: hi\n    config_drive: false\n    image:");
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPJu/eXDtnmzAZkAzGTNZ1tnKJzjMsXQRlvBiS3BSHx me";
    let more = format!("keypairs:\n  k: {{ public_key: '{key}' }}\nnetworks:\n  front: {{}}\n");
    let more = format!("{more}server_groups:\n  g: {{ policy: affinity }}\nservers:\n");
    w.edit("servers:\n", &more);
    w.run(&["plan"])
        .code(1)
        .says(&[
            "the gateway cannot set `user_data` of a server (`web/servers.app`)",
            "the gateway can look up a keypair, and not manage one (`web/keypairs.k`)",
            "import the key with the product's own tools",
            "the gateway can look up a network, and not manage one (`web/networks.front`)",
            "the gateway has no server groups (`web/server_groups.g`)",
            "stacks/web.yaml:",
            "E0407",
        ])
        .never_says("config_drive");
    assert_eq!(names(&served, "a"), Vec::<String>::new());
}

#[test]
fn a_token_that_is_missing_wrong_or_for_elsewhere_is_told() {
    let served = Served::start("{}");
    let w = workspace(&served);
    let text = std::fs::read_to_string(w.path("terrace.yaml")).expect("read");
    w.write("terrace.yaml", &text.replace("GATEWAY_TOKEN", "NOT_SET"));
    w.run(&["plan"]).code(1).says(&["put it into the variable `NOT_SET`"]);
    w.write("terrace.yaml", &text.replace(&served.project(), "elsewhere"));
    w.run(&["plan"]).code(1).says(&["no access to the project `elsewhere`; it does to"]);
    w.write("terrace.yaml", &text);
    let w = w.env("GATEWAY_TOKEN", "bnerd_tok_hush-hush");
    w.run(&["plan"]).code(1).says(&["answered 401"]).never_says("hush");
    w.write("terrace.yaml", "cloud: { type: gateway, endpoint: x, tokn: y }\n");
    w.run(&["validate"]).code(1).says(&["no `project_id`", "token_env"]);
}

#[test]
fn a_server_whose_answer_was_lost_is_found_when_the_list_shows_it() {
    let fault = r#"{"path": "/gateway/cloud/servers", "method": "POST", "count": 1,
        "effect": {"kind": "status_after", "code": 502}}"#;
    let settings = format!(
        r#"{{"build_ms": 50, "delete_ms": 50, "gateway_cache_ms": 5000, "faults": [{fault}]}}"#
    );
    let served = Served::start(&settings);
    let w = workspace(&served);
    w.run(&["apply", "--yes"]).code(1).says(&["answered 502", "finds out"]);
    assert_eq!(names(&served, "a"), ["app"]);
    w.run(&["apply", "--yes"]).code(0).says(&["its name", "No changes."]);
    assert_eq!(names(&served, "b"), ["app"]);
    w.run(&["plan", "--detailed-exitcode"]).code(0).says(&["No changes."]);
    w.run(&["destroy", "--yes"]).code(0).says(&["1 destroyed"]);
}
