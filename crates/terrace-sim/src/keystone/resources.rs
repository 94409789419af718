//! Projects, users, roles, services, endpoints and application credentials.

use super::{Caller, ROLES, SERVICES, fault, fixed_id, forbidden, not_found, project_view};
use crate::clock::{Stamp, format, parse};
use crate::ids;
use crate::records::{AppCred, User};
use crate::state::State;
use crate::web::{Answer, Reply, Req};
use serde_json::{Value, json};

/// A list in Keystone's envelope.
pub(super) fn collection(name: &str, items: Vec<Value>, url: &str) -> Value {
    json!({name: items, "links": {"next": null, "self": url, "previous": null}})
}

/// Requests on everything but tokens.
pub(super) fn answer(state: &mut State, req: &Req, who: &Caller, path: &[&str]) -> Answer {
    if let Some(answer) = super::admin::answer(state, req, who, path) {
        return answer;
    }
    match (req.method.as_str(), path) {
        (_, ["users", user, "application_credentials", rest @ ..]) => {
            appcreds(state, req, who, (user, rest))
        }
        ("GET", ["users", user, "projects"]) => {
            own(who, user, "identity:list_user_projects")?;
            let found = state.users.get(user).ok_or_else(|| not_found("user", user))?;
            let ids = found.roles.keys().filter_map(|id| state.projects.get(id));
            list(req, "projects", ids.map(|p| project_view(p, req)).collect())
        }
        ("GET", [kind]) => list_of(state, req, who, kind),
        ("GET", ["users", id]) => {
            own(who, id, "identity:get_user")?;
            let user = state.users.get(id).ok_or_else(|| not_found("user", id))?;
            Ok(Reply::json(200, &json!({ "user": user_view(user, req) })))
        }
        ("GET", ["projects", id]) => {
            if !who.admin && who.project_id != *id {
                return Err(forbidden("identity:get_project"));
            }
            let project = state.projects.get(id).ok_or_else(|| not_found("project", id))?;
            Ok(Reply::json(200, &json!({ "project": project_view(project, req) })))
        }
        ("GET", [kind, id]) => one_of(state, req, who, (kind, id)),
        _ => Err(super::no_such_path()),
    }
}

fn own(who: &Caller, user: &str, action: &str) -> Result<(), Reply> {
    if who.admin || who.user_id == user { Ok(()) } else { Err(forbidden(action)) }
}

/// A list, reduced to what the query's fields ask for.
fn list(req: &Req, kind: &str, items: Vec<Value>) -> Answer {
    let fits = |item: &Value| {
        req.query.iter().all(|(field, wanted)| match item.get(field) {
            Some(Value::String(text)) => text == wanted,
            Some(Value::Bool(flag)) => flag.to_string().eq_ignore_ascii_case(wanted),
            _ => true,
        })
    };
    let items = items.into_iter().filter(fits).collect();
    Ok(Reply::json(200, &collection(kind, items, &req.own_url())))
}

fn list_of(state: &State, req: &Req, who: &Caller, kind: &str) -> Answer {
    let items = everything(state, req, kind).ok_or_else(super::no_such_path)?;
    if !who.admin && kind != "regions" {
        return Err(forbidden(&format!("identity:list_{kind}")));
    }
    list(req, kind, items)
}

fn one_of(state: &State, req: &Req, who: &Caller, (kind, id): (&str, &str)) -> Answer {
    let items = everything(state, req, kind)
        .ok_or_else(|| fault(404, "The resource could not be found."))?;
    let singular = kind.trim_end_matches('s');
    let open = kind == "regions" || (kind == "domains" && id == "default");
    if !open && !who.admin {
        return Err(forbidden(&format!("identity:get_{singular}")));
    }
    let found = items.into_iter().find(|item| item["id"] == *id);
    let item = found.ok_or_else(|| not_found(singular, id))?;
    Ok(Reply::json(200, &json!({ singular: item })))
}

/// A role, none of which can be changed.
pub(super) fn role_view(name: &str, req: &Req) -> Value {
    let id = fixed_id(name);
    let links = json!({"self": format!("{}/identity/v3/roles/{id}", req.base)});
    json!({
        "id": id, "name": name, "domain_id": null, "description": null,
        "options": {"immutable": true}, "links": links,
    })
}

/// All objects of one kind.
fn everything(state: &State, req: &Req, kind: &str) -> Option<Vec<Value>> {
    let link =
        |kind: &str, id: &str| json!({"self": format!("{}/identity/v3/{kind}/{id}", req.base)});
    Some(match kind {
        "projects" => state.projects.iter().map(|p| project_view(p, req)).collect(),
        "users" => state.users.iter().map(|u| user_view(u, req)).collect(),
        "roles" => ROLES.iter().map(|name| role_view(name, req)).collect(),
        "domains" => vec![json!({
            "id": "default", "name": "Default", "description": "The default domain",
            "enabled": true, "tags": [], "options": {}, "links": link("domains", "default"),
        })],
        "regions" => vec![json!({
            "id": "RegionOne", "description": "", "parent_region_id": null,
            "links": link("regions", "RegionOne"),
        })],
        "services" => SERVICES
            .iter()
            .map(|(name, kind, _)| {
                let id = fixed_id(kind);
                let links = link("services", &id);
                json!({"id": id, "name": name, "type": kind, "enabled": true, "links": links})
            })
            .collect(),
        "endpoints" => SERVICES.iter().flat_map(|service| endpoints(req, service)).collect(),
        "role_assignments" => assignments(state, req),
        _ => return None,
    })
}

fn endpoints(req: &Req, (_, kind, path): &(&str, &str, &str)) -> Vec<Value> {
    ["public", "internal", "admin"]
        .map(|interface| {
            let id = fixed_id(&format!("{kind}-{interface}"));
            let url = format!("{}{}", req.base, path.replace("{project}", "$(project_id)s"));
            let own = format!("{}/identity/v3/endpoints/{id}", req.base);
            json!({
                "id": id, "interface": interface, "region_id": "RegionOne", "enabled": true,
                "service_id": fixed_id(kind), "url": url, "region": "RegionOne",
                "links": {"self": own},
            })
        })
        .to_vec()
}

/// Who was given which role where, reduced to what the query asks for.
fn assignments(state: &State, req: &Req) -> Vec<Value> {
    let is = |filter: &str, id: &str| req.param(filter).is_none_or(|wanted| wanted == id);
    let mut all = Vec::new();
    for user in state.users.iter().filter(|user| is("user.id", &user.id)) {
        for (project, roles) in user.roles.iter().filter(|(id, _)| is("scope.project.id", id)) {
            let given = roles.iter().filter(|role| !super::admin::implied(roles, role));
            for role in given.filter(|role| is("role.id", &fixed_id(role))) {
                all.push(assignment(state, req, user, (project, role)));
            }
        }
    }
    all
}

fn assignment(state: &State, req: &Req, user: &User, (project, role): (&str, &str)) -> Value {
    let (user_id, role_id) = (&user.id, fixed_id(role));
    let path = format!("projects/{project}/users/{user_id}/roles/{role_id}");
    let mut view = json!({
        "scope": {"project": {"id": project}}, "role": {"id": role_id}, "user": {"id": user_id},
        "links": {"assignment": format!("{}/identity/v3/{path}", req.base)},
    });
    let names = req.params("include_names").any(|value| !["0", "false", "False"].contains(&value));
    if names {
        view["user"]["name"] = json!(user.name);
        view["user"]["domain"] = super::domain();
        view["role"]["name"] = json!(role);
        let project = state.projects.get(project).map(|project| project.name.clone());
        view["scope"]["project"]["name"] = json!(project);
        view["scope"]["project"]["domain"] = super::domain();
    }
    view
}

pub(super) fn user_view(user: &User, req: &Req) -> Value {
    let mut view = json!({
        "id": user.id, "name": user.name, "domain_id": "default", "enabled": user.enabled,
        "password_expires_at": null, "options": {},
        "links": {"self": format!("{}/identity/v3/users/{}", req.base, user.id)},
    });
    if let Some(project) = &user.default_project_id {
        view["default_project_id"] = json!(project);
    }
    for (field, value) in &user.more {
        view[field] = value.clone();
    }
    view
}

fn appcreds(state: &mut State, req: &Req, who: &Caller, (user, path): (&str, &[&str])) -> Answer {
    own(who, user, "identity:list_application_credentials")?;
    match (req.method.as_str(), path) {
        ("GET", []) => {
            let all = state.appcreds.find("user", user).map(|a| appcred_view(a, req)).collect();
            list(req, "application_credentials", all)
        }
        ("POST", []) => create_appcred(state, req, who),
        (method, [id]) => {
            let found = state.appcreds.get(id).filter(|a| a.user_id == user);
            let found = found.ok_or_else(|| not_found("Application Credential", id))?;
            match method {
                "GET" => {
                    let view = appcred_view(found, req);
                    Ok(Reply::json(200, &json!({ "application_credential": view })))
                }
                "DELETE" => {
                    state.appcreds.remove(id);
                    Ok(Reply::empty(204))
                }
                _ => Err(fault(405, "The method is not allowed for the requested URL.")),
            }
        }
        _ => Err(fault(404, "The resource could not be found.")),
    }
}

fn create_appcred(state: &mut State, req: &Req, who: &Caller) -> Answer {
    let body: Value = serde_json::from_slice(&req.body).unwrap_or_default();
    let wanted = &body["application_credential"];
    let Some(name) = wanted["name"].as_str() else {
        return Err(fault(400, "'name' is a required property"));
    };
    if state.appcreds.find("user", &who.user_id).any(|a| a.name == name) {
        let message = "Conflict occurred attempting to store application_credential - Duplicate \
                       entry found with name ";
        return Err(fault(409, &format!("{message}{name}.")));
    }
    let mut roles: Vec<String> = wanted["roles"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|role| {
            ROLES.iter().find(|name| role["name"] == **name || role["id"] == fixed_id(name))
        })
        .map(|role| (*role).to_owned())
        .collect();
    if roles.is_empty() {
        roles = who.token.roles.clone();
    }
    let secret = match wanted["secret"].as_str() {
        Some(secret) => secret.to_owned(),
        None => state.secret(86),
    };
    let expires = wanted["expires_at"].as_str().and_then(parse);
    let appcred = AppCred {
        id: state.hex_id(),
        name: name.to_owned(),
        description: wanted["description"].as_str().map(str::to_owned),
        user_id: who.user_id.clone(),
        project_id: who.project_id.clone(),
        roles,
        secret: ids::digest(&secret),
        unrestricted: wanted["unrestricted"].as_bool(),
        expires_at: expires.map(|at| format(at, Stamp::Micros)),
    };
    let mut view = appcred_view(&appcred, req);
    view["secret"] = json!(secret);
    state.appcreds.put(appcred);
    Ok(Reply::json(201, &json!({ "application_credential": view })))
}

fn appcred_view(appcred: &AppCred, req: &Req) -> Value {
    let roles = appcred.roles.iter().map(|name| {
        let options = json!({"immutable": true});
        json!({
            "id": fixed_id(name), "name": name, "domain_id": null, "description": null,
            "options": options,
        })
    });
    let path = format!("application_credentials/{}", appcred.id);
    json!({
        "id": appcred.id, "name": appcred.name, "description": appcred.description,
        "project_id": appcred.project_id, "user_id": appcred.user_id,
        "system": null, "expires_at": appcred.expires_at, "unrestricted": appcred.unrestricted,
        "roles": roles.collect::<Vec<_>>(),
        "links": {"self": format!("{}/identity/v3/{path}", req.base)},
    })
}
