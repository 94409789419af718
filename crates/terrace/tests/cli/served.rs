//! A simulated cloud that is served on a port by a process of its own, and what is asked of it raw.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::common::Workspace;

/// The secret of the application credential that every simulated cloud has.
pub(crate) const SECRET: &str = "demo-appcred-secret";

/// A served cloud; it ends with this value.
pub(crate) struct Served {
    process: Child,
    pub(crate) url: String,
    pub(crate) home: Workspace,
}

impl Served {
    pub(crate) fn start(settings: &str) -> Self {
        let home = Workspace::quickstart().simulator(settings);
        let mut command = home.command(&["sim", "--port", "0"]);
        let mut process = command.stdout(Stdio::piped()).spawn().expect("the program runs");
        let mut line = String::new();
        let out = process.stdout.as_mut().expect("a pipe");
        BufReader::new(out).read_line(&mut line).expect("a line");
        let at = line.find("http://").unwrap_or_else(|| panic!("no address in {line}"));
        let url = line[at..].split(['.', ' ', '\n']).collect::<Vec<_>>();
        // 127.0.0.1 has dots of its own, and the sentence ends with one.
        let url = format!("{}.{}.{}.{}", url[0], url[1], url[2], url[3]);
        Self { process, url, home }
    }

    fn ask(&self, path: &str) -> Value {
        let host = self.url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(host).expect("a connection");
        let token = format!("Authorization: Bearer bnerd_tok_{SECRET}");
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\n{token}\r\nConnection: close\r\n\r\n")
            .expect("sent");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("an answer");
        let (_, body) = text.split_once("\r\n\r\n").expect("a body");
        serde_json::from_str(body).unwrap_or_else(|error| panic!("{error} in {text}"))
    }

    /// Sends a request; the head of the answer and its body.
    pub(crate) fn send(&self, request: &str, token: &str, body: &Value) -> (String, Value) {
        let mut stream =
            TcpStream::connect(self.url.trim_start_matches("http://")).expect("a connection");
        let body = body.to_string();
        write!(
            stream,
            "{request} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {token}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
        .expect("sent");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("an answer");
        let (head, body) = text.split_once("\r\n\r\n").expect("a body");
        (head.to_owned(), serde_json::from_str(body).unwrap_or(Value::Null))
    }

    /// Gives a user another password.
    pub(crate) fn set_password(&self, user: &str, password: &str) {
        let who = json!({ "name": "admin", "domain": { "id": "default" }, "password": "secret" });
        let project = json!({ "name": "admin", "domain": { "id": "default" } });
        let identity = json!({ "methods": ["password"], "password": { "user": who } });
        let body = json!({ "auth": { "identity": identity, "scope": { "project": project } } });
        let (head, _) = self.send("POST /identity/v3/auth/tokens", "", &body);
        let token = tokens(&head).pop().unwrap_or_else(|| panic!("no token: {head}"));
        let (_, users) =
            self.send(&format!("GET /identity/v3/users?name={user}"), &token, &Value::Null);
        let id = users["users"][0]["id"].as_str().unwrap_or_else(|| panic!("{users}"));
        let change = json!({ "user": { "password": password } });
        let (head, _) = self.send(&format!("PATCH /identity/v3/users/{id}"), &token, &change);
        assert!(head.contains(" 200 "), "{head}");
    }

    /// What goes wrong from now on.
    pub(crate) fn set_faults(&self, faults: &Value) {
        let (head, _) = self.send("PUT /_sim/faults", "", faults);
        assert!(head.contains(" 20"), "{head}");
    }

    /// The id of the project.
    pub(crate) fn project(&self) -> String {
        self.ask("/gateway/projects")[0]["id"].as_str().expect("an id").to_owned()
    }

    /// A list of the gateway's as it is now: each word makes it another list to the cache.
    pub(crate) fn list(&self, kind: &str, word: &str) -> Vec<Value> {
        let path = format!("/gateway/cloud/{kind}?project_id={}&word={word}", self.project());
        self.ask(&path).as_array().expect("a list").clone()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.process.kill();
        let _ended = self.process.wait();
    }
}

/// Passes everything on to a server, and keeps what the server said.
pub(crate) struct Tap {
    pub(crate) url: String,
    heard: Arc<Mutex<Vec<u8>>>,
}

impl Tap {
    pub(crate) fn before(served: &Served) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let heard: Arc<Mutex<Vec<u8>>> = Arc::default();
        let (host, kept) =
            (served.url.trim_start_matches("http://").to_owned(), Arc::clone(&heard));
        std::thread::spawn(move || {
            for mut client in listener.incoming().flatten() {
                let mut server = TcpStream::connect(&host).expect("a connection");
                let (mut from, mut to) =
                    (client.try_clone().expect("a socket"), server.try_clone().expect("a socket"));
                std::thread::spawn(move || std::io::copy(&mut from, &mut to));
                let kept = Arc::clone(&kept);
                std::thread::spawn(move || {
                    let mut bytes = [0; 4096];
                    while let Ok(count @ 1..) = server.read(&mut bytes) {
                        kept.lock().expect("whole").extend_from_slice(&bytes[..count]);
                        if client.write_all(&bytes[..count]).is_err() {
                            break;
                        }
                    }
                });
            }
        });
        Self { url, heard }
    }

    /// The tokens that were given out.
    pub(crate) fn tokens(&self) -> Vec<String> {
        let heard = self.heard.lock().expect("whole");
        tokens(&String::from_utf8_lossy(&heard))
    }
}

/// The tokens in the heads of answers.
fn tokens(heads: &str) -> Vec<String> {
    let lines = heads.lines().filter_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("x-subject-token").then(|| value.trim().to_owned())
    });
    lines.collect()
}
