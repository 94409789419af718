//! Projects and users made and removed, and who is what where.

use super::resources::user_view;
use super::{Caller, ROLES, fault, fixed_id, forbidden, not_found, project_view};
use crate::ids;
use crate::records::{Project, User};
use crate::state::State;
use crate::web::{Answer, Object, Reply, Req, text};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Requests that change projects, users and roles; none if it is another request.
pub(super) fn answer(state: &mut State, req: &Req, who: &Caller, path: &[&str]) -> Option<Answer> {
    let act: fn(&mut State, &Req, &[&str]) -> Answer = match (req.method.as_str(), path) {
        ("POST", ["projects"]) => create_project,
        ("POST", ["users"]) => create_user,
        ("PATCH", ["projects", _]) => change_project,
        ("PATCH", ["users", _]) => change_user,
        ("DELETE", ["projects", _]) => delete_project,
        ("DELETE", ["users", _]) => delete_user,
        ("PUT" | "DELETE" | "HEAD", ["projects", _, "users", _, "roles", _]) => role,
        ("GET", ["projects", _, "users", _, "roles"]) => role,
        _ => return None,
    };
    let verb = match req.method.as_str() {
        "POST" => "create",
        "DELETE" => "delete",
        "PATCH" => "update",
        _ => "grant",
    };
    if !who.admin {
        let what = path[0].trim_end_matches('s');
        return Some(Err(forbidden(&format!("identity:{verb}_{what}"))));
    }
    Some(act(state, req, path))
}

fn body(req: &Req, name: &str) -> Result<Object, Reply> {
    let body: Object = serde_json::from_slice(&req.body).unwrap_or_default();
    let inner = body.get(name).and_then(Value::as_object).cloned();
    inner.ok_or_else(|| fault(400, &format!("'{name}' is a required property")))
}

fn named(body: &Object) -> Result<String, Reply> {
    let name = text(body, "name").map(str::to_owned).filter(|name| !name.is_empty());
    name.ok_or_else(|| fault(400, "'name' is a required property"))
}

/// A second object of a name.
fn taken(kind: &str, name: &str) -> Reply {
    let message = match kind {
        "project" => format!(
            "Conflict occurred attempting to store project - it is not permitted to have two \
             projects with either the same name or same id in the same domain: name is {name}, \
             project id default."
        ),
        kind => format!(
            "Conflict occurred attempting to store {kind} - Duplicate entry found with name {name} \
             at domain ID default."
        ),
    };
    fault(409, &message)
}

fn create_project(state: &mut State, req: &Req, _: &[&str]) -> Answer {
    let body = body(req, "project")?;
    let name = named(&body)?;
    if state.projects.find("name", &name).next().is_some() {
        return Err(taken("project", &name));
    }
    let description = text(&body, "description").unwrap_or_default().to_owned();
    let enabled = body.get("enabled").and_then(Value::as_bool).unwrap_or(true);
    let project = Project { id: state.hex_id(), name, description, enabled };
    state.projects.put(project.clone());
    Ok(Reply::json(201, &json!({ "project": project_view(&project, req) })))
}

fn create_user(state: &mut State, req: &Req, _: &[&str]) -> Answer {
    let body = body(req, "user")?;
    let name = named(&body)?;
    if state.users.find("name", &name).next().is_some() {
        return Err(taken("user", &name));
    }
    let user = User {
        id: state.hex_id(),
        name,
        password: ids::digest(text(&body, "password").unwrap_or_default()),
        default_project_id: text(&body, "default_project_id").map(str::to_owned),
        roles: BTreeMap::new(),
        enabled: body.get("enabled").and_then(Value::as_bool).unwrap_or(true),
        more: more(&body),
    };
    state.users.put(user.clone());
    Ok(Reply::json(201, &json!({ "user": user_view(&user, req) })))
}

/// What a user has beside the fields that mean something here.
fn more(body: &Object) -> Object {
    const KNOWN: [&str; 7] =
        ["id", "name", "domain_id", "password", "default_project_id", "enabled", "options"];
    let rest = body.iter().filter(|(field, _)| !KNOWN.contains(&field.as_str()));
    rest.map(|(field, value)| (field.clone(), value.clone())).collect()
}

/// The name that an object is to have, unless another one has it.
fn new_name(body: &Object, kind: &str, taken_by: Option<&str>, id: &str) -> Result<(), Reply> {
    match text(body, "name") {
        Some(name) if taken_by.is_some_and(|other| other != id) => Err(taken(kind, name)),
        _ => Ok(()),
    }
}

fn change_project(state: &mut State, req: &Req, path: &[&str]) -> Answer {
    let body = body(req, "project")?;
    let mut project =
        state.projects.get(path[1]).cloned().ok_or_else(|| not_found("project", path[1]))?;
    let name = text(&body, "name").unwrap_or(&project.name).to_owned();
    let other = state.projects.find("name", &name).next().map(|other| other.id.as_str());
    new_name(&body, "project", other, &project.id)?;
    project.name = name;
    if let Some(description) = text(&body, "description") {
        project.description = description.to_owned();
    }
    project.enabled = body.get("enabled").and_then(Value::as_bool).unwrap_or(project.enabled);
    if !project.enabled {
        end_tokens(state, |token| token.project_id.as_deref() == Some(project.id.as_str()));
    }
    state.projects.put(project.clone());
    Ok(Reply::json(200, &json!({ "project": project_view(&project, req) })))
}

fn change_user(state: &mut State, req: &Req, path: &[&str]) -> Answer {
    let body = body(req, "user")?;
    let mut user = state.users.get(path[1]).cloned().ok_or_else(|| not_found("user", path[1]))?;
    let name = text(&body, "name").unwrap_or(&user.name).to_owned();
    let other = state.users.find("name", &name).next().map(|other| other.id.as_str());
    new_name(&body, "user", other, &user.id)?;
    user.name = name;
    if let Some(password) = text(&body, "password") {
        user.password = ids::digest(password);
    }
    if let Some(project) = body.get("default_project_id") {
        user.default_project_id = project.as_str().map(str::to_owned);
    }
    user.enabled = body.get("enabled").and_then(Value::as_bool).unwrap_or(user.enabled);
    user.more.extend(more(&body));
    if !user.enabled || body.contains_key("password") {
        end_tokens(state, |token| token.user_id == user.id);
    }
    state.users.put(user.clone());
    Ok(Reply::json(200, &json!({ "user": user_view(&user, req) })))
}

fn delete_project(state: &mut State, _: &Req, path: &[&str]) -> Answer {
    let id = path[1];
    state.projects.remove(id).ok_or_else(|| not_found("project", id))?;
    let members: Vec<String> = state.users.iter().map(|user| user.id.clone()).collect();
    for user in members {
        state.users.update(&user, |user| {
            user.roles.remove(id);
        });
    }
    end_tokens(state, |token| token.project_id.as_deref() == Some(id));
    Ok(Reply::empty(204))
}

fn delete_user(state: &mut State, _: &Req, path: &[&str]) -> Answer {
    let id = path[1];
    state.users.remove(id).ok_or_else(|| not_found("user", id))?;
    end_tokens(state, |token| token.user_id == id);
    Ok(Reply::empty(204))
}

fn end_tokens(state: &mut State, over: impl Fn(&crate::records::Token) -> bool) {
    let ended: Vec<String> =
        state.tokens.iter().filter(|token| over(token)).map(|token| token.id.clone()).collect();
    for id in ended {
        state.tokens.remove(&id);
    }
}

/// Whether a role comes with another one, so that it was not given itself.
pub(super) fn implied(roles: &[String], name: &str) -> bool {
    match name {
        "reader" => roles.iter().any(|role| role == "member"),
        "member" => roles.iter().any(|role| role == "admin"),
        _ => false,
    }
}

/// `/projects/{project}/users/{user}/roles[/{role}]`
fn role(state: &mut State, req: &Req, path: &[&str]) -> Answer {
    let (project, user) = (path[1], path[3]);
    state.projects.get(project).ok_or_else(|| not_found("project", project))?;
    let found = state.users.get(user).cloned().ok_or_else(|| not_found("user", user))?;
    let has = found.roles.get(project).cloned().unwrap_or_default();
    let Some(id) = path.get(5) else {
        let roles: Vec<Value> = has
            .iter()
            .filter(|name| !implied(&has, name))
            .map(|name| super::resources::role_view(name, req))
            .collect();
        let url = format!("{}{}", req.base, req.path);
        return Ok(Reply::json(200, &super::resources::collection("roles", roles, &url)));
    };
    let name = ROLES.iter().find(|name| fixed_id(name) == *id);
    let name = (*name.ok_or_else(|| not_found("role", id))?).to_owned();
    // A member reads, an administrator does everything: the cloud's roles imply each other.
    let implied: &[&str] = match name.as_str() {
        "admin" => &["reader", "member", "admin"],
        "member" => &["reader", "member"],
        _ => &[],
    };
    let mut roles = has.clone();
    match req.method.as_str() {
        "PUT" => {
            let all = implied.iter().map(|name| (*name).to_owned()).chain([name]);
            all.for_each(|name| {
                if !roles.contains(&name) {
                    roles.push(name);
                }
            });
        }
        "DELETE" => roles.retain(|have| *have != name && !implied.contains(&have.as_str())),
        _ if has.contains(&name) => {}
        _ => return Err(not_found("role assignment with role", id)),
    }
    state.users.update(user, |user| {
        user.roles.insert(project.to_owned(), roles);
    });
    Ok(Reply::empty(204))
}
