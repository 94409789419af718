//! Nothing that is printed, logged or returned as an error carries a secret.

use std::io::Write;
use std::sync::{Arc, Mutex};

use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

use crate::call::Call;
use crate::compute::{NewServer, Nic, Rebuild, create_server, rebuild};
use crate::config::{Auth, CloudConfig, Credential};
use crate::service::Service;
use crate::testkit::{ManualClock, Script, config, fail, login, session, step};
use crate::transport::TransportError;

const SECRETS: [&str; 5] = [
    "hunter2-password",
    "token-secret-1",
    "app-credential-secret",
    "Y2xvdWQtaW5pdA==",
    "adm1n-pass",
];

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

fn new_server() -> NewServer {
    NewServer {
        user_data: Some("Y2xvdWQtaW5pdA==".into()),
        networks: vec![Nic::network("n")],
        ..NewServer::default()
    }
}

#[tokio::test]
async fn no_secret_is_ever_written() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    // For the whole process: what the other tests make it log is searched too.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let post = "POST /compute/v2.1/servers";
    // A cloud that says back whatever it was told, at every turn.
    let echo = SECRETS.join(" and ");
    let body = json!({ "badRequest": { "message": echo } }).to_string();
    let rambling = format!("<html>{}{echo}</html>", "x ".repeat(290));
    let script = Script::new([
        login("token-secret-1", 59),
        step(post, 400, body),
        step(post, 500, rambling),
        step(post, 302, "").header("Location", "http://x/?t=token-secret-1"),
        fail(post, TransportError::outcome_unknown("got hunter2-password")),
        step("GET /compute/v2.1/x", 200, r#"{"server": {"adminPass": "adm1n-pass"}}"#)
            .header("X-Subject-Token", "token-secret-1"),
    ]);
    let session = session(&script, &ManualClock::new()).await;
    let mut written = Vec::new();
    let call = create_server(&new_server()).body(json!({ "server": {
        "user_data": "Y2xvdWQtaW5pdA==", "adminPass": "adm1n-pass",
        "x": [{ "secret": "app-credential-secret" }],
    } }));
    for _ in 0..4 {
        let error = session.call(call.clone()).await.unwrap_err();
        written.push(format!("{error} {error:?} {}", error.message()));
    }
    let reply = session.call(Call::get(Service::Compute, "/x")).await.unwrap();
    let rebuild_with = Rebuild { user_data: new_server().user_data, ..Rebuild::default() };
    let credential = Credential::Id("id".into());
    let secret = "app-credential-secret".into();
    let other = Auth::ApplicationCredential { credential, secret };
    written.push(format!("{session:?} {call:?} {reply:?} {:?} {rebuild_with:?}", new_server()));
    written.push(format!("{:?} {:?}", reply.headers, rebuild("s", &rebuild_with)));
    written.push(format!("{:?} {:?}", config(), CloudConfig { auth: other, ..config() }));
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(logged.contains("/servers"), "nothing was logged");
    written.push(logged);
    let written = written.join("\n");
    for secret in SECRETS {
        assert!(!written.contains(secret), "{secret} in {written}");
        assert!(!written.contains(&secret[..secret.len() - 2]), "most of {secret} in {written}");
    }
    assert!(written.contains("[hidden]"));
    script.finish();
}
