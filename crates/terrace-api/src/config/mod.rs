//! Which cloud, as whom: clouds.yaml, secure.yaml and `OS_*`, like every OpenStack client.

mod entry;
mod error;
mod files;
mod proxies;
mod resolve;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use terrace_model::Driver;

use crate::service::{Interface, Service};

pub use error::ConfigError;
pub use proxies::Proxies;

/// What was asked for explicitly; it goes before everything else.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// The name of a cloud in clouds.yaml.
    pub cloud: Option<String>,
    /// The region.
    pub region: Option<String>,
}

/// A user or project, by id or by name within a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// By id.
    Id(String),
    /// By name, unique within its domain.
    Name {
        /// The name.
        name: String,
        /// Its domain.
        domain: Domain,
    },
}

/// A domain, by id or by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Domain {
    /// By id.
    Id(String),
    /// By name.
    Name(String),
}

/// How to prove who we are. Secrets never show in `Debug`.
#[derive(Debug, Clone)]
pub enum Auth {
    /// A user's password.
    Password {
        /// The user.
        user: Named,
        /// The password.
        password: SecretString,
    },
    /// An application credential, which brings its own project.
    ApplicationCredential {
        /// By id, or by name together with its user.
        credential: Credential,
        /// Its secret.
        secret: SecretString,
    },
    /// A token got elsewhere; it cannot be renewed.
    Token {
        /// The token.
        token: SecretString,
    },
    /// A gateway's token, which goes with every request; Keystone does not know it.
    Bearer {
        /// The token.
        token: SecretString,
    },
}

/// Which application credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// By id.
    Id(String),
    /// By name, unique for its user.
    Name {
        /// The name.
        name: String,
        /// Whose it is.
        user: Named,
    },
}

/// How to check the cloud's certificate and show our own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tls {
    /// Accept any certificate.
    pub insecure: bool,
    /// A file of certificates to trust instead of the system's.
    pub cacert: Option<PathBuf>,
    /// Our certificate.
    pub cert: Option<PathBuf>,
    /// Our key, if it is not in the same file.
    pub key: Option<PathBuf>,
}

/// Everything needed to connect to one cloud.
#[derive(Debug, Clone)]
pub struct CloudConfig {
    /// The cloud's name: its entry in clouds.yaml, `envvars` or `simulator`.
    pub name: String,
    /// Where this was read, for messages.
    pub origin: String,
    /// Keystone's address, up to and including `/v3`.
    pub auth_url: String,
    /// How to prove who we are.
    pub auth: Auth,
    /// The project to work in; application credentials bring their own.
    pub project: Option<Named>,
    /// The region, if there is more than one.
    pub region: Option<String>,
    /// Which endpoints to use.
    pub interface: Interface,
    /// Certificates.
    pub tls: Tls,
    /// How long to wait for one answer.
    pub timeout: Duration,
    /// Endpoints that replace the catalogue's.
    pub endpoint_overrides: BTreeMap<Service, String>,
    /// A header in which this cloud also wants the compute microversion, beside the two that nova
    /// knows: some clouds document one of their own.
    pub microversion_header: Option<String>,
    /// The proxies on the way to it.
    pub proxies: Proxies,
}

/// How long to wait for one answer unless `api_timeout` says otherwise: a busy nova takes its time.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(120);

impl CloudConfig {
    /// The gateway at `endpoint`, in the project with this id.
    pub fn for_gateway(endpoint: &str, project_id: &str, token: SecretString) -> Self {
        Self {
            name: "gateway".into(),
            origin: "terrace.yaml".into(),
            auth_url: endpoint.trim_end_matches('/').to_owned(),
            auth: Auth::Bearer { token },
            project: Some(Named::Id(project_id.to_owned())),
            ..Self::for_simulator(endpoint)
        }
    }

    /// By which API the cloud is spoken to.
    pub fn driver(&self) -> Driver {
        match self.auth {
            Auth::Bearer { .. } => Driver::Gateway,
            Auth::Password { .. } | Auth::ApplicationCredential { .. } | Auth::Token { .. } => {
                Driver::OpenStack
            }
        }
    }

    /// The simulator at `base_url`, as the user `demo` in the project `demo`.
    pub fn for_simulator(base_url: &str) -> Self {
        let default = || Domain::Name("Default".into());
        let demo = || Named::Name { name: "demo".into(), domain: default() };
        Self {
            name: "simulator".into(),
            origin: "the simulator".into(),
            auth_url: format!("{}/identity/v3", base_url.trim_end_matches('/')),
            auth: Auth::Password { user: demo(), password: "demo".into() },
            project: Some(demo()),
            region: None,
            interface: Interface::Public,
            tls: Tls::default(),
            timeout: DEFAULT_TIMEOUT,
            endpoint_overrides: BTreeMap::new(),
            microversion_header: None,
            proxies: Proxies::default(),
        }
    }
}
