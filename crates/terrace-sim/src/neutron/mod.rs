//! Neutron v2.0: networks and everything on them.

mod attrs;
mod floating;
mod ipam;
mod misc;
mod networks;
mod pools;
mod ports;
mod query;
mod resource;
mod routers;
mod security;
mod subnets;
mod tags;

use crate::keystone::{self, Caller};
use crate::records::Row;
use crate::state::State;
use crate::table::Table;
use crate::web::{Answer, Object, Reply, Req, object};
use serde_json::{Value, json};

pub(crate) use networks::{Preset, preset};
pub(crate) use resource::{create, update};

/// The kinds of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Network,
    Subnet,
    Port,
    SecurityGroup,
    Rule,
    Router,
    FloatingIp,
}

const KINDS: [Kind; 7] = [
    Kind::Network,
    Kind::Subnet,
    Kind::Port,
    Kind::SecurityGroup,
    Kind::Rule,
    Kind::Router,
    Kind::FloatingIp,
];

impl Kind {
    /// The name in bodies.
    pub(crate) fn singular(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Subnet => "subnet",
            Self::Port => "port",
            Self::SecurityGroup => "security_group",
            Self::Rule => "security_group_rule",
            Self::Router => "router",
            Self::FloatingIp => "floatingip",
        }
    }

    /// The name of the list in bodies.
    pub(crate) fn plural(self) -> String {
        format!("{}s", self.singular())
    }

    /// The name in paths.
    fn path(self) -> String {
        self.plural().replace('_', "-")
    }

    fn of_path(path: &str) -> Option<Self> {
        KINDS.into_iter().find(|kind| kind.path() == path)
    }

    /// The table that holds objects of this kind.
    pub(crate) fn table(self, state: &State) -> &Table<Row> {
        match self {
            Self::Network => &state.networks,
            Self::Subnet => &state.subnets,
            Self::Port => &state.ports,
            Self::SecurityGroup => &state.security_groups,
            Self::Rule => &state.security_group_rules,
            Self::Router => &state.routers,
            Self::FloatingIp => &state.floatingips,
        }
    }

    fn table_mut(self, state: &mut State) -> &mut Table<Row> {
        match self {
            Self::Network => &mut state.networks,
            Self::Subnet => &mut state.subnets,
            Self::Port => &mut state.ports,
            Self::SecurityGroup => &mut state.security_groups,
            Self::Rule => &mut state.security_group_rules,
            Self::Router => &mut state.routers,
            Self::FloatingIp => &mut state.floatingips,
        }
    }

    /// The error for an id that names nothing.
    pub(crate) fn not_found(self, id: &str) -> Reply {
        let (class, message) = match self {
            Self::Network => ("NetworkNotFound", format!("Network {id} could not be found.")),
            Self::Subnet => ("SubnetNotFound", format!("Subnet {id} could not be found.")),
            Self::Port => ("PortNotFound", format!("Port {id} could not be found.")),
            Self::SecurityGroup => {
                ("SecurityGroupNotFound", format!("Security group {id} does not exist"))
            }
            Self::Rule => {
                ("SecurityGroupRuleNotFound", format!("Security group rule {id} does not exist"))
            }
            Self::Router => ("RouterNotFound", format!("Router {id} could not be found")),
            Self::FloatingIp => {
                ("FloatingIPNotFound", format!("Floating IP {id} could not be found"))
            }
        };
        fault(404, class, &message)
    }
}

/// An error in Neutron's words.
pub(crate) fn fault(code: u16, class: &str, message: &str) -> Reply {
    let error = json!({"type": class, "message": message, "detail": ""});
    Reply::json(code, &json!({ "NeutronError": error }))
}

fn bad_request(message: &str) -> Reply {
    fault(400, "HTTPBadRequest", message)
}

fn invalid(message: &str) -> Reply {
    fault(400, "InvalidInput", &format!("Invalid input for operation: {message}."))
}

fn no_such_path() -> Reply {
    fault(404, "HTTPNotFound", "The resource could not be found.")
}

/// The object under `key` in a request's body.
fn body_of(req: &Req, key: &str) -> Result<Object, Reply> {
    if req.body.is_empty() {
        return Err(bad_request(&format!("Unable to find '{key}' in request body")));
    }
    let body: Value =
        serde_json::from_slice(&req.body).map_err(|_| bad_request("Body contains invalid data"))?;
    match body.get(key) {
        Some(Value::Object(map)) => Ok(map.clone()),
        _ => Err(bad_request(&format!("Unable to find '{key}' in request body"))),
    }
}

/// Every request to Neutron.
pub(crate) fn answer(state: &mut State, req: &Req) -> Answer {
    let path = req.tail(1);
    let version = |req: &Req| {
        let links = json!([{"rel": "self", "href": format!("{}/network/v2.0/", req.base)}]);
        json!({"id": "v2.0", "status": "CURRENT", "links": links})
    };
    if path.is_empty() {
        return Ok(Reply::json(200, &json!({"versions": [version(req)]})));
    }
    if path[0] != "v2.0" {
        return Err(no_such_path());
    }
    let who = keystone::caller(state, req)?;
    let path: Vec<&str> = path[1..].iter().map(|s| s.trim_end_matches(".json")).collect();
    match (req.method.as_str(), path.as_slice()) {
        ("GET", []) => Ok(misc::root(req)),
        (_, [kind, id, "tags", rest @ ..]) => {
            let kind = Kind::of_path(kind).ok_or_else(no_such_path)?;
            tags::answer(state, req, &who, (kind, id, rest))
        }
        ("PUT", ["routers", id, action]) => routers::action(state, &who, (id, action), req),
        (_, [kind, ..]) => match Kind::of_path(kind) {
            Some(kind) => collection(state, req, &who, (kind, &path[1..])),
            None => misc::answer(state, req, &who, &path),
        },
        _ => Err(no_such_path()),
    }
}

/// A request to read of somebody whom another service knows.
pub(crate) fn served_as(state: &mut State, req: &Req, who: &Caller, path: &[&str]) -> Answer {
    match path {
        [kind, rest @ ..] => {
            let kind = Kind::of_path(kind).ok_or_else(no_such_path)?;
            collection(state, req, who, (kind, rest))
        }
        [] => Err(no_such_path()),
    }
}

fn collection(state: &mut State, req: &Req, who: &Caller, (kind, path): (Kind, &[&str])) -> Answer {
    if req.method != "GET" && who.reader {
        let verb = match req.method.as_str() {
            "POST" => "create",
            "PUT" => "update",
            _ => "delete",
        };
        return Err(forbidden(&format!("{verb}_{}", kind.singular())));
    }
    match (req.method.as_str(), path) {
        ("GET", []) => query::list(state, req, who, kind),
        ("POST", []) => resource::post(state, req, who, kind),
        ("GET", [id]) => {
            let row = resource::visible(state, who, kind, id)?;
            let view = query::view(state, who, kind, &row);
            let view = query::only_fields(view, req);
            Ok(Reply::json(200, &json!({kind.singular(): view})))
        }
        ("PUT", [id]) => {
            let body = body_of(req, kind.singular())?;
            resource::check_revision(state, req, kind, id)?;
            let before = state.floatingips.get(id).map(|row| row.text("status").to_owned());
            let late = kind == Kind::Port && ports::counted_late(state, id, &body);
            let described = body.contains_key("description");
            let mut row = update(state, who, (kind, id), body)?;
            if late {
                row = ports::count_late(state, row, described);
            }
            if let Some(status) = before.filter(|_| kind == Kind::FloatingIp) {
                // The answer is given before the router knows of it, which is one change more.
                if status != row.text("status") {
                    resource::touch(state, kind, row.clone());
                }
                row.set("status", status);
            }
            let view = query::view(state, who, kind, &row);
            Ok(Reply::json(200, &json!({kind.singular(): view})))
        }
        ("DELETE", [id]) => {
            resource::check_revision(state, req, kind, id)?;
            resource::delete(state, who, kind, id)?;
            Ok(Reply::empty(204))
        }
        ("GET" | "POST" | "PUT" | "DELETE", _) => Err(no_such_path()),
        _ => {
            let message = "The server could not comply with the request since it is either \
                           malformed or otherwise incorrect.";
            Err(fault(405, "HTTPMethodNotAllowed", message))
        }
    }
}

/// What policy forbids; `rule` is one rule's name or an expression of several.
fn forbidden(rule: &str) -> Reply {
    let prefix = if rule.starts_with('(') { "" } else { "rule:" };
    let message = format!("{prefix}{rule} is disallowed by policy");
    fault(403, "PolicyNotAuthorized", &message)
}

/// Plugs a port in on a host, or out of any.
pub(crate) fn plug(state: &mut State, id: &str, host: Option<&str>) {
    state.ports.update(id, |row| {
        ports::plug(row, host);
        row.set("revision_number", row.number("revision_number") + 1);
    });
}

/// Removes a port, whoever owns it, with what hangs on it.
pub(crate) fn drop_port(state: &mut State, id: &str) {
    ports::forget(state, id);
}

/// The project's default security group, made if it is not there yet.
pub(crate) fn default_group(state: &mut State, project: &str) -> String {
    security::default_group(state, project)
}

/// The ports of a device, oldest first.
pub(crate) fn ports_of<'a>(state: &'a State, device: &str) -> Vec<&'a Row> {
    state.ports.find("device_id", device).collect()
}

/// An object by id if the caller may see it.
pub(crate) fn find(state: &State, who: &Caller, kind: Kind, id: &str) -> Option<Row> {
    resource::visible(state, who, kind, id).ok()
}

/// The floating addresses of a port.
pub(crate) fn floating_of<'a>(state: &'a State, port: &str) -> Vec<&'a Row> {
    state.floatingips.find("port_id", port).collect()
}

/// A body from a JSON literal.
pub(crate) fn body(value: Value) -> Object {
    object(value)
}
