//! One request and its answer: headers, turns, and the reading of what comes back.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, LOCATION};
use http::{HeaderMap, HeaderValue, Method, Request, Response};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::judge;
use crate::call::{Call, Microversion, Need, Reply};
use crate::clock::Clock;
use crate::config::CloudConfig;
use crate::error::{ApiError, ApiErrorKind};
use crate::limiter::Limiter;
use crate::message;
use crate::redact::scrub;
use crate::retry::{Verdict, retry_after, server_time};
use crate::service::Service;
use crate::transport::Transport;
use crate::wire::escape;

/// What may stand unescaped in a query.
const QUERY: &[u8] = b"-_.~:,/";

/// What all requests of a session share.
pub(crate) struct Channel {
    pub(crate) config: CloudConfig,
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    limiters: BTreeMap<Service, Limiter>,
    sent: AtomicU64,
    /// The cloud's clock less ours, as last seen; the largest number while nothing was seen.
    skew_ms: AtomicI64,
}

/// An attempt that failed, and what to make of it.
pub(crate) struct Failure {
    pub(crate) error: ApiError,
    pub(crate) verdict: Verdict,
}

impl Channel {
    pub(super) fn new(
        config: CloudConfig,
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let limiters = Service::ALL.map(|service| (service, Limiter::new())).into();
        let (sent, skew_ms) = (AtomicU64::new(0), AtomicI64::new(i64::MAX));
        Self { config, transport, clock, limiters, sent, skew_ms }
    }

    /// Another cloud or project over the same transport.
    pub(super) fn of(&self, config: CloudConfig) -> Self {
        Self::new(config, Arc::clone(&self.transport), Arc::clone(&self.clock))
    }

    pub(super) fn skew_ms(&self) -> Option<i64> {
        Some(self.skew_ms.load(Ordering::Relaxed)).filter(|skew| *skew != i64::MAX)
    }

    pub(super) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    pub(super) fn now_ms(&self) -> u64 {
        self.clock.now_unix_ms()
    }

    /// Waits before another attempt.
    pub(super) async fn pause(&self, error: &ApiError, wait: Duration) {
        tracing::info!(%error, ?wait, "trying again");
        self.clock.sleep(wait).await;
    }

    /// Sends the call once.
    pub(crate) async fn exchange(
        &self,
        base: &str,
        token: Option<&SecretString>,
        call: &Call,
    ) -> Result<Reply, Failure> {
        let request = self.request(base, token, call).map_err(|problem| {
            let error = ApiError::new(ApiErrorKind::Protocol, &call.origin());
            Failure { error: error.with_message(problem), verdict: Verdict::Final }
        })?;
        let limiter = self.limiters.get(&call.service).expect("invariant: one for each service");
        let permit = limiter.acquire().await;
        self.sent.fetch_add(1, Ordering::Relaxed);
        let started = self.now_ms();
        let answer = self.transport.send(request, self.config.timeout).await;
        match &answer {
            Ok(answer) if matches!(answer.status().as_u16(), 429 | 503) => permit.refused(),
            Ok(_) => permit.answered(),
            Err(_) => drop(permit),
        }
        let outcome = match answer {
            Ok(answer) => self.judge_answer(answer, token, call),
            Err(error) => {
                let (kind, verdict) = judge::silence(call, &error);
                let message = self.hide(&format!("{error} (at {base})"), token, call);
                let error = ApiError::new(kind, &call.origin()).with_message(message);
                Err(Failure { error, verdict })
            }
        };
        self.trace(call, &outcome, self.now_ms().saturating_sub(started));
        outcome
    }

    fn trace(&self, call: &Call, outcome: &Result<Reply, Failure>, took_ms: u64) {
        let (status, request_id) = match outcome {
            Ok(reply) => (Some(reply.status), reply.request_id.as_deref()),
            Err(failure) => (failure.error.status(), failure.error.request_id()),
        };
        let Call { service, method, path, .. } = call;
        tracing::debug!(%service, %method, path, status, request_id, took_ms, "call");
    }

    fn judge_answer(
        &self,
        answer: Response<Bytes>,
        token: Option<&SecretString>,
        call: &Call,
    ) -> Result<Reply, Failure> {
        let status = answer.status().as_u16();
        if let Some(there) = server_time(answer.headers()) {
            let skew = i64::try_from(there).unwrap_or_default()
                - i64::try_from(self.now_ms()).unwrap_or_default();
            self.skew_ms.store(skew, Ordering::Relaxed);
        }
        if call.success.contains(&status) {
            let reply = self.reply(answer, token, call);
            return reply.map_err(|error| Failure { error, verdict: Verdict::Final });
        }
        let after = retry_after(answer.headers(), self.now_ms());
        let mut said = message::read(answer.body(), |text| self.hide(text, token, call));
        if (300..400).contains(&status) {
            let to = answer.headers().get(LOCATION).and_then(|value| value.to_str().ok());
            let to = self.hide(to.unwrap_or("another place"), token, call);
            said.message = format!("it points to {to}, which is not followed");
        }
        let (kind, verdict) = judge::status(call, status, after, &said);
        let error = ApiError::new(kind, &call.origin())
            .with_status(status)
            .with_message(said.message)
            .with_request_id(request_id(answer.headers()));
        Err(Failure { error, verdict })
    }

    fn hide(&self, text: &str, token: Option<&SecretString>, call: &Call) -> String {
        scrub(text, &self.config, token, call.body.as_ref())
    }

    fn request(
        &self,
        base: &str,
        token: Option<&SecretString>,
        call: &Call,
    ) -> Result<Request<Bytes>, String> {
        let mut request = Request::builder()
            .method(call.method.clone())
            .uri(address(base, call))
            .header(ACCEPT, "application/json");
        if call.body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        for (name, value) in &call.headers {
            request = request.header(*name, value);
        }
        if let Some(token) = token {
            let (name, text) = match call.service {
                Service::Gateway => ("authorization", format!("Bearer {}", token.expose_secret())),
                _ => ("x-auth-token", token.expose_secret().to_owned()),
            };
            let mut value = HeaderValue::from_str(&text)
                .map_err(|_| "the token has characters that no header can carry")?;
            value.set_sensitive(true);
            request = request.header(name, value);
        }
        if let Some(need) = call.microversion {
            for (name, value) in self.version_headers(call.service, need) {
                request = request.header(name, value);
            }
        }
        let body = call.body.as_ref().map(Value::to_string).unwrap_or_default();
        request.body(Bytes::from(body)).map_err(|error| format!("not a valid request: {error}"))
    }

    /// The header of today, nova's own for clouds from before it, and one that the cloud documents.
    fn version_headers(&self, service: Service, need: Need) -> Vec<(&str, String)> {
        let Some(name) = service.microversion_name() else { return Vec::new() };
        let mut headers = vec![("openstack-api-version", format!("{name} {}", need.version))];
        if service == Service::Compute {
            let own = self.config.microversion_header.as_deref();
            let names = std::iter::once("x-openstack-nova-api-version").chain(own);
            headers.extend(names.map(|name| (name, need.version.to_string())));
        }
        headers
    }

    fn reply(
        &self,
        answer: Response<Bytes>,
        token: Option<&SecretString>,
        call: &Call,
    ) -> Result<Reply, ApiError> {
        let (mut parts, bytes) = answer.into_parts();
        if let Some(token) = parts.headers.get_mut("x-subject-token") {
            token.set_sensitive(true);
        }
        let mut reply = Reply {
            status: parts.status.as_u16(),
            request_id: request_id(&parts.headers),
            headers: parts.headers,
            body: Value::Null,
            text: Bytes::new(),
            origin: call.origin(),
        };
        let own = self.config.microversion_header.as_deref();
        check_version(&reply, call, own).map_err(|problem| reply.malformed(problem))?;
        if call.unread {
            reply.text = bytes;
        } else {
            self.read(&mut reply, &bytes, token, call)?;
        }
        Ok(reply)
    }

    /// Reads the body of an answer, which may be empty.
    pub(super) fn read(
        &self,
        reply: &mut Reply,
        body: &[u8],
        token: Option<&SecretString>,
        call: &Call,
    ) -> Result<(), ApiError> {
        if body.trim_ascii().is_empty() {
            return Ok(());
        }
        match serde_json::from_slice(body) {
            Ok(read) => reply.body = read,
            // Nobody needs what stands in the answer to a deletion that worked.
            Err(_) if call.method == Method::DELETE => {}
            Err(error) => {
                let problem = unreadable(body, &error, |text| self.hide(text, token, call));
                return Err(reply.malformed(problem));
            }
        }
        Ok(())
    }
}

fn address(base: &str, call: &Call) -> String {
    let mut url = format!("{base}{}", call.path);
    for (number, (name, value)) in call.query.iter().enumerate() {
        url.push(if number == 0 { '?' } else { '&' });
        url.push_str(&escape(name, QUERY));
        url.push('=');
        url.push_str(&escape(value, QUERY));
    }
    url
}

/// What a body is that should have been JSON: most often the page of something in between.
fn unreadable(body: &[u8], error: &serde_json::Error, hide: impl Fn(&str) -> String) -> String {
    if body.trim_ascii_start().starts_with(b"<") {
        let page = message::read(body, hide).message;
        let page = page.chars().take(80).collect::<String>();
        return format!(
            "the answer is a web page and not JSON, so something between here and the service \
             answered (it begins: {page})"
        );
    }
    if error.is_eof() {
        return format!("the answer ends in the middle, after {} bytes", body.len());
    }
    format!("the body is not JSON: {error}")
}

/// A service that does not know the header runs the call as it was years ago, without a word.
fn check_version(reply: &Reply, call: &Call, own: Option<&str>) -> Result<(), String> {
    let Some(need) = call.microversion else { return Ok(()) };
    let asked = need.version;
    match echoed(&reply.headers, call.service, own) {
        Some(version) if version == asked => Ok(()),
        Some(version) => Err(format!("asked for API {asked}, got {version}")),
        None => Err(format!(
            "asked for API {asked}, but the answer does not say that it is; something between \
             here and the service may remove the header `OpenStack-API-Version`"
        )),
    }
}

fn echoed(headers: &HeaderMap, service: Service, own: Option<&str>) -> Option<Microversion> {
    let texts = |name: &str| {
        let values = headers.get_all(name).into_iter();
        values.filter_map(|value| value.to_str().ok()).map(str::to_owned).collect::<Vec<_>>()
    };
    let name = service.microversion_name()?;
    let today = texts("openstack-api-version");
    let today = today.iter().flat_map(|text| text.split(',')).find_map(|item| {
        let version = item.trim().strip_prefix(name)?;
        Microversion::parse(version)
    });
    let plain = |name: &str| texts(name).iter().find_map(|text| Microversion::parse(text));
    today.or_else(|| plain("x-openstack-nova-api-version")).or_else(|| plain(own?))
}

fn request_id(headers: &HeaderMap) -> Option<String> {
    let names = ["x-openstack-request-id", "x-compute-request-id"];
    let value = names.iter().find_map(|name| headers.get(*name))?;
    value.to_str().ok().filter(|id| !id.is_empty()).map(str::to_owned)
}
