//! Several clouds in one workspace.

use crate::common::Workspace;

const SETTINGS: &str = "clouds:\n  home: simulator\n  far: simulator\ncloud: home\n";

/// One network at home; one far away, with a stack of its own that says so once.
fn two_clouds() -> Workspace {
    let w = Workspace::empty();
    w.write("terrace.yaml", SETTINGS)
        .write("stacks/web.yaml", "networks:\n  near: {}\n  here:\n    cloud: far\n    subnets: { v4: { cidr: 10.1.0.0/24 } }\n")
        .write("stacks/away.yaml", "cloud: far\nservers:\n  app: { image: cirros, flavor: m1.tiny, networks: [net] }\nnetworks:\n  net:\n    subnets: { v4: { cidr: 10.2.0.0/24 } }\n");
    w.simulator(r#"{"build_ms": 20, "delete_ms": 20}"#)
}

#[test]
fn each_block_goes_to_its_cloud() {
    let w = two_clouds();
    w.run(&["apply", "--yes"]).code(0).says(&[
        "6 created",
        "is created in the cloud far",
        "Also cloud far",
    ]);
    w.run(&["plan", "--detailed-exitcode"]).code(0).says(&["No changes"]);
    // What is far is seen to go there, and only there.
    assert!(w.path("state/simulator@far").exists() && w.path("state/simulator").exists());
    w.write("stacks/web.yaml", "networks: { near: { name: other } }\n");
    w.run(&["apply", "--yes"]).code(0).says(&["1 changed", "2 destroyed"]);
    w.run(&["destroy", "--yes"]).code(0).says(&["4 destroyed"]);
    w.run(&["state", "list"]).code(0).never_says("/");
}

#[test]
fn an_object_does_not_change_its_cloud() {
    let w = two_clouds();
    w.run(&["apply", "--yes"]).code(0);
    w.edit("    cloud: far\n", "");
    w.run(&["apply", "--yes"]).code(1).says(&[
        "web/networks.here",
        "the cloud `far`",
        "another name",
    ]);
}

#[test]
fn a_cloud_with_instances_is_not_forgotten() {
    let w = two_clouds();
    w.run(&["apply", "--yes"]).code(0);
    w.write("terrace.yaml", "cloud: simulator\n")
        .write("stacks/web.yaml", "networks: { near: {} }\n")
        .write("stacks/away.yaml", "locals: {}\n");
    w.run(&["plan"]).code(1).says(&["no cloud `far`", "away/networks.net", "add `far`"]);
}

#[test]
fn mistakes_with_clouds() {
    let w = two_clouds();
    w.edit("cloud: far", "cloud: farr");
    w.run(&["validate"]).code(1).says(&["E0205", "`farr`", "home"]);
    let w = two_clouds();
    w.write(
        "stacks/web.yaml",
        "networks:\n  near: {}\nservers:\n  a: { cloud: far, image: cirros, flavor: m1.tiny, networks: [near] }\n",
    );
    w.run(&["validate"]).code(1).says(&["E0406", "in the cloud `far`", "the workspace's own"]);
}
