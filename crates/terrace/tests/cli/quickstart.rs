//! The main job through the program, on the simulator.

use crate::common::Workspace;

#[test]
fn applies_once_and_then_has_nothing_to_do() {
    let w = Workspace::quickstart();
    w.run(&["plan", "--detailed-exitcode"])
        .code(2)
        .says(&["Plan: 7 to create, 0 to change, 0 to destroy."]);
    w.run(&["apply", "--yes"])
        .code(0)
        .says(&["Apply complete: 7 created", "web.addresses = [\"10.10.0."]);
    w.run(&["apply", "--yes"]).code(0).says(&["No changes."]);
    w.run(&["plan", "--detailed-exitcode"]).code(0).says(&["No changes."]);
    w.run(&["state", "list"]).code(0).says(&["web/servers.web[2]\n", "web/subnets.front.v4\n"]);
    w.run(&["state", "show", "web/servers.web[0]"])
        .code(0)
        .says(&["status: ready", "role: \"web\""]);
    w.run(&["output", "network_id", "--json"]).code(0).says(&["\"sensitive\": false"]);
    w.run(&["destroy", "--yes"]).code(0).says(&["7 destroyed"]);
    w.run(&["state", "list"]).code(0).never_says("web/");
    w.run(&["destroy", "--yes"]).code(0).says(&["No changes."]);
}

#[test]
fn every_change_is_what_the_plan_calls_it_and_leaves_nothing_to_do() {
    let w = Workspace::quickstart();
    w.run(&["apply", "--yes"]).code(0);
    let key =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKRN+Y4sWjRGquvE3vshPZk6/vISqzqYnoDW3tfY/esK other\n";
    for (from, to, says) in [
        ("role: web }", "role: www }", "Plan: 0 to create, 3 to change, 0 to destroy."),
        ("m1.tiny", "m1.small", "0 to destroy, 3 to resize."),
        ("image: cirros", "image: debian-12", "0 to destroy, 3 to rebuild."),
        ("count: 3", "count: 2", "Plan: 0 to create, 0 to change, 1 to destroy."),
        ("count: 2", "count: 3", "Plan: 1 to create, 0 to change, 0 to destroy."),
        (
            "  front:\n",
            "  front:\n    name: edge\n",
            "Plan: 0 to create, 1 to change, 0 to destroy.",
        ),
        (
            "cidr: 10.10.0.0/24",
            "cidr: 10.11.0.0/24",
            "Plan: 1 to create, 0 to change, 1 to destroy.",
        ),
    ] {
        w.edit(from, to);
        w.run(&["plan", "--detailed-exitcode"]).code(2).says(&[says, "stacks/web.yaml:"]);
        if to.contains("10.11") {
            break; // The servers' ports hold the subnet: this one is only planned.
        }
        w.run(&["apply", "--yes"]).code(0);
        w.run(&["plan", "--detailed-exitcode"]).code(0).says(&["No changes."]);
    }
    w.edit("cidr: 10.11.0.0/24", "cidr: 10.10.0.0/24").write("keys/deploy.pub", key);
    w.run(&["plan"]).code(0).says(&[
        "Plan: 1 to create, 0 to change, 1 to destroy.",
        "web/keypairs.deploy is replaced",
    ]);
    w.run(&["apply", "--yes"]).code(0);
    w.run(&["plan", "--detailed-exitcode"]).code(0);
    w.run(&["destroy", "--yes"]).code(0);
}

#[test]
fn a_saved_plan_is_applied_exactly_and_only_once() {
    let w = Workspace::quickstart();
    let file = w.path("web.plan");
    let file = file.to_str().expect("a path");
    w.run(&["plan", "--out", file]).code(0);
    w.run(&["show", file]).code(0).says(&["7 to create"]);
    w.run(&["apply", file]).code(0).says(&["7 created"]);
    w.run(&["apply", file]).code(1).says(&["the plan is stale", "serial"]);
    let other = Workspace::quickstart();
    other.run(&["apply", file]).code(1).says(&["made for another state", "lineage"]);
    let text = std::fs::read_to_string(file).expect("read").replace("web-0", "web-9");
    w.write("web.plan", &text);
    w.run(&["apply", file]).code(1).says(&["is not applied"]);
    w.write("web.plan", "{");
    w.run(&["apply", file]).code(1).says(&["this is not a saved plan"]);
}

#[test]
fn secrets_are_in_no_output_and_no_state() {
    let w = Workspace::quickstart();
    w.edit("    metadata:", "    user_data: 'pw ${vars.password}'\n    metadata:");
    w.edit("keypairs:", "variables:\n  password: { type: string, sensitive: true }\nkeypairs:");
    let w = w.env("TERRACE_VAR_password", "hunter2hunter2");
    let file = w.path("web.plan");
    let file = file.to_str().expect("a path");
    w.run(&["plan"]).code(0).says(&["user_data: (sensitive)"]).never_says("hunter2");
    w.run(&["plan", "--json", "--out", file]).code(0).never_says("hunter2");
    w.run(&["apply", file]).code(0).never_says("hunter2");
    w.run(&["plan", "--detailed-exitcode"]).code(0);
    w.run(&["show", "--json"]).code(0).never_says("hunter2");
    let written = walk(&w.path("state/default"));
    assert!(!written.windows(7).any(|bytes| bytes == b"hunter2"), "a secret was written");
    let changed = w.env("TERRACE_VAR_password", "other");
    changed.run(&["plan"]).code(0).says(&["`user_data` changed", "(sensitive) -> (sensitive)"]);
}

fn walk(folder: &std::path::Path) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            all.extend(walk(&path));
        } else {
            all.extend(std::fs::read(path).expect("read"));
        }
    }
    all
}

#[test]
fn init_writes_a_workspace_that_applies() {
    let w = Workspace::empty().simulator(r#"{"build_ms": 20, "delete_ms": 20}"#);
    w.run(&["init"]).code(0).says(&["stacks/web.yaml"]);
    w.run(&["validate", "--json"]).code(0).says(&["\"valid\": true"]);
    w.run(&["apply", "--yes"]).code(0).says(&["7 created"]);
    w.run(&["init"]).code(1).says(&["is a workspace already"]);
}
