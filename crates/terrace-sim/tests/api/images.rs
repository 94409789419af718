//! Images: lists, pages, upload.

use crate::harness::Sim;
use serde_json::{Value, json};

fn names(list: &Value) -> String {
    let list = list["images"].as_array().expect("a list");
    list.iter().map(|i| i["name"].as_str().expect("text")).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn lists() {
    let sim = Sim::new().await;
    let debian = sim.image("debian-12").await;
    for (query, wanted) in [
        ("", "ubuntu-22.04 debian-12 cirros"),
        ("?name=cirros", "cirros"),
        ("?name=in:cirros,debian-12", "debian-12 cirros"),
        (&format!("?id=in:{debian}"), "debian-12"),
        ("?status=active&sort=name:asc", "cirros debian-12 ubuntu-22.04"),
        ("?sort_key=name&sort_dir=desc", "ubuntu-22.04 debian-12 cirros"),
        ("?visibility=private", ""),
        ("?visibility=public&os_distro=debian", "debian-12"),
        ("?owner=x", ""),
    ] {
        assert_eq!(names(&sim.get(&format!("/image/v2/images{query}")).await), wanted, "{query}");
    }
}

#[tokio::test]
async fn pages() {
    let sim = Sim::new().await;
    let mut path = "/v2/images?limit=2&sort=name:asc".to_owned();
    let mut seen = Vec::new();
    loop {
        let page = sim.get(&format!("/image{path}")).await;
        seen.push(names(&page));
        let Some(next) = page["next"].as_str() else { break };
        path = next.to_owned();
    }
    assert_eq!(seen, ["cirros debian-12", "ubuntu-22.04"]);
}

#[tokio::test]
async fn upload_change_delete() {
    let sim = Sim::new().await;
    let body = json!({"name": "own", "disk_format": "raw", "container_format": "bare"});
    let image = sim.ok("POST", "/image/v2/images", body).await;
    assert_eq!(image["status"], "queued");
    let path = format!("/image/v2/images/{}", image["id"].as_str().expect("an id"));
    let data = Some(Value::String("some bytes".into()));
    assert_eq!(sim.send("PUT", &format!("{path}/file"), data).await.status, 204);
    let image = sim.get(&path).await;
    assert_eq!((&image["status"], &image["size"]), (&json!("active"), &json!(10)));
    assert_eq!(sim.get(&format!("{path}/file")).await, json!("some bytes"));
    let patch = json!([{"op": "replace", "path": "/name", "value": "other"}]);
    assert_eq!(sim.ok("PATCH", &path, patch).await["name"], "other");
    let alt = sim.as_user("alt").await;
    assert_eq!(alt.send("GET", &path, None).await.status, 404);
    assert_eq!(sim.send("DELETE", &path, None).await.status, 204);
    let cirros = format!("/image/v2/images/{}", sim.image("cirros").await);
    assert_eq!(sim.send("DELETE", &cirros, None).await.status, 403);
}
