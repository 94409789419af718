//! The simulated cloud on a port, and the commands that steer it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use crate::common::Workspace;

/// A cloud being served; it ends with the test.
struct Served {
    child: Child,
    url: String,
}

impl Served {
    fn start(w: &Workspace, more: &[&str]) -> Self {
        let args = [&["sim", "serve", "--port", "0"], more].concat();
        let mut child = w.command(&args).stdout(Stdio::piped()).spawn().expect("it starts");
        let out = child.stdout.take().expect("a pipe");
        let first = BufReader::new(out).lines().next().expect("a line").expect("text");
        let url = first.split_whitespace().find(|word| word.starts_with("http://"));
        let url = url.unwrap_or_else(|| panic!("no address in: {first}"));
        let url = url.trim_end_matches('.').to_owned();
        Self { child, url }
    }
}

/// A request to the gateway, whose token is always the same; nothing if no answer comes.
fn ask(url: &str, request: &str, body: &str) -> Option<(String, String)> {
    let mut stream = TcpStream::connect(url.strip_prefix("http://")?).ok()?;
    let length = body.len();
    let head = format!(
        "{request} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer bnerd_tok_demo-appcred-secret\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    stream.write_all(head.as_bytes()).ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?;
    Some((status.to_owned(), body.to_owned()))
}

/// Makes key pairs with these numbers and more until nobody answers; the first that was not made.
fn make_keys(url: &str, from: u32, made: &std::sync::mpsc::Sender<u32>) -> u32 {
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";
    let (_, projects) = ask(url, "GET /gateway/projects", "").expect("an answer");
    let id: String = projects.chars().skip_while(|c| *c != ':').skip(2).take(32).collect();
    for number in from.. {
        let name = format!(r#""name": "k{number}", "public_key": "{key} me""#);
        let body = format!(r#"{{"project_id": "{id}", {name}}}"#);
        let Some((status, text)) = ask(url, "POST /gateway/cloud/ssh-keypairs", &body) else {
            return number;
        };
        assert_eq!(status, "201", "{text}");
        // Whoever counts may have heard enough.
        let _heard = made.send(number);
    }
    u32::MAX
}

/// Whatever was answered is there after a kill, and what comes next is none of it.
#[test]
fn killed_at_any_moment() {
    let w = Workspace::empty();
    let mut next = 0;
    for round in 1..=3 {
        let mut served = Served::start(&w, &[]);
        let (made, heard) = std::sync::mpsc::channel();
        let url = served.url.clone();
        let writer = std::thread::spawn(move || make_keys(&url, next, &made));
        for _ in 0..round * 7 {
            heard.recv().expect("it answers");
        }
        served.child.kill().expect("it is killed");
        let unanswered = writer.join().expect("it ends");
        drop(served);
        let served = Served::start(&w, &[]);
        let names = w.run(&["sim", "status", "--json", "--url", &served.url]).code(0).out;
        let there = |number: u32| names.contains(&format!("\"k{number}\""));
        let lost: Vec<u32> = (0..unanswered).filter(|number| !there(*number)).collect();
        assert!(lost.is_empty(), "answered and lost: {lost:?}");
        assert!(!there(unanswered + 1));
        // What was on its way may be there or not.
        next = unanswered + u32::from(there(unanswered));
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn served_steered_and_made_new() {
    let w = Workspace::quickstart();
    w.run(&["apply", "--yes"]).code(0);
    w.run(&["sim", "status"]).code(0).says(&["is not being served", "1  keypairs"]);
    w.run(&["sim", "faults"]).code(1).says(&["no simulated cloud of this workspace"]);
    let served = Served::start(&w, &[]);
    w.run(&["sim", "status"]).code(0).says(&[&served.url, "1  keypairs"]);
    let fault = "{method: POST, path: /networks, probability: 0.5, effect: {kind: drop_after}}";
    w.run(&["sim", "faults", "--add", fault]).code(0).says(&["0 requests hit", "drop_after"]);
    w.run(&["sim", "faults", "--add", "{effect: {kind: explode}}"]).code(1).says(&["explode"]);
    w.run(&["sim", "faults", "--clear"]).code(0).says(&["No faults"]);
    w.write("faults.yaml", "- {effect: {kind: lag, ms: 500}}");
    let file = w.path("faults.yaml");
    w.run(&["sim", "faults", "--set", file.to_str().expect("text")]).code(0).says(&["lag"]);
    let yaml = std::fs::read_to_string(w.path("state/simulator/clouds.yaml")).expect("written");
    assert!(yaml.contains(&served.url), "{yaml}");
    w.run(&["sim", "reset"]).code(0).says(&["is new"]);
    w.run(&["sim", "status", "--url", &served.url]).code(0).says(&["0  keypairs"]);
}

#[test]
fn nothing_is_kept_in_memory() {
    let w = Workspace::empty();
    w.write("settings.yaml", "build_ms: 1\nfaults:\n- {effect: {kind: lose}, count: 2}\n");
    let (settings, yaml) = (w.path("settings.yaml"), w.path("my/clouds.yaml"));
    std::fs::create_dir(w.path("my")).expect("a folder");
    let text = |path: &std::path::Path| path.to_str().expect("text").to_owned();
    let (settings, yaml) = (text(&settings), text(&yaml));
    let args = ["--memory", "--settings", &settings, "--clouds-yaml", &yaml];
    let served = Served::start(&w, &args);
    w.run(&["sim", "faults"]).code(0).says(&["lose"]);
    assert!(std::fs::read_to_string(&yaml).expect("written").contains(&served.url));
    assert!(!w.path("state/simulator/cloud.log").exists());
}

/// With a seed and a time of its own a cloud that is served answers the same to the same.
#[test]
fn the_same_answers_again() {
    let answers = |seed: u32| {
        let w = Workspace::empty();
        let clock = "{start: '2026-01-01T00:00:00Z', step_ms: 100}";
        w.write("settings.yaml", &format!("seed: {seed}\nclock: {clock}\n"));
        let file = w.path("settings.yaml");
        let settings = ["--memory", "--settings", file.to_str().expect("text")];
        let served = Served::start(&w, &settings);
        let mut all = Vec::new();
        for path in
            ["/compute/v2.1/", "/gateway/projects", "/gateway/accounts/me", "/identity/v3/users"]
        {
            all.push(ask(&served.url, &format!("GET {path}"), "").expect("an answer"));
        }
        let (_, project) = &all[1];
        let id: String = project.chars().skip_while(|c| *c != ':').skip(2).take(32).collect();
        let path = format!("GET /gateway/cloud/images?project_id={id}");
        all.push(ask(&served.url, &path, "").expect("an answer"));
        let all = format!("{all:?}");
        all.replace(&served.url, "http://cloud.test")
    };
    assert_eq!(answers(5), answers(5));
    assert_ne!(answers(5), answers(6));
}
