//! The kinds and their API calls; the only place that knows both. One file a kind, one match each.

mod keypair;
mod network;
mod server;
mod server_group;
mod subnet;

use std::collections::BTreeMap;

use terrace_api::{ApiError, Session};
use terrace_model::{Attributes, Driver, Kind, Object, Value};

/// An object to create: attributes all known, and the marker to leave on it.
pub(crate) struct New<'a> {
    pub(crate) desired: &'a Attributes,
    pub(crate) marker: &'a str,
}

/// A change of an object: only what changes, `null` for what is reset.
pub(crate) struct Change<'a> {
    pub(crate) id: &'a str,
    pub(crate) changes: &'a BTreeMap<String, Value>,
    /// Attributes as seen when the plan was made.
    pub(crate) before: &'a Attributes,
    pub(crate) marker: &'a str,
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
        Kind::Keypair | Kind::Network | Kind::Subnet | Kind::ServerGroup => Waiting::None,
        Kind::Server => Waiting::Polled,
    }
}

/// Every object of a kind in the project.
pub(crate) async fn list(kind: Kind, session: &Session) -> Result<Vec<Object>, ApiError> {
    match kind {
        Kind::Keypair => keypair::list(session).await,
        Kind::Network => network::list(session).await,
        Kind::Subnet => subnet::list(session).await,
        Kind::ServerGroup => server_group::list(session).await,
        Kind::Server => server::list(session).await,
    }
}

/// One object; `None` when the cloud says that there is none.
pub(crate) async fn get(
    kind: Kind,
    session: &Session,
    id: &str,
) -> Result<Option<Object>, ApiError> {
    let found = match kind {
        Kind::Keypair => keypair::get(session, id).await,
        Kind::Network => network::get(session, id).await,
        Kind::Subnet => subnet::get(session, id).await,
        Kind::ServerGroup => server_group::get(session, id).await,
        Kind::Server => server::get(session, id).await,
    };
    match found {
        Ok(object) => Ok(Some(object)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Asks for a new object and returns its id.
pub(crate) async fn create(
    kind: Kind,
    session: &Session,
    new: &New<'_>,
) -> Result<String, ApiError> {
    match kind {
        Kind::Keypair => keypair::create(session, new).await,
        Kind::Network => network::create(session, new).await,
        Kind::Subnet => subnet::create(session, new).await,
        Kind::ServerGroup => server_group::create(session, new).await,
        Kind::Server => server::create(session, new).await,
    }
}

/// Asks for all changes that happen in place.
pub(crate) async fn update(
    kind: Kind,
    session: &Session,
    change: &Change<'_>,
) -> Result<(), ApiError> {
    match kind {
        // Neither has an update call: each of their attributes is a replace in their tables.
        Kind::Keypair | Kind::ServerGroup => Ok(()),
        Kind::Network => network::update(session, change).await,
        Kind::Subnet => subnet::update(session, change).await,
        Kind::Server => server::update(session, change).await,
    }
}

/// Asks for an object to go.
pub(crate) async fn delete(kind: Kind, session: &Session, id: &str) -> Result<(), ApiError> {
    let call = match kind {
        Kind::Keypair => terrace_api::compute::delete_keypair(id),
        Kind::Network => terrace_api::network::delete_network(id),
        Kind::Subnet => terrace_api::network::delete_subnet(id),
        Kind::ServerGroup => terrace_api::compute::delete_server_group(id),
        Kind::Server => terrace_api::compute::delete_server(id),
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
}

pub(crate) fn recognised(kind: Kind, driver: Driver) -> Recognised {
    if driver == Driver::Gateway {
        return Recognised::NewName;
    }
    match kind {
        Kind::Network | Kind::Subnet | Kind::Server => Recognised::Marker,
        Kind::Keypair => Recognised::NameAndKey,
        Kind::ServerGroup => Recognised::NewGroup,
    }
}

pub(crate) use server::{Progress, Servers, begin_rebuild, begin_resize, confirm_resize, progress};

/// Attributes from pairs; nulls are left out.
pub(crate) fn attributes<const N: usize>(pairs: [(&str, Value); N]) -> Attributes {
    pairs.into_iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k.to_owned(), v)).collect()
}

/// Text, or null when it is empty.
pub(crate) fn text_or_null(text: Option<&str>) -> Value {
    text.filter(|t| !t.is_empty()).map_or(Value::Null, Value::text)
}

/// The text of an attribute; empty when it is not there.
pub(crate) fn text<'a>(values: &'a BTreeMap<String, Value>, name: &str) -> &'a str {
    values.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The text of an attribute, if it is there.
pub(crate) fn some_text(values: &BTreeMap<String, Value>, name: &str) -> Option<String> {
    values.get(name).and_then(Value::as_str).map(str::to_owned)
}

/// A map of texts.
pub(crate) fn texts(value: Option<&Value>) -> BTreeMap<String, String> {
    let map = value.and_then(Value::as_map).into_iter().flatten();
    map.filter_map(|(k, v)| Some((k.clone(), v.as_str()?.to_owned()))).collect()
}

/// A list of texts.
pub(crate) fn text_list(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_list).into_iter().flatten();
    items.filter_map(|v| v.as_str().map(str::to_owned)).collect()
}
