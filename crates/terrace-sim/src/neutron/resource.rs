//! What all kinds of object have in common: creation, change, deletion, who sees what, quotas.

use super::{
    Kind, attrs, bad_request, fault, floating, forbidden, networks, ports, query, routers,
    security, subnets,
};
use crate::keystone::Caller;
use crate::records::Row;
use crate::state::State;
use crate::web::{Answer, Object, Reply, Req, seconds};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Whether the caller sees this object.
pub(super) fn can_see(state: &State, who: &Caller, kind: Kind, row: &Row) -> bool {
    if who.admin || row.text("project_id") == who.project_id {
        return true;
    }
    match kind {
        Kind::Network => row.flag("shared") || row.flag("router:external"),
        Kind::Subnet => {
            state.networks.get(row.text("network_id")).is_some_and(|network| network.flag("shared"))
        }
        _ => false,
    }
}

/// An object by id, if the caller sees it.
pub(super) fn visible(state: &State, who: &Caller, kind: Kind, id: &str) -> Result<Row, Reply> {
    let row = kind.table(state).get(id).filter(|row| can_see(state, who, kind, row));
    row.cloned().ok_or_else(|| kind.not_found(id))
}

/// An object by id, if the caller may change it.
fn owned(state: &State, who: &Caller, kind: Kind, id: &str, verb: &str) -> Result<Row, Reply> {
    let row = visible(state, who, kind, id)?;
    if who.admin || row.text("project_id") == who.project_id {
        return Ok(row);
    }
    Err(forbidden(&format!("{verb}_{}", kind.singular())))
}

/// `POST /v2.0/<kind>`: one object, or several of which all or none are made.
pub(super) fn post(state: &mut State, req: &Req, who: &Caller, kind: Kind) -> Answer {
    let body: Value = serde_json::from_slice(&req.body).unwrap_or_default();
    if let Some(items) = body.get(kind.plural()) {
        let made = post_several(state, who, kind, items)?;
        return Ok(Reply::json(201, &json!({kind.plural(): made})));
    }
    let body = super::body_of(req, kind.singular())?;
    let row = create(state, who, kind, body)?;
    count_rules(state, kind, std::slice::from_ref(&row));
    let mut view = query::view(state, who, kind, &row);
    if kind == Kind::Network {
        // Shown for every new network, afterwards only for external ones.
        view.entry("is_default").or_insert(json!(false));
    }
    Ok(Reply::json(201, &json!({kind.singular(): view})))
}

/// Several objects of one request; what goes wrong with one of them undoes all.
fn post_several(
    state: &mut State,
    who: &Caller,
    kind: Kind,
    items: &Value,
) -> Result<Vec<Object>, Reply> {
    if matches!(kind, Kind::Router | Kind::FloatingIp) {
        return Err(bad_request("Bulk operation not supported"));
    }
    if items.as_array().is_some_and(Vec::is_empty) {
        return Err(bad_request("Resources required"));
    }
    let bodies: Option<Vec<Object>> = items
        .as_array()
        .and_then(|items| items.iter().map(|one| one.as_object().cloned()).collect());
    let invalid = || bad_request(&format!("Object '{}' contains invalid data", kind.singular()));
    let bodies = bodies.ok_or_else(invalid)?;
    if kind == Kind::Rule {
        security::no_twins(&bodies)?;
    }
    let mut made = Vec::new();
    for body in bodies {
        made.push(create(state, who, kind, body)?);
    }
    count_rules(state, kind, &made);
    let views = made.iter().map(|row| {
        let mut view = query::view(state, who, kind, row);
        if kind == Kind::Network {
            view.entry("is_default").or_insert(json!(false));
        }
        view
    });
    Ok(views.collect())
}

/// New rules are a change of their group, one however many a request makes.
fn count_rules(state: &mut State, kind: Kind, made: &[Row]) {
    if kind == Kind::Rule {
        let groups: BTreeSet<&str> =
            made.iter().map(|rule| rule.text("security_group_id")).collect();
        groups.into_iter().for_each(|group| bump(state, Kind::SecurityGroup, group));
    }
}

/// Makes one object.
pub(crate) fn create(
    state: &mut State,
    who: &Caller,
    kind: Kind,
    mut body: Object,
) -> Result<Row, Reply> {
    let tenant = body.remove("tenant_id");
    let project = body.remove("project_id").or(tenant);
    let project = project.as_ref().and_then(Value::as_str).unwrap_or(&who.project_id).to_owned();
    if project != who.project_id && !who.admin {
        let message = "Specifying 'project_id' or 'tenant_id' other than the authenticated \
                       project in request requires admin or advsvc privileges";
        return Err(bad_request(message));
    }
    let body = attrs::for_post(&state.settings, who, kind, body)?;
    check_quota(state, &project, kind)?;
    let owner = Caller { project_id: project, ..who.clone() };
    let row = match kind {
        Kind::Network => networks::create(state, &owner, body),
        Kind::Subnet => subnets::create(state, &owner, body),
        Kind::Port => ports::create(state, &owner, body),
        Kind::SecurityGroup => security::create(state, &owner, body),
        Kind::Rule => security::create_rule(state, &owner, body),
        Kind::Router => routers::create(state, &owner, body),
        Kind::FloatingIp => floating::create(state, &owner, body),
    }?;
    Ok(row)
}

fn check_quota(state: &State, project: &str, kind: Kind) -> Result<(), Reply> {
    let limit = state.limit("network", project, kind.singular());
    let used = i64::try_from(kind.table(state).count("project_id", project)).unwrap_or(i64::MAX);
    if limit >= 0 && used >= limit {
        let message = format!("Quota exceeded for resources: ['{}'].", kind.singular());
        return Err(fault(409, "OverQuota", &message));
    }
    Ok(())
}

/// Changes one object.
pub(crate) fn update(
    state: &mut State,
    who: &Caller,
    (kind, id): (Kind, &str),
    body: Object,
) -> Result<Row, Reply> {
    let row = owned(state, who, kind, id, "update")?;
    let body = attrs::for_put(&state.settings, who, kind, body)?;
    let changed = match kind {
        Kind::Network => networks::update(state, row, body),
        Kind::Subnet => subnets::update(state, row, body),
        Kind::Port => ports::update(state, who, row, body),
        Kind::SecurityGroup => security::update(state, row, body),
        Kind::Rule => Err(fault(404, "HTTPNotFound", "The resource could not be found.")),
        Kind::Router => routers::update(state, who, row, body),
        Kind::FloatingIp => floating::update(state, who, row, body),
    }?;
    Ok(touch(state, kind, changed))
}

/// Deletes one object.
pub(super) fn delete(state: &mut State, who: &Caller, kind: Kind, id: &str) -> Result<(), Reply> {
    let row = owned(state, who, kind, id, "delete")?;
    match kind {
        Kind::Network => networks::delete(state, &row),
        Kind::Subnet => subnets::delete(state, &row),
        Kind::Port => ports::delete(state, &row),
        Kind::SecurityGroup => security::delete(state, who, &row),
        Kind::Rule => security::delete_rule(state, &row),
        Kind::Router => routers::delete(state, &row),
        Kind::FloatingIp => floating::delete(state, &row),
    }
}

/// The header `If-Match: revision_number=N`.
pub(super) fn check_revision(state: &State, req: &Req, kind: Kind, id: &str) -> Result<(), Reply> {
    let Some(wanted) = req.header("if-match") else { return Ok(()) };
    // What is no revision constrains nothing.
    let Some(number) = wanted.trim().strip_prefix("revision_number=") else { return Ok(()) };
    let number: i64 = number.parse().map_err(|_| {
        let message = "Bad if-match request: Revision number etag must be in the format of \
                       revision_number=<int>.";
        fault(400, "BadRequest", message)
    })?;
    let Some(row) = kind.table(state).get(id) else { return Ok(()) };
    if row.number("revision_number") == number {
        return Ok(());
    }
    let message = format!(
        "Constrained to {number}, but current revision is {}",
        row.number("revision_number")
    );
    Err(fault(412, "RevisionNumberConstraintFailed", &message))
}

/// A new row with the fields that every object has.
pub(super) fn stamped(state: &mut State, project: &str, body: Object, revision: i64) -> Row {
    let now = seconds(state.now);
    let mut row = Row(Object::new());
    row.set("id", state.uuid());
    row.0.extend(body);
    row.0.entry("tags").or_insert_with(|| json!([]));
    row.set("created_at", now.clone());
    row.set("updated_at", now);
    row.set("revision_number", revision);
    row.set("project_id", project);
    row.set("tenant_id", project);
    row
}

/// Stores a changed row with its next revision.
pub(super) fn touch(state: &mut State, kind: Kind, mut row: Row) -> Row {
    row.set("revision_number", row.number("revision_number") + 1);
    row.set("updated_at", seconds(state.now));
    kind.table_mut(state).put(row.clone());
    row
}

/// Counts a change of what belongs to an object as a change of it.
pub(super) fn bump(state: &mut State, kind: Kind, id: &str) {
    if let Some(row) = kind.table(state).get(id).cloned() {
        touch(state, kind, row);
    }
}
