//! The transport over the network. The only module that names the HTTP client.

use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder};

use crate::config::{CloudConfig, Tls};
use crate::transport::{Transport, TransportError};

/// How to connect.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// Certificates.
    pub tls: Tls,
    /// How long to wait for a connection.
    pub connect_timeout: Duration,
    /// The largest answer that is read.
    pub max_body: usize,
    /// Whether to honour `http_proxy` and its like.
    pub proxies: bool,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            tls: Tls::default(),
            connect_timeout: Duration::from_secs(10),
            max_body: 64 * 1024 * 1024,
            proxies: true,
        }
    }
}

impl HttpOptions {
    /// What `config` asks for. A cloud on this machine is never reached through a proxy.
    pub fn for_cloud(config: &CloudConfig) -> Self {
        let address: Option<http::Uri> = config.auth_url.parse().ok();
        let host = address.as_ref().and_then(http::Uri::host).unwrap_or_default();
        let local = host == "localhost" || host == "[::1]" || host.starts_with("127.");
        Self { tls: config.tls.clone(), proxies: !local, ..Self::default() }
    }
}

/// Speaks HTTP over TCP and TLS.
#[derive(Debug)]
pub struct HttpTransport {
    client: Client,
    max_body: usize,
}

impl HttpTransport {
    /// A transport with these options. Fails when a certificate cannot be read or used.
    pub fn new(options: &HttpOptions) -> Result<Self, TransportError> {
        // The program may have chosen a provider already; then that one is used.
        let _already_chosen = rustls::crypto::ring::default_provider().install_default();
        // A machine without any system certificates must still reach clouds without TLS.
        let client = match builder(options)?.build() {
            Ok(client) => client,
            Err(_) if options.tls.cacert.is_none() && options.tls.cert.is_none() => {
                build(builder(options)?.tls_certs_only([]))?
            }
            Err(error) => return Err(unsent("cannot set up TLS", error)),
        };
        Ok(Self { client, max_body: options.max_body })
    }

    async fn read(&self, mut response: reqwest::Response) -> Result<Bytes, TransportError> {
        let mut body = BytesMut::new();
        loop {
            let chunk = response.chunk().await.map_err(|error| broken("it broke off", error))?;
            let Some(chunk) = chunk else { return Ok(body.freeze()) };
            if body.len() + chunk.len() > self.max_body {
                return Err(TransportError::TooLarge { limit: self.max_body });
            }
            body.extend_from_slice(&chunk);
        }
    }
}

#[async_trait]
impl Transport for HttpTransport {
    async fn send(
        &self,
        request: http::Request<Bytes>,
        deadline: Duration,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let mut request = reqwest::Request::try_from(request)
            .map_err(|error| unsent("not a valid request", error))?;
        *request.timeout_mut() = Some(deadline);
        let mut response = self.client.execute(request).await.map_err(classify)?;
        let status = response.status();
        let headers = std::mem::take(response.headers_mut());
        let mut answer = http::Response::new(self.read(response).await?);
        *answer.status_mut() = status;
        *answer.headers_mut() = headers;
        Ok(answer)
    }
}

fn builder(options: &HttpOptions) -> Result<ClientBuilder, TransportError> {
    let mut builder = Client::builder()
        .user_agent(concat!("terrace/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .connect_timeout(options.connect_timeout);
    if !options.proxies {
        builder = builder.no_proxy();
    }
    with_tls(builder, &options.tls)
}

fn build(builder: ClientBuilder) -> Result<Client, TransportError> {
    builder.build().map_err(|error| unsent("cannot set up HTTP", error))
}

fn with_tls(mut builder: ClientBuilder, tls: &Tls) -> Result<ClientBuilder, TransportError> {
    if tls.insecure {
        builder = builder.tls_danger_accept_invalid_certs(true);
    }
    if let Some(file) = &tls.cacert {
        let pem = read_file(file)?;
        let certificates = Certificate::from_pem_bundle(&pem)
            .map_err(|error| unsent(&format!("no certificates in {}", file.display()), error))?;
        builder = builder.tls_certs_only(certificates);
    }
    let Some(file) = &tls.cert else { return Ok(builder) };
    let mut pem = read_file(file)?;
    if let Some(key) = &tls.key {
        pem.push(b'\n');
        pem.extend(read_file(key)?);
    }
    let identity = reqwest::Identity::from_pem(&pem)
        .map_err(|error| unsent(&format!("no certificate and key in {}", file.display()), error))?;
    Ok(builder.identity(identity))
}

fn read_file(file: &std::path::Path) -> Result<Vec<u8>, TransportError> {
    std::fs::read(file).map_err(|error| TransportError::NeverSent {
        reason: format!("cannot read {}", file.display()),
        source: Some(Box::new(error)),
    })
}

/// Only what fails while connecting is known not to have been sent.
fn classify(error: reqwest::Error) -> TransportError {
    if error.is_connect() {
        unsent("no connection", error)
    } else if error.is_timeout() {
        broken("timed out", error)
    } else if error.is_builder() {
        unsent("not a valid request", error)
    } else {
        broken("the connection broke", error)
    }
}

fn unsent(what: &str, error: reqwest::Error) -> TransportError {
    TransportError::NeverSent { reason: reason(what, &error), source: cause(error) }
}

fn broken(what: &str, error: reqwest::Error) -> TransportError {
    TransportError::OutcomeUnknown { reason: reason(what, &error), source: cause(error) }
}

/// The innermost error is the one that says something ("connection refused").
fn reason(what: &str, error: &reqwest::Error) -> String {
    let mut inner: &dyn std::error::Error = error;
    while let Some(next) = inner.source() {
        inner = next;
    }
    format!("{what} ({inner})")
}

/// Addresses may carry secrets in their query, so they do not stay in the error.
fn cause(error: reqwest::Error) -> Option<crate::transport::Cause> {
    Some(Box::new(error.without_url()))
}
