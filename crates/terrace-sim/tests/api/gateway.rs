//! The reduced API, through the router.

use crate::harness::{Seen, Sim};
use serde_json::{Value, json};

const TOKEN: &str = "Bearer bnerd_tok_demo-appcred-secret";

impl Sim {
    async fn gateway(&self, method: &str, path: &str, body: Value) -> Seen {
        let body = Some(body).filter(|body| !body.is_null());
        let headers = [("authorization", TOKEN)];
        self.send_with(method, &format!("/gateway{path}"), body, &headers).await
    }

    async fn project(&self) -> String {
        let seen = self.gateway("GET", "/projects", Value::Null).await;
        seen.body[0]["id"].as_str().expect("an id").to_owned()
    }
}

#[tokio::test]
async fn who_may() {
    let sim = Sim::new().await;
    let project = sim.project().await;
    let login = |password: &str| json!({"login": "demo", "password": password});
    let seen = sim.send("POST", "/gateway/login", Some(login("demo"))).await;
    let bearer = seen.headers["authorization"].to_str().expect("text").to_owned();
    let path = format!("/gateway/cloud/flavors?project_id={project}");
    for (token, status) in [(TOKEN, 200), (&bearer, 200), ("Bearer nonsense", 401), ("", 401)] {
        let seen = sim.send_with("GET", &path, None, &[("authorization", token)]).await;
        assert_eq!(seen.status, status, "{token}: {}", seen.body);
    }
    let wrong = sim.send("POST", "/gateway/login", Some(login("wrong"))).await;
    assert_eq!(wrong.status, 401);
    let without = sim.gateway("GET", "/cloud/servers", Value::Null).await;
    assert_eq!(without.status, 422);
    assert_eq!(without.body["errors"][0]["field"], "project_id");
    let foreign = sim.gateway("GET", "/cloud/servers?project_id=other", Value::Null).await;
    assert_eq!(foreign.body["errors"][0]["code"], "forbidden");
    assert!(foreign.body["request_id"].as_str().is_some_and(|id| id.starts_with("req-")));
}

#[tokio::test]
async fn a_server_and_old_lists() {
    let sim = Sim::new().await;
    let project = sim.project().await;
    let network = sim.network("n").await;
    let list = format!("/cloud/servers?project_id={project}");
    assert_eq!(sim.gateway("GET", &list, Value::Null).await.body, json!([]));
    let body = json!({"project_id": project, "name": "web", "flavor_id": "m1.small",
        "image_id": sim.image("debian-12").await, "network_ids": [network]});
    let made = sim.gateway("POST", "/cloud/servers", body.clone()).await;
    assert_eq!(made.status, 202, "{}", made.body);
    let id = made.body["id"].as_str().expect("an id");
    assert_eq!(sim.gateway("GET", &list, Value::Null).await.body, json!([]), "an old list");
    sim.clock.advance(1500);
    let one = format!("/cloud/servers/{id}?project_id={project}");
    let seen = sim.gateway("GET", &one, Value::Null).await.body;
    assert_eq!(seen["status"], "ACTIVE", "one object is fresh");
    assert_eq!(seen["flavor"], json!({"id": "2"}));
    assert_eq!(seen["addresses"]["n"][0]["type"], "fixed");
    sim.clock.advance(298_499);
    assert_eq!(sim.gateway("GET", &list, Value::Null).await.body, json!([]), "still");
    sim.clock.advance(1);
    assert_eq!(sim.gateway("GET", &list, Value::Null).await.body[0]["id"], json!(id));
    let ports = format!("/cloud/ports?project_id={project}&device_id={id}");
    assert_eq!(sim.gateway("GET", &ports, Value::Null).await.body[0]["status"], "ACTIVE");
    let mut wrong = body;
    wrong["flavor_id"] = json!("huge");
    let seen = sim.gateway("POST", "/cloud/servers", wrong).await;
    assert_eq!((seen.status, &seen.body["errors"][0]["field"]), (422, &json!("flavor_id")));
    assert_eq!(sim.gateway("DELETE", &one, Value::Null).await.status, 204);
    assert_eq!(sim.gateway("GET", &one, Value::Null).await.body["task_state"], "deleting");
    sim.clock.advance(500);
    let gone = sim.gateway("GET", &one, Value::Null).await;
    assert_eq!((gone.status, &gone.body["errors"][0]["code"]), (404, &json!("not_found")));
    let stale = sim.gateway("GET", &list, Value::Null).await.body;
    assert_eq!(stale[0]["id"], json!(id), "gone, but an old list shows it");
}

#[tokio::test]
async fn what_can_be_read() {
    let sim = Sim::new().await;
    let project = sim.project().await;
    sim.network("n").await;
    for (kind, field, written) in [
        ("flavors", "vcpus", 405),
        ("images", "name", 405),
        ("networks", "external", 405),
        ("subnets", "cidr", 405),
    ] {
        let path = format!("/cloud/{kind}?project_id={project}");
        let seen = sim.gateway("GET", &path, Value::Null).await.body;
        assert!(!seen[0][field].is_null(), "{kind}: {seen}");
        let one =
            format!("/cloud/{kind}/{}?project_id={project}", seen[0]["id"].as_str().expect("id"));
        assert_eq!(sim.gateway("GET", &one, Value::Null).await.body, seen[0], "{kind}");
        assert_eq!(sim.gateway("POST", &path, json!({})).await.status, written, "{kind}");
    }
    for kind in ["volumes", "ports", "loadbalancers", "ssh-keypairs"] {
        let path = format!("/cloud/{kind}?project_id={project}");
        assert_eq!(sim.gateway("GET", &path, Value::Null).await.body, json!([]), "{kind}");
    }
    let key = json!({"project_id": project, "name": "k", "public_key":
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ me"});
    let seen = sim.gateway("POST", "/cloud/ssh-keypairs", key).await;
    assert_eq!(seen.status, 201, "{}", seen.body);
    let one = format!("/cloud/ssh-keypairs/k?project_id={project}");
    assert_eq!(sim.gateway("GET", &one, Value::Null).await.body["name"], "k");
    assert_eq!(sim.gateway("DELETE", &one, Value::Null).await.status, 204);
}
