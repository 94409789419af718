//! `terrace validate`.

use std::process::ExitCode;

use crate::args::Global;
use crate::error::Invalid;
use crate::{corridor, ui};

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
    match corridor::load(global) {
        Ok(loaded) => {
            if args.json {
                ui::print_json(&terrace_render::diagnostics_json(
                    &Default::default(),
                    &loaded.workspace.sources,
                ));
            } else {
                let count = loaded.graph.order().len();
                ui::print(&format!(
                    "The workspace is valid: {} stack(s), {count} instance(s).",
                    loaded.workspace.stacks.len()
                ));
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => match error.downcast::<Invalid>() {
            Ok(invalid) if args.json => {
                ui::print_json(&terrace_render::diagnostics_json(
                    &invalid.diagnostics,
                    &invalid.sources,
                ));
                Ok(ExitCode::from(1))
            }
            Ok(invalid) => Err(invalid.into()),
            Err(error) => Err(error),
        },
    }
}
