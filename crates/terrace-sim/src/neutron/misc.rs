//! What is not an object: the version's root, extensions, quotas, zones, agents.

use super::pools::Referred;
use super::{KINDS, bad_request, no_such_path};
use crate::keystone::Caller;
use crate::state::State;
use crate::web::{Answer, Object, Reply, Req, object};
use serde_json::{Value, json};

/// Alias and name of what is offered beyond the core API.
const EXTENSIONS: &[(&str, &str)] = &[
    ("address-scope", "Address scope"),
    ("agent", "agent"),
    ("allowed-address-pairs", "Allowed Address Pairs"),
    ("availability_zone", "Availability Zone"),
    ("binding", "Port Binding"),
    ("default-subnetpools", "Default Subnetpools"),
    ("dhcp_agent_scheduler", "DHCP Agent Scheduler"),
    ("empty-string-filtering", "Empty String Filtering Extension"),
    ("ext-gw-mode", "Neutron L3 Configurable external gateway mode"),
    ("external-net", "Neutron external network"),
    ("extra_dhcp_opt", "Neutron Extra DHCP options"),
    ("extraroute", "Neutron Extra Route"),
    ("extraroute-atomic", "Atomically add/remove extra routes"),
    ("filter-validation", "Filter parameters validation"),
    ("fip-port-details", "Floating IP Port Details Extension"),
    ("ip-substring-filtering", "IP address substring filtering"),
    ("multi-provider", "Multi Provider Network"),
    ("net-mtu", "Network MTU"),
    ("net-mtu-writable", "Network MTU (writable)"),
    ("network_availability_zone", "Network Availability Zone"),
    ("pagination", "Pagination support"),
    ("port-security", "Port Security"),
    ("project-id", "project_id field enabled"),
    ("provider", "Provider Network"),
    ("quota_details", "Quota details management support"),
    ("quotas", "Quota management support"),
    ("revision-if-match", "If-Match constraints based on revision_number"),
    ("router", "Neutron L3 Router"),
    ("router_availability_zone", "Router Availability Zone"),
    ("security-group", "security-group"),
    ("security-groups-normalized-cidr", "Normalized CIDR field for security group rules"),
    ("sorting", "Sorting support"),
    ("standard-attr-description", "standard-attr-description"),
    ("standard-attr-revisions", "Resource revision numbers"),
    (
        "standard-attr-tag",
        "Tag support for resources with standard attribute: port, subnet, subnetpool, network, router, floatingip, policy, security_group, trunk, network_segment_range",
    ),
    ("standard-attr-timestamp", "Resource timestamps"),
    ("stateful-security-group", "Stateful security group"),
    ("subnet_allocation", "Subnet Allocation"),
    ("subnet-service-types", "Subnet service types"),
];

/// Resources with a quota but no objects here.
const OTHER_QUOTAS: [&str; 2] = ["subnetpool", "rbac_policy"];

/// `GET /v2.0/`
pub(super) fn root(req: &Req) -> Reply {
    // The kinds of the core; what extensions add is not said here.
    let core = ["network", "subnet", "subnetpool", "port"];
    let resources = core.map(|name| {
        let href = format!("{}/network/v2.0/{name}s", req.base);
        let links = json!([{"rel": "self", "href": href}]);
        json!({"name": name, "collection": format!("{name}s"), "links": links})
    });
    Reply::json(200, &json!({ "resources": resources }))
}

fn extension((alias, name): &(&str, &str)) -> Value {
    json!({
        "alias": alias, "name": name, "description": name, "links": [],
        "updated": "2015-01-01T10:00:00-00:00",
    })
}

/// Requests that concern no kind of object.
pub(super) fn answer(state: &mut State, req: &Req, who: &Caller, path: &[&str]) -> Answer {
    match (req.method.as_str(), path) {
        ("GET", ["extensions"]) => {
            let all: Vec<Value> = EXTENSIONS.iter().map(extension).collect();
            Ok(Reply::json(200, &json!({ "extensions": all })))
        }
        ("GET", ["extensions", alias]) => {
            let found = EXTENSIONS.iter().find(|(known, _)| known == alias);
            let found = found.ok_or_else(|| {
                let message = format!(
                    "The resource could not be found.<br /><br />\nExtension with alias {alias} does \
                     not exist\n\n"
                );
                let code = "404 Not Found";
                Reply::json(404, &json!({"message": message, "code": code, "title": "Not Found"}))
            })?;
            Ok(Reply::json(200, &json!({ "extension": extension(found) })))
        }
        (_, ["quotas", rest @ ..]) => quotas(state, req, who, rest),
        ("GET", ["availability_zones"]) => Ok(Reply::json(200, &json!({"availability_zones": []}))),
        ("GET", ["agents"]) => Ok(Reply::json(200, &json!({"agents": []}))),
        (_, ["subnetpools", rest @ ..]) => {
            super::pools::answer(state, req, who, (Referred::Pool, rest))
        }
        (_, ["address-groups", rest @ ..]) => {
            super::pools::answer(state, req, who, (Referred::AddressGroup, rest))
        }
        _ => Err(no_such_path()),
    }
}

/// A limit, with the one that Neutron has even where nothing is limited.
fn limit(state: &State, project: &str, name: &str) -> i64 {
    let limit = state.limit("network", project, name);
    if name == "rbac_policy" && limit < 0 { 10 } else { limit }
}

fn names() -> Vec<&'static str> {
    KINDS.iter().map(|kind| kind.singular()).chain(OTHER_QUOTAS).collect()
}

fn quotas(state: &mut State, req: &Req, who: &Caller, path: &[&str]) -> Answer {
    let project = path.first().copied().unwrap_or(&who.project_id);
    if project != who.project_id && project != "tenant" && project != "project" && !who.admin {
        return Err(super::forbidden("get_quota"));
    }
    let limits = |state: &State, owner: &str| -> Object {
        let all = names().into_iter();
        all.map(|n| (n.to_owned(), json!(limit(state, owner, n)))).collect()
    };
    match (req.method.as_str(), path) {
        ("GET", []) => Ok(Reply::json(200, &json!({"quotas": []}))),
        ("GET", ["tenant" | "project"]) => {
            let tenant = json!({"tenant_id": who.project_id, "project_id": who.project_id});
            Ok(Reply::json(200, &json!({ "tenant": tenant })))
        }
        ("GET", [_]) => Ok(Reply::json(200, &json!({ "quota": limits(state, project) }))),
        ("GET", [_, "default"]) => Ok(Reply::json(200, &json!({ "quota": limits(state, "") }))),
        ("GET", [_, "details"]) => {
            let mut out = Object::new();
            for name in names() {
                let kind = KINDS.iter().find(|kind| kind.singular() == name);
                let used = kind.map_or(0, |kind| kind.table(state).count("project_id", project));
                let limit = limit(state, project, name);
                out.insert(name.into(), json!({"used": used, "limit": limit, "reserved": 0}));
            }
            Ok(Reply::json(200, &json!({ "quota": out })))
        }
        ("PUT", [_]) if who.admin => {
            let body = super::body_of(req, "quota")?;
            let id = format!("network/{project}");
            let mut row = state.quotas.get(&id).cloned().unwrap_or_default();
            row.0.extend(object(json!({ "id": id })));
            // `force` is how it always is here; nothing is checked.
            let steer = ["force", "check_limit"];
            for (name, value) in body.into_iter().filter(|(n, _)| !steer.contains(&n.as_str())) {
                if !names().contains(&name.as_str()) {
                    return Err(bad_request(&format!("Unrecognized attribute(s) '{name}'")));
                }
                row.set(&name, value);
            }
            state.quotas.put(row);
            Ok(Reply::json(200, &json!({ "quota": limits(state, project) })))
        }
        ("DELETE", [_]) if who.admin => {
            state.quotas.remove(&format!("network/{project}"));
            Ok(Reply::empty(204))
        }
        ("PUT" | "DELETE", [_]) => Err(super::forbidden("update_quota")),
        _ => Err(no_such_path()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quota_names_cover_every_kind() {
        for kind in KINDS {
            assert!(names().contains(&kind.singular()));
        }
    }
}
