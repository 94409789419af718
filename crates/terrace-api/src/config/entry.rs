//! One cloud's settings, flattened to fields with canonical names, and what they mean.

use std::collections::BTreeMap;
use std::time::Duration;

use secrecy::SecretString;
use serde_yaml::{Mapping, Value};

use super::files::Places;
use super::{
    Auth, CloudConfig, ConfigError, Credential, DEFAULT_TIMEOUT, Domain, Named, Proxies, Tls,
};
use crate::service::{Interface, Service};

/// The fields of one cloud by canonical name. Some are secret, so this type cannot be printed.
#[derive(Default)]
pub(super) struct Fields(BTreeMap<String, String>);

/// The variables that are read, without `OS_`, in lower case.
const VARIABLES: [&str; 30] = [
    "auth_url",
    "auth_type",
    "username",
    "user_id",
    "password",
    "token",
    "auth_token",
    "project_id",
    "project_name",
    "tenant_id",
    "tenant_name",
    "domain_id",
    "domain_name",
    "default_domain",
    "user_domain_id",
    "user_domain_name",
    "project_domain_id",
    "project_domain_name",
    "application_credential_id",
    "application_credential_name",
    "application_credential_secret",
    "region_name",
    "interface",
    "endpoint_type",
    "cacert",
    "insecure",
    "cert",
    "key",
    "api_timeout",
    "microversion_header",
];

impl Fields {
    /// An entry of clouds.yaml; what stands beside `auth` goes before what stands inside.
    pub(super) fn from_entry(entry: &Mapping) -> Self {
        let mut fields = Self::default();
        if let Some(auth) = entry.get("auth").and_then(Value::as_mapping) {
            fields.absorb(auth);
        }
        fields.absorb(entry);
        fields
    }

    /// What `OS_*` says.
    pub(super) fn from_env(places: &Places<'_>) -> Self {
        let mut fields = Self::default();
        let overrides = Service::ALL.iter().flat_map(|service| service.override_names());
        let overrides = overrides.map(|name| format!("{name}_endpoint_override"));
        for name in VARIABLES.iter().map(|name| (*name).to_owned()).chain(overrides) {
            if let Some(value) = places.var(&format!("OS_{}", name.to_uppercase())) {
                fields.0.entry(canonical(&name)).or_insert(value);
            }
        }
        fields
    }

    fn absorb(&mut self, map: &Mapping) {
        for (key, value) in map {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Bool(truth) => truth.to_string(),
                Value::Number(number) => number.to_string(),
                _ => continue,
            };
            if let Some(key) = key.as_str() {
                self.0.insert(canonical(key), text);
            }
        }
    }

    /// Whether it says how to get in, rather than only how to behave.
    pub(super) fn has_credentials(&self) -> bool {
        let names = ["auth_url", "username", "password", "token", "application_credential_id"];
        names.iter().any(|name| self.0.contains_key(*name))
    }

    /// Takes what is not there yet.
    pub(super) fn fill(&mut self, other: Self) {
        for (name, value) in other.0 {
            self.0.entry(name).or_insert(value);
        }
    }

    /// Takes these fields of `other` where there are none, once it is settled how to authenticate:
    /// a secret that lies about must not turn one way into another.
    pub(super) fn fill_secrets(&mut self, other: &Self, names: &[&str]) {
        let kind = self.auth_type();
        self.set("auth_type", &kind);
        for name in names {
            if let Some(value) = other.0.get(*name) {
                self.0.entry((*name).to_owned()).or_insert_with(|| value.clone());
            }
        }
    }

    /// How to authenticate, as said or as the fields suggest.
    fn auth_type(&self) -> String {
        if let Some(kind) = self.get("auth_type") {
            return kind;
        }
        let has = |name: &str| self.get(name).is_some();
        let credential = ["id", "name", "secret"]
            .iter()
            .any(|part| has(&format!("application_credential_{part}")));
        let kind = if credential {
            "v3applicationcredential"
        } else if has("token") && !has("password") {
            "v3token"
        } else {
            "v3password"
        };
        kind.to_owned()
    }

    /// Takes these fields of `other` in any case.
    pub(super) fn replace(&mut self, other: &Self, names: &[&str]) {
        for name in names {
            if let Some(value) = other.0.get(*name) {
                self.0.insert((*name).to_owned(), value.clone());
            }
        }
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.to_owned());
    }

    pub(super) fn get(&self, name: &str) -> Option<String> {
        self.0.get(name).filter(|value| !value.is_empty()).cloned()
    }
}

/// One name for what has several.
fn canonical(name: &str) -> String {
    let name = name.replace('-', "_").to_lowercase();
    match name.as_str() {
        "auth_token" => "token".into(),
        "endpoint_type" => "interface".into(),
        "user_name" => "username".into(),
        "ca_file" => "cacert".into(),
        other => match other.strip_prefix("tenant_") {
            Some(rest) => format!("project_{rest}"),
            None => name,
        },
    }
}

/// Turns fields into a configuration, or says what is missing.
pub(super) struct Reader<'a> {
    pub(super) cloud: &'a str,
    pub(super) place: &'a str,
    pub(super) fields: &'a Fields,
    pub(super) places: &'a Places<'a>,
}

impl Reader<'_> {
    pub(super) fn config(&self) -> Result<CloudConfig, ConfigError> {
        let auth = self.auth()?;
        let project = match auth {
            Auth::ApplicationCredential { .. } => None,
            Auth::Password { .. } | Auth::Token { .. } | Auth::Bearer { .. } => {
                Some(self.project()?)
            }
        };
        Ok(CloudConfig {
            name: self.cloud.to_owned(),
            origin: self.place.to_owned(),
            auth_url: self.auth_url()?,
            auth,
            project,
            region: self.fields.get("region_name"),
            interface: self.interface()?,
            tls: self.tls()?,
            timeout: self.timeout()?,
            endpoint_overrides: self.overrides()?,
            microversion_header: self.microversion_header()?,
            proxies: Proxies::from_env(self.places.env),
        })
    }

    fn need(&self, field: &str, hint: &str) -> Result<String, ConfigError> {
        self.fields.get(field).ok_or_else(|| ConfigError::MissingField {
            cloud: self.cloud.to_owned(),
            place: self.place.to_owned(),
            field: field.to_owned(),
            hint: hint.to_owned(),
        })
    }

    fn bad(&self, field: &str, problem: impl Into<String>) -> ConfigError {
        ConfigError::BadValue {
            cloud: self.cloud.to_owned(),
            place: self.place.to_owned(),
            field: field.to_owned(),
            problem: problem.into(),
        }
    }

    /// The address of Keystone's version 3, whatever part of it was written.
    fn auth_url(&self) -> Result<String, ConfigError> {
        let url =
            self.need("auth_url", "add the address of Keystone, such as https://host:5000/v3")?;
        self.check_url("auth_url", &url)?;
        let url = url.trim_end_matches('/');
        let base = url.strip_suffix("/v3").or_else(|| url.strip_suffix("/v2.0")).unwrap_or(url);
        Ok(format!("{base}/v3"))
    }

    fn check_url(&self, field: &str, url: &str) -> Result<(), ConfigError> {
        let uri: http::Uri =
            url.parse().map_err(|_| self.bad(field, "is not an address (https://...)"))?;
        let authority = uri.authority().map(http::uri::Authority::as_str).unwrap_or_default();
        if !matches!(uri.scheme_str(), Some("http" | "https")) || authority.is_empty() {
            return Err(self.bad(field, "must start with https:// or http:// and name a host"));
        }
        if authority.contains('@') {
            return Err(self.bad(field, "must not carry a user name or password"));
        }
        Ok(())
    }

    fn auth(&self) -> Result<Auth, ConfigError> {
        let kind = self.fields.auth_type();
        match kind.as_str() {
            "password" | "v3password" => Ok(Auth::Password {
                user: self.user()?,
                password: self
                    .secret("password", "add it under `auth`, in clouds.yaml or secure.yaml")?,
            }),
            "v3applicationcredential" => self.application_credential(),
            "token" | "v3token" => {
                Ok(Auth::Token { token: self.secret("token", "add it, or use a password")? })
            }
            other => Err(self.bad(
                "auth_type",
                format!(
                    "is `{other}`; known are password, v3password, v3applicationcredential, \
                     token and v3token"
                ),
            )),
        }
    }

    fn secret(&self, field: &str, hint: &str) -> Result<SecretString, ConfigError> {
        self.need(field, hint).map(SecretString::from)
    }

    fn application_credential(&self) -> Result<Auth, ConfigError> {
        let credential = match self.fields.get("application_credential_id") {
            Some(id) => Credential::Id(id),
            None => Credential::Name {
                name: self.need(
                    "application_credential_name",
                    "give `application_credential_id`, or the name with its user",
                )?,
                user: self.user()?,
            },
        };
        let secret = self.secret("application_credential_secret", "add it under `auth`")?;
        Ok(Auth::ApplicationCredential { credential, secret })
    }

    fn user(&self) -> Result<Named, ConfigError> {
        if let Some(id) = self.fields.get("user_id") {
            return Ok(Named::Id(id));
        }
        let name = self.need("username", "add it under `auth`, or `user_id`")?;
        Ok(Named::Name { name, domain: self.domain("user") })
    }

    fn project(&self) -> Result<Named, ConfigError> {
        if let Some(id) = self.fields.get("project_id") {
            return Ok(Named::Id(id));
        }
        let name = self.need("project_name", "add it under `auth`, or `project_id`")?;
        Ok(Named::Name { name, domain: self.domain("project") })
    }

    /// The domain of the user or project, else of both, else the one every cloud has.
    fn domain(&self, of: &str) -> Domain {
        let id = |name: &str| self.fields.get(name).map(Domain::Id);
        let name = |name: &str| self.fields.get(name).map(Domain::Name);
        id(&format!("{of}_domain_id"))
            .or_else(|| name(&format!("{of}_domain_name")))
            .or_else(|| id("domain_id"))
            .or_else(|| name("domain_name"))
            .or_else(|| id("default_domain"))
            .unwrap_or_else(|| Domain::Id("default".into()))
    }

    fn interface(&self) -> Result<Interface, ConfigError> {
        let Some(text) = self.fields.get("interface") else { return Ok(Interface::default()) };
        Interface::parse(&text)
            .ok_or_else(|| self.bad("interface", "must be public, internal or admin"))
    }

    /// `insecure` goes before `verify`, its opposite.
    fn tls(&self) -> Result<Tls, ConfigError> {
        let insecure = match (self.truth("insecure")?, self.truth("verify")?) {
            (Some(insecure), _) => insecure,
            (None, Some(verify)) => !verify,
            (None, None) => false,
        };
        let path = |name: &str| self.fields.get(name).map(|text| self.places.path(&text));
        Ok(Tls { insecure, cacert: path("cacert"), cert: path("cert"), key: path("key") })
    }

    fn truth(&self, field: &str) -> Result<Option<bool>, ConfigError> {
        let Some(text) = self.fields.get(field) else { return Ok(None) };
        match text.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Ok(Some(true)),
            "false" | "0" | "no" | "off" => Ok(Some(false)),
            _ => Err(self.bad(field, "must be true or false")),
        }
    }

    fn timeout(&self) -> Result<Duration, ConfigError> {
        let Some(text) = self.fields.get("api_timeout") else { return Ok(DEFAULT_TIMEOUT) };
        match text.parse::<f64>() {
            Ok(seconds) if seconds > 0.0 && seconds < 86_400.0 => {
                Ok(Duration::from_secs_f64(seconds))
            }
            _ => Err(self.bad("api_timeout", "must be a number of seconds, more than 0")),
        }
    }

    fn microversion_header(&self) -> Result<Option<String>, ConfigError> {
        let Some(name) = self.fields.get("microversion_header") else { return Ok(None) };
        let name = name.to_ascii_lowercase();
        if http::HeaderName::from_bytes(name.as_bytes()).is_err() || !name.contains("version") {
            let problem = "must be the name of a header such as X-OpenStack-Nova-Microversion";
            return Err(self.bad("microversion_header", problem));
        }
        Ok(Some(name))
    }

    fn overrides(&self) -> Result<BTreeMap<Service, String>, ConfigError> {
        let mut overrides = BTreeMap::new();
        for service in Service::ALL {
            let names = service.override_names().iter();
            for field in names.map(|name| format!("{name}_endpoint_override")) {
                if let Some(url) = self.fields.get(&field) {
                    self.check_url(&field, url.split(['%', '$']).next().unwrap_or_default())?;
                    overrides.entry(service).or_insert(url);
                }
            }
        }
        Ok(overrides)
    }
}
