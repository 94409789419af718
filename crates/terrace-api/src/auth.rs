//! Proving who we are to Keystone: the request and what its answer means. No IO.

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::call::{Call, Repeat};
use crate::catalog::Catalog;
use crate::config::{Auth, CloudConfig, Credential, Domain, Named};
use crate::service::Service;

/// Who we are, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The cloud's name in the settings.
    pub cloud: String,
    /// Keystone's address.
    pub auth_url: String,
    /// The project's id.
    pub project_id: String,
    /// The project's name.
    pub project_name: String,
    /// The user's id; keypairs belong to it.
    pub user_id: String,
    /// The user's name.
    pub user_name: String,
    /// The region, if the cloud names one.
    pub region: Option<String>,
    /// What the user may do in the project, as the cloud names it: `member`, `reader`, `admin`.
    pub roles: Vec<String>,
}

/// A token and what came with it. It cannot be printed.
pub(crate) struct Token {
    pub(crate) secret: SecretString,
    /// When it ends, on our own clock; none when the cloud does not say.
    pub(crate) ends_ms: Option<u64>,
    /// When to renew it, so that no call starts with a token that ends under way.
    renew_ms: Option<u64>,
    /// When it was got, on our own clock.
    got_ms: u64,
    pub(crate) identity: Identity,
    pub(crate) catalog: Catalog,
    /// Counts the tokens of a session, so that a refusal can be told from an old one.
    pub(crate) generation: u64,
}

/// Renew this long before the end, or a quarter of a short life.
const MARGIN_MS: u64 = 120_000;
/// A renewed token that is refused sooner than this is not worth renewing again.
const YOUNG_MS: u64 = 60_000;

impl Token {
    /// Whether it ends so soon that it is better renewed first.
    pub(crate) fn ends_soon(&self, now_ms: u64) -> bool {
        self.renew_ms.is_some_and(|time| time <= now_ms)
    }

    /// Whether it was renewed so shortly ago that another one would fare no better.
    pub(crate) fn just_renewed(&self, now_ms: u64) -> bool {
        self.generation > 0 && now_ms.saturating_sub(self.got_ms) < YOUNG_MS
    }

    /// Whether it has ended.
    pub(crate) fn ended(&self, now_ms: u64) -> bool {
        self.ends_ms.is_some_and(|end| end <= now_ms)
    }
}

impl Token {
    /// A gateway's token, which is as it was given and does not say when it ends.
    pub(crate) fn bearer(secret: SecretString, identity: Identity, now_ms: u64) -> Self {
        Self {
            secret,
            ends_ms: None,
            renew_ms: None,
            got_ms: now_ms,
            identity,
            catalog: Catalog::default(),
            generation: 0,
        }
    }
}

/// The request for a token.
pub(crate) fn token_call(config: &CloudConfig) -> Call {
    let mut auth = json!({ "identity": identity_body(&config.auth) });
    if let Some(project) = &config.project {
        auth["scope"] = json!({ "project": named(project) });
    }
    Call::post(Service::Identity, "/auth/tokens")
        .body(json!({ "auth": auth }))
        .success(&[200, 201])
        .repeat(Repeat::Safe)
}

fn identity_body(auth: &Auth) -> Value {
    match auth {
        Auth::Password { user, password } => {
            let mut user = named(user);
            user["password"] = json!(password.expose_secret());
            json!({ "methods": ["password"], "password": { "user": user } })
        }
        Auth::ApplicationCredential { credential, secret } => {
            let mut body = match credential {
                Credential::Id(id) => json!({ "id": id }),
                Credential::Name { name, user } => json!({ "name": name, "user": named(user) }),
            };
            body["secret"] = json!(secret.expose_secret());
            json!({ "methods": ["application_credential"], "application_credential": body })
        }
        Auth::Token { token } | Auth::Bearer { token } => {
            json!({ "methods": ["token"], "token": { "id": token.expose_secret() } })
        }
    }
}

fn named(named: &Named) -> Value {
    match named {
        Named::Id(id) => json!({ "id": id }),
        Named::Name { name, domain: Domain::Id(id) } => {
            json!({ "name": name, "domain": { "id": id } })
        }
        Named::Name { name, domain: Domain::Name(domain) } => {
            json!({ "name": name, "domain": { "name": domain } })
        }
    }
}

/// Reads the answer to [`token_call`]; the error says what is wrong with it.
pub(crate) fn read_token(
    config: &CloudConfig,
    secret: SecretString,
    body: &Value,
    now_ms: u64,
) -> Result<Token, String> {
    let token = body.get("token").ok_or("the answer has no `token`")?;
    let text = |object: &str, field: &str| {
        let value = token.get(object).and_then(|object| object.get(field));
        value.and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    if text("project", "id").is_empty() {
        return Err("the token is for no project: set `project_name` or `project_id`".into());
    }
    let catalog = Catalog::read(token.get("catalog").unwrap_or(&Value::Null));
    let region = config.region.clone().or_else(|| catalog.only_region());
    let identity = Identity {
        cloud: config.name.clone(),
        auth_url: config.auth_url.clone(),
        project_id: text("project", "id"),
        project_name: text("project", "name"),
        user_id: text("user", "id"),
        user_name: text("user", "name"),
        region,
        roles: names(token.get("roles")),
    };
    let lifetime = lifetime_ms(token);
    let ends_ms = lifetime.map(|lifetime| now_ms.saturating_add(lifetime));
    let renew_ms = lifetime
        .map(|lifetime| now_ms.saturating_add(lifetime - MARGIN_MS.min(lifetime.div_ceil(4))));
    Ok(Token { secret, ends_ms, renew_ms, got_ms: now_ms, identity, catalog, generation: 0 })
}

fn names(list: Option<&Value>) -> Vec<String> {
    let items = list.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(|item| Some(item.get("name")?.as_str()?.to_owned())).collect()
}

/// From issue to end on the cloud's clock, so that it does not matter how ours is set.
fn lifetime_ms(token: &Value) -> Option<u64> {
    let time = |field: &str| token.get(field)?.as_str()?.parse::<Timestamp>().ok();
    let (issued, ends) = (time("issued_at")?, time("expires_at")?);
    let lifetime = u64::try_from(ends.as_millisecond() - issued.as_millisecond()).ok()?;
    (lifetime > 0).then_some(lifetime)
}
