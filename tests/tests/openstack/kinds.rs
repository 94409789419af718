//! Every attribute of every kind on few servers, and how many requests many of them take to read.

#[path = "../../../crates/terrace-engine/tests/lifecycle/attributes/cases.rs"]
mod cases;

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;
use terrace_tests::Workspace;

use crate::create::{apply, destroy, expect_no_changes};
use crate::project::{Project, text};
use crate::somebody::Somebody;
use cases::{Cases, OBJECTS, cases, objects, stack};

/// How many plans it may take until all that somebody else began is done and seen.
const PLANS: usize = 30;

fn write(workspace: &Workspace, stack: &str) {
    fs::write(workspace.path().join("stacks/web.yaml"), stack).expect("cannot write the stack");
}

fn instances(plan: &Value) -> &[Value] {
    plan["resource_changes"].as_array().expect("a plan lists its changes")
}

/// The address within its stack.
fn name(instance: &Value) -> &str {
    text(instance, "address").split_once('/').map_or("", |(_, name)| name)
}

/// `address attribute` for each attribute that a plan changes.
fn changed(plan: &Value) -> Vec<String> {
    let of = |instance: &Value| {
        let attributes = instance["change"]["attributes"].as_array().cloned().unwrap_or_default();
        let one = |a: &Value| format!("{} {}", name(instance), text(a, "attribute"));
        attributes.iter().map(one).collect::<Vec<_>>()
    };
    instances(plan).iter().flat_map(of).collect()
}

/// Applies a stack, changes every attribute in it that somebody can change, checks that the plan
/// sees each, and mends them all.
#[track_caller]
fn settles_and_drifts(named: &str, project: &Project, workspace: &Workspace) {
    let cases: Cases = cases();
    let (user, admin) = (project.somebody("demo"), Somebody::administrator());
    let words = user.wait(cases.set_up(user.session())).expect("set up");
    write(workspace, &stack(named, &words));
    apply(workspace);
    let plan = workspace.terrace(&["plan", "--json"]).code(0).json();
    let ids = instances(&plan).iter().map(|i| (name(i).to_owned(), text(i, "id").to_owned()));
    let known: BTreeMap<String, String> = ids.chain(words.clone()).collect();
    let ours = cases.drift.iter().filter(|case| case.stack == named);
    let mut expected = Vec::new();
    for case in ours.filter(|case| case.only.as_deref().is_none_or(|cloud| cloud == "openstack")) {
        let by = if case.by.is_some() { &admin } else { &user };
        case.calls(&known).into_iter().for_each(|call| by.does(call));
        expected.extend(case.what.iter().cloned());
    }
    assert!(!expected.is_empty());
    let mut missing = expected.clone();
    for _ in 0..PLANS {
        let plan = workspace.terrace(&["plan", "--json", "--detailed-exitcode"]).code(2);
        let seen = changed(&plan.json());
        missing = expected.iter().filter(|what| !seen.contains(what)).cloned().collect();
        if missing.is_empty() {
            break;
        }
    }
    assert!(missing.is_empty(), "{missing:?} is not seen");
    apply(workspace);
    let _ = workspace.terrace(&["destroy", "--yes"]).code(0);
    user.wait(cases.take_down(user.session(), &words)).expect("taken down");
}

/// Checks that nothing of the further kinds is left.
#[track_caller]
fn expect_empty(project: &mut Project) {
    for kind in ["volume", "floating ip", "router"] {
        let left = project.client.list(&format!("{kind} list"));
        assert!(left.is_empty(), "{kind}: {left:?}");
    }
    let groups = project.client.list("security group list");
    assert!(groups.iter().all(|group| text(group, "Name") == "default"), "{groups:?}");
}

#[test]
fn every_attribute_settles_and_its_drift_is_seen_and_mended() {
    let mut project = Project::new("kinds");
    let workspace = project.quickstart();
    settles_and_drifts("member", &project, &workspace);
    expect_empty(&mut project);
    project.finish();
}

#[test]
fn every_attribute_for_administrators_settles_and_its_drift_is_seen_and_mended() {
    let mut project = Project::of_administrator("kinds-admin");
    let workspace = project.quickstart();
    settles_and_drifts("admin", &project, &workspace);
    for kind in ["network", "router", "floating ip"] {
        let left = project.list_own(kind);
        assert!(left.is_empty(), "{kind}: {left:?}");
    }
    project.remove();
}

/// `word address` for each instance that a plan does something to.
fn done(plan: &Value) -> Vec<String> {
    let of = |instance: &Value| {
        let actions = instance["change"]["actions"].as_array().cloned().unwrap_or_default();
        let word = |action: &Value| Some(format!("{} {}", action.as_str()?, name(instance)));
        let all: Vec<String> = actions.iter().filter_map(word).collect();
        all.into_iter().filter(|line| !line.starts_with("no-op"))
    };
    instances(plan).iter().flat_map(of).collect()
}

#[test]
fn objects_that_somebody_else_takes_or_makes() {
    let mut project = Project::new("objects");
    let workspace = project.quickstart();
    let user = project.somebody("demo");
    write(&workspace, OBJECTS);
    apply(&workspace);
    let ids = || -> BTreeMap<String, String> {
        let plan = workspace.terrace(&["plan", "--json"]).json();
        let id = |i: &Value| Some((name(i).to_owned(), i["id"].as_str()?.to_owned()));
        instances(&plan).iter().filter_map(id).collect()
    };
    for case in objects() {
        let (told, known) = (&case.told, ids());
        case.calls(&known).into_iter().for_each(|call| user.does(call));
        let mut seen = Vec::new();
        for _ in 0..PLANS {
            let plan = workspace.terrace(&["plan", "--json"]);
            if let Some(refused) = &case.refused
                && plan.to_string().contains(refused)
            {
                break;
            }
            seen = done(&plan.json());
            seen.sort_unstable();
            if case.refused.is_none() && seen == case.does {
                break;
            }
        }
        if case.refused.is_some() {
            let _ = workspace.terrace(&["apply", "--yes"]).code(1);
            continue;
        }
        assert_eq!(seen, case.does, "{told}");
        apply(&workspace);
        case.undone(&known).into_iter().for_each(|call| user.does(call));
    }
    let _ = workspace.terrace(&["destroy", "--yes"]).code(0);
    expect_empty(&mut project);
    project.finish();
}

const MANY: &str = "
networks:
  n: { subnets: { v4: { cidr: 10.0.0.0/16 } } }
routers:
  r: { external_network: public, interfaces: [n.v4] }
ports:
  p: { count: 40, network: n }
volumes:
  v: { count: 40, size: 1 }
servers:
  s:
    count: 40
    image: cirros
    flavor: m1.tiny
    networks: [{ port: 'p[count.index]' }]
    volumes: ['v[count.index]']
floating_ips:
  f: { count: 40, network: public, port: 'p[count.index]' }
";

#[test]
fn forty_servers_with_port_volume_and_floating_ip_are_read_in_fifteen_requests() {
    let project = Project::new("many");
    let workspace = project.quickstart();
    write(&workspace, MANY);
    apply(&workspace);
    let plan = workspace.terrace(&["plan"]).code(0).says("204 there (");
    let told = plan.to_string();
    let requests = told.split("204 there (").nth(1).and_then(|rest| rest.split(' ').next());
    let requests: u32 = requests.and_then(|n| n.parse().ok()).expect("the plan tells requests");
    assert!(requests <= 15, "{requests} requests: {told}");
    expect_no_changes(&workspace);
    destroy(&workspace, project);
}
