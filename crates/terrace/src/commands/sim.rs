//! `terrace sim`: the simulated cloud for any OpenStack client.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};
use terrace_api::{HttpOptions, HttpTransport, Transport as _};
use terrace_sim::{Cloud, Fault, Settings};

use crate::args::Global;
use crate::{cloud, ui};

/// Serve the workspace's simulated cloud on a port, for any OpenStack client.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Example:\n  terrace -C infra sim serve --port 5000\n  OS_CLIENT_CONFIG_FILE=infra/state/simulator/clouds.yaml OS_CLOUD=demo openstack server list\n  terrace -C infra sim faults --add '{method: POST, path: /servers, effect: {kind: drop_after}}'"
)]
pub(crate) struct Sim {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    serve: Serve,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Serve it on a port of 127.0.0.1 and say how to use it; without a word after `sim`, the same.
    #[command(
        after_help = "Example:\n  terrace -C infra sim serve --port 5000 --clouds-yaml clouds.yaml"
    )]
    Serve(Serve),
    /// Make it new: what was preset is there again, everything else is gone.
    #[command(after_help = "Example:\n  terrace -C infra sim reset")]
    Reset(Where),
    /// Count what is there.
    #[command(after_help = "Example:\n  terrace -C infra sim status --json")]
    Status(Status),
    /// List, add or clear faults of a cloud that is being served.
    #[command(
        after_help = "Example:\n  terrace -C infra sim faults --add '{method: POST, path: /servers, effect: {kind: drop_after}}'"
    )]
    Faults(Faults),
}

#[derive(Debug, clap::Args)]
struct Serve {
    /// The port on 127.0.0.1; 0 takes any that is free.
    #[arg(long, default_value_t = 5000)]
    port: u16,
    /// Where to write a clouds.yaml for it.
    #[arg(long, value_name = "FILE")]
    clouds_yaml: Option<PathBuf>,
    /// Settings as YAML: durations, quotas, seed, faults.
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// Keep nothing: the cloud is new at each start and gone at the end.
    #[arg(long)]
    memory: bool,
}

#[derive(Debug, clap::Args)]
struct Where {
    /// Where it is served; otherwise where this workspace's is, if it is.
    #[arg(long)]
    url: Option<String>,
}

#[derive(Debug, clap::Args)]
struct Status {
    #[command(flatten)]
    place: Where,
    /// As JSON, with the names of everything.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Faults {
    #[command(flatten)]
    place: Where,
    /// A fault to add, as YAML; may be given several times.
    #[arg(long, value_name = "FAULT")]
    add: Vec<String>,
    /// A file with a list of faults that takes the place of all others.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["add", "clear"])]
    set: Option<PathBuf>,
    /// Remove all faults, before any are added.
    #[arg(long)]
    clear: bool,
}

pub(crate) async fn run(global: &Global, args: &Sim) -> anyhow::Result<ExitCode> {
    match &args.verb {
        None => serve(global, &args.serve).await?,
        Some(Verb::Serve(args)) => serve(global, args).await?,
        Some(Verb::Reset(place)) => reset(global, place).await?,
        Some(Verb::Status(args)) => status(global, args).await?,
        Some(Verb::Faults(args)) => faults(global, args).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Where a workspace's simulated cloud notes its address while it is served.
fn note(folder: &Path) -> PathBuf {
    folder.join("state/simulator/url")
}

fn opened(global: &Global, args: &Serve) -> anyhow::Result<Cloud> {
    let settings = match &args.settings {
        None => return if args.memory { Ok(fresh(Settings::default())) } else { kept(global) },
        Some(file) => {
            let text = std::fs::read_to_string(file)
                .with_context(|| format!("`{}` cannot be read", file.display()))?;
            Settings::parse(&text).with_context(|| format!("`{}` is of no use", file.display()))?
        }
    };
    if args.memory {
        return Ok(fresh(settings));
    }
    let folder = global.folder.join("state/simulator");
    let clock = settings.clock();
    Cloud::open(&folder, settings, clock).context("the simulated cloud cannot be opened")
}

fn fresh(settings: Settings) -> Cloud {
    let clock = settings.clock();
    Cloud::in_memory(settings, clock)
}

fn kept(global: &Global) -> anyhow::Result<Cloud> {
    cloud::simulator(&global.folder, None)
}

async fn serve(global: &Global, args: &Serve) -> anyhow::Result<()> {
    let simulated = opened(global, args)?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", args.port)).await;
    let listener =
        listener.with_context(|| format!("port {} of 127.0.0.1 cannot be used", args.port))?;
    let base = format!("http://{}", listener.local_addr()?);
    let folder = global.folder.join("state/simulator");
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("`{}` cannot be made", folder.display()))?;
    let file = args.clouds_yaml.clone().unwrap_or_else(|| folder.join("clouds.yaml"));
    let note = note(&global.folder);
    for (file, text) in [(&file, simulated.clouds_yaml(&base)), (&note, base.clone())] {
        std::fs::write(file, text)
            .with_context(|| format!("`{}` cannot be written", file.display()))?;
    }
    ui::print(&greeting(&base, &file, args.memory));
    let mut stop = ui::interrupts();
    let stopped = async move { drop(stop.changed().await) };
    let served = axum::serve(listener, simulated.router(&base));
    let result = served.with_graceful_shutdown(stopped).await;
    drop(std::fs::remove_file(&note));
    Ok(result?)
}

fn greeting(base: &str, file: &Path, memory: bool) -> String {
    let kept = if memory {
        "Nothing is kept: it is new at each start."
    } else {
        "It is there again after a restart; `terrace sim reset` makes it new."
    };
    format!(
        "The simulated cloud is at {base}. Use it with any OpenStack client:\n\n  \
         export OS_CLIENT_CONFIG_FILE={file} OS_CLOUD=demo\n  openstack server list\n\n\
         OS_CLOUD may also be demo-appcred, demo-reader (who may only read), alt (another project)\n\
         or devstack-admin. The gateway is at {base}/gateway, with the token\n\
         bnerd_tok_demo-appcred-secret. `terrace sim faults` makes it fail; `terrace sim status`\n\
         counts what is there. {kept}\n\nCtrl-C stops it.\n",
        file = file.display(),
    )
}

/// The address of the cloud that is meant, if it is being served.
fn served(global: &Global, place: &Where) -> Option<String> {
    let noted = || std::fs::read_to_string(note(&global.folder)).ok();
    place.url.clone().or_else(noted).map(|url| url.trim().trim_end_matches('/').to_owned())
}

/// One request to the simulator itself.
async fn ask(base: &str, method: &str, path: &str, body: &Value) -> anyhow::Result<Value> {
    let transport = HttpTransport::new(&HttpOptions::default())?;
    let bytes = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
    let request =
        Request::builder().method(method).uri(format!("{base}/_sim/{path}")).body(bytes)?;
    let response = transport.send(request, Duration::from_secs(10)).await;
    let response = response.with_context(|| {
        format!("the simulated cloud at {base} does not answer; is `terrace sim serve` running?")
    })?;
    let text = String::from_utf8_lossy(response.body());
    anyhow::ensure!(
        response.status().is_success(),
        "the simulated cloud at {base} refuses: {}",
        serde_json::from_str::<Value>(&text)
            .ok()
            .and_then(|body| body["error"].as_str().map(str::to_owned))
            .unwrap_or_else(|| text.chars().take(200).collect())
    );
    Ok(serde_json::from_slice(response.body()).unwrap_or(Value::Null))
}

async fn reset(global: &Global, place: &Where) -> anyhow::Result<()> {
    match served(global, place) {
        Some(base) => drop(ask(&base, "POST", "reset", &Value::Null).await?),
        None => kept(global)?.reset()?,
    }
    ui::print("The simulated cloud is new.");
    Ok(())
}

async fn status(global: &Global, args: &Status) -> anyhow::Result<()> {
    let (place, all) = match served(global, &args.place) {
        Some(base) => {
            let all = ask(&base, "GET", "status", &Value::Null).await?;
            (format!("is at {base}"), all)
        }
        None => ("is not being served".to_owned(), kept(global)?.inventory()),
    };
    if args.json {
        ui::print_json(&all);
        return Ok(());
    }
    let counts: String = all
        .as_object()
        .into_iter()
        .flatten()
        .map(|(kind, found)| format!("  {:>6}  {}\n", found["count"], kind.replace('_', " ")))
        .collect();
    ui::print(&format!("The simulated cloud {place}.\n\n{counts}"));
    Ok(())
}

async fn faults(global: &Global, args: &Faults) -> anyhow::Result<()> {
    let base = served(global, &args.place).context(
        "no simulated cloud of this workspace is being served: faults last as long as `terrace sim \
         serve` runs (its --settings may arm some from the start)",
    )?;
    if args.clear {
        ask(&base, "DELETE", "faults", &Value::Null).await?;
    }
    if let Some(file) = &args.set {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("`{}` cannot be read", file.display()))?;
        let list = Fault::parse_list(&text)
            .with_context(|| format!("`{}` is of no use", file.display()))?;
        ask(&base, "PUT", "faults", &json!(list)).await?;
    }
    for text in &args.add {
        let list = Fault::parse_list(&format!("[{text}]"))
            .with_context(|| format!("`{text}` is not a fault"))?;
        ask(&base, "POST", "faults", &json!(list)).await?;
    }
    let all = ask(&base, "GET", "faults", &Value::Null).await?;
    let all = all.as_array().cloned().unwrap_or_default();
    if all.is_empty() {
        ui::print("No faults are armed.");
    }
    for one in all {
        ui::print(&format!("{} requests hit: {}", one["hit"], one["fault"]));
    }
    Ok(())
}
