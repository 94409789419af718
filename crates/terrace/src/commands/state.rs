//! `terrace state`.

use std::process::ExitCode;

use terrace_model::{Record, Slot, Snapshot, suggest};

use crate::args::Global;
use crate::ui;

/// Look into the state.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum State {
    /// The addresses of everything that is recorded, one a line.
    #[command(after_help = "Example:\n  terrace state list")]
    List,
    /// Everything that is recorded of one instance.
    #[command(after_help = "Example:\n  terrace state show 'web/servers.web[0]'")]
    Show {
        /// The address, as `terrace state list` prints it.
        address: String,
    },
}

pub(crate) fn run(global: &Global, args: &State) -> anyhow::Result<ExitCode> {
    let snapshot = super::show::snapshot(global)?;
    match args {
        State::List => ui::print(&terrace_render::state_list(&snapshot)),
        State::Show { address } => {
            let (address, record) = find(&snapshot, address)?;
            ui::print(&terrace_render::state_show(&address, record, &snapshot));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What is recorded at an address as the user wrote it.
pub(crate) fn find<'a>(
    snapshot: &'a Snapshot,
    written: &str,
) -> anyhow::Result<(Slot, &'a Record)> {
    let slot: Slot = written.parse()?;
    if let Some(record) = snapshot.record(&slot) {
        return Ok((slot, record));
    }
    let known: Vec<String> = snapshot.slots().map(|(slot, _)| slot.to_string()).collect();
    let asked = slot.to_string();
    let nearest = suggest::nearest(&asked, known.iter().map(String::as_str));
    let hint = nearest.map(|n| format!("\nhelp: did you mean `{n}`?")).unwrap_or_default();
    anyhow::bail!("nothing is recorded at `{slot}`{hint}")
}
