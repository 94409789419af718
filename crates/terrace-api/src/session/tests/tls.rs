//! Certificates: whom we trust, and whom we tell who we are.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rcgen::{CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use crate::config::Tls;
use crate::http_transport::{HttpOptions, HttpTransport};
use crate::transport::{Transport, TransportError};

/// An authority of our own, and certificates it gave out.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: tempfile::TempDir,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        Self { issuer, folder: tempfile::tempdir().unwrap() }
    }

    fn issue(&self, name: &str, expired: bool) -> (rcgen::Certificate, KeyPair) {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        if expired {
            params.not_after = rcgen::date_time_ymd(2001, 1, 1);
        }
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn cacert(&self) -> PathBuf {
        self.file("ca.pem", &self.issuer.pem())
    }

    /// A server that answers two requests with `{}`; gives its address by that name.
    fn serve(&self, name: &str, expired: bool, ask_who: bool) -> String {
        let (certificate, key) = self.issue(name, expired);
        let chain = vec![CertificateDer::from(certificate)];
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let builder = builder.with_safe_default_protocol_versions().unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(self.issuer.der().clone()).unwrap();
        let config = if ask_who {
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            builder.with_client_cert_verifier(verifier.unwrap()).with_single_cert(chain, key)
        } else {
            builder.with_no_client_auth().with_single_cert(chain, key)
        };
        let config = Arc::new(config.unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
                let mut stream = StreamOwned::new(connection, stream);
                let mut request = [0; 4096];
                if stream.read(&mut request).is_ok() {
                    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
                    let _gone = stream.write_all(answer);
                    stream.conn.send_close_notify();
                    let _gone = stream.flush();
                }
            }
        });
        format!("https://localhost:{port}/")
    }
}

async fn ask(url: &str, tls: Tls) -> Result<Bytes, TransportError> {
    let transport = HttpTransport::new(&HttpOptions { tls, ..HttpOptions::default() })?;
    let request = http::Request::get(url).body(Bytes::new()).unwrap();
    Ok(transport.send(request, Duration::from_secs(20)).await?.into_body())
}

#[track_caller]
fn untrusted(answer: Result<Bytes, TransportError>, words: &[&str]) {
    let error = answer.unwrap_err();
    assert!(matches!(error, TransportError::Untrusted { .. }), "{error:?}");
    for word in words {
        assert!(error.to_string().contains(word), "`{word}` is not in {error}");
    }
}

#[tokio::test]
async fn only_a_certificate_that_is_in_order_is_accepted() {
    let authority = Authority::new();
    let trusting = || Tls { cacert: Some(authority.cacert()), ..Tls::default() };
    let good = authority.serve("localhost", false, false);
    assert_eq!(ask(&good, trusting()).await.unwrap(), "{}");
    untrusted(ask(&good, Tls::default()).await, &["UnknownIssuer", "`cacert`"]);
    let other = authority.serve("elsewhere.example", false, false);
    untrusted(ask(&other, trusting()).await, &["elsewhere.example", "check the address"]);
    let expired = authority.serve("localhost", true, false);
    untrusted(ask(&expired, trusting()).await, &["Expired", "check the clock"]);
    for url in [&good, &other, &expired] {
        let careless = Tls { insecure: true, ..Tls::default() };
        assert_eq!(ask(url, careless).await.unwrap(), "{}");
    }
}

#[tokio::test]
async fn who_is_asked_for_a_certificate_shows_it() {
    let authority = Authority::new();
    let url = authority.serve("localhost", false, true);
    let (certificate, key) = authority.issue("me", false);
    let (certificate, key) = (certificate.pem(), key.serialize_pem());
    let cert = authority.file("me.pem", &certificate);
    let apart = authority.file("me.key", &key);
    let both = authority.file("both.pem", &format!("{certificate}{key}"));
    let trusting = Tls { cacert: Some(authority.cacert()), ..Tls::default() };
    for (cert, key) in [(&cert, Some(&apart)), (&both, None)] {
        let tls = Tls { cert: Some(cert.clone()), key: key.cloned(), ..trusting.clone() };
        assert_eq!(ask(&url, tls).await.unwrap(), "{}");
    }
    untrusted(ask(&url, trusting).await, &["CertificateRequired", "`cert` and `key`"]);
}
