//! From the gateway's form to OpenStack's and back. No IO.

use serde_json::{Map, Value, json};

/// The id and name of each item.
pub(super) fn named(items: &[Value]) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    items.iter().map(|item| (text(&item["id"]), text(&item["name"]))).collect()
}

/// What has another name in OpenStack has that too.
pub(super) fn item(kind: &str, mut item: Value) -> Value {
    let pairs: &[(&str, &str)] = match kind {
        "networks" => &[("external", "router:external")],
        _ => &[],
    };
    if let Value::Object(map) = &mut item {
        for (theirs, ours) in pairs {
            if let Some(value) = map.get(*theirs).cloned() {
                map.insert((*ours).to_owned(), value);
            }
        }
    }
    item
}

/// Whether an item has what a query asks for; what only pages or orders a list passes.
pub(super) fn passes(item: &Value, query: &[(String, String)]) -> bool {
    query.iter().all(|(name, wanted)| match item.get(name) {
        Some(Value::String(text)) => text == wanted,
        Some(Value::Bool(truth)) => truth.to_string() == wanted.to_ascii_lowercase(),
        Some(Value::Number(number)) => number.to_string() == *wanted,
        _ => true,
    })
}

/// A server, its fields named as Nova names them. Some gateways tell the flavor by its name.
pub(super) fn server(mut server: Value, flavors: &[(String, String)]) -> Value {
    let Value::Object(map) = &mut server else { return server };
    for (theirs, ours) in [
        ("task_state", "OS-EXT-STS:task_state"),
        ("power_state", "OS-EXT-STS:power_state"),
        ("availability_zone", "OS-EXT-AZ:availability_zone"),
        ("volumes_attached", "os-extended-volumes:volumes_attached"),
    ] {
        if let Some(value) = map.remove(theirs) {
            map.insert(ours.to_owned(), value);
        }
    }
    let told = map.get("flavor").map(|flavor| flavor.get("id").unwrap_or(flavor).clone());
    let told = told.as_ref().and_then(Value::as_str).unwrap_or_default();
    let by_name = flavors.iter().find(|(id, name)| name == told && id != told);
    let is_id = flavors.iter().any(|(id, _)| id == told);
    let flavor = by_name.filter(|_| !is_id).map_or(told, |(id, _)| id.as_str());
    let flavor = json!({ "id": flavor });
    map.insert("flavor".to_owned(), flavor);
    let lists = map.get_mut("addresses").and_then(Value::as_object_mut);
    for entry in
        lists.into_iter().flat_map(|lists| lists.values_mut()).filter_map(Value::as_array_mut)
    {
        for address in entry.iter_mut().filter_map(Value::as_object_mut) {
            if let Some(kind) = address.remove("type") {
                address.insert("OS-EXT-IPS:type".to_owned(), kind);
            }
        }
    }
    server
}

/// A port for each network that a server is on.
pub(super) fn ports(server: &Value, networks: &[(String, String)]) -> Vec<Value> {
    let id = server["id"].as_str().unwrap_or_default();
    let on = server["addresses"].as_object().into_iter().flatten();
    on.filter_map(|(name, entries)| {
        let network = networks.iter().find(|(id, known)| known == name || id == name)?;
        let fixed = entries.as_array().into_iter().flatten();
        let fixed = fixed.filter(|entry| entry["OS-EXT-IPS:type"] != "floating");
        let fixed: Vec<Value> = fixed.map(|entry| json!({ "ip_address": entry["addr"] })).collect();
        Some(json!({
            "id": format!("{id}/{}", network.0), "network_id": network.0, "device_id": id,
            "device_owner": "compute:gateway", "fixed_ips": fixed, "status": "ACTIVE",
        }))
    })
    .collect()
}

/// The body that asks for a server; the error names what the gateway does not know.
pub(super) fn new_server(asked: &Value, project_id: &str) -> Result<Value, String> {
    let cannot = |what: &str| Err(format!("the gateway cannot set {what} of a server"));
    if asked.get("os:scheduler_hints").is_some() {
        return cannot("the placement");
    }
    let mut body = Map::new();
    body.insert("project_id".into(), json!(project_id));
    for (name, value) in asked["server"].as_object().into_iter().flatten() {
        match (name.as_str(), value) {
            ("name" | "key_name", value) => drop(body.insert(name.clone(), value.clone())),
            ("flavorRef", value) => drop(body.insert("flavor_id".into(), value.clone())),
            ("imageRef", value) => drop(body.insert("image_id".into(), value.clone())),
            // A marker of ours has no place there; more than that was refused before.
            ("metadata", Value::Object(map)) if map.len() <= 1 => {}
            ("networks", Value::Array(nics)) => {
                let network =
                    |nic: &Value| (nic.as_object()?.len() == 1).then(|| nic.get("uuid"))?.cloned();
                let Some(ids) = nics.iter().map(network).collect::<Option<Vec<Value>>>() else {
                    return cannot("ports and fixed addresses");
                };
                body.insert("network_ids".into(), json!(ids));
            }
            ("networks", Value::String(word)) if word == "none" => {
                body.insert("network_ids".into(), json!([]));
            }
            (other, _) => return cannot(&format!("`{other}`")),
        }
    }
    Ok(Value::Object(body))
}
