//! Lists of the cloud that several kinds are read from, each asked for once.

use std::collections::BTreeMap;

use terrace_api::compute::{self, Server, ServerGroup};
use terrace_api::network::{self, Port, Router};
use terrace_api::volume::{self, Volume};
use terrace_api::{ApiError, Session};
use tokio::sync::OnceCell;

/// What a cloud holds, as it was when first asked.
pub(crate) struct Lists<'a> {
    pub(crate) session: &'a Session,
    ports: OnceCell<Vec<Port>>,
    routers: OnceCell<Vec<Router>>,
    groups: OnceCell<Vec<ServerGroup>>,
    servers: OnceCell<Vec<Server>>,
    volumes: OnceCell<Vec<Volume>>,
}

impl<'a> Lists<'a> {
    pub(crate) fn of(session: &'a Session) -> Self {
        Self {
            session,
            ports: OnceCell::new(),
            routers: OnceCell::new(),
            groups: OnceCell::new(),
            servers: OnceCell::new(),
            volumes: OnceCell::new(),
        }
    }

    pub(crate) async fn ports(&self) -> Result<&[Port], ApiError> {
        let project = self.session.identity().project_id;
        let call = || network::ports(&[("project_id", &project)]);
        let read = self.ports.get_or_try_init(|| self.session.all(call()));
        read.await.map(Vec::as_slice)
    }

    pub(crate) async fn routers(&self) -> Result<&[Router], ApiError> {
        let project = self.session.identity().project_id;
        let call = || network::routers(&[("project_id", &project)]);
        let read = self.routers.get_or_try_init(|| self.session.all(call()));
        read.await.map(Vec::as_slice)
    }

    pub(crate) async fn groups(&self) -> Result<&[ServerGroup], ApiError> {
        let read = self.groups.get_or_try_init(|| self.session.all(compute::server_groups()));
        read.await.map(Vec::as_slice)
    }

    pub(crate) async fn servers(&self) -> Result<&[Server], ApiError> {
        let read = self.servers.get_or_try_init(|| self.session.all(compute::servers_detail(&[])));
        read.await.map(Vec::as_slice)
    }

    pub(crate) async fn volumes(&self) -> Result<&[Volume], ApiError> {
        let read = self.volumes.get_or_try_init(|| self.session.all(volume::volumes_detail()));
        read.await.map(Vec::as_slice)
    }
}

/// Most devices that one request names: a URL has a length.
const DEVICES: usize = 50;

/// The ports of a few devices.
pub(super) async fn ports_of(session: &Session, devices: &[&str]) -> Result<Vec<Port>, ApiError> {
    let some = devices.chunks(DEVICES).map(|some| {
        let filters: Vec<_> = some.iter().map(|id| ("device_id", *id)).collect();
        session.all(network::ports(&filters))
    });
    Ok(futures::future::try_join_all(some).await?.into_iter().flatten().collect())
}

/// Ports by what is plugged into them.
pub(crate) fn by_device(ports: &[Port]) -> BTreeMap<&str, Vec<&Port>> {
    let mut found: BTreeMap<&str, Vec<&Port>> = BTreeMap::new();
    for port in ports.iter().filter(|port| !port.device_id.is_empty()) {
        found.entry(port.device_id.as_str()).or_default().push(port);
    }
    found
}
