//! Glance v2: images.

mod images;
mod schemas;

use crate::keystone::{self, Caller};
use crate::state::State;
use crate::web::{Answer, Reply, Req};
use serde_json::{Value, json};

/// The minor versions that are offered, newest first.
const MINORS: [u32; 15] = [15, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0];

/// An error in Glance's words.
pub(crate) fn fault(code: u16, message: &str) -> Reply {
    let title = http::StatusCode::from_u16(code).ok().and_then(|s| s.canonical_reason());
    let title = title.unwrap_or("Unknown");
    let body = json!({
        "message": format!("{message}<br /><br />\n\n\n"), "code": format!("{code} {title}"),
        "title": title,
    });
    Reply::json(code, &body)
}

fn no_such_path() -> Reply {
    fault(404, "The resource could not be found.")
}

/// Every request to Glance.
pub(crate) fn answer(state: &mut State, req: &Req) -> Answer {
    let path = req.tail(1);
    match path.as_slice() {
        [] => Ok(versions(req, 300)),
        ["versions"] => Ok(versions(req, 200)),
        ["v2", rest @ ..] => {
            let who = keystone::caller(state, req).map_err(|_| {
                let message = "This server could not verify that you are authorized to access the \
                               document you requested. Either you supplied the wrong credentials \
                               (e.g., bad password), or your browser does not understand how to \
                               supply the credentials required.";
                let uri = format!("Keystone uri=\"{}/identity\"", req.base);
                fault(401, message).header("www-authenticate", uri)
            })?;
            match rest {
                ["images", path @ ..] => images::answer(state, req, &who, path),
                ["schemas", name] => schemas::answer(name).ok_or_else(no_such_path),
                _ => Err(no_such_path()),
            }
        }
        _ => Err(no_such_path()),
    }
}

/// A request for images of somebody whom another service knows.
pub(crate) fn served_as(state: &mut State, req: &Req, who: &Caller, path: &[&str]) -> Answer {
    images::answer(state, req, who, path)
}

fn versions(req: &Req, code: u16) -> Reply {
    let links = json!([{"rel": "self", "href": format!("{}/image/v2/", req.base)}]);
    let all: Vec<Value> = MINORS
        .iter()
        .map(|minor| {
            let status = if *minor == MINORS[0] { "CURRENT" } else { "SUPPORTED" };
            json!({"id": format!("v2.{minor}"), "status": status, "links": links})
        })
        .collect();
    Reply::json(code, &json!({ "versions": all }))
}
