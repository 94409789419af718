//! What an answer that is no success means, and whether asking again may help. No IO.

use std::time::Duration;

use http::Method;

use crate::call::{Call, Repeat};
use crate::error::ApiErrorKind;
use crate::message::Said;
use crate::retry::Verdict;
use crate::transport::TransportError;

/// Attempts when the cloud said to come back later.
const WHEN_ASKED: u32 = 6;
/// Attempts when something in between could not answer.
const WHEN_DOWN: u32 = 4;
/// Attempts when there was no connection or no answer.
const WHEN_SILENT: u32 = 3;

/// Judges an answer by its status; `after` is its `Retry-After`.
pub(super) fn status(
    call: &Call,
    status: u16,
    after: Option<Duration>,
    said: &Said,
) -> (ApiErrorKind, Verdict) {
    let kind = kind(call, status, after, said);
    let verdict = match (status, &kind) {
        (401, _) => Verdict::Unauthorized,
        (_, ApiErrorKind::RateLimited { .. }) => Verdict::Again { attempts: WHEN_ASKED, after },
        // With a time to come back, the service itself declined; without, who knows how far it got.
        (503, _) if after.is_some() => Verdict::Again { attempts: WHEN_ASKED, after },
        (408 | 502 | 503 | 504, _) if call.repeat == Repeat::Safe => {
            Verdict::Again { attempts: WHEN_DOWN, after: None }
        }
        _ => Verdict::Final,
    };
    (kind, verdict)
}

/// Judges the absence of an answer.
pub(super) fn silence(call: &Call, error: &TransportError) -> (ApiErrorKind, Verdict) {
    let again = Verdict::Again { attempts: WHEN_SILENT, after: None };
    match error {
        TransportError::NeverSent { .. } => (ApiErrorKind::Unavailable, again),
        TransportError::OutcomeUnknown { .. } if call.repeat == Repeat::Safe => (lost(call), again),
        TransportError::OutcomeUnknown { .. } => (lost(call), Verdict::Final),
        TransportError::Untrusted { .. } => (ApiErrorKind::Unavailable, Verdict::Final),
        TransportError::TooLarge { .. } => (call.origin().unreadable_kind(), Verdict::Final),
    }
}

fn kind(call: &Call, status: u16, after: Option<Duration>, said: &Said) -> ApiErrorKind {
    match status {
        401 => ApiErrorKind::Auth,
        403 if over_quota(said) => ApiErrorKind::Quota,
        403 => ApiErrorKind::Forbidden,
        404 | 410 => ApiErrorKind::NotFound,
        // Nova says 406 for a microversion out of its range.
        405 | 406 | 501 => ApiErrorKind::Unsupported,
        409 if said.kind.as_deref() == Some("OverQuota") => ApiErrorKind::Quota,
        409 | 412 => ApiErrorKind::Conflict { kind: said.kind.clone().unwrap_or_default() },
        // Old novas limit the rate so; cinder means the quota, and says to come back in 0 seconds.
        413 if after.is_some_and(|wait| !wait.is_zero()) => ApiErrorKind::RateLimited { after },
        413 if said.kind.as_deref() == Some("overLimit") => ApiErrorKind::Quota,
        429 | 498 => ApiErrorKind::RateLimited { after },
        503 if after.is_some() => ApiErrorKind::Unavailable,
        408 | 500..=599 => lost(call),
        400..=499 => ApiErrorKind::Invalid { field: said.field.clone() },
        _ => call.origin().unreadable_kind(),
    }
}

/// A read that failed changed nothing; anything else may have.
fn lost(call: &Call) -> ApiErrorKind {
    let harmless = matches!(call.method, Method::GET | Method::HEAD);
    if harmless || call.path == "/auth/tokens" {
        ApiErrorKind::Unavailable
    } else {
        ApiErrorKind::UnknownOutcome
    }
}

/// Nova has no error type for quotas, and its policy messages name quotas too.
fn over_quota(said: &Said) -> bool {
    let message = said.message.to_ascii_lowercase();
    let words = ["quota exceeded", "exceeded quota", "exceeds quota", "maximum number of"];
    !message.contains("policy") && words.iter().any(|words| message.contains(words))
}
