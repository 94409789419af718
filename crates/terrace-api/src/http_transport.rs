//! The transport over the network. The only module that names the HTTP client.

use std::sync::OnceLock;
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder, NoProxy, Proxy};

use crate::config::{CloudConfig, Proxies, Tls};
use crate::transport::{Transport, TransportError};

/// So much of what an answer announces is believed before it comes.
const ROOM: usize = 8 * 1024 * 1024;

/// How to connect.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// Certificates.
    pub tls: Tls,
    /// How long to wait for a connection.
    pub connect_timeout: Duration,
    /// The largest answer that is read.
    pub max_body: usize,
    /// The proxies on the way.
    pub proxies: Proxies,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            tls: Tls::default(),
            connect_timeout: Duration::from_secs(10),
            max_body: 256 * 1024 * 1024,
            proxies: Proxies::default(),
        }
    }
}

impl HttpOptions {
    /// What `config` asks for.
    pub fn for_cloud(config: &CloudConfig) -> Self {
        Self { tls: config.tls.clone(), proxies: config.proxies.clone(), ..Self::default() }
    }
}

/// Speaks HTTP over TCP and TLS.
#[derive(Debug)]
pub struct HttpTransport {
    options: HttpOptions,
    /// For addresses without TLS: it knows no certificates, since to read those of the system takes
    /// longer than many a run.
    plain: Client,
    /// For all others; made when it is first needed.
    secure: OnceLock<Client>,
}

impl HttpTransport {
    /// A transport with these options. Fails when a certificate cannot be read or used.
    pub fn new(options: &HttpOptions) -> Result<Self, TransportError> {
        // The program may have chosen a provider already; then that one is used.
        let _already_chosen = rustls::crypto::ring::default_provider().install_default();
        let plain = build(builder(options)?.tls_certs_only([]))?;
        let made = Self { options: options.clone(), plain, secure: OnceLock::new() };
        if options.tls != Tls::default() {
            made.secure()?;
        }
        Ok(made)
    }

    fn client(&self, url: &http::Uri) -> Result<&Client, TransportError> {
        // The way to a proxy may be by TLS whatever is behind it.
        let proxy = self.options.proxies.http.as_deref();
        let is_plain = url.scheme() == Some(&http::uri::Scheme::HTTP)
            && proxy.is_none_or(|proxy| !proxy.starts_with("https:"));
        if is_plain { Ok(&self.plain) } else { self.secure() }
    }

    fn secure(&self) -> Result<&Client, TransportError> {
        if let Some(client) = self.secure.get() {
            return Ok(client);
        }
        let client = with_tls(builder(&self.options)?, &self.options.tls)?.build();
        let client = client.map_err(|error| unsent("cannot set up TLS", error))?;
        Ok(self.secure.get_or_init(|| client))
    }

    async fn read(&self, mut response: reqwest::Response) -> Result<Bytes, TransportError> {
        let limit = self.options.max_body;
        // What is announced to be too large is not read at all.
        let announced = usize::try_from(response.content_length().unwrap_or_default());
        let Some(announced) = announced.ok().filter(|announced| *announced <= limit) else {
            return Err(TransportError::TooLarge { limit });
        };
        let mut body = BytesMut::with_capacity(announced.min(ROOM));
        loop {
            let chunk = response.chunk().await.map_err(|error| broken("it broke off", error))?;
            let Some(chunk) = chunk else { return Ok(body.freeze()) };
            if body.len() + chunk.len() > limit {
                return Err(TransportError::TooLarge { limit });
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
        let client = self.client(request.uri())?;
        let mut request = reqwest::Request::try_from(request)
            .map_err(|error| unsent("not a valid request", error))?;
        *request.timeout_mut() = Some(deadline);
        let mut response = client.execute(request).await.map_err(classify)?;
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
    // The client would read the environment by itself; it is told what was read of it.
    builder = builder.no_proxy();
    let Proxies { http, https, except } = &options.proxies;
    if let Some(url) = http {
        builder = builder.proxy(proxy("http_proxy", Proxy::http(url), except)?);
    }
    if let Some(url) = https {
        builder = builder.proxy(proxy("https_proxy", Proxy::https(url), except)?);
    }
    Ok(builder)
}

/// The address may carry a password, so only the variable is named when it is none.
fn proxy(
    variable: &str,
    proxy: reqwest::Result<Proxy>,
    except: &str,
) -> Result<Proxy, TransportError> {
    let wrong = |_| TransportError::never_sent(format!("`{variable}` is not a proxy's address"));
    Ok(proxy.map_err(wrong)?.no_proxy(NoProxy::from_string(except)))
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
        let problem = format!("no certificates in {}", file.display());
        let certificates =
            Certificate::from_pem_bundle(&pem).map_err(|error| unsent(&problem, error))?;
        // Text without any certificate reads as an empty bundle, which would trust nobody.
        if certificates.is_empty() {
            return Err(TransportError::never_sent(problem));
        }
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
    if let Some(reason) = distrust(&error) {
        TransportError::Untrusted { reason }
    } else if error.is_connect() {
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

/// What TLS says against the certificate, if that is why there is no connection.
fn distrust(error: &reqwest::Error) -> Option<String> {
    let mut inner: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(cause) = inner {
        // An io::Error steps over what it wraps when it is asked for its source.
        let wrapped = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let tls = wrapped.and_then(|wrapped| wrapped.downcast_ref::<rustls::Error>());
        match tls.or_else(|| cause.downcast_ref::<rustls::Error>()) {
            Some(rustls::Error::InvalidCertificate(problem)) => {
                return Some(format!("{problem:?}; {}", advice(problem)));
            }
            Some(rustls::Error::AlertReceived(alert)) => {
                return Some(format!(
                    "the cloud ended the connection ({alert:?}); if it wants a client \
                     certificate, name one with `cert` and `key`"
                ));
            }
            _ => inner = wrapped.map_or_else(|| cause.source(), |wrapped| Some(wrapped)),
        }
    }
    None
}

fn advice(problem: &rustls::CertificateError) -> &'static str {
    use rustls::CertificateError::{
        Expired, ExpiredContext, NotValidForName, NotValidForNameContext, NotValidYet,
        NotValidYetContext,
    };
    match problem {
        Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. } => {
            "check the clock of this machine, and the certificate's dates"
        }
        NotValidForName | NotValidForNameContext { .. } => {
            "the certificate is for another host: check the address"
        }
        _ => "if the cloud has an authority of its own, name its certificate with `cacert`",
    }
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

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};

    use super::*;

    const DEADLINE: Duration = Duration::from_secs(20);

    /// A server that reads one request and does `then` with the connection; gives its address.
    fn serve(then: impl FnOnce(TcpStream) + Send + 'static) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 4096];
            let _read = stream.read(&mut request).unwrap();
            then(stream);
        });
        format!("http://{address}/x")
    }

    fn say(text: &'static str) -> impl FnOnce(TcpStream) + Send + 'static {
        move |mut stream| stream.write_all(text.as_bytes()).unwrap()
    }

    async fn ask(url: &str, deadline: Duration) -> Result<http::Response<Bytes>, TransportError> {
        let options = HttpOptions { max_body: 32, ..HttpOptions::default() };
        let request = http::Request::get(url).body(Bytes::new()).unwrap();
        HttpTransport::new(&options).unwrap().send(request, deadline).await
    }

    #[tokio::test]
    async fn an_answer_comes_back_whole() {
        let url = serve(say("HTTP/1.1 202 Accepted\r\nX-A: b\r\nContent-Length: 2\r\n\r\nhi"));
        let answer = ask(&url, DEADLINE).await.unwrap();
        assert_eq!((answer.status().as_u16(), &answer.body()[..]), (202, &b"hi"[..]));
        assert_eq!(answer.headers()["x-a"], "b");
    }

    #[tokio::test]
    async fn a_redirect_is_not_followed() {
        let to = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(ask(&serve(say(to)), DEADLINE).await.unwrap().status(), 302);
    }

    #[tokio::test]
    async fn what_never_left_is_told_from_what_may_have_arrived() {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let tls = serve(say("HTTP/1.1 400 no TLS here\r\n\r\n")).replace("http:", "https:");
        for url in [format!("http://{free}/"), "http://no-such-host.invalid/".into(), tls] {
            let error = ask(&url, DEADLINE).await.unwrap_err();
            assert!(matches!(error, TransportError::NeverSent { .. }), "{url}: {error:?}");
        }
        let half = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf";
        let torn = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n";
        for url in [serve(drop), serve(say(half)), serve(say(torn)), serve(say("nonsense\r\n\r\n"))]
        {
            let error = ask(&url, DEADLINE).await.unwrap_err();
            assert!(matches!(error, TransportError::OutcomeUnknown { .. }), "{url}: {error:?}");
        }
    }

    #[tokio::test]
    async fn a_server_that_says_nothing_is_left_at_the_deadline() {
        let (hold, held) = std::sync::mpsc::channel::<()>();
        let url = serve(move |stream| {
            let _over = held.recv();
            drop(stream);
        });
        let error = ask(&url, Duration::from_millis(50)).await.unwrap_err();
        assert!(error.to_string().contains("timed out"), "{error}");
        assert!(matches!(error, TransportError::OutcomeUnknown { .. }));
        drop(hold);
    }

    #[tokio::test]
    async fn an_answer_without_end_is_cut() {
        let long = "HTTP/1.1 200 OK\r\nContent-Length: 64\r\n\r\n\
                    0123456789012345678901234567890123456789012345678901234567890123";
        let error = ask(&serve(say(long)), DEADLINE).await.unwrap_err();
        assert!(matches!(error, TransportError::TooLarge { limit: 32 }), "{error:?}");
    }

    #[test]
    fn certificates_that_cannot_be_used_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        let tls = Tls { cacert: Some(file.clone()), ..Tls::default() };
        let options = HttpOptions { tls, ..HttpOptions::default() };
        let error = HttpTransport::new(&options).unwrap_err().to_string();
        assert!(error.contains("cannot read") && error.contains("ca.pem"), "{error}");
        std::fs::write(&file, "not a certificate").unwrap();
        let error = HttpTransport::new(&options).unwrap_err().to_string();
        assert!(error.contains("no certificates in") && error.contains("ca.pem"), "{error}");
    }

    #[tokio::test]
    async fn a_proxy_is_asked_unless_the_host_is_excepted() {
        let proxy = serve(say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nproxy"));
        let through = Proxies {
            http: Some(proxy.trim_end_matches("/x").to_owned()),
            except: "direct.example".into(),
            ..Proxies::default()
        };
        let transport =
            HttpTransport::new(&HttpOptions { proxies: through, ..HttpOptions::default() })
                .unwrap();
        let ask = |url: &str| http::Request::get(url).body(Bytes::new()).unwrap();
        let answer = transport.send(ask("http://cloud.example/v3"), DEADLINE).await.unwrap();
        assert_eq!(&answer.body()[..], b"proxy");
        let error = transport.send(ask("http://direct.example:1/"), DEADLINE).await.unwrap_err();
        assert!(matches!(error, TransportError::NeverSent { .. }), "{error}");

        let wrong = Proxies { https: Some("http://me:hush@[".into()), ..Proxies::default() };
        let error = HttpTransport::new(&HttpOptions { proxies: wrong, ..HttpOptions::default() });
        let error = error.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hush"), "{error:?}");
        assert!(error.to_string().contains("`https_proxy` is not a proxy's address"), "{error}");
    }
}
