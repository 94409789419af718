//! `terrace server`: the servers that are recorded.

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::sync::Arc;

use serde_json::{Map, Value};
use terrace_api::{Session, compute};
use terrace_engine::{Context, NoEvents};
use terrace_model::{Address, Kind, Snapshot};
use terrace_render::{Cell, Table};

use super::cloud::Format;
use super::server_action::{Action, carry_out};
use super::server_list::List;
use crate::args::Global;
use crate::{corridor, ui};

/// Look at and operate the servers that are recorded.
#[derive(Debug, clap::Subcommand)]
#[command(
    after_help = "Examples:\n  terrace server list --status ERROR\n  terrace server reboot --hard 'web/servers.web[0]'\n  terrace server console-log 'web/servers.web[0]' --lines 50"
)]
pub(crate) enum Server {
    // Said in its own file.
    List(Box<List>),
    /// One server as the cloud has it now, and what was done to it.
    #[command(after_help = "Example:\n  terrace server show 'web/servers.web[0]'")]
    Show {
        /// The address, as `terrace state list` prints it.
        address: String,
        #[command(flatten)]
        format: Format,
    },
    /// Restart a server, and wait for it.
    #[command(after_help = "Example:\n  terrace server reboot --hard 'web/servers.web[0]'")]
    Reboot {
        /// The address.
        address: String,
        /// As if power had gone, without asking its operating system.
        #[arg(long)]
        hard: bool,
    },
    /// Start a server that is shut off, and wait for it.
    #[command(after_help = "Example:\n  terrace server start 'web/servers.web[0]'")]
    Start {
        /// The address.
        address: String,
    },
    /// Shut a server off, and wait for it.
    #[command(after_help = "Example:\n  terrace server stop 'web/servers.web[0]'")]
    Stop {
        /// The address.
        address: String,
    },
    /// Make an image of a server's disk, and wait for it.
    #[command(
        after_help = "Example:\n  terrace server snapshot 'web/servers.web[0]' --name before-upgrade"
    )]
    Snapshot {
        /// The address.
        address: String,
        /// The image's name; the server's name with `-snapshot` unless given.
        #[arg(long)]
        name: Option<String>,
    },
    /// What a server wrote on its console.
    #[command(
        after_help = "Example:\n  terrace server console-log 'web/servers.web[0]' --lines 50"
    )]
    ConsoleLog {
        /// The address.
        address: String,
        /// Only the last lines.
        #[arg(long, value_name = "N")]
        lines: Option<u32>,
    },
}

/// A server that is recorded, and the cloud it is in.
pub(crate) struct Managed<'a> {
    pub(crate) address: Address,
    pub(crate) id: String,
    pub(crate) session: &'a Session,
}

pub(crate) async fn run(global: &Global, args: &Server) -> anyhow::Result<ExitCode> {
    let (snapshot, context) = enter(global).await?;
    let managed = |address: &str| managed(&snapshot, &context, address);
    match args {
        Server::List(args) => args.run(&snapshot, &context).await?,
        Server::Show { address, format } => show(&managed(address)?, *format).await?,
        Server::Reboot { address, hard } => {
            let how = if *hard { compute::Reboot::Hard } else { compute::Reboot::Soft };
            carry_out(&managed(address)?, Action::Reboot(how)).await?;
        }
        Server::Start { address } => {
            carry_out(&managed(address)?, Action::Start).await?;
        }
        Server::Stop { address } => {
            carry_out(&managed(address)?, Action::Stop).await?;
        }
        Server::Snapshot { address, name } => {
            let action = Action::Snapshot { name: name.clone() };
            carry_out(&managed(address)?, action).await?;
        }
        Server::ConsoleLog { address, lines } => {
            let managed = managed(address)?;
            let call = compute::console_log(&managed.id, *lines);
            let log: compute::ConsoleLog = managed.session.one(call).await?;
            ui::print(&for_terminal(&log.output, std::io::stdout().is_terminal()));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The state as last committed, and the clouds that it belongs to. The state is not held on to.
async fn enter(global: &Global) -> anyhow::Result<(Snapshot, Context)> {
    let loaded = corridor::load(global)?;
    let (place, recorded) = corridor::enter(global, &loaded, Arc::new(NoEvents)).await?;
    Ok((recorded, place.context))
}

fn managed<'a>(
    snapshot: &Snapshot,
    context: &'a Context,
    written: &str,
) -> anyhow::Result<Managed<'a>> {
    let (slot, record) = super::state::find(snapshot, written)?;
    let address = slot.address;
    if address.kind() != Kind::Server {
        let noun = address.kind().schema().noun;
        anyhow::bail!("`{address}` is a {noun}, not a server");
    }
    let session = context.session(&address);
    Ok(Managed { id: record.id.clone(), session, address })
}

/// What a guest wrote must not drive the terminal; into a file it goes as it is.
fn for_terminal(text: &str, terminal: bool) -> String {
    let keep = |letter: &char| !terminal || !letter.is_control() || "\n\t".contains(*letter);
    text.chars().filter(keep).collect()
}

pub(super) fn addresses(server: &compute::Server) -> String {
    let all = server.addresses.values().flatten().map(|entry| entry.addr.as_str());
    all.collect::<Vec<_>>().join(", ")
}

pub(super) fn power(state: Option<i64>) -> &'static str {
    match state {
        Some(1) => "on",
        Some(4) => "off",
        Some(3) => "paused",
        Some(7) => "suspended",
        _ => "unknown",
    }
}

async fn show(managed: &Managed<'_>, format: Format) -> anyhow::Result<()> {
    let server: compute::Server = managed.session.one(compute::server(&managed.id)).await?;
    let facts = facts(managed, &server);
    // Not every cloud tells its users what was done.
    let done = managed.session.all(compute::instance_actions(&managed.id)).await;
    let done: Vec<compute::InstanceAction> = done.unwrap_or_default();
    let mut table = Table::new(&[
        ("when", "WHEN"),
        ("action", "ACTION"),
        ("error", "ERROR"),
        ("request", "REQUEST"),
    ]);
    for action in done {
        table.row([
            Cell::text(action.start_time),
            Cell::text(action.action),
            action.message.map_or(Cell::Nothing, Cell::Text),
            Cell::text(action.request_id),
        ]);
    }
    if format.json {
        let facts = facts.to_json();
        let rows = facts.as_array().into_iter().flatten();
        let one = |row: &Value| Some((row["field"].as_str()?.to_owned(), row["value"].clone()));
        let mut shown: Map<String, Value> = rows.filter_map(one).collect();
        shown.insert("done".to_owned(), table.to_json());
        ui::print_json(&Value::Object(shown));
        return Ok(());
    }
    ui::print(&facts.to_text("", ui::out_style()));
    let text = table.to_text("The cloud does not tell what was done.", ui::out_style());
    ui::print(&format!("\n{text}"));
    Ok(())
}

fn facts(managed: &Managed<'_>, server: &compute::Server) -> Table {
    let mut table = Table::new(&[("field", "FIELD"), ("value", "VALUE")]);
    let mut line = |field: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            table.row([Cell::text(field), Cell::Text(value)]);
        }
    };
    line("address", Some(managed.address.to_string()));
    line("id", Some(server.id.clone()));
    line("name", Some(server.name.clone()));
    line("status", Some(server.status.to_string()));
    line("under way", server.task_state.as_ref().map(ToString::to_string));
    line("fault", server.fault.as_ref().map(|fault| fault.message.clone()));
    line("power", Some(power(server.power_state).to_owned()));
    line("flavor", server.flavor_id.clone());
    line("image", server.image_id.clone());
    line("keypair", server.key_name.clone());
    line("zone", server.availability_zone.clone());
    for (network, entries) in &server.addresses {
        let entries = entries.iter().map(|entry| format!("{} ({})", entry.addr, entry.kind));
        line(&format!("on {network}"), Some(entries.collect::<Vec<_>>().join(", ")));
    }
    line("security groups", Some(server.security_groups.join(", ")));
    line("tags", Some(server.tags.join(", ")));
    line("created", Some(server.created.to_string()));
    line("updated", Some(server.updated.to_string()));
    table
}
