//! `TERRACE_LOG`: what is asked of the cloud, line by line on standard error.

use anyhow::Context as _;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::machine;

/// Begins to log, if that is wanted. Only what our own crates say: the libraries below know nothing of
/// secrets, and show what they send.
pub(crate) fn start() -> anyhow::Result<()> {
    let Some(wanted) = machine::env("TERRACE_LOG") else { return Ok(()) };
    let level: LevelFilter = wanted.parse().ok().with_context(|| {
        format!("`TERRACE_LOG` is one of off, error, warn, info, debug and trace, not `{wanted}`")
    })?;
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false);
    let ours = Targets::new().with_target("terrace", level);
    let subscriber = tracing_subscriber::registry().with(lines).with(ours);
    tracing::subscriber::set_global_default(subscriber).context("the log cannot be started")
}
