//! The gateway driver against a script, and its forms.

use std::sync::Arc;

use serde_json::{Value, json};

use super::shape;
use crate::call::Call;
use crate::compute::{self, Flavor, Keypair, NewServer, Nic, Server, ServerGroup};
use crate::config::CloudConfig;
use crate::error::ApiErrorKind;
use crate::image::{self, Image};
use crate::network::{self, Network, Port};
use crate::session::Session;
use crate::testkit::{ManualClock, Script, Step, connect, fail, step};
use crate::transport::TransportError;

const LIST: &str = "GET /api/cloud/servers?project_id=p1";
const ONE: &str = "GET /api/cloud/servers/s1?project_id=p1";
const FLAVORS: &str = "GET /api/cloud/flavors?project_id=p1";
const POST: &str = "POST /api/cloud/servers?project_id=p1";

fn config() -> CloudConfig {
    CloudConfig::for_gateway("http://cloud/api/", "p1", "bnerd_tok_hush".into())
}

fn projects() -> Step {
    step("GET /api/projects", 200, r#"[{"id": "p1", "name": "web"}]"#)
}

/// A session, and the script that it goes by from then on.
async fn session(steps: impl IntoIterator<Item = Step>) -> (Session, Arc<Script>) {
    let script = Script::new(std::iter::once(projects()).chain(steps));
    (connect(config(), &script, &ManualClock::new()).await.unwrap(), script)
}

fn server(status: &str) -> Value {
    json!({ "id": "s1", "name": "web", "status": status, "task_state": null, "power_state": 1,
        "addresses": { "front": [{ "addr": "10.0.0.5", "version": 4, "type": "fixed" }] },
        "flavor": { "id": "m1.small" }, "image": null, "key_name": "k",
        "availability_zone": "az1", "volumes_attached": [{ "id": "v1",
        "delete_on_termination": true }], "metadata": {} })
}

fn flavors() -> Step {
    step(FLAVORS, 200, r#"[{"id": "2", "name": "m1.small", "vcpus": 1, "ram": 2048, "disk": 20}]"#)
}

#[tokio::test]
async fn a_token_goes_with_every_request_and_must_be_for_the_project() {
    let (session, script) = session([step(LIST, 200, "[]")]).await;
    assert_eq!(session.identity().project_name, "web");
    let none: Vec<Server> = session.all(compute::servers_detail(&[])).await.unwrap();
    assert!(none.is_empty());
    for seen in script.finish() {
        assert_eq!(seen.headers["authorization"], "Bearer bnerd_tok_hush");
        assert!(!seen.headers.contains_key("x-auth-token"));
    }
    for (answer, kind, words) in [
        (
            step("GET /api/projects", 200, r#"[{"id": "p2"}]"#),
            ApiErrorKind::Forbidden,
            "no access to the project `p1`; it does to p2",
        ),
        (
            step("GET /api/projects", 401, r#"{"errors": [{"message": "no bnerd_tok_hush"}]}"#),
            ApiErrorKind::Auth,
            "no [hidden]",
        ),
    ] {
        let script = Script::new([answer]);
        let error = connect(config(), &script, &ManualClock::new()).await.unwrap_err();
        assert_eq!((error.kind(), error.message().contains(words)), (&kind, true), "{error}");
        script.finish();
    }
}

#[tokio::test]
async fn an_old_list_is_only_where_to_look() {
    let gone = "GET /api/cloud/servers/gone?project_id=p1";
    let deleted = "GET /api/cloud/servers/deleted?project_id=p1";
    let (session, script) = session([
        step(LIST, 200, r#"{"servers": [{"id": "gone"}, {"id": "deleted"}, {"id": "s1"}]}"#),
        step(gone, 404, r#"{"errors": [{"code": "not_found", "message": "no"}]}"#),
        step(deleted, 200, r#"{"id": "deleted", "status": "DELETED"}"#),
        step(ONE, 200, server("ACTIVE").to_string()),
        flavors(),
        step(ONE, 404, ""),
    ])
    .await;
    let servers: Vec<Server> = session.all(compute::servers_detail(&[])).await.unwrap();
    let [server] = servers.as_slice() else { panic!("{servers:?}") };
    assert_eq!((server.status.as_str(), server.power_state), ("ACTIVE", Some(1)));
    assert_eq!((server.flavor_id.as_deref(), server.image_id.as_deref()), (Some("2"), None));
    assert_eq!(server.availability_zone.as_deref(), Some("az1"));
    assert_eq!(server.volumes_attached[0].id, "v1");
    assert_eq!(server.addresses.get("front").expect("listed")[0].kind, "fixed");
    let error = session.one::<Server>(compute::server("s1")).await.unwrap_err();
    assert!(error.is_not_found());
    script.finish();
}

fn new_server() -> NewServer {
    NewServer {
        name: "web".into(),
        flavor_id: "2".into(),
        image_id: Some("i".into()),
        key_name: Some("k".into()),
        networks: vec![Nic::network("n1"), Nic::network("n2")],
        metadata: [("terrace".to_owned(), "marker".to_owned())].into(),
        ..NewServer::default()
    }
}

#[tokio::test]
async fn a_server_is_asked_for_flat_and_named_by_body_or_link() {
    let link = step(POST, 202, "").header("Location", "/cloud/servers/s2?project_id=p1");
    let (session, script) = session([
        step(POST, 202, server("BUILD").to_string()),
        step(POST, 202, r#"{"server": {"id": "s3"}}"#),
        link,
        step(POST, 202, "{}"),
        fail(POST, TransportError::outcome_unknown("reset")),
        step(POST, 422, r#"{"errors": [{"message": "bad", "field": "image_id"}]}"#),
    ])
    .await;
    let id = |reply: crate::Reply| reply.body["server"]["id"].as_str().unwrap().to_owned();
    let create = || session.call(compute::create_server(&new_server()));
    for expected in ["s1", "s3", "s2"] {
        assert_eq!(id(create().await.unwrap()), expected);
    }
    for expected in [ApiErrorKind::UnknownOutcome, ApiErrorKind::UnknownOutcome] {
        assert_eq!(*create().await.unwrap_err().kind(), expected);
    }
    let invalid = ApiErrorKind::Invalid { field: Some("image_id".into()) };
    assert_eq!(*create().await.unwrap_err().kind(), invalid);
    assert_eq!(
        script.finish()[1].body,
        json!({ "project_id": "p1", "name": "web", "flavor_id": "2", "image_id": "i",
            "network_ids": ["n1", "n2"], "key_name": "k" })
    );
}

#[tokio::test]
async fn what_it_has_not_got_is_refused_without_asking() {
    let (session, script) = session([]).await;
    let with = |new: NewServer| compute::create_server(&new);
    let data = NewServer { user_data: Some("x".into()), ..new_server() };
    let group = NewServer { group: Some("g".into()), ..new_server() };
    let address = Nic { fixed_ip: Some("10.0.0.9".into()), ..Nic::network("n") };
    let fixed = NewServer { networks: vec![address], ..new_server() };
    for (call, words) in [
        (with(data), "the gateway cannot set `user_data` of a server"),
        (with(group), "the gateway cannot set the placement of a server"),
        (with(fixed), "the gateway cannot set ports and fixed addresses of a server"),
        (compute::stop("s1"), "the gateway has no POST /servers/s1/action"),
        (compute::import_keypair("k", "ssh", None), "the gateway has no POST /os-keypairs"),
        (network::create_network(json!({})), "the gateway has no POST /networks"),
    ] {
        let error = session.call(call).await.unwrap_err();
        assert_eq!(*error.kind(), ApiErrorKind::Unsupported);
        assert_eq!(error.message(), words);
    }
    let none: Vec<ServerGroup> = session.all(compute::server_groups()).await.unwrap();
    assert!(none.is_empty());
    script.finish();
}

#[tokio::test]
async fn what_is_looked_up_comes_in_the_form_of_openstack() {
    let networks = r#"[{"id": "n1", "name": "front", "external": false},
        {"id": "n2", "name": "world", "external": true}]"#;
    let at = "GET /api/cloud/networks?project_id=p1";
    let images = r#"[{"id": "i1", "name": "debian-12", "status": "active"},
        {"id": "i2", "name": "x", "status": "queued"}]"#;
    let keys = r#"[{"name": "k", "fingerprint": "f", "public_key": "ssh"}]"#;
    let (session, script) = session([
        flavors(),
        step("GET /api/cloud/images?project_id=p1", 200, images),
        step("GET /api/cloud/ssh-keypairs?project_id=p1", 200, keys),
        step(at, 200, networks),
        step(LIST, 200, r#"[{"id": "s1"}]"#),
        step(ONE, 200, server("ACTIVE").to_string()),
        flavors(),
        step(at, 200, networks),
        step(ONE, 404, ""),
        step("DELETE /api/cloud/servers/s1?project_id=p1", 204, ""),
    ])
    .await;
    let flavors: Vec<Flavor> = session.all(compute::flavors_detail()).await.unwrap();
    assert_eq!((flavors[0].id.as_str(), flavors[0].ram), ("2", 2048));
    let images: Vec<Image> = session.all(image::images(&[("status", "active")])).await.unwrap();
    assert_eq!((images.len(), images[0].id.as_str()), (1, "i1"));
    let keys: Vec<Keypair> = session.all(compute::keypairs()).await.unwrap();
    assert_eq!(keys[0].name, "k");
    let external = network::networks(&[("router:external", "true")]);
    let found: Vec<Network> = session.all(external).await.unwrap();
    assert_eq!((found.len(), found[0].id.as_str(), found[0].external), (1, "n2", true));
    let ports: Vec<Port> = session.all(network::ports(&[("project_id", "p1")])).await.unwrap();
    let port = (ports[0].network_id.as_str(), ports[0].device_id.as_str());
    assert_eq!((ports.len(), port), (1, ("n1", "s1")));
    let none: Vec<Port> = session.all(network::ports(&[("device_id", "s1")])).await.unwrap();
    assert!(none.is_empty());
    session.call(compute::delete_server("s1")).await.unwrap();
    script.finish();
}

#[test]
fn a_flavor_is_its_id_whichever_way_it_is_told() {
    let known = [("2".to_owned(), "m1.small".to_owned()), ("m1".to_owned(), "2".to_owned())];
    for (told, expected) in [
        (json!({ "id": "2" }), "2"),
        (json!({ "id": "m1.small" }), "2"),
        (json!("m1.small"), "2"),
        (json!({ "id": "unheard" }), "unheard"),
    ] {
        let server = shape::server(json!({ "id": "s", "flavor": told }), &known);
        assert_eq!(server["flavor"]["id"], expected, "{told}");
    }
}

#[test]
fn only_filters_that_an_item_has_are_taken_as_such() {
    let item = json!({ "name": "a", "shared": true, "mtu": 9 });
    let passes = |name: &str, value: &str| {
        shape::passes(&item, &Call::get(crate::Service::Network, "/x").query(name, value).query)
    };
    assert!(passes("name", "a") && passes("shared", "True") && passes("limit", "1"));
    assert!(!passes("name", "b") && !passes("shared", "false") && !passes("mtu", "8"));
}
