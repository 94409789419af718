//! Every fault of the settings and over HTTP, in every service, and which requests it meets.

use crate::harness::{Seen, Sim};
use serde_json::{Value, json};
use terrace_sim::{Fault, Settings};

/// The ways to arm a fault.
const WAYS: [&str; 3] = ["settings", "POST", "PUT"];
const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ me";

/// A cloud with these faults, as YAML.
async fn armed(way: &str, faults: &str) -> Sim {
    if way == "settings" {
        let settings = Settings::parse(&format!("faults: [{faults}]")).expect("settings");
        return Sim::with(settings).await;
    }
    let sim = Sim::new().await;
    let faults = json!(Fault::parse_list(&format!("[{faults}]")).expect("faults"));
    assert_eq!(sim.send(way, "/_sim/faults", Some(faults)).await.status, 204);
    sim
}

/// A request that makes one object in a service.
struct Making {
    path: String,
    body: Value,
    headers: Vec<(&'static str, String)>,
    /// Where the object is counted.
    counted: &'static str,
}

impl Making {
    async fn send(&self, sim: &Sim) -> Seen {
        let headers: Vec<_> = self.headers.iter().map(|(name, value)| (*name, &**value)).collect();
        sim.send_with("POST", &self.path, Some(self.body.clone()), &headers).await
    }
}

/// How each service makes something.
async fn making(sim: &Sim, service: &str) -> Making {
    let admin = sim.as_user("admin").await;
    let projects = admin.get("/identity/v3/projects?name=demo").await;
    let project = projects["projects"][0]["id"].as_str().expect("an id").to_owned();
    let bearer = || vec![("authorization", "Bearer bnerd_tok_demo-appcred-secret".to_owned())];
    let (path, body, headers, counted) = match service {
        "identity" => {
            let headers = vec![("x-auth-token", admin.token.clone())];
            ("v3/projects".to_owned(), json!({"project": {"name": "new"}}), headers, "projects")
        }
        "compute" => {
            let body = json!({"keypair": {"name": "new", "public_key": KEY}});
            ("v2.1/os-keypairs".to_owned(), body, vec![], "keypairs")
        }
        "network" => ("v2.0/networks".to_owned(), json!({"network": {}}), vec![], "networks"),
        "image" => {
            let body = json!({"name": "new", "disk_format": "raw", "container_format": "bare"});
            ("v2/images".to_owned(), body, vec![], "images")
        }
        "volume" => {
            (format!("v3/{project}/volumes"), json!({"volume": {"size": 1}}), vec![], "volumes")
        }
        _ => {
            let body = json!({"project_id": project, "name": "new", "public_key": KEY});
            ("cloud/ssh-keypairs".to_owned(), body, bearer(), "keypairs")
        }
    };
    Making { path: format!("/{service}/{path}"), body, headers, counted }
}

const SERVICES: [&str; 6] = ["identity", "compute", "network", "image", "volume", "gateway"];

/// What a request comes to: its status, whether the connection was closed, whether all came, and
/// how many objects there are more; of each, what the fault makes of it in any service.
const EFFECTS: [(&str, u16, bool, u64); 13] = [
    ("{kind: status, code: 401}", 401, false, 0),
    ("{kind: status, code: 403}", 403, false, 0),
    ("{kind: status, code: 404}", 404, false, 0),
    ("{kind: status, code: 409}", 409, false, 0),
    ("{kind: status, code: 429, retry_after: 7}", 429, false, 0),
    ("{kind: status, code: 503}", 503, false, 0),
    ("{kind: status_after, code: 409}", 409, false, 1),
    ("{kind: status_after, code: 429, retry_after: 7}", 429, false, 1),
    ("{kind: status_after, code: 500}", 500, false, 1),
    ("{kind: drop_before}", 503, true, 0),
    ("{kind: drop_after}", 503, true, 1),
    ("{kind: truncate}", 0, false, 1),
    ("{kind: lose}", 0, false, 0),
];

#[tokio::test]
async fn in_every_service_and_either_way() {
    for service in SERVICES {
        let sim = Sim::new().await;
        let plain = making(&sim, service).await;
        let (path, usual) = (&plain.path, plain.send(&sim).await.status);
        for (number, (effect, status, dropped, made)) in EFFECTS.into_iter().enumerate() {
            let way = WAYS[number % WAYS.len()];
            let fault = format!(
                "{{service: {service}, method: POST, path: {path}, count: 1, effect: {effect}}}"
            );
            let sim = armed(way, &fault).await;
            let request = making(&sim, service).await;
            let before = sim.count(request.counted);
            let seen = request.send(&sim).await;
            let what = format!("{service} {effect} by {way}: {} {}", seen.status, seen.body);
            assert_eq!(seen.status, if status == 0 { usual } else { status }, "{what}");
            assert_eq!(seen.dropped, dropped, "{what}");
            assert_eq!(sim.count(request.counted) - before, made, "{what}");
            if effect.contains("retry_after") {
                assert_eq!(seen.headers["retry-after"], "7", "{what}");
            }
            if status != 0 && !dropped {
                assert!(said(service, &seen).contains("Simulated failure"), "{what}");
            }
        }
    }
}

/// The message of an error in the form that the service has for it.
fn said(service: &str, seen: &Seen) -> String {
    let place = match service {
        "identity" => "/error/message",
        "network" => "/NeutronError/message",
        "image" => "/message",
        "gateway" => "/errors/0/message",
        _ => return seen.message(),
    };
    seen.body.pointer(place).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Which of six requests for networks are hit.
async fn hits(way: &str, which: &str) -> String {
    let fault = format!("{{{which}, effect: {{kind: status, code: 503}}}}");
    let sim = armed(way, &fault).await;
    let mut seen = String::new();
    for _ in 0..3 {
        for method in ["GET", "POST"] {
            let body = (method == "POST").then(|| json!({"network": {}}));
            let answer = sim.send(method, "/network/v2.0/networks", body).await;
            seen.push(if answer.status == 503 { 'x' } else { '.' });
        }
    }
    seen
}

#[tokio::test]
async fn which_requests_are_hit() {
    for (which, hit) in [
        ("service: network", "xxxxxx"),
        ("service: compute", "......"),
        ("service: network, method: POST", ".x.x.x"),
        ("service: network, method: get", "x.x.x."),
        ("path: /networks", "xxxxxx"),
        ("path: '*/v2.0/networks'", "xxxxxx"),
        ("path: '*/v2.0/networks/*'", "......"),
        ("service: network, count: 2", "xx...."),
        ("service: network, skip: 1, count: 2", ".xx..."),
        ("service: network, method: POST, path: networks, skip: 1, count: 1", "...x.."),
        ("service: network, probability: 0", "......"),
        ("service: network, probability: 1", "xxxxxx"),
        ("service: network, probability: 1, count: 3", "xxx..."),
    ] {
        for way in WAYS {
            assert_eq!(hits(way, which).await, hit, "{which} by {way}");
        }
    }
    let some = "service: network, probability: 0.5";
    let first = hits("settings", some).await;
    assert!(first.contains('x') && first.contains('.'), "{first}");
    for way in WAYS {
        assert_eq!(hits(way, some).await, first, "chance follows from the seed");
    }
}

/// How two servers end, of which the first meets the fault.
#[tokio::test]
async fn servers_of_either_way() {
    for (effect, status, message) in [
        ("{kind: server_error, message: on fire}", "ERROR", "on fire"),
        ("{kind: hang_in_build}", "BUILD", ""),
        ("{kind: no_valid_host}", "ERROR", "No valid host was found."),
    ] {
        for way in WAYS {
            let sim = armed(way, &format!("{{count: 1, effect: {effect}}}")).await;
            let (first, second) = (sim.server(json!({})).await, sim.server(json!({})).await);
            sim.clock.advance(3_600_000);
            let first = sim.show(&first).await;
            assert_eq!(first["status"], status, "{effect} by {way}");
            let told = first["fault"]["message"].as_str().unwrap_or_default();
            assert!(told.starts_with(message), "{effect} by {way}: {told}");
            assert_eq!(sim.show(&second).await["status"], "ACTIVE", "{effect} by {way}");
        }
    }
}

#[tokio::test]
async fn lag_quota_and_token_of_either_way() {
    let networks = "/network/v2.0/networks";
    for way in WAYS {
        let sim = armed(way, "{method: GET, path: /networks, effect: {kind: lag, ms: 1000}}").await;
        let id = sim.make(networks, json!({"network": {}})).await;
        let one = format!("{networks}/{id}");
        assert_eq!(sim.send("GET", &one, None).await.status, 404, "not yet, by {way}");
        sim.clock.advance(1000);
        assert_eq!(sim.send("GET", &one, None).await.status, 200, "now, by {way}");

        let quota = "{method: POST, path: /networks, count: 1, effect: {kind: quota, resource: network, limit: 1}}";
        let sim = armed(way, quota).await;
        let mut seen = Vec::new();
        for _ in 0..2 {
            seen.push(sim.send("POST", networks, Some(json!({"network": {}}))).await.status);
        }
        assert_eq!(seen, [201, 409], "by {way}");

        let sim = armed(way, "{path: /networks, count: 1, effect: {kind: expire_token}}").await;
        assert_eq!(sim.send("GET", networks, None).await.status, 401, "by {way}");
        assert_eq!(sim.send("GET", networks, None).await.status, 401, "it stays ended");
        let again = sim.as_user("demo").await;
        assert_eq!(again.send("GET", networks, None).await.status, 200, "by {way}");
    }
}

/// What the gateway's callers are is found out in another way.
#[tokio::test]
async fn tokens_and_limits_of_the_gateway() {
    let sim = Sim::new().await;
    let login = json!({"login": "demo", "password": "demo"});
    let seen = sim.send("POST", "/gateway/login", Some(login)).await;
    let bearer = seen.headers["authorization"].to_str().expect("text").to_owned();
    let making = making(&sim, "gateway").await;
    let with = Making { headers: vec![("authorization", bearer)], ..making };
    let arm = |effect: Value| {
        sim.cloud.faults().set(vec![
            serde_json::from_value(json!({
                "service": "gateway", "count": 1, "effect": effect,
            }))
            .expect("a fault"),
        ]);
    };
    arm(json!({"kind": "quota", "resource": "key_pairs", "limit": 0}));
    let seen = with.send(&sim).await;
    assert_eq!(
        (seen.status, said("gateway", &seen).contains("Quota exceeded")),
        (403, true),
        "{seen:?}"
    );
    arm(json!({"kind": "expire_token"}));
    assert_eq!(with.send(&sim).await.status, 401);
    assert_eq!(with.send(&sim).await.status, 401, "it stays ended");
}

/// The page names every effect there is, and none that is not.
#[test]
fn the_page_has_every_effect() {
    let wrong = Fault::parse_list("[{effect: {kind: nothing}}]").expect_err("no such effect");
    let told = std::error::Error::source(&wrong).expect("a reason").to_string();
    let (_, known) = told.split_once("expected one of ").expect("the list of them");
    let mut known: Vec<&str> = known.split('`').filter(|word| is_word(word)).collect();
    let page = include_str!("../../../../docs/simulator.md");
    let (_, table) = page.split_once("| effect | what happens |").expect("the table");
    let (table, _) = table.split_once("\n\n").expect("its end");
    let names = table.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
    let names = names.flat_map(|cell| cell.split('`').filter(|word| is_word(word)));
    let mut named: Vec<&str> = names.collect();
    known.sort_unstable();
    named.sort_unstable();
    assert_eq!(named, known);
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c == '_')
}
