//! A connection to one cloud.

mod channel;
mod judge;
mod lists;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use secrecy::SecretString;
use terrace_model::Driver;
use tokio::sync::Mutex;

use crate::auth::{Identity, Token, read_token, token_call};
use crate::call::{Call, Microversion, Need, Reply};
use crate::catalog::{service_root, version_of, version_root, versioned};
use crate::clock::Clock;
use crate::config::{Auth, CloudConfig, Named};
use crate::discovery::{self, Offer};
use crate::error::{ApiError, ApiErrorKind};
use crate::gateway;
use crate::retry::{Backoff, Verdict};
use crate::service::Service;
use crate::transport::Transport;
use crate::wire::Wire;
pub(crate) use channel::Channel;

/// A connection to one cloud, as one user in one project. It can be shared: renewing the token,
/// asking for versions and waiting one's turn are done once for all who need it.
pub struct Session {
    channel: Channel,
    token: RwLock<Arc<Token>>,
    /// Held while a token is got; remembers the generation that Keystone refused to renew, so that
    /// many calls in flight do not lock the account with as many attempts.
    renewal: Mutex<Option<(u64, String)>>,
    offers: Mutex<BTreeMap<Service, Offer>>,
    /// What a gateway tells by name that elsewhere has an id.
    named: gateway::Names,
    chance: AtomicU64,
}

impl gateway::Asks for Session {
    fn ask(&self, call: Call) -> futures::future::BoxFuture<'_, Result<Reply, ApiError>> {
        Box::pin(async move { self.perform(&call, Place::Endpoint).await })
    }

    fn names(&self) -> &gateway::Names {
        &self.named
    }

    fn project(&self) -> String {
        self.identity().project_id
    }
}

/// Which address of a service a call goes to.
#[derive(Clone, Copy)]
enum Place {
    Endpoint,
    VersionRoot,
    ServiceRoot,
}

impl Session {
    /// Authenticates at once.
    pub async fn connect(
        config: CloudConfig,
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ApiError> {
        if config.tls.insecure {
            tracing::warn!(cloud = config.name, "the cloud's certificate is not checked");
        }
        let seed = clock.now_unix_ms();
        let channel = Channel::new(config, transport, clock);
        if let Auth::Bearer { token } = &channel.config.auth {
            let identity = gateway::identity(&channel, token).await?;
            let token = Token::bearer(token.clone(), identity, seed);
            return Ok(Self::new(channel, token, seed));
        }
        let token = authenticate(&channel, &channel.config, seed).await?;
        Ok(Self::new(channel, token, seed))
    }

    /// By which API the cloud is spoken to.
    pub fn driver(&self) -> Driver {
        self.channel.config.driver()
    }

    fn new(channel: Channel, token: Token, seed: u64) -> Self {
        Self {
            channel,
            token: RwLock::new(Arc::new(token)),
            renewal: Mutex::new(None),
            offers: Mutex::new(BTreeMap::new()),
            named: gateway::Names::default(),
            chance: AtomicU64::new(seed.wrapping_add(1)),
        }
    }

    /// The same user in another project. The password is not sent again for it, but is used when
    /// the token has to be renewed later. An application credential is bound to its project.
    pub async fn rescoped(&self, project: Named) -> Result<Self, ApiError> {
        let config = CloudConfig { project: Some(project), ..self.channel.config.clone() };
        if let Auth::ApplicationCredential { .. } = config.auth {
            let message = "an application credential is for its own project; make one there";
            let origin = token_call(&config).origin();
            return Err(ApiError::new(ApiErrorKind::Unsupported, &origin).with_message(message));
        }
        let token = self.fresh_token().await?.secret.clone();
        let with_token = CloudConfig { auth: Auth::Token { token }, ..config.clone() };
        let channel = self.channel.of(config);
        let seed = self.chance.fetch_add(1, Ordering::Relaxed);
        let token = authenticate(&channel, &with_token, seed).await?;
        Ok(Self::new(channel, token, seed))
    }

    /// Makes one call.
    pub async fn call(&self, call: Call) -> Result<Reply, ApiError> {
        if self.driver() == Driver::Gateway && call.service != Service::Gateway {
            return gateway::answer(self, &call).await;
        }
        let call = self.suited(call).await?;
        self.perform(&call, Place::Endpoint).await
    }

    /// The call in the form that the cloud is new enough for; a gateway has no versions.
    async fn suited(&self, mut call: Call) -> Result<Call, ApiError> {
        if self.driver() == Driver::Gateway {
            return Ok(call);
        }
        let Some(need) = call.microversion else { return Ok(call) };
        match call.older.take() {
            Some(older) if self.offer(&call).await?.newest < Some(need.version) => {
                Box::pin(self.suited(*older)).await
            }
            _ => self.require(&call, need).await.map(|()| call),
        }
    }

    /// Makes one call and decodes the object in the answer.
    pub async fn one<T: Wire>(&self, call: Call) -> Result<T, ApiError> {
        self.call(call).await?.decode()
    }

    /// Who we are, and where.
    pub fn identity(&self) -> Identity {
        self.current().identity.clone()
    }

    /// How many requests were sent so far, for authentication too.
    pub fn calls_made(&self) -> u64 {
        self.channel.sent()
    }

    /// Sends the call, and again where that is safe and may help.
    async fn perform(&self, call: &Call, place: Place) -> Result<Reply, ApiError> {
        let mut backoff = self.backoff();
        let mut renewed = false;
        loop {
            let token = self.fresh_token().await?;
            let endpoint = self.endpoint(call, &token)?;
            let base = match place {
                Place::Endpoint => &endpoint,
                Place::VersionRoot => version_root(&endpoint),
                Place::ServiceRoot => service_root(&endpoint),
            };
            let failure = match self.channel.exchange(base, Some(&token.secret), call).await {
                Ok(reply) => return Ok(reply),
                Err(failure) => failure,
            };
            match failure.verdict {
                Verdict::Unauthorized if !renewed && self.worth_renewing(&token) => {
                    renewed = true;
                    self.renew(token.generation).await?;
                }
                Verdict::Unauthorized if token.generation > 0 => {
                    return Err(self.refused(failure.error));
                }
                Verdict::Again { attempts, after } => match backoff.next(attempts, after) {
                    Some(wait) => self.channel.pause(&failure.error, wait).await,
                    None => return Err(failure.error),
                },
                Verdict::Final | Verdict::Unauthorized => return Err(failure.error),
            }
        }
    }

    fn backoff(&self) -> Backoff {
        Backoff::new(self.chance.fetch_add(1, Ordering::Relaxed))
    }

    fn current(&self) -> Arc<Token> {
        Arc::clone(&self.token.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// A token that was got elsewhere cannot be had again.
    fn renewable(&self) -> bool {
        !matches!(self.channel.config.auth, Auth::Token { .. } | Auth::Bearer { .. })
    }

    /// A cloud that refuses what it just issued would have a new one for every call.
    fn worth_renewing(&self, token: &Token) -> bool {
        self.renewable() && !token.just_renewed(self.channel.now_ms())
    }

    /// A token that was just issued is refused, so the credentials are not what is wrong. Services
    /// answer so too when an application credential's access rules do not allow the call.
    fn refused(&self, error: ApiError) -> ApiError {
        let (said, limited) =
            (error.message().to_owned(), "a token that was just issued is refused");
        match self.channel.config.auth {
            Auth::ApplicationCredential { .. } => error
                .with_message(format!(
                    "{said} ({limited}: if the application credential has access rules, they do \
                     not allow this call)"
                ))
                .with_kind(ApiErrorKind::Forbidden),
            Auth::Password { .. } | Auth::Token { .. } | Auth::Bearer { .. } => {
                error.with_message(format!(
                    "{said} ({limited}: the service and Keystone do not agree; this is for the \
                 cloud's operator)"
                ))
            }
        }
    }

    /// The token, renewed first when it is about to end. If that fails while the old one still
    /// holds, the old one has to do.
    async fn fresh_token(&self) -> Result<Arc<Token>, ApiError> {
        let token = self.current();
        if !self.renewable() || !token.ends_soon(self.channel.now_ms()) {
            return Ok(token);
        }
        match self.renew(token.generation).await {
            Err(_) if !token.ended(self.channel.now_ms()) => Ok(token),
            renewed => renewed,
        }
    }

    /// Replaces the token of that generation, unless somebody just did.
    async fn renew(&self, stale: u64) -> Result<Arc<Token>, ApiError> {
        let mut refused = self.renewal.lock().await;
        let current = self.current();
        if current.generation != stale {
            return Ok(current);
        }
        if let Some((generation, message)) = &*refused
            && *generation == stale
        {
            let origin = token_call(&self.channel.config).origin();
            return Err(ApiError::new(ApiErrorKind::Auth, &origin).with_message(message));
        }
        let seed = self.chance.fetch_add(1, Ordering::Relaxed);
        let mut token =
            authenticate(&self.channel, &self.channel.config, seed).await.inspect_err(|error| {
                if *error.kind() == ApiErrorKind::Auth {
                    *refused = Some((stale, error.message().to_owned()));
                }
            })?;
        token.generation = stale + 1;
        let token = Arc::new(token);
        *self.token.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&token);
        Ok(token)
    }

    /// The address that a service's calls go to; the error says why there is none.
    pub fn endpoint_of(&self, service: Service) -> Result<String, ApiError> {
        self.endpoint(&Call::get(service, "/"), &self.current())
    }

    /// The newest microversion that a service offers; none when it has none. Asked once.
    pub async fn newest(&self, service: Service) -> Result<Option<Microversion>, ApiError> {
        Ok(self.offer(&Call::get(service, "/")).await?.newest)
    }

    /// By how much the cloud's clock is ahead of ours, in milliseconds, if it tells the time.
    pub fn clock_skew_ms(&self) -> Option<i64> {
        self.channel.skew_ms()
    }

    fn endpoint(&self, call: &Call, token: &Token) -> Result<String, ApiError> {
        let Channel { config, .. } = &self.channel;
        let project = &token.identity.project_id;
        if let Some(url) = config.endpoint_overrides.get(&call.service) {
            return Ok(versioned(call.service, url, project));
        }
        if matches!(call.service, Service::Identity | Service::Gateway) {
            return Ok(config.auth_url.clone());
        }
        let url = token.catalog.find(call.service, config.region.as_deref(), config.interface);
        url.map(|url| versioned(call.service, url, project)).map_err(|problem| {
            ApiError::new(ApiErrorKind::Unsupported, &call.origin()).with_message(problem)
        })
    }

    /// Refuses a call that the cloud is too old for, and says so in terms of what is wanted.
    async fn require(&self, call: &Call, need: Need) -> Result<(), ApiError> {
        let offered = match self.offer(call).await?.newest {
            Some(newest) if newest >= need.version => return Ok(()),
            Some(newest) => format!("this cloud offers up to {newest}"),
            None => "this cloud's endpoint has no microversions at all".to_owned(),
        };
        let Need { version, feature } = need;
        let service = call.service;
        Err(ApiError::new(ApiErrorKind::Unsupported, &call.origin())
            .with_message(format!("{feature} needs {service} API {version}; {offered}")))
    }

    /// What the service offers, asked once. Some clouds only answer at the service's root.
    async fn offer(&self, call: &Call) -> Result<Offer, ApiError> {
        let mut offers = self.offers.lock().await;
        if let Some(offer) = offers.get(&call.service) {
            return Ok(*offer);
        }
        let endpoint = self.endpoint(call, &self.current())?;
        let segment = version_of(&endpoint);
        let ask = Call::get(call.service, "/").success(&[200, 300]);
        let at_version = self.perform(&ask, Place::VersionRoot).await;
        let read = |reply: &Reply| discovery::read(&reply.body, segment);
        let found = match at_version {
            Ok(reply) => read(&reply),
            Err(error) if *error.kind() == ApiErrorKind::Unavailable => return Err(error),
            Err(_) => None,
        };
        let offer = match found {
            Some(offer) => offer,
            None => {
                let reply = self.perform(&ask, Place::ServiceRoot).await?;
                read(&reply).ok_or_else(|| reply.malformed("does not say which versions it has"))?
            }
        };
        offers.insert(call.service, offer);
        Ok(offer)
    }
}

/// Says only whom it talks to.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("identity", &self.identity()).finish_non_exhaustive()
    }
}

/// Gets a token, asking again while Keystone cannot answer.
async fn authenticate(
    channel: &Channel,
    config: &CloudConfig,
    seed: u64,
) -> Result<Token, ApiError> {
    let call = token_call(config);
    let mut backoff = Backoff::new(seed);
    let reply = loop {
        let failure = match channel.exchange(&channel.config.auth_url, None, &call).await {
            Ok(reply) => break reply,
            Err(failure) => failure,
        };
        let wait = match failure.verdict {
            Verdict::Again { attempts, after } => backoff.next(attempts, after),
            Verdict::Final | Verdict::Unauthorized => None,
        };
        match wait {
            Some(wait) => channel.pause(&failure.error, wait).await,
            None => return Err(failure.error),
        }
    };
    let secret = reply.headers.get("x-subject-token").and_then(|value| value.to_str().ok());
    let secret = secret.map(SecretString::from);
    let secret = secret.ok_or_else(|| reply.malformed("the answer carries no token"))?;
    read_token(&channel.config, secret, &reply.body, channel.now_ms()).map_err(|problem| {
        ApiError::new(ApiErrorKind::Auth, &reply.origin)
            .with_status(reply.status)
            .with_message(problem)
            .with_request_id(reply.request_id.clone())
    })
}
