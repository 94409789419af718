//! Each kind of change that a user makes in the YAML, one after another on one workspace.

use serde_json::Value;
use terrace_tests::Workspace;

use crate::create::{apply, destroy, expect_no_changes};
use crate::project::{Observed, Project, text};

const STACK: &str = "stacks/web.yaml";

/// Edits the stack, checks what the plan says of each changed address, applies, and checks that
/// the plan is empty then. Gives what the client saw before and after.
#[track_caller]
fn change(
    project: &mut Project,
    workspace: &Workspace,
    (from, to): (&str, &str),
    planned: &[(&str, &str)],
) -> (Observed, Observed) {
    let before = project.observe();
    workspace.edit(STACK, from, to);
    let plan = workspace.terrace(&["plan", "--json", "--detailed-exitcode"]).code(2);
    assert_eq!(changes_in(&plan.json()), planned, "planned for {to}: {plan}");
    let _ = workspace.terrace(&["apply", "--yes"]).code(0);
    expect_no_changes(workspace);
    (before, project.observe())
}

/// Each change in a plan's JSON as its address and action.
fn changes_in(plan: &Value) -> Vec<(&str, &str)> {
    let changes = plan["resource_changes"].as_array().expect("a plan lists its changes");
    let all = changes.iter().map(|change| (text(change, "address"), text(change, "action")));
    all.filter(|(_, action)| *action != "no_op").collect()
}

/// Checks that the servers are still the same objects, and gives their names and rows.
#[track_caller]
fn same_servers<'a>(before: &Observed, after: &'a Observed) -> Vec<(&'a str, &'a Value)> {
    assert_eq!(before.servers.len(), after.servers.len());
    let rows = after.servers.iter().map(|(name, row)| {
        assert_eq!(before.servers[name]["ID"], row["ID"], "{name} was made anew");
        assert_eq!(text(row, "Status"), "ACTIVE", "{name}");
        (name.as_str(), row)
    });
    rows.collect()
}

#[test]
fn every_kind_of_change_does_what_the_plan_says() {
    let mut project = Project::new("changes");
    let workspace = project.quickstart();
    apply(&workspace);
    metadata_is_updated_in_place(&mut project, &workspace);
    a_lower_count_deletes_the_last(&mut project, &workspace);
    a_flavor_is_resized(&mut project, &workspace);
    an_image_is_rebuilt(&mut project, &workspace);
    a_higher_count_creates(&mut project, &workspace);
    a_network_is_renamed_in_place(&mut project, &workspace);
    a_key_is_replaced(&mut project, &workspace);
    destroy(&workspace, project);
}

fn metadata_is_updated_in_place(project: &mut Project, workspace: &Workspace) {
    let planned = [
        ("web/servers.web[0]", "update"),
        ("web/servers.web[1]", "update"),
        ("web/servers.web[2]", "update"),
    ];
    let edit = ("role: web", "role: edge");
    let (before, after) = change(project, workspace, edit, &planned);
    for (name, row) in same_servers(&before, &after) {
        assert_eq!(row["Properties"]["role"], "edge", "{name}");
    }
}

fn a_lower_count_deletes_the_last(project: &mut Project, workspace: &Workspace) {
    let planned = [("web/servers.web[2]", "delete")];
    let (before, after) = change(project, workspace, ("count: 3", "count: 2"), &planned);
    assert_eq!(after.servers.keys().collect::<Vec<_>>(), ["web-0", "web-1"]);
    for (name, row) in &after.servers {
        assert_eq!(before.servers[name], *row);
    }
    assert_eq!(after.ports.len(), 2);
}

fn a_flavor_is_resized(project: &mut Project, workspace: &Workspace) {
    let planned = [("web/servers.web[0]", "resize"), ("web/servers.web[1]", "resize")];
    let edit = ("flavor: m1.tiny", "flavor: m1.small");
    let (before, after) = change(project, workspace, edit, &planned);
    for (name, row) in same_servers(&before, &after) {
        assert_eq!(text(row, "Flavor Name"), "m1.small", "{name}");
    }
}

fn an_image_is_rebuilt(project: &mut Project, workspace: &Workspace) {
    let planned = [("web/servers.web[0]", "rebuild"), ("web/servers.web[1]", "rebuild")];
    let edit = ("image: cirros", "image: debian-12");
    let (before, after) = change(project, workspace, edit, &planned);
    for (name, row) in same_servers(&before, &after) {
        assert_eq!(text(row, "Image Name"), "debian-12", "{name}");
    }
}

fn a_higher_count_creates(project: &mut Project, workspace: &Workspace) {
    let planned = [("web/servers.web[2]", "create")];
    let (before, after) = change(project, workspace, ("count: 2", "count: 3"), &planned);
    assert_eq!(after.servers.keys().collect::<Vec<_>>(), ["web-0", "web-1", "web-2"]);
    for (name, row) in &before.servers {
        assert_eq!(after.servers[name], *row);
    }
    assert_eq!(text(&after.servers["web-2"], "Flavor Name"), "m1.small");
}

fn a_network_is_renamed_in_place(project: &mut Project, workspace: &Workspace) {
    let planned = [("web/networks.front", "update")];
    let edit = ("  front:\n", "  front:\n    name: outside\n");
    let (before, after) = change(project, workspace, edit, &planned);
    assert_eq!(after.networks["outside"]["ID"], before.networks["front"]["ID"]);
    assert_eq!(after.networks.len(), 1);
    same_servers(&before, &after);
}

fn a_key_is_replaced(project: &mut Project, workspace: &Workspace) {
    let before = project.observe();
    let key =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHhCSBqkqWSDBLXYrCgHeJKuSiXwKJKKUIcySMrVcWUm other";
    std::fs::write(workspace.path().join("keys/deploy.pub"), key).expect("cannot write the key");
    let plan = workspace.terrace(&["plan", "--json", "--detailed-exitcode"]).code(2);
    assert_eq!(changes_in(&plan.json()), [("web/keypairs.deploy", "replace")], "{plan}");
    let _ = workspace.terrace(&["apply", "--yes"]).code(0);
    expect_no_changes(workspace);
    let after = project.observe();
    assert_ne!(before.keypairs["deploy"]["Fingerprint"], after.keypairs["deploy"]["Fingerprint"]);
    same_servers(&before, &after);
}
