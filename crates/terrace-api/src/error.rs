//! One error for everything a cloud can answer, or fail to.

use std::fmt;
use std::time::Duration;

use http::Method;

use crate::call::Origin;
use crate::service::Service;

/// What went wrong, as far as the caller must act differently.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ApiErrorKind {
    /// 404: there is no such object, or not for this user.
    NotFound,
    /// 409 or 412: something stands in the way.
    Conflict {
        /// Neutron's error type (`NetworkInUse`), or nova's fault (`conflictingRequest`).
        kind: String,
    },
    /// The project's quota is used up.
    Quota,
    /// Too many requests, also after waiting.
    RateLimited {
        /// How long the cloud asks to wait.
        after: Option<Duration>,
    },
    /// The credentials or the token are not accepted.
    Auth,
    /// The credentials are good, but not for this.
    Forbidden,
    /// The cloud refuses the request as written.
    Invalid {
        /// The field it names.
        field: Option<String>,
    },
    /// The service cannot be reached or cannot answer; nothing was changed.
    Unavailable,
    /// The request may have been carried out: look before asking again.
    UnknownOutcome,
    /// The cloud has not got this: service missing, or API version too old.
    Unsupported,
    /// The answer is not what the API promises.
    Protocol,
}

/// A call that did not work, with all that is known about it.
pub struct ApiError(Box<Detail>);

struct Detail {
    kind: ApiErrorKind,
    service: Service,
    method: Method,
    path: String,
    status: Option<u16>,
    message: String,
    request_id: Option<String>,
}

impl ApiError {
    /// An error about the call at `origin`.
    pub fn new(kind: ApiErrorKind, origin: &Origin) -> Self {
        Self(Box::new(Detail {
            kind,
            service: origin.service,
            method: origin.method.clone(),
            path: origin.path.clone(),
            status: None,
            message: String::new(),
            request_id: None,
        }))
    }

    /// Adds the HTTP status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    /// Adds the cloud's words, or ours.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.0.message = message.into();
        self
    }

    /// Adds the cloud's request id.
    #[must_use]
    pub fn with_request_id(mut self, request_id: Option<String>) -> Self {
        self.0.request_id = request_id;
        self
    }

    /// The same, taken as another kind of failure.
    #[must_use]
    pub(crate) fn with_kind(mut self, kind: ApiErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// What went wrong.
    pub fn kind(&self) -> &ApiErrorKind {
        &self.0.kind
    }

    /// The service asked.
    pub fn service(&self) -> Service {
        self.0.service
    }

    /// The HTTP method.
    pub fn method(&self) -> &Method {
        &self.0.method
    }

    /// The path, relative to the versioned endpoint.
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// The HTTP status, if there was an answer.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The cloud's own message, or ours where it has none.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The cloud's request id.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// There is no such object.
    pub fn is_not_found(&self) -> bool {
        self.0.kind == ApiErrorKind::NotFound
    }

    /// The request may have been carried out.
    pub fn is_unknown_outcome(&self) -> bool {
        self.0.kind == ApiErrorKind::UnknownOutcome
    }

    /// Something else is under way with the same object: later the same call may work.
    pub fn is_busy(&self) -> bool {
        match &self.0.kind {
            ApiErrorKind::Conflict { kind } if kind == "conflictingRequest" => {
                self.0.message.contains("task_state")
            }
            ApiErrorKind::Conflict { kind } => kind.ends_with("InUse"),
            _ => false,
        }
    }

    /// The kind of conflict, if it is one.
    pub fn conflict(&self) -> Option<&str> {
        match &self.0.kind {
            ApiErrorKind::Conflict { kind } => Some(kind),
            _ => None,
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Detail { service, method, path, status, message, request_id, .. } = &*self.0;
        write!(f, "{service} {method} {path}")?;
        match status {
            Some(status) => write!(f, " answered {status}")?,
            None => f.write_str(" failed")?,
        }
        if !message.is_empty() {
            write!(f, ": {message}")?;
        }
        match request_id {
            Some(id) => write!(f, " (request {id})"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiError({:?}, {self})", self.0.kind)
    }
}

/// What is below is already said in the message, so there is no source to walk to.
impl std::error::Error for ApiError {}
