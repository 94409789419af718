//! Keystone v3: who may do what, and where the other services are.

mod admin;
mod auth;
mod resources;

use crate::ids;
use crate::records::{Project, Token};
use crate::state::State;
use crate::web::{Answer, Reply, Req};
use serde_json::{Value, json};

pub(crate) use auth::issue;

/// The roles that exist.
const ROLES: [&str; 4] = ["admin", "member", "reader", "service"];

/// Name, type and path of each service; `{project}` stands for the id of the caller's.
const SERVICES: [(&str, &str, &str); 6] = [
    ("cinder", "block-storage", "/volume/v3/{project}"),
    ("cinderv3", "volumev3", "/volume/v3/{project}"),
    ("keystone", "identity", "/identity/v3"),
    ("nova", "compute", "/compute/v2.1"),
    ("neutron", "network", "/network"),
    ("glance", "image", "/image"),
];

/// Who makes a request, as its token says.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) token: Token,
    pub(crate) user_id: String,
    pub(crate) project_id: String,
    pub(crate) admin: bool,
    pub(crate) reader: bool,
}

/// An error in Keystone's words.
pub(crate) fn fault(code: u16, message: &str) -> Reply {
    let title = http::StatusCode::from_u16(code).ok().and_then(|s| s.canonical_reason());
    let error = json!({"code": code, "message": message, "title": title});
    Reply::json(code, &json!({ "error": error }))
}

fn unauthorized(req: &Req) -> Reply {
    let uri = format!("Keystone uri=\"{}/identity\"", req.base);
    fault(401, "The request you have made requires authentication.").header("www-authenticate", uri)
}

fn not_found(what: &str, id: &str) -> Reply {
    fault(404, &format!("Could not find {what}: {id}."))
}

/// The answer to a path that leads nowhere, which is a page.
fn no_such_path() -> Reply {
    let page = "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n\
                <p>The requested URL was not found on the server. If you entered the URL manually \
                please check your spelling and try again.</p>\n";
    let headers = vec![("content-type", "text/html; charset=utf-8".to_owned())];
    Reply { status: 404, headers, body: page.into() }
}

fn forbidden(action: &str) -> Reply {
    let message = format!("You are not authorized to perform the requested action: {action}.");
    fault(403, &message)
}

/// The caller that a request's token stands for, as a service other than Keystone sees it.
pub(crate) fn caller(state: &State, req: &Req) -> Result<Caller, Reply> {
    let found = token_of(state, req.header("x-auth-token").unwrap_or_default());
    let Some(token) = found.filter(|token| token.project_id.is_some()) else {
        let title = "Unauthorized";
        let message = "The request you have made requires authentication.";
        let error = json!({"code": 401, "title": title, "message": message});
        let uri = format!("Keystone uri=\"{}/identity\"", req.base);
        return Err(Reply::json(401, &json!({ "error": error })).header("www-authenticate", uri));
    };
    Ok(as_caller(token))
}

fn as_caller(token: &Token) -> Caller {
    let has = |role: &str| token.roles.iter().any(|r| r == role);
    Caller {
        user_id: token.user_id.clone(),
        project_id: token.project_id.clone().unwrap_or_default(),
        admin: has("admin"),
        reader: !has("member") && !has("admin"),
        token: token.clone(),
    }
}

/// A user at work in a project after its request was answered.
pub(crate) fn on_behalf(user_id: &str, project_id: &str) -> Caller {
    with_roles(user_id, project_id, &["member".to_owned()])
}

/// A user in a project, without a token.
pub(crate) fn with_roles(user_id: &str, project_id: &str, roles: &[String]) -> Caller {
    let token = Token {
        id: String::new(),
        user_id: user_id.to_owned(),
        project_id: Some(project_id.to_owned()),
        system: false,
        roles: roles.to_vec(),
        methods: Vec::new(),
        appcred_id: None,
        parent: None,
        issued: 0,
        expires: 0,
    };
    as_caller(&token)
}

/// The user of a token that is valid now.
pub(crate) fn user_of(state: &State, secret: &str) -> Option<String> {
    token_of(state, secret).map(|token| token.user_id.clone())
}

/// A token that is valid now.
fn token_of<'a>(state: &'a State, secret: &str) -> Option<&'a Token> {
    state.tokens.get(&ids::digest(secret)).filter(|token| token.expires > state.now)
}

/// The id of a project that is known to be there by name.
pub(crate) fn project_named(state: &State, name: &str) -> String {
    state.projects.find("name", name).next().map(|p| p.id.clone()).unwrap_or_default()
}

/// An id that depends on the name alone.
fn fixed_id(name: &str) -> String {
    ids::digest(name)[..32].to_owned()
}

fn domain() -> Value {
    json!({"id": "default", "name": "Default"})
}

fn version(req: &Req) -> Value {
    json!({
        "id": "v3.14", "status": "stable", "updated": "2020-04-07T00:00:00Z",
        "links": [{"rel": "self", "href": format!("{}/identity/v3/", req.base)}],
        "media-types": [{
            "base": "application/json", "type": "application/vnd.openstack.identity-v3+json",
        }],
    })
}

/// Every request to Keystone.
pub(crate) fn answer(state: &mut State, req: &Req) -> Answer {
    let reply = match (req.method.as_str(), req.tail(1).as_slice()) {
        ("GET" | "HEAD", []) => {
            let place = format!("{}/identity/v3/", req.base);
            let body = json!({"versions": {"values": [version(req)]}});
            Ok(Reply::json(300, &body).header("location", place))
        }
        ("GET" | "HEAD", ["v3"]) => Ok(Reply::json(200, &json!({ "version": version(req) }))),
        ("POST", ["v3", "auth", "tokens"]) => auth::issue(state, req),
        (_, ["v3", rest @ ..]) => authenticated(state, req, rest),
        _ => Err(fault(404, "The resource could not be found.")),
    };
    let vary = |reply: Reply| reply.header("vary", "X-Auth-Token");
    reply.map(vary).map_err(vary)
}

fn authenticated(state: &mut State, req: &Req, path: &[&str]) -> Answer {
    let Some(token) = token_of(state, req.header("x-auth-token").unwrap_or_default()) else {
        return Err(unauthorized(req));
    };
    let who = as_caller(token);
    match path {
        ["auth", rest @ ..] => auth::answer(state, req, &who, rest),
        _ => resources::answer(state, req, &who, path),
    }
}

/// A project as the API shows it.
fn project_view(project: &Project, req: &Req) -> Value {
    json!({
        "id": project.id, "name": project.name, "domain_id": "default",
        "description": project.description, "enabled": project.enabled, "parent_id": "default",
        "is_domain": false, "tags": [], "options": {},
        "links": {"self": format!("{}/identity/v3/projects/{}", req.base, project.id)},
    })
}
