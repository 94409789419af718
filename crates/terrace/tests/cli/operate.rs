//! Looking at the cloud and operating servers, on the simulator.

use crate::common::Workspace;

#[test]
fn the_cloud_is_checked_and_listed() {
    let w = Workspace::quickstart();
    w.run(&["cloud", "check"]).code(0).says(&[
        "ok    settings",
        "user demo in project demo",
        "ok    network service",
        "up to 2.96",
        "reading security groups  allowed",
        "ok    clock",
    ]);
    w.run(&["cloud", "check", "--json"]).code(0).says(&["\"ok\": true", "\"verdict\": \"ok\""]);
    w.run(&["cloud", "flavors"]).code(0).says(&["RAM (MiB)", "m1.tiny"]);
    w.run(&["cloud", "flavors", "--json"]).code(0).says(&["\"name\": \"m1.tiny\""]);
    w.run(&["cloud", "images"]).code(0).says(&["debian-12", "VISIBILITY"]);
    w.run(&["cloud", "zones"]).code(0).says(&["AVAILABLE", "yes"]);
    w.run(&["cloud", "quotas"]).code(0).says(&["compute", "cores", "network", "port"]);
    w.run(&["cloud", "hypervisors"]).code(1).says(&["answered 403", "help: these credentials"]);
}

#[test]
fn a_cloud_that_is_not_in_order_says_what_to_do() {
    let old = Workspace::quickstart().simulator(r#"{"compute_max_minor": 60}"#);
    old.run(&["cloud", "check"]).code(0).says(&[
        "warn  compute version",
        "up to 2.60: too old for `max_server_per_host` of server groups (2.64)",
    ]);
    let full = Workspace::quickstart().simulator(r#"{"quota": {"instances": 0}}"#);
    full.run(&["cloud", "check"]).code(0).says(&["0 of 0 servers", "help: ask for more quota"]);
    let nowhere = Workspace::quickstart().env("OS_CLOUD", "none");
    nowhere.run(&["cloud", "check"]).code(1).says(&["FAIL  settings", "no cloud `none`"]);
    let closed = Workspace::quickstart()
        .env("OS_AUTH_URL", "http://127.0.0.1:1/v3")
        .env("OS_USERNAME", "u")
        .env("OS_PASSWORD", "hush-hush")
        .env("OS_PROJECT_NAME", "p");
    closed
        .run(&["cloud", "check"])
        .code(1)
        .says(&["FAIL  login", "could not connect", "help: check the address"])
        .never_says("hush");
    closed.run(&["plan"]).code(1).never_says("NOT checked");
    let open = closed.env("OS_INSECURE", "true");
    for command in [&["plan"][..], &["cloud", "check"], &["cloud", "zones"]] {
        open.run(command).code(1).says(&["certificates are NOT checked"]);
    }
}

#[test]
fn a_managed_server_is_operated_by_its_address() {
    let w = Workspace::quickstart();
    let address = "web/servers.web[0]";
    w.run(&["server", "list"]).code(0).says(&["No servers are recorded."]);
    w.run(&["apply", "--yes"]).code(0);
    w.run(&["server", "list"]).code(0).says(&["ADDRESS", address, "ACTIVE", "on", "10.10.0."]);
    w.run(&["server", "show", address]).code(0).says(&["flavor", "zone", "created"]);
    w.run(&["server", "show", address, "--json"])
        .code(0)
        .says(&["\"status\": \"ACTIVE\"", "\"action\": \"create\""]);
    w.run(&["server", "start", address]).code(0).says(&["is ACTIVE already"]);
    w.run(&["server", "reboot", address]).code(0).says(&["web/servers.web[0] is ACTIVE."]);
    w.run(&["server", "reboot", "--hard", address]).code(0).says(&["is ACTIVE."]);
    w.run(&["server", "stop", address]).code(0).says(&["is SHUTOFF."]);
    w.run(&["server", "list"]).code(0).says(&["SHUTOFF  off"]);
    w.run(&["server", "list", "--json"]).code(0).says(&["\"status\": \"SHUTOFF\""]);
    w.run(&["server", "start", address]).code(0).says(&["is ACTIVE."]);
    w.run(&["server", "snapshot", address]).code(0).says(&["is in the image `web-0-snapshot`"]);
    w.run(&["cloud", "images"]).code(0).says(&["web-0-snapshot"]);
    w.run(&["server", "console-log", address, "--lines", "2"]).code(0).says(&["login"]);
    w.run(&["plan", "--detailed-exitcode"]).code(0).says(&["No changes."]);
    w.run(&["server", "stop", "web/servers.wep[0]"])
        .code(1)
        .says(&["nothing is recorded at `web/servers.wep[0]`", "did you mean"]);
    w.run(&["server", "stop", "web/networks.front"]).code(1).says(&["is a network, not a server"]);
}

#[test]
fn an_action_that_the_cloud_refuses_is_told_in_its_words() {
    let body = r#"{\"conflictingRequest\": {\"message\": \"it is in task_state migrating\"}}"#;
    let effect = format!(r#"{{"kind": "status", "code": 409, "body": "{body}"}}"#);
    let fault = format!(r#"{{"path": "/action", "effect": {effect}}}"#);
    let fault = format!(r#"{{"build_ms": 20, "delete_ms": 20, "faults": [{fault}]}}"#);
    let w = Workspace::quickstart();
    w.run(&["apply", "--yes"]).code(0);
    let w = w.simulator(&fault);
    w.run(&["server", "stop", "web/servers.web[0]"]).code(1).says(&["task_state migrating"]);
}

const FLEET: &str = "\
networks:
  n: { subnets: { v4: { cidr: 10.0.0.0/24 } } }
servers:
  blue: { count: 2, image: cirros, flavor: m1.tiny, networks: [n], tags: [blue, app] }
  green: { name: leaf, image: debian-12, flavor: m1.small, networks: [n], tags: [green, app] }
  bare: { image: cirros, flavor: m1.small, networks: [n] }
";

#[test]
fn servers_are_listed_by_what_they_are() {
    let w = Workspace::quickstart();
    w.write("stacks/web.yaml", FLEET);
    w.run(&["apply", "--yes"]).code(0);
    w.run(&["server", "stop", "web/servers.bare"]).code(0);
    for (args, expected) in [
        ("", "bare blue[0] blue[1] green"),
        ("--status ACTIVE", "blue[0] blue[1] green"),
        ("--status shutoff", "bare"),
        ("--status ABSENT", ""),
        ("--name blue", "blue[0] blue[1]"),
        ("--name leaf", "green"),
        ("--flavor m1.small", "bare green"),
        ("--flavor 1", "blue[0] blue[1]"),
        ("--image debian-12", "green"),
        ("--image cirros --flavor m1.small", "bare"),
        ("--tags app", "blue[0] blue[1] green"),
        ("--tags app,green", "green"),
        ("--tags-any blue,green", "blue[0] blue[1] green"),
        ("--not-tags app,blue", "bare green"),
        ("--not-tags-any app,blue", "bare"),
        ("--limit 2", "bare blue[0]"),
        ("--limit 2 --marker web/servers.blue[0]", "blue[1] green"),
        ("--status ACTIVE --limit 1 --tags green", "green"),
    ] {
        let args: Vec<&str> = args.split_whitespace().collect();
        let said = w.run(&[&["server", "list", "--json"], &args[..]].concat()).code(0);
        let rows: Vec<serde_json::Value> = serde_json::from_str(&said.out).expect("JSON");
        let name = |row: &serde_json::Value| {
            row["address"].as_str().map(|a| a.trim_start_matches("web/servers.").to_owned())
        };
        let found: Vec<String> = rows.iter().filter_map(name).collect();
        assert_eq!(found.join(" "), expected, "{args:?}");
    }
    w.run(&["server", "list", "--status", "BUILD"]).code(0).says(&["No recorded server passes."]);
    w.run(&["server", "list", "--flavor", "m1.smal"])
        .code(1)
        .says(&["the cloud has no flavor `m1.smal`", "help: did you mean `m1.small`?"]);
    w.run(&["server", "list", "--image", "none"]).code(1).says(&["no image `none`", "cirros"]);
    w.run(&["server", "list", "--marker", "x"]).code(2).says(&["--marker"]);
}
