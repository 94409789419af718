//! Which cloud, and the connection to it: a real one over HTTP, or the simulator in this process.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use async_trait::async_trait;
use axum::Router;
use bytes::Bytes;
use http::{Request, Response};
use terrace_api::{
    CloudConfig, HttpOptions, HttpTransport, Proxies, Selection, Session, SystemClock, Transport,
    TransportError,
};
use terrace_model::{CloudChoice, Name};
use terrace_sim::{Cloud, Dropped};
use tower::ServiceExt as _;

use crate::args::Global;
use crate::machine;

/// The cloud of a run.
pub(crate) struct Target {
    pub(crate) choice: CloudChoice,
    /// The name, when it is not the one that `terrace.yaml` chooses.
    pub(crate) instead: Option<String>,
}

/// Chooses: `--cloud`, then `OS_CLOUD`, then `OS_AUTH_URL`, then `terrace.yaml`.
pub(crate) fn target(global: &Global, configured: &CloudChoice) -> Target {
    let named = |name: &str| match name {
        "simulator" => CloudChoice::Simulator,
        name => CloudChoice::OpenStack(Some(name.to_owned())),
    };
    let asked = global.cloud.clone().or_else(|| machine::env("OS_CLOUD"));
    let (choice, name) = match asked {
        Some(name) => (named(&name), name),
        None if machine::env("OS_AUTH_URL").is_some() => {
            (CloudChoice::OpenStack(None), "envvars".to_owned())
        }
        None => return Target { choice: configured.clone(), instead: None },
    };
    let instead = (choice != *configured).then(|| safe(&name));
    Target { choice, instead }
}

/// A name fit for a folder.
fn safe(name: &str) -> String {
    name.chars()
        .map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' })
        .collect()
}

/// Chooses where a workspace is not needed: only if nothing else names the cloud is it read.
pub(crate) fn target_alone(global: &Global) -> anyhow::Result<Target> {
    let named = global.cloud.is_some()
        || ["OS_CLOUD", "OS_AUTH_URL"].iter().any(|name| machine::env(name).is_some());
    let configured = if named {
        CloudChoice::OpenStack(None)
    } else {
        crate::corridor::load(global)?.workspace.cloud
    };
    Ok(target(global, &configured))
}

/// Connects, which authenticates at once.
/// `name` is that of a cloud beside the workspace's own.
pub(crate) async fn connect(
    global: &Global,
    choice: &CloudChoice,
    name: Option<&Name>,
) -> anyhow::Result<Session> {
    let (config, transport) = way(global, choice, name)?;
    log_in(config, transport).await
}

/// Where the cloud is and what carries requests to it; nothing is sent yet.
pub(crate) fn way(
    global: &Global,
    choice: &CloudChoice,
    name: Option<&Name>,
) -> anyhow::Result<(CloudConfig, Arc<dyn Transport>)> {
    Ok(match choice {
        CloudChoice::Simulator => {
            let cloud = simulator(&global.folder, name)?;
            let router = cloud.router(SIMULATOR_URL);
            (CloudConfig::for_simulator(SIMULATOR_URL), Arc::new(InProcess(router)))
        }
        CloudChoice::OpenStack(name) => {
            let config = resolve(name.as_deref())?;
            if config.tls.insecure {
                crate::ui::warn("certificates are NOT checked (insecure is set for this cloud)");
            }
            let transport = HttpTransport::new(&HttpOptions::for_cloud(&config))?;
            (config, Arc::new(transport))
        }
        CloudChoice::Gateway(gateway) => {
            let variable = &gateway.token_env;
            let token = machine::env(variable).with_context(|| {
                format!("the gateway's token is not set: put it into the variable `{variable}`")
            })?;
            let (endpoint, project) = (&gateway.endpoint, &gateway.project_id);
            let config = CloudConfig::for_gateway(endpoint, project, token.into());
            let proxies = Proxies::from_env(&machine::env);
            let config = CloudConfig { proxies, ..config };
            let transport = HttpTransport::new(&HttpOptions::for_cloud(&config))?;
            (config, Arc::new(transport))
        }
    })
}

/// Authenticates.
pub(crate) async fn log_in(
    config: CloudConfig,
    transport: Arc<dyn Transport>,
) -> anyhow::Result<Session> {
    let (name, url) = (config.name.clone(), config.auth_url.clone());
    let session = Session::connect(config, transport, Arc::new(SystemClock)).await;
    session.with_context(|| format!("cannot log in to the cloud `{name}` at {url}"))
}

fn resolve(name: Option<&str>) -> anyhow::Result<CloudConfig> {
    let selection = Selection { cloud: name.map(str::to_owned), region: None };
    let here = std::env::current_dir().context("the current folder cannot be read")?;
    Ok(CloudConfig::resolve(&selection, &machine::env, &here, machine::home().as_deref())?)
}

/// Never dialled: requests to it stay in the process.
const SIMULATOR_URL: &str = "http://127.0.0.1:5000";

/// Where a workspace keeps its simulated cloud.
pub(crate) fn simulator(workspace: &Path, name: Option<&Name>) -> anyhow::Result<Cloud> {
    let folder = name.map_or_else(|| "simulator".to_owned(), |name| format!("simulator@{name}"));
    let folder = workspace.join("state").join(folder);
    let settings = match machine::env("TERRACE_SIM_SETTINGS") {
        None => terrace_sim::Settings::default(),
        Some(text) => {
            terrace_sim::Settings::parse(&text).context("TERRACE_SIM_SETTINGS is of no use")?
        }
    };
    let clock = settings.clock();
    Cloud::open(&folder, settings, clock).context("the simulated cloud cannot be opened")
}

/// Carries requests to a router in this process.
struct InProcess(Router);

#[async_trait]
impl Transport for InProcess {
    async fn send(
        &self,
        request: Request<Bytes>,
        deadline: Duration,
    ) -> Result<Response<Bytes>, TransportError> {
        let request = request.map(axum::body::Body::from);
        let answer = async {
            let response = match self.0.clone().oneshot(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            };
            if response.extensions().get::<Dropped>().is_some() {
                return Err(TransportError::outcome_unknown("the connection was closed"));
            }
            let (parts, body) = response.into_parts();
            let bytes = axum::body::to_bytes(body, usize::MAX).await;
            let bytes =
                bytes.map_err(|error| TransportError::outcome_unknown(error.to_string()))?;
            Ok(Response::from_parts(parts, bytes))
        };
        let late = |_| Err(TransportError::outcome_unknown("no answer in time"));
        tokio::time::timeout(deadline, answer).await.unwrap_or_else(late)
    }
}
