//! What can be done to a running server, and waiting until it is done.

use std::collections::BTreeMap;
use std::time::Duration;

use terrace_api::{Call, Clock as _, SystemClock, compute, image};
use terrace_engine::{Event, EventSink};

use super::plan::listener;
use super::server::Managed;
use crate::ui;

/// How long an action may take.
const PATIENCE_MS: u64 = 15 * 60 * 1000;
const FIRST_LOOK_MS: u64 = 250;
const SLOWEST_LOOK_MS: u64 = 3_000;

/// An action.
pub(crate) enum Action {
    Reboot(compute::Reboot),
    Start,
    Stop,
    Snapshot { name: Option<String> },
}

impl Action {
    /// The status that it leads to, where it is one of two.
    fn leads_to(&self) -> Option<&'static str> {
        match self {
            Self::Reboot(_) | Self::Start => Some("ACTIVE"),
            Self::Stop => Some("SHUTOFF"),
            Self::Snapshot { .. } => None,
        }
    }

    /// Whether nothing is to be done in that status.
    fn is_done_in(&self, status: &str) -> bool {
        matches!(self, Self::Start | Self::Stop) && self.leads_to() == Some(status)
    }

    fn call(&self, server: &compute::Server) -> Call {
        match self {
            Self::Reboot(how) => compute::reboot(&server.id, *how),
            Self::Start => compute::start(&server.id),
            Self::Stop => compute::stop(&server.id),
            Self::Snapshot { name } => {
                let name = name.clone().unwrap_or_else(|| format!("{}-snapshot", server.name));
                compute::snapshot(&server.id, &name, &BTreeMap::new())
            }
        }
    }
}

/// Asks for the action, waits, and says how it ended.
pub(crate) async fn carry_out(managed: &Managed<'_>, action: Action) -> anyhow::Result<()> {
    let Managed { address, id, session } = managed;
    let server: compute::Server = session.one(compute::server(id)).await?;
    if action.is_done_in(&server.status) && server.task_state.is_none() {
        ui::print(&format!("{address} is {} already.\n", server.status));
        return Ok(());
    }
    let reply = session.call(action.call(&server)).await?;
    let mut watch = Watch::new(managed);
    let status = watch.server().await?;
    if let Some(wanted) = action.leads_to().filter(|wanted| *wanted != status) {
        anyhow::bail!("`{address}` is {status}, and should be {wanted}");
    }
    if let Action::Snapshot { .. } = action {
        let image = watch.image(&compute::snapshot_id(&reply)?).await?;
        ui::print(&format!("{address} is in the image `{}` ({}).\n", image.name, image.id));
    } else {
        ui::print(&format!("{address} is {status}.\n"));
    }
    Ok(())
}

/// Looks again and again, seldomer with time, and tells what it sees.
struct Watch<'a> {
    managed: &'a Managed<'a>,
    began_ms: u64,
    events: std::sync::Arc<dyn EventSink>,
}

impl<'a> Watch<'a> {
    fn new(managed: &'a Managed<'a>) -> Self {
        Self { managed, began_ms: SystemClock.now_unix_ms(), events: listener(false) }
    }

    /// Tells the state, and waits before the next look; fails when it has taken too long.
    async fn tick(&mut self, state: &str) -> anyhow::Result<()> {
        let elapsed_ms = SystemClock.now_unix_ms().saturating_sub(self.began_ms);
        let address = self.managed.address.clone();
        if elapsed_ms > PATIENCE_MS {
            anyhow::bail!("`{address}` is still {state} after {} minutes", elapsed_ms / 60_000);
        }
        self.events.event(Event::Waiting { address, state: state.to_owned(), elapsed_ms });
        let pause = (elapsed_ms / 4).clamp(FIRST_LOOK_MS, SLOWEST_LOOK_MS);
        SystemClock.sleep(Duration::from_millis(pause)).await;
        Ok(())
    }

    /// Until nothing is under way with the server; gives its status.
    async fn server(&mut self) -> anyhow::Result<String> {
        loop {
            let server: compute::Server =
                self.managed.session.one(compute::server(&self.managed.id)).await?;
            if server.status == "ERROR" {
                let fault = server.fault.map(|fault| fault.message).unwrap_or_default();
                anyhow::bail!("`{}` is in ERROR: {fault}", self.managed.address);
            }
            match server.task_state {
                Some(task) if !task.is_empty() => self.tick(&task).await?,
                _ => return Ok(server.status.to_string()),
            }
        }
    }

    /// Until the image can be used.
    async fn image(&mut self, id: &str) -> anyhow::Result<image::Image> {
        loop {
            let image: image::Image = self.managed.session.one(image::image(id)).await?;
            match image.status.as_str() {
                "active" => return Ok(image),
                "killed" | "deleted" | "deactivated" => {
                    anyhow::bail!("the image `{}` ({id}) is {}", image.name, image.status)
                }
                status => self.tick(status).await?,
            }
        }
    }
}
