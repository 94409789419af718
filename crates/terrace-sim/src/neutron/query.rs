//! Lists: filters, order, pages, fields; and how an object is shown to whom.

use super::{Kind, attrs, bad_request, resource};
use crate::keystone::Caller;
use crate::records::Row;
use crate::settings::Settings;
use crate::state::State;
use crate::table::Record;
use crate::web::{Answer, Object, Reply, Req};
use serde_json::{Value, json};
use std::cmp::Ordering;

/// Query parameters that are not filters.
const CONTROL: [&str; 6] = ["limit", "marker", "page_reverse", "sort_key", "sort_dir", "fields"];
const TAG_FILTERS: [&str; 4] = ["tags", "tags-any", "not-tags", "not-tags-any"];

/// `GET /v2.0/<kind>`
pub(super) fn list(state: &mut State, req: &Req, who: &Caller, kind: Kind) -> Answer {
    if matches!(kind, Kind::SecurityGroup) {
        super::default_group(state, &who.project_id);
    }
    check_filters(&state.settings, req, kind)?;
    let mut rows = candidates(state, req, who, kind);
    rows.retain(|row| resource::can_see(state, who, kind, row));
    let limit = limit(req)?;
    let shown = |row: &Row| Some(view(state, who, kind, row)).filter(|row| fits(row, req));
    let marker = marker(state, req, who, kind, limit)?;
    let rows: Vec<Object> = if is_by_id(req) {
        // What is not on the page need not be shown to know that.
        let order = |a: &Row, b: &Row| {
            let order = a.id().cmp(b.id());
            if is_reversed(req) { order.reverse() } else { order }
        };
        rows.retain(|row| marker.is_none_or(|marker| order(row, marker) == Ordering::Greater));
        rows.sort_by(|a, b| order(a, b));
        rows.into_iter().filter_map(shown).take(limit.unwrap_or(usize::MAX)).collect()
    } else {
        let mut rows: Vec<Object> = rows.into_iter().filter_map(shown).collect();
        let order = order(req);
        rows.sort_by(&order);
        if let Some(marker) = marker.map(|row| view(state, who, kind, row)) {
            rows.retain(|row| order(row, &marker) == Ordering::Greater);
        }
        rows
    };
    let (rows, links) = page(rows, req, kind, limit);
    let rows: Vec<Object> = rows.into_iter().map(|row| only_fields(row, req)).collect();
    let mut body = json!({kind.plural(): rows});
    if !links.is_empty() {
        body[format!("{}_links", kind.plural())] = json!(links);
    }
    Ok(Reply::json(200, &body))
}

fn check_filters(settings: &Settings, req: &Req, kind: Kind) -> Result<(), Reply> {
    let (keys, directions) = (req.params("sort_key").count(), req.params("sort_dir").count());
    if keys != directions {
        return Err(bad_request("The number of sort_keys and sort_dirs must be same"));
    }
    let extra = ["shared", "ip_allocation", "any"];
    let unknown: Vec<String> = req
        .query
        .iter()
        .map(|(name, _)| name.as_str())
        .filter(|name| !CONTROL.contains(name) && !TAG_FILTERS.contains(name))
        .filter(|name| {
            !extra.contains(name) && !attrs::of(settings, kind).any(|attr| attr.name == *name)
        })
        .map(|name| format!("'{name}'"))
        .collect();
    if unknown.is_empty() {
        return Ok(());
    }
    Err(bad_request(&format!("[{}] is invalid attribute for filtering", unknown.join(", "))))
}

/// The rows worth looking at, through an index where a filter allows.
fn candidates<'a>(state: &'a State, req: &Req, who: &Caller, kind: Kind) -> Vec<&'a Row> {
    let table = kind.table(state);
    let ids: Vec<&str> = req.params("id").collect();
    if !ids.is_empty() {
        return ids.into_iter().filter_map(|id| table.get(id)).collect();
    }
    for field in ["device_id", "mac_address", "security_group_id", "network_id", "port_id"] {
        let values: Vec<&str> = req.params(field).filter(|v| !v.is_empty()).collect();
        if !values.is_empty() {
            return values.into_iter().flat_map(|value| table.find(field, value)).collect();
        }
    }
    match kind {
        // Nobody sees another's objects of these kinds.
        Kind::Port | Kind::Rule | Kind::SecurityGroup | Kind::Router | Kind::FloatingIp
            if !who.admin =>
        {
            table.find("project_id", &who.project_id).collect()
        }
        _ => table.iter().collect(),
    }
}

/// Whether an object passes all filters; values of one field are alternatives.
fn fits(row: &Object, req: &Req) -> bool {
    let mut names: Vec<&str> = req.query.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter().filter(|name| !CONTROL.contains(name)).all(|name| {
        let mut values = req.params(name);
        if TAG_FILTERS.contains(&name) {
            return values.all(|value| fits_tags(row, name, value));
        }
        values.any(|wanted| row.get(name).is_some_and(|value| equals(value, wanted)))
    })
}

fn fits_tags(row: &Object, filter: &str, wanted: &str) -> bool {
    let tags: Vec<&str> = row
        .get("tags")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let all = wanted.split(',').all(|tag| tags.contains(&tag));
    let any = wanted.split(',').any(|tag| tags.contains(&tag));
    match filter {
        "tags" => all,
        "tags-any" => any,
        "not-tags" => !all,
        _ => !any,
    }
}

fn equals(value: &Value, wanted: &str) -> bool {
    match value {
        Value::Bool(flag) => match wanted.to_lowercase().as_str() {
            "true" | "1" => *flag,
            "false" | "0" => !*flag,
            _ => false,
        },
        // `fixed_ips=subnet_id=...` and plain members of lists.
        Value::Array(items) => items.iter().any(|item| match (item, wanted.split_once('=')) {
            (Value::Object(map), Some((key, wanted))) => {
                map.get(key).is_some_and(|value| equals(value, wanted))
            }
            _ => equals(item, wanted),
        }),
        Value::Null => wanted.is_empty(),
        other => attrs::plain(other) == wanted,
    }
}

fn is_reversed(req: &Req) -> bool {
    req.param("page_reverse").is_some_and(|v| v.eq_ignore_ascii_case("true"))
}

/// Whether a list is one of pages in order of id alone.
fn is_by_id(req: &Req) -> bool {
    req.param("limit").is_some() && req.param("sort_key").is_none()
}

/// The order that a query asks for; of equals that of their ids, and without any as they come.
fn order(req: &Req) -> impl Fn(&Object, &Object) -> Ordering {
    let keys: Vec<String> = req.params("sort_key").map(str::to_owned).collect();
    let directions: Vec<String> = req.params("sort_dir").map(str::to_owned).collect();
    let reverse = is_reversed(req);
    move |a, b| {
        if keys.is_empty() {
            return Ordering::Equal;
        }
        let mut order = Ordering::Equal;
        for (at, key) in keys.iter().enumerate() {
            let next = compare(a.get(key), b.get(key));
            let down = directions.get(at).is_some_and(|d| d == "desc");
            order = order.then(if down { next.reverse() } else { next });
        }
        order = order.then_with(|| compare(a.get("id"), b.get("id")));
        if reverse { order.reverse() } else { order }
    }
}

fn compare(a: Option<&Value>, b: Option<&Value>) -> Ordering {
    match (a, b) {
        (Some(Value::Number(a)), Some(Value::Number(b))) => {
            a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal)
        }
        (a, b) => a.map(attrs::plain).cmp(&b.map(attrs::plain)),
    }
}

/// How many a page has at most; any number where none or zero is said.
fn limit(req: &Req) -> Result<Option<usize>, Reply> {
    let Some(text) = req.param("limit") else { return Ok(None) };
    let limit = text.parse::<usize>().map_err(|_| {
        let message =
            format!("Bad limit request: Limit must be an integer 0 or greater and not '{text}'.");
        super::fault(400, "BadRequest", &message)
    })?;
    Ok(Some(limit).filter(|limit| *limit > 0))
}

/// What the page is to begin after: anything that the caller sees, also where the filters leave it
/// out. Where there are no pages, it is not looked at.
fn marker<'a>(
    state: &'a State,
    req: &Req,
    who: &Caller,
    kind: Kind,
    limit: Option<usize>,
) -> Result<Option<&'a Row>, Reply> {
    let Some(marker) = req.param("marker").filter(|_| limit.is_some()) else { return Ok(None) };
    let row = kind.table(state).get(marker).filter(|row| resource::can_see(state, who, kind, row));
    row.map(Some).ok_or_else(|| kind.not_found(marker))
}

fn id(row: &Object) -> &str {
    row.get("id").and_then(Value::as_str).unwrap_or_default()
}

/// One page and the links to its neighbours.
fn page(
    mut rows: Vec<Object>,
    req: &Req,
    kind: Kind,
    limit: Option<usize>,
) -> (Vec<Object>, Vec<Value>) {
    let Some(limit) = limit else { return (rows, Vec::new()) };
    let more = rows.len() >= limit;
    rows.truncate(limit);
    let reverse = is_reversed(req);
    if reverse {
        rows.reverse();
    }
    let url = format!("{}/network/v2.0/{}", req.base, kind.path());
    // An empty page names its neighbours too, by no marker.
    let mut links = Vec::new();
    if more || reverse {
        let href = req.link(&url, &[("marker", rows.last().map_or("", id))]);
        links.push(json!({"rel": "next", "href": href}));
    }
    if more || !reverse {
        let first = rows.first().map_or("", id);
        let href = req.link(&url, &[("marker", first), ("page_reverse", "True")]);
        links.push(json!({"rel": "previous", "href": href}));
    }
    (rows, links)
}

/// The fields that the query asks for; all if it names none.
pub(super) fn only_fields(mut row: Object, req: &Req) -> Object {
    let fields: Vec<&str> = req.params("fields").filter(|f| !f.is_empty()).collect();
    if !fields.is_empty() {
        row.retain(|name, _| fields.contains(&name.as_str()));
    }
    row
}

/// An object as its caller sees it.
pub(super) fn view(state: &State, who: &Caller, kind: Kind, row: &Row) -> Object {
    let mut out: Object = row
        .0
        .iter()
        .filter(|(name, _)| !name.starts_with('_') && (who.admin || !admins_only(name)))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    match kind {
        Kind::Network => {
            let subnets: Vec<&str> =
                state.subnets.find("network_id", row.id()).map(Record::id).collect();
            out.insert("subnets".into(), json!(subnets));
        }
        Kind::SecurityGroup => {
            let rules: Vec<Object> = state
                .security_group_rules
                .find("security_group_id", row.id())
                .map(|rule| {
                    // Inside their group, and only there, rules show two fields more.
                    let mut out = view(state, who, Kind::Rule, rule);
                    out.insert("standard_attr_id".into(), json!(rule.number("_number")));
                    out.insert("tags".into(), json!(rule.list("tags")));
                    out
                })
                .collect();
            out.insert("security_group_rules".into(), json!(rules));
        }
        Kind::Rule => {
            out.shift_remove("tags");
        }
        _ => {}
    }
    out
}

fn admins_only(field: &str) -> bool {
    field.starts_with("provider:")
        || field.starts_with("binding:") && field != "binding:vnic_type"
        || field == "segments"
        || field == "distributed"
        || field == "ha"
        || field == "resource_request"
}
