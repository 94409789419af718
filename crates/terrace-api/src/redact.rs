//! Keeps secrets out of what clouds say back to us.

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::config::{Auth, CloudConfig};

/// What a message shows instead.
const HIDDEN: &str = "[hidden]";
/// Shorter secrets are words that messages have for other reasons.
const SHORTEST: usize = 5;
/// The fields of bodies that are never repeated.
const FIELDS: [&str; 6] = ["password", "adminPass", "user_data", "secret", "token", "private_key"];

/// Removes the secrets of the settings, the token and the call's own body from `text`.
pub(crate) fn scrub(
    text: &str,
    config: &CloudConfig,
    token: Option<&SecretString>,
    body: Option<&Value>,
) -> String {
    let own = match &config.auth {
        Auth::Password { password, .. } => password,
        Auth::ApplicationCredential { secret, .. } => secret,
        Auth::Token { token } | Auth::Bearer { token } => token,
    };
    let mut secrets = vec![own.expose_secret()];
    secrets.extend(token.map(SecretString::expose_secret));
    if let Some(body) = body {
        collect(body, &mut secrets);
    }
    secrets.retain(|secret| secret.len() >= SHORTEST);
    // One may be part of another, which would not be found any more without its part.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets.into_iter().fold(text.to_owned(), |text, secret| text.replace(secret, HIDDEN))
}

fn collect<'a>(value: &'a Value, secrets: &mut Vec<&'a str>) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                match value.as_str().filter(|_| FIELDS.contains(&name.as_str())) {
                    Some(secret) => secrets.push(secret),
                    None => collect(value, secrets),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, secrets)),
        _ => {}
    }
}
