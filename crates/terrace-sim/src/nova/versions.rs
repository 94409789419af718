//! Version documents and the negotiation of microversions.

use super::{bad_request, fault};
use crate::state::State;
use crate::web::{Reply, Req};
use serde_json::{Value, json};

/// `GET /`
pub(super) fn all(state: &State, req: &Req) -> Reply {
    let base = &req.base;
    Reply::json(
        200,
        &json!({"versions": [
            {
                "id": "v2.0", "status": "SUPPORTED", "version": "", "min_version": "",
                "updated": "2011-01-21T11:33:21Z",
                "links": [{"rel": "self", "href": format!("{base}/compute/v2/")}],
            },
            {
                "id": "v2.1", "status": "CURRENT", "version": highest(state),
                "min_version": "2.1", "updated": "2013-07-23T11:33:21Z",
                "links": [{"rel": "self", "href": format!("{base}/compute/v2.1/")}],
            },
        ]}),
    )
}

/// `GET /v2.1/`
pub(super) fn one(state: &State, req: &Req) -> Reply {
    let own = format!("{}/compute/v2.1/", req.base);
    let body: Value = json!({"version": {
        "id": "v2.1", "status": "CURRENT", "version": highest(state), "min_version": "2.1",
        "updated": "2013-07-23T11:33:21Z",
        "links": [
            {"rel": "self", "href": own},
            {"rel": "describedby", "type": "text/html", "href": "http://docs.openstack.org/"},
        ],
        "media-types": [{
            "base": "application/json",
            "type": "application/vnd.openstack.compute+json;version=2.1",
        }],
    }});
    Reply::json(200, &body)
}

fn highest(state: &State) -> String {
    format!("2.{}", state.settings.compute_max_minor)
}

/// The version that a request asks for; none is 2.1.
fn asked(req: &Req) -> Option<&str> {
    let new = req.header("openstack-api-version").and_then(|all| {
        all.split(',').find_map(|one| one.trim().strip_prefix("compute ").map(str::trim))
    });
    new.or_else(|| req.header("x-openstack-nova-api-version").map(str::trim))
}

/// The minor version in force for a request.
pub(super) fn negotiate(state: &State, req: &Req) -> Result<u32, Reply> {
    let max = state.settings.compute_max_minor;
    let Some(asked) = asked(req) else { return Ok(1) };
    if asked == "latest" {
        return Ok(max);
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
    if major != "2" || !(1..=max).contains(&minor) {
        let message = format!(
            "Version {asked} is not supported by the API. Minimum is 2.1 and maximum is 2.{max}."
        );
        return Err(mark(fault(406, &message), asked));
    }
    Ok(minor)
}

/// Says in the reply which version was in force.
pub(super) fn mark(mut reply: Reply, version: &str) -> Reply {
    if reply.body.is_empty() {
        reply = reply.header("content-type", "application/json");
    }
    reply
        .header("openstack-api-version", format!("compute {version}"))
        .header("x-openstack-nova-api-version", version)
        .header("vary", "OpenStack-API-Version")
        .header("vary", "X-OpenStack-Nova-API-Version")
}
