//! Lifecycles through the program.

use crate::common::Workspace;

#[test]
fn settings_follow_variables() {
    let w = Workspace::quickstart();
    w.edit(
        "    count: 3\n",
        "    count: 1
    lifecycle:
      prevent_destroy: ${vars.guarded}
      ignore_changes: [metadata.role]
      create_before_destroy: true
    timeouts: { create: 5m, delete: 90s }
",
    );
    w.edit("keypairs:\n", "variables:\n  guarded: { type: boolean, default: true }\nkeypairs:\n");
    w.run(&["apply", "--yes"]).code(0);
    w.edit("role: web", "role: other");
    w.run(&["plan", "--detailed-exitcode"]).code(0).says(&["No changes."]);
    w.edit("count: 1", "count: 0");
    w.run(&["apply", "--yes"]).code(1).says(&["must not be destroyed", "prevent_destroy: false"]);
    w.edit("count: 0", "count: 1");
    w.run(&["apply", "--yes", "--var", "guarded=false"]).code(0).says(&[
        "  = web/servers.web[0] is recorded",
        "`prevent_destroy` changed",
        "1 recorded",
    ]);
    w.edit("    metadata:", "    config_drive: true\n    metadata:");
    let json = w.run(&["plan", "--json", "--var", "guarded=false"]).code(0);
    let json: serde_json::Value = serde_json::from_str(&json.out).expect("JSON");
    let change = json["resource_changes"].as_array().expect("changes").iter();
    let change = change.clone().find(|c| c["address"] == "web/servers.web[0]").expect("the server");
    assert_eq!(change["change"]["actions"], serde_json::json!(["create", "delete"]));
    w.run(&["apply", "--yes", "--var", "guarded=false"])
        .code(0)
        .says(&["+/- web/servers.web[0] is replaced: created anew, then the old one is deleted"]);
    w.run(&["plan", "--detailed-exitcode", "--var", "guarded=false"]).code(0);
    w.run(&["destroy", "--yes", "--var", "guarded=false"]).code(0);
}

#[test]
fn addresses_change_and_objects_are_let_go_and_taken_over() {
    let w = Workspace::quickstart();
    w.run(&["apply", "--yes"]).code(0);
    w.edit("  spread:\n", "  apart:\n").edit("server_group: spread", "server_group: apart");
    w.edit(
        "outputs:",
        "moved:\n  - { from: server_groups.spread, to: server_groups.apart }\noutputs:",
    );
    // Its name came from its address: it has to be kept.
    w.edit("  apart:\n", "  apart:\n    name: spread\n");
    let file = w.path("web.plan");
    let file = file.to_str().expect("a path");
    w.run(&["plan", "--out", file]).code(0).says(&[
        " => web/server_groups.apart is moved: only its address changes: it was `web/server_groups.spread`",
        "0 to destroy, 1 to move.",
    ]);
    w.run(&["apply", file]).code(0).says(&["0 destroyed, 1 moved"]);
    w.run(&["plan", "--detailed-exitcode"]).code(0).says(&["No changes."]);
    let shown = w.run(&["state", "show", "web/networks.front"]).code(0).out;
    let id = shown.lines().find_map(|l| l.strip_prefix("  id: ")).expect("an id").to_owned();
    let blocks = std::fs::read_to_string(w.path("stacks/web.yaml")).expect("read");
    w.write("stacks/web.yaml", "removed: [{ from: networks.front, destroy: false }]\n");
    w.run(&["apply", "--yes"]).code(0).says(&["5 destroyed, 2 forgotten"]);
    w.write("stacks/web.yaml", &blocks);
    w.edit(
        "moved:\n  - { from: server_groups.spread, to: server_groups.apart }",
        &format!("imports:\n  - {{ to: networks.front, id: {id} }}"),
    );
    w.run(&["plan"]).code(0).says(&[
        " <= web/networks.front is imported as it is",
        "6 to create",
        "1 to import.",
    ]);
}
