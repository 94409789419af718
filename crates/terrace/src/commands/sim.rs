//! `terrace sim`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;

use crate::args::Global;
use crate::{cloud, ui};

/// Serve the workspace's simulated cloud on a port, for any OpenStack client.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  terrace -C infra sim --port 5000\n  OS_CLIENT_CONFIG_FILE=infra/state/simulator/clouds.yaml OS_CLOUD=demo openstack server list"
)]
pub(crate) struct Sim {
    /// The port on 127.0.0.1; 0 takes any that is free.
    #[arg(long, default_value_t = 5000)]
    port: u16,
    /// Where to write a clouds.yaml for it.
    #[arg(long, value_name = "FILE")]
    clouds_yaml: Option<PathBuf>,
}

pub(crate) async fn run(global: &Global, args: &Sim) -> anyhow::Result<ExitCode> {
    let simulated = cloud::simulator(&global.folder, None)?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", args.port)).await;
    let listener =
        listener.with_context(|| format!("port {} of 127.0.0.1 cannot be used", args.port))?;
    let base = format!("http://{}", listener.local_addr()?);
    let file = args
        .clouds_yaml
        .clone()
        .unwrap_or_else(|| global.folder.join("state/simulator/clouds.yaml"));
    std::fs::write(&file, simulated.clouds_yaml(&base))
        .with_context(|| format!("`{}` cannot be written", file.display()))?;
    ui::print(&format!(
        "The simulated cloud is at {base}. Use it with any OpenStack client:\n\n  export OS_CLIENT_CONFIG_FILE={} OS_CLOUD=demo\n  openstack server list\n\nCtrl-C stops it.\n",
        file.display(),
    ));
    let mut stop = ui::interrupts();
    let stopped = async move { drop(stop.changed().await) };
    axum::serve(listener, simulated.router(&base)).with_graceful_shutdown(stopped).await?;
    Ok(ExitCode::SUCCESS)
}
