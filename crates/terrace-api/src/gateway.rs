//! The gateway: a reduced REST API of a product in front of OpenStack. It is asked for what the calls
//! of this crate ask OpenStack for, as far as it has that, and its answers are given in OpenStack's
//! form, so that nobody else has to know. What it has not got is refused in words.
//!
//! Its lists may be minutes old. A list of servers is therefore only where to look: each of them is
//! read by its id, and those that are gone are left out. New ones it may not show yet, which is why
//! nobody takes absence in a list for proof.

mod shape;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use futures::future::{BoxFuture, try_join_all};
use http::{HeaderMap, Method};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::auth::Identity;
use crate::call::{Call, Reply};
use crate::config::Named;
use crate::error::{ApiError, ApiErrorKind};
use crate::service::Service;
use crate::session::Channel;
use crate::wire::{segment, unescape};

/// Who can send a call to the gateway.
pub(crate) trait Asks: Sync {
    /// Sends it.
    fn ask(&self, call: Call) -> BoxFuture<'_, Result<Reply, ApiError>>;
    /// What was learned of names.
    fn names(&self) -> &Names;
    /// The project that every request names.
    fn project(&self) -> String;
}

/// Names and ids of what a gateway tells by name only; read once, as Terrace does not change them.
#[derive(Default)]
pub(crate) struct Names {
    flavors: OnceCell<Vec<(String, String)>>,
    networks: OnceCell<Vec<(String, String)>>,
}

/// Asks who we are, which shows that the token is accepted.
pub(crate) async fn identity(
    channel: &Channel,
    token: &SecretString,
) -> Result<Identity, ApiError> {
    let config = &channel.config;
    let project_id = match &config.project {
        Some(Named::Id(id) | Named::Name { name: id, .. }) => id.clone(),
        None => String::new(),
    };
    let call = Call::get(Service::Gateway, "/projects");
    let sent = channel.exchange(&config.auth_url, Some(token), &call).await;
    let reply = match sent.map_err(|failure| failure.error) {
        // Not every gateway tells its projects.
        Err(error) if error.is_not_found() => None,
        other => Some(other?),
    };
    let projects = reply.as_ref().map(|reply| items(reply, "projects")).transpose()?;
    let text = |item: &Value, field: &str| item[field].as_str().unwrap_or_default().to_owned();
    let mut name = project_id.clone();
    if let Some(projects) = projects {
        let mine = projects.iter().find(|project| text(project, "id") == project_id);
        let Some(mine) = mine else {
            let has: Vec<String> = projects.iter().map(|p| text(p, "id")).collect();
            let message = format!(
                "this token gives no access to the project `{project_id}`; it does to {}",
                if has.is_empty() { "none".to_owned() } else { has.join(", ") }
            );
            return Err(
                ApiError::new(ApiErrorKind::Forbidden, &call.origin()).with_message(message)
            );
        };
        name = text(mine, "name");
    }
    Ok(Identity {
        cloud: config.name.clone(),
        auth_url: config.auth_url.clone(),
        project_id,
        project_name: name,
        user_id: String::new(),
        user_name: "the holder of the token".into(),
        region: None,
        roles: Vec::new(),
    })
}

/// Answers a call to an OpenStack service through the gateway.
pub(crate) async fn answer(asks: &impl Asks, call: &Call) -> Result<Reply, ApiError> {
    let path: Vec<String> = call.path.split('/').skip(1).map(unescape).collect();
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let done = |body: Value| Reply {
        status: call.success.first().copied().unwrap_or(200),
        headers: HeaderMap::new(),
        body,
        text: Bytes::new(),
        request_id: None,
        origin: call.origin(),
    };
    let via = Via { asks, call };
    Ok(match (&call.method, call.service, path.as_slice()) {
        (&Method::GET, Service::Compute, ["servers", ..]) => done(via.servers_or_one(&path).await?),
        (&Method::POST, Service::Compute, ["servers"]) => return via.create().await,
        (&Method::DELETE, Service::Compute, ["servers", id]) => {
            let ask = Call::delete(Service::Gateway, format!("/cloud/servers/{}", segment(id)));
            done(asks.ask(via.in_project(ask)).await?.body)
        }
        (&Method::GET, Service::Compute, ["flavors", ..]) => done(json!({
            "flavors": via.list("flavors").await?
        })),
        (&Method::GET, Service::Compute, ["os-keypairs"]) => {
            let all = via.list("ssh-keypairs").await?;
            let all: Vec<Value> = all.into_iter().map(|one| json!({ "keypair": one })).collect();
            done(json!({ "keypairs": all }))
        }
        (&Method::GET, Service::Compute, ["os-keypairs", name]) => {
            done(json!({ "keypair": via.one("ssh-keypairs", name).await? }))
        }
        // It has none, and who lists them only wants to know whose members they have.
        (&Method::GET, Service::Compute, ["os-server-groups"]) => {
            done(json!({ "server_groups": [] }))
        }
        (&Method::GET, Service::Image, ["images"]) => {
            done(json!({ "images": via.filtered("images").await? }))
        }
        (&Method::GET, Service::Image, ["images", id]) => done(via.one("images", id).await?),
        (&Method::GET, Service::Network, ["ports"]) => done(json!({ "ports": via.ports().await? })),
        (&Method::GET, Service::Network, [kind @ ("networks" | "subnets")]) => {
            done(json!({ *kind: via.filtered(kind).await? }))
        }
        (&Method::GET, Service::Network, [kind @ ("networks" | "subnets"), id]) => {
            done(json!({ kind.trim_end_matches('s'): via.one(kind, id).await? }))
        }
        _ => return Err(via.refused(&format!("the gateway has no {} {}", call.method, call.path))),
    })
}

/// One call on its way through the gateway.
struct Via<'a, A> {
    asks: &'a A,
    call: &'a Call,
}

impl<A: Asks> Via<'_, A> {
    fn refused(&self, why: &str) -> ApiError {
        ApiError::new(ApiErrorKind::Unsupported, &self.call.origin()).with_message(why)
    }

    fn in_project(&self, call: Call) -> Call {
        call.query("project_id", self.asks.project())
    }

    async fn get(&self, path: String) -> Result<Reply, ApiError> {
        self.asks.ask(self.in_project(Call::get(Service::Gateway, path))).await
    }

    /// A list, which may be old.
    async fn list(&self, kind: &str) -> Result<Vec<Value>, ApiError> {
        let reply = self.get(format!("/cloud/{kind}")).await?;
        Ok(items(&reply, kind)?.into_iter().map(|item| shape::item(kind, item)).collect())
    }

    /// A list with the call's own filters, which the gateway does not know.
    async fn filtered(&self, kind: &str) -> Result<Vec<Value>, ApiError> {
        let all = self.list(kind).await?;
        Ok(all.into_iter().filter(|item| shape::passes(item, &self.call.query)).collect())
    }

    /// One object, which is fresh.
    async fn one(&self, kind: &str, id: &str) -> Result<Value, ApiError> {
        let reply = self.get(format!("/cloud/{kind}/{}", segment(id))).await?;
        let singular = kind.trim_end_matches('s');
        let body = reply.body.get(singular).cloned().unwrap_or(reply.body);
        Ok(shape::item(kind, body))
    }

    async fn servers_or_one(&self, path: &[&str]) -> Result<Value, ApiError> {
        match path {
            ["servers"] | ["servers", "detail"] => Ok(json!({ "servers": self.servers().await? })),
            ["servers", id] => match self.server(id).await? {
                Some(server) => Ok(json!({ "server": server })),
                None => Err(ApiError::new(ApiErrorKind::NotFound, &self.call.origin())
                    .with_status(404)
                    .with_message("the gateway has no such server any more")),
            },
            _ => Err(self.refused("the gateway tells no more of a server than it shows")),
        }
    }

    /// The servers of the list that are still there, each as it is now.
    async fn servers(&self) -> Result<Vec<Value>, ApiError> {
        let listed = items(&self.get("/cloud/servers".into()).await?, "servers")?;
        let ids = listed.iter().filter_map(|item| item["id"].as_str());
        let fresh = try_join_all(ids.map(|id| self.server(id))).await?;
        Ok(fresh.into_iter().flatten().collect())
    }

    /// One server as it is now; none when it is gone.
    async fn server(&self, id: &str) -> Result<Option<Value>, ApiError> {
        let body = match self.get(format!("/cloud/servers/{}", segment(id))).await {
            Ok(reply) => reply.body.get("server").cloned().unwrap_or(reply.body),
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error),
        };
        if body["status"] == "DELETED" {
            return Ok(None);
        }
        let read = || async { Ok(shape::named(&self.list("flavors").await?)) };
        let flavors = self.asks.names().flavors.get_or_try_init(read).await?;
        Ok(Some(shape::server(body, flavors)))
    }

    /// Asks for a server. The answer names it, in its body or by a link.
    async fn create(&self) -> Result<Reply, ApiError> {
        let asked = self.call.body.as_ref().unwrap_or(&Value::Null);
        let body = shape::new_server(asked, &self.asks.project());
        let body = body.map_err(|problem| self.refused(&problem))?;
        let ask = Call::post(Service::Gateway, "/cloud/servers").body(body);
        let mut reply = self.asks.ask(self.in_project(ask)).await?;
        let named = reply.body.get("server").unwrap_or(&reply.body)["id"].as_str();
        let id = named.map(str::to_owned).or_else(|| linked(&reply.headers));
        let id = id.ok_or_else(|| reply.malformed("the answer names no server id"))?;
        reply.body = json!({ "server": { "id": id } });
        Ok(reply)
    }

    /// Which server is on which network, from the servers themselves: the list of ports is old.
    async fn ports(&self) -> Result<Vec<Value>, ApiError> {
        let query = self.call.query.iter();
        let devices = query.filter(|(name, _)| name == "device_id").map(|(_, id)| self.server(id));
        let devices: Vec<_> = devices.collect();
        let servers = if devices.is_empty() {
            self.servers().await?
        } else {
            try_join_all(devices).await?.into_iter().flatten().collect()
        };
        let read = || async { Ok(shape::named(&self.list("networks").await?)) };
        let networks = self.asks.names().networks.get_or_try_init(read).await?;
        Ok(servers.iter().flat_map(|server| shape::ports(server, networks)).collect())
    }
}

/// The items of a list, which is bare or under its name.
fn items(reply: &Reply, name: &str) -> Result<Vec<Value>, ApiError> {
    let list = reply.body.as_array().or_else(|| reply.body.get(name)?.as_array());
    list.cloned().ok_or_else(|| reply.malformed(format!("the body has no list of {name}")))
}

fn linked(headers: &HeaderMap) -> Option<String> {
    let link = headers.get(http::header::LOCATION)?.to_str().ok()?;
    let path = link.split('?').next()?.trim_end_matches('/');
    path.rsplit('/').next().filter(|id| !id.is_empty()).map(str::to_owned)
}
