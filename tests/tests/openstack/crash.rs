//! `kill -9` in the middle of a run: the next one finds what is there, doubles and loses nothing.

use std::time::Duration;

use terrace_tests::{Running, Workspace};

use crate::create::{apply, destroy, expect_no_changes, expect_quickstart};
use crate::project::Project;

/// Builds take this long, so that a server is seen while it is being built.
const SLOW_BUILD: (&str, &str) = ("role: web", "role: web, \"fake:spawn_delay\": \"2\"");
const STACK: &str = "stacks/web.yaml";

/// Kills the run as soon as the client sees what the test waits for.
#[track_caller]
fn kill_when(mut running: Running, mut seen: impl FnMut() -> bool) {
    while !seen() {
        assert!(!running.has_ended(), "ended before what the test waits for was seen");
    }
    let _ = running.kill();
}

/// Kills the run after a time, wherever it is then; false if it had ended well by itself.
#[expect(clippy::disallowed_methods, reason = "the time is what the test varies")]
fn killed_after(mut running: Running, milliseconds: u64) -> bool {
    std::thread::sleep(Duration::from_millis(milliseconds));
    if running.has_ended() {
        let _ = running.wait().code(0);
        return false;
    }
    let _ = running.kill();
    true
}

/// Checks that the next apply takes over what the killed one left, and that all is as desired.
#[track_caller]
fn expect_recovery(mut project: Project, workspace: &Workspace) {
    let left = project.server_ids();
    let _ = workspace.terrace(&["apply", "--yes"]).code(0);
    expect_no_changes(workspace);
    expect_quickstart(&mut project);
    let now = project.server_ids();
    for (name, id) in left {
        assert_eq!(now[&name], id, "{name} was made anew");
    }
    destroy(workspace, project);
}

#[test]
fn killed_when_the_first_object_is_there() {
    let mut project = Project::new("kill-first");
    let workspace = project.quickstart();
    let running = workspace.start(&["apply", "--yes"]);
    kill_when(running, || {
        let seen = project.observe();
        !(seen.keypairs.is_empty() && seen.networks.is_empty() && seen.groups.is_empty())
    });
    expect_recovery(project, &workspace);
}

#[test]
fn killed_while_the_first_server_is_built() {
    let mut project = Project::new("kill-server");
    let workspace = project.quickstart();
    workspace.edit(STACK, SLOW_BUILD.0, SLOW_BUILD.1);
    let running = workspace.start(&["apply", "--yes"]);
    kill_when(running, || !project.server_ids().is_empty());
    expect_recovery(project, &workspace);
}

#[test]
fn killed_while_the_second_server_is_built() {
    let mut project = Project::new("kill-second");
    let workspace = project.quickstart();
    workspace.edit(STACK, SLOW_BUILD.0, SLOW_BUILD.1);
    let running = workspace.start(&["apply", "--yes"]);
    kill_when(running, || project.server_ids().len() >= 2);
    let _ = workspace.terrace(&["plan", "--detailed-exitcode"]).code(2);
    expect_recovery(project, &workspace);
}

#[test]
fn killed_at_any_time_and_again() {
    let project = Project::new("kill-often");
    let workspace = project.quickstart();
    workspace.edit(STACK, SLOW_BUILD.0, SLOW_BUILD.1);
    // Each run goes on from where the one before was killed, so a late one may come to the end:
    // how far they get in these times is the machine's affair. The first cannot: a server alone
    // takes two seconds.
    let kills = [150, 400, 700, 1000, 1500, 2500]
        .into_iter()
        .take_while(|time| killed_after(workspace.start(&["apply", "--yes"]), *time))
        .count();
    assert!(kills >= 3, "only {kills} runs were killed before they came to their end");
    expect_recovery(project, &workspace);
}

#[test]
fn killed_during_a_resize() {
    let mut project = Project::new("kill-resize");
    let workspace = project.quickstart();
    workspace.edit(STACK, "count: 3", "count: 1");
    apply(&workspace);
    let ids = project.server_ids();
    workspace.edit(STACK, "flavor: m1.tiny", "flavor: m1.small");
    let running = workspace.start(&["apply", "--yes"]);
    kill_when(running, || {
        let status = project.client.json("server show web-0");
        status["status"] == "RESIZE" || status["status"] == "VERIFY_RESIZE"
    });
    apply(&workspace);
    assert_eq!(project.server_ids(), ids);
    let after = project.observe();
    assert_eq!(after.servers["web-0"]["Flavor Name"], "m1.small");
    assert_eq!(after.servers["web-0"]["Status"], "ACTIVE");
    destroy(&workspace, project);
}

#[test]
fn killed_during_destroy() {
    let mut project = Project::new("kill-destroy");
    let workspace = project.quickstart();
    apply(&workspace);
    let running = workspace.start(&["destroy", "--yes"]);
    kill_when(running, || project.server_ids().len() < 3);
    destroy(&workspace, project);
}
