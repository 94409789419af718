//! What goes wrong: kinds, retries, and what is never repeated.

use std::time::Duration;

use crate::call::Call;
use crate::compute::set_metadata;
use crate::error::{ApiError, ApiErrorKind};
use crate::service::Service;
use crate::testkit::{ManualClock, Script, Step, fail, login, session, step};
use crate::transport::TransportError;

const GET: &str = "GET /compute/v2.1/x";
const POST: &str = "POST /compute/v2.1/x";
const DELETE: &str = "DELETE /compute/v2.1/x";

fn call_of(line: &str) -> Call {
    match line.split(' ').next() {
        Some("GET") => Call::get(Service::Compute, "/x"),
        Some("POST") => Call::post(Service::Compute, "/x"),
        _ => Call::delete(Service::Compute, "/x"),
    }
}

async fn run(line: &str, steps: Vec<Step>) -> (Result<crate::Reply, ApiError>, Vec<Duration>) {
    let script = Script::new(std::iter::once(login("token-1", 59)).chain(steps));
    let clock = ManualClock::new();
    let outcome = session(&script, &clock).await.call(call_of(line)).await;
    script.finish();
    (outcome, clock.waits())
}

fn conflict(kind: &str) -> ApiErrorKind {
    ApiErrorKind::Conflict { kind: kind.into() }
}

fn invalid(field: Option<&str>) -> ApiErrorKind {
    ApiErrorKind::Invalid { field: field.map(Into::into) }
}

#[tokio::test]
async fn every_refusal_has_its_kind() {
    let nova = |fault: &str, message: &str| format!(r#"{{"{fault}": {{"message": "{message}"}}}}"#);
    let neutron =
        |kind: &str| format!(r#"{{"NeutronError": {{"type": "{kind}", "message": "m"}}}}"#);
    let bad = nova("badRequest", "Invalid input for field/attribute name. Value: 1.");
    let policy =
        nova("forbidden", "Policy doesn't allow os-quota-sets:show, quota exceeded or not");
    for (status, body, kind) in [
        (400, bad, invalid(Some("name"))),
        (422, String::new(), invalid(None)),
        (403, nova("forbidden", "Quota exceeded for cores"), ApiErrorKind::Quota),
        (403, nova("forbidden", "Maximum number of key pairs exceeded"), ApiErrorKind::Quota),
        (403, policy, ApiErrorKind::Forbidden),
        (404, nova("itemNotFound", "m"), ApiErrorKind::NotFound),
        (405, nova("badMethod", "m"), ApiErrorKind::Unsupported),
        (406, nova("computeFault", "Version 2.999 is not supported"), ApiErrorKind::Unsupported),
        (409, neutron("NetworkInUse"), conflict("NetworkInUse")),
        (409, neutron("OverQuota"), ApiErrorKind::Quota),
        (409, nova("conflictingRequest", "m"), conflict("conflictingRequest")),
        (
            412,
            neutron("RevisionNumberConstraintFailed"),
            conflict("RevisionNumberConstraintFailed"),
        ),
        (413, nova("overLimit", "m"), ApiErrorKind::Quota),
        (413, "<h1>too large</h1>".into(), invalid(None)),
        (500, nova("computeFault", "m"), ApiErrorKind::UnknownOutcome),
        (502, "<html>bad gateway</html>".into(), ApiErrorKind::UnknownOutcome),
        (503, String::new(), ApiErrorKind::UnknownOutcome),
        (504, String::new(), ApiErrorKind::UnknownOutcome),
        (302, String::new(), ApiErrorKind::UnknownOutcome),
    ] {
        let (outcome, waits) = run(POST, vec![step(POST, status, body.clone())]).await;
        let error = outcome.unwrap_err();
        assert_eq!((error.kind(), error.status()), (&kind, Some(status)), "{body}");
        assert!(waits.is_empty(), "{waits:?}");
    }
}

#[tokio::test]
async fn an_error_reads_as_one_clear_fragment() {
    let message = "Quota exceeded for instances: Requested 1, but already used 10 of 10 instances";
    let body = format!(r#"{{"forbidden": {{"code": 403, "message": "{message}"}}}}"#);
    let answer = step(POST, 403, body).header("X-Compute-Request-Id", "req-7");
    let (outcome, _) = run(POST, vec![answer]).await;
    let text = format!("compute POST /x answered 403: {message} (request req-7)");
    assert_eq!(outcome.unwrap_err().to_string(), text);

    let error = || fail(GET, TransportError::never_sent("no connection (refused)"));
    let (outcome, _) = run(GET, vec![error(), error(), error()]).await;
    assert_eq!(
        outcome.unwrap_err().to_string(),
        "compute GET /x failed: could not connect: no connection (refused) \
         (at http://cloud/compute/v2.1)"
    );
}

#[tokio::test]
async fn reads_are_repeated_while_that_may_help() {
    let lost = || fail(GET, TransportError::outcome_unknown("reset"));
    let unsent = || fail(GET, TransportError::never_sent("refused"));
    let busy = |status| step(GET, status, "");
    let good = || step(GET, 200, "{}");
    for (steps, kind) in [
        (vec![lost(), lost(), good()], None),
        (vec![unsent(), good()], None),
        (vec![busy(502), busy(503), busy(504), good()], None),
        (vec![busy(429), good()], None),
        (vec![lost(), lost(), lost()], Some(ApiErrorKind::Unavailable)),
        (vec![unsent(), unsent(), unsent()], Some(ApiErrorKind::Unavailable)),
        ((0..4).map(|_| busy(503)).collect(), Some(ApiErrorKind::Unavailable)),
        ((0..6).map(|_| busy(429)).collect(), Some(ApiErrorKind::RateLimited { after: None })),
        (vec![busy(500)], Some(ApiErrorKind::Unavailable)),
        (vec![step(GET, 200, "{\"half")], Some(ApiErrorKind::Protocol)),
        (vec![step(GET, 302, "")], Some(ApiErrorKind::Protocol)),
        (vec![step(GET, 204, "")], Some(ApiErrorKind::Protocol)),
        (vec![fail(GET, TransportError::TooLarge { limit: 9 })], Some(ApiErrorKind::Protocol)),
    ] {
        let tries = steps.len();
        let (outcome, waits) = run(GET, steps).await;
        assert_eq!(outcome.err().map(|error| error.kind().clone()), kind);
        assert_eq!(waits.len(), tries - 1);
        assert!(waits.is_sorted() && waits.iter().all(|wait| wait.as_millis() >= 250), "{waits:?}");
    }
}

#[tokio::test]
async fn a_creation_is_repeated_only_when_it_surely_was_not_made() {
    let lost = || fail(POST, TransportError::outcome_unknown("reset"));
    let unsent = || fail(POST, TransportError::never_sent("refused"));
    let later = |status| step(POST, status, "").header("Retry-After", "3");
    let good = || step(POST, 202, "{}");
    let unknown = Some(ApiErrorKind::UnknownOutcome);
    for (steps, kind) in [
        (vec![unsent(), good()], None),
        (vec![step(POST, 429, ""), good()], None),
        (vec![later(503), good()], None),
        (vec![later(413), good()], None),
        (vec![lost()], unknown.clone()),
        (vec![unsent(), lost()], unknown.clone()),
        (vec![step(POST, 202, "{\"ser")], unknown.clone()),
        (vec![step(POST, 202, "<html>")], unknown.clone()),
        (vec![fail(POST, TransportError::TooLarge { limit: 9 })], unknown),
        (vec![unsent(), unsent(), unsent()], Some(ApiErrorKind::Unavailable)),
        ((0..6).map(|_| later(503)).collect(), Some(ApiErrorKind::Unavailable)),
    ] {
        let (outcome, _) = run(POST, steps).await;
        assert_eq!(outcome.err().map(|error| error.kind().clone()), kind);
    }
}

#[tokio::test]
async fn a_deletion_is_repeated_but_its_loss_is_not_called_harmless() {
    let lost = || fail(DELETE, TransportError::outcome_unknown("reset"));
    let (outcome, _) = run(DELETE, vec![lost(), step(DELETE, 204, "")]).await;
    assert_eq!(outcome.unwrap().status, 204);
    let (outcome, _) = run(DELETE, vec![lost(), step(DELETE, 404, "")]).await;
    assert!(outcome.unwrap_err().is_not_found());
    let (outcome, _) = run(DELETE, vec![lost(), lost(), lost()]).await;
    assert!(outcome.unwrap_err().is_unknown_outcome());
    let (outcome, _) = run(DELETE, vec![step(DELETE, 500, "")]).await;
    assert!(outcome.unwrap_err().is_unknown_outcome());
    let (outcome, _) = run(DELETE, vec![step(DELETE, 202, "<p>Accepted</p>")]).await;
    outcome.unwrap();
}

#[tokio::test]
async fn the_cloud_says_when_to_come_back() {
    let busy = |after: &str| step(POST, 429, "slow down").header("Retry-After", after);
    let (outcome, waits) = run(POST, vec![busy("7"), step(POST, 202, "{}")]).await;
    outcome.unwrap();
    assert!(waits[0] >= Duration::from_secs(7) && waits[0] < Duration::from_secs(8), "{waits:?}");

    let (outcome, waits) = run(POST, vec![busy("3600")]).await;
    let after = Some(Duration::from_secs(3600));
    let error = outcome.unwrap_err();
    assert_eq!(*error.kind(), ApiErrorKind::RateLimited { after });
    assert_eq!((error.message(), waits.len()), ("slow down", 0));

    let quota = step(POST, 413, r#"{"overLimit": {"message": "m"}}"#).header("Retry-After", "0");
    let (outcome, _) = run(POST, vec![quota]).await;
    assert_eq!(*outcome.unwrap_err().kind(), ApiErrorKind::Quota);
}

#[tokio::test]
async fn a_post_that_says_it_may_be_repeated_is() {
    let line = "POST /compute/v2.1/servers/s/metadata";
    let lost = fail(line, TransportError::outcome_unknown("reset"));
    let script = Script::new([login("token-1", 59), lost, step(line, 200, "{}")]);
    let session = session(&script, &ManualClock::new()).await;
    session.call(set_metadata("s", &[("a".into(), "b".into())].into())).await.unwrap();
    assert_eq!(script.finish()[2].body, serde_json::json!({ "metadata": { "a": "b" } }));
}
