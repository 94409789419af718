//! Lists of volumes: filters, order, pages.

use super::{Cx, bad_request, found, invalid_input, not_found, view};
use crate::records::Volume;
use crate::web::{Answer, Reply};
use serde_json::{Value, json};

/// The longest page.
const MAX_LIMIT: usize = 1000;

/// What a query may filter by; older versions ignore what they do not know.
const FILTERS: [&str; 9] = [
    "name",
    "status",
    "metadata",
    "bootable",
    "migration_status",
    "availability_zone",
    "group_id",
    "created_at",
    "updated_at",
];
const CONTROL: [&str; 8] =
    ["limit", "marker", "offset", "sort", "sort_key", "sort_dir", "all_tenants", "with_count"];
const SORT_KEYS: [&str; 8] =
    ["id", "status", "size", "availability_zone", "display_name", "name", "bootable", "created_at"];

/// `GET /volumes` and `GET /volumes/detail`
pub(super) fn list(cx: &Cx<'_>, detail: bool) -> Answer {
    check(cx)?;
    let number = |name: &str| match cx.req.param(name) {
        None => Ok(None),
        Some(text) => text
            .parse::<usize>()
            .map(Some)
            .map_err(|_| bad_request(&format!("{name} param must be an integer"))),
    };
    let limit = number("limit")?.unwrap_or(MAX_LIMIT).min(MAX_LIMIT);
    let offset = number("offset")?.unwrap_or_default();
    let mut all = sorted(cx)?;
    let count = all.len();
    if let Some(marker) = cx.req.param("marker") {
        let at = all.iter().position(|volume| volume.id == marker);
        let missing = || not_found(&format!("Volume {marker} could not be found."));
        all.drain(..=at.ok_or_else(missing)?);
    }
    let page: Vec<&Volume> = all.into_iter().skip(offset).take(limit).collect();
    let view =
        |volume: &&Volume| if detail { view::full(cx, volume) } else { view::brief(cx, volume) };
    let mut body = json!({"volumes": page.iter().map(view).collect::<Vec<_>>()});
    if let Some(last) = page.last().filter(|_| page.len() == limit) {
        let path = cx.url(if detail { "volumes/detail" } else { "volumes" });
        let href = cx.req.link(&path, &[("marker", &last.id)]);
        body["volumes_links"] = json!([{"rel": "next", "href": href}]);
    }
    if cx.minor >= 45 && cx.req.param("with_count").is_some_and(|v| v.eq_ignore_ascii_case("true"))
    {
        body["count"] = json!(count);
    }
    Ok(Reply::json(200, &body))
}

fn check(cx: &Cx<'_>) -> Result<(), Reply> {
    if cx.minor < 31 || cx.who.admin {
        return Ok(());
    }
    let names = cx.req.query.iter().map(|(name, _)| name.as_str());
    let unknown: Vec<&str> =
        names.filter(|n| !FILTERS.contains(n) && !CONTROL.contains(n)).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    Err(bad_request(&format!("Invalid filters {} are found in query options.", unknown.join(","))))
}

/// The volumes that pass the filters, newest first unless another order is asked for.
fn sorted<'a>(cx: &'a Cx<'_>) -> Result<Vec<&'a Volume>, Reply> {
    let everybody = cx.who.admin && cx.req.param("all_tenants").is_some_and(|v| v != "0");
    let mut all: Vec<&Volume> = if everybody {
        cx.state.volumes.iter().rev().filter(|v| fits(cx, v)).collect()
    } else {
        let own = cx.state.volumes.find("project_id", &cx.who.project_id);
        own.rev().filter(|v| fits(cx, v)).collect()
    };
    let mut keys: Vec<(String, bool)> = Vec::new();
    for part in cx.req.param("sort").into_iter().flat_map(|s| s.split(',')) {
        let (key, direction) = part.split_once(':').unwrap_or((part, "desc"));
        keys.push((key.to_owned(), direction == "asc"));
    }
    if let Some(key) = cx.req.param("sort_key") {
        keys.push((key.to_owned(), cx.req.param("sort_dir") == Some("asc")));
    }
    if keys.iter().any(|(key, _)| !SORT_KEYS.contains(&key.as_str())) {
        return Err(invalid_input("Invalid sort key"));
    }
    for (key, up) in keys.iter().rev() {
        all.sort_by(|a, b| {
            let order = sort_value(a, key).cmp(&sort_value(b, key));
            if *up { order } else { order.reverse() }
        });
    }
    Ok(all)
}

fn sort_value(volume: &Volume, key: &str) -> String {
    match key {
        "id" => volume.id.clone(),
        "status" => volume.status.clone(),
        "size" => format!("{:020}", volume.size),
        "name" | "display_name" => volume.name.clone().unwrap_or_default(),
        "bootable" => volume.bootable.to_string(),
        "created_at" => format!("{:020}", volume.created),
        _ => String::new(),
    }
}

fn fits(cx: &Cx<'_>, volume: &Volume) -> bool {
    let param = |name: &str| cx.req.param(name);
    let is = |name: &str, value: &str| param(name).is_none_or(|wanted| wanted == value);
    is("name", volume.name.as_deref().unwrap_or_default())
        && is("status", &volume.status)
        && is("availability_zone", view::ZONE)
        && param("bootable").is_none_or(|b| b.eq_ignore_ascii_case(&volume.bootable.to_string()))
        && param("metadata").is_none_or(|wanted| has_metadata(volume, wanted))
}

/// Metadata as clients write it in a query: a dictionary of Python's, which JSON nearly is.
fn has_metadata(volume: &Volume, wanted: &str) -> bool {
    let text = wanted.replace("u'", "'").replace('\'', "\"");
    let Ok(Value::Object(map)) = serde_json::from_str(&text) else { return false };
    map.iter().all(|(key, value)| volume.metadata.get(key).map(String::as_str) == value.as_str())
}

/// A list of nothing, for what this cloud does not keep.
pub(super) fn nothing(name: &str) -> Answer {
    found(name, json!([]))
}
