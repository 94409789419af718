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
    w.run(&["plan", "--out", file, "--detailed-exitcode"]).code(2).says(&[
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

#[test]
fn conditions_and_policies_speak_with_their_places() {
    let w = Workspace::quickstart();
    w.edit(
        "    count: 3\n",
        "    count: 1
    preconditions:
      - { condition: '${count.index < 1}', message: one is enough }
    postconditions:
      - { condition: self.status == \"ACTIVE\", message: 'it is ${self.status}' }
",
    );
    w.write(
        "terrace.yaml",
        "cloud: simulator
policies:
  - { name: small, sections: [servers], rule: planned.flavor == \"m1.tiny\", message: only the smallest }
  - { name: careful, when: action == \"create\", sections: [networks], rule: false, message: ask first, level: warn }
",
    );
    w.run(&["plan"])
        .code(0)
        .says(&["Warning: policy `careful` on `web/networks.front`: ask first"]);
    w.run(&["apply", "--yes"]).code(0);
    w.run(&["plan", "--detailed-exitcode"]).code(0).says(&["No changes."]);
    w.edit("m1.tiny", "m1.small");
    w.run(&["apply", "--yes"]).code(1).says(&[
        "Refused: policy `small` on `web/servers.web[0]`: only the smallest; `planned.flavor` is \"m1.small\" (terrace.yaml:3:47)",
        "Nothing was done",
    ]);
    w.edit("m1.small", "m1.tiny").edit("count: 1", "count: 2");
    w.run(&["apply", "--yes"]).code(1).says(&["E0831", "one is enough", "`count.index` is 1"]);
}

#[test]
fn parts_requests_and_the_state_by_hand() {
    let w = Workspace::quickstart();
    w.edit("count: 3", "count: 1");
    w.run(&["apply", "--yes", "--target", "web/networks.front"])
        .code(0)
        .says(&["Only a part is planned", "2 created"]);
    w.run(&["apply", "--yes"]).code(0).says(&["3 created"]);
    w.run(&["why", "web/servers.web"])
        .code(0)
        .says(&["is unchanged: it is as desired (stacks/web.yaml:", "needs web/keypairs.deploy"]);
    w.run(&["why", "web/servers.wub"])
        .code(1)
        .says(&["there is no `web/servers.wub`", "did you mean"]);
    w.run(&["plan", "--replace", "web/servers.web[0]"])
        .code(0)
        .says(&["-/+ web/servers.web[0]", "it was asked for"]);
    w.run(&["plan", "--target", "web/servers.nope"])
        .code(1)
        .says(&["there is no `web/servers.nope`"]);
    w.run(&["state", "mv", "web/server_groups.spread", "web/server_groups.apart"])
        .code(0)
        .says(&["- web/server_groups.spread", "+ web/server_groups.apart"]);
    w.edit("  spread:\n", "  apart:\n    name: spread\n")
        .edit("server_group: spread", "server_group: apart");
    w.run(&["plan", "--detailed-exitcode"]).code(0).says(&["No changes."]);
    w.run(&["state", "rm", "web/networks.front"]).code(0).says(&["- web/subnets.front.v4"]);
    w.run(&["plan"]).code(0).says(&["2 to create, 1 to change"]);
    w.run(&["destroy", "--yes", "--target", "web/server_groups.apart"])
        .code(0)
        .says(&["2 destroyed"]);
}
