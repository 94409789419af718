//! A project of its own on a cloud, in which the checks of one file run.

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

use crate::check::{Check, Seen};
use crate::cloud::{Answer, Session, Wire, login};
use crate::pattern::Known;
use crate::shapes::{Given, Shapes};

const PASSWORD: &str = "contract";
/// How often a request is repeated until its answer is what is waited for.
const PATIENCE: usize = 400;
/// The headers that are part of the contract.
const HEADERS: [&str; 9] = [
    "content-type",
    "location",
    "openstack-api-version",
    "retry-after",
    "www-authenticate",
    "x-compute-request-id",
    "x-openstack-nova-api-version",
    "x-openstack-request-id",
    "x-subject-token",
];

/// A project on a cloud, with a member and an administrator logged in.
pub(crate) struct World {
    wire: Wire,
    identity: String,
    admin: Session,
    member: Session,
    pub(crate) known: Known,
    pub(crate) shapes: std::sync::Arc<Shapes>,
    /// What is read is read in each version too in which its sample changes.
    pub(crate) every_version: bool,
}

impl World {
    /// Makes the project.
    pub(crate) async fn new(
        wire: Wire,
        identity: &str,
        run: &str,
        shapes: std::sync::Arc<Shapes>,
    ) -> Self {
        let admin = login(&wire, identity, ("admin", "secret", "admin")).await;
        let mut world = Self {
            member: admin.clone(),
            admin,
            wire,
            identity: identity.to_owned(),
            known: Known::default(),
            shapes,
            every_version: false,
        };
        let name = json!({"project": {"name": run}});
        let project = world.admin("POST", "/projects", name).await["project"]["id"].clone();
        let user = json!({"user": {"name": run, "password": PASSWORD}});
        let user = world.admin("POST", "/users", user).await["user"]["id"].clone();
        let roles = world.admin("GET", "/roles?name=member", Value::Null).await;
        let text = |value: &Value| value.as_str().expect("an id").to_owned();
        let grant = format!(
            "/projects/{}/users/{}/roles/{}",
            text(&project),
            text(&user),
            text(&roles["roles"][0]["id"])
        );
        world.admin("PUT", &grant, Value::Null).await;
        world.member = login(&world.wire, identity, (run, PASSWORD, run)).await;
        world.learn(run).await;
        world
    }

    /// What every check may name.
    async fn learn(&mut self, run: &str) {
        let mut name = |name: &str, value: &str| {
            self.known.names.insert(name.to_owned(), value.to_owned());
        };
        name("run", run);
        name("project", &self.member.project.clone());
        name("user", &self.member.user.clone());
        name("admin_project", &self.admin.project.clone());
        name("admin_user", &self.admin.user.clone());
        let fresh = format!("22222222-2222-4222-8222-{:012x}", std::process::id());
        name("fresh", &fresh);
        name("none", "11111111-1111-1111-1111-111111111111");
        for (var, service, path, place) in [
            ("cirros", "image", "/v2/images?name=cirros", "/images/0/id"),
            ("debian", "image", "/v2/images?name=debian-12", "/images/0/id"),
            ("public", "network", "/v2.0/networks?name=public", "/networks/0/id"),
            ("provider", "network", "/v2.0/networks?name=provider", "/networks/0/id"),
            ("standard", "block-storage", "/types", "/volume_types/0/id"),
            ("fast", "block-storage", "/types", "/volume_types/1/id"),
        ] {
            let url = format!("{}{path}", self.member.services[service]);
            let answer = self.request("GET", &url, &self.member.token, Value::Null).await;
            let body = answer.json();
            let id = body.pointer(place).and_then(Value::as_str).expect("there from the start");
            self.known.names.insert(var.to_owned(), id.to_owned());
        }
    }

    async fn admin(&self, method: &str, path: &str, body: Value) -> Value {
        let url = format!("{}{path}", self.identity);
        let answer = self.request(method, &url, &self.admin.token, body).await;
        assert!(answer.status < 300, "{method} {path}: {}", answer.json());
        answer.json()
    }

    async fn request(&self, method: &str, url: &str, token: &str, body: Value) -> Answer {
        let request = Request::builder().method(method).uri(url).header("x-auth-token", token);
        let request = request.header("content-type", "application/json");
        let bytes = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        self.wire.send(request.body(bytes).expect("a request")).await
    }

    /// Does what a check says and gives the answer as a pattern.
    pub(crate) async fn run(&mut self, check: &Check) -> Seen {
        let body = check.body.as_ref().map(|body| self.known.filled_in(body));
        if let Some(body) = &body {
            remember(&mut self.known, body);
        }
        let mut answer = self.send(check, body.as_ref()).await;
        if !check.until.is_empty() {
            for _ in 0..PATIENCE {
                if self.reached(check, &answer) {
                    break;
                }
                self.wire.wait().await;
                answer = self.send(check, body.as_ref()).await;
            }
            assert!(self.reached(check, &answer), "{}: in vain: {}", check.name, answer.json());
        }
        if self.every_version && check.send.starts_with("GET ") && answer.status < 300 {
            for version in self.shapes.versions_of(&check.send) {
                let other = Check { version: Some(version), ..check.clone() };
                self.send(&other, None).await;
            }
        }
        let body = answer.json();
        for (name, place) in &check.keep {
            let header = place.strip_prefix('@').and_then(|name| answer.headers.get(name));
            let found = match header {
                Some(header) => header.to_str().ok().map(str::to_owned),
                None => body.pointer(&self.known.filled(place)).and_then(|value| match value {
                    Value::String(text) => Some(text.clone()),
                    Value::Null => None,
                    other => Some(other.to_string()),
                }),
            };
            if let Some(found) = found {
                self.known.names.insert(name.clone(), found);
            }
        }
        self.seen(&answer, &body)
    }

    fn seen(&self, answer: &Answer, body: &Value) -> Seen {
        let headers = HEADERS.iter().filter_map(|name| {
            let value = answer.headers.get(*name)?.to_str().ok()?;
            if *name == "content-type" && answer.bytes.is_empty() {
                return None;
            }
            // The character set is said by some and not by others.
            let value = value.split("; charset").next().unwrap_or(value);
            Some(((*name).to_owned(), self.known.pattern(name, &Value::from(value))))
        });
        Seen {
            status: answer.status,
            headers: headers.collect(),
            body: self.known.pattern("", body),
        }
    }

    fn reached(&self, check: &Check, answer: &Answer) -> bool {
        let body = answer.json();
        check.until.iter().all(|(place, wanted)| {
            if place == "status" {
                return wanted.as_u64() == Some(answer.status.into());
            }
            let found = body.pointer(&self.known.filled(place)).unwrap_or(&Value::Null);
            *found == self.known.filled_in(wanted)
        })
    }

    async fn send(&self, check: &Check, body: Option<&Value>) -> Answer {
        let mut words = check.send.splitn(3, ' ');
        let mut word = || words.next().expect("method, service and path");
        let (method, service, path) = (word(), word(), word());
        let session = if check.who == "admin" { &self.admin } else { &self.member };
        let url = match service.strip_prefix("root:") {
            Some(service) => root(&session.services[service]),
            None => session.services[service].clone(),
        };
        let path = if path == "-" { String::new() } else { self.known.filled(path) };
        let mut request = Request::builder().method(method).uri(format!("{url}{path}"));
        request = match check.who.as_str() {
            "nobody" => request,
            "wrong" => request.header("x-auth-token", "wrong"),
            _ => request.header("x-auth-token", &session.token),
        };
        if !check.headers.contains_key("accept") {
            request = request.header("accept", "application/json");
        }
        if let Some(version) = &check.version {
            let kind = if service.contains("compute") { "compute" } else { "volume" };
            request = request.header("openstack-api-version", format!("{kind} {version}"));
        }
        if !check.headers.contains_key("content-type") {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in &check.headers {
            request = request.header(name, self.known.filled(value));
        }
        let bytes = match (body, &check.raw) {
            (Some(body), _) => Bytes::from(body.to_string()),
            (None, Some(raw)) => Bytes::from(self.known.filled(raw)),
            (None, None) => Bytes::new(),
        };
        let answer = self.wire.send(request.body(bytes).expect("a request")).await;
        let sent = body.filter(|_| check.raw.is_none());
        self.compare((method, service, &path), sent, &answer);
        answer
    }

    /// Compares an answer that is none of an error with the sample of the API reference.
    fn compare(
        &self,
        (method, service, path): (&str, &str, &str),
        sent: Option<&Value>,
        answer: &Answer,
    ) {
        let Ok(body) = serde_json::from_slice(&answer.bytes) else { return };
        if answer.status >= 400 {
            return;
        }
        let (service, root) = match service.strip_prefix("root:") {
            Some(service) => (service, true),
            None => (service, false),
        };
        let path = match (service, path) {
            (_, "/") if root => "(root)",
            ("identity", "") => "/v3",
            ("network", path) => path.strip_prefix("/v2.0").unwrap_or(path),
            ("image", path) => path.strip_prefix("/v2").unwrap_or(path),
            (_, path) => path,
        };
        let version = answer.headers.get("openstack-api-version").and_then(|v| v.to_str().ok());
        let minor = version.and_then(|version| version.split_once('.')?.1.parse().ok());
        let minor = minor.unwrap_or_default();
        self.shapes.compare(Given { service, method, path, minor, sent, body: &body });
    }

    /// Removes the project and its user.
    pub(crate) async fn end(self) {
        let servers = format!("{}/servers", self.member.services["compute"]);
        for _ in 0..PATIENCE {
            let list = self.request("GET", &servers, &self.member.token, Value::Null).await.json();
            let left = list["servers"].as_array().cloned().unwrap_or_default();
            if left.is_empty() {
                break;
            }
            for server in &left {
                let url = format!("{servers}/{}", server["id"].as_str().expect("an id"));
                self.request("DELETE", &url, &self.member.token, Value::Null).await;
            }
            self.wire.wait().await;
        }
        let delete = async |path: String| {
            let url = format!("{}{path}", self.identity);
            self.request("DELETE", &url, &self.admin.token, Value::Null).await
        };
        delete(format!("/users/{}", self.member.user)).await;
        delete(format!("/projects/{}", self.member.project)).await;
    }
}

/// The place where a service tells its versions.
fn root(url: &str) -> String {
    let at = ["/v2.1", "/v3", "/v2.0"].iter().find_map(|part| url.rfind(part));
    at.map_or(url, |at| &url[..at]).to_owned()
}

/// Every text that was sent, which may come back as it is.
fn remember(known: &mut Known, value: &Value) {
    match value {
        Value::String(text) => {
            known.sent.insert(text.clone());
        }
        Value::Array(items) => items.iter().for_each(|item| remember(known, item)),
        Value::Object(map) => map.values().for_each(|item| remember(known, item)),
        _ => {}
    }
}
