//! The version document and the negotiation of microversions.

use super::bad_request;
use crate::nova;
use crate::web::{Reply, Req};
use serde_json::json;

/// The highest minor version that is offered.
const MAX: u32 = 70;

/// `GET /` and `GET /v3/`
pub(super) fn document(req: &Req, code: u16) -> Reply {
    let body = json!({"versions": [{
        "id": "v3.0", "status": "CURRENT", "version": format!("3.{MAX}"), "min_version": "3.0",
        "updated": "2022-08-31T00:00:00Z",
        "links": [
            {"rel": "describedby", "type": "text/html", "href": "https://docs.openstack.org/"},
            {"rel": "self", "href": format!("{}/volume/v3/", req.base)},
        ],
        "media-types": [{
            "base": "application/json",
            "type": "application/vnd.openstack.volume+json;version=3",
        }],
    }]});
    Reply::json(code, &body)
}

/// The minor version in force for a request.
pub(super) fn negotiate(req: &Req) -> Result<u32, Reply> {
    let asked = req.header("openstack-api-version").and_then(|all| {
        all.split(',').find_map(|one| one.trim().strip_prefix("volume ").map(str::trim))
    });
    let Some(asked) = asked else { return Ok(0) };
    if asked == "latest" {
        return Ok(MAX);
    }
    let wrong = || {
        bad_request(&format!(
            "API Version String {asked} is of invalid format. Must be of format MajorNum.MinorNum."
        ))
    };
    let (major, minor) = asked.split_once('.').ok_or_else(wrong)?;
    let plain = |s: &str| !s.is_empty() && s.chars().all(|c| c.is_ascii_digit());
    if !plain(major) || !plain(minor) || (minor.len() > 1 && minor.starts_with('0')) {
        return Err(wrong());
    }
    let minor: u32 = minor.parse().map_err(|_| wrong())?;
    if major != "3" || minor > MAX {
        let message = format!(
            "Version {asked} is not supported by the API. Minimum is 3.0 and maximum is 3.{MAX}."
        );
        let fault = nova::fault(406, &message);
        return Err(fault.header("openstack-api-version", format!("volume {asked}")));
    }
    Ok(minor)
}

/// Says in the reply which version was in force.
pub(super) fn mark(reply: Reply, minor: u32) -> Reply {
    let reply = if reply.body.is_empty() {
        reply.header("content-type", "application/json")
    } else {
        reply
    };
    reply
        .header("openstack-api-version", format!("volume 3.{minor}"))
        .header("vary", "OpenStack-API-Version")
}
