//! What apply makes, and that destroy leaves nothing of it.

use std::collections::BTreeSet;

use terrace_tests::Workspace;

use crate::project::{Observed, Project, text};

const FLAVOR: &str = "m1.tiny";
const IMAGE: &str = "cirros";

/// Applies, and checks that the next plan is empty.
#[track_caller]
pub(crate) fn apply(workspace: &Workspace) {
    let _ = workspace.terrace(&["apply", "--yes"]).code(0);
    expect_no_changes(workspace);
}

#[track_caller]
pub(crate) fn expect_no_changes(workspace: &Workspace) {
    let _ = workspace.terrace(&["plan", "--detailed-exitcode"]).code(0).says("no changes");
}

/// Destroys, and checks that nothing is left of the project's.
#[track_caller]
pub(crate) fn destroy(workspace: &Workspace, project: Project) {
    let _ = workspace.terrace(&["destroy", "--yes"]).code(0);
    project.finish();
}

/// Checks that the project is what the quickstart describes: all of it, and nothing else.
#[track_caller]
pub(crate) fn expect_quickstart(project: &mut Project) -> Observed {
    let observed = project.observe();
    let names = |of: &std::collections::BTreeMap<String, _>| of.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&observed.keypairs), ["deploy"]);
    assert_eq!(names(&observed.networks), ["front"]);
    assert_eq!(names(&observed.subnets).len(), 1);
    assert_eq!(names(&observed.groups), ["spread"]);
    assert_eq!(names(&observed.servers), ["web-0", "web-1", "web-2"]);
    expect_network(&observed);
    expect_group(&observed);
    for name in observed.servers.keys() {
        expect_server(project, &observed, name);
    }
    observed
}

#[track_caller]
fn expect_network(observed: &Observed) {
    let subnet = observed.subnets.values().next().expect("one subnet was counted");
    let network = &observed.networks["front"];
    assert_eq!(text(subnet, "Subnet"), "10.10.0.0/24");
    assert_eq!(subnet["Network"], network["ID"]);
    assert_eq!(network["Subnets"][0], subnet["ID"]);
    assert_eq!(observed.ports.len(), 3, "a port a server: {:?}", observed.ports);
    for port in &observed.ports {
        assert_eq!(port["Fixed IP Addresses"][0]["subnet_id"], subnet["ID"]);
    }
}

#[track_caller]
fn expect_group(observed: &Observed) {
    let group = &observed.groups["spread"];
    assert_eq!(text(group, "Policy"), "anti-affinity");
    let members = group["Members"].as_array().expect("members are a list");
    let members: BTreeSet<&str> = members.iter().filter_map(|member| member.as_str()).collect();
    let servers: BTreeSet<&str> = observed.servers.values().map(|s| text(s, "ID")).collect();
    assert_eq!(members, servers);
}

#[track_caller]
fn expect_server(project: &mut Project, observed: &Observed, name: &str) {
    let row = &observed.servers[name];
    assert_eq!(text(row, "Status"), "ACTIVE");
    assert_eq!(text(row, "Flavor Name"), FLAVOR);
    assert_eq!(text(row, "Image Name"), IMAGE);
    assert_eq!(row["Properties"]["role"], "web");
    let address = row["Networks"]["front"][0].as_str().expect("an address in `front`");
    assert!(address.starts_with("10.10.0."), "{address}");
    let server = project.client.json(&format!("server show {name}"));
    assert_eq!(text(&server, "key_name"), "deploy");
}

#[test]
fn apply_makes_what_the_yaml_says_and_destroy_leaves_nothing() {
    let mut project = Project::new("create");
    let workspace = project.quickstart();
    let _ = workspace.terrace(&["plan", "--detailed-exitcode"]).code(2).says("7 to create");
    apply(&workspace);
    let made = expect_quickstart(&mut project);
    let _ = workspace.terrace(&["apply", "--yes"]).code(0).says("no changes");
    assert_eq!(project.observe(), made, "an apply without changes changed something");
    destroy(&workspace, project);
}

#[test]
fn an_application_credential_is_as_good_as_a_password() {
    let mut project = Project::new("appcred");
    let workspace = project.quickstart().with("OS_CLOUD", "demo-appcred");
    apply(&workspace);
    expect_quickstart(&mut project);
    destroy(&workspace, project);
}
