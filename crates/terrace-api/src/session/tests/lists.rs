//! Lists, page by page.

use serde_json::json;

use crate::compute::{Keypair, Server, ServerGroup, keypairs, server_groups, servers_detail};
use crate::error::{ApiError, ApiErrorKind};
use crate::image::{Image, images};
use crate::network::{Network, networks};
use crate::testkit::{ManualClock, Script, Step, login, session, step, versions};
use crate::wire::Wire;

async fn all<T: Wire>(call: crate::Call, steps: Vec<Step>) -> Result<Vec<T>, ApiError> {
    let script = Script::new(std::iter::once(login("token-1", 59)).chain(steps));
    let session = session(&script, &ManualClock::new()).await;
    let items = session.all(call).await;
    script.finish();
    items
}

#[tokio::test]
async fn nova_pages_are_followed_by_their_links_on_our_own_host() {
    let link = "http://inside.example/v2.1/servers/detail?limit=2&marker=b";
    let first = json!({ "servers": [{ "id": "a" }, { "id": "b" }],
        "servers_links": [{ "rel": "next", "href": link }] });
    let second = json!({ "servers": [{ "id": "c" }] });
    let servers: Vec<Server> = all(
        servers_detail(&[("limit", "2")]),
        vec![
            versions("2.93"),
            step("GET /compute/v2.1/servers/detail?limit=2", 200, first.to_string())
                .version("2.26"),
            step("GET /compute/v2.1/servers/detail?limit=2&marker=b", 200, second.to_string())
                .version("2.26"),
        ],
    )
    .await
    .unwrap();
    let ids: Vec<&str> = servers.iter().map(|server| server.id.as_str()).collect();
    assert_eq!(ids, ["a", "b", "c"]);
}

#[tokio::test]
async fn glance_and_neutron_pages_are_followed_too() {
    let first = json!({ "images": [{ "id": "a" }], "next": "/v2/images?limit=1&marker=a" });
    let images: Vec<Image> = all(
        images(&[("limit", "1")]),
        vec![
            step("GET /image/v2/images?limit=1", 200, first.to_string()),
            step("GET /image/v2/images?limit=1&marker=a", 200, r#"{"images": []}"#),
        ],
    )
    .await
    .unwrap();
    assert_eq!(images.len(), 1);

    let first = json!({ "networks": [{ "id": "a", "tenant_id": "p", "project_id": "p" }],
        "networks_links": [{ "rel": "previous", "href": "x" },
            { "rel": "next", "href": "http://x/networks?name=a%20b&marker=a" }] });
    let found: Vec<Network> = all(
        networks(&[("name", "a b")]),
        vec![
            step("GET /network/v2.0/networks?name=a%20b", 200, first.to_string()),
            step("GET /network/v2.0/networks?name=a%20b&marker=a", 200, r#"{"networks": []}"#),
        ],
    )
    .await
    .unwrap();
    assert_eq!(found[0].project_id, "p");
    assert!(found[0].admin_state_up);
}

#[tokio::test]
async fn keypairs_are_unwrapped_and_groups_read_by_offset() {
    let wrapped = json!({ "keypairs": [{ "keypair": { "name": "k", "public_key": "ssh" } }] });
    let keys: Vec<Keypair> = all(
        keypairs(),
        vec![
            versions("2.93"),
            step("GET /compute/v2.1/os-keypairs", 200, wrapped.to_string()).version("2.35"),
        ],
    )
    .await
    .unwrap();
    assert_eq!(keys[0].name, "k");

    let page = |from: u32, count: u32| {
        let groups: Vec<_> = (from..from + count).map(|n| json!({ "id": n.to_string() })).collect();
        json!({ "server_groups": groups }).to_string()
    };
    let line = |offset| format!("GET /compute/v2.1/os-server-groups?limit=1000&offset={offset}");
    let groups: Vec<ServerGroup> = all(
        server_groups(),
        vec![
            versions("2.93"),
            step(&line(0), 200, page(0, 1000)).version("2.64"),
            step(&line(1000), 200, page(1000, 1)).version("2.64"),
        ],
    )
    .await
    .unwrap();
    assert_eq!((groups.len(), groups[1000].id.as_str()), (1001, "1000"));
}

#[tokio::test]
async fn a_list_that_lost_its_place_is_begun_anew() {
    let first = |id: &str| {
        let href = format!("http://x/networks?marker={id}");
        json!({ "networks": [{ "id": id }], "networks_links": [{ "rel": "next", "href": href }] })
            .to_string()
    };
    let begin = "GET /network/v2.0/networks";
    let next = |id: &str| format!("GET /network/v2.0/networks?marker={id}");
    let gone = r#"{"NeutronError": {"message": "Network a could not be found."}}"#;
    let found: Vec<Network> = all(
        networks(&[]),
        vec![
            step(begin, 200, first("a")),
            step(&next("a"), 404, gone),
            step(begin, 200, first("b")),
            step(&next("b"), 200, r#"{"networks": [{"id": "c"}]}"#),
        ],
    )
    .await
    .unwrap();
    let ids: Vec<&str> = found.iter().map(|network| network.id.as_str()).collect();
    assert_eq!(ids, ["b", "c"]);
    // What is not there from the start is not asked for again, nor what is lost again and again.
    all::<Network>(networks(&[]), vec![step(begin, 404, gone)]).await.unwrap_err();
    let again = || [step(begin, 200, first("a")), step(&next("a"), 404, gone)];
    let steps = (0..3).flat_map(|_| again()).collect();
    assert!(all::<Network>(networks(&[]), steps).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn lists_that_never_end_are_refused() {
    let body = |marker: &str, items: serde_json::Value| {
        let href = format!("http://x/networks?marker={marker}");
        json!({ "networks": items, "networks_links": [{ "rel": "next", "href": href }] })
            .to_string()
    };
    let at = |marker: &str| format!("GET /network/v2.0/networks?marker={marker}");
    let item = || json!([{ "id": "a" }]);
    let cases = [
        (
            "goes in a circle",
            vec![
                step("GET /network/v2.0/networks", 200, body("a", item())),
                step(&at("a"), 200, body("b", item())),
                step(&at("b"), 200, body("a", item())),
            ],
        ),
        (
            "its pages are empty",
            vec![
                step("GET /network/v2.0/networks", 200, body("a", json!([]))),
                step(&at("a"), 200, body("b", json!([]))),
                step(&at("b"), 200, body("c", json!([]))),
            ],
        ),
        ("has no list `networks`", vec![step("GET /network/v2.0/networks", 200, "{}")]),
        (
            "has no list `networks`",
            vec![step("GET /network/v2.0/networks", 200, r#"{"networks": {}}"#)],
        ),
        (
            "cannot read `network`",
            vec![step("GET /network/v2.0/networks", 200, r#"{"networks": [{"name": "x"}]}"#)],
        ),
    ];
    for (words, steps) in cases {
        let error = all::<Network>(networks(&[]), steps).await.unwrap_err();
        assert_eq!(*error.kind(), ApiErrorKind::Protocol);
        assert!(error.message().contains(words), "{error}");
    }
}

#[tokio::test]
async fn one_empty_page_in_between_is_no_reason_to_stop() {
    let href = json!([{ "rel": "next", "href": "http://x/networks?marker=a" }]);
    let first = json!({ "networks": [], "networks_links": href }).to_string();
    let second = r#"{"networks": [{"id": "z"}]}"#;
    let found: Vec<Network> = all(
        networks(&[]),
        vec![
            step("GET /network/v2.0/networks", 200, first),
            step("GET /network/v2.0/networks?marker=a", 200, second),
        ],
    )
    .await
    .unwrap();
    assert_eq!(found[0].id, "z");
}
