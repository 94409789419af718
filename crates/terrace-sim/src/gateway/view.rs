//! Objects as the gateway shows them: fewer fields, some under other names.

use crate::web::Object;
use serde_json::{Value, json};

/// The fields of an object that are shown as they are.
fn kept(from: &Value, names: &[&str]) -> Object {
    names.iter().map(|name| ((*name).to_owned(), from[*name].clone())).collect()
}

pub(super) fn server(from: &Value) -> Value {
    let mut addresses = Object::new();
    for (network, list) in from["addresses"].as_object().into_iter().flatten() {
        let list: Vec<Value> = list
            .as_array()
            .into_iter()
            .flatten()
            .map(|a| json!({"addr": a["addr"], "version": a["version"], "type": a["OS-EXT-IPS:type"]}))
            .collect();
        addresses.insert(network.clone(), json!(list));
    }
    let image = match &from["image"]["id"] {
        Value::String(id) => json!({ "id": id }),
        _ => Value::Null,
    };
    let mut out = kept(from, &["id", "name", "status", "key_name", "metadata"]);
    for (field, source) in [
        ("task_state", "OS-EXT-STS:task_state"),
        ("power_state", "OS-EXT-STS:power_state"),
        ("availability_zone", "OS-EXT-AZ:availability_zone"),
        ("volumes_attached", "os-extended-volumes:volumes_attached"),
    ] {
        out.insert(field.into(), from[source].clone());
    }
    out.insert("addresses".into(), Value::Object(addresses));
    out.insert("flavor".into(), json!({"id": from["flavor"]["id"]}));
    out.insert("image".into(), image);
    Value::Object(out)
}

pub(super) fn flavor(from: &Value) -> Value {
    Value::Object(kept(from, &["id", "name", "vcpus", "ram", "disk"]))
}

pub(super) fn keypair(from: &Value) -> Value {
    Value::Object(kept(from, &["name", "fingerprint", "public_key"]))
}

pub(super) fn image(from: &Value) -> Value {
    Value::Object(kept(
        from,
        &["id", "name", "status", "size", "min_disk", "min_ram", "visibility"],
    ))
}

pub(super) fn network(from: &Value) -> Value {
    let mut out =
        kept(from, &["id", "name", "status", "admin_state_up", "shared", "subnets", "mtu"]);
    out.insert("external".into(), from["router:external"].clone());
    out.insert("availability_zones".into(), from["availability_zones"].clone());
    Value::Object(out)
}

pub(super) fn subnet(from: &Value) -> Value {
    let names = [
        "id",
        "name",
        "network_id",
        "cidr",
        "ip_version",
        "gateway_ip",
        "enable_dhcp",
        "allocation_pools",
        "dns_nameservers",
    ];
    Value::Object(kept(from, &names))
}

pub(super) fn port(from: &Value) -> Value {
    let names = [
        "id",
        "name",
        "network_id",
        "device_id",
        "mac_address",
        "fixed_ips",
        "security_groups",
        "status",
    ];
    Value::Object(kept(from, &names))
}

pub(super) fn volume(from: &Value) -> Value {
    let names = [
        "id",
        "name",
        "status",
        "size",
        "volume_type",
        "availability_zone",
        "encrypted",
        "multiattach",
        "attachments",
        "snapshot_id",
        "source_volid",
        "metadata",
    ];
    let mut out = kept(from, &names);
    out.insert("bootable".into(), json!(from["bootable"] == "true"));
    Value::Object(out)
}
