//! What the gateway asks of the services behind it.

use super::errors::Error;
use super::view;
use crate::keystone::Caller;
use crate::state::State;
use crate::web::{Object, Reply, Req, text};
use crate::{cinder, glance, neutron, nova};
use bytes::Bytes;
use serde_json::{Value, json};

/// The result of a request, its error still without its outer form.
type Served = Result<Reply, Error>;

/// A request of the gateway's own to a service, without a query.
pub(super) fn inner(req: &Req, method: &str, body: Value) -> Req {
    let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
    Req {
        method: method.to_owned(),
        path: String::new(),
        segments: Vec::new(),
        query: Vec::new(),
        headers: http::HeaderMap::new(),
        body,
        base: req.base.clone(),
        request_id: req.request_id.clone(),
        sabotage: req.sabotage.clone(),
    }
}

/// One request to a service, and what it answered, as JSON.
struct Ask<'a> {
    state: &'a mut State,
    req: &'a Req,
    who: &'a Caller,
}

impl Ask<'_> {
    fn nova(&mut self, method: &str, path: &[&str], body: Value) -> Result<Value, Error> {
        let inner = inner(self.req, method, body);
        let reply = nova::served_as(self.state, &inner, self.who, path);
        parsed("nova", reply)
    }

    fn neutron(&mut self, path: &[&str], filters: &[&str]) -> Result<Value, Error> {
        let mut inner = inner(self.req, "GET", Value::Null);
        inner.query = self.filters(filters);
        parsed("neutron", neutron::served_as(self.state, &inner, self.who, path))
    }

    fn filters(&self, names: &[&str]) -> Vec<(String, String)> {
        let query = self.req.query.iter();
        query.filter(|(name, _)| names.contains(&name.as_str())).cloned().collect()
    }
}

fn parsed(service: &'static str, reply: Result<Reply, Reply>) -> Result<Value, Error> {
    match reply {
        Ok(reply) if reply.body.is_empty() => Ok(Value::Null),
        Ok(reply) => serde_json::from_slice(&reply.body)
            .map_err(|error| Error::new(500, "internal_error", error.to_string())),
        Err(reply) => Err(Error::from_service(service, &reply)),
    }
}

/// Kinds that this cloud has none of.
const EMPTY: [&str; 5] =
    ["loadbalancers", "lb_listeners", "lb_pools", "lb_pool_members", "lb_health_monitors"];

/// A request under `/cloud`.
pub(super) fn answer(state: &mut State, req: &Req, who: &Caller, path: &[&str]) -> Served {
    let mut ask = Ask { state, req, who };
    match (req.method.as_str(), path) {
        ("GET", ["servers"]) => {
            let all = ask.nova("GET", &["servers", "detail"], Value::Null)?;
            list(&all["servers"], view::server)
        }
        ("POST", ["servers"]) => create_server(&mut ask),
        ("GET", ["servers", id]) => {
            let one = ask.nova("GET", &["servers", id], Value::Null)?;
            Ok(Reply::json(200, &view::server(&one["server"])))
        }
        ("DELETE", ["servers", id]) => {
            ask.nova("DELETE", &["servers", id], Value::Null)?;
            Ok(Reply::empty(204))
        }
        ("GET", ["flavors", rest @ ..]) => {
            let path = if rest.is_empty() {
                vec!["flavors", "detail"]
            } else {
                [&["flavors"], rest].concat()
            };
            let found = ask.nova("GET", &path, Value::Null)?;
            shown(&found, ("flavors", "flavor"), view::flavor)
        }
        ("GET" | "POST" | "DELETE", ["ssh-keypairs", rest @ ..]) => keypairs(&mut ask, rest),
        ("GET", ["networks", rest @ ..]) => neutron(&mut ask, ("network", rest), &[]),
        ("GET", ["subnets", rest @ ..]) => neutron(&mut ask, ("subnet", rest), &["network_id"]),
        ("GET", ["ports", rest @ ..]) => {
            neutron(&mut ask, ("port", rest), &["network_id", "device_id"])
        }
        ("GET", ["images", rest @ ..]) => {
            let inner = inner(req, "GET", Value::Null);
            let found = parsed("glance", glance::served_as(ask.state, &inner, who, rest))?;
            if rest.is_empty() {
                list(&found["images"], view::image)
            } else {
                Ok(Reply::json(200, &view::image(&found)))
            }
        }
        ("GET", ["volumes", rest @ ..]) => {
            let path = if rest.is_empty() {
                vec!["volumes", "detail"]
            } else {
                [&["volumes"], rest].concat()
            };
            let inner = inner(req, "GET", Value::Null);
            let found = parsed("cinder", cinder::served_as(ask.state, &inner, who, &path))?;
            shown(&found, ("volumes", "volume"), view::volume)
        }
        ("GET", [kind]) if EMPTY.contains(kind) => Ok(Reply::json(200, &json!([]))),
        ("GET", _) => Err(Error::new(404, "not_found", "No such path")),
        _ => Err(Error::new(405, "method_not_allowed", "This can only be read")),
    }
}

fn list(items: &Value, view: fn(&Value) -> Value) -> Served {
    let all: Vec<Value> = items.as_array().into_iter().flatten().map(view).collect();
    Ok(Reply::json(200, &json!(all)))
}

/// A list or one object, whichever the service gave.
fn shown(found: &Value, (plural, singular): (&str, &str), view: fn(&Value) -> Value) -> Served {
    match found.get(singular) {
        Some(one) => Ok(Reply::json(200, &view(one))),
        None => list(&found[plural], view),
    }
}

fn neutron(ask: &mut Ask<'_>, (kind, rest): (&str, &[&str]), filters: &[&str]) -> Served {
    let plural = format!("{kind}s");
    let path = [&[plural.as_str()], rest].concat();
    let found = ask.neutron(&path, filters)?;
    let view = match kind {
        "network" => view::network,
        "subnet" => view::subnet,
        _ => view::port,
    };
    shown(&found, (&plural, kind), view)
}

/// The flat body of a new server in Nova's words.
fn create_server(ask: &mut Ask<'_>) -> Served {
    let body: Object = serde_json::from_slice(&ask.req.body)
        .map_err(|_| Error::new(422, "validation_failed", "The body is not an object"))?;
    for field in ["name", "flavor_id", "image_id"] {
        if text(&body, field).is_none_or(str::is_empty) {
            return Err(Error::field(field, &format!("{field} is required")));
        }
    }
    let known = ["project_id", "name", "flavor_id", "image_id", "network_ids", "key_name"];
    if let Some(unknown) = body.keys().find(|key| !known.contains(&key.as_str())) {
        return Err(Error::field(unknown, &format!("{unknown} is not known")));
    }
    let networks: Vec<Value> = match body.get("network_ids").and_then(Value::as_array) {
        Some(ids) => ids.iter().map(|id| json!({ "uuid": id })).collect(),
        None => return Err(Error::field("network_ids", "network_ids is required")),
    };
    let wanted = text(&body, "flavor_id").unwrap_or_default();
    let flavors = ask.state.flavors.iter();
    let flavor =
        flavors.filter(|f| f.id == wanted || f.name == wanted).map(|f| f.id.clone()).next();
    let Some(flavor) = flavor else {
        return Err(Error::field("flavor_id", &format!("There is no flavor {wanted}")));
    };
    let mut server = json!({
        "name": body["name"], "flavorRef": flavor, "imageRef": body["image_id"],
        "networks": if networks.is_empty() { json!("none") } else { json!(networks) },
    });
    if let Some(key) = text(&body, "key_name") {
        server["key_name"] = json!(key);
    }
    let made = ask.nova("POST", &["servers"], json!({ "server": server }))?;
    let id = made["server"]["id"].as_str().unwrap_or_default().to_owned();
    let one = ask.nova("GET", &["servers", &id], Value::Null)?;
    Ok(Reply::json(202, &view::server(&one["server"])))
}

fn keypairs(ask: &mut Ask<'_>, path: &[&str]) -> Served {
    match (ask.req.method.as_str(), path) {
        ("GET", []) => {
            let all = ask.nova("GET", &["os-keypairs"], Value::Null)?;
            list(&all["keypairs"], |item| view::keypair(&item["keypair"]))
        }
        ("GET", [name]) => {
            let one = ask.nova("GET", &["os-keypairs", name], Value::Null)?;
            Ok(Reply::json(200, &view::keypair(&one["keypair"])))
        }
        ("POST", []) => {
            let body: Object = serde_json::from_slice(&ask.req.body).unwrap_or_default();
            let (Some(name), Some(key)) = (text(&body, "name"), text(&body, "public_key")) else {
                return Err(Error::field("name", "name and public_key are required"));
            };
            let keypair = json!({"keypair": {"name": name, "public_key": key}});
            let made = ask.nova("POST", &["os-keypairs"], keypair)?;
            Ok(Reply::json(201, &view::keypair(&made["keypair"])))
        }
        ("DELETE", [name]) => {
            ask.nova("DELETE", &["os-keypairs", name], Value::Null)?;
            Ok(Reply::empty(204))
        }
        _ => Err(Error::new(404, "not_found", "No such path")),
    }
}
