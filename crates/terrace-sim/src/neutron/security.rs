//! Security groups and their rules.

use super::resource::{bump, stamped};
use super::{Kind, bad_request, fault, resource};
use crate::keystone::Caller;
use crate::records::Row;
use crate::state::State;
use crate::table::Record;
use crate::web::{Object, Reply, object, text};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const PROTOCOLS: [(&str, u8); 25] = [
    ("ah", 51),
    ("dccp", 33),
    ("egp", 8),
    ("esp", 50),
    ("gre", 47),
    ("hopopt", 0),
    ("icmp", 1),
    ("igmp", 2),
    ("ip", 0),
    ("ipip", 4),
    ("ipv6-encap", 41),
    ("ipv6-frag", 44),
    ("ipv6-icmp", 58),
    ("icmpv6", 58),
    ("ipv6-nonxt", 59),
    ("ipv6-opts", 60),
    ("ipv6-route", 43),
    ("ospf", 89),
    ("pgm", 113),
    ("rsvp", 46),
    ("sctp", 132),
    ("tcp", 6),
    ("udp", 17),
    ("udplite", 136),
    ("vrrp", 112),
];

/// The project's default group, made when it is first needed.
pub(super) fn default_group(state: &mut State, project: &str) -> String {
    let found =
        state.security_groups.find("project_id", project).find(|g| g.text("name") == "default");
    if let Some(group) = found {
        return group.id().to_owned();
    }
    let body = object(json!({
        "name": "default", "description": "Default security group", "stateful": true,
        "shared": false,
    }));
    let group = stamped(state, project, body, 1);
    let id = group.id().to_owned();
    state.security_groups.put(group);
    egress(state, project, &id);
    for ethertype in ["IPv4", "IPv6"] {
        let mut rule = blank(&id, "ingress", ethertype);
        rule.insert("remote_group_id".into(), json!(id));
        store_rule(state, project, rule);
    }
    id
}

fn blank(group: &str, direction: &str, ethertype: &str) -> Object {
    object(json!({
        "security_group_id": group, "ethertype": ethertype, "direction": direction,
        "protocol": null, "port_range_min": null, "port_range_max": null,
        "remote_ip_prefix": null, "remote_address_group_id": null, "normalized_cidr": null,
        "remote_group_id": null, "description": null,
    }))
}

fn egress(state: &mut State, project: &str, group: &str) {
    for ethertype in ["IPv4", "IPv6"] {
        store_rule(state, project, blank(group, "egress", ethertype));
    }
}

fn store_rule(state: &mut State, project: &str, body: Object) -> Row {
    let mut row = stamped(state, project, body, 0);
    row.set("_number", state.number());
    state.security_group_rules.put(row.clone());
    row
}

/// A new group, with the rules that let everything out.
pub(super) fn create(state: &mut State, who: &Caller, body: Object) -> Result<Row, Reply> {
    default_group(state, &who.project_id);
    if text(&body, "name") == Some("default") {
        return Err(fault(
            409,
            "SecurityGroupDefaultAlreadyExists",
            "Default security group already exists.",
        ));
    }
    let mut row = stamped(state, &who.project_id, body, 1);
    row.set("shared", false);
    state.security_groups.put(row.clone());
    egress(state, &who.project_id, row.id());
    Ok(row)
}

pub(super) fn update(state: &State, mut row: Row, body: Object) -> Result<Row, Reply> {
    if row.text("name") == "default" && text(&body, "name").is_some_and(|name| name != "default") {
        let message = "Updating default security group not allowed.";
        return Err(fault(409, "SecurityGroupCannotUpdateDefault", message));
    }
    if body.contains_key("stateful") && body["stateful"] != row.0["stateful"] {
        in_use(state, row.id())?;
    }
    row.0.extend(body);
    Ok(row)
}

fn in_use(state: &State, id: &str) -> Result<(), Reply> {
    if state.ports.count("sg", id) > 0 {
        let message = format!("Security Group {id} in use.");
        return Err(fault(409, "SecurityGroupInUse", &message));
    }
    Ok(())
}

pub(super) fn delete(state: &mut State, who: &Caller, row: &Row) -> Result<(), Reply> {
    in_use(state, row.id())?;
    if row.text("name") == "default" && !who.admin {
        let message = "Insufficient rights for removing default security group.";
        return Err(fault(409, "SecurityGroupCannotRemoveDefault", message));
    }
    // Rules of other groups that name this one go as well.
    let gone: Vec<String> = state
        .security_group_rules
        .iter()
        .filter(|rule| {
            rule.text("security_group_id") == row.id() || rule.text("remote_group_id") == row.id()
        })
        .map(|rule| rule.id().to_owned())
        .collect();
    for rule in gone {
        state.security_group_rules.remove(&rule);
    }
    state.security_groups.remove(row.id());
    Ok(())
}

/// A new rule; the body is complete, its fields each valid.
pub(super) fn create_rule(state: &mut State, who: &Caller, mut body: Object) -> Result<Row, Reply> {
    let group = text(&body, "security_group_id").unwrap_or_default().to_owned();
    let group = resource::visible(state, who, Kind::SecurityGroup, &group)?;
    check_words(&mut body)?;
    check_protocol(&mut body)?;
    check_ports(&mut body)?;
    check_remote(state, who, &mut body)?;
    let twin = state
        .security_group_rules
        .find("security_group_id", group.id())
        .find(|rule| identity(&rule.0) == identity(&body))
        .map(|rule| rule.id().to_owned());
    if let Some(twin) = twin {
        let message = format!("Security group rule already exists. Rule id is {twin}.");
        return Err(fault(409, "SecurityGroupRuleExists", &message));
    }
    Ok(store_rule(state, group.text("project_id"), body))
}

/// No two rules of one request are the same.
pub(super) fn no_twins(bodies: &[Object]) -> Result<(), Reply> {
    let mut seen = BTreeSet::new();
    for body in bodies {
        let mut body = body.clone();
        body.entry("ethertype").or_insert(json!("IPv4"));
        let group = text(&body, "security_group_id").unwrap_or_default().to_owned();
        if !seen.insert((group, identity(&body))) {
            let message = "Duplicate Security Group Rule in POST.";
            return Err(fault(409, "DuplicateSecurityGroupRuleInPost", message));
        }
    }
    Ok(())
}

/// What makes two rules the same.
fn identity(rule: &Object) -> Vec<String> {
    let fields = [
        "direction",
        "ethertype",
        "protocol",
        "port_range_min",
        "port_range_max",
        "remote_group_id",
        "remote_address_group_id",
    ];
    let mut key: Vec<String> = fields
        .iter()
        .map(|field| match rule.get(*field).map(super::attrs::plain) {
            Some(text) if *field == "protocol" => {
                protocol_number(&text).map_or(text, |n| n.to_string())
            }
            Some(text) => text,
            None => "None".into(),
        })
        .collect();
    let prefix = rule.get("remote_ip_prefix").map(super::attrs::plain).unwrap_or_default();
    key.push(if ["None", "0.0.0.0/0", "::/0"].contains(&prefix.as_str()) {
        String::new()
    } else {
        prefix
    });
    key
}

fn protocol_number(name: &str) -> Option<u8> {
    let known = PROTOCOLS.iter().find(|(known, _)| *known == name).map(|(_, number)| *number);
    known.or_else(|| name.parse().ok())
}

fn check_words(body: &mut Object) -> Result<(), Reply> {
    body.entry("ethertype").or_insert(json!("IPv4"));
    for (field, words) in [("direction", ["ingress", "egress"]), ("ethertype", ["IPv4", "IPv6"])] {
        let given = body.get(field).map(super::attrs::plain).unwrap_or_default();
        match words.iter().find(|word| word.eq_ignore_ascii_case(&given)) {
            Some(word) => {
                body.insert(field.into(), json!(word));
            }
            None if field == "ethertype" => {
                let message = format!(
                    "Security group rule for ethertype '{given}' not supported. Allowed values are ['IPv4', 'IPv6']."
                );
                return Err(fault(400, "SecurityGroupRuleInvalidEtherType", &message));
            }
            None => {
                let message =
                    format!("Invalid input for {field}. Reason: {given} is not in valid_values.");
                return Err(bad_request(&message));
            }
        }
    }
    Ok(())
}

fn check_protocol(body: &mut Object) -> Result<(), Reply> {
    let given = body.get("protocol").cloned().unwrap_or_default();
    if given.is_null() || given == "any" || given == "" {
        body.insert("protocol".into(), Value::Null);
        return Ok(());
    }
    let name = super::attrs::plain(&given).to_lowercase();
    if protocol_number(&name).is_none() {
        let names: Vec<String> = PROTOCOLS.iter().map(|(name, _)| format!("'{name}'")).collect();
        let message = format!(
            "Security group rule protocol {name} not supported. Only protocol values [None, {}] and \
             integer representations [0 to 255] are supported.",
            names.join(", ")
        );
        return Err(fault(400, "SecurityGroupRuleInvalidProtocol", &message));
    }
    let six = ["icmpv6", "ipv6-icmp"].contains(&name.as_str());
    if six && text(body, "ethertype") == Some("IPv4") {
        let message = format!("Invalid ethertype IPv4 for protocol {name}.");
        return Err(fault(400, "SecurityGroupEthertypeConflictWithProtocol", &message));
    }
    body.insert("protocol".into(), json!(name));
    Ok(())
}

fn check_ports(body: &mut Object) -> Result<(), Reply> {
    let mut ends = [None, None];
    for (end, field) in ends.iter_mut().zip(["port_range_min", "port_range_max"]) {
        let given = body.get(field).cloned().unwrap_or_default();
        if given.is_null() || given == "" {
            body.insert(field.into(), Value::Null);
            continue;
        }
        let shown = super::attrs::plain(&given);
        let number: i64 = shown.parse().map_err(|_| {
            let message = format!("Invalid value for port {shown}");
            fault(400, "SecurityGroupInvalidPortValue", &message)
        })?;
        if !(0..=65535).contains(&number) {
            let message = format!("Invalid value for port {number}");
            return Err(fault(400, "SecurityGroupInvalidPortValue", &message));
        }
        *end = Some(number);
        body.insert(field.into(), json!(number));
    }
    let protocol = text(body, "protocol").and_then(protocol_number);
    match (protocol, ends) {
        (_, [None, None]) => Ok(()),
        (None, _) => {
            let message = "Must also specify protocol if port range is given.";
            Err(fault(400, "SecurityGroupProtocolRequiredWithPorts", message))
        }
        (Some(1 | 58), [kind, code]) => check_icmp(kind, code),
        (Some(_), [Some(low), Some(high)]) if low <= high => Ok(()),
        (Some(_), _) => {
            let message = "For TCP/UDP protocols, port_range_min must be <= port_range_max";
            Err(fault(400, "SecurityGroupInvalidPortRange", message))
        }
    }
}

fn check_icmp(kind: Option<i64>, code: Option<i64>) -> Result<(), Reply> {
    for (field, value) in [("port-range-min", kind), ("port-range-max", code)] {
        if let Some(value) = value.filter(|value| *value > 255) {
            let what = if field == "port-range-min" { "ICMP type" } else { "ICMP code" };
            let message =
                format!("Invalid value for {what} ({field}) {value}. It must be 0 to 255.");
            return Err(fault(400, "SecurityGroupInvalidIcmpValue", &message));
        }
    }
    if kind.is_none() {
        let value = code.unwrap_or_default();
        let message = format!(
            "ICMP code (port-range-max) {value} is provided but ICMP type (port-range-min) is missing."
        );
        return Err(fault(400, "SecurityGroupMissingIcmpType", &message));
    }
    Ok(())
}

fn check_remote(state: &State, who: &Caller, body: &mut Object) -> Result<(), Reply> {
    let given = |field: &str| body.get(field).is_some_and(|v| !v.is_null() && v != "");
    let remotes = ["remote_ip_prefix", "remote_group_id", "remote_address_group_id"];
    if remotes.iter().filter(|field| given(field)).count() > 1 {
        let message = "Only one of remote_ip_prefix or remote_group_id or remote_address_group_id \
                       may be provided.";
        return Err(fault(400, "SecurityGroupMultipleRemoteEntites", message));
    }
    if let Some(group) = text(body, "remote_group_id") {
        resource::visible(state, who, Kind::SecurityGroup, group)?;
    }
    if !given("remote_ip_prefix") {
        body.insert("remote_ip_prefix".into(), Value::Null);
        body.insert("normalized_cidr".into(), Value::Null);
        return Ok(());
    }
    let prefix = text(body, "remote_ip_prefix").unwrap_or_default();
    let whole = if prefix.contains('/') {
        prefix.to_owned()
    } else {
        format!("{prefix}/{}", if prefix.contains(':') { 128 } else { 32 })
    };
    let Ok(net) = whole.parse::<ipnet::IpNet>() else {
        let message = format!("Invalid CIDR {prefix} given as IP prefix.");
        return Err(fault(400, "InvalidCIDR", &message));
    };
    let four = text(body, "ethertype") == Some("IPv4");
    if net.addr().is_ipv4() != four {
        let ethertype = if four { "IPv4" } else { "IPv6" };
        let message = format!("Conflicting value ethertype {ethertype} for CIDR {prefix}");
        return Err(fault(400, "SecurityGroupRuleParameterConflict", &message));
    }
    body.insert("remote_ip_prefix".into(), json!(whole));
    body.insert("normalized_cidr".into(), json!(net.trunc().to_string()));
    Ok(())
}

pub(super) fn delete_rule(state: &mut State, row: &Row) -> Result<(), Reply> {
    state.security_group_rules.remove(row.id());
    bump(state, Kind::SecurityGroup, row.text("security_group_id"));
    Ok(())
}
