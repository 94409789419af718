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
