//! Lists of the cloud that several kinds are read from, each asked for once.

use std::collections::BTreeMap;

use terrace_api::compute::{self, Server, ServerGroup};
use terrace_api::network::{self, Port, Router};
use terrace_api::volume::{self, Volume};
use terrace_api::{ApiError, Call, Session, Wire};
use terrace_model::Kind;
use tokio::sync::OnceCell;

/// A list, page by page as it came: a long one is in memory once, and is not moved as it grows.
type Pages<T> = Vec<Vec<T>>;
/// All of a list.
pub(super) type All<'a, T> = std::iter::Flatten<std::slice::Iter<'a, Vec<T>>>;

/// What a cloud holds, as it was when first asked.
pub(crate) struct Lists<'a> {
    pub(crate) session: &'a Session,
    ports: OnceCell<Pages<Port>>,
    routers: OnceCell<Pages<Router>>,
    groups: OnceCell<Pages<ServerGroup>>,
    servers: OnceCell<Pages<Server>>,
    volumes: OnceCell<Pages<Volume>>,
    large: OnceCell<bool>,
}

/// So many items are asked for at first, and a project with more is a large one.
const PAGE: &str = "1000";
/// So many ports are asked for at once: Neutron would give any number, and the answer is in memory
/// as it was sent while it is read.
const PORTS_PAGE: &str = "2000";

impl<'a> Lists<'a> {
    pub(crate) fn of(session: &'a Session) -> Self {
        Self {
            session,
            ports: OnceCell::new(),
            routers: OnceCell::new(),
            groups: OnceCell::new(),
            servers: OnceCell::new(),
            volumes: OnceCell::new(),
            large: OnceCell::new(),
        }
    }

    /// Whether the project holds more than a page of what these kinds are read from. What turns
    /// out to be whole is kept, so that to ask costs nothing where the answer is no.
    pub(crate) async fn is_large(&self, kinds: &[Kind]) -> Result<bool, ApiError> {
        let asks = || async {
            let some = |of: &[Kind]| kinds.iter().any(|kind| of.contains(kind));
            let project = self.session.identity().project_id;
            let ports = network::ports(&[("project_id", &project), ("limit", PAGE)]);
            let (servers, ports, volumes) = futures::try_join!(
                self.first(some(&SERVERS), &self.servers, compute::servers_detail(&[])),
                self.first(some(&PORTS), &self.ports, ports),
                self.first(some(&[Kind::Volume]), &self.volumes, volume::volumes_detail()),
            )?;
            Ok(servers || ports || volumes)
        };
        self.large.get_or_try_init(asks).await.copied()
    }

    /// Reads the first page of a list if it is needed; true when there is more.
    async fn first<T: Wire>(
        &self,
        needed: bool,
        cell: &OnceCell<Pages<T>>,
        call: Call,
    ) -> Result<bool, ApiError> {
        if !needed {
            return Ok(false);
        }
        let (page, more) = self.session.first_page(call).await?;
        if !more {
            // Somebody else may have read it meanwhile: either will do.
            let _ = cell.set(vec![page]);
        }
        Ok(more)
    }

    pub(super) async fn ports(&self) -> Result<All<'_, Port>, ApiError> {
        let project = self.session.identity().project_id;
        let call = network::ports(&[("project_id", &project), ("limit", PORTS_PAGE)]);
        self.read(&self.ports, call).await
    }

    pub(super) async fn routers(&self) -> Result<All<'_, Router>, ApiError> {
        let project = self.session.identity().project_id;
        self.read(&self.routers, network::routers(&[("project_id", &project)])).await
    }

    pub(super) async fn groups(&self) -> Result<All<'_, ServerGroup>, ApiError> {
        self.read(&self.groups, compute::server_groups()).await
    }

    pub(super) async fn servers(&self) -> Result<All<'_, Server>, ApiError> {
        self.read(&self.servers, compute::servers_detail(&[])).await
    }

    pub(super) async fn volumes(&self) -> Result<All<'_, Volume>, ApiError> {
        self.read(&self.volumes, volume::volumes_detail()).await
    }

    async fn read<'c, T: Wire>(
        &self,
        cell: &'c OnceCell<Pages<T>>,
        call: Call,
    ) -> Result<All<'c, T>, ApiError> {
        let pages = cell.get_or_try_init(|| self.session.in_pages(call));
        Ok(pages.await?.iter().flatten())
    }
}

/// What is read from the list of servers, and what from the list of ports.
const SERVERS: [Kind; 2] = [Kind::Server, Kind::VolumeAttachment];
const PORTS: [Kind; 4] = [Kind::Server, Kind::Port, Kind::RouterInterface, Kind::FloatingIp];

/// Whether a kind is read from lists that may be long.
pub(crate) fn is_of_many(kind: Kind) -> bool {
    kind == Kind::Volume || SERVERS.contains(&kind) || PORTS.contains(&kind)
}

/// How many requests it takes to read one object of a kind by its id.
pub(crate) fn requests_by_id(kind: Kind) -> usize {
    match kind {
        Kind::Server => 3,
        Kind::FloatingIp => 2,
        _ => 1,
    }
}

/// Most devices that one request names: a URL has a length.
pub(super) const DEVICES: usize = 50;

/// The ports of a few devices.
pub(super) async fn ports_of(session: &Session, devices: &[&str]) -> Result<Vec<Port>, ApiError> {
    let some = devices.chunks(DEVICES).map(|some| {
        let filters: Vec<_> = some.iter().map(|id| ("device_id", *id)).collect();
        session.all(network::ports(&filters))
    });
    Ok(futures::future::try_join_all(some).await?.into_iter().flatten().collect())
}

/// Ports by what is plugged into them.
pub(crate) fn by_device<'a>(
    ports: impl IntoIterator<Item = &'a Port>,
) -> BTreeMap<&'a str, Vec<&'a Port>> {
    let mut found: BTreeMap<&str, Vec<&Port>> = BTreeMap::new();
    for port in ports.into_iter().filter(|port| !port.device_id.is_empty()) {
        found.entry(port.device_id.as_str()).or_default().push(port);
    }
    found
}
