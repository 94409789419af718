//! Tokens and passwords are nowhere: not in what is printed, not in what is written.

use std::path::Path;

use crate::common::Workspace;
use crate::served::{SECRET, Served, Tap};

/// Everything below a folder, but for the simulated cloud's own memory.
fn written(folder: &Path, all: &mut Vec<u8>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            written(&path, all);
        } else {
            all.extend_from_slice(path.to_string_lossy().as_bytes());
            all.extend(std::fs::read(path).expect("read"));
        }
    }
}

#[test]
fn no_token_and_no_secret_is_printed_or_written() {
    let faults = r#"[{"path": "*/servers/detail", "count": 1, "skip": 9,
        "effect": {"kind": "status", "code": 401}}]"#;
    let served =
        Served::start(&format!(r#"{{"build_ms": 50, "delete_ms": 50, "faults": {faults}}}"#));
    let tap = Tap::before(&served);
    let file = served.home.path("state/simulator/clouds.yaml");
    let clouds = std::fs::read_to_string(file).expect("read");
    let id = clouds.split("application_credential_id: ").nth(1).expect("an id");
    let id = id.split_whitespace().next().expect("an id").trim_matches('\'');
    let w = Workspace::quickstart()
        .env("RUST_LOG", "trace")
        .env("RUST_BACKTRACE", "full")
        .env("OS_AUTH_URL", &format!("{}/identity/v3", tap.url))
        .env("OS_APPLICATION_CREDENTIAL_ID", id)
        .env("OS_APPLICATION_CREDENTIAL_SECRET", SECRET);
    let mut said = String::new();
    let mut run = |w: &Workspace, args: &[&str], code: i32| {
        let told = w.run(args).code(code);
        said += &(told.out + "\n" + &told.err + "\n");
    };
    let plan = w.path("web.plan");
    let plan = plan.to_str().expect("a path");
    run(&w, &["cloud", "check"], 0);
    run(&w, &["cloud", "check", "--json"], 0);
    run(&w, &["cloud", "hypervisors"], 1);
    run(&w, &["plan", "--out", plan], 0);
    run(&w, &["plan", "--json"], 0);
    run(&w, &["apply", plan], 0);
    for args in [
        &["show", "--json"][..],
        &["plan"],
        &["server", "list", "--json"],
        &["server", "show", "web/servers.web[0]"],
        &["server", "reboot", "web/servers.web[0]"],
        &["server", "console-log", "web/servers.web[0]"],
        &["output", "--json"],
        &["state", "show", "web/servers.web[0]"],
    ] {
        run(&w, args, 0);
    }
    let tokens = tap.tokens();
    assert!(tokens.len() > 10, "the logins were not seen: {tokens:?}");
    let other = w.env("OS_APPLICATION_CREDENTIAL_SECRET", "a-wrong-secret-of-ours");
    run(&other, &["plan"], 1);
    let mut bytes = said.into_bytes();
    written(&other.path(""), &mut bytes);
    assert!(bytes.windows(10).any(|window| window == b"web/server"), "nothing was searched");
    let secrets = tokens.iter().map(String::as_str).chain([SECRET, "a-wrong-secret-of-ours"]);
    for secret in secrets {
        let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "{secret} is there");
    }
}
