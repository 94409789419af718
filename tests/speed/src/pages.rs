//! Pages of a list of servers, as a cloud sends them.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};
use terrace_api::compute::{self, Server};
use terrace_api::{CloudConfig, Session, SystemClock, Transport, TransportError};
use terrace_sim::{Cloud, Settings};
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

const URL: &str = "http://cloud.test";

/// A connection to a cloud that has one page of servers.
pub struct Pages {
    runtime: Runtime,
    session: Session,
}

/// Connects to a cloud that answers with so many servers.
pub fn pages(servers: usize) -> Pages {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let clock = Arc::new(terrace_sim::ManualClock::default());
    let router = Cloud::in_memory(Settings::default(), clock).router(URL);
    let page: Vec<Value> = (0..servers).map(server).collect();
    let page = Bytes::from(json!({ "servers": page }).to_string());
    let replay = Arc::new(Replay { router, page });
    let config = CloudConfig::for_simulator(URL);
    let session = runtime.block_on(async {
        let session = Session::connect(config, replay, Arc::new(SystemClock)).await?;
        // What is asked once only is asked before anything is counted.
        let _: Vec<Server> = session.all(compute::servers_detail(&[])).await?;
        Ok::<_, terrace_api::ApiError>(session)
    });
    Pages { runtime, session: session.expect("connected") }
}

impl Pages {
    /// Reads and decodes the list.
    pub fn read(&self) -> Vec<Server> {
        let list = self.session.all(compute::servers_detail(&[]));
        self.runtime.block_on(list).expect("a list")
    }
}

/// A server as Nova shows it.
fn server(number: usize) -> Value {
    let id = format!("2f1c9d3e-0000-4000-8000-{number:012x}");
    let address = format!("10.0.{}.{}", number / 250, number % 250);
    json!({
        "id": id, "name": format!("app-{number}"), "status": "ACTIVE",
        "tenant_id": "9d3e2f1c", "user_id": "1c9d3e2f", "hostId": "c3e2f1", "key_name": "deploy",
        "metadata": { "role": "web", "terrace:marker": format!("terrace:l:{number}") },
        "image": { "id": "70a599e0-31e7-49b7-b260-868f441e862b", "links": [] },
        "flavor": { "id": "1", "links": [{ "rel": "bookmark", "href": "http://cloud.test/flavors/1" }] },
        "created": "2026-01-01T00:00:00Z", "updated": "2026-01-01T00:00:05Z",
        "addresses": { "front": [{
            "addr": address, "version": 4, "OS-EXT-IPS:type": "fixed",
            "OS-EXT-IPS-MAC:mac_addr": "fa:16:3e:00:00:01",
        }] },
        "accessIPv4": "", "accessIPv6": "", "progress": 0, "config_drive": "",
        "links": [{ "rel": "self", "href": format!("http://cloud.test/v2.1/servers/{id}") }],
        "OS-DCF:diskConfig": "MANUAL", "OS-EXT-AZ:availability_zone": "nova",
        "OS-EXT-STS:task_state": null, "OS-EXT-STS:vm_state": "active",
        "OS-EXT-STS:power_state": 1, "OS-SRV-USG:launched_at": "2026-01-01T00:00:05.000000",
        "OS-SRV-USG:terminated_at": null, "security_groups": [{ "name": "default" }],
        "os-extended-volumes:volumes_attached": [], "locked": false, "tags": [],
        "description": null,
    })
}

/// A simulated cloud for everything but the list, which is always the same bytes.
struct Replay {
    router: Router,
    page: Bytes,
}

#[async_trait]
impl Transport for Replay {
    async fn send(
        &self,
        request: Request<Bytes>,
        _: Duration,
    ) -> Result<Response<Bytes>, TransportError> {
        let is_list = request.uri().path().ends_with("/servers/detail");
        let answer = self.router.clone().oneshot(request.map(Body::from)).await;
        let (parts, body) = answer.unwrap_or_else(|never| match never {}).into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await;
        let body = body.map_err(|e| TransportError::outcome_unknown(e.to_string()))?;
        Ok(Response::from_parts(parts, if is_list { self.page.clone() } else { body }))
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn all_servers_of_the_page_are_read() {
        let servers = super::pages(3).read();
        let names: Vec<&str> = servers.iter().map(|server| server.name.as_str()).collect();
        assert_eq!(names, ["app-0", "app-1", "app-2"]);
    }
}
