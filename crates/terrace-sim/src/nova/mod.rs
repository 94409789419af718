//! Nova v2.1: servers, and what they need.

mod actions;
mod build;
mod create;
mod disks;
mod flavor_manage;
mod flavors;
mod groups;
mod history;
mod interfaces;
mod keypairs;
mod labels;
mod lifecycle;
mod list;
mod misc;
mod nics;
mod schedule;
mod servers;
pub(crate) mod validate;
mod versions;
mod view;
mod volumes;

use crate::keystone::{self, Caller};
use crate::state::State;
use crate::web::{Answer, Object, Reply, Req};
use serde_json::{Value, json};

pub(crate) use lifecycle::{advance, release_port};

/// A request on its way through Nova.
pub(crate) struct Cx<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) req: &'a Req,
    pub(crate) who: Caller,
    /// The minor microversion in force.
    pub(crate) minor: u32,
}

impl Cx<'_> {
    /// The links to an object.
    fn links(&self, kind: &str, id: &str) -> Value {
        let base = &self.req.base;
        json!([
            {"rel": "self", "href": format!("{base}/compute/v2.1/{kind}/{id}")},
            {"rel": "bookmark", "href": format!("{base}/compute/{kind}/{id}")},
        ])
    }

    /// The only link to an object of which Nova knows no more than the id.
    fn bookmark(&self, kind: &str, id: &str) -> Value {
        json!([{"rel": "bookmark", "href": format!("{}/compute/{kind}/{id}", self.req.base)}])
    }

    fn body(&self) -> Result<Object, Reply> {
        match serde_json::from_slice(&self.req.body) {
            Ok(Value::Object(map)) => Ok(map),
            _ => Err(bad_request("Malformed request body")),
        }
    }

    /// Refuses a caller who may only read.
    fn may_write(&self, rule: &str) -> Result<(), Reply> {
        if self.who.reader { Err(not_allowed(rule)) } else { Ok(()) }
    }
}

/// An error in Nova's words.
pub(crate) fn fault(code: u16, message: &str) -> Reply {
    let name = match code {
        400 => "badRequest",
        401 => "unauthorized",
        403 => "forbidden",
        404 => "itemNotFound",
        405 => "badMethod",
        409 => "conflictingRequest",
        413 | 429 => "overLimit",
        415 => "badMediaType",
        501 => "notImplemented",
        503 => "serviceUnavailable",
        _ => "computeFault",
    };
    Reply::json(code, &json!({name: {"code": code, "message": message}}))
}

fn bad_request(message: &str) -> Reply {
    fault(400, message)
}

fn conflict(message: &str) -> Reply {
    fault(409, message)
}

fn not_found(message: &str) -> Reply {
    fault(404, message)
}

fn not_allowed(rule: &str) -> Reply {
    fault(403, &format!("Policy doesn't allow os_compute_api:{rule} to be performed."))
}

/// The answer to a path that leads nowhere.
pub(crate) fn no_such_path() -> Reply {
    let message = "The resource could not be found.<br /><br />\n\n\n";
    Reply::json(404, &json!({"message": message, "code": "404 Not Found", "title": "Not Found"}))
}

/// Whether a reply says that its path leads nowhere.
pub(crate) fn leads_nowhere(reply: &Reply) -> bool {
    reply.status == 404 && reply.body.starts_with(b"{\"message\"")
}

/// The answer to a path that leads somewhere in newer versions only.
pub(crate) fn not_in_this_version() -> Reply {
    not_found("The resource could not be found.")
}

/// Every request to Nova.
pub(crate) fn answer(state: &mut State, req: &Req) -> Answer {
    let path = req.tail(1);
    if path.is_empty() {
        return Ok(versions::all(state, req));
    }
    if path[0] != "v2.1" {
        return Err(no_such_path());
    }
    if path.len() > 1 {
        // Who asks is looked at before what is asked for.
        keystone::caller(state, req)?;
    }
    let minor = versions::negotiate(state, req)?;
    let reply = served(state, req, minor, &path[1..]);
    let mark = |reply: Reply| versions::mark(reply, &format!("2.{minor}"));
    // Where a path leads nowhere, no version is in force.
    let mark_error = |reply: Reply| if leads_nowhere(&reply) { reply } else { mark(reply) };
    reply.map(mark).map_err(mark_error)
}

/// A request of somebody whom another service knows, in the microversion of its time.
pub(crate) fn served_as(state: &mut State, req: &Req, who: &Caller, path: &[&str]) -> Answer {
    // The last one in which a server shows the id of its flavor.
    let minor = 46;
    dispatch(&mut Cx { state, req, who: who.clone(), minor }, path)
}

fn served(state: &mut State, req: &Req, minor: u32, path: &[&str]) -> Answer {
    if path.is_empty() {
        return Ok(versions::one(state, req));
    }
    let who = keystone::caller(state, req)?;
    // The project's id may stand before the rest.
    let own = path[0].len() == 32 && path[0].chars().all(|c| c.is_ascii_hexdigit());
    let path = if own { &path[1..] } else { path };
    dispatch(&mut Cx { state, req, who, minor }, path)
}

fn dispatch(cx: &mut Cx<'_>, path: &[&str]) -> Answer {
    match path {
        ["servers", rest @ ..] => servers::answer(cx, rest),
        ["flavors", rest @ ..] => flavors::answer(cx, rest),
        ["os-keypairs", rest @ ..] => keypairs::answer(cx, rest),
        ["os-server-groups", rest @ ..] => groups::answer(cx, rest),
        _ => misc::answer(cx, path),
    }
}
