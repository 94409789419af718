//! What is sent to nova, and what is made of its answers.

use serde_json::{Value, json};

use super::*;
use crate::call::Call;

fn line(call: &Call) -> String {
    let version = call.microversion.map(|need| format!(" {}", need.version));
    format!("{} {}{}", call.method, call.path, version.unwrap_or_default())
}

#[test]
fn calls_have_their_method_path_and_version() {
    let change = |name: Option<&str>, description: Option<&str>| ServerChange {
        name: name.map(Into::into),
        description: description.map(Into::into),
        hostname: None,
    };
    for (call, expected) in [
        (servers_detail(&[]), "GET /servers/detail 2.26"),
        (server("s/1"), "GET /servers/s%2F1 2.26"),
        (update_server("s", &change(Some("n"), None)), "PUT /servers/s"),
        (update_server("s", &change(None, Some("d"))), "PUT /servers/s 2.19"),
        (delete_server("s"), "DELETE /servers/s"),
        (attach(false, None), "POST /servers/s/os-volume_attachments"),
        (attach(false, Some("data")), "POST /servers/s/os-volume_attachments 2.49"),
        (attach(true, Some("data")), "POST /servers/s/os-volume_attachments 2.79"),
        (force_delete_server("s"), "POST /servers/s/action"),
        (update_attachment("s", "v", true), "PUT /servers/s/os-volume_attachments/v 2.85"),
        (detach_interface("s", "p"), "DELETE /servers/s/os-interface/p"),
        (delete_metadata_key("s", "a b"), "DELETE /servers/s/metadata/a%20b"),
        (keypairs(), "GET /os-keypairs 2.35"),
        (keypair("my key"), "GET /os-keypairs/my%20key 2.2"),
        (import_keypair("k", "ssh", None), "POST /os-keypairs 2.2"),
        (import_keypair("me@x", "ssh", None), "POST /os-keypairs 2.92"),
        (delete_keypair("k"), "DELETE /os-keypairs/k 2.2"),
        (server_group("g"), "GET /os-server-groups/g 2.64"),
        (delete_server_group("g"), "DELETE /os-server-groups/g"),
        (resize("s", "f"), "POST /servers/s/action"),
        (flavors_detail(), "GET /flavors/detail"),
        (flavor_extra_specs("7"), "GET /flavors/7/os-extra_specs"),
        (hypervisors(), "GET /os-hypervisors/detail 2.53"),
        (snapshot("s", "i", &Default::default()), "POST /servers/s/action 2.45"),
        (instance_actions("s"), "GET /servers/s/os-instance-actions"),
        (generate_keypair("k"), "POST /os-keypairs 2.2"),
        (quota("p"), "GET /os-quota-sets/p"),
        (quota_defaults("p"), "GET /os-quota-sets/p/defaults"),
        (set_quota("p", &Default::default()), "PUT /os-quota-sets/p"),
        (reset_quota("p"), "DELETE /os-quota-sets/p"),
        (limits_of("p"), "GET /limits"),
        (quota_detail("p"), "GET /os-quota-sets/p/detail"),
    ] {
        assert_eq!(line(&call), expected);
    }
}

#[test]
fn a_whole_server_is_asked_for_whole() {
    let new = NewServer {
        name: "web".into(),
        flavor_id: "1".into(),
        image_id: Some("i".into()),
        key_name: Some("k".into()),
        networks: vec![
            Nic { fixed_ip: Some("10.0.0.9".into()), ..Nic::network("n") },
            Nic::port("p"),
        ],
        security_groups: vec!["sg".into()],
        metadata: [("a".to_owned(), "b".to_owned())].into(),
        tags: vec!["t".into()],
        user_data: Some("Zm9v".into()),
        availability_zone: Some("az1".into()),
        config_drive: Some(true),
        group: Some("g".into()),
        description: Some("d".into()),
        ..NewServer::default()
    };
    let call = create_server(&new);
    assert_eq!(line(&call), "POST /servers 2.52");
    assert_eq!(
        call.body.unwrap(),
        json!({
            "server": {
                "name": "web", "flavorRef": "1", "imageRef": "i", "key_name": "k",
                "networks": [{ "uuid": "n", "fixed_ip": "10.0.0.9" }, { "port": "p" }],
                "security_groups": [{ "name": "sg" }], "metadata": { "a": "b" }, "tags": ["t"],
                "user_data": "Zm9v", "availability_zone": "az1", "config_drive": true,
                "description": "d",
            },
            "os:scheduler_hints": { "group": "g" },
        })
    );
}

fn attach(delete_on_termination: bool, tag: Option<&str>) -> Call {
    let tag = tag.map(str::to_owned);
    let volume = NewAttachment { volume: "v".into(), device: None, tag, delete_on_termination };
    attach_volume("s", &volume)
}

/// Left out they would be any that there are.
#[test]
fn no_networks_are_said_to_be_none() {
    let alone = NewServer { name: "a".into(), flavor_id: "1".into(), ..NewServer::default() };
    let call = create_server(&alone);
    assert_eq!(line(&call), "POST /servers 2.37");
    let body = json!({ "server": { "name": "a", "flavorRef": "1", "networks": "none" } });
    assert_eq!(call.body.unwrap(), body);
    let plugged = NewServer { networks: vec![Nic::network("n")], ..alone.clone() };
    assert_eq!(line(&create_server(&plugged)), "POST /servers");
    let placed = NewServer { host: Some("h".into()), ..alone };
    let call = create_server(&placed);
    assert_eq!(line(&call), "POST /servers 2.74");
    assert_eq!(call.body.unwrap()["server"]["hypervisor_hostname"], "h");
}

#[test]
fn actions_and_groups_have_their_bodies() {
    let again = Rebuild { image_id: "i".into(), key_name: Some("k".into()), ..Rebuild::default() };
    let rules = GroupRules { max_server_per_host: Some(2) };
    let group = json!({ "name": "g", "policy": "anti-affinity",
        "rules": { "max_server_per_host": 2 } });
    let empty = ServerChange { description: Some(String::new()), ..ServerChange::default() };
    for (call, body) in [
        (resize("s", "f"), json!({ "resize": { "flavorRef": "f" } })),
        (confirm_resize("s"), json!({ "confirmResize": null })),
        (revert_resize("s"), json!({ "revertResize": null })),
        (start("s"), json!({ "os-start": null })),
        (stop("s"), json!({ "os-stop": null })),
        (reboot("s", Reboot::Soft), json!({ "reboot": { "type": "SOFT" } })),
        (reboot("s", Reboot::Hard), json!({ "reboot": { "type": "HARD" } })),
        (
            snapshot("s", "i", &[("a".to_owned(), "b".to_owned())].into()),
            json!({ "createImage": { "name": "i", "metadata": { "a": "b" } } }),
        ),
        (console_log("s", None), json!({ "os-getConsoleOutput": {} })),
        (console_log("s", Some(9)), json!({ "os-getConsoleOutput": { "length": 9 } })),
        (generate_keypair("k"), json!({ "keypair": { "name": "k", "type": "ssh" } })),
        (
            set_quota("p", &[("cores".to_owned(), -1)].into()),
            json!({ "quota_set": { "cores": -1 } }),
        ),
        (rebuild("s", &again), json!({ "rebuild": { "imageRef": "i", "key_name": "k" } })),
        (create_server_group("g", "anti-affinity", &rules), json!({ "server_group": group })),
        (update_server("s", &empty), json!({ "server": { "description": null } })),
    ] {
        assert_eq!(call.body.unwrap(), body);
    }
    for (rebuild_with, version) in [
        (Rebuild { user_data: Some("x".into()), ..again.clone() }, " 2.57"),
        (Rebuild { key_name: None, description: Some("x".into()), ..again.clone() }, " 2.19"),
        (Rebuild { key_name: None, ..again.clone() }, ""),
        (again, " 2.54"),
    ] {
        let expected = format!("POST /servers/s/action{version}");
        assert_eq!(line(&rebuild("s", &rebuild_with)), expected);
    }
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

#[test]
fn a_server_is_read_with_and_without_its_fields() {
    let server: Server = read(json!({
        "id": "s", "name": "web", "status": "ERROR", "OS-EXT-STS:task_state": null,
        "OS-EXT-STS:vm_state": "error", "OS-EXT-STS:power_state": 0,
        "flavor": { "id": "1", "links": [] }, "image": "", "key_name": null, "config_drive": "True",
        "metadata": { "a": "b" }, "tags": ["t"], "description": null, "user_id": "u",
        "addresses": { "n": [{ "addr": "10.0.0.9", "version": 4, "OS-EXT-IPS:type": "fixed",
            "OS-EXT-IPS-MAC:mac_addr": "fa:16" }] },
        "security_groups": [{ "name": "default" }, { "name": "default" }],
        "OS-EXT-AZ:availability_zone": "", "fault": { "code": 500, "message": "No valid host" },
        "os-extended-volumes:volumes_attached": [{ "id": "v" }], "unheard-of": {},
    }));
    assert_eq!((server.flavor_id.as_deref(), server.image_id.as_deref()), (Some("1"), None));
    assert_eq!((server.config_drive, server.availability_zone), (true, None));
    assert_eq!(server.security_groups, ["default", "default"]);
    assert_eq!(server.fault.unwrap().message, "No valid host");
    assert_eq!(server.addresses.get("n").expect("listed")[0].mac, "fa:16");
    assert_eq!(server.volumes_attached[0].id, "v");
    let down: Server = read(json!({ "id": "s", "status": "UNKNOWN", "image": { "id": "i" } }));
    assert_eq!((down.image_id.as_deref(), down.config_drive), (Some("i"), false));
}

#[test]
fn old_and_new_shapes_of_the_rest_are_read() {
    let old: ServerGroup = read(json!({ "id": "g", "policies": ["affinity"], "metadata": {} }));
    let new: ServerGroup = read(json!({ "id": "g", "policy": "anti-affinity",
        "rules": { "max_server_per_host": "3" }, "members": null }));
    assert_eq!((old.policy.as_str(), old.max_server_per_host()), ("affinity", None));
    assert_eq!((new.policy.as_str(), new.max_server_per_host()), ("anti-affinity", Some(3)));
    let flavor: Flavor = read(json!({ "id": 7, "name": "m", "vcpus": 2, "swap": "" }));
    assert_eq!(flavor.id, "7");
    let zone: Zone = read(json!({ "zoneName": "az1", "zoneState": { "available": true } }));
    assert!(zone.available);
    let quotas: QuotaSet = read(json!({ "id": "p", "cores": { "limit": 20, "in_use": 3,
        "reserved": 1 }, "ram": { "limit": -1, "in_use": 9 }, "x": { "limit": 1, "in_use": 2 } }));
    let left: Vec<_> = quotas.0.iter().map(|(name, quota)| (name.as_str(), quota.left())).collect();
    assert_eq!(left, [("cores", Some(16)), ("ram", None), ("x", Some(0))]);
}

#[test]
fn what_a_server_starts_from_and_what_it_is_plugged_into() {
    let new = NewServer {
        name: "web".into(),
        flavor_id: "1".into(),
        boot_volume: Some(BootVolume {
            source: "image".into(),
            id: "i".into(),
            size: Some(8),
            volume_type: Some("fast".into()),
            delete_on_termination: true,
        }),
        hints: [("different_host".to_owned(), json!(["s"]))].into_iter().collect(),
        ..NewServer::default()
    };
    let call = create_server(&new);
    assert_eq!(line(&call), "POST /servers 2.67");
    let body = call.body.unwrap();
    assert_eq!(
        body["server"]["block_device_mapping_v2"],
        json!([{
            "source_type": "image", "destination_type": "volume", "uuid": "i", "boot_index": 0,
            "volume_size": 8, "volume_type": "fast", "delete_on_termination": true,
        }])
    );
    assert_eq!(body["os:scheduler_hints"], json!({ "different_host": ["s"] }));
    let nic = Nic { fixed_ip: Some("10.0.0.9".into()), ..Nic::network("n") };
    assert_eq!(
        attach_interface("s", &nic).body.unwrap(),
        json!({ "interfaceAttachment": { "net_id": "n", "fixed_ips": [{ "ip_address": "10.0.0.9" }] } })
    );
}

#[test]
fn every_filter_of_servers_is_sent() {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let all = ServerFilter {
        status: Some("ACTIVE".into()),
        name: Some("^web".into()),
        flavor: Some("1".into()),
        image: Some("i".into()),
        all_tenants: true,
        project: Some("p".into()),
        limit: Some(50),
        marker: Some("m".into()),
        tags: texts(&["a", "b"]),
        tags_any: texts(&["c"]),
        not_tags: texts(&["d"]),
        not_tags_any: texts(&["e", "f"]),
        changes_since: Some("2026-01-01T00:00:00Z".into()),
    };
    let query = |call: &Call| {
        let pairs: Vec<_> =
            call.query.iter().map(|(key, value)| format!("{key}={value}")).collect();
        pairs.join("&")
    };
    let call = find_servers(&all);
    assert_eq!(line(&call), "GET /servers/detail 2.26");
    assert_eq!(
        query(&call),
        "status=ACTIVE&name=^web&flavor=1&image=i&all_tenants=1&project_id=p&tags=a,b&tags-any=c\
         &not-tags=d&not-tags-any=e,f&changes-since=2026-01-01T00:00:00Z&limit=50&marker=m"
    );
    let call = find_server_names(&ServerFilter::default());
    assert_eq!((line(&call).as_str(), query(&call).as_str()), ("GET /servers 2.26", ""));
}

#[test]
fn a_group_is_asked_for_in_the_form_that_a_cloud_knows() {
    let plain = GroupRules::default();
    let call = create_server_group("g", "affinity", &plain);
    assert_eq!(line(&call), "POST /os-server-groups 2.64");
    let older = call.older.unwrap();
    assert_eq!(line(&older), "POST /os-server-groups");
    let body = json!({ "server_group": { "name": "g", "policies": ["affinity"] } });
    assert_eq!(older.body.unwrap(), body);
    let soft = create_server_group("g", "soft-affinity", &plain).older.unwrap();
    assert_eq!(line(&soft), "POST /os-server-groups 2.15");
    let rules = GroupRules { max_server_per_host: Some(2) };
    assert!(create_server_group("g", "anti-affinity", &rules).older.is_none());
}

#[test]
fn what_administrators_and_owners_of_keys_see_is_read() {
    let host: Hypervisor = read(json!({ "id": 1, "hypervisor_hostname": "n1", "state": "up",
        "hypervisor_type": "QEMU", "status": "enabled", "vcpus": 8, "vcpus_used": 2,
        "memory_mb": 1024, "memory_mb_used": 512, "running_vms": 3, "cpu_info": {} }));
    assert_eq!(
        (host.id.as_str(), host.name.as_str(), host.vcpus, host.running_vms),
        ("1", "n1", 8, 3)
    );
    let newer: Hypervisor = read(json!({ "id": "uuid", "hypervisor_hostname": "n1" }));
    assert_eq!((newer.id.as_str(), newer.vcpus), ("uuid", 0));
    let plain: QuotaSet = read(json!({ "id": "p", "cores": 20, "ram": -1 }));
    assert_eq!(plain.0["cores"].left(), Some(20));
    assert_eq!(plain.0["ram"].left(), None);
    let made: Generated = read(json!({ "name": "k", "public_key": "ssh-rsa A", "fingerprint": "f",
        "user_id": "u", "private_key": "-----BEGIN hush" }));
    assert_eq!((made.keypair.name.as_str(), made.keypair.public_key.as_str()), ("k", "ssh-rsa A"));
    assert!(!format!("{made:?}").contains("hush"));
    let specs: ExtraSpecs = read(json!({ "hw:cpu_policy": "dedicated" }));
    assert_eq!(specs.0["hw:cpu_policy"], "dedicated");
    let log: ConsoleLog = read(json!({ "output": null }));
    assert_eq!(log.output, "");
    let action: InstanceAction = read(json!({ "action": "stop", "request_id": "req-1",
        "start_time": "t", "message": null, "user_id": "u", "instance_uuid": "s" }));
    assert_eq!((action.action.as_str(), action.message), ("stop", None));
    let flavor: Flavor = read(json!({ "id": "7", "swap": "", "OS-FLV-EXT-DATA:ephemeral": 4 }));
    assert_eq!((flavor.swap, flavor.ephemeral, flavor.is_public), (0, 4, true));
}
