//! Server groups.

use super::validate::{self, invalid};
use super::{Cx, bad_request, fault, no_such_path, not_found};
use crate::records::Group;
use crate::web::{Answer, Object, Reply, python};
use serde_json::{Value, json};

/// From here on a group has one policy, with rules.
const ONE_POLICY: u32 = 64;

/// `/os-server-groups`
pub(super) fn answer(cx: &mut Cx<'_>, path: &[&str]) -> Answer {
    match (cx.req.method.as_str(), path) {
        ("GET", []) => list(cx),
        ("POST", []) => create(cx),
        ("GET", [id]) => {
            let group = get(cx, id)?;
            Ok(Reply::json(200, &json!({ "server_group": view(cx, group) })))
        }
        ("DELETE", [id]) => {
            get(cx, id)?;
            cx.may_write("os-server-groups:delete")?;
            cx.state.groups.remove(id);
            Ok(Reply::empty(204))
        }
        _ => Err(no_such_path()),
    }
}

fn get<'a>(cx: &'a Cx<'_>, id: &str) -> Result<&'a Group, Reply> {
    let found = cx.state.groups.get(id);
    let found = found.filter(|g| cx.who.admin || g.project_id == cx.who.project_id);
    found.ok_or_else(|| not_found(&format!("Instance group {id} could not be found.")))
}

fn list(cx: &Cx<'_>) -> Answer {
    let all = cx.who.admin && cx.req.param("all_projects").is_some();
    let number = |name: &str| cx.req.param(name).and_then(|text| text.parse::<usize>().ok());
    let limit = number("limit").filter(|limit| *limit > 0).unwrap_or(1000);
    let groups: Vec<Value> = cx
        .state
        .groups
        .iter()
        .filter(|group| all || group.project_id == cx.who.project_id)
        .skip(number("offset").unwrap_or_default())
        .take(limit)
        .map(|group| view(cx, group))
        .collect();
    Ok(Reply::json(200, &json!({ "server_groups": groups })))
}

fn view(cx: &Cx<'_>, group: &Group) -> Value {
    let members: Vec<&str> =
        cx.state.servers.find("group", &group.id).map(|server| server.id.as_str()).collect();
    let mut view = json!({"id": group.id, "name": group.name});
    if cx.minor >= ONE_POLICY {
        view["policy"] = json!(group.policy);
        view["rules"] = group
            .max_per_host
            .map_or_else(|| json!({}), |most| json!({ "max_server_per_host": most }));
    } else {
        view["policies"] = json!([group.policy]);
        view["metadata"] = json!({});
    }
    view["members"] = json!(members);
    if cx.minor >= 13 {
        view["project_id"] = json!(group.project_id);
        view["user_id"] = json!(group.user_id);
    }
    view
}

fn create(cx: &mut Cx<'_>) -> Answer {
    cx.may_write("os-server-groups:create")?;
    let body = cx.body()?;
    let wanted = validate::under(&body, "server_group", &[])?;
    let (policy, max_per_host) = if cx.minor >= ONE_POLICY {
        validate::fields("server_group", wanted, &["name", "policy"], &["rules"])?;
        (one_policy(cx, "policy", &wanted["policy"])?, rules(wanted)?)
    } else {
        validate::fields("server_group", wanted, &["name", "policies"], &[])?;
        let list = wanted["policies"].as_array().map_or(&[][..], Vec::as_slice);
        let [policy] = list else {
            let shown = python(&wanted["policies"]);
            let reason = if list.is_empty() { "too short" } else { "too long" };
            return Err(invalid("policies", &wanted["policies"], &format!("{shown} is {reason}")));
        };
        (one_policy(cx, "0", policy)?, None)
    };
    let name = validate::name("name", &wanted["name"])?.to_owned();
    let limit = cx.state.limit("compute", &cx.who.project_id, "server_groups");
    let used = cx.state.groups.count("project_id", &cx.who.project_id);
    if limit >= 0 && i64::try_from(used).unwrap_or(i64::MAX) >= limit {
        return Err(fault(403, "Quota exceeded, too many server groups."));
    }
    let group = Group {
        id: cx.state.uuid(),
        name,
        policy,
        max_per_host,
        project_id: cx.who.project_id.clone(),
        user_id: cx.who.user_id.clone(),
    };
    let shown = view(cx, &group);
    cx.state.groups.put(group);
    Ok(Reply::json(200, &json!({ "server_group": shown })))
}

fn one_policy(cx: &Cx<'_>, field: &str, value: &Value) -> Result<String, Reply> {
    let mut known = vec!["anti-affinity", "affinity"];
    if cx.minor >= 15 {
        known.extend(["soft-anti-affinity", "soft-affinity"]);
    }
    if let Some(policy) = value.as_str().filter(|policy| known.contains(policy)) {
        return Ok(policy.to_owned());
    }
    let list: Vec<String> = known.iter().map(|name| format!("'{name}'")).collect();
    let reason = format!("{} is not one of [{}]", python(value), list.join(", "));
    Err(invalid(field, value, &reason))
}

fn rules(wanted: &Object) -> Result<Option<u64>, Reply> {
    let Some(most) = wanted.get("rules").and_then(|rules| rules.get("max_server_per_host")) else {
        return Ok(None);
    };
    let number = python(most).trim_matches('\'').parse::<u64>().ok().filter(|n| *n > 0);
    let number = number.ok_or_else(|| {
        invalid("max_server_per_host", most, &format!("{} does not match '^[0-9]*$'", python(most)))
    })?;
    if wanted["policy"] != "anti-affinity" {
        return Err(bad_request("Only anti-affinity policy supports rules."));
    }
    Ok(Some(number))
}
