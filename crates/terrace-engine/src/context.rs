//! What every stage of the engine is given: the cloud, the clock, and who listens.

use std::sync::Arc;

use terrace_api::{Clock, Session};
use terrace_model::CloudIdentity;

use crate::event::{Event, EventSink};

/// The cloud, the clock and the listener.
#[derive(Clone)]
pub struct Context {
    /// The connection.
    pub session: Arc<Session>,
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

    /// The cloud and project that ids belong to.
    pub fn identity(&self) -> CloudIdentity {
        let identity = self.session.identity();
        CloudIdentity {
            name: identity.cloud,
            auth_url: identity.auth_url,
            project_id: identity.project_id,
            project_name: identity.project_name,
            user_id: identity.user_id,
            region: identity.region,
        }
    }
}
