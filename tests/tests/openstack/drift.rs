//! What others change in the cloud is seen by plan and mended by apply.

use crate::create::{apply, destroy, expect_no_changes, expect_quickstart};
use crate::project::{Project, text};

#[test]
fn what_others_changed_is_seen_and_mended() {
    let mut project = Project::new("drift");
    let workspace = project.quickstart();
    apply(&workspace);
    let before = project.observe();
    project.client.run("server set --property role=database web-1");
    project.client.run("network set --name elsewhere front");
    let _ = workspace
        .terrace(&["plan", "--detailed-exitcode"])
        .code(2)
        .says("web/servers.web[1]")
        .says("database")
        .says("web/networks.front")
        .says("elsewhere");
    apply(&workspace);
    let after = expect_quickstart(&mut project);
    assert_eq!(after.servers["web-1"]["ID"], before.servers["web-1"]["ID"]);
    assert_eq!(after.networks["front"]["ID"], before.networks["front"]["ID"]);
    destroy(&workspace, project);
}

#[test]
fn what_others_deleted_is_made_again() {
    let mut project = Project::new("gone");
    let workspace = project.quickstart();
    apply(&workspace);
    let before = project.observe();
    project.client.run("server delete --wait web-2");
    let _ = workspace.terrace(&["plan", "--detailed-exitcode"]).code(2).says("1 to create");
    apply(&workspace);
    let after = expect_quickstart(&mut project);
    assert_eq!(after.servers["web-0"], before.servers["web-0"]);
    assert_ne!(text(&after.servers["web-2"], "ID"), text(&before.servers["web-2"], "ID"));
    destroy(&workspace, project);
}

#[test]
fn what_others_added_does_not_disturb() {
    let mut project = Project::new("added");
    let workspace = project.quickstart();
    apply(&workspace);
    project.client.run("server set --property team=blue web-0");
    project.client.json("network create theirs");
    expect_no_changes(&workspace);
    project.client.run("network delete theirs");
    destroy(&workspace, project);
}
