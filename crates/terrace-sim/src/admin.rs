//! The simulator's own endpoints, at `/_sim`: what is there, a new start, and faults.

use crate::cloud::{Cloud, broken};
use crate::faults::Fault;
use crate::web::{Reply, Req};
use serde_json::{Value, json};

/// A request to `/_sim`.
pub(crate) fn answer(cloud: &Cloud, req: &Req) -> Reply {
    match (req.method.as_str(), req.tail(1).as_slice()) {
        ("GET", ["status"]) => Reply::json(200, &cloud.inventory()),
        ("POST", ["reset"]) => match cloud.reset() {
            Ok(()) => Reply::empty(204),
            Err(error) => broken(&error),
        },
        ("GET", ["faults"]) => {
            let list = cloud.faults().list();
            let list: Vec<Value> =
                list.iter().map(|(fault, hit)| json!({"fault": fault, "hit": hit})).collect();
            Reply::json(200, &Value::Array(list))
        }
        ("POST", ["faults"]) => given(req).map_or_else(
            |reply| reply,
            |faults| {
                faults.into_iter().for_each(|fault| cloud.faults().add(fault));
                Reply::empty(204)
            },
        ),
        ("PUT", ["faults"]) => given(req).map_or_else(
            |reply| reply,
            |faults| {
                cloud.faults().set(faults);
                Reply::empty(204)
            },
        ),
        ("DELETE", ["faults"]) => {
            cloud.faults().clear();
            Reply::empty(204)
        }
        _ => Reply::json(404, &json!({ "error": "not found" })),
    }
}

/// The faults in a body.
fn given(req: &Req) -> Result<Vec<Fault>, Reply> {
    serde_json::from_slice(&req.body)
        .map_err(|error| Reply::json(400, &json!({ "error": error.to_string() })))
}
