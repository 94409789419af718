//! Networks, subnets, addresses, ports, groups, routers.

use crate::harness::{BASE, Sim};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn addresses(port: &Value) -> Vec<String> {
    let ips = port["fixed_ips"].as_array().expect("a list");
    ips.iter().map(|ip| ip["ip_address"].as_str().expect("text").to_owned()).collect()
}

async fn port(sim: &Sim, network: &str, more: Value) -> crate::harness::Seen {
    let mut body = json!({ "network_id": network });
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    sim.send("POST", "/network/v2.0/ports", Some(json!({ "port": body }))).await
}

#[tokio::test]
async fn subnets_are_completed() {
    let sim = Sim::new().await;
    for (cidr, more, gateway, pools) in [
        ("10.0.0.0/24", json!({}), json!("10.0.0.1"), "10.0.0.2-10.0.0.254"),
        ("10.0.0.7/24", json!({}), json!("10.0.0.1"), "10.0.0.2-10.0.0.254"),
        ("10.0.0.0/24", json!({"gateway_ip": null}), Value::Null, "10.0.0.1-10.0.0.254"),
        ("10.0.0.0/29", json!({"gateway_ip": "10.0.0.6"}), json!("10.0.0.6"), "10.0.0.1-10.0.0.5"),
        (
            "10.0.0.0/24",
            json!({"gateway_ip": "10.9.0.1"}),
            json!("10.9.0.1"),
            "10.0.0.1-10.0.0.254",
        ),
        (
            "10.0.0.0/24",
            json!({"allocation_pools": [
                {"start": "10.0.0.50", "end": "10.0.0.60"}, {"start": "10.0.0.10", "end": "10.0.0.20"},
            ]}),
            json!("10.0.0.1"),
            "10.0.0.10-10.0.0.20 10.0.0.50-10.0.0.60",
        ),
        ("fd00::/64", json!({}), json!("fd00::1"), "fd00::2-fd00::ffff:ffff:ffff:ffff"),
        (
            "fd00:0:0::/64",
            json!({"ipv6_address_mode": "slaac", "ipv6_ra_mode": "slaac"}),
            json!("fd00::"),
            "fd00::1-fd00::ffff:ffff:ffff:ffff",
        ),
    ] {
        let network = sim.make("/network/v2.0/networks", json!({"network": {}})).await;
        let version = if cidr.contains(':') { 6 } else { 4 };
        let mut body = json!({"network_id": network, "cidr": cidr, "ip_version": version});
        for (name, value) in more.as_object().expect("a map") {
            body[name] = value.clone();
        }
        let subnet = sim.ok("POST", "/network/v2.0/subnets", json!({ "subnet": body })).await;
        let subnet = &subnet["subnet"];
        assert_eq!(subnet["gateway_ip"], gateway, "{cidr} {more}");
        let found: Vec<String> = subnet["allocation_pools"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|p| {
                format!(
                    "{}-{}",
                    p["start"].as_str().expect("text"),
                    p["end"].as_str().expect("text")
                )
            })
            .collect();
        assert_eq!(found.join(" "), pools, "{cidr} {more}");
        let network = sim.get(&format!("/network/v2.0/networks/{network}")).await;
        assert_eq!(network["network"]["subnets"], json!([subnet["id"]]));
        assert_eq!(network["network"]["revision_number"], 2);
    }
}

#[tokio::test]
async fn addresses_are_given_and_taken_back() {
    let sim = Sim::new().await;
    let network = sim.make("/network/v2.0/networks", json!({"network": {}})).await;
    sim.subnet(&network, "10.0.0.0/29").await;
    let mut ids = Vec::new();
    for wanted in ["10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6"] {
        let seen = port(&sim, &network, json!({})).await;
        assert_eq!(addresses(&seen.body["port"]), [wanted]);
        ids.push(seen.body["port"]["id"].as_str().expect("an id").to_owned());
    }
    let full = port(&sim, &network, json!({})).await;
    assert_eq!(full.body["NeutronError"]["type"], "IpAddressGenerationFailure");
    sim.ok("DELETE", &format!("/network/v2.0/ports/{}", ids[1]), Value::Null).await;
    let again = port(&sim, &network, json!({})).await;
    assert_eq!(addresses(&again.body["port"]), ["10.0.0.3"]);
    let move_to = json!({"port": {"fixed_ips": [{"ip_address": "10.0.0.3"}]}});
    let path = format!("/network/v2.0/ports/{}", ids[0]);
    let taken = sim.send("PUT", &path, Some(move_to)).await;
    assert_eq!(taken.body["NeutronError"]["type"], "IpAddressAlreadyAllocated");
    let kept = sim.get(&path).await;
    assert_eq!(addresses(&kept["port"]), ["10.0.0.2"], "a refused change changes nothing");
}

#[tokio::test]
async fn two_families() {
    let sim = Sim::new().await;
    let network = sim.network("n").await;
    let body = json!({"subnet": {
        "network_id": network, "cidr": "2001:db8::/64", "ip_version": 6,
        "ipv6_address_mode": "slaac", "ipv6_ra_mode": "slaac",
    }});
    sim.make("/network/v2.0/subnets", body).await;
    let seen = port(&sim, &network, json!({"mac_address": "fa:16:3e:00:00:01"})).await;
    assert_eq!(addresses(&seen.body["port"]), ["10.0.0.2", "2001:db8::f816:3eff:fe00:1"]);
}

#[tokio::test]
async fn bulk_is_all_or_nothing() {
    let sim = Sim::new().await;
    let before = sim.count("networks");
    let bad = json!({"networks": [{"name": "a"}, {"name": "b"}, {"nope": 1}]});
    assert_eq!(sim.send("POST", "/network/v2.0/networks", Some(bad)).await.status, 400);
    assert_eq!(sim.count("networks"), before);
    let good = json!({"networks": [{"name": "a"}, {"name": "b"}]});
    let made = sim.ok("POST", "/network/v2.0/networks", good).await;
    assert_eq!(made["networks"][1]["name"], "b");
    assert_eq!(sim.count("networks"), before + 2);
}

#[tokio::test]
async fn filters_fields_pages() {
    let sim = Sim::new().await;
    for name in ["a", "b", "c"] {
        let body = json!({"network": {"name": name, "description": format!("mark {name}")}});
        sim.make("/network/v2.0/networks", body).await;
    }
    let names = |list: &Value| -> String {
        let list = list["networks"].as_array().expect("a list");
        list.iter().map(|s| s["name"].as_str().expect("text")).collect::<Vec<_>>().join(" ")
    };
    for (query, wanted) in [
        ("name=a", "a"),
        ("name=a&name=b", "a b"),
        ("description=mark%20c", "c"),
        ("description=mark+c", "c"),
        ("router:external=True", "public"),
        ("shared=true", "provider"),
        ("name=a&shared=true", ""),
        ("sort_key=name&sort_dir=desc", "public provider c b a"),
    ] {
        assert_eq!(
            names(&sim.get(&format!("/network/v2.0/networks?{query}")).await),
            wanted,
            "{query}"
        );
    }
    let short = sim.get("/network/v2.0/networks?name=a&fields=name&fields=mtu").await;
    assert_eq!(short["networks"], json!([{"name": "a", "mtu": 1450}]));
    let mut path = "/network/v2.0/networks?limit=2&sort_key=name&sort_dir=asc".to_owned();
    let mut pages = Vec::new();
    loop {
        let page = sim.get(&path).await;
        pages.push(names(&page));
        let next =
            page["networks_links"].as_array().into_iter().flatten().find(|l| l["rel"] == "next");
        let Some(next) = next else { break };
        path = next["href"].as_str().and_then(|h| h.strip_prefix(BASE)).expect("here").to_owned();
    }
    assert_eq!(pages, ["a b", "c provider", "public"]);
}

#[tokio::test]
async fn revisions() {
    let sim = Sim::new().await;
    let id = sim.make("/network/v2.0/networks", json!({"network": {}})).await;
    let path = format!("/network/v2.0/networks/{id}");
    let body = || Some(json!({"network": {"name": "new"}}));
    for (wanted, status) in [("2", 412), ("1", 200), ("1", 412), ("2", 200)] {
        let header = format!("revision_number={wanted}");
        let seen = sim.send_with("PUT", &path, body(), &[("if-match", &header)]).await;
        assert_eq!(seen.status, status, "{wanted} {}", seen.body);
    }
}

#[tokio::test]
async fn tags() {
    let sim = Sim::new().await;
    let id = sim.make("/network/v2.0/networks", json!({"network": {"name": "n"}})).await;
    let path = format!("/network/v2.0/networks/{id}/tags");
    sim.ok("PUT", &path, json!({"tags": ["b", "a"]})).await;
    assert_eq!(sim.send("PUT", &format!("{path}/c"), None).await.status, 201);
    assert_eq!(sim.send("DELETE", &format!("{path}/b"), None).await.status, 204);
    assert_eq!(sim.get(&path).await, json!({"tags": ["a", "c"]}));
    for (query, found) in [("tags=a,c", 1), ("tags=a,b", 0), ("tags-any=b,c", 1)] {
        let list = sim.get(&format!("/network/v2.0/networks?{query}")).await;
        assert_eq!(list["networks"].as_array().map(Vec::len), Some(found), "{query}");
    }
}

#[tokio::test]
async fn the_way_out() {
    let sim = Sim::new().await;
    let network = sim.network("n").await;
    let list = sim.get(&format!("/network/v2.0/subnets?network_id={network}")).await;
    let subnet = list["subnets"][0]["id"].as_str().expect("an id").to_owned();
    let public = sim.get("/network/v2.0/networks?name=public").await;
    let public = public["networks"][0]["id"].clone();
    let router = sim.make("/network/v2.0/routers", json!({"router": {"name": "r"}})).await;
    let inner = port(&sim, &network, json!({})).await.body["port"]["id"].clone();
    let floating = json!({"floatingip": {"floating_network_id": public}});
    let floating = sim.make("/network/v2.0/floatingips", floating).await;
    let path = format!("/network/v2.0/floatingips/{floating}");
    let tie = || Some(json!({"floatingip": {"port_id": inner}}));
    let seen = sim.send("PUT", &path, tie()).await;
    assert_eq!(seen.body["NeutronError"]["type"], "ExternalGatewayForFloatingIPNotFound");
    let gateway = json!({"router": {"external_gateway_info": {"network_id": public}}});
    let router_path = format!("/network/v2.0/routers/{router}");
    sim.ok("PUT", &router_path, gateway).await;
    let by_subnet = || Some(json!({"subnet_id": subnet}));
    let add = format!("{router_path}/add_router_interface");
    let remove = format!("{router_path}/remove_router_interface");
    assert_eq!(sim.send("PUT", &add, by_subnet()).await.status, 200);
    assert_eq!(sim.send("PUT", &add, by_subnet()).await.status, 400);
    // The answer is given before it works.
    let seen = sim.send("PUT", &path, tie()).await;
    assert_eq!(seen.body["floatingip"]["status"], "DOWN", "{}", seen.body);
    assert_eq!(sim.get(&path).await["floatingip"]["status"], "ACTIVE");
    for (method, path, body, class) in [
        ("PUT", &remove, by_subnet(), "RouterInterfaceInUseByFloatingIP"),
        ("DELETE", &router_path, None, "RouterInUse"),
        ("DELETE", &format!("/network/v2.0/subnets/{subnet}"), None, "SubnetInUse"),
    ] {
        let seen = sim.send(method, path, body).await;
        assert_eq!(seen.status, 409, "{path}");
        assert_eq!(seen.body["NeutronError"]["type"], class);
    }
    sim.ok("DELETE", &path, Value::Null).await;
    assert_eq!(sim.send("PUT", &remove, by_subnet()).await.status, 200);
    sim.ok("DELETE", &router_path, Value::Null).await;
    assert_eq!(sim.count("ports"), 1);
}

#[tokio::test]
async fn groups_and_rules() {
    let sim = Sim::new().await;
    let list = sim.get("/network/v2.0/security-groups").await;
    assert_eq!(list["security_groups"][0]["name"], "default");
    assert_eq!(
        list["security_groups"][0]["security_group_rules"].as_array().map(Vec::len),
        Some(4)
    );
    let group = json!({"security_group": {"name": "web"}});
    let group = sim.make("/network/v2.0/security-groups", group).await;
    let rule = |more: Value| {
        let mut body = json!({"security_group_id": group, "direction": "ingress"});
        for (name, value) in more.as_object().expect("a map") {
            body[name] = value.clone();
        }
        Some(json!({ "security_group_rule": body }))
    };
    for (more, wanted) in [
        (json!({"protocol": "tcp", "port_range_min": 80, "port_range_max": 80}), ""),
        (
            json!({"protocol": "6", "port_range_min": 80, "port_range_max": 80}),
            "SecurityGroupRuleExists",
        ),
        (json!({"remote_ip_prefix": "1.2.3.4"}), ""),
        (json!({"remote_ip_prefix": "1.2.3.4/32"}), "SecurityGroupRuleExists"),
        (json!({"protocol": "icmp", "port_range_max": 1}), "SecurityGroupMissingIcmpType"),
        (json!({"protocol": "icmp", "port_range_min": 300}), "SecurityGroupInvalidIcmpValue"),
        (
            json!({"ethertype": "IPv6", "remote_ip_prefix": "10.0.0.0/8"}),
            "SecurityGroupRuleParameterConflict",
        ),
    ] {
        let seen = sim.send("POST", "/network/v2.0/security-group-rules", rule(more.clone())).await;
        assert_eq!(
            seen.body["NeutronError"]["type"].as_str().unwrap_or_default(),
            wanted,
            "{more}"
        );
    }
    let network = sim.network("n").await;
    let guarded = port(&sim, &network, json!({"security_groups": [group]})).await;
    let path = format!("/network/v2.0/security-groups/{group}");
    let seen = sim.send("DELETE", &path, None).await;
    assert_eq!(seen.body["NeutronError"]["type"], "SecurityGroupInUse");
    let port = guarded.body["port"]["id"].as_str().expect("an id");
    sim.ok("DELETE", &format!("/network/v2.0/ports/{port}"), Value::Null).await;
    sim.ok("DELETE", &path, Value::Null).await;
    assert_eq!(sim.count("security_group_rules"), 4);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever is made and deleted in whatever order: no address twice, none out of its pool.
    #[test]
    fn no_address_is_given_twice(steps in prop::collection::vec((any::<bool>(), 0_usize..20), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let sim = Sim::new().await;
            let network = sim.make("/network/v2.0/networks", json!({"network": {}})).await;
            sim.subnet(&network, "10.0.0.0/28").await;
            let mut there: Vec<(String, String)> = Vec::new();
            for (make, which) in steps {
                if make || there.is_empty() {
                    let seen = port(&sim, &network, json!({})).await;
                    prop_assert_eq!(seen.status == 409, there.len() == 13);
                    if seen.status == 201 {
                        let ip = addresses(&seen.body["port"]).concat();
                        there.push((seen.body["port"]["id"].as_str().expect("an id").to_owned(), ip));
                    }
                } else {
                    let (id, _) = there.remove(which % there.len());
                    sim.ok("DELETE", &format!("/network/v2.0/ports/{id}"), Value::Null).await;
                }
                let unique: BTreeSet<&str> = there.iter().map(|(_, ip)| ip.as_str()).collect();
                prop_assert_eq!(unique.len(), there.len());
                prop_assert!(!unique.contains("10.0.0.1") && !unique.contains("10.0.0.15"));
            }
            Ok(())
        })?;
    }
}
