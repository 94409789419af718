//! A server on this machine that answers as it likes, over real connections.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::config::CloudConfig;
use crate::error::ApiError;
use crate::http_transport::{HttpOptions, HttpTransport};
use crate::session::Session;
use crate::testkit::{ManualClock, catalog_at, token_body};

/// What the server does with one request.
pub(super) enum Act {
    /// A proper answer: status, more header lines, body.
    Say(u16, &'static str, String),
    /// These bytes, and the end of the connection.
    Raw(&'static str),
    /// These bytes, and then one more every few milliseconds, for ever.
    Drip(&'static str),
    /// A body in pieces, without end.
    Endless,
}

/// A running server and what it was asked: the request's line and headers, in small letters.
pub(super) struct Server {
    pub(super) url: String,
    heard: Arc<Mutex<Vec<String>>>,
}

type Answer = dyn Fn(&str, usize) -> Option<Act> + Send + Sync;

impl Server {
    /// Starts one. `answer` is given `METHOD /path` and how many requests came before; what it
    /// does not answer is answered like a cloud would: with a token, or an empty object.
    pub(super) async fn start(
        answer: impl Fn(&str, usize) -> Option<Act> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let heard: Arc<Mutex<Vec<String>>> = Arc::default();
        let answer: Arc<Answer> = Arc::new(answer);
        let (base, seen) = (url.clone(), Arc::clone(&heard));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let one = talk(stream, base.clone(), Arc::clone(&answer), Arc::clone(&seen));
                tokio::spawn(one);
            }
        });
        Self { url, heard }
    }

    pub(super) fn config(&self) -> CloudConfig {
        let timeout = Duration::from_millis(400);
        CloudConfig { timeout, ..CloudConfig::for_simulator(&self.url) }
    }

    /// Connects; waits between attempts take no time.
    pub(super) async fn connect(&self, config: CloudConfig) -> Result<Session, ApiError> {
        let options = HttpOptions { max_body: 1 << 20, ..HttpOptions::for_cloud(&config) };
        let transport = Arc::new(HttpTransport::new(&options).unwrap());
        Session::connect(config, transport, ManualClock::new()).await
    }

    /// What was asked, without the logins.
    pub(super) fn asked(&self) -> Vec<String> {
        let heard = self.heard.lock().unwrap();
        heard.iter().filter(|head| !head.contains("/auth/tokens")).cloned().collect()
    }

    /// How many tokens were asked for.
    pub(super) fn logins(&self) -> usize {
        let all = self.heard.lock().unwrap().len();
        all - self.asked().len()
    }
}

async fn talk(
    mut stream: TcpStream,
    base: String,
    answer: Arc<Answer>,
    heard: Arc<Mutex<Vec<String>>>,
) {
    let head = hear(&mut stream).await;
    let mut words = head.split(' ');
    let line = format!("{} {}", words.next().unwrap(), words.next().unwrap_or_default());
    let before = {
        let mut heard = heard.lock().unwrap();
        heard.push(head.to_lowercase());
        heard.len() - 1
    };
    let act = answer(&line, before).unwrap_or_else(|| default(&line, &base));
    // The other side may well have gone.
    let _gone = perform(&mut stream, act).await;
}

fn default(line: &str, base: &str) -> Act {
    if line.contains("/auth/tokens") {
        let body = token_body("2026-01-01T01:00:00.000000Z", &catalog_at(base));
        return Act::Say(201, "X-Subject-Token: token-secret-1\r\n", body.to_string());
    }
    if line == "GET /compute/v2.1/" {
        let version = r#"{"version": {"id": "v2.1", "version": "2.93"}}"#;
        return Act::Say(200, "", version.into());
    }
    Act::Say(200, "OpenStack-API-Version: compute 2.26\r\n", "{}".into())
}

/// Reads one request; gives its head.
async fn hear(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer).await.unwrap_or_default();
        bytes.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.to_lowercase().lines().find_map(|line| {
                line.strip_prefix("content-length: ").map(|n| n.parse::<usize>().unwrap())
            });
            if body.len() >= length.unwrap_or_default() {
                return head.to_owned();
            }
        }
        assert!(count > 0, "half a request: {text}");
    }
}

async fn perform(stream: &mut TcpStream, act: Act) -> std::io::Result<()> {
    match act {
        Act::Say(status, headers, body) => {
            let length = body.len();
            let head = format!("HTTP/1.1 {status} X\r\n{headers}Connection: close\r\n");
            let text = format!("{head}Content-Length: {length}\r\n\r\n{body}");
            stream.write_all(text.as_bytes()).await
        }
        Act::Raw(text) => stream.write_all(text.as_bytes()).await,
        Act::Drip(text) => {
            stream.write_all(text.as_bytes()).await?;
            loop {
                tokio::time::sleep(Duration::from_millis(20)).await;
                stream.write_all(b" ").await?;
            }
        }
        Act::Endless => {
            let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
            stream.write_all(head.as_bytes()).await?;
            let piece = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
            loop {
                stream.write_all(piece.as_bytes()).await?;
            }
        }
    }
}
