//! The gateway's one form of error, and what the errors of the services behind it become.

use crate::web::{Reply, Req};
use serde_json::{Value, json};

/// An error before it is sent.
pub(crate) struct Error {
    status: u16,
    code: &'static str,
    message: String,
    field: Option<String>,
    service: &'static str,
}

impl Error {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), field: None, service: "gateway" }
    }

    /// The refusal of one field of a body or query.
    pub(super) fn field(field: &str, message: &str) -> Self {
        let error = Self::new(422, "validation_failed", message);
        Self { field: Some(field.to_owned()), ..error }
    }

    /// A failure of a kind that needs no words of its own.
    pub(crate) fn of_status(status: u16, message: &str) -> Self {
        Self::new(status, code(status), message)
    }

    /// What a service behind the gateway answered.
    pub(super) fn from_service(service: &'static str, reply: &Reply) -> Self {
        let status = match reply.status {
            400 => 422,
            413 => 403,
            status => status,
        };
        let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        let inner = body.as_object().into_iter().flat_map(|map| map.values());
        let message = inner.filter_map(|value| value["message"].as_str()).next();
        let message = message.or_else(|| body["message"].as_str()).unwrap_or("failed").to_owned();
        Self { status, code: code(status), message, field: None, service }
    }
}

fn code(status: u16) -> &'static str {
    match status {
        400 | 422 => "validation_failed",
        401 => "unauthorized",
        403 => "forbidden",
        404 => "not_found",
        409 => "conflict",
        429 => "rate_limited",
        503 => "unavailable",
        _ => "internal_error",
    }
}

/// An error as clients get it.
pub(crate) fn fault(req: &Req, error: &Error) -> Reply {
    let meta = match &error.field {
        Some(field) => json!({"validation_errors": {field.as_str(): [error.message]}}),
        None => json!({}),
    };
    let operation = format!("{} {}", req.method, req.path);
    let one = json!({
        "code": error.code, "message": error.message, "status": error.status, "field": error.field,
        "source": {"service": error.service, "operation": operation}, "meta": meta,
    });
    Reply::json(error.status, &json!({"request_id": req.request_id, "errors": [one]}))
}
