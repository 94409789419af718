//! Flavors as everybody sees them; how they are made is in `flavor_manage`.

use super::{Cx, bad_request, flavor_manage, not_found};
use crate::records::Flavor;
use crate::web::{Answer, Reply};
use serde_json::{Value, json};

/// `/flavors`
pub(super) fn answer(cx: &mut Cx<'_>, path: &[&str]) -> Answer {
    match (cx.req.method.as_str(), path) {
        ("GET", []) => list(cx, false),
        ("GET", ["detail"]) => list(cx, true),
        ("GET", [id]) => {
            let flavor = get(cx, id)?;
            Ok(Reply::json(200, &json!({ "flavor": detail(cx, flavor) })))
        }
        ("GET", [id, "os-extra_specs"]) => {
            let flavor = get(cx, id)?;
            Ok(Reply::json(200, &json!({ "extra_specs": flavor.extra_specs })))
        }
        _ => flavor_manage::answer(cx, path),
    }
}

pub(super) fn get<'a>(cx: &'a Cx<'_>, id: &str) -> Result<&'a Flavor, Reply> {
    let found = cx.state.flavors.get(id).filter(|flavor| cx.who.admin || !flavor.hidden);
    found.ok_or_else(|| not_found(&format!("Flavor {id} could not be found.")))
}

fn list(cx: &Cx<'_>, full: bool) -> Answer {
    let number = |name: &str| cx.req.param(name).and_then(|text| text.parse::<i64>().ok());
    let least = |name: &str, value: i64| number(name).is_none_or(|least| value >= least);
    let mut flavors: Vec<&Flavor> = cx
        .state
        .flavors
        .iter()
        .filter(|f| least("minRam", f.ram) && least("minDisk", f.disk))
        .filter(|f| shown(cx, f))
        .collect();
    if let Some(marker) = cx.req.param("marker") {
        let at = flavors.iter().position(|f| f.id == marker);
        let at = at.ok_or_else(|| bad_request(&format!("marker [{marker}] not found")))?;
        flavors.drain(..=at);
    }
    let limit = cx.req.param("limit").and_then(|text| text.parse::<usize>().ok());
    let limit = limit.filter(|limit| *limit > 0);
    flavors.truncate(limit.unwrap_or(1000));
    let items: Vec<Value> = flavors
        .iter()
        .map(|flavor| if full { detail(cx, flavor) } else { brief(cx, flavor) })
        .collect();
    let mut body = json!({ "flavors": items });
    if let Some(last) = flavors.last().filter(|_| limit == Some(flavors.len())) {
        let tail = if full { "/detail" } else { "" };
        let path = format!("{}/compute/v2.1/flavors{tail}", cx.req.base);
        let href = cx.req.link(&path, &[("marker", &last.id)]);
        body["flavors_links"] = json!([{"rel": "next", "href": href}]);
    }
    Ok(Reply::json(200, &body))
}

/// Whether a list has a flavor: the administrator may ask for the hidden ones.
fn shown(cx: &Cx<'_>, flavor: &Flavor) -> bool {
    let asked = cx.req.param("is_public").filter(|_| cx.who.admin).map(str::to_lowercase);
    match asked.as_deref() {
        Some("none") => true,
        Some("false" | "0" | "f" | "no" | "off") => flavor.hidden,
        _ => !flavor.hidden,
    }
}

fn brief(cx: &Cx<'_>, flavor: &Flavor) -> Value {
    let links = cx.links("flavors", &flavor.id);
    let mut view = json!({"id": flavor.id, "name": flavor.name, "links": links});
    if cx.minor >= 55 {
        view["description"] = json!(flavor.description);
    }
    view
}

pub(super) fn detail(cx: &Cx<'_>, flavor: &Flavor) -> Value {
    // No swap is an empty text in the older versions.
    let no_swap = flavor.swap == 0 && cx.minor < 75;
    let mut view = json!({
        "id": flavor.id, "name": flavor.name, "ram": flavor.ram, "disk": flavor.disk,
        "swap": if no_swap { json!("") } else { json!(flavor.swap) },
        "OS-FLV-EXT-DATA:ephemeral": flavor.ephemeral, "OS-FLV-DISABLED:disabled": false,
        "vcpus": flavor.vcpus, "os-flavor-access:is_public": !flavor.hidden, "rxtx_factor": 1.0,
        "links": cx.links("flavors", &flavor.id),
    });
    if cx.minor >= 55 {
        view["description"] = json!(flavor.description);
    }
    if cx.minor >= 61 {
        view["extra_specs"] = json!(flavor.extra_specs);
    }
    view
}
