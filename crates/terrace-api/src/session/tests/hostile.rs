//! Clouds that answer badly, over real connections: each case says what becomes of a read and of a
//! creation, and how often each was sent.

use crate::call::Call;
use crate::compute::{self, Server as Instance};
use crate::config::{Auth, CloudConfig, Credential, Named};
use crate::error::ApiErrorKind;
use crate::network::{self, Network};
use crate::service::Service;

use super::server::{Act, Server};

fn read() -> Call {
    Call::get(Service::Compute, "/x")
}

fn create() -> Call {
    Call::post(Service::Compute, "/x").body(serde_json::json!({ "name": "n" }))
}

/// What became of a call: the kind of its error, how often it was sent, and the message.
async fn outcome(call: Call, act: fn(usize) -> Act) -> (Option<ApiErrorKind>, usize, String) {
    let server = Server::start(move |line, before| {
        line.ends_with(" /compute/v2.1/x").then(|| act(before - 1))
    })
    .await;
    let session = server.connect(server.config()).await.unwrap();
    let result = session.call(call).await;
    let message = result.as_ref().map_or_else(ToString::to_string, |_| String::new());
    (result.err().map(|error| error.kind().clone()), server.asked().len(), message)
}

fn refused(status: u16, headers: &'static str, body: &str) -> Act {
    Act::Say(status, headers, body.to_owned())
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table")]
async fn every_bad_answer_has_its_meaning_and_nothing_is_made_twice() {
    use ApiErrorKind::{Protocol, RateLimited, Unavailable, UnknownOutcome};
    let limited = || RateLimited { after: None };
    type Case = (fn(usize) -> Act, (ApiErrorKind, usize), (ApiErrorKind, usize), &'static str);
    let cases: Vec<Case> = vec![
        (
            |_| refused(200, "", "<html><title>Sign in</title><body>to the network</body>"),
            (Protocol, 1),
            (UnknownOutcome, 1),
            "the answer is a web page and not JSON, so something between here and the service \
             answered (it begins: Sign in to the network)",
        ),
        (
            |_| refused(200, "", r#"{"server": {"id": "a"#),
            (Protocol, 1),
            (UnknownOutcome, 1),
            "the answer ends in the middle, after 20 bytes",
        ),
        (
            |_| Act::Raw("HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{\"server\": {"),
            (Unavailable, 3),
            (UnknownOutcome, 1),
            "no complete answer",
        ),
        (|_| Act::Raw(""), (Unavailable, 3), (UnknownOutcome, 1), "no complete answer"),
        (
            |_| Act::Raw("HTTP/1.1 200 OK\r\nContent-Length: 314572800\r\n\r\n{"),
            (Protocol, 1),
            (UnknownOutcome, 1),
            "the answer is larger than 1048576 bytes",
        ),
        (|_| Act::Endless, (Protocol, 1), (UnknownOutcome, 1), "larger than 1048576 bytes"),
        (|_| Act::Drip("HTTP/1.1 "), (Unavailable, 3), (UnknownOutcome, 1), "timed out"),
        (
            |_| Act::Drip("HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{"),
            (Unavailable, 3),
            (UnknownOutcome, 1),
            "timed out",
        ),
        (|_| refused(500, "", "{}"), (Unavailable, 1), (UnknownOutcome, 1), "answered 500"),
        (
            |_| refused(502, "", "<h1>Bad gateway</h1>"),
            (Unavailable, 4),
            (UnknownOutcome, 1),
            "answered 502: Bad gateway",
        ),
        (|_| refused(504, "", ""), (Unavailable, 4), (UnknownOutcome, 1), "answered 504"),
        (|_| refused(503, "", ""), (Unavailable, 4), (UnknownOutcome, 1), "answered 503"),
        (
            |_| refused(503, "Retry-After: 1\r\n", ""),
            (Unavailable, 6),
            (Unavailable, 6),
            "answered 503",
        ),
        (|_| refused(429, "", ""), (limited(), 6), (limited(), 6), "answered 429"),
        (
            |_| refused(413, "Retry-After: 1\r\n", r#"{"overLimit": {"message": "slow"}}"#),
            (RateLimited { after: Some(std::time::Duration::from_secs(1)) }, 6),
            (RateLimited { after: Some(std::time::Duration::from_secs(1)) }, 6),
            "answered 413: slow",
        ),
        (
            |_| refused(413, "", r#"{"overLimit": {"message": "no more"}}"#),
            (ApiErrorKind::Quota, 1),
            (ApiErrorKind::Quota, 1),
            "no more",
        ),
        (
            |_| refused(429, "Retry-After: 9999\r\n", ""),
            (RateLimited { after: Some(std::time::Duration::from_secs(9999)) }, 1),
            (RateLimited { after: Some(std::time::Duration::from_secs(9999)) }, 1),
            "answered 429",
        ),
    ];
    for (act, reading, creating, words) in cases {
        for (call, expected) in [(read(), reading), (create(), creating)] {
            let (kind, asked, message) = outcome(call, act).await;
            assert_eq!((kind, asked), (Some(expected.0), expected.1), "{message}");
            assert!(message.contains(words), "`{words}` is not in {message}");
        }
    }
}

#[tokio::test]
async fn what_mends_itself_is_not_noticed() {
    type Case = (fn(usize) -> Act, usize);
    let cases: [Case; 4] = [
        (|n| if n < 2 { Act::Raw("") } else { Act::Say(200, "", "{}".into()) }, 3),
        (|n| if n < 3 { refused(502, "", "") } else { Act::Say(200, "", "{}".into()) }, 4),
        (|n| if n < 5 { refused(429, "", "") } else { Act::Say(200, "", "{}".into()) }, 6),
        (|n| if n < 1 { Act::Drip("HTTP") } else { Act::Say(200, "", "{}".into()) }, 2),
    ];
    for (act, expected) in cases {
        let (kind, asked, message) = outcome(read(), act).await;
        assert_eq!((kind, asked), (None, expected), "{message}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_no_token_leaves_the_cloud() {
    let stranger = Server::start(|_, _| None).await;
    let to: &'static str = Box::leak(format!("Location: {}/x\r\n", stranger.url).into_boxed_str());
    for status in [301, 302, 303, 307, 308] {
        let cloud = Server::start(move |line, _| {
            line.ends_with("/x").then(|| Act::Say(status, to, String::new()))
        })
        .await;
        let session = cloud.connect(cloud.config()).await.unwrap();
        let error = session.call(read()).await.unwrap_err();
        assert!(error.message().contains("which is not followed"), "{error}");
        assert!(error.message().contains(&stranger.url), "{error}");
    }
    assert_eq!(stranger.asked(), Vec::<String>::new());
    let link = format!(
        r#"{{"networks": [], "networks_links": [{{"rel": "next", "href":
        "{}/networks?marker=a"}}]}}"#,
        stranger.url
    );
    let cloud = Server::start(move |line, _| {
        (line == "GET /network/v2.0/networks").then(|| Act::Say(200, "", link.clone()))
    })
    .await;
    let session = cloud.connect(cloud.config()).await.unwrap();
    // The next page is asked of the cloud itself, whatever host the link names.
    session.all::<Network>(network::networks(&[])).await.unwrap_err();
    assert!(cloud.asked()[1].starts_with("get /network/v2.0/networks?marker=a"));
    assert_eq!(stranger.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn lists_of_the_wrong_shape_name_what_is_wrong() {
    for (body, words) in [
        (r#"{"servers": {"id": "a"}}"#, "the body has no list `servers`"),
        (r#"{"servers": null}"#, "the body has no list `servers`"),
        (r#"[]"#, "the body has no list `servers`"),
        (r#"{"servers": [{"name": "x"}]}"#, "cannot read `server`: missing field `id`"),
        (r#"{"servers": [{"id": 7}]}"#, "cannot read `server`: invalid type: integer `7`"),
        (r#"{"servers": ["a"]}"#, "cannot read `server`: invalid type: string"),
        (
            r#"{"servers": [], "servers_links": [{"rel": "next", "href": "http://x/y?marker=a"}]}"#,
            "the list goes in a circle",
        ),
        (
            r#"{"servers": [], "servers_links": [{"rel": "next", "href": "http://x/y"}]}"#,
            "the link to the next page has no query",
        ),
    ] {
        let server = Server::start(move |line, _| {
            let version = "OpenStack-API-Version: compute 2.26\r\n";
            line.contains("/servers/detail").then(|| Act::Say(200, version, body.into()))
        })
        .await;
        let session = server.connect(server.config()).await.unwrap();
        let error = session.all::<Instance>(compute::servers_detail(&[])).await.unwrap_err();
        assert_eq!(*error.kind(), ApiErrorKind::Protocol);
        assert!(error.message().contains(words), "{body}: {error}");
    }
}

fn credential(config: CloudConfig) -> CloudConfig {
    let credential = Credential::Id("ac".into());
    let auth = Auth::ApplicationCredential { credential, secret: "app-secret".into() };
    CloudConfig { auth, project: None, ..config }
}

#[tokio::test]
async fn a_cloud_that_refuses_every_token_is_asked_for_few() {
    let server =
        Server::start(|line, _| line.ends_with("/x").then(|| refused(401, "", "no"))).await;
    let session = server.connect(server.config()).await.unwrap();
    for _ in 0..5 {
        let error = session.call(create()).await.unwrap_err();
        assert_eq!(*error.kind(), ApiErrorKind::Auth);
        assert!(error.message().contains("the service and Keystone do not agree"), "{error}");
    }
    assert_eq!((server.logins(), server.asked().len()), (2, 6));
}

#[tokio::test]
async fn a_rule_that_forbids_one_call_leaves_the_others_alone() {
    for status in [401, 403] {
        let body = r#"{"forbidden": {"message": "not this"}}"#;
        let server = Server::start(move |line, _| {
            line.starts_with("POST /compute/v2.1/x").then(|| refused(status, "", body))
        })
        .await;
        let session = server.connect(credential(server.config())).await.unwrap();
        let error = session.call(create()).await.unwrap_err();
        assert_eq!(*error.kind(), ApiErrorKind::Forbidden);
        assert!(error.message().contains("not this"), "{error}");
        assert_eq!(error.message().contains("access rules"), status == 401, "{error}");
        session.call(read()).await.unwrap();
    }
}

#[tokio::test]
async fn an_application_credential_stays_in_its_project() {
    let server = Server::start(|_, _| None).await;
    let elsewhere = || Named::Id("p2".into());
    let session = server.connect(server.config()).await.unwrap();
    session.rescoped(elsewhere()).await.unwrap().call(read()).await.unwrap();
    let session = server.connect(credential(server.config())).await.unwrap();
    let error = session.rescoped(elsewhere()).await.unwrap_err();
    assert_eq!(*error.kind(), ApiErrorKind::Unsupported);
    assert!(error.message().contains("is for its own project"), "{error}");
}

#[tokio::test]
async fn a_wrong_clock_is_told_and_changes_nothing() {
    for (date, hours) in [
        ("Date: Tue, 14 Nov 2023 22:13:20 GMT\r\n", 0),
        ("Date: Wed, 15 Nov 2023 01:13:20 GMT\r\n", 3),
        ("Date: Tue, 14 Nov 2023 20:13:20 GMT\r\n", -2),
    ] {
        let server =
            Server::start(move |line, _| line.ends_with("/x").then(|| refused(200, date, "{}")))
                .await;
        let session = server.connect(server.config()).await.unwrap();
        assert_eq!(session.clock_skew_ms(), None);
        session.call(read()).await.unwrap();
        session.call(read()).await.unwrap();
        assert_eq!(session.clock_skew_ms(), Some(hours * 3_600_000));
        assert_eq!(server.logins(), 1, "a token is as old as we count, not as the clocks say");
    }
}

#[tokio::test]
async fn absent_and_busy_are_told_apart_from_broken() {
    let busy = r#"{"conflictingRequest": {"message":
        "Cannot 'stop' instance a while it is in task_state rebooting"}}"#;
    let state = r#"{"conflictingRequest": {"message":
        "Cannot 'start' instance a while it is in vm_state active"}}"#;
    let used = r#"{"NeutronError": {"type": "NetworkInUse", "message": "ports"}}"#;
    let absent = r#"{"itemNotFound": {"message": "Instance a could not be found."}}"#;
    for (status, body, not_found, is_busy) in [
        (409, busy, false, true),
        (409, state, false, false),
        (409, used, false, true),
        (404, absent, true, false),
    ] {
        let server =
            Server::start(move |line, _| line.ends_with("/x").then(|| refused(status, "", body)))
                .await;
        let session = server.connect(server.config()).await.unwrap();
        let error = session.call(create()).await.unwrap_err();
        assert_eq!((error.is_not_found(), error.is_busy()), (not_found, is_busy), "{error}");
        assert_eq!(server.asked().len(), 1, "{error}");
    }
}

#[tokio::test]
async fn a_catalogue_without_a_service_says_what_needs_it() {
    let server = Server::start(|line, _| {
        let body = crate::testkit::token_body("2026-01-01T01:00:00Z", &serde_json::json!([]));
        let token = "X-Subject-Token: t-1\r\n";
        line.contains("/auth/tokens").then(|| Act::Say(201, token, body.to_string()))
    })
    .await;
    let session = server.connect(server.config()).await.unwrap();
    for (service, words) in [
        (Service::Network, "no network service in its catalogue; networks, subnets, routers"),
        (Service::BlockStorage, "no block-storage service in its catalogue; volumes need it"),
    ] {
        let error = session.call(Call::get(service, "/x")).await.unwrap_err();
        assert_eq!(*error.kind(), ApiErrorKind::Unsupported);
        assert!(error.message().contains(words), "{error}");
    }
    assert_eq!(server.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn one_host_with_a_path_for_each_service_needs_no_catalogue() {
    let server = Server::start(|line, _| {
        let body = crate::testkit::token_body("2026-01-01T01:00:00Z", &serde_json::json!([]));
        let token = "X-Subject-Token: t-1\r\n";
        let version = "X-OpenStack-Nova-Microversion: 2.26\r\n";
        match line {
            line if line.contains("/auth/tokens") => Some(Act::Say(201, token, body.to_string())),
            "GET /compute/v2.1/servers/s" => Some(Act::Say(200, version, "{}".into())),
            _ => None,
        }
    })
    .await;
    let base = &server.url;
    let paths = [
        (Service::Compute, "compute/v2.1"),
        (Service::Network, "networking/v2.0"),
        (Service::Image, "image/v2"),
        (Service::BlockStorage, "volume/v3"),
    ];
    let mut config = server.config();
    config.microversion_header = Some("x-openstack-nova-microversion".into());
    config.endpoint_overrides =
        paths.iter().map(|(service, path)| (*service, format!("{base}/{path}"))).collect();
    let session = server.connect(config).await.unwrap();
    for (service, _) in paths {
        session.call(Call::get(service, "/y")).await.unwrap();
    }
    session.call(compute::server("s")).await.unwrap();
    let asked = server.asked();
    let lines: Vec<&str> = asked.iter().filter_map(|head| head.lines().next()).collect();
    assert_eq!(
        lines,
        [
            "get /compute/v2.1/y http/1.1",
            "get /networking/v2.0/y http/1.1",
            "get /image/v2/y http/1.1",
            "get /volume/v3/y http/1.1",
            "get /compute/v2.1/ http/1.1",
            "get /compute/v2.1/servers/s http/1.1",
        ]
    );
    assert!(asked[5].contains("x-openstack-nova-microversion: 2.26"), "{}", asked[5]);
}
