//! Endpoints and microversions.

use crate::call::{Call, Microversion};
use crate::compute::{
    GroupRules, ServerGroup, create_server_group, server, server_groups, snapshot, snapshot_id,
};
use crate::config::CloudConfig;
use crate::error::ApiErrorKind;
use crate::service::Service;
use crate::testkit::{ManualClock, Script, config, connect, login, session, step, versions};

const GROUP: &str = "GET /compute/v2.1/os-server-groups/g";

/// A call that has no older form.
fn group() -> Call {
    let feature = "server groups with a policy and rules";
    Call::get(Service::Compute, "/os-server-groups/g")
        .microversion(Microversion::new(2, 64), feature)
}

#[tokio::test]
async fn an_older_cloud_is_asked_in_the_older_form() {
    let page = r#"{"server_groups": [{"id": "g", "policies": ["affinity"]}]}"#;
    let script = Script::new([
        login("token-1", 59),
        versions("2.60"),
        step("GET /compute/v2.1/os-server-groups?limit=1000&offset=0", 200, page),
        step("POST /compute/v2.1/os-server-groups", 200, "{}").version("2.15"),
        step("POST /compute/v2.1/servers/s/action", 202, r#"{"image_id": "i"}"#).version("2.45"),
    ]);
    let session = session(&script, &ManualClock::new()).await;
    let groups: Vec<ServerGroup> = session.all(server_groups()).await.unwrap();
    assert_eq!(groups[0].policy, "affinity");
    let soft = |rules| create_server_group("g", "soft-anti-affinity", &rules);
    session.call(soft(GroupRules::default())).await.unwrap();
    let error = session.call(soft(GroupRules { max_server_per_host: Some(1) })).await.unwrap_err();
    assert_eq!(*error.kind(), ApiErrorKind::Unsupported);
    let reply = session.call(snapshot("s", "x", &Default::default())).await.unwrap();
    assert_eq!(snapshot_id(&reply).unwrap(), "i");
    let seen = script.finish();
    assert!(!seen[2].headers.contains_key("openstack-api-version"));
    assert_eq!(seen[3].body["server_group"]["policies"][0], "soft-anti-affinity");

    let old = step("POST /compute/v2.1/servers/s/action", 202, "");
    let old = old.header("Location", "http://glance/images/j");
    let script = Script::new([login("token-1", 59), versions("2.40"), old]);
    let session = self::session(&script, &ManualClock::new()).await;
    let reply = session.call(snapshot("s", "x", &Default::default())).await.unwrap();
    assert_eq!(snapshot_id(&reply).unwrap(), "j");
    script.finish();
}

#[tokio::test]
async fn both_headers_are_sent_and_discovery_is_asked_once() {
    let script = Script::new([
        login("token-1", 59),
        versions("2.93"),
        step(GROUP, 200, "{}").version("2.64"),
        step("GET /compute/v2.1/servers/s", 200, "{}")
            .header("X-OpenStack-Nova-API-Version", "2.26"),
        step("GET /compute/v2.1/flavors", 200, "{}"),
    ]);
    let session = session(&script, &ManualClock::new()).await;
    session.call(group()).await.unwrap();
    session.call(server("s")).await.unwrap();
    session.call(Call::get(Service::Compute, "/flavors")).await.unwrap();
    let seen = script.finish();
    assert_eq!(seen[2].headers["openstack-api-version"], "compute 2.64");
    assert_eq!(seen[2].headers["x-openstack-nova-api-version"], "2.64");
    assert!(!seen[4].headers.contains_key("openstack-api-version"));
}

#[tokio::test]
async fn a_cloud_that_is_too_old_is_told_from_one_that_fails() {
    let root =
        r#"{"versions": [{"id": "v2.0", "version": ""}, {"id": "v2.1", "version": "2.60"}]}"#;
    for (steps, offered) in [
        (vec![versions("2.60")], "this cloud offers up to 2.60"),
        (vec![versions("2.9")], "this cloud offers up to 2.9"),
        (vec![versions("")], "this cloud's endpoint has no microversions at all"),
        (
            vec![step("GET /compute/v2.1/", 404, "no"), step("GET /compute/", 300, root)],
            "this cloud offers up to 2.60",
        ),
    ] {
        let script = Script::new(std::iter::once(login("token-1", 59)).chain(steps));
        let session = session(&script, &ManualClock::new()).await;
        let error = session.call(group()).await.unwrap_err();
        assert_eq!(*error.kind(), ApiErrorKind::Unsupported);
        let needs = "server groups with a policy and rules needs compute API 2.64";
        assert_eq!(error.message(), format!("{needs}; {offered}"));
        script.finish();
    }
}

#[tokio::test]
async fn an_answer_in_another_version_is_no_success() {
    let create =
        || Call::post(Service::Compute, "/servers").microversion(Microversion::new(2, 52), "tags");
    let post = "POST /compute/v2.1/servers";
    for (call, answer, kind) in [
        (group(), step(GROUP, 200, "{}"), ApiErrorKind::Protocol),
        (group(), step(GROUP, 200, "{}").version("2.1"), ApiErrorKind::Protocol),
        (create(), step(post, 202, "{}").version("2.1"), ApiErrorKind::UnknownOutcome),
    ] {
        let script = Script::new([login("token-1", 59), versions("2.93"), answer]);
        let session = session(&script, &ManualClock::new()).await;
        let error = session.call(call).await.unwrap_err();
        assert_eq!(*error.kind(), kind, "{error}");
        script.finish();
    }
}

#[tokio::test]
async fn a_missing_service_region_or_interface_says_what_there_is() {
    let region = CloudConfig { region: Some("R9".into()), ..config() };
    let internal = CloudConfig { interface: crate::Interface::Internal, ..config() };
    for (config, words) in [
        (region, "no compute service in region `R9`; it has it in R1"),
        (internal, "no internal endpoint for compute; it has public"),
    ] {
        let script = Script::new([login("token-1", 59)]);
        let session = connect(config, &script, &ManualClock::new()).await.unwrap();
        let error = session.call(Call::get(Service::Compute, "/x")).await.unwrap_err();
        assert_eq!(*error.kind(), ApiErrorKind::Unsupported);
        assert!(error.message().contains(words), "{error}");
        script.finish();
    }
}

#[tokio::test]
async fn endpoints_can_be_overridden_one_by_one() {
    let mut config = config();
    let url = "http://api.example/compute/v2.1/%(project_id)s/";
    config.endpoint_overrides.insert(Service::Compute, url.into());
    let script = Script::new([
        login("token-1", 59),
        step("GET /compute/v2.1/p1/x", 200, "{}"),
        step("GET /network/v2.0/y", 200, "{}"),
        step("GET /volume/v3/p1/z", 200, "{}"),
        step("GET /identity/v3/w", 200, "{}"),
    ]);
    let session = connect(config, &script, &ManualClock::new()).await.unwrap();
    for (service, path) in [
        (Service::Compute, "/x"),
        (Service::Network, "/y"),
        (Service::BlockStorage, "/z"),
        (Service::Identity, "/w"),
    ] {
        session.call(Call::get(service, path)).await.unwrap();
    }
    script.finish();
}
