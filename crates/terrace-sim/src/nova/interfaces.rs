//! The interfaces of servers, and how their ports are made and taken.

use super::servers::{check_lock, get};
use super::{
    Cx, bad_request, conflict, history, lifecycle, nics, no_such_path, not_found, schedule,
    validate,
};
use crate::keystone;
use crate::neutron::{self, Kind};
use crate::records::{Row, Server};
use crate::state::State;
use crate::table::Record;
use crate::web::{Answer, Object, Reply, object, text};
use serde_json::{Value, json};

/// `/servers/{id}/os-interface`
pub(super) fn answer(cx: &mut Cx<'_>, id: &str, path: &[&str]) -> Answer {
    let server = get(cx, id)?;
    match (cx.req.method.as_str(), path) {
        ("GET", []) => {
            let ports = neutron::ports_of(cx.state, id);
            let all: Vec<Value> = ports.iter().map(|port| view(cx, port)).collect();
            Ok(Reply::json(200, &json!({ "interfaceAttachments": all })))
        }
        ("GET", [port]) => {
            let port = attached(cx, &server, port)?;
            Ok(Reply::json(200, &json!({ "interfaceAttachment": view(cx, &port) })))
        }
        ("POST", []) => attach(cx, server),
        ("DELETE", [port]) => {
            cx.may_write("os-attach-interfaces:delete")?;
            ready(cx, &server, "detach_interface")?;
            let Ok(port) = attached(cx, &server, port) else {
                // That it is not attached is found out too late to say so.
                let there = cx.state.ports.get(port).is_some();
                let missing = || not_found(&format!("Port id {port} could not be found."));
                return if there { Ok(Reply::empty(202)) } else { Err(missing()) };
            };
            let mut server = server;
            history::note(cx, &mut server, "detach_interface");
            cx.state.servers.put(server);
            lifecycle::release_later(cx.state, port.id());
            Ok(Reply::empty(202))
        }
        _ => Err(no_such_path()),
    }
}

fn attached(cx: &Cx<'_>, server: &Server, port: &str) -> Result<Row, Reply> {
    let found = cx.state.ports.get(port).filter(|row| row.text("device_id") == server.id);
    found.cloned().ok_or_else(|| {
        if cx.state.ports.get(port).is_none() {
            return not_found(&format!("Port id {port} could not be found."));
        }
        not_found(&format!("Instance {} does not have a port with id {port}", server.id))
    })
}

fn view(cx: &Cx<'_>, port: &Row) -> Value {
    let mut out = json!({
        "net_id": port.text("network_id"), "port_id": port.id(),
        "mac_addr": port.text("mac_address"), "port_state": port.text("status"),
        "fixed_ips": port.list("fixed_ips"),
    });
    if cx.minor >= 70 {
        out["tag"] = port.0.get("_tag").cloned().unwrap_or_default();
    }
    out
}

fn ready(cx: &Cx<'_>, server: &Server, verb: &str) -> Result<(), Reply> {
    check_lock(cx, server)?;
    let refuse = |what: String| {
        Err(conflict(&format!("Cannot '{verb}' instance {} while it is in {what}", server.id)))
    };
    if !["active", "paused", "stopped"].contains(&server.vm_state.as_str()) {
        return refuse(format!("vm_state {}", server.vm_state));
    }
    match &server.task_state {
        Some(task) => refuse(format!("task_state {task}")),
        None => Ok(()),
    }
}

fn attach(cx: &mut Cx<'_>, mut server: Server) -> Answer {
    cx.may_write("os-attach-interfaces:create")?;
    let body = cx.body()?;
    let empty = Object::new();
    let wanted = match body.get("interfaceAttachment") {
        Some(Value::Null) | None => &empty,
        Some(_) => validate::under(&body, "interfaceAttachment", &[])?,
    };
    validate::fields(
        "interfaceAttachment",
        wanted,
        &[],
        &["net_id", "port_id", "fixed_ips", "tag"],
    )?;
    ready(cx, &server, "attach_interface")?;
    let port = match (text(wanted, "port_id"), text(wanted, "net_id")) {
        (Some(_), Some(_)) => {
            return Err(bad_request("Must not input both network_id and port_id"));
        }
        (Some(id), None) => {
            let port = neutron::find(cx.state, &cx.who, Kind::Port, id)
                .ok_or_else(|| not_found(&format!("Port id {id} could not be found.")))?;
            if !port.text("device_id").is_empty() {
                return Err(conflict(&format!("Port {id} is still in use.")));
            }
            take_port(cx.state, &server, (&port, text(wanted, "tag")));
            port.id().to_owned()
        }
        (None, Some(id)) => {
            let network = nics::network(cx, id)?;
            let ip = wanted.get("fixed_ips").and_then(|ips| ips[0]["ip_address"].as_str());
            let with = (ip, [].as_slice(), text(wanted, "tag"));
            let made = new_port(cx.state, &server, network.id(), with);
            made.map_err(|reply| bad_request(&message_of(&reply)))?
        }
        (None, None) => {
            return Err(bad_request("Failed to attach interface: no network was named"));
        }
    };
    let host = server.host.clone();
    neutron::plug(cx.state, &port, host.as_deref());
    history::note(cx, &mut server, "attach_interface");
    cx.state.servers.put(server.clone());
    let port = attached(cx, &server, &port)?;
    Ok(Reply::json(200, &json!({ "interfaceAttachment": view(cx, &port) })))
}

fn owner(server: &Server) -> String {
    format!("compute:{}", schedule::zone_of(server.host.as_deref().unwrap_or_default()))
}

/// A port made for the server, which goes when the server goes.
pub(super) fn new_port(
    state: &mut State,
    server: &Server,
    network: &str,
    (ip, groups, tag): (Option<&str>, &[&str], Option<&str>),
) -> Result<String, Reply> {
    let mut body = object(json!({
        "network_id": network, "device_id": server.id, "device_owner": owner(server),
    }));
    if let Some(ip) = ip {
        body.insert("fixed_ips".into(), json!([{ "ip_address": ip }]));
    }
    if !groups.is_empty() {
        body.insert("security_groups".into(), json!(groups));
    }
    let who = keystone::on_behalf(&server.user_id, &server.project_id);
    let port = neutron::create(state, &who, Kind::Port, body)?;
    let id = port.id().to_owned();
    let host = server.host.clone();
    state.ports.update(&id, |row| {
        row.set("_by_nova", true);
        row.set("_tag", tag);
        row.set("binding:host_id", host);
        row.set("revision_number", row.number("revision_number") + 1);
    });
    Ok(id)
}

/// A port that was there before becomes the server's.
pub(super) fn take_port(state: &mut State, server: &Server, (port, tag): (&Row, Option<&str>)) {
    let owner = owner(server);
    let (id, host) = (server.id.clone(), server.host.clone());
    state.ports.update(port.id(), |row| {
        row.set("_tag", tag);
        row.set("device_id", id);
        row.set("device_owner", owner);
        row.set("binding:host_id", host);
        row.set("revision_number", row.number("revision_number") + 1);
    });
}

/// A security group by name or id.
pub(super) fn find_group(cx: &Cx<'_>, name: &str) -> Result<Row, Reply> {
    let own: Vec<&Row> = cx
        .state
        .security_groups
        .find("project_id", &cx.who.project_id)
        .filter(|group| group.id() == name || group.text("name") == name)
        .collect();
    match own.as_slice() {
        [one] => Ok((*one).clone()),
        [] => Err(bad_request(&format!("Unable to find security_group with name or id '{name}'"))),
        _ => Err(conflict(&format!(
            "Multiple security_groups found matching '{name}'. Use an ID to be more specific."
        ))),
    }
}

/// The security groups of a server, once for each of its ports.
pub(super) fn security_groups(cx: &Cx<'_>, server: &Server) -> Vec<Value> {
    let mut ids: Vec<String> = Vec::new();
    for port in neutron::ports_of(cx.state, &server.id) {
        for group in port.list("security_groups").iter().filter_map(Value::as_str) {
            ids.push(group.to_owned());
        }
    }
    let groups = ids.iter().filter_map(|id| cx.state.security_groups.get(id));
    groups.map(|group| group_view(cx, group)).collect()
}

/// A security group in the words of Nova's old API, which knows rules for what comes in only.
fn group_view(cx: &Cx<'_>, group: &Row) -> Value {
    let rules: Vec<Value> = cx
        .state
        .security_group_rules
        .find("security_group_id", group.id())
        .filter(|rule| rule.text("direction") == "ingress")
        .map(|rule| {
            let remote = cx.state.security_groups.get(rule.text("remote_group_id"));
            let remote = remote.map_or_else(
                || json!({}),
                |g| json!({"name": g.text("name"), "tenant_id": g.text("project_id")}),
            );
            let range = match rule.text("remote_ip_prefix") {
                "" => json!({}),
                cidr => json!({ "cidr": cidr }),
            };
            json!({
                "id": rule.id(), "parent_group_id": group.id(),
                "ip_protocol": rule.0.get("protocol"), "from_port": rule.0.get("port_range_min"),
                "to_port": rule.0.get("port_range_max"), "group": remote, "ip_range": range,
            })
        })
        .collect();
    json!({
        "id": group.id(), "description": group.text("description"), "name": group.text("name"),
        "tenant_id": group.text("project_id"), "rules": rules,
    })
}

/// `GET /os-security-groups[/{id}]`, before 2.36
pub(super) fn group_list(cx: &mut Cx<'_>, path: &[&str]) -> Answer {
    neutron::default_group(cx.state, &cx.who.project_id);
    let own = cx.state.security_groups.find("project_id", &cx.who.project_id);
    match path {
        [] => {
            let all: Vec<Value> = own.map(|group| group_view(cx, group)).collect();
            Ok(Reply::json(200, &json!({ "security_groups": all })))
        }
        [id] => {
            let found = own.into_iter().find(|group| group.id() == *id);
            let found = found
                .ok_or_else(|| not_found(&format!("Security group {id} not found for project.")))?;
            Ok(Reply::json(200, &json!({ "security_group": group_view(cx, found) })))
        }
        _ => Err(no_such_path()),
    }
}

/// Adds a group to the ports of a server, or takes it away.
pub(super) fn change_group(cx: &mut Cx<'_>, server: &Server, name: &str, add: bool) -> Answer {
    let group = find_group(cx, name).map_err(|_| {
        let project = &cx.who.project_id;
        not_found(&format!("Security group {name} is not found for project {project}"))
    })?;
    let ports: Vec<Row> = neutron::ports_of(cx.state, &server.id).into_iter().cloned().collect();
    let id = &server.id;
    if ports.is_empty() {
        let message = format!("instance_id {id} could not be found as device id on any ports");
        return Err(not_found(&message));
    }
    let has = |port: &Row| port.list("security_groups").iter().any(|known| known == group.id());
    if !add && !ports.iter().any(has) {
        let message = format!("Security group {name} not associated with the instance {id}");
        return Err(not_found(&message));
    }
    for port in ports {
        let mut groups = port.list("security_groups").to_vec();
        groups.retain(|id| id != group.id());
        if add {
            groups.push(json!(group.id()));
        }
        cx.state.ports.update(port.id(), |row| row.set("security_groups", groups));
    }
    Ok(Reply::empty(202))
}

/// The message inside another service's error.
pub(super) fn message_of(reply: &Reply) -> String {
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    body["NeutronError"]["message"].as_str().unwrap_or_default().to_owned()
}
