//! Every attribute of every kind: when it is applied the plan is empty; when somebody else changes
//! it the plan sees it; when it is applied again the plan is empty again.

use std::collections::BTreeSet;

use serde_json::Value;
use terrace_api::{Call, Service};
use terrace_model::{Kind, OnChange, Presence};

use crate::world::World;

const STACK: &str = include_str!("attributes.yaml");

/// What cannot be declared here, and why.
const NOT_HERE: [(&str, &str); 11] = [
    ("networks shared", "for administrators"),
    ("networks external", "for administrators"),
    ("networks dns_domain", "the simulator has no DNS integration"),
    ("routers distributed", "for administrators"),
    ("routers ha", "for administrators"),
    ("routers enable_snat", "for administrators"),
    ("routers external_fixed_ips", "for administrators"),
    ("floating_ips address", "for administrators"),
    ("servers admin_password", "the simulator has no guests"),
    ("volumes snapshot", "the simulator has no snapshots"),
    ("floating_ips fixed_ip", "in the stack of ports with several addresses"),
];

/// What somebody else does: address and attribute, request, body. `{address}` is an id.
const DRIFT: &[(&str, &str, &str)] = &[
    ("networks.n name", "PUT network /networks/{networks.n}", r#"{"network": {"name": "x"}}"#),
    (
        "networks.n description",
        "PUT network /networks/{networks.n}",
        r#"{"network": {"description": "theirs"}}"#,
    ),
    (
        "networks.n admin_state_up",
        "PUT network /networks/{networks.n}",
        r#"{"network": {"admin_state_up": false}}"#,
    ),
    ("networks.n mtu", "PUT network /networks/{networks.n}", r#"{"network": {"mtu": 1300}}"#),
    (
        "networks.n port_security_enabled",
        "PUT network /networks/{networks.n}",
        r#"{"network": {"port_security_enabled": false}}"#,
    ),
    ("networks.n tags", "PUT network /networks/{networks.n}/tags", r#"{"tags": ["x"]}"#),
    (
        "subnets.n.four name",
        "PUT network /subnets/{subnets.n.four}",
        r#"{"subnet": {"name": "x"}}"#,
    ),
    (
        "subnets.n.four description",
        "PUT network /subnets/{subnets.n.four}",
        r#"{"subnet": {"description": ""}}"#,
    ),
    (
        "subnets.six.only gateway_ip",
        "PUT network /subnets/{subnets.six.only}",
        r#"{"subnet": {"gateway_ip": "fd01::1"}}"#,
    ),
    (
        "subnets.n.four enable_dhcp",
        "PUT network /subnets/{subnets.n.four}",
        r#"{"subnet": {"enable_dhcp": true}}"#,
    ),
    (
        "subnets.n.four dns_nameservers",
        "PUT network /subnets/{subnets.n.four}",
        r#"{"subnet": {"dns_nameservers": ["9.9.9.9", "1.1.1.1"]}}"#,
    ),
    (
        "subnets.n.four allocation_pools",
        "PUT network /subnets/{subnets.n.four}",
        r#"{"subnet": {"allocation_pools": [{"start": "10.0.0.100", "end": "10.0.0.200"}]}}"#,
    ),
    (
        "subnets.n.four host_routes",
        "PUT network /subnets/{subnets.n.four}",
        r#"{"subnet": {"host_routes": []}}"#,
    ),
    (
        "subnets.n.six service_types",
        "PUT network /subnets/{subnets.n.six}",
        r#"{"subnet": {"service_types": []}}"#,
    ),
    ("subnets.n.four tags", "PUT network /subnets/{subnets.n.four}/tags", r#"{"tags": []}"#),
    (
        "security_groups.g name",
        "PUT network /security-groups/{security_groups.g}",
        r#"{"security_group": {"name": "x"}}"#,
    ),
    (
        "security_groups.g description",
        "PUT network /security-groups/{security_groups.g}",
        r#"{"security_group": {"description": "x"}}"#,
    ),
    (
        "security_groups.alone stateful",
        "PUT network /security-groups/{security_groups.alone}",
        r#"{"security_group": {"stateful": true}}"#,
    ),
    (
        "security_groups.g tags",
        "PUT network /security-groups/{security_groups.g}/tags",
        r#"{"tags": ["x", "y"]}"#,
    ),
    (
        "security_groups.g rules",
        "POST network /security-group-rules",
        r#"{"security_group_rule": {"security_group_id": "{security_groups.g}",
            "direction": "ingress", "protocol": "tcp", "port_range_min": 22, "port_range_max": 22}}"#,
    ),
    ("routers.r name", "PUT network /routers/{routers.r}", r#"{"router": {"name": "x"}}"#),
    (
        "routers.r description",
        "PUT network /routers/{routers.r}",
        r#"{"router": {"description": "x"}}"#,
    ),
    (
        "routers.r admin_state_up",
        "PUT network /routers/{routers.r}",
        r#"{"router": {"admin_state_up": true}}"#,
    ),
    ("routers.r tags", "PUT network /routers/{routers.r}/tags", r#"{"tags": []}"#),
    (
        "routers.idle external_network",
        "PUT network /routers/{routers.idle}",
        r#"{"router": {"external_gateway_info": {}}}"#,
    ),
    ("ports.p name", "PUT network /ports/{ports.p}", r#"{"port": {"name": "x"}}"#),
    ("ports.p description", "PUT network /ports/{ports.p}", r#"{"port": {"description": "x"}}"#),
    (
        "ports.p fixed_ips",
        "PUT network /ports/{ports.p}",
        r#"{"port": {"fixed_ips": [{"ip_address": "10.0.0.77"}]}}"#,
    ),
    (
        "ports.p security_groups",
        "PUT network /ports/{ports.p}",
        r#"{"port": {"security_groups": []}}"#,
    ),
    (
        "ports.p allowed_address_pairs",
        "PUT network /ports/{ports.p}",
        r#"{"port": {"allowed_address_pairs": []}}"#,
    ),
    (
        "ports.p admin_state_up",
        "PUT network /ports/{ports.p}",
        r#"{"port": {"admin_state_up": true}}"#,
    ),
    (
        "ports.open port_security_enabled",
        "PUT network /ports/{ports.open}",
        r#"{"port": {"port_security_enabled": true}}"#,
    ),
    ("ports.p tags", "PUT network /ports/{ports.p}/tags", r#"{"tags": ["x"]}"#),
    (
        "floating_ips.f port",
        "PUT network /floatingips/{floating_ips.f}",
        r#"{"floatingip": {"port_id": null}}"#,
    ),
    (
        "floating_ips.s server",
        "PUT network /floatingips/{floating_ips.s}",
        r#"{"floatingip": {"port_id": null}}"#,
    ),
    (
        "floating_ips.f description",
        "PUT network /floatingips/{floating_ips.f}",
        r#"{"floatingip": {"description": "x"}}"#,
    ),
    ("floating_ips.f tags", "PUT network /floatingips/{floating_ips.f}/tags", r#"{"tags": []}"#),
    ("volumes.v name", "PUT volume /volumes/{volumes.v}", r#"{"volume": {"name": "x"}}"#),
    (
        "volumes.v description",
        "PUT volume /volumes/{volumes.v}",
        r#"{"volume": {"description": "x"}}"#,
    ),
    (
        "volumes.v metadata",
        "POST volume /volumes/{volumes.v}/metadata",
        r#"{"metadata": {"a": "x"}}"#,
    ),
    (
        "volumes.v type",
        "POST volume /volumes/{volumes.v}/action",
        r#"{"os-retype": {"new_type": "standard", "migration_policy": "never"}}"#,
    ),
    (
        "volumes.v bootable",
        "POST volume /volumes/{volumes.v}/action",
        r#"{"os-set_bootable": {"bootable": false}}"#,
    ),
    ("servers.s name", "PUT compute /servers/{servers.s}", r#"{"server": {"name": "x"}}"#),
    (
        "servers.s description",
        "PUT compute /servers/{servers.s} 2.19",
        r#"{"server": {"description": "x"}}"#,
    ),
    (
        "servers.s metadata",
        "POST compute /servers/{servers.s}/metadata",
        r#"{"metadata": {"a": "x"}}"#,
    ),
    ("servers.s tags", "PUT compute /servers/{servers.s}/tags 2.26", r#"{"tags": ["x"]}"#),
    (
        "servers.s security_groups",
        "POST compute /servers/{servers.s}/action",
        r#"{"addSecurityGroup": {"name": "free"}}"#,
    ),
    (
        "servers.s networks",
        "POST compute /servers/{servers.s}/os-interface",
        r#"{"interfaceAttachment": {"net_id": "{networks.n}"}}"#,
    ),
    ("servers.s power_state", "POST compute /servers/{servers.s}/action", r#"{"os-start": null}"#),
    (
        "volume_attachments.s.v delete_on_termination",
        "PUT compute /servers/{servers.s}/os-volume_attachments/{volumes.v} 2.85",
        r#"{"volumeAttachment": {"volumeId": "{volumes.v}", "delete_on_termination": false}}"#,
    ),
];

/// What differs by what was changed beside it.
const SEEN_ELSEWHERE: [(&str, &str); 3] = [
    ("servers image", "the test of changes: a rebuild"),
    ("servers flavor", "the test of changes: a resize"),
    ("volumes size", "it can only grow, and a plan refuses to shrink it"),
];

fn text(template: &str, world: &World) -> String {
    let mut text = template.to_owned();
    while let Some((before, rest)) = text.split_once('{').filter(|(_, r)| is_address(r)) {
        let (address, after) = rest.split_once('}').expect("closed");
        text = format!("{before}{}{after}", world.id(&format!("web/{address}")));
    }
    text
}

fn is_address(rest: &str) -> bool {
    rest.split_once('}').is_some_and(|(name, _)| name.contains('.') && !name.contains('"'))
}

fn call(request: &str, body: &str, world: &World) -> Call {
    let words: Vec<String> = request.split(' ').map(|word| text(word, world)).collect();
    let service = match words[1].as_str() {
        "network" => Service::Network,
        "volume" => Service::BlockStorage,
        _ => Service::Compute,
    };
    let call = match words[0].as_str() {
        "PUT" => Call::put(service, &words[2]),
        _ => Call::post(service, &words[2]),
    };
    let mut filled = body.to_owned();
    for address in ["security_groups.g", "networks.n", "volumes.v"] {
        let marked = format!("{{{address}}}");
        if filled.contains(&marked) {
            filled = filled.replace(&marked, &world.id(&format!("web/{address}")));
        }
    }
    let call = call.body(serde_json::from_str::<Value>(&filled).expect("a body"));
    match words.get(3).and_then(|version| version.strip_prefix("2.")) {
        Some(minor) => {
            let version = terrace_api::Microversion::new(2, minor.parse().expect("a number"));
            call.microversion(version, "the test")
        }
        None => call,
    }
}

#[tokio::test]
async fn every_attribute_settles_and_its_drift_is_seen_and_mended() {
    let world = World::new();
    let outcome = world.apply(STACK).await.expect("applied");
    assert!(outcome.is_complete(), "{outcome:?}");
    assert_eq!(world.pending(STACK).await, "");
    let somebody = world.session().await;
    for (what, request, body) in DRIFT {
        somebody.call(call(request, body, &world)).await.expect(what);
        world.settle().await;
        let seen = world.changes(STACK).await;
        assert!(seen.contains(&format!("web/{what}")), "{what} is not seen: {seen:?}");
        let outcome = world.apply(STACK).await.expect("applied");
        assert!(outcome.is_complete(), "{what}: {outcome:?}");
        assert_eq!(world.pending(STACK).await, "", "{what} is not mended");
    }
    world.destroy(STACK).await.expect("destroyed");
    assert_eq!(world.recorded(), Vec::<String>::new());
}

#[test]
fn no_attribute_is_left_out() {
    let declared: serde_json::Value = terrace_sim_yaml();
    let drifted: BTreeSet<String> = DRIFT
        .iter()
        .filter_map(|(what, ..)| {
            let (address, attribute) = what.split_once(' ')?;
            Some(format!("{} {attribute}", address.split('.').next()?))
        })
        .collect();
    let listed = |list: &[(&str, &str)], what: &str| list.iter().any(|(name, _)| *name == what);
    for kind in Kind::ALL {
        for attribute in kind.schema().attributes {
            let what = format!("{} {}", kind.section(), attribute.name);
            if attribute.presence == Presence::Computed || listed(&NOT_HERE, &what) {
                continue;
            }
            assert!(is_declared(&declared, kind, attribute.name), "{what} is not in the stack");
            let can_drift = attribute.readable && attribute.on_change != OnChange::Replace;
            let seen = drifted.contains(&what) || listed(&SEEN_ELSEWHERE, &what);
            assert!(!can_drift || seen, "no drift of {what}");
        }
    }
}

/// The stack's blocks by section, as far as this test reads YAML: by indentation.
fn terrace_sim_yaml() -> Value {
    let mut path: Vec<(usize, String)> = Vec::new();
    let mut found = serde_json::Map::new();
    for line in STACK.lines().filter(|l| !l.trim().is_empty() && !l.trim().starts_with('#')) {
        let depth = line.len() - line.trim_start().len();
        let Some((key, _)) = line.trim().split_once(':') else { continue };
        path.retain(|(d, _)| *d < depth);
        path.push((depth, key.to_owned()));
        let names: Vec<&str> = path.iter().map(|(_, k)| k.as_str()).collect();
        found.insert(names.join("/"), Value::Null);
    }
    Value::Object(found)
}

fn is_declared(declared: &Value, kind: Kind, attribute: &str) -> bool {
    let schema = kind.schema();
    declared.as_object().expect("a map").keys().any(|path| {
        let parts: Vec<&str> = path.split('/').collect();
        match schema.parent {
            None => matches!(parts[..], [section, _, name] if section == schema.section && name == attribute),
            Some(parent) => {
                matches!(parts[..], [section, _, key, _, name]
                    if section == parent.section() && key == schema.key && name == attribute)
            }
        }
    })
}
