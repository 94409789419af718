//! Cinder v3: volumes, their types, and what they are tied to.

mod actions;
mod attachments;
mod create;
mod lifecycle;
mod list;
mod misc;
mod types;
mod versions;
mod view;
mod volumes;

use crate::keystone::{self, Caller};
use crate::nova;
use crate::state::State;
use crate::web::{Answer, Object, Reply, Req};
use serde_json::{Value, json};

pub(crate) use create::{Making, fill};
pub(crate) use lifecycle::{advance, detach, drop_attachments, made, reserve, tie};
pub(crate) use types::named as type_named;

/// A request on its way through Cinder.
pub(crate) struct Cx<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) req: &'a Req,
    pub(crate) who: Caller,
    /// The minor microversion in force.
    pub(crate) minor: u32,
}

impl Cx<'_> {
    fn body(&self) -> Result<Object, Reply> {
        match serde_json::from_slice(&self.req.body) {
            Ok(Value::Object(map)) => Ok(map),
            _ => Err(bad_request("Malformed request body")),
        }
    }

    /// Where the caller finds a collection of this service.
    fn url(&self, path: &str) -> String {
        format!("{}/volume/v3/{}/{path}", self.req.base, self.who.project_id)
    }

    fn admin_only(&self, rule: &str) -> Result<(), Reply> {
        if self.who.admin {
            return Ok(());
        }
        let message = format!("Policy doesn't allow {rule} to be performed.");
        Err(nova::fault(403, &message))
    }
}

/// Cinder's errors look like Nova's.
fn bad_request(message: &str) -> Reply {
    nova::fault(400, message)
}

fn not_found(message: &str) -> Reply {
    nova::fault(404, message)
}

/// A refusal because of the state that a volume is in.
fn invalid_volume(message: &str) -> Reply {
    bad_request(&format!("Invalid volume: {message}"))
}

fn invalid_input(message: &str) -> Reply {
    bad_request(&format!("Invalid input received: {message}"))
}

/// Every request to Cinder.
pub(crate) fn answer(state: &mut State, req: &Req) -> Answer {
    let path = req.tail(1);
    match path.as_slice() {
        [] => return Ok(versions::mark(versions::document(req, 300), 0)),
        ["v3"] => return Ok(versions::mark(versions::document(req, 200), 0)),
        ["v3", ..] => {}
        _ => return Err(nova::no_such_path()),
    }
    let who = keystone::caller(state, req)?;
    let minor = versions::negotiate(req)?;
    let mark = |reply: Reply| versions::mark(reply, minor);
    let path = match path[1..] {
        [project, ref rest @ ..] if project == who.project_id => rest,
        ref rest if minor >= 67 && !rest.first().is_some_and(|p| is_project(p)) => rest,
        [project, ..] if is_project(project) => {
            return Err(mark(bad_request("Malformed request url")));
        }
        _ => return Err(nova::no_such_path()),
    };
    let mut cx = Cx { state, req, who, minor };
    let mark_error = |reply: Reply| if nova::leads_nowhere(&reply) { reply } else { mark(reply) };
    served(&mut cx, path).map(mark).map_err(mark_error)
}

fn is_project(part: &str) -> bool {
    part.len() == 32 && part.chars().all(|c| c.is_ascii_hexdigit())
}

/// A request of somebody whom another service knows.
pub(crate) fn served_as(state: &mut State, req: &Req, who: &Caller, path: &[&str]) -> Answer {
    served(&mut Cx { state, req, who: who.clone(), minor: 0 }, path)
}

fn served(cx: &mut Cx<'_>, path: &[&str]) -> Answer {
    match path {
        ["volumes", rest @ ..] => volumes::answer(cx, rest),
        ["types", rest @ ..] => types::answer(cx, rest),
        ["attachments", ..] if cx.minor < 27 => Err(nova::not_in_this_version()),
        ["attachments", rest @ ..] => attachments::answer(cx, rest),
        _ => misc::answer(cx, path),
    }
}

/// An object in a reply.
fn found(name: &str, value: impl Into<Value>) -> Answer {
    let value: Value = value.into();
    Ok(Reply::json(200, &json!({ name: value })))
}
