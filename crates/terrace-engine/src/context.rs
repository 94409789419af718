//! What every stage of the engine is given: the cloud, the clock, and who listens.

use std::collections::BTreeMap;
use std::sync::Arc;

use terrace_api::{Clock, Session};
use terrace_model::{Address, CloudIdentity, Name};

use crate::event::{Event, EventSink};

/// The connections: the workspace's own cloud, the others by name, and which instance is where.
#[derive(Clone)]
pub struct Clouds {
    own: Arc<Session>,
    others: BTreeMap<Name, Arc<Session>>,
    elsewhere: BTreeMap<Address, Name>,
}

impl Clouds {
    /// One cloud, in which everything is.
    pub fn one(own: Arc<Session>) -> Self {
        Self { own, others: BTreeMap::new(), elsewhere: BTreeMap::new() }
    }

    /// Adds a cloud, and the instances that are in it.
    #[must_use]
    pub fn with(
        mut self,
        name: &Name,
        session: Arc<Session>,
        instances: impl IntoIterator<Item = Address>,
    ) -> Self {
        self.elsewhere.extend(instances.into_iter().map(|address| (address, name.clone())));
        self.others.insert(name.clone(), session);
        self
    }

    /// The name of the cloud that an instance is in; `None` for the workspace's own.
    pub(crate) fn name_of(&self, address: &Address) -> Option<&Name> {
        self.elsewhere.get(address)
    }

    /// The connection to a cloud.
    pub(crate) fn session(&self, cloud: Option<&Name>) -> &Session {
        cloud.and_then(|name| self.others.get(name)).unwrap_or(&self.own)
    }

    /// The names of the clouds; `None` for the workspace's own.
    pub(crate) fn names(&self) -> impl Iterator<Item = Option<&Name>> {
        std::iter::once(None).chain(self.others.keys().map(Some))
    }

    fn all(&self) -> impl Iterator<Item = &Arc<Session>> {
        std::iter::once(&self.own).chain(self.others.values())
    }
}

/// The clouds, the clock and the listener.
#[derive(Clone)]
pub struct Context {
    /// The connections.
    pub clouds: Clouds,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Who listens.
    pub events: Arc<dyn EventSink>,
}

impl Context {
    pub(crate) fn emit(&self, event: Event) {
        self.events.event(event);
    }

    pub(crate) fn now(&self) -> u64 {
        self.clock.now_unix_ms()
    }

    /// The connection to the cloud that an instance is in.
    pub fn session(&self, address: &Address) -> &Session {
        self.clouds.session(self.clouds.name_of(address))
    }

    /// Requests made so far, to all clouds.
    pub(crate) fn calls_made(&self) -> u64 {
        self.clouds.all().map(|session| session.calls_made()).sum()
    }

    /// The cloud and project that ids belong to.
    pub fn identity(&self) -> CloudIdentity {
        identity(&self.clouds.own)
    }

    /// The same of the other clouds.
    pub fn identities(&self) -> BTreeMap<Name, CloudIdentity> {
        self.clouds.others.iter().map(|(name, s)| (name.clone(), identity(s))).collect()
    }
}

fn identity(session: &Session) -> CloudIdentity {
    let identity = session.identity();
    CloudIdentity {
        name: identity.cloud,
        auth_url: identity.auth_url,
        project_id: identity.project_id,
        project_name: identity.project_name,
        user_id: identity.user_id,
        region: identity.region,
    }
}
