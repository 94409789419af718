//! Which fields each kind of object has, and what may be written to them.

use super::{Kind, bad_request, forbidden, invalid};
use crate::keystone::Caller;
use crate::settings::Settings;
use crate::web::{Object, Reply, python};
use serde_json::{Value, json};
use std::net::IpAddr;

/// What a field can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Text(usize),
    Bool,
    Int(i64, i64),
    Id,
    IdOrNone,
    IpOrNone,
    Cidr,
    Mac,
    List,
    Any,
}

/// What a field holds if nothing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unsaid {
    /// The request is refused.
    Required,
    /// The kind's own code decides.
    Decided,
    Null,
    Empty,
    Yes,
    No,
    List,
}

/// One field.
pub(super) struct Attr {
    pub(super) name: &'static str,
    holds: Type,
    unsaid: Unsaid,
    rights: u8,
}

/// May be given at creation.
const POST: u8 = 1;
/// May be changed later.
const PUT: u8 = 2;
/// Only by an administrator.
const ADMIN: u8 = 4;
/// Later only by an administrator.
const ADMIN_PUT: u8 = 8;
/// Only where there are more extensions than usual.
const MORE: u8 = 16;
const BOTH: u8 = POST | PUT;

const fn attr(name: &'static str, holds: Type, unsaid: Unsaid, rights: u8) -> Attr {
    Attr { name, holds, unsaid, rights }
}

use Type::{Any, Bool, Cidr, Id, IdOrNone, Int, IpOrNone, List, Mac, Text};
use Unsaid::{Decided, Empty, No, Null, Required, Yes};

const NETWORK: &[Attr] = &[
    attr("name", Text(255), Empty, BOTH),
    attr("admin_state_up", Bool, Yes, BOTH),
    attr("shared", Bool, No, BOTH | ADMIN),
    attr("router:external", Bool, No, BOTH | ADMIN),
    attr("is_default", Bool, Decided, BOTH | ADMIN),
    attr("mtu", Int(0, 65535), Decided, BOTH),
    attr("port_security_enabled", Bool, Yes, BOTH),
    attr("availability_zone_hints", List, Unsaid::List, POST),
    attr("description", Text(255), Empty, BOTH),
    attr("qos_policy_id", IdOrNone, Null, BOTH | MORE),
    attr("dns_domain", Text(255), Empty, BOTH | MORE),
    attr("vlan_transparent", Bool, No, POST | MORE),
    attr("segments", List, Decided, POST | ADMIN),
    attr("provider:network_type", Any, Decided, BOTH | ADMIN),
    attr("provider:physical_network", Any, Decided, BOTH | ADMIN),
    attr("provider:segmentation_id", Any, Decided, BOTH | ADMIN),
    attr("tags", List, Decided, 0),
    attr("status", Any, Decided, 0),
    attr("subnets", Any, Decided, 0),
    attr("availability_zones", Any, Decided, 0),
    attr("ipv4_address_scope", Any, Decided, 0),
    attr("ipv6_address_scope", Any, Decided, 0),
];

const SUBNET: &[Attr] = &[
    attr("network_id", Id, Required, POST),
    attr("ip_version", Int(4, 6), Required, POST),
    attr("cidr", Cidr, Decided, POST),
    attr("name", Text(255), Empty, BOTH),
    attr("description", Text(255), Empty, BOTH),
    attr("enable_dhcp", Bool, Yes, BOTH),
    attr("gateway_ip", IpOrNone, Decided, BOTH),
    attr("allocation_pools", List, Decided, BOTH),
    attr("dns_nameservers", List, Unsaid::List, BOTH),
    attr("host_routes", List, Unsaid::List, BOTH),
    attr("ipv6_ra_mode", Any, Null, POST),
    attr("ipv6_address_mode", Any, Null, POST),
    attr("service_types", List, Unsaid::List, BOTH),
    attr("subnetpool_id", IdOrNone, Null, POST),
    attr("prefixlen", Int(0, 128), Decided, POST),
    attr("segment_id", IdOrNone, Decided, BOTH),
    attr("dns_publish_fixed_ip", Bool, No, BOTH | MORE),
    attr("tags", List, Decided, 0),
];

const PORT: &[Attr] = &[
    attr("network_id", Id, Required, POST),
    attr("name", Text(255), Empty, BOTH),
    attr("description", Text(255), Empty, BOTH),
    attr("admin_state_up", Bool, Yes, BOTH),
    attr("mac_address", Mac, Decided, BOTH | ADMIN_PUT),
    attr("dns_name", Text(255), Empty, BOTH | MORE),
    attr("qos_policy_id", IdOrNone, Null, BOTH | MORE),
    attr("fixed_ips", List, Decided, BOTH),
    attr("device_id", Text(255), Empty, BOTH),
    attr("device_owner", Text(255), Empty, BOTH),
    attr("security_groups", List, Decided, BOTH),
    attr("allowed_address_pairs", List, Unsaid::List, BOTH),
    attr("extra_dhcp_opts", List, Unsaid::List, BOTH),
    attr("port_security_enabled", Bool, Decided, BOTH),
    attr("binding:vnic_type", Text(64), Decided, BOTH),
    attr("binding:host_id", Text(255), Decided, BOTH | ADMIN),
    attr("binding:profile", Any, Decided, BOTH | ADMIN),
    attr("tags", List, Decided, POST),
    attr("status", Any, Decided, 0),
];

const SECURITY_GROUP: &[Attr] = &[
    attr("name", Text(255), Empty, BOTH),
    attr("description", Text(255), Empty, BOTH),
    attr("stateful", Bool, Yes, BOTH),
    attr("tags", List, Decided, 0),
    attr("security_group_rules", Any, Decided, 0),
];

const RULE: &[Attr] = &[
    attr("security_group_id", Id, Required, POST),
    attr("direction", Any, Required, POST),
    attr("ethertype", Any, Decided, POST),
    attr("protocol", Any, Null, POST),
    attr("port_range_min", Any, Null, POST),
    attr("port_range_max", Any, Null, POST),
    attr("remote_ip_prefix", Any, Null, POST),
    attr("remote_group_id", IdOrNone, Null, POST),
    attr("remote_address_group_id", IdOrNone, Null, POST),
    attr("description", Text(255), Empty, POST),
    attr("normalized_cidr", Any, Decided, 0),
    attr("tags", List, Decided, 0),
];

const ROUTER: &[Attr] = &[
    attr("name", Text(255), Empty, BOTH),
    attr("description", Text(255), Empty, BOTH),
    attr("admin_state_up", Bool, Yes, BOTH),
    attr("external_gateway_info", Any, Null, BOTH),
    attr("routes", List, Unsaid::List, PUT),
    attr("availability_zone_hints", List, Unsaid::List, POST),
    attr("flavor_id", IdOrNone, Null, POST),
    attr("distributed", Bool, Decided, BOTH | ADMIN),
    attr("ha", Bool, Decided, BOTH | ADMIN),
    attr("tags", List, Decided, 0),
    attr("status", Any, Decided, 0),
    attr("availability_zones", Any, Decided, 0),
];

const FLOATING_IP: &[Attr] = &[
    attr("floating_network_id", Id, Required, POST),
    attr("subnet_id", IdOrNone, Decided, POST),
    attr("floating_ip_address", IpOrNone, Decided, POST | ADMIN),
    attr("dns_name", Text(255), Empty, POST | MORE),
    attr("dns_domain", Text(255), Empty, POST | MORE),
    attr("port_id", IdOrNone, Null, BOTH),
    attr("fixed_ip_address", IpOrNone, Null, BOTH),
    attr("description", Text(255), Empty, BOTH),
    attr("tags", List, Decided, 0),
    attr("status", Any, Decided, 0),
    attr("router_id", Any, Decided, 0),
];

/// Fields that every kind has.
const COMMON: &[Attr] = &[
    attr("id", Any, Decided, 0),
    attr("project_id", Text(255), Decided, POST),
    attr("tenant_id", Text(255), Decided, POST),
    attr("created_at", Any, Decided, 0),
    attr("updated_at", Any, Decided, 0),
    attr("revision_number", Any, Decided, 0),
];

/// The fields of a kind, with those of further extensions if this cloud has them.
pub(super) fn of(settings: &Settings, kind: Kind) -> impl Iterator<Item = &'static Attr> {
    let own = match kind {
        Kind::Network => NETWORK,
        Kind::Subnet => SUBNET,
        Kind::Port => PORT,
        Kind::SecurityGroup => SECURITY_GROUP,
        Kind::Rule => RULE,
        Kind::Router => ROUTER,
        Kind::FloatingIp => FLOATING_IP,
    };
    let more = settings.more_extensions;
    own.iter().chain(COMMON).filter(move |attr| more || attr.rights & MORE == 0)
}

/// A body for creation, with every field that has a default filled in.
pub(super) fn for_post(
    settings: &Settings,
    who: &Caller,
    kind: Kind,
    body: Object,
) -> Result<Object, Reply> {
    for attr in of(settings, kind) {
        if attr.unsaid == Required && !body.contains_key(attr.name) {
            let message = format!(
                "Failed to parse request. Required attribute '{}' not specified",
                attr.name
            );
            return Err(bad_request(&message));
        }
    }
    let mut out = checked(settings, who, kind, (body, POST))?;
    for attr in of(settings, kind) {
        let value = match attr.unsaid {
            Required | Decided => continue,
            Null => Value::Null,
            Empty => json!(""),
            Yes => json!(true),
            No => json!(false),
            Unsaid::List => json!([]),
        };
        out.entry(attr.name).or_insert(value);
    }
    Ok(out)
}

/// A body for a change.
pub(super) fn for_put(
    settings: &Settings,
    who: &Caller,
    kind: Kind,
    body: Object,
) -> Result<Object, Reply> {
    checked(settings, who, kind, (body, PUT))
}

fn checked(
    settings: &Settings,
    who: &Caller,
    kind: Kind,
    (body, right): (Object, u8),
) -> Result<Object, Reply> {
    let all: Vec<&Attr> = of(settings, kind).collect();
    let unknown: Vec<&str> = body
        .keys()
        .filter(|name| !all.iter().any(|attr| attr.name == name.as_str()))
        .map(String::as_str)
        .collect();
    if !unknown.is_empty() {
        return Err(bad_request(&format!("Unrecognized attribute(s) '{}'", unknown.join(", "))));
    }
    let mut out = Object::new();
    for (name, value) in body {
        let Some(attr) = all.iter().find(|attr| attr.name == name) else { continue };
        if attr.rights & right == 0 {
            return Err(bad_request(&if right == POST {
                format!("Attribute '{name}' not allowed in POST")
            } else {
                format!("Cannot update read-only attribute {name}")
            }));
        }
        let value = convert(attr, value)?;
        let reserved = attr.rights & ADMIN != 0 || (right == PUT && attr.rights & ADMIN_PUT != 0);
        if reserved && !who.admin && !harmless(attr, &value) {
            let verb = if right == POST { "create" } else { "update" };
            let action = format!("{verb}_{}", kind.singular());
            let rule = format!("(rule:{action} and rule:{action}:{name})");
            return Err(forbidden(&rule));
        }
        out.insert(name, value);
    }
    Ok(out)
}

/// Whether an ordinary user may write this value: the one that is there anyway.
fn harmless(attr: &Attr, value: &Value) -> bool {
    attr.unsaid == No && value == &json!(false)
}

fn convert(attr: &Attr, value: Value) -> Result<Value, Reply> {
    let shown = plain(&value);
    let wrong = |reason: String| {
        Err(bad_request(&format!("Invalid input for {}. Reason: {reason}.", attr.name)))
    };
    match attr.holds {
        Any => Ok(value),
        Text(max) => match &value {
            Value::String(text) if text.chars().count() > max => {
                wrong(format!("'{shown}' exceeds maximum length of {max}"))
            }
            Value::String(_) => Ok(value),
            Value::Null if attr.unsaid == Empty && attr.name == "description" => Ok(json!("")),
            _ => wrong(format!("'{shown}' is not a valid string")),
        },
        Bool => match shown.to_lowercase().as_str() {
            "true" | "1" => Ok(json!(true)),
            "false" | "0" => Ok(json!(false)),
            _ => Err(invalid(&format!("'{shown}' cannot be converted to boolean"))),
        },
        Int(low, high) => match shown.parse::<i64>() {
            Ok(number) if attr.name == "ip_version" && number != 4 && number != 6 => {
                wrong(format!("{number} is not in valid_values"))
            }
            Ok(number) if number < low => {
                wrong(format!("'{number}' is too small - must be at least '{low}'"))
            }
            Ok(number) if number > high => {
                wrong(format!("'{number}' is too large - must be no larger than '{high}'"))
            }
            Ok(number) => Ok(json!(number)),
            Err(_) => Err(invalid(&format!("'{shown}' is not an integer"))),
        },
        IdOrNone | IpOrNone if value.is_null() => Ok(value),
        Id | IdOrNone => match uuid::Uuid::parse_str(&shown) {
            Ok(_) => Ok(value),
            Err(_) => wrong(format!("'{shown}' is not a valid UUID")),
        },
        IpOrNone => match shown.parse::<IpAddr>() {
            Ok(ip) => Ok(json!(ip.to_string())),
            Err(_) => wrong(format!("'{shown}' is not a valid IP address")),
        },
        Cidr => match shown.parse::<ipnet::IpNet>() {
            Ok(net) => Ok(json!(net.trunc().to_string())),
            Err(_) => Err(invalid(&format!("{shown} is not in a CIDR format"))),
        },
        Mac => match mac(&shown) {
            Some(mac) => Ok(json!(mac)),
            None => wrong(format!("'{shown}' is not a valid MAC address")),
        },
        List => match value {
            Value::Array(_) => Ok(value),
            Value::Null => Ok(json!([])),
            _ if attr.name == "fixed_ips" => {
                wrong(format!("Invalid data format for fixed IP: '{shown}'"))
            }
            _ => wrong(format!("'{shown}' is not a list")),
        },
    }
}

/// A hardware address in the usual notation.
fn mac(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split([':', '-']).collect();
    let right = parts.len() == 6
        && parts.iter().all(|p| p.len() == 2 && p.chars().all(|c| c.is_ascii_hexdigit()));
    right.then(|| parts.join(":").to_lowercase())
}

/// A value as it stands in messages.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => python(other),
    }
}
