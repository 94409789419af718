//! What is refused, in the words in which a real OpenStack Zed refused the same.
//!
//! Ids in a request or message stand for what was made before: `$net`, `$empty` (a network
//! without subnets), `$port`, `$image`, `$server`; `$none` names nothing.

use crate::harness::Sim;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const NONE: &str = "11111111-1111-1111-1111-111111111111";
const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";

async fn check(sim: &Sim, names: &BTreeMap<&str, String>, table: &str) {
    let fill = |text: &str| {
        names.iter().fold(text.to_owned(), |text, (name, id)| text.replace(&format!("${name}"), id))
    };
    let mut number = 0;
    for line in table.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (request, wanted) = line.split_once(" => ").expect("an arrow");
        let mut words = request.splitn(3, ' ');
        let (method, path) = (words.next().expect("a method"), words.next().expect("a path"));
        let body = words.next().map(|text| serde_json::from_str(&fill(text)).expect("JSON"));
        let (status, message) = wanted.split_once(' ').expect("status and message");
        let seen = sim.send(method, &fill(path), body).await;
        assert_eq!(
            format!("{} {}", seen.status, seen.message()),
            fill(&format!("{status} {message}")),
            "{line}"
        );
        number += 1;
    }
    assert!(number > 0);
}

#[tokio::test]
async fn by_neutron() {
    let sim = Sim::new().await;
    let net = sim.network("n").await;
    let empty = sim.make("/network/v2.0/networks", json!({"network": {}})).await;
    let port = json!({"port": {"network_id": net, "fixed_ips": [{"ip_address": "10.0.0.9"}]}});
    let port = sim.make("/network/v2.0/ports", port).await;
    let subnet = sim.get(&format!("/network/v2.0/subnets?network_id={net}")).await;
    let subnet = subnet["subnets"][0]["id"].as_str().expect("an id").to_owned();
    let names = BTreeMap::from([
        ("net", net),
        ("empty", empty),
        ("port", port),
        ("subnet", subnet),
        ("none", NONE.into()),
    ]);
    check(&sim, &names, NEUTRON).await;
    assert_eq!(sim.count("ports"), 1);
    assert_eq!(sim.count("subnets"), 3);
}

#[tokio::test]
async fn by_nova() {
    let sim = Sim::new().await;
    let empty = sim.make("/network/v2.0/networks", json!({"network": {}})).await;
    let image = sim.image("debian-12").await;
    let server = sim.server(json!({})).await;
    sim.clock.advance(1500);
    let key = json!({"keypair": {"name": "pk", "public_key": KEY}});
    sim.ok("POST", "/compute/v2.1/os-keypairs", key).await;
    let ok = format!(r#""name": "s", "flavorRef": "2", "imageRef": "{image}""#);
    let names = BTreeMap::from([
        ("empty", empty),
        ("image", image),
        ("server", server),
        ("none", NONE.into()),
        ("key", KEY.into()),
        ("ok", ok),
    ]);
    check(&sim, &names, NOVA).await;
    assert_eq!(sim.count("servers"), 1, "nothing refused was made");
}

#[tokio::test]
async fn what_is_busy_or_locked() {
    let sim = Sim::new().await;
    let id = sim.server(json!({})).await;
    let resize = || json!({"resize": {"flavorRef": "3"}});
    let mut said = vec![sim.act(&id, resize()).await.message()];
    sim.clock.advance(1500);
    sim.act(&id, resize()).await;
    said.push(sim.act(&id, json!({"os-stop": null})).await.message());
    sim.clock.advance(1500);
    said.push(sim.act(&id, resize()).await.message());
    sim.act(&id, json!({"lock": null})).await;
    said.push(sim.act(&id, json!({"confirmResize": null})).await.message());
    let path = format!("/compute/v2.1/servers/{id}");
    said.push(sim.send("DELETE", &path, None).await.message());
    sim.act(&id, json!({"unlock": null})).await;
    sim.ok("DELETE", &path, Value::Null).await;
    said.push(sim.act(&id, json!({"confirmResize": null})).await.message());
    let said: Vec<String> = said.iter().map(|text| text.replace(&id, "X")).collect();
    assert_eq!(
        said,
        [
            "Cannot 'resize' instance X while it is in vm_state building",
            "Cannot 'stop' instance X while it is in task_state resize_prep",
            "Cannot 'resize' instance X while it is in vm_state resized",
            "Instance X is locked",
            "Instance X is locked",
            "Cannot 'confirmResize' instance X while it is in task_state deleting",
        ]
    );
}

const NEUTRON: &str = r#"
GET /network/v2.0/networks/$none => 404 Network $none could not be found.
GET /network/v2.0/networks?foo=1 => 400 ['foo'] is invalid attribute for filtering
GET /network/v2.0/ports?limit=x => 400 Bad limit request: Limit must be an integer 0 or greater and not 'x'.
GET /network/v2.0/nopath => 404 The resource could not be found.
POST /network/v2.0/networks {"network": {"name": 5}} => 400 Invalid input for name. Reason: '5' is not a valid string.
POST /network/v2.0/networks {"network": {"foo": 5}} => 400 Unrecognized attribute(s) 'foo'
POST /network/v2.0/networks {"network": {"status": "a"}} => 400 Attribute 'status' not allowed in POST
POST /network/v2.0/networks {"network": {"shared": true}} => 403 (rule:create_network and rule:create_network:shared) is disallowed by policy
POST /network/v2.0/networks {"network": {"admin_state_up": "x"}} => 400 Invalid input for operation: 'x' cannot be converted to boolean.
POST /network/v2.0/networks {"net": {}} => 400 Unable to find 'network' in request body
PUT /network/v2.0/networks/$net {"network": {"status": "x"}} => 400 Cannot update read-only attribute status
DELETE /network/v2.0/networks/$net => 409 Unable to complete operation on network $net. There are one or more ports still in use on the network, id for these ports is: $port.
DELETE /network/v2.0/subnets/$subnet => 409 Unable to complete operation on subnet $subnet: One or more ports have an IP allocation from this subnet.
POST /network/v2.0/subnets {"subnet": {"network_id": "$net"}} => 400 Failed to parse request. Required attribute 'ip_version' not specified
POST /network/v2.0/subnets {"subnet": {"network_id": "x", "ip_version": 4, "cidr": "10.0.0.0/24"}} => 400 Invalid input for network_id. Reason: 'x' is not a valid UUID.
POST /network/v2.0/subnets {"subnet": {"network_id": "$none", "ip_version": 4, "cidr": "10.0.0.0/24"}} => 404 Network $none could not be found.
POST /network/v2.0/subnets {"subnet": {"network_id": "$net", "ip_version": 4, "cidr": "10.0.0.0/25"}} => 400 Invalid input for operation: Requested subnet with cidr: 10.0.0.0/25 for network: $net overlaps with another subnet.
POST /network/v2.0/subnets {"subnet": {"network_id": "$net", "ip_version": 6, "cidr": "10.1.0.0/24"}} => 400 Invalid input for operation: cidr '10.1.0.0/24' does not match the ip_version '6'.
POST /network/v2.0/subnets {"subnet": {"network_id": "$net", "ip_version": 4, "cidr": "nope"}} => 400 Invalid input for operation: nope is not in a CIDR format.
POST /network/v2.0/subnets {"subnet": {"network_id": "$net", "ip_version": 5, "cidr": "10.1.0.0/24"}} => 400 Invalid input for ip_version. Reason: 5 is not in valid_values.
POST /network/v2.0/subnets {"subnet": {"network_id": "$net", "ip_version": 4}} => 400 Bad subnets request: a subnetpool must be specified in the absence of a cidr.
POST /network/v2.0/subnets {"subnet": {"network_id": "$empty", "ip_version": 4, "cidr": "10.1.0.0/24", "gateway_ip": "10.1.0.255"}} => 400 Invalid input for operation: Gateway is not valid on subnet.
POST /network/v2.0/subnets {"subnet": {"network_id": "$empty", "ip_version": 4, "cidr": "10.1.0.0/24", "gateway_ip": "fd00::1"}} => 400 Invalid input for operation: gateway_ip 'fd00::1' does not match the ip_version '4'.
POST /network/v2.0/subnets {"subnet": {"network_id": "$empty", "ip_version": 4, "cidr": "10.1.0.0/24", "allocation_pools": [{"start": "10.1.0.1", "end": "10.1.0.5"}]}} => 409 Gateway ip 10.1.0.1 conflicts with allocation pool 10.1.0.1-10.1.0.5.
POST /network/v2.0/subnets {"subnet": {"network_id": "$empty", "ip_version": 4, "cidr": "10.1.0.0/24", "allocation_pools": [{"start": "10.1.0.10", "end": "10.1.0.5"}]}} => 400 The allocation pool {'start': '10.1.0.10', 'end': '10.1.0.5'} is not valid.
POST /network/v2.0/subnets {"subnet": {"network_id": "$empty", "ip_version": 4, "cidr": "10.1.0.0/24", "allocation_pools": [{"start": "10.2.0.10", "end": "10.2.0.15"}]}} => 400 The allocation pool 10.2.0.10-10.2.0.15 spans beyond the subnet cidr 10.1.0.0/24.
POST /network/v2.0/subnets {"subnet": {"network_id": "$empty", "ip_version": 4, "cidr": "10.1.0.0/24", "allocation_pools": [{"start": "10.1.0.10", "end": "10.1.0.15"}, {"start": "10.1.0.12", "end": "10.1.0.18"}]}} => 409 Found overlapping allocation pools: 10.1.0.10-10.1.0.15 10.1.0.12-10.1.0.18 for subnet 10.1.0.0/24.
POST /network/v2.0/subnets {"subnet": {"network_id": "$empty", "ip_version": 4, "cidr": "10.1.0.0/24", "allocation_pools": [{"start": "x"}]}} => 400 Invalid input for allocation_pools. Reason: Validation of dictionary's keys failed. Expected keys: {'end', 'start'} Provided keys: {'start'}.
POST /network/v2.0/subnets {"subnet": {"network_id": "$empty", "ip_version": 4, "cidr": "10.1.0.0/24", "dns_nameservers": ["a"]}} => 400 Invalid input for dns_nameservers. Reason: 'a' is not a valid nameserver. 'a' is not a valid IP address.
POST /network/v2.0/subnets {"subnet": {"network_id": "$empty", "ip_version": 4, "cidr": "10.1.0.0/24", "dns_nameservers": ["1.1.1.1", "1.1.1.1"]}} => 400 Invalid input for dns_nameservers. Reason: Duplicate nameserver '1.1.1.1'.
POST /network/v2.0/subnets {"subnet": {"network_id": "$empty", "ip_version": 4, "cidr": "10.1.0.0/24", "ipv6_ra_mode": "slaac"}} => 400 Invalid input for operation: ipv6_ra_mode is not valid when ip_version is 4.
POST /network/v2.0/ports {"port": {}} => 400 Failed to parse request. Required attribute 'network_id' not specified
POST /network/v2.0/ports {"port": {"network_id": "$net", "fixed_ips": [{"ip_address": "10.0.0.9"}]}} => 409 IP address 10.0.0.9 already allocated in subnet $subnet
POST /network/v2.0/ports {"port": {"network_id": "$net", "fixed_ips": [{"ip_address": "10.9.9.9"}]}} => 400 IP address 10.9.9.9 is not a valid IP for any of the subnets on the specified network.
POST /network/v2.0/ports {"port": {"network_id": "$net", "fixed_ips": [{"subnet_id": "$subnet", "ip_address": "10.9.9.9"}]}} => 400 IP address 10.9.9.9 is not a valid IP for the specified subnet.
POST /network/v2.0/ports {"port": {"network_id": "$net", "fixed_ips": [{}]}} => 400 Invalid input for operation: IP allocation requires subnet_id or ip_address.
POST /network/v2.0/ports {"port": {"network_id": "$net", "fixed_ips": "a"}} => 400 Invalid input for fixed_ips. Reason: Invalid data format for fixed IP: 'a'.
POST /network/v2.0/ports {"port": {"network_id": "$empty", "fixed_ips": [{"subnet_id": "$subnet"}]}} => 400 Invalid input for operation: Failed to create port on network $empty, because fixed_ips included invalid subnet $subnet.
POST /network/v2.0/ports {"port": {"network_id": "$net", "security_groups": ["$none"]}} => 404 Security group $none does not exist
POST /network/v2.0/security-groups {"security_group": {"name": "default"}} => 409 Default security group already exists.
"#;

const NOVA: &str = r#"
POST /compute/v2.1/servers {"server": {}} => 400 Invalid input for field/attribute server. Value: {}. 'name' is a required property
POST /compute/v2.1/servers {"srv": 1} => 400 'server' is a required property
POST /compute/v2.1/servers [] => 400 Malformed request body
POST /compute/v2.1/servers {"server": {"name": "", "flavorRef": "2", "networks": "none"}} => 400 Invalid input for field/attribute name. Value: . '' is too short
POST /compute/v2.1/servers {"server": {"name": "a", "flavorRef": "2"}} => 400 Invalid input for field/attribute server. Value: {'name': 'a', 'flavorRef': '2'}. 'networks' is a required property
POST /compute/v2.1/servers {"server": {"name": "a", "flavorRef": "2", "networks": "none", "foo": [1, true, null]}} => 400 Invalid input for field/attribute server. Value: {'name': 'a', 'flavorRef': '2', 'networks': 'none', 'foo': [1, True, None]}. Additional properties are not allowed ('foo' was unexpected)
POST /compute/v2.1/servers {"server": {"name": "a", "flavorRef": "99", "imageRef": "$image", "networks": "none"}} => 400 Flavor 99 could not be found.
POST /compute/v2.1/servers {"server": {"name": "a", "flavorRef": "2", "imageRef": "$none", "networks": "none"}} => 400 Can not find requested image
POST /compute/v2.1/servers {"server": {"name": "a", "flavorRef": "2", "imageRef": "x", "networks": "none"}} => 400 Invalid input for field/attribute imageRef. Value: x. 'x' is not valid under any of the given schemas
POST /compute/v2.1/servers {"server": {"name": "a", "flavorRef": "2", "networks": "none"}} => 400 Missing imageRef attribute
POST /compute/v2.1/servers {"server": {$ok, "networks": [{"uuid": "$none"}]}} => 400 Network $none could not be found.
POST /compute/v2.1/servers {"server": {$ok, "networks": [{"uuid": "x"}]}} => 400 Invalid input for field/attribute networks. Value: [{'uuid': 'x'}]. [{'uuid': 'x'}] is not valid under any of the given schemas
POST /compute/v2.1/servers {"server": {$ok, "networks": [{"uuid": "$empty"}]}} => 400 Network $empty requires a subnet in order to boot instances on.
POST /compute/v2.1/servers {"server": {$ok, "networks": [{"port": "$none"}]}} => 400 Port id $none could not be found.
POST /compute/v2.1/servers {"server": {$ok, "networks": "none", "key_name": "nope"}} => 400 Invalid key_name provided.
POST /compute/v2.1/servers {"server": {$ok, "networks": "none", "metadata": {"a": 1}}} => 400 Invalid input for field/attribute a. Value: 1. 1 is not of type 'string'
POST /compute/v2.1/servers {"server": {$ok, "networks": "none", "security_groups": [{"name": "nope"}]}} => 400 Unable to find security_group with name or id 'nope'
POST /compute/v2.1/servers {"server": {$ok, "networks": "none", "availability_zone": "nope"}} => 400 The requested availability zone is not available
POST /compute/v2.1/servers {"server": {$ok, "networks": "none", "tags": ["a/b"]}} => 400 Invalid input for field/attribute 0. Value: a/b. 'a/b' does not match '^[^,/]*$'
POST /compute/v2.1/servers {"server": {$ok, "networks": "none"}, "os:scheduler_hints": {"group": "$none"}} => 400 Instance group $none could not be found.
POST /compute/v2.1/servers {"server": {$ok, "networks": "none"}, "os:scheduler_hints": {"group": "x"}} => 400 Invalid input for field/attribute group. Value: x. 'x' is not a 'uuid'
GET /compute/v2.1/servers/$none => 404 Instance $none could not be found.
GET /compute/v2.1/servers/detail?status=foo => 400 Invalid status value
GET /compute/v2.1/servers/detail?foo=1 => 400 'foo' does not match any of the regexes: '^_'
GET /compute/v2.1/servers/detail?limit=x => 400 Invalid input for query parameters limit. Value: x. 'x' does not match '^[0-9]*$'
GET /compute/v2.1/servers/detail?marker=nope => 400 marker [nope] not found
GET /compute/v2.1/servers/detail?all_tenants=1 => 403 Policy doesn't allow os_compute_api:servers:detail:get_all_tenants to be performed.
PUT /compute/v2.1/servers/$server {"server": {"foo": 1}} => 400 Invalid input for field/attribute server. Value: {'foo': 1}. Additional properties are not allowed ('foo' was unexpected)
GET /compute/v2.1/servers/$server/metadata/nope => 404 Metadata item was not found
DELETE /compute/v2.1/servers/$server/tags/nope => 404 Instance $server has no tag 'nope'
POST /compute/v2.1/servers/$server/action {"resize": {"flavorRef": "2"}} => 400 When resizing, instances must change flavor!
POST /compute/v2.1/servers/$server/action {"resize": {"flavorRef": "99"}} => 400 Flavor 99 could not be found.
POST /compute/v2.1/servers/$server/action {"confirmResize": null} => 409 Cannot 'confirmResize' instance $server while it is in vm_state active
POST /compute/v2.1/servers/$server/action {"os-start": null} => 409 Cannot 'start' instance $server while it is in vm_state active
POST /compute/v2.1/servers/$server/action {"nope": null} => 400 There is no such action: nope
POST /compute/v2.1/servers/$server/action {} => 400 Malformed request body
POST /compute/v2.1/servers/$server/action {"rebuild": {"imageRef": "$none"}} => 400 Cannot find image for rebuild
POST /compute/v2.1/servers/$server/action {"reboot": {"type": "X"}} => 400 Invalid input for field/attribute type. Value: X. 'X' is not one of ['HARD', 'Hard', 'hard', 'SOFT', 'Soft', 'soft']
POST /compute/v2.1/os-keypairs {"keypair": {"name": "pk", "public_key": "$key"}} => 409 Key pair 'pk' already exists.
POST /compute/v2.1/os-keypairs {"keypair": {"name": "bad", "public_key": "xx"}} => 400 Keypair data is invalid: failed to generate fingerprint
POST /compute/v2.1/os-keypairs {"keypair": {"name": "a/b", "public_key": "$key"}} => 400 An invalid 'name' value was provided. The name must be: Only expected characters: [_- 0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ]
POST /compute/v2.1/os-server-groups {"server_group": {"name": "x", "policies": ["affinity"]}} => 400 Invalid input for field/attribute server_group. Value: {'name': 'x', 'policies': ['affinity']}. 'policy' is a required property
POST /compute/v2.1/os-server-groups {"server_group": {"name": "x", "policy": "bad"}} => 400 Invalid input for field/attribute policy. Value: bad. 'bad' is not one of ['anti-affinity', 'affinity', 'soft-anti-affinity', 'soft-affinity']
POST /compute/v2.1/os-server-groups {"server_group": {"name": "x", "policy": "affinity", "rules": {"max_server_per_host": 2}}} => 400 Only anti-affinity policy supports rules.
GET /compute/v2.1/os-server-groups/$none => 404 Instance group $none could not be found.
GET /compute/v2.1/flavors/nope => 404 Flavor nope could not be found.
GET /compute/v2.1/os-hypervisors => 403 Policy doesn't allow os_compute_api:os-hypervisors:list to be performed.
"#;
