//! Getting, renewing and losing tokens.

use std::time::Duration;

use serde_json::{Value, json};

use crate::call::Call;
use crate::config::{Auth, CloudConfig, Credential, Domain, Named};
use crate::error::ApiErrorKind;
use crate::service::Service;
use crate::testkit::{ManualClock, Script, catalog, connect, login, session, step, token_body};

fn flavors() -> Call {
    Call::get(Service::Compute, "/flavors")
}

const FLAVORS: &str = "GET /compute/v2.1/flavors";

async fn sent_by(config: CloudConfig) -> Value {
    let script = Script::new([login("token-1", 59)]);
    connect(config, &script, &ManualClock::new()).await.unwrap();
    script.finish().remove(0).body
}

#[tokio::test]
async fn each_way_to_authenticate_sends_its_own_body() {
    let base = CloudConfig::for_simulator("http://cloud/");
    let scope = json!({ "project": { "name": "demo", "domain": { "name": "Default" } } });
    let user = json!({ "name": "demo", "domain": { "name": "Default" }, "password": "demo" });
    assert_eq!(
        sent_by(base.clone()).await,
        json!({ "auth": { "scope": scope,
            "identity": { "methods": ["password"], "password": { "user": user } } } })
    );

    let by_id = Credential::Id("ac1".into());
    let auth = Auth::ApplicationCredential { credential: by_id, secret: "s".into() };
    assert_eq!(
        sent_by(CloudConfig { auth, project: None, ..base.clone() }).await,
        json!({ "auth": { "identity": { "methods": ["application_credential"],
            "application_credential": { "id": "ac1", "secret": "s" } } } })
    );

    let user = Named::Name { name: "me".into(), domain: Domain::Id("d1".into()) };
    let by_name = Credential::Name { name: "ci".into(), user };
    let auth = Auth::ApplicationCredential { credential: by_name, secret: "s".into() };
    assert_eq!(
        sent_by(CloudConfig { auth, project: None, ..base.clone() }).await,
        json!({ "auth": { "identity": { "methods": ["application_credential"],
            "application_credential": { "name": "ci", "secret": "s",
                "user": { "name": "me", "domain": { "id": "d1" } } } } } })
    );

    let auth = Auth::Token { token: "old".into() };
    let project = Some(Named::Id("p1".into()));
    assert_eq!(
        sent_by(CloudConfig { auth, project, ..base }).await,
        json!({ "auth": { "scope": { "project": { "id": "p1" } },
            "identity": { "methods": ["token"], "token": { "id": "old" } } } })
    );
}

#[tokio::test]
async fn a_session_knows_who_it_is_and_sends_its_token() {
    let script = Script::new([login("token-1", 59), step(FLAVORS, 200, "{}")]);
    let session = session(&script, &ManualClock::new()).await;
    session.call(flavors()).await.unwrap();
    let identity = session.identity();
    assert_eq!((identity.cloud.as_str(), identity.project_id.as_str()), ("it", "p1"));
    assert_eq!((identity.user_id.as_str(), identity.region.as_deref()), ("u1", Some("R1")));
    assert_eq!(session.calls_made(), 2);
    let seen = script.finish();
    assert_eq!(seen[1].headers["x-auth-token"], "token-1");
    assert!(!seen[0].headers.contains_key("x-auth-token"));
}

#[tokio::test]
async fn a_wrong_password_is_said_once_and_not_tried_again() {
    let body = r#"{"error": {"code": 401, "message": "The request you have made requires authentication.", "title": "Unauthorized"}}"#;
    let refusal = step("POST /identity/v3/auth/tokens", 401, body);
    let script = Script::new([refusal.header("x-openstack-request-id", "req-1")]);
    let error = connect(crate::testkit::config(), &script, &ManualClock::new()).await.unwrap_err();
    assert_eq!(*error.kind(), ApiErrorKind::Auth);
    assert_eq!(
        error.to_string(),
        "identity POST /auth/tokens answered 401: The request you have made requires \
         authentication. (request req-1)"
    );
}

#[tokio::test]
async fn a_token_that_is_for_no_project_is_refused() {
    let mut body = token_body("2026-01-01T00:59:00Z", &catalog());
    body["token"]["project"] = Value::Null;
    let answer = step("POST /identity/v3/auth/tokens", 201, body.to_string());
    let script = Script::new([answer.header("x-subject-token", "t")]);
    let error = connect(crate::testkit::config(), &script, &ManualClock::new()).await.unwrap_err();
    assert!(error.message().contains("the token is for no project"), "{error}");
}

#[tokio::test]
async fn tokens_are_renewed_before_they_end() {
    let clock = ManualClock::new();
    let script = Script::new([
        login("token-1", 10),
        step(FLAVORS, 200, "{}"),
        login("token-2", 10),
        step(FLAVORS, 200, "{}"),
    ]);
    let session = session(&script, &clock).await;
    clock.advance(Duration::from_secs(7 * 60));
    session.call(flavors()).await.unwrap();
    clock.advance(Duration::from_secs(61));
    session.call(flavors()).await.unwrap();
    assert_eq!(script.finish()[3].headers["x-auth-token"], "token-2");
}

#[tokio::test]
async fn the_old_token_has_to_do_while_keystone_is_down() {
    let clock = ManualClock::new();
    let down = || step("POST /identity/v3/auth/tokens", 500, "");
    let script = Script::new([login("token-1", 10), down(), step(FLAVORS, 200, "{}"), down()]);
    let session = session(&script, &clock).await;
    clock.advance(Duration::from_secs(9 * 60));
    session.call(flavors()).await.unwrap();
    clock.advance(Duration::from_secs(61));
    let error = session.call(flavors()).await.unwrap_err();
    assert_eq!(*error.kind(), ApiErrorKind::Unavailable);
    script.finish();
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_even_for_a_creation() {
    let create = || Call::post(Service::Compute, "/servers");
    let line = "POST /compute/v2.1/servers";
    let script = Script::new([
        login("token-1", 59),
        step(line, 401, "no"),
        login("token-2", 59),
        step(line, 202, "{}"),
        step(line, 401, "no"),
        login("token-3", 59),
        step(line, 401, "still no"),
    ]);
    let clock = ManualClock::new();
    let session = session(&script, &clock).await;
    session.call(create()).await.unwrap();
    clock.advance(Duration::from_secs(120));
    let error = session.call(create()).await.unwrap_err();
    assert_eq!(*error.kind(), ApiErrorKind::Auth);
    assert!(error.message().starts_with("still no (a token that was just issued"), "{error}");
    assert_eq!(script.finish()[3].headers["x-auth-token"], "token-2");
}

#[tokio::test]
async fn many_calls_with_an_old_token_renew_it_once() {
    let mut steps = vec![login("token-1", 59)];
    steps.extend((0..3).map(|_| step(FLAVORS, 401, "")));
    steps.push(login("token-2", 59));
    steps.extend((0..3).map(|_| step(FLAVORS, 200, "{}")));
    let script = Script::new(steps);
    let session = session(&script, &ManualClock::new()).await;
    let calls = [session.call(flavors()), session.call(flavors()), session.call(flavors())];
    for outcome in futures::future::join_all(calls).await {
        outcome.unwrap();
    }
    assert_eq!(session.calls_made(), 8);
    script.finish();
}

#[tokio::test]
async fn many_calls_do_not_lock_an_account_whose_password_changed() {
    let mut steps = vec![login("token-1", 59)];
    steps.extend((0..3).map(|_| step(FLAVORS, 401, "")));
    steps.push(step("POST /identity/v3/auth/tokens", 401, "password is wrong"));
    let script = Script::new(steps);
    let session = session(&script, &ManualClock::new()).await;
    let calls = [session.call(flavors()), session.call(flavors()), session.call(flavors())];
    for outcome in futures::future::join_all(calls).await {
        let error = outcome.unwrap_err();
        assert_eq!((error.kind(), error.message()), (&ApiErrorKind::Auth, "password is wrong"));
    }
    script.finish();
}

#[tokio::test]
async fn a_given_token_is_not_renewed() {
    let auth = Auth::Token { token: "given-token".into() };
    let config = CloudConfig { auth, ..CloudConfig::for_simulator("http://cloud") };
    let clock = ManualClock::new();
    let script = Script::new([login("token-1", 5), step(FLAVORS, 401, "expired")]);
    let session = connect(config, &script, &clock).await.unwrap();
    clock.advance(Duration::from_secs(600));
    let error = session.call(flavors()).await.unwrap_err();
    assert_eq!((error.kind(), error.message()), (&ApiErrorKind::Auth, "expired"));
    script.finish();
}
