//! Servers in time: states, hosts, quotas, what is shown at which microversion.

use crate::harness::Sim;
use serde_json::{Value, json};
use terrace_sim::{Quota, Settings};

/// Status, task and flavor of a server.
async fn state(sim: &Sim, id: &str) -> String {
    let server = sim.show(id).await;
    let text = |field: &str| server[field].as_str().unwrap_or("-").to_owned();
    format!(
        "{} {} {}",
        text("status"),
        text("OS-EXT-STS:task_state"),
        server["flavor"]["original_name"].as_str().expect("a flavor")
    )
}

/// An action, what is shown at once, after how long it is over, what is shown then.
const LIFE: &str = r#"
null | BUILD scheduling m1.small | 375 | BUILD spawning m1.small
null | BUILD spawning m1.small | 1125 | ACTIVE - m1.small
{"resize": {"flavorRef": "3"}} | RESIZE resize_prep m1.small | 1500 | VERIFY_RESIZE - m1.medium
{"confirmResize": null} | VERIFY_RESIZE - m1.medium | 375 | ACTIVE - m1.medium
{"resize": {"flavorRef": "2"}} | RESIZE resize_prep m1.medium | 1500 | VERIFY_RESIZE - m1.small
{"revertResize": null} | REVERT_RESIZE resize_reverting m1.small | 1500 | ACTIVE - m1.medium
{"rebuild": {"imageRef": "$cirros"}} | REBUILD rebuilding m1.medium | 1500 | ACTIVE - m1.medium
{"reboot": {"type": "SOFT"}} | REBOOT rebooting m1.medium | 375 | ACTIVE - m1.medium
{"os-stop": null} | ACTIVE powering-off m1.medium | 375 | SHUTOFF - m1.medium
{"resize": {"flavorRef": "2"}} | RESIZE resize_prep m1.medium | 1500 | VERIFY_RESIZE - m1.small
{"confirmResize": null} | VERIFY_RESIZE - m1.small | 375 | SHUTOFF - m1.small
{"reboot": {"type": "HARD"}} | HARD_REBOOT rebooting_hard m1.small | 375 | ACTIVE - m1.small
{"pause": null} | ACTIVE pausing m1.small | 375 | PAUSED - m1.small
{"unpause": null} | PAUSED unpausing m1.small | 375 | ACTIVE - m1.small
"#;

#[tokio::test]
async fn a_life() {
    let sim = Sim::new().await;
    let id = sim.server(json!({})).await;
    let cirros = sim.image("cirros").await;
    for line in LIFE.lines().filter(|line| !line.is_empty()) {
        let line = line.replace("$cirros", &cirros);
        let cells: Vec<&str> = line.split(" | ").collect();
        let [action, before, wait, after] = cells[..] else { panic!("four cells: {line}") };
        if action != "null" {
            let seen = sim.act(&id, serde_json::from_str(action).expect("JSON")).await;
            assert!(seen.status == 202 || seen.status == 204, "{line} {}", seen.body);
        }
        assert_eq!(state(&sim, &id).await, before, "{line}");
        sim.clock.advance(wait.parse::<u64>().expect("a number") - 1);
        assert_eq!(state(&sim, &id).await, before, "{line}: a moment too early");
        sim.clock.advance(1);
        assert_eq!(state(&sim, &id).await, after, "{line}: in the end");
    }
    assert_eq!(sim.show(&id).await["image"]["id"], json!(cirros));
    let path = format!("/compute/v2.1/servers/{id}");
    assert_eq!(sim.send("DELETE", &path, None).await.status, 204);
    assert_eq!(state(&sim, &id).await, "ACTIVE deleting m1.small");
    sim.clock.advance(500);
    assert_eq!(sim.send("GET", &path, None).await.status, 404);
}

#[tokio::test]
async fn ports_come_and_go_with_the_server() {
    let sim = Sim::new().await;
    let network = sim.network("front").await;
    let own = json!({"port": {"network_id": network, "fixed_ips": [{"ip_address": "10.0.0.99"}]}});
    let own = sim.make("/network/v2.0/ports", own).await;
    let nics = json!({"networks": [{"uuid": network}, {"port": own}]});
    let id = sim.server(nics).await;
    assert_eq!(sim.count("ports"), 1, "none is made before the server has a host");
    let seen = sim.get(&format!("/network/v2.0/ports/{own}")).await;
    assert_eq!(seen["port"]["device_id"], "", "nor is one taken");
    sim.clock.advance(375);
    assert_eq!(sim.count("ports"), 2);
    assert_eq!(sim.show(&id).await["addresses"], json!({}), "not before it is built");
    sim.clock.advance(1125);
    let server = sim.show(&id).await;
    let ips: Vec<&str> = server["addresses"]["front"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|entry| entry["addr"].as_str().expect("text"))
        .collect();
    assert_eq!(ips, ["10.0.0.99", "10.0.0.2"], "{server}");
    let ports = sim.get(&format!("/network/v2.0/ports?device_id={id}")).await;
    for port in ports["ports"].as_array().expect("a list") {
        assert_eq!(port["status"], "ACTIVE");
        assert_eq!(port["device_owner"], "compute:az1");
    }
    let blocked = sim.send("DELETE", &format!("/network/v2.0/networks/{network}"), None).await;
    assert_eq!(blocked.body["NeutronError"]["type"], "NetworkInUse");
    sim.ok("DELETE", &format!("/compute/v2.1/servers/{id}"), Value::Null).await;
    sim.clock.advance(500);
    assert_eq!(sim.count("ports"), 1, "the port that was there before stays");
    let port = sim.get(&format!("/network/v2.0/ports/{own}")).await;
    assert_eq!(port["port"]["device_id"], "");
    sim.ok("DELETE", &format!("/network/v2.0/ports/{own}"), Value::Null).await;
    sim.ok("DELETE", &format!("/network/v2.0/networks/{network}"), Value::Null).await;
    assert_eq!(sim.count("subnets"), 2, "the preset ones");
}

#[tokio::test]
async fn groups_and_hosts() {
    let sim = Sim::new().await;
    for (policy, zone, hosts, fifth) in [
        ("anti-affinity", None, 4, "ERROR"),
        ("affinity", None, 1, "ACTIVE"),
        ("soft-anti-affinity", None, 4, "ACTIVE"),
        ("soft-affinity", Some("az2"), 1, "ACTIVE"),
    ] {
        let group = json!({"server_group": {"name": policy, "policy": policy}});
        let group = sim.make("/compute/v2.1/os-server-groups", group).await;
        let mut servers = Vec::new();
        for _ in 0..5 {
            let mut server = sim.server_body(json!({})).await;
            if let Some(zone) = zone {
                server["availability_zone"] = json!(zone);
            }
            let body = json!({"server": server, "os:scheduler_hints": {"group": group}});
            servers.push(sim.make("/compute/v2.1/servers", body).await);
        }
        sim.clock.advance(1500);
        let mut used = std::collections::BTreeSet::new();
        for id in &servers {
            let server = sim.show(id).await;
            assert!(zone.is_none() || server["OS-EXT-AZ:availability_zone"] == json!(zone));
            used.insert(server["hostId"].as_str().expect("text").to_owned());
        }
        used.remove("");
        assert_eq!(used.len(), hosts, "{policy}");
        let last = sim.show(&servers[4]).await;
        assert_eq!(last["status"], fifth, "{policy}");
        if fifth == "ERROR" {
            assert_eq!(last["fault"]["code"], 500);
            let message = "No valid host was found. There are not enough hosts available.";
            assert_eq!(last["fault"]["message"], message);
        }
        let group = sim.get(&format!("/compute/v2.1/os-server-groups/{group}")).await;
        assert_eq!(group["server_group"]["members"], json!(servers));
    }
}

#[tokio::test]
async fn steered_by_metadata() {
    let sim = Sim::new().await;
    let slow = sim.server(json!({"metadata": {"fake:spawn_delay": "8"}})).await;
    let abort = sim.server(json!({"metadata": {"fake:spawn_fail": "abort"}})).await;
    let retry = sim.server(json!({"metadata": {"fake:spawn_fail": "reschedule"}})).await;
    sim.clock.advance(1500);
    assert_eq!(sim.show(&slow).await["status"], "BUILD");
    for (id, part) in [(&abort, "aborted: fake:spawn_fail"), (&retry, "maximum number of retries")]
    {
        let server = sim.show(id).await;
        assert_eq!(server["status"], "ERROR");
        assert!(server["fault"]["message"].as_str().expect("text").contains(part), "{server}");
    }
    sim.clock.advance(8000);
    assert_eq!(sim.show(&slow).await["status"], "ACTIVE");
}

#[tokio::test]
async fn quotas() {
    let quota = Quota {
        instances: Some(2),
        cores: Some(3),
        networks: Some(1),
        key_pairs: Some(0),
        server_groups: Some(0),
        ..Quota::default()
    };
    let sim = Sim::with(Settings { quota, ..Settings::default() }).await;
    let fourth = json!({"server": sim.server_body(json!({"flavorRef": "4"})).await});
    let seen = sim.send("POST", "/compute/v2.1/servers", Some(fourth)).await;
    let message = "Quota exceeded for cores: Requested 4, but already used 0 of 3 cores";
    assert_eq!((seen.status, seen.message().as_str()), (403, message));
    assert_eq!(seen.body["forbidden"]["code"], 403);
    sim.server(json!({})).await;
    sim.server(json!({})).await;
    let third = json!({"server": sim.server_body(json!({"flavorRef": "3"})).await});
    let seen = sim.send("POST", "/compute/v2.1/servers", Some(third)).await;
    let message = "Quota exceeded for cores, instances: Requested 2, 1, but already used 2, 2 of \
                   3, 2 cores, instances";
    assert_eq!((seen.status, seen.message().as_str()), (403, message));
    sim.make("/network/v2.0/networks", json!({"network": {}})).await;
    let seen = sim.send("POST", "/network/v2.0/networks", Some(json!({"network": {}}))).await;
    assert_eq!(seen.status, 409);
    assert_eq!(seen.body["NeutronError"]["type"], "OverQuota");
    assert_eq!(seen.message(), "Quota exceeded for resources: ['network'].");
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
    for (path, body) in [
        ("os-keypairs", json!({"keypair": {"name": "k", "public_key": key}})),
        ("os-server-groups", json!({"server_group": {"name": "g", "policy": "affinity"}})),
    ] {
        let seen = sim.send("POST", &format!("/compute/v2.1/{path}"), Some(body)).await;
        assert_eq!(seen.status, 403, "{path}");
    }
    let limits = sim.get("/compute/v2.1/limits").await;
    assert_eq!(limits["limits"]["absolute"]["maxTotalInstances"], 2);
    assert_eq!(limits["limits"]["absolute"]["totalCoresUsed"], 2);
}

#[tokio::test]
async fn fields_by_microversion() {
    let mut sim = Sim::new().await;
    let id = sim.server(json!({})).await;
    sim.clock.advance(1500);
    let base = "OS-DCF:diskConfig OS-EXT-AZ:availability_zone OS-EXT-STS:power_state \
                OS-EXT-STS:task_state OS-EXT-STS:vm_state OS-SRV-USG:launched_at \
                OS-SRV-USG:terminated_at accessIPv4 accessIPv6 addresses config_drive created \
                flavor hostId id image key_name links metadata name \
                os-extended-volumes:volumes_attached progress status tenant_id updated user_id";
    for (version, more, flavor) in [
        ("", "", "id links"),
        ("2.9", "locked", "id links"),
        ("2.19", "locked description", "id links"),
        ("2.46", "locked description tags", "id links"),
        (
            "2.47",
            "locked description tags",
            "disk ephemeral extra_specs original_name ram swap vcpus",
        ),
        (
            "2.96",
            "locked description tags trusted_image_certificates server_groups locked_reason \
             OS-EXT-SRV-ATTR:hostname pinned_availability_zone",
            "disk ephemeral extra_specs original_name ram swap vcpus",
        ),
    ] {
        sim.microversion = version;
        let server = sim.show(&id).await;
        let keys = |value: &Value| -> Vec<String> {
            let mut keys: Vec<String> = value.as_object().expect("a map").keys().cloned().collect();
            keys.sort();
            keys
        };
        let mut wanted: Vec<&str> =
            base.split_whitespace().chain(more.split_whitespace()).collect();
        wanted.sort_unstable();
        assert_eq!(keys(&server), wanted, "{version}");
        assert_eq!(keys(&server["flavor"]).join(" "), flavor, "{version}");
    }
}

#[tokio::test]
async fn versions_are_negotiated() {
    let mut sim = Sim::new().await;
    let path = "/compute/v2.1/flavors";
    sim.microversion = "";
    for (header, value, status, effective) in [
        ("openstack-api-version", "compute 2.46", 200, "2.46"),
        ("openstack-api-version", "volume 3.60, compute 2.60", 200, "2.60"),
        ("x-openstack-nova-api-version", "2.30", 200, "2.30"),
        ("x-openstack-nova-microversion", "2.30", 200, "2.1"),
        ("openstack-api-version", "compute latest", 200, "2.96"),
        ("openstack-api-version", "compute 2.97", 406, "2.97"),
        ("openstack-api-version", "compute 2.0", 406, "2.0"),
        ("openstack-api-version", "compute x", 400, ""),
    ] {
        let seen = sim.send_with("GET", path, None, &[(header, value)]).await;
        assert_eq!(seen.status, status, "{header} {value}");
        let said = |name: &str| {
            seen.headers.get(name).map_or("", |v| v.to_str().expect("text")).to_owned()
        };
        assert_eq!(said("x-openstack-nova-api-version"), effective, "{value}");
        let new = said("openstack-api-version");
        assert_eq!(new.strip_prefix("compute ").unwrap_or_default(), effective, "{value}");
    }
}

#[tokio::test]
async fn lists_filter_and_page() {
    let sim = Sim::new().await;
    for (name, tag) in [("web-1", "a"), ("web-2", "b"), ("db-1", "a"), ("web-3", "a")] {
        sim.server(json!({"name": name, "tags": [tag], "metadata": {"n": name}})).await;
        sim.clock.advance(1000);
    }
    let names = |list: &Value| -> String {
        let list = list["servers"].as_array().expect("a list");
        list.iter().map(|s| s["name"].as_str().expect("text")).collect::<Vec<_>>().join(" ")
    };
    for (query, wanted) in [
        ("", "web-3 db-1 web-2 web-1"),
        ("?name=web", "web-3 web-2 web-1"),
        ("?name=^web-1$", "web-1"),
        ("?status=ACTIVE", "db-1 web-2 web-1"),
        ("?status=build", "web-3"),
        ("?tags=a", "web-3 db-1 web-1"),
        ("?not-tags=a&name=web", "web-2"),
        ("?sort_key=display_name&sort_dir=asc", "db-1 web-1 web-2 web-3"),
        ("?changes-since=2026-01-01T00:00:02Z", "web-3 db-1 web-2"),
        ("?limit=2", "web-3 db-1"),
        ("?flavor=9", ""),
    ] {
        let seen = sim.get(&format!("/compute/v2.1/servers/detail{query}")).await;
        assert_eq!(names(&seen), wanted, "{query}");
    }
    let mut path = "/compute/v2.1/servers?limit=3".to_owned();
    let mut pages = Vec::new();
    loop {
        let page = sim.get(&path).await;
        pages.push(names(&page));
        let Some(next) = page["servers_links"][0]["href"].as_str() else { break };
        path = next.strip_prefix(crate::harness::BASE).expect("on this cloud").to_owned();
    }
    assert_eq!(pages, ["web-3 db-1 web-2", "web-1"]);
}

#[tokio::test]
async fn metadata_and_tags() {
    let sim = Sim::new().await;
    let id = sim.server(json!({"metadata": {"a": "1"}})).await;
    let metadata = format!("/compute/v2.1/servers/{id}/metadata");
    let body = |value: Value| json!({ "metadata": value });
    assert_eq!(
        sim.ok("POST", &metadata, body(json!({"b": "2"}))).await,
        body(json!({"a": "1", "b": "2"}))
    );
    assert_eq!(sim.ok("PUT", &metadata, body(json!({"c": "3"}))).await, body(json!({"c": "3"})));
    let one = format!("{metadata}/c");
    assert_eq!(sim.ok("PUT", &one, json!({"meta": {"c": "4"}})).await, json!({"meta": {"c": "4"}}));
    assert_eq!(sim.send("DELETE", &one, None).await.status, 204);
    assert_eq!(sim.send("DELETE", &one, None).await.status, 404);
    let tags = format!("/compute/v2.1/servers/{id}/tags");
    sim.ok("PUT", &tags, json!({"tags": ["x", "y"]})).await;
    assert_eq!(sim.send("PUT", &format!("{tags}/z"), None).await.status, 201);
    assert_eq!(sim.send("PUT", &format!("{tags}/z"), None).await.status, 204);
    assert_eq!(sim.get(&tags).await, json!({"tags": ["x", "y", "z"]}));
}

#[tokio::test]
async fn interfaces() {
    let sim = Sim::new().await;
    let network = sim.network("n").await;
    let id = sim.server(json!({})).await;
    let path = format!("/compute/v2.1/servers/{id}/os-interface");
    let body = json!({"interfaceAttachment": {"net_id": network}});
    assert_eq!(sim.send("POST", &path, Some(body.clone())).await.status, 409, "still building");
    sim.clock.advance(1500);
    let made = sim.ok("POST", &path, body).await;
    let port = made["interfaceAttachment"]["port_id"].as_str().expect("an id").to_owned();
    assert_eq!(sim.show(&id).await["addresses"]["n"][0]["addr"], "10.0.0.2");
    assert_eq!(sim.send("DELETE", &format!("{path}/{port}"), None).await.status, 202);
    assert_eq!(sim.send("GET", &format!("{path}/{port}"), None).await.status, 200, "it takes time");
    sim.clock.advance(500);
    assert_eq!(sim.send("GET", &format!("{path}/{port}"), None).await.status, 404);
    assert_eq!(sim.count("ports"), 0);
}
