//! The kinds and their API calls; the only place that knows both. One file a kind, one match each.

mod floating_ip;
mod keypair;
mod lists;
mod network;
mod nic;
mod port;
mod router;
mod security_group;
mod server;
mod server_group;
mod sight;
mod subnet;
mod values;
mod volume;

use terrace_api::{ApiError, Clock, Session};
use terrace_model::{Attributes, Driver, Kind, Object};

pub(crate) use lists::{Lists, is_of_many, requests_by_id};
pub(crate) use server::{begin_rebuild, begin_resize, confirm_resize, power_step};
pub(crate) use sight::{Seen, Sight};
use values::{attributes, some_text, text, text_list, text_or_null, texts};
pub(crate) use volume::server_of;

/// The cloud that an object is in, and time.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) session: &'a Session,
    pub(crate) clock: &'a dyn Clock,
}

/// An object to create: attributes all known, and the marker to leave on it.
pub(crate) struct New<'a> {
    pub(crate) desired: &'a Attributes,
    pub(crate) marker: &'a str,
}

/// An object that was just asked for.
pub(crate) struct Made {
    pub(crate) id: String,
    /// What the answer tells of it, where that is all that a read would.
    pub(crate) object: Option<Object>,
}

impl From<Object> for Made {
    fn from(object: Object) -> Self {
        Self { id: object.id.clone(), object: Some(object) }
    }
}

/// What the answer only names.
impl From<String> for Made {
    fn from(id: String) -> Self {
        Self { id, object: None }
    }
}

/// A change of an object: only what changes, `null` for what is reset.
pub(crate) struct Change<'a> {
    pub(crate) id: &'a str,
    pub(crate) changes: &'a Attributes,
    /// Attributes as seen when the plan was made.
    pub(crate) before: &'a Attributes,
    /// All that is desired.
    pub(crate) desired: &'a Attributes,
    pub(crate) marker: &'a str,
}

impl Change<'_> {
    fn has(&self, name: &str) -> bool {
        self.changes.contains_key(name)
    }
}

/// How the objects of a kind are waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waiting {
    /// The call that creates or changes also completes.
    None,
    /// The call only begins; the shared poller sees the end.
    Polled,
}

pub(crate) fn waiting(kind: Kind) -> Waiting {
    match kind {
        Kind::Keypair
        | Kind::Network
        | Kind::Subnet
        | Kind::SecurityGroup
        | Kind::Router
        | Kind::RouterInterface
        | Kind::RouterRoute
        | Kind::Port
        | Kind::FloatingIp
        | Kind::ServerGroup => Waiting::None,
        Kind::Volume | Kind::Server | Kind::VolumeAttachment => Waiting::Polled,
    }
}

/// Where an object is on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Usable.
    Ready,
    /// The cloud works on it; the word is the cloud's.
    Busy(String),
    /// Resized, and to be confirmed.
    ToConfirm,
    /// Failed, in the cloud's words.
    Failed(String),
    /// It should go, and the cloud gave up.
    Stuck(String),
}

/// Where one object is; `None` when it is gone.
pub(crate) async fn progress(
    kind: Kind,
    session: &Session,
    id: &str,
) -> Result<Option<Progress>, ApiError> {
    let found = match kind {
        Kind::Volume => volume::progress(session, id).await,
        Kind::VolumeAttachment => return volume::attachment_progress(session, id).await,
        _ => return Ok(present(server::progress(session, id).await)?.flatten()),
    };
    present(found)
}

/// Objects, each made when it is asked for: of most it is seen that nothing changed, and no more
/// is kept.
pub(crate) type Objects<'a> = Box<dyn Iterator<Item = Object> + Send + 'a>;

/// Every object of a kind in the project.
pub(crate) async fn list<'a>(kind: Kind, lists: &'a Lists<'_>) -> Result<Objects<'a>, ApiError> {
    match kind {
        Kind::Keypair => keypair::list(lists.session).await,
        Kind::Network => network::list(lists.session).await,
        Kind::Subnet => subnet::list(lists.session).await,
        Kind::SecurityGroup => security_group::list(lists.session).await,
        Kind::Router => router::list(lists).await,
        Kind::RouterInterface => router::list_interfaces(lists).await,
        Kind::RouterRoute => router::list_routes(lists).await,
        Kind::Port => port::list(lists).await,
        Kind::FloatingIp => floating_ip::list(lists).await,
        Kind::ServerGroup => server_group::list(lists).await,
        Kind::Volume => volume::list(lists).await,
        Kind::Server => server::list(lists).await,
        Kind::VolumeAttachment => volume::list_attachments(lists).await,
    }
}

/// One object; `None` when the cloud says that there is none.
pub(crate) async fn get(
    kind: Kind,
    session: &Session,
    id: &str,
) -> Result<Option<Object>, ApiError> {
    match kind {
        Kind::Keypair => present(keypair::get(session, id).await),
        Kind::Network => present(network::get(session, id).await),
        Kind::Subnet => present(subnet::get(session, id).await),
        Kind::SecurityGroup => present(security_group::get(session, id).await),
        Kind::Router => present(router::get(session, id).await),
        Kind::RouterInterface => router::get_interface(session, id).await,
        Kind::RouterRoute => router::get_route(session, id).await,
        Kind::Port => present(port::get(session, id).await),
        Kind::FloatingIp => present(floating_ip::get(session, id).await),
        Kind::ServerGroup => present(server_group::get(session, id).await),
        Kind::Volume => present(volume::get(session, id).await),
        Kind::Server => Ok(present(server::get(session, id).await)?.flatten()),
        Kind::VolumeAttachment => volume::get_attachment(session, id).await,
    }
}

fn present<T>(found: Result<T, ApiError>) -> Result<Option<T>, ApiError> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Asks for a new object.
pub(crate) async fn create(kind: Kind, session: &Session, new: &New<'_>) -> Result<Made, ApiError> {
    match kind {
        Kind::Keypair => keypair::create(session, new).await.map(Made::from),
        Kind::Network => network::create(session, new).await.map(Made::from),
        Kind::Subnet => subnet::create(session, new).await.map(Made::from),
        Kind::SecurityGroup => security_group::create(session, new).await.map(Made::from),
        Kind::Router => router::create(session, new).await,
        Kind::RouterInterface => router::create_interface(session, new).await.map(Made::from),
        Kind::RouterRoute => router::create_route(session, new).await.map(Made::from),
        Kind::Port => port::create(session, new).await.map(Made::from),
        Kind::FloatingIp => floating_ip::create(session, new).await,
        Kind::ServerGroup => server_group::create(session, new).await.map(Made::from),
        Kind::Volume => volume::create(session, new).await.map(Made::from),
        Kind::Server => server::create(session, new).await.map(Made::from),
        Kind::VolumeAttachment => volume::attach(session, new).await.map(Made::from),
    }
}

/// The rest of a creation: what can only be said of an object that has its id. It may be asked for
/// again when it was interrupted. Tells whether anything was, so that the object is not as made.
pub(crate) async fn finish(
    kind: Kind,
    session: &Session,
    id: &str,
    new: &New<'_>,
) -> Result<bool, ApiError> {
    match kind {
        Kind::Network => values::tags(session, "networks", id, new.desired).await,
        Kind::Subnet => values::tags(session, "subnets", id, new.desired).await,
        Kind::Router => values::tags(session, "routers", id, new.desired).await,
        Kind::Port => values::tags(session, "ports", id, new.desired).await,
        Kind::FloatingIp => values::tags(session, "floatingips", id, new.desired).await,
        Kind::SecurityGroup => security_group::finish(session, id, new.desired).await,
        Kind::Volume => volume::finish(session, id, new.desired).await,
        Kind::Keypair
        | Kind::RouterInterface
        | Kind::RouterRoute
        | Kind::ServerGroup
        | Kind::Server
        | Kind::VolumeAttachment => Ok(false),
    }
}

/// Asks for all changes that happen in place.
pub(crate) async fn update(
    kind: Kind,
    place: Place<'_>,
    change: &Change<'_>,
) -> Result<(), ApiError> {
    let session = place.session;
    match kind {
        // None has an update call: each of their attributes is a replace in their tables.
        Kind::Keypair | Kind::ServerGroup | Kind::RouterInterface | Kind::RouterRoute => Ok(()),
        Kind::Network => network::update(session, change).await,
        Kind::Subnet => subnet::update(session, change).await,
        Kind::SecurityGroup => security_group::update(session, change).await,
        Kind::Router => router::update(session, change).await,
        Kind::Port => port::update(session, change).await,
        Kind::FloatingIp => floating_ip::update(session, change).await,
        Kind::Volume => volume::update(place, change).await,
        Kind::Server => server::update(place, change).await,
        Kind::VolumeAttachment => volume::update_attachment(session, change).await,
    }
}

/// Asks for an object to go; `forced` where the cloud would keep it for a while.
pub(crate) async fn delete(
    kind: Kind,
    session: &Session,
    id: &str,
    forced: bool,
) -> Result<(), ApiError> {
    let call = match kind {
        Kind::Keypair => terrace_api::compute::delete_keypair(id),
        Kind::Network => terrace_api::network::delete_network(id),
        Kind::Subnet => terrace_api::network::delete_subnet(id),
        Kind::SecurityGroup => terrace_api::network::delete_security_group(id),
        Kind::Router => terrace_api::network::delete_router(id),
        Kind::RouterInterface => router::remove_interface(id),
        Kind::RouterRoute => router::remove_route(id),
        Kind::Port => terrace_api::network::delete_port(id),
        Kind::FloatingIp => terrace_api::network::delete_floating_ip(id),
        Kind::ServerGroup => terrace_api::compute::delete_server_group(id),
        Kind::Volume => terrace_api::volume::delete_volume(id),
        Kind::Server if forced => terrace_api::compute::force_delete_server(id),
        Kind::Server => terrace_api::compute::delete_server(id),
        Kind::VolumeAttachment => volume::detach(id),
    };
    session.call(call).await.map(drop)
}

/// How an object of a kind is recognised when the answer to its creation was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Recognised {
    /// By the marker on it.
    Marker,
    /// By its name, which is its id, and the key.
    NameAndKey,
    /// By name and policy, without members, and not there before.
    NewGroup,
    /// By its name, and that it was not there before: where no marker can be left.
    NewName,
    /// By what it joins: there cannot be two of it.
    Itself,
}

pub(crate) fn recognised(kind: Kind, driver: Driver) -> Recognised {
    if driver == Driver::Gateway {
        return Recognised::NewName;
    }
    match kind {
        Kind::Network
        | Kind::Subnet
        | Kind::SecurityGroup
        | Kind::Router
        | Kind::Port
        | Kind::FloatingIp
        | Kind::Volume
        | Kind::Server => Recognised::Marker,
        Kind::Keypair => Recognised::NameAndKey,
        Kind::ServerGroup => Recognised::NewGroup,
        Kind::RouterInterface | Kind::RouterRoute | Kind::VolumeAttachment => Recognised::Itself,
    }
}
