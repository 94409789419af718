//! Tokens: issued for a password, an application credential or another token.

use super::{Caller, SERVICES, domain, fault, fixed_id, not_found, project_view, unauthorized};
use crate::clock::{Stamp, format, parse};
use crate::ids;
use crate::records::{AppCred, Token, User};
use crate::state::State;
use crate::web::{Answer, Reply, Req};
use serde_json::{Value, json};
use std::iter;

/// What proved who somebody is.
struct Proof {
    user: User,
    methods: Vec<String>,
    appcred: Option<AppCred>,
    /// The token's life ends no later than the one it was got with.
    until: Option<u64>,
    /// The token, if it is one.
    parent: Option<String>,
}

/// What a token is for.
struct Scope {
    project_id: Option<String>,
    system: bool,
    roles: Vec<String>,
}

/// `POST /v3/auth/tokens`
pub(crate) fn issue(state: &mut State, req: &Req) -> Answer {
    let body: Value = serde_json::from_slice(&req.body).unwrap_or_default();
    let identity = &body["auth"]["identity"];
    if !identity["methods"].is_array() {
        let message = "Expecting to find auth in request body. The server could not comply with \
                       the request since it is either malformed or otherwise incorrect. The \
                       client is assumed to be in error.";
        return Err(fault(400, message));
    }
    check_methods(state, req, identity)?;
    let proof = prove(state, identity).ok_or_else(|| unauthorized(req))?;
    let scope = scope(state, &proof, &body["auth"]["scope"]).ok_or_else(|| unauthorized(req))?;
    let secret = format!("gAAAAAB{}", state.secret(176));
    let life = state.settings.token_ttl_s.saturating_mul(1000);
    let expires = state.now.saturating_add(life);
    let token = Token {
        id: ids::digest(&secret),
        user_id: proof.user.id,
        project_id: scope.project_id,
        system: scope.system,
        roles: scope.roles,
        methods: proof.methods,
        appcred_id: proof.appcred.map(|a| a.id),
        parent: proof.parent,
        issued: state.now,
        expires: proof.until.map_or(expires, |until| until.min(expires)),
    };
    let now = state.now;
    let stale: Vec<String> =
        state.tokens.iter().take_while(|t| t.expires <= now).map(|t| t.id.clone()).collect();
    for id in stale {
        state.tokens.remove(&id);
    }
    state.tokens.put(token.clone());
    let view = view(state, req, &token);
    Ok(Reply::json(201, &json!({ "token": view })).header("x-subject-token", secret))
}

/// The methods that this cloud would know if it were configured as most are.
const METHODS: [&str; 6] =
    ["external", "password", "token", "oauth1", "mapped", "application_credential"];

/// Refuses methods that do not exist, and application credentials that do not.
fn check_methods(state: &State, req: &Req, identity: &Value) -> Result<(), Reply> {
    let methods = identity["methods"].as_array().into_iter().flatten();
    if methods.filter_map(Value::as_str).any(|method| !METHODS.contains(&method)) {
        let error = json!({"error": {
            "code": 401, "identity": {"methods": METHODS}, "title": "Unauthorized",
            "message": "Attempted to authenticate with an unsupported method.",
        }});
        let uri = format!("Keystone uri=\"{}/identity\"", req.base);
        return Err(Reply::json(401, &error).header("www-authenticate", uri));
    }
    let appcred = identity["application_credential"]["id"].as_str();
    match appcred.filter(|id| state.appcreds.get(id).is_none()) {
        Some(id) => Err(not_found("Application Credential", id)),
        None => Ok(()),
    }
}

fn prove(state: &State, identity: &Value) -> Option<Proof> {
    let methods: Vec<String> = identity["methods"]
        .as_array()?
        .iter()
        .map(|m| m.as_str().map(str::to_owned))
        .collect::<Option<_>>()?;
    match methods.first()?.as_str() {
        "password" => {
            let claim = &identity["password"]["user"];
            let user = find_user(state, claim).filter(|user| user.enabled)?;
            let right = user.password == ids::digest(claim["password"].as_str()?);
            right.then(|| Proof {
                user: user.clone(),
                methods,
                appcred: None,
                parent: None,
                until: None,
            })
        }
        "application_credential" => {
            let claim = &identity["application_credential"];
            let appcred = match claim["id"].as_str() {
                Some(id) => state.appcreds.get(id)?,
                None => {
                    let user = find_user(state, &claim["user"])?;
                    let name = claim["name"].as_str()?;
                    state.appcreds.find("user", &user.id).find(|a| a.name == name)?
                }
            };
            let user = state.users.get(&appcred.user_id).filter(|user| user.enabled)?.clone();
            let expires = appcred.expires_at.as_deref().and_then(parse);
            let right = appcred.secret == ids::digest(claim["secret"].as_str()?)
                && expires.is_none_or(|at| at > state.now);
            right.then(|| Proof {
                user,
                methods,
                appcred: Some(appcred.clone()),
                parent: None,
                until: None,
            })
        }
        "token" => {
            let token = super::token_of(state, identity["token"]["id"].as_str()?)?;
            // A token of an application credential cannot be turned into another.
            if token.appcred_id.is_some() {
                return None;
            }
            let user = state.users.get(&token.user_id)?.clone();
            let methods = token.methods.iter().chain(&methods).cloned();
            let methods: std::collections::BTreeSet<String> = methods.collect();
            let methods = methods.into_iter().collect();
            Some(Proof {
                user,
                methods,
                appcred: None,
                parent: Some(token.id.clone()),
                until: Some(token.expires),
            })
        }
        _ => None,
    }
}

fn in_default_domain(claim: &Value) -> bool {
    claim["id"] == "default" || claim["name"] == "Default"
}

fn find_user<'a>(state: &'a State, claim: &Value) -> Option<&'a User> {
    match claim["id"].as_str() {
        Some(id) => state.users.get(id),
        None => state
            .users
            .find("name", claim["name"].as_str()?)
            .next()
            .filter(|_| in_default_domain(&claim["domain"])),
    }
}

fn scope(state: &State, proof: &Proof, wanted: &Value) -> Option<Scope> {
    let user = &proof.user;
    if let Some(appcred) = &proof.appcred {
        let project_id = Some(appcred.project_id.clone());
        let roles = appcred.roles.clone();
        return wanted.is_null().then_some(Scope { project_id, system: false, roles });
    }
    let in_project = |id: &str| {
        let roles = user.roles.get(id)?.clone();
        state.projects.get(id).filter(|project| project.enabled)?;
        Some(Scope { project_id: Some(id.to_owned()), system: false, roles })
    };
    let nowhere = Scope { project_id: None, system: false, roles: Vec::new() };
    let admin = user.name == "admin";
    let everything: Vec<String> = ["reader", "member", "admin"].map(str::to_owned).to_vec();
    if wanted["project"].is_object() {
        let claim = &wanted["project"];
        let project = match claim["id"].as_str() {
            Some(id) => state.projects.get(id)?,
            None => state
                .projects
                .find("name", claim["name"].as_str()?)
                .next()
                .filter(|_| in_default_domain(&claim["domain"]))?,
        };
        return in_project(&project.id);
    }
    if wanted["system"].is_object() {
        return admin.then_some(Scope { project_id: None, system: true, roles: everything });
    }
    if wanted["domain"].is_object() {
        return None;
    }
    let default = user.default_project_id.as_deref().filter(|_| wanted != "unscoped");
    Some(default.and_then(in_project).unwrap_or(nowhere))
}

/// Everything else under `/v3/auth`.
pub(super) fn answer(state: &mut State, req: &Req, who: &Caller, path: &[&str]) -> Answer {
    match (req.method.as_str(), path) {
        ("GET" | "HEAD", ["tokens"]) => {
            let subject = subject(state, req, who)?;
            let view = view(state, req, &subject);
            let secret = req.header("x-subject-token").unwrap_or_default();
            Ok(Reply::json(200, &json!({ "token": view })).header("x-subject-token", secret))
        }
        ("DELETE", ["tokens"]) => {
            let subject = subject(state, req, who)?;
            state.tokens.remove(&subject.id);
            Ok(Reply::empty(204))
        }
        ("GET" | "HEAD", ["catalog"]) => {
            let links = json!({"self": format!("{}/identity/v3/auth/catalog", req.base)});
            Ok(Reply::json(200, &json!({"catalog": catalog(req, &who.project_id), "links": links})))
        }
        ("GET" | "HEAD", ["projects"]) => {
            let user = state.users.get(&who.user_id);
            let projects: Vec<Value> = user
                .iter()
                .flat_map(|user| user.roles.keys())
                .filter_map(|id| state.projects.get(id))
                .map(|project| project_view(project, req))
                .collect();
            let url = format!("{}/identity/v3/auth/projects", req.base);
            Ok(Reply::json(200, &super::resources::collection("projects", projects, &url)))
        }
        ("GET" | "HEAD", [kind @ ("domains" | "system")]) => {
            let url = format!("{}/identity/v3/auth/{kind}", req.base);
            Ok(Reply::json(200, &super::resources::collection(kind, Vec::new(), &url)))
        }
        _ => Err(fault(404, "The resource could not be found.")),
    }
}

/// The token that a request is about; one's own, or any for an administrator.
fn subject(state: &State, req: &Req, who: &Caller) -> Result<Token, Reply> {
    let secret = req.header("x-subject-token").unwrap_or_default();
    let Some(token) = super::token_of(state, secret) else {
        let issued_here = secret.starts_with("gAAAAAB");
        let message = if issued_here {
            "Failed to validate token"
        } else {
            "Could not recognize Fernet token"
        };
        return Err(fault(404, message));
    };
    if token.user_id != who.user_id && !who.admin {
        return Err(super::forbidden("identity:validate_token"));
    }
    Ok(token.clone())
}

/// A token's body.
fn view(state: &State, req: &Req, token: &Token) -> Value {
    let name = state.users.get(&token.user_id).map(|u| u.name.as_str());
    let audit: Vec<&str> =
        iter::once(&token.id).chain(&token.parent).filter_map(|id| id.get(..22)).collect();
    let mut view = json!({
        "methods": token.methods,
        "user": {
            "domain": domain(), "id": token.user_id, "name": name, "password_expires_at": null,
        },
        "audit_ids": audit,
        "expires_at": format(token.expires, Stamp::Micros),
        "issued_at": format(token.issued, Stamp::Micros),
    });
    if let Some(project) = token.project_id.as_ref().and_then(|id| state.projects.get(id)) {
        view["project"] = json!({"domain": domain(), "id": project.id, "name": project.name});
        view["is_domain"] = json!(false);
    }
    if token.system {
        view["system"] = json!({"all": true});
    }
    if !token.roles.is_empty() {
        let roles = token.roles.iter().map(|name| json!({"id": fixed_id(name), "name": name}));
        view["roles"] = roles.collect();
        if req.param("nocatalog").is_none() {
            view["catalog"] = catalog(req, token.project_id.as_deref().unwrap_or_default());
        }
    }
    if let Some(appcred) = token.appcred_id.as_ref().and_then(|id| state.appcreds.get(id)) {
        view["application_credential"] = json!({
            "id": appcred.id, "name": appcred.name, "restricted": appcred.unrestricted != Some(true),
        });
    }
    view
}

fn catalog(req: &Req, project: &str) -> Value {
    SERVICES
        .iter()
        .map(|(name, kind, path)| {
            let path = path.replace("{project}", project);
            let endpoint = |interface: &str| {
                json!({
                    "id": fixed_id(&format!("{kind}-{interface}")), "interface": interface,
                    "region_id": "RegionOne", "url": format!("{}{path}", req.base),
                    "region": "RegionOne",
                })
            };
            let endpoints: Vec<Value> = ["public", "internal", "admin"].map(endpoint).to_vec();
            json!({"endpoints": endpoints, "id": fixed_id(kind), "type": kind, "name": name})
        })
        .collect()
}
