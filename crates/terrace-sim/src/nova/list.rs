//! Lists of servers: filters, order, pages.

use super::validate::tag;
use super::view::{self, Place};
use super::{Cx, bad_request, fault, not_allowed};
use crate::clock::parse;
use crate::records::Server;
use crate::web::{Answer, Reply, python};
use serde_json::{Value, json};
use std::cmp::Ordering;

/// The longest page.
const MAX_LIMIT: usize = 1000;

const KNOWN: &[&str] = &[
    "access_ip_v4",
    "access_ip_v6",
    "all_tenants",
    "auto_disk_config",
    "availability_zone",
    "block_device_mapping",
    "changes-before",
    "changes-since",
    "changes_since",
    "config_drive",
    "created_at",
    "deleted",
    "description",
    "display_description",
    "display_name",
    "flavor",
    "host",
    "hostname",
    "image",
    "image_ref",
    "info_cache",
    "instance_type_id",
    "ip",
    "ip6",
    "kernel_id",
    "key_name",
    "launch_index",
    "launched_at",
    "limit",
    "locked",
    "locked_by",
    "marker",
    "metadata",
    "name",
    "node",
    "not-tags",
    "not-tags-any",
    "pci_devices",
    "power_state",
    "progress",
    "project_id",
    "ramdisk_id",
    "reservation_id",
    "root_device_name",
    "security_groups",
    "services",
    "soft_deleted",
    "sort_dir",
    "sort_key",
    "status",
    "system_metadata",
    "tags",
    "tags-any",
    "task_state",
    "tenant_id",
    "terminated_at",
    "updated_at",
    "user_id",
    "uuid",
    "vm_state",
];

/// `GET /servers` and `GET /servers/detail`
pub(super) fn list(cx: &Cx<'_>, detail: bool) -> Answer {
    check(cx)?;
    let limit = limit(cx)?;
    let found = found(cx, limit + 1)?;
    let more = found.len() > limit;
    let page = &found[..found.len().min(limit)];
    let items: Vec<Value> = page
        .iter()
        .map(|server| {
            if detail {
                Value::Object(view::full(cx, server, Place::List))
            } else {
                view::brief(cx, server)
            }
        })
        .collect();
    let mut body = json!({ "servers": items });
    // Nova also links to a next page that may be empty when the limit was asked for.
    let full = cx.req.param("limit").is_some() && page.len() == limit;
    if let Some(last) = page.last().filter(|_| more || full) {
        let path =
            format!("{}/compute/v2.1/servers{}", cx.req.base, if detail { "/detail" } else { "" });
        let href = cx.req.link(&path, &[("marker", &last.id)]);
        body["servers_links"] = json!([{"rel": "next", "href": href}]);
    }
    Ok(Reply::json(200, &body))
}

fn limit(cx: &Cx<'_>) -> Result<usize, Reply> {
    let Some(text) = cx.req.param("limit") else { return Ok(MAX_LIMIT) };
    let wrong = || {
        bad_request(&format!(
            "Invalid input for query parameters limit. Value: {text}. '{text}' does not match \
             '^[0-9]*$'"
        ))
    };
    let limit: usize = text.parse().map_err(|_| wrong())?;
    Ok(if limit == 0 { MAX_LIMIT } else { limit.min(MAX_LIMIT) })
}

/// What servers can be sorted by.
const SORT_KEYS: [&str; 30] = [
    "kernel_id",
    "instance_type_id",
    "launched_at",
    "power_state",
    "project_id",
    "locked",
    "terminated_at",
    "access_ip_v6",
    "launch_index",
    "node",
    "key_name",
    "user_id",
    "vm_state",
    "availability_zone",
    "display_name",
    "access_ip_v4",
    "created_at",
    "task_state",
    "image_ref",
    "host",
    "ramdisk_id",
    "config_drive",
    "display_description",
    "hostname",
    "locked_by",
    "root_device_name",
    "updated_at",
    "uuid",
    "auto_disk_config",
    "progress",
];

fn check(cx: &Cx<'_>) -> Result<(), Reply> {
    if let Some(key) = cx.req.params("sort_key").find(|key| !SORT_KEYS.contains(key)) {
        let known: Vec<String> = SORT_KEYS.iter().map(|known| format!("'{known}'")).collect();
        return Err(bad_request(&format!(
            "Invalid input for query parameters sort_key. Value: {key}. '{key}' is not one of [{}]",
            known.join(", ")
        )));
    }
    if cx.minor >= 75 {
        let unknown = cx
            .req
            .query
            .iter()
            .map(|(name, _)| name.as_str())
            .find(|name| !KNOWN.contains(name) && !name.starts_with('_'));
        if let Some(name) = unknown {
            let shown = python(&json!(name));
            return Err(bad_request(&format!("{shown} does not match any of the regexes: '^_'")));
        }
    }
    let all = cx.req.param("all_tenants").is_some_and(|v| truthy(v) || v.is_empty());
    if all && !cx.who.admin {
        let place = if cx.req.path.ends_with("/detail") { "detail" } else { "index" };
        return Err(not_allowed(&format!("servers:{place}:get_all_tenants")));
    }
    for name in ["changes-since", "changes-before"] {
        if let Some(text) = cx.req.param(name).filter(|text| parse(text).is_none()) {
            return Err(bad_request(&format!(
                "Invalid input for query parameters {name}. Value: {text}. '{text}' is not a \
                 'date-time'"
            )));
        }
    }
    if asks_for_deleted(cx) && !cx.who.admin {
        return Err(fault(403, "Only administrators may list deleted instances"));
    }
    if cx.minor >= 38 && cx.req.params("status").any(|status| !view::is_status(status)) {
        return Err(bad_request("Invalid status value"));
    }
    for text in
        ["tags", "tags-any", "not-tags", "not-tags-any"].iter().filter_map(|f| cx.req.param(f))
    {
        for one in text.split(',') {
            tag("tags", &json!(one))?;
        }
    }
    Ok(())
}

fn truthy(text: &str) -> bool {
    ["1", "t", "true", "on", "y", "yes"].contains(&text.to_lowercase().as_str())
}

/// The servers of a page, in order.
fn found<'a>(cx: &'a Cx<'_>, most: usize) -> Result<Vec<&'a Server>, Reply> {
    let (table, gone) = (&cx.state.servers, &cx.state.deleted_servers);
    let marker = cx.req.param("marker");
    let known = |id: &str| table.get(id).or_else(|| gone.get(id)).is_some_and(|s| mine(cx, s));
    if let Some(marker) = marker.filter(|id| !known(id)) {
        return Err(bad_request(&format!("marker [{marker}] not found")));
    }
    let mut keys: Vec<&str> = cx.req.params("sort_key").collect();
    let with_deleted = shows_deleted(cx);
    if keys.is_empty() && with_deleted {
        keys.push("created_at");
    }
    if keys.is_empty() {
        // Newest first, which is the order they are kept in, backwards.
        return Ok(match marker {
            Some(id) => table.before(id).filter(|s| fits(cx, s)).take(most).collect(),
            None if one_project(cx) => {
                let own = table.find("project_id", &cx.who.project_id).rev();
                own.filter(|s| fits(cx, s)).take(most).collect()
            }
            None => table.iter().rev().filter(|s| fits(cx, s)).take(most).collect(),
        });
    }
    let directions: Vec<&str> = cx.req.params("sort_dir").collect();
    let gone = gone.iter().rev().filter(|_| with_deleted);
    let mut all: Vec<&Server> = table.iter().rev().chain(gone).filter(|s| fits(cx, s)).collect();
    all.sort_by(|a, b| {
        keys.iter().enumerate().fold(Ordering::Equal, |order, (at, key)| {
            let next = sort_value(a, key).cmp(&sort_value(b, key));
            let up = directions.get(at).is_some_and(|d| *d == "asc");
            order.then(if up { next } else { next.reverse() })
        })
    });
    let start = marker.and_then(|id| all.iter().position(|s| s.id == id)).map_or(0, |at| at + 1);
    Ok(all.into_iter().skip(start).take(most).collect())
}

/// Whether a list has those that are gone: what changed has them, and administrators ask for them.
fn shows_deleted(cx: &Cx<'_>) -> bool {
    let by_time =
        ["changes-since", "changes-before"].iter().any(|name| cx.req.param(name).is_some());
    by_time || cx.who.admin && asks_for_deleted(cx)
}

fn asks_for_deleted(cx: &Cx<'_>) -> bool {
    let mut statuses = cx.req.params("status").peekable();
    statuses.peek().is_some() && statuses.all(|status| status.eq_ignore_ascii_case("DELETED"))
}

fn sort_value(server: &Server, key: &str) -> String {
    match key {
        "display_name" | "name" => server.name.clone(),
        "uuid" => server.id.clone(),
        "updated_at" => format!("{:020}", server.updated),
        "vm_state" => server.vm_state.clone(),
        "task_state" => server.task_state.clone().unwrap_or_default(),
        "key_name" => server.key_name.clone().unwrap_or_default(),
        "image_ref" => server.image.clone().unwrap_or_default(),
        "host" => server.host.clone().unwrap_or_default(),
        "launched_at" => format!("{:020}", server.launched.unwrap_or_default()),
        _ => format!("{:020}{:020}", server.created, server.number),
    }
}

fn one_project(cx: &Cx<'_>) -> bool {
    !cx.who.admin || cx.req.param("all_tenants").is_none()
}

/// Whether the caller sees this server in lists.
fn mine(cx: &Cx<'_>, server: &Server) -> bool {
    if one_project(cx) {
        return server.project_id == cx.who.project_id;
    }
    let wanted = cx.req.param("project_id").or_else(|| cx.req.param("tenant_id"));
    wanted.is_none_or(|project| server.project_id == project)
}

fn fits(cx: &Cx<'_>, server: &Server) -> bool {
    mine(cx, server) && by_time(cx, server) && by_tags(cx, server) && by_fields(cx, server)
}

fn by_time(cx: &Cx<'_>, server: &Server) -> bool {
    let moment = |name: &str| cx.req.param(name).and_then(parse);
    moment("changes-since").is_none_or(|since| server.updated >= since)
        && moment("changes-before").is_none_or(|before| server.updated <= before)
}

fn by_tags(cx: &Cx<'_>, server: &Server) -> bool {
    let all = |text: &str| text.split(',').all(|tag| server.tags.iter().any(|t| t == tag));
    let any = |text: &str| text.split(',').any(|tag| server.tags.iter().any(|t| t == tag));
    let param = |name: &str| cx.req.param(name).filter(|_| cx.minor >= 26);
    param("tags").is_none_or(all)
        && param("tags-any").is_none_or(any)
        && param("not-tags").is_none_or(|text| !all(text))
        && param("not-tags-any").is_none_or(|text| !any(text))
}

/// Names are matched as MySQL does: anywhere, unless anchored.
fn name_matches(pattern: &str, name: &str) -> bool {
    let (name, pattern) = (name.to_lowercase(), pattern.to_lowercase());
    let from = pattern.strip_prefix('^');
    let body = from.unwrap_or(&pattern);
    let to = body.strip_suffix('$');
    let body = to.unwrap_or(body).replace("\\.", ".").replace("\\-", "-");
    match (from.is_some(), to.is_some()) {
        (true, true) => name == body,
        (true, false) => name.starts_with(&body),
        (false, true) => name.ends_with(&body),
        (false, false) => name.contains(&body),
    }
}

fn by_fields(cx: &Cx<'_>, server: &Server) -> bool {
    let param = |name: &str| cx.req.param(name);
    let statuses: Vec<&str> = cx.req.params("status").collect();
    let is = |name: &str, value: &str| param(name).is_none_or(|wanted| wanted == value);
    let has = |ip: &str| view::addresses(cx, server).to_string().contains(ip);
    (statuses.is_empty() || statuses.iter().any(|s| s.eq_ignore_ascii_case(view::status(server))))
        && param("name").is_none_or(|pattern| name_matches(pattern, &server.name))
        && param("uuid").filter(|_| cx.who.admin).is_none_or(|id| server.id == id)
        && (cx.minor < 83 || is("availability_zone", view::zone(server)))
        && is("flavor", &server.flavor.id)
        && is("image", server.image.as_deref().unwrap_or_default())
        && is("reservation_id", &server.reservation)
        && param("ip").is_none_or(has)
        && param("ip6").is_none_or(has)
        && is("vm_state", &server.vm_state)
        && param("host").filter(|_| cx.who.admin).is_none_or(|h| server.host.as_deref() == Some(h))
        && is("user_id", &server.user_id)
        && is("key_name", server.key_name.as_deref().unwrap_or_default())
        && param("hostname").is_none_or(|h| server.hostname == h)
        && param("locked").is_none_or(|l| truthy(l) == server.locked.is_some())
}
