//! The reduced REST API of a product in front of OpenStack: bearer tokens, the project on every
//! request, lists that may be minutes old, and kinds that can only be read.

mod errors;
mod services;
mod view;

use crate::ids;
use crate::keystone::{self, Caller};
use crate::state::State;
use crate::web::{Answer, Object, Reply, Req, text};
use errors::fault;
use serde_json::{Value, json};

pub(crate) use errors::{Error, fault as failure};

/// What static tokens start with; the rest is the secret of an application credential.
const STATIC: &str = "bnerd_tok_";

/// Every request to the gateway.
pub(crate) fn answer(state: &mut State, req: &Req) -> Answer {
    let path = req.tail(1);
    if (req.method.as_str(), path.as_slice()) == ("POST", &["login"]) {
        return login(state, req);
    }
    let Some(user) = user(state, req) else {
        return Err(fault(
            req,
            &Error::new(401, "unauthorized", "A valid bearer token is required"),
        ));
    };
    match (req.method.as_str(), path.as_slice()) {
        ("GET", ["accounts", "me"]) => account(state, &user),
        ("GET", ["projects"]) => projects(state, &user),
        (_, ["cloud", rest @ ..]) => {
            let who = member(state, req, &user)?;
            cloud(state, req, &who, rest)
        }
        _ => Err(fault(req, &Error::new(404, "not_found", "No such path"))),
    }
}

/// `POST /login`: a token of Keystone's for the account's own project, as a bearer token.
fn login(state: &mut State, req: &Req) -> Answer {
    let body: Value = serde_json::from_slice(&req.body).unwrap_or_default();
    let claim = json!({
        "name": body["login"], "password": body["password"], "domain": {"id": "default"},
    });
    let identity = json!({"methods": ["password"], "password": {"user": claim}});
    let inner = services::inner(req, "POST", json!({"auth": {"identity": identity}}));
    let issued = keystone::issue(state, &inner);
    let token = issued.ok().and_then(|reply| {
        reply.headers.into_iter().find(|(name, _)| *name == "x-subject-token").map(|(_, v)| v)
    });
    let Some(token) = token else {
        return Err(fault(req, &Error::new(401, "unauthorized", "Wrong login or password")));
    };
    let reply = Reply::json(200, &json!({"login": body["login"]}));
    Ok(reply.header("authorization", format!("Bearer {token}")))
}

/// The bearer token of a request.
pub(crate) fn token(req: &Req) -> Option<&str> {
    Some(req.header("authorization")?.strip_prefix("Bearer ")?.trim())
}

/// The service behind the gateway that a request is for, and who asks.
pub(crate) fn asked(state: &State, req: &Req) -> Option<(&'static str, Caller)> {
    let who = member(state, req, &user(state, req)?).ok()?;
    let service = match *req.tail(2).first()? {
        "servers" | "ssh-keypairs" => "compute",
        "volumes" => "volume",
        _ => "network",
    };
    Some((service, who))
}

/// The user that a bearer token stands for.
fn user(state: &State, req: &Req) -> Option<String> {
    let token = token(req)?;
    if let Some(secret) = token.strip_prefix(STATIC) {
        let digest = ids::digest(secret);
        let found = state.appcreds.iter().find(|appcred| appcred.secret == digest);
        return found.map(|appcred| appcred.user_id.clone());
    }
    keystone::user_of(state, token)
}

fn account(state: &State, user: &str) -> Answer {
    let name = state.users.get(user).map(|user| user.name.clone());
    Ok(Reply::json(200, &json!({"id": user, "login": name, "organization_id": "default"})))
}

fn projects(state: &State, user: &str) -> Answer {
    let ids = state.users.get(user).into_iter().flat_map(|user| user.roles.keys());
    let all: Vec<Value> = ids
        .filter_map(|id| state.projects.get(id))
        .map(|project| json!({"id": project.id, "name": project.name}))
        .collect();
    Ok(Reply::json(200, &json!(all)))
}

/// The caller in the project that the request names, in its query or its body.
fn member(state: &State, req: &Req, user: &str) -> Result<Caller, Reply> {
    let body: Object = serde_json::from_slice(&req.body).unwrap_or_default();
    let Some(project) = req.param("project_id").or_else(|| text(&body, "project_id")) else {
        return Err(fault(req, &Error::field("project_id", "project_id is required")));
    };
    let roles = state.users.get(user).and_then(|user| user.roles.get(project));
    let Some(roles) = roles else {
        let message = "You are not a member of this project";
        return Err(fault(req, &Error::new(403, "forbidden", message)));
    };
    Ok(keystone::with_roles(user, project, roles))
}

/// Requests under `/cloud`: single objects are fresh, lists are kept for some minutes.
fn cloud(state: &mut State, req: &Req, who: &Caller, path: &[&str]) -> Answer {
    let served = |state: &mut State| {
        services::answer(state, req, who, path).map_err(|error| fault(req, &error))
    };
    if req.method != "GET" || path.len() != 1 {
        return served(state);
    }
    let mut query: Vec<String> = req.query.iter().map(|(k, v)| format!("{k}={v}")).collect();
    query.sort();
    let key = format!("{} {} {}", who.user_id, req.path, query.join("&"));
    if let Some((until, reply)) = state.kept_lists.get(&key).filter(|(until, _)| *until > state.now)
    {
        let left = (until - state.now) / 1000;
        return Ok(reply.clone().header("x-cache", format!("HIT; expires in {left}")));
    }
    let reply = served(state)?;
    let until = state.now.saturating_add(state.settings.gateway_cache_ms);
    state.kept_lists.retain(|_, (until, _)| *until > state.now);
    state.kept_lists.insert(key, (until, reply.clone()));
    Ok(reply)
}
