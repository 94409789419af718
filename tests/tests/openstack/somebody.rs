//! Somebody who works in the cloud beside Terrace, by any call: the client has no commands for half
//! of what can be changed.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use terrace_api::{
    ApiError, ApiErrorKind, Call, CloudConfig, HttpOptions, HttpTransport, Selection, Session,
    SystemClock,
};
use tokio::runtime::Runtime;

use crate::project::variable;

/// How often a call is repeated while what was asked for before is still under way.
const TRIES: usize = 120;
const BETWEEN: Duration = Duration::from_millis(500);

/// A user, logged in.
pub(crate) struct Somebody {
    runtime: Runtime,
    session: Session,
}

impl Somebody {
    /// A user of a clouds.yaml.
    pub(crate) fn of(clouds: &Path, cloud: &str) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let env = |name: &str| match name {
            "OS_CLIENT_CONFIG_FILE" => Some(clouds.to_string_lossy().into_owned()),
            "OS_CLOUD" => Some(cloud.to_owned()),
            _ => None,
        };
        let config = CloudConfig::resolve(&Selection::default(), &env, Path::new("/"), None);
        let config = config.expect("the settings of the cloud");
        let session = runtime.block_on(async {
            let transport = HttpTransport::new(&HttpOptions::default()).expect("a transport");
            Session::connect(config, Arc::new(transport), Arc::new(SystemClock)).await
        });
        Self { runtime, session: session.expect("logged in") }
    }

    /// Who may everything.
    pub(crate) fn administrator() -> Self {
        Self::of(Path::new(&variable("OS_CLIENT_CONFIG_FILE")), "devstack-admin")
    }

    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    /// Waits for the end of something.
    pub(crate) fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Makes a call; again while something that was asked for before is still under way.
    #[track_caller]
    pub(crate) fn does(&self, call: Call) {
        let told = format!("{call:?}");
        if let Err(error) = self.wait(self.patiently(call)) {
            panic!("{told}: {error}");
        }
    }

    #[expect(clippy::disallowed_methods, reason = "a real cloud takes its time")]
    async fn patiently(&self, call: Call) -> Result<(), ApiError> {
        for _ in 1..TRIES {
            match self.session.call(call.clone()).await {
                Err(error) if matches!(error.kind(), ApiErrorKind::Conflict { .. }) => {}
                other => return other.map(drop),
            }
            tokio::time::sleep(BETWEEN).await;
        }
        self.session.call(call).await.map(drop)
    }
}
