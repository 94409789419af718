//! Every attribute of every kind on few servers, and how many requests many of them take to read.

use std::fs;
use std::path::Path;

use serde_json::Value;
use terrace_tests::Workspace;

use crate::create::{apply, destroy, expect_no_changes};
use crate::project::{Project, text};

/// The stack that the simulator is held to as well.
const EVERYTHING: &str = "../crates/terrace-engine/tests/lifecycle/attributes.yaml";

/// What somebody else does with the cloud's own client, and what of it the plan must see.
const DRIFT: &[(&str, &[&str])] = &[
    (
        "network set --description theirs --disable --mtu 1300 --disable-port-security --tag q net",
        &["n description", "n admin_state_up", "n mtu", "n port_security_enabled", "n tags"],
    ),
    (
        "subnet set --description theirs --dhcp --dns-nameserver 8.8.8.8 --tag q four",
        &["n.four description", "n.four enable_dhcp", "n.four dns_nameservers", "n.four tags"],
    ),
    ("subnet set --no-host-route four", &["n.four host_routes"]),
    (
        "subnet set --no-allocation-pool --allocation-pool start=10.0.0.100,end=10.0.0.200 four",
        &["n.four allocation_pools"],
    ),
    ("subnet set --gateway fd01::1 six-only", &["six.only gateway_ip"]),
    ("security group set --description theirs --tag q group", &["g description", "g tags"]),
    ("security group set --stateful alone", &["alone stateful"]),
    (
        "router set --description theirs --enable --tag q router",
        &["r description", "r admin_state_up", "r tags"],
    ),
    ("router unset --external-gateway idle", &["idle external_network"]),
    (
        "port set --description theirs --enable --no-security-group --tag q port",
        &["p description", "p admin_state_up", "p security_groups", "p tags"],
    ),
    ("port set --no-allowed-address port", &["p allowed_address_pairs"]),
    ("port set --enable-port-security open", &["open port_security_enabled"]),
    (
        "volume set --description theirs --property a=x --non-bootable volume",
        &["v description", "v metadata", "v bootable"],
    ),
    ("server set --property a=x server", &["s metadata"]),
    ("server add security group server free", &["s security_groups"]),
    ("server add network server six", &["s networks"]),
    ("server start server", &["s power_state"]),
    ("network set --name n2 net", &["n name"]),
    ("subnet set --name n2 four", &["n.four name"]),
    ("port set --name n2 port", &["p name"]),
    ("router set --name n2 router", &["r name"]),
    ("volume set --name n2 volume", &["v name"]),
    ("server set --name n2 server", &["s name"]),
];

fn write(workspace: &Workspace, stack: &str) {
    fs::write(workspace.path().join("stacks/web.yaml"), stack).expect("cannot write the stack");
}

/// `name attribute` for each attribute that a plan changes, without the section.
fn changed(plan: &Value) -> Vec<String> {
    let instances = plan["resource_changes"].as_array().expect("a plan lists its changes");
    let of = |instance: &Value| {
        let address = text(instance, "address").to_owned();
        let name = address.split_once('.').map_or("", |(_, name)| name).to_owned();
        let attributes = instance["change"]["attributes"].as_array().cloned().unwrap_or_default();
        attributes.iter().map(|a| format!("{name} {}", text(a, "attribute"))).collect::<Vec<_>>()
    };
    instances.iter().flat_map(of).collect()
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
    let stack = Path::new(env!("CARGO_MANIFEST_DIR")).join(EVERYTHING);
    write(&workspace, &fs::read_to_string(stack).expect("cannot read the stack"));
    apply(&workspace);
    for (command, _) in DRIFT {
        project.client.run(command);
    }
    project.client.json("security group rule create --protocol tcp --dst-port 22 group");
    for ip in project.client.list("floating ip list") {
        let address = text(&ip, "Floating IP Address").to_owned();
        project.client.run(&format!("floating ip unset --port {address}"));
    }
    let plan = workspace.terrace(&["plan", "--json", "--detailed-exitcode"]).code(2);
    let seen = changed(&plan.json());
    let expected = DRIFT.iter().flat_map(|(_, what)| what.iter().copied());
    for what in expected.chain(["g rules", "f port", "s server"]) {
        assert!(seen.iter().any(|found| found == what), "{what} is not seen: {seen:?}");
    }
    apply(&workspace);
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
