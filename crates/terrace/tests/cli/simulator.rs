//! The simulated cloud on a port, and the commands that steer it.

use std::io::{BufRead as _, BufReader};
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
