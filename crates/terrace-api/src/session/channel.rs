//! One request and its answer: headers, turns, and the reading of what comes back.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
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
use crate::retry::{Verdict, retry_after};
use crate::service::Service;
use crate::transport::Transport;
use crate::wire::escape;

/// What may stand unescaped in a query.
const QUERY: &[u8] = b"-_.~:,/";

/// What all requests of a session share.
pub(super) struct Channel {
    pub(super) config: CloudConfig,
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    limiters: BTreeMap<Service, Limiter>,
    sent: AtomicU64,
}

/// An attempt that failed, and what to make of it.
pub(super) struct Failure {
    pub(super) error: ApiError,
    pub(super) verdict: Verdict,
}

impl Channel {
    pub(super) fn new(
        config: CloudConfig,
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let limiters = Service::ALL.map(|service| (service, Limiter::new())).into();
        Self { config, transport, clock, limiters, sent: AtomicU64::new(0) }
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
    pub(super) async fn exchange(
        &self,
        base: &str,
        token: Option<&SecretString>,
        call: &Call,
    ) -> Result<Reply, Failure> {
        let request = request(base, token, call).map_err(|problem| {
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
        if call.success.contains(&status) {
            return reply(answer, call).map_err(|error| Failure { error, verdict: Verdict::Final });
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
}

fn request(
    base: &str,
    token: Option<&SecretString>,
    call: &Call,
) -> Result<Request<Bytes>, String> {
    let mut url = format!("{base}{}", call.path);
    for (number, (name, value)) in call.query.iter().enumerate() {
        url.push(if number == 0 { '?' } else { '&' });
        url.push_str(&escape(name, QUERY));
        url.push('=');
        url.push_str(&escape(value, QUERY));
    }
    let mut request =
        Request::builder().method(call.method.clone()).uri(url).header(ACCEPT, "application/json");
    if call.body.is_some() {
        request = request.header(CONTENT_TYPE, "application/json");
    }
    for (name, value) in &call.headers {
        request = request.header(*name, value);
    }
    if let Some(token) = token {
        let mut value = HeaderValue::from_str(token.expose_secret())
            .map_err(|_| "the token has characters that no header can carry")?;
        value.set_sensitive(true);
        request = request.header("x-auth-token", value);
    }
    if let Some(need) = call.microversion {
        for (name, value) in version_headers(call.service, need) {
            request = request.header(name, value);
        }
    }
    let body = call.body.as_ref().map(Value::to_string).unwrap_or_default();
    request.body(Bytes::from(body)).map_err(|error| format!("not a valid request: {error}"))
}

/// The header of today and, for clouds from before it, nova's own.
fn version_headers(service: Service, need: Need) -> Vec<(&'static str, String)> {
    let Some(name) = service.microversion_name() else { return Vec::new() };
    let mut headers = vec![("openstack-api-version", format!("{name} {}", need.version))];
    if service == Service::Compute {
        headers.push(("x-openstack-nova-api-version", need.version.to_string()));
    }
    headers
}

fn reply(answer: Response<Bytes>, call: &Call) -> Result<Reply, ApiError> {
    let (mut parts, bytes) = answer.into_parts();
    if let Some(token) = parts.headers.get_mut("x-subject-token") {
        token.set_sensitive(true);
    }
    let mut reply = Reply {
        status: parts.status.as_u16(),
        request_id: request_id(&parts.headers),
        headers: parts.headers,
        body: Value::Null,
        origin: call.origin(),
    };
    check_version(&reply, call)?;
    if bytes.trim_ascii().is_empty() {
        return Ok(reply);
    }
    match serde_json::from_slice(&bytes) {
        Ok(body) => reply.body = body,
        // Nobody needs what stands in the answer to a deletion that worked.
        Err(_) if call.method == Method::DELETE => {}
        Err(error) => return Err(reply.malformed(format!("the body is not JSON: {error}"))),
    }
    Ok(reply)
}

/// A service that does not know the header runs the call as it was years ago, without a word.
fn check_version(reply: &Reply, call: &Call) -> Result<(), ApiError> {
    let Some(need) = call.microversion else { return Ok(()) };
    let asked = need.version;
    match echoed(&reply.headers, call.service) {
        Some(version) if version == asked => Ok(()),
        Some(version) => Err(reply.malformed(format!("asked for API {asked}, got {version}"))),
        None => Err(reply.malformed(format!(
            "asked for API {asked}, but the answer does not say that it is; something between \
             here and the service may remove the header `OpenStack-API-Version`"
        ))),
    }
}

fn echoed(headers: &HeaderMap, service: Service) -> Option<Microversion> {
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
    today.or_else(|| {
        texts("x-openstack-nova-api-version").iter().find_map(|text| Microversion::parse(text))
    })
}

fn request_id(headers: &HeaderMap) -> Option<String> {
    let names = ["x-openstack-request-id", "x-compute-request-id"];
    let value = names.iter().find_map(|name| headers.get(*name))?;
    value.to_str().ok().filter(|id| !id.is_empty()).map(str::to_owned)
}
