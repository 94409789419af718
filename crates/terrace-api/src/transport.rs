//! What carries a request to a cloud and brings the answer back.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

/// The underlying reason of a transport failure.
pub(crate) type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Carries requests. The simulator and the tests have their own.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends one request and reads the whole answer, within `deadline`.
    async fn send(
        &self,
        request: http::Request<Bytes>,
        deadline: Duration,
    ) -> Result<http::Response<Bytes>, TransportError>;
}

/// No answer. The difference between the first two is whether the cloud may have done it.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// The request did not leave: no address, no connection, no TLS.
    #[error("could not connect: {reason}")]
    NeverSent {
        /// What happened.
        reason: String,
        /// The error below.
        source: Option<Cause>,
    },
    /// The request may have arrived: reset, timed out, or the answer broke off.
    #[error("no complete answer: {reason}")]
    OutcomeUnknown {
        /// What happened.
        reason: String,
        /// The error below.
        source: Option<Cause>,
    },
    /// The certificate of the other side is not accepted; asking again would give the same.
    #[error("the certificate is not accepted: {reason}")]
    Untrusted {
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// The answer is larger than is reasonable; asking again would give the same.
    #[error("the answer is larger than {limit} bytes")]
    TooLarge {
        /// The most that is read.
        limit: usize,
    },
}

impl TransportError {
    /// A failure before anything was sent.
    pub fn never_sent(reason: impl Into<String>) -> Self {
        Self::NeverSent { reason: reason.into(), source: None }
    }

    /// A failure after which nobody knows whether it was done.
    pub fn outcome_unknown(reason: impl Into<String>) -> Self {
        Self::OutcomeUnknown { reason: reason.into(), source: None }
    }
}
