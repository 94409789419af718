//! Tokens, who sees what, and the documents that need no token.

use crate::harness::{BASE, Sim};
use serde_json::{Value, json};
use terrace_sim::{Cloud, ManualClock, Settings};

#[tokio::test]
async fn ways_to_log_in() {
    let sim = Sim::new().await;
    let yaml: Value = serde_yaml::from_str(&sim.cloud.clouds_yaml(BASE)).expect("YAML");
    let appcred = yaml["clouds"]["demo-appcred"]["auth"]["application_credential_id"].clone();
    let default = json!({"id": "default"});
    let user = |name: &str, password: &str| {
        json!({"methods": ["password"], "password": {"user": {
            "name": name, "domain": default, "password": password,
        }}})
    };
    let by_appcred = |secret: &str| {
        json!({"methods": ["application_credential"], "application_credential": {
            "id": appcred, "secret": secret,
        }})
    };
    let by_token = json!({"methods": ["token"], "token": {"id": sim.token}});
    let project = |name: &str| json!({"project": {"name": name, "domain": {"name": "Default"}}});
    for (identity, scope, status, wanted) in [
        (user("demo", "demo"), project("demo"), 201, Some("demo")),
        (user("demo", "demo"), Value::Null, 201, Some("demo")),
        (user("admin", "secret"), Value::Null, 201, None),
        (user("demo", "wrong"), project("demo"), 401, None),
        (user("nobody", "demo"), project("demo"), 401, None),
        (user("demo", "demo"), project("alt"), 401, None),
        (by_appcred("demo-appcred-secret"), Value::Null, 201, Some("demo")),
        (by_appcred("wrong"), Value::Null, 401, None),
        (by_appcred("demo-appcred-secret"), project("demo"), 401, None),
        (by_token, project("demo"), 201, Some("demo")),
        (json!({"methods": ["token"], "token": {"id": "x"}}), project("demo"), 401, None),
        (json!({}), project("demo"), 400, None),
    ] {
        let mut body = json!({"auth": {"identity": identity}});
        if !scope.is_null() {
            body["auth"]["scope"] = scope;
        }
        let seen = sim.send("POST", "/identity/v3/auth/tokens", Some(body.clone())).await;
        assert_eq!(seen.status, status, "{body}");
        assert_eq!(seen.body["token"]["project"]["name"].as_str(), wanted, "{body}");
        if status == 401 {
            let error = json!({"error": {
                "code": 401, "title": "Unauthorized",
                "message": "The request you have made requires authentication.",
            }});
            assert_eq!(seen.body, error);
        }
    }
}

#[tokio::test]
async fn tokens_end() {
    let sim = Sim::with(Settings { token_ttl_s: 60, ..Settings::default() }).await;
    let flavors = "/compute/v2.1/flavors";
    assert_eq!(sim.send("GET", flavors, None).await.status, 200);
    sim.clock.advance(60_000);
    let seen = sim.send("GET", flavors, None).await;
    assert_eq!(seen.status, 401);
    assert!(seen.headers.contains_key("www-authenticate"));
    let again = sim.as_user("demo").await;
    assert_eq!(again.send("GET", flavors, None).await.status, 200);
    let own = [("x-subject-token", again.token.as_str())];
    let path = "/identity/v3/auth/tokens";
    assert_eq!(again.send_with("GET", path, None, &own).await.status, 200);
    assert_eq!(again.send_with("DELETE", path, None, &own).await.status, 204);
    assert_eq!(again.send("GET", flavors, None).await.status, 401);
}

#[tokio::test]
async fn catalogue_and_documents_agree() {
    let sim = Sim::new().await;
    let catalog = sim.get("/identity/v3/auth/catalog").await;
    let mut found: Vec<(String, String)> = catalog["catalog"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|service| {
            let of = |value: &Value| value.as_str().expect("text").to_owned();
            (of(&service["type"]), of(&service["endpoints"][0]["url"]))
        })
        .collect();
    found.sort();
    let text: Vec<String> = found.iter().map(|(kind, url)| format!("{kind} {url}")).collect();
    let project = sim.get("/identity/v3/auth/projects").await["projects"][0]["id"].clone();
    let volume = format!("http://cloud.test/volume/v3/{}", project.as_str().expect("an id"));
    assert_eq!(
        text,
        [
            format!("block-storage {volume}").as_str(),
            "compute http://cloud.test/compute/v2.1",
            "identity http://cloud.test/identity/v3",
            "image http://cloud.test/image",
            "network http://cloud.test/network",
            format!("volumev3 {volume}").as_str(),
        ]
    );
    for (path, status, place) in [
        ("/identity", 300, "/versions/values/0/id"),
        ("/identity/v3", 200, "/version/id"),
        ("/compute", 200, "/versions/1/version"),
        ("/compute/v2.1/", 200, "/version/version"),
        ("/network", 200, "/versions/0/id"),
        ("/image", 300, "/versions/0/id"),
    ] {
        let seen = sim.send_with("GET", path, None, &[("x-auth-token", "")]).await;
        assert_eq!(seen.status, status, "{path}");
        assert!(seen.body.pointer(place).is_some(), "{path} {}", seen.body);
        // Nova, Neutron and Glance tell their versions before anything has a name.
        let named = path.starts_with("/identity") || path.contains("v2.1");
        assert_eq!(seen.headers.contains_key("x-openstack-request-id"), named, "{path}");
    }
}

#[tokio::test]
async fn projects_are_apart() {
    let demo = Sim::new().await;
    let network = demo.network("mine").await;
    let server = demo.server(json!({"networks": [{"uuid": network}]})).await;
    let group = json!({"server_group": {"name": "g", "policy": "affinity"}});
    let group = demo.make("/compute/v2.1/os-server-groups", group).await;
    let alt = demo.as_user("alt").await;
    for path in [
        format!("/network/v2.0/networks/{network}"),
        format!("/compute/v2.1/servers/{server}"),
        format!("/compute/v2.1/os-server-groups/{group}"),
    ] {
        assert_eq!(demo.send("GET", &path, None).await.status, 200, "{path}");
        assert_eq!(alt.send("GET", &path, None).await.status, 404, "{path}");
        assert_eq!(alt.send("DELETE", &path, None).await.status, 404, "{path}");
    }
    let names = |list: &Value| -> Vec<String> {
        let list = list["networks"].as_array().expect("a list");
        list.iter().map(|n| n["name"].as_str().expect("text").to_owned()).collect()
    };
    assert_eq!(names(&alt.get("/network/v2.0/networks").await), ["public", "provider"]);
    assert_eq!(alt.get("/compute/v2.1/servers").await["servers"], json!([]));
    let all = "/compute/v2.1/servers?all_tenants=1";
    assert_eq!(alt.send("GET", all, None).await.status, 403);
    let admin = demo.as_user("admin").await;
    assert_eq!(admin.get(all).await["servers"].as_array().map(Vec::len), Some(1));
    assert_eq!(alt.send("GET", "/identity/v3/projects", None).await.status, 403);
    assert_eq!(
        admin.get("/identity/v3/projects").await["projects"].as_array().map(Vec::len),
        Some(4)
    );
}

#[test]
fn the_same_seed_gives_the_same_cloud() {
    let cloud = |seed| {
        let settings = Settings { seed, ..Settings::default() };
        Cloud::in_memory(settings, std::sync::Arc::new(ManualClock::default())).clouds_yaml(BASE)
    };
    assert_eq!(cloud(7), cloud(7));
    assert_ne!(cloud(7), cloud(8));
}
