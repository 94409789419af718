//! A connection to one cloud.

use std::sync::Arc;

use serde_json::Value;

use crate::auth::Identity;
use crate::call::{Call, Reply};
use crate::clock::Clock;
use crate::config::CloudConfig;
use crate::error::ApiError;
use crate::transport::Transport;
use crate::wire::Wire;

/// A connection to one cloud, as one user in one project.
pub struct Session {}

impl Session {
    /// Authenticates at once.
    pub async fn connect(
        config: CloudConfig,
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ApiError> {
        todo!()
    }

    /// Makes one call.
    pub async fn call(&self, call: Call) -> Result<Reply, ApiError> {
        todo!()
    }

    /// Makes one call and decodes the object in the answer.
    pub async fn one<T: Wire>(&self, call: Call) -> Result<T, ApiError> {
        self.call(call).await?.decode()
    }

    /// Reads a list to its end, page by page, and decodes its items in order.
    pub async fn all<T: Wire>(&self, call: Call) -> Result<Vec<T>, ApiError> {
        todo!()
    }

    /// Reads the list under `key` to its end, page by page; the order is kept.
    pub async fn list(&self, call: Call, key: &str) -> Result<Vec<Value>, ApiError> {
        todo!()
    }

    /// Who we are, and where.
    pub fn identity(&self) -> Identity {
        todo!()
    }

    /// How many requests were sent so far, for authentication too.
    pub fn calls_made(&self) -> u64 {
        todo!()
    }
}
