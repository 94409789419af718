//! Metadata and tags of servers.

use super::servers::get;
use super::{Cx, bad_request, fault, no_such_path, not_found, validate};
use crate::records::Server;
use crate::web::{Answer, Reply};
use serde_json::{Value, json};

/// `/servers/{id}/metadata[/{key}]`
pub(super) fn metadata(cx: &mut Cx<'_>, id: &str, path: &[&str]) -> Answer {
    let mut server = get(cx, id)?;
    let missing = || not_found("Metadata item was not found");
    let reply = match (cx.req.method.as_str(), path) {
        ("GET", []) => return Ok(Reply::json(200, &json!({ "metadata": server.metadata }))),
        ("GET", [key]) => {
            let value = server.metadata.get(*key).ok_or_else(missing)?;
            return Ok(Reply::json(200, &json!({"meta": {*key: value}})));
        }
        ("PUT" | "POST", []) => {
            let body = cx.body()?;
            let given = body.get("metadata");
            let given = given.ok_or_else(|| bad_request("'metadata' is a required property"))?;
            let given = validate::metadata("metadata", given)?;
            if cx.req.method == "PUT" {
                server.metadata.clear();
            }
            server.metadata.extend(given);
            Reply::json(200, &json!({ "metadata": server.metadata }))
        }
        ("PUT", [key]) => {
            let body = cx.body()?;
            let given = body.get("meta");
            let given = given.ok_or_else(|| bad_request("'meta' is a required property"))?;
            let pairs = validate::metadata("meta", given)?;
            let [(name, _)] = pairs.as_slice() else {
                return Err(bad_request("Request body contains too many items"));
            };
            if name != key {
                return Err(bad_request("Request body and URI mismatch"));
            }
            server.metadata.extend(pairs);
            Reply::json(200, &json!({ "meta": given }))
        }
        ("DELETE", [key]) => {
            server.metadata.remove(*key).ok_or_else(missing)?;
            Reply::empty(204)
        }
        _ => return Err(no_such_path()),
    };
    cx.may_write("server-metadata:update")?;
    let limit = cx.state.limit("compute", &server.project_id, "metadata_items");
    let limit = if limit < 0 { 128 } else { limit };
    if i64::try_from(server.metadata.len()).unwrap_or(i64::MAX) > limit {
        return Err(fault(403, &format!("Maximum number of metadata items exceeds {limit}")));
    }
    keep(cx, server);
    Ok(reply)
}

fn keep(cx: &mut Cx<'_>, mut server: Server) {
    server.updated = cx.state.now;
    cx.state.put_server(server);
}

/// `/servers/{id}/tags[/{tag}]`
pub(super) fn tags(cx: &mut Cx<'_>, id: &str, path: &[&str]) -> Answer {
    if cx.minor < 26 {
        return Err(super::not_in_this_version());
    }
    let mut server = get(cx, id)?;
    let missing = |tag: &str| not_found(&format!("Instance {id} has no tag '{tag}'"));
    let reply = match (cx.req.method.as_str(), path) {
        ("GET", []) => return Ok(Reply::json(200, &json!({ "tags": server.tags }))),
        ("GET", [tag]) => {
            let found = server.tags.iter().any(|t| t == tag);
            let none = || not_found(&format!("Server {id} has no tag '{tag}'"));
            return if found { Ok(Reply::empty(204)) } else { Err(none()) };
        }
        ("PUT", []) => {
            let body = cx.body()?;
            let given = body.get("tags");
            let given = given.ok_or_else(|| bad_request("'tags' is a required property"))?;
            server.tags = validate::tags(given)?;
            Reply::json(200, &json!({ "tags": server.tags }))
        }
        ("PUT", [tag]) => {
            validate::tag("tag", &Value::from(*tag))?;
            if server.tags.iter().any(|t| t == tag) {
                return Ok(Reply::empty(204));
            }
            if server.tags.len() >= 50 {
                return Err(bad_request("The number of tags exceeded the per-server limit 50"));
            }
            server.tags.push((*tag).to_owned());
            let location = format!("{}/compute/v2.1/servers/{id}/tags/{tag}", cx.req.base);
            Reply::empty(201).header("location", location)
        }
        ("DELETE", []) => {
            server.tags.clear();
            Reply::empty(204)
        }
        ("DELETE", [tag]) => {
            let at = server.tags.iter().position(|t| t == tag).ok_or_else(|| missing(tag))?;
            server.tags.remove(at);
            Reply::empty(204)
        }
        _ => return Err(no_such_path()),
    };
    cx.may_write("os-server-tags:update")?;
    keep(cx, server);
    Ok(reply)
}
