//! A call is a value: what to ask, of which service, and what counts as success. No IO here.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, Method};
use serde_json::Value;

use crate::error::{ApiError, ApiErrorKind};
use crate::service::Service;
use crate::wire::Wire;

/// A version of an API's behaviour, such as nova's 2.64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Microversion {
    /// The part before the point.
    pub major: u16,
    /// The part after the point: 2.9 is older than 2.10.
    pub minor: u16,
}

impl Microversion {
    /// The version `major.minor`.
    pub const fn new(major: u16, minor: u16) -> Self {
        Self { major, minor }
    }

    /// Reads `2.64`.
    pub fn parse(text: &str) -> Option<Self> {
        let (major, minor) = text.trim().split_once('.')?;
        Some(Self { major: major.parse().ok()?, minor: minor.parse().ok()? })
    }
}

impl fmt::Display for Microversion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// The microversion a call is written for, and what for, so that a cloud too old for it can be told
/// from one where something is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// The version to ask for.
    pub version: Microversion,
    /// What needs it, as words that fit in "... needs compute API 2.64".
    pub feature: &'static str,
}

/// May the transport send the call again when nobody knows what became of it?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// Twice is the same as once.
    Safe,
    /// Twice may be two objects: report an unknown outcome instead.
    Unsafe,
}

/// Where an answer came from, for messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The service asked.
    pub service: Service,
    /// The HTTP method.
    pub method: Method,
    /// The path, relative to the versioned endpoint.
    pub path: String,
    /// Whether the call may be repeated.
    pub repeat: Repeat,
}

/// One request to one service, not yet sent.
#[derive(Clone)]
pub struct Call {
    /// The service to ask.
    pub service: Service,
    /// The HTTP method.
    pub method: Method,
    /// The path, relative to the versioned endpoint: `/servers/detail`.
    pub path: String,
    /// Query parameters, in order; names may repeat.
    pub query: Vec<(String, String)>,
    /// The JSON body.
    pub body: Option<Value>,
    /// Extra headers.
    pub headers: Vec<(&'static str, String)>,
    /// The microversion the call is written for; none is the service's base version.
    pub microversion: Option<Need>,
    /// What to send instead to a cloud that is too old for the microversion.
    pub older: Option<Box<Self>>,
    /// The statuses that mean it worked.
    pub success: &'static [u16],
    /// Whether it may be repeated when the outcome is unknown.
    pub repeat: Repeat,
    /// Whether the answer's body is left as it was sent, for a reader of its own.
    pub(crate) unread: bool,
}

impl Call {
    /// A read.
    pub fn get(service: Service, path: impl Into<String>) -> Self {
        Self::new(service, Method::GET, path.into(), &[200], Repeat::Safe)
    }

    /// A POST; not to be repeated unless [`Call::repeat`] says otherwise.
    pub fn post(service: Service, path: impl Into<String>) -> Self {
        Self::new(service, Method::POST, path.into(), &[200, 201, 202, 204], Repeat::Unsafe)
    }

    /// A PUT.
    pub fn put(service: Service, path: impl Into<String>) -> Self {
        Self::new(service, Method::PUT, path.into(), &[200, 201, 202, 204], Repeat::Safe)
    }

    /// A DELETE; repeating one that worked answers 404.
    pub fn delete(service: Service, path: impl Into<String>) -> Self {
        Self::new(service, Method::DELETE, path.into(), &[200, 202, 204], Repeat::Safe)
    }

    fn new(
        service: Service,
        method: Method,
        path: String,
        success: &'static [u16],
        repeat: Repeat,
    ) -> Self {
        Self {
            service,
            method,
            path,
            query: Vec::new(),
            body: None,
            headers: Vec::new(),
            microversion: None,
            older: None,
            success,
            repeat,
            unread: false,
        }
    }

    /// Adds a query parameter.
    #[must_use]
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// Sets the JSON body.
    #[must_use]
    pub fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Asks for a microversion and says what for.
    #[must_use]
    pub fn microversion(mut self, version: Microversion, feature: &'static str) -> Self {
        self.microversion = Some(Need { version, feature });
        self
    }

    /// Says what to send instead to a cloud that is too old for the microversion.
    #[must_use]
    pub fn or_older(mut self, call: Self) -> Self {
        self.older = Some(Box::new(call));
        self
    }

    /// Replaces the statuses that mean it worked.
    #[must_use]
    pub fn success(mut self, statuses: &'static [u16]) -> Self {
        self.success = statuses;
        self
    }

    /// Says whether it may be repeated when the outcome is unknown.
    #[must_use]
    pub fn repeat(mut self, repeat: Repeat) -> Self {
        self.repeat = repeat;
        self
    }

    /// What messages about this call name.
    pub fn origin(&self) -> Origin {
        Origin {
            service: self.service,
            method: self.method.clone(),
            path: self.path.clone(),
            repeat: self.repeat,
        }
    }
}

/// Bodies and header values may carry secrets (user data, passwords), so only their presence shows.
impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<&str> = self.headers.iter().map(|(name, _)| *name).collect();
        f.debug_struct("Call")
            .field("service", &self.service)
            .field("method", &self.method)
            .field("path", &self.path)
            .field("query", &self.query)
            .field("body", &self.body.as_ref().map(top_keys))
            .field("headers", &headers)
            .field("microversion", &self.microversion)
            .field("repeat", &self.repeat)
            .finish_non_exhaustive()
    }
}

/// The answer to a call that worked.
#[derive(Clone)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The response headers.
    pub headers: HeaderMap,
    /// The JSON body; null when there was none.
    pub body: Value,
    /// The body as it was sent, where that was asked for.
    pub(crate) text: Bytes,
    /// The cloud's request id.
    pub request_id: Option<String>,
    /// The call it answers.
    pub origin: Origin,
}

impl Reply {
    /// Decodes the one object in the body.
    pub fn decode<T: Wire>(&self) -> Result<T, ApiError> {
        let value = match self.body.get(T::ONE) {
            Some(inner) => inner.clone(),
            None if T::ONE.is_empty() => self.body.clone(),
            None => return Err(self.malformed(format!("the body has no `{}`", T::ONE))),
        };
        serde_json::from_value(value)
            .map_err(|error| self.malformed(format!("cannot read `{}`: {error}", T::NAME)))
    }

    /// The error for a body that is not what the API promises.
    pub fn malformed(&self, message: impl Into<String>) -> ApiError {
        ApiError::new(self.origin.unreadable_kind(), &self.origin)
            .with_status(self.status)
            .with_message(message)
            .with_request_id(self.request_id.clone())
    }
}

impl Origin {
    /// An unreadable answer to a creation hides the id of something that probably exists.
    pub(crate) fn unreadable_kind(&self) -> ApiErrorKind {
        match self.repeat {
            Repeat::Safe => ApiErrorKind::Protocol,
            Repeat::Unsafe => ApiErrorKind::UnknownOutcome,
        }
    }
}

/// Bodies may carry secrets (generated passwords), so only their outline shows.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("status", &self.status)
            .field("body", &top_keys(&self.body))
            .field("request_id", &self.request_id)
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

fn top_keys(body: &Value) -> Vec<&str> {
    body.as_object().map(|map| map.keys().map(String::as_str).collect()).unwrap_or_default()
}
