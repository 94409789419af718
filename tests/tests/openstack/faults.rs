//! What goes wrong with a cloud: one clear message, exit 1, and nothing lost.

use crate::create::{apply, destroy, expect_quickstart};
use crate::project::Project;

const STACK: &str = "stacks/web.yaml";

#[test]
fn a_wrong_password_is_told_and_leaves_no_trace() {
    let project = Project::new("password");
    let workspace = project.quickstart().with("OS_CLOUD", "mistyped");
    let _ = workspace.terrace(&["plan"]).code(1).says("401").says("mistyped");
    let _ = workspace.terrace(&["apply", "--yes"]).code(1).never_says("wrong");
    project.finish();
}

#[test]
fn an_unknown_cloud_is_told_with_those_that_there_are() {
    let project = Project::new("cloud");
    let workspace = project.quickstart().with("OS_CLOUD", "dmeo");
    let _ = workspace.terrace(&["plan"]).code(1).says("dmeo").says("demo-appcred");
    project.finish();
}

#[test]
fn an_unknown_image_or_flavor_is_told_before_anything_is_made() {
    for (from, to) in [("image: cirros", "image: cirrus"), ("flavor: m1.tiny", "flavor: m1.tinny")]
    {
        let project = Project::new("unknown");
        let workspace = project.quickstart();
        workspace.edit(STACK, from, to);
        let name = to.split(' ').next_back().unwrap();
        let _ = workspace.terrace(&["plan"]).code(1).says(name).says(STACK);
        let _ = workspace.terrace(&["apply", "--yes"]).code(1).says(name);
        project.finish();
    }
}

#[test]
fn a_server_in_error_shows_its_fault_and_is_replaced() {
    let mut project = Project::new("error");
    let workspace = project.quickstart();
    let broken = "role: web, \"fake:spawn_fail\": abort";
    workspace.edit(STACK, "role: web", broken);
    // One only: Nova's scheduler goes on counting failed members of an anti-affinity group to
    // their hosts for a while after they are deleted, and there are four hosts.
    workspace.edit(STACK, "count: 3", "count: 1");
    let _ = workspace
        .terrace(&["apply", "--yes"])
        .code(1)
        .says("web/servers.web[0]")
        .says("fake:spawn_fail asked for it");
    let failed = project.server_ids();
    assert!(!failed.is_empty(), "the cloud keeps a failed server");
    workspace.edit(STACK, broken, "role: web");
    workspace.edit(STACK, "count: 1", "count: 3");
    let _ = workspace.terrace(&["plan", "--detailed-exitcode"]).code(2).says("replace");
    apply(&workspace);
    expect_quickstart(&mut project);
    let now = project.server_ids();
    for (name, id) in failed {
        assert_ne!(now[&name], id, "{name} had failed");
    }
    destroy(&workspace, project);
}
