//! `terrace validate`.

use std::process::ExitCode;

use crate::args::Global;
use crate::error::Invalid;
use crate::{corridor, machine, ui};

/// Check the files, without any cloud.
///
/// Reads and checks the files of the workspace, without state and without any cloud. All findings
/// are shown, each with its place.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  terrace -C infra validate --json")]
pub(crate) struct Validate {
    /// Findings as JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(global: &Global, args: &Validate) -> anyhow::Result<ExitCode> {
    if !args.json {
        let loaded = corridor::load(global)?;
        let (stacks, instances) = (loaded.workspace.stacks.len(), loaded.graph.order().len());
        ui::print(&format!("The workspace is valid: {stacks} stack(s), {instances} instance(s)."));
        machine::leave(loaded);
        return Ok(ExitCode::SUCCESS);
    }
    let (diagnostics, sources) = match corridor::check(global) {
        Ok((loaded, warnings)) => (warnings, loaded.workspace.sources),
        Err(error) => match error.downcast::<Invalid>() {
            Ok(invalid) => (invalid.diagnostics, invalid.sources),
            Err(error) => return Err(error),
        },
    };
    ui::print_json(&terrace_render::diagnostics_json(&diagnostics, &sources));
    Ok(ExitCode::from(u8::from(diagnostics.has_errors())))
}
