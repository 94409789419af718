//! Lookups: one list a kind, and what of it is known under which name.

use serde_json::Value as Json;
use terrace_api::{ApiError, Call, Session, compute, image, lookups, network};
use terrace_model::observed::Named;
use terrace_model::{LookupKind, Value};

/// How a kind is read: the list, and where in an item what is known of it stands.
struct Source {
    call: Call,
    /// What the list stands under.
    key: &'static str,
    /// What an item of the list stands under once more.
    item: Option<&'static str>,
    id: &'static str,
    name: &'static str,
    /// Attributes that the API calls otherwise, as a path.
    renamed: &'static [(&'static str, &'static str)],
}

fn source(kind: LookupKind) -> Source {
    let plain =
        |call, key| Source { call, key, item: None, id: "/id", name: "/name", renamed: &[] };
    match kind {
        LookupKind::Network => Source {
            renamed: &[("external", "/router:external")],
            ..plain(network::networks(&[]), "networks")
        },
        LookupKind::ExternalNetwork => Source {
            renamed: &[("external", "/router:external")],
            ..plain(network::networks(&[("router:external", "true")]), "networks")
        },
        LookupKind::Subnet => plain(network::subnets(&[]), "subnets"),
        LookupKind::Router => Source {
            renamed: &[("external_network_id", "/external_gateway_info/network_id")],
            ..plain(lookups::routers(), "routers")
        },
        LookupKind::SecurityGroup => plain(network::security_groups(&[]), "security_groups"),
        LookupKind::Image => plain(image::images(&[("status", "active")]), "images"),
        LookupKind::Flavor => plain(compute::flavors_detail(), "flavors"),
        LookupKind::Keypair => {
            Source { item: Some("keypair"), id: "/name", ..plain(compute::keypairs(), "keypairs") }
        }
        LookupKind::ServerGroup => plain(compute::server_groups(), "server_groups"),
        LookupKind::Port => plain(network::ports(&[]), "ports"),
        LookupKind::FloatingIp => Source {
            name: "/floating_ip_address",
            renamed: &[
                ("address", "/floating_ip_address"),
                ("network_id", "/floating_network_id"),
                ("fixed_address", "/fixed_ip_address"),
            ],
            ..plain(lookups::floating_ips(), "floatingips")
        },
        LookupKind::Volume => {
            Source { renamed: &[("type", "/volume_type")], ..plain(lookups::volumes(), "volumes") }
        }
        LookupKind::AvailabilityZone => Source {
            id: "/zoneName",
            name: "/zoneName",
            renamed: &[("available", "/zoneState/available")],
            ..plain(compute::availability_zones(), "availabilityZoneInfo")
        },
    }
}

/// Everything of a kind that the project can see, sorted by name and id.
///
/// # Errors
/// When the cloud cannot be read.
pub async fn list(session: &Session, kind: LookupKind) -> Result<Vec<Named>, ApiError> {
    let source = source(kind);
    let items = session.list(source.call.clone(), source.key).await?;
    let mut named: Vec<Named> = items
        .iter()
        .map(|item| of_item(kind, &source, item))
        .filter(|n| !n.id.is_empty())
        .collect();
    named.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    Ok(named)
}

fn of_item(kind: LookupKind, source: &Source, item: &Json) -> Named {
    let item = source.item.and_then(|key| item.get(key)).unwrap_or(item);
    let text = |path: &str| match item.pointer(path) {
        Some(Json::String(text)) => text.clone(),
        Some(Json::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let known = kind.schema().attributes.iter();
    let attributes = known.map(|attribute| {
        let renamed = source.renamed.iter().find(|(name, _)| *name == attribute.name);
        let value = match renamed {
            Some((_, path)) => item.pointer(path).cloned(),
            None => item.get(attribute.name).cloned(),
        };
        (attribute.name.to_owned(), known_as(kind, attribute.name, item, value))
    });
    Named { name: text(source.name), id: text(source.id), attributes: attributes.collect() }
}

/// What an attribute comes to, where the API writes it in a form of its own.
fn known_as(kind: LookupKind, name: &str, item: &Json, value: Option<Json>) -> Value {
    match (kind, name, value) {
        (LookupKind::Port, "addresses", _) => {
            let fixed = item.get("fixed_ips").and_then(Json::as_array).into_iter().flatten();
            Value::texts(fixed.filter_map(|ip| ip.get("ip_address")?.as_str()))
        }
        (LookupKind::ServerGroup, "policy", None | Some(Json::Null)) => {
            item.pointer("/policies/0").map_or(Value::Null, Value::from_json)
        }
        (LookupKind::Volume, "bootable", Some(Json::String(text))) => Value::Bool(text == "true"),
        (_, _, Some(Json::String(text))) if text.is_empty() => Value::Null,
        (_, _, Some(value)) => Value::from_json(&value),
        (_, _, None) => Value::Null,
    }
}
