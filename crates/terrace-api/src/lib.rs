//! OpenStack calls as values, transport, authentication, catalogue, errors.
//!
//! A [`Call`] says what to ask; building one does no IO. The modules [`compute`], [`network`],
//! [`volume`] and [`image`] build the calls Terrace makes and decode what comes back. A [`Session`] sends them: it
//! finds the endpoint in the catalogue, adds the token and the microversion, waits its turn, repeats
//! what may be repeated and turns every failure into one [`ApiError`].
//!
//! What is deliberately absent: this crate knows no resource kinds, no state and no plan. It reads no
//! environment variable and no clock on its own: both are handed in. Only [`HttpTransport`] names the
//! HTTP client.

mod auth;
mod call;
mod catalog;
mod clock;
pub mod compute;
pub mod config;
mod discovery;
mod error;
mod gateway;
mod http_transport;
pub mod image;
mod limiter;
pub mod lookups;
mod message;
pub mod network;
mod page;
mod paging;
mod redact;
mod retry;
mod service;
mod session;
#[cfg(test)]
mod testkit;
mod transport;
pub mod volume;
mod wire;

pub use auth::Identity;
pub use call::{Call, Microversion, Need, Origin, Repeat, Reply};
pub use clock::{Clock, SystemClock};
pub use config::{CloudConfig, ConfigError, Named, Proxies, Selection};
pub use error::{ApiError, ApiErrorKind};
pub use http_transport::{HttpOptions, HttpTransport};
pub use service::{Interface, Service};
pub use session::Session;
pub use transport::{Transport, TransportError};
pub use wire::Wire;
