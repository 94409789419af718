//! `terrace show`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use terrace_plan::SavedPlan;
use terrace_render::PlanText;
use terrace_state::{SledStore, Store as _};

use crate::args::Global;
use crate::{cloud, corridor, machine, store, ui};

/// Show the state, or a saved plan.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  terrace show\n  terrace show web.plan\n  terrace show --json")]
pub(crate) struct Show {
    /// A saved plan; without it, the state is shown.
    #[arg(value_name = "PLANFILE")]
    plan: Option<PathBuf>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// The state as it was last committed. What is wrong with the stacks does not matter.
pub(crate) fn state(global: &Global) -> anyhow::Result<SledStore> {
    let target = cloud::target(global, &corridor::chosen_cloud(global)?);
    store::open(&store::folder(global, &target))
}

pub(crate) fn run(global: &Global, args: &Show) -> anyhow::Result<ExitCode> {
    let Some(path) = &args.plan else {
        let snapshot = state(global)?.snapshot()?;
        if args.json {
            ui::print_json(&terrace_render::state_json(&snapshot));
        } else {
            ui::print(&terrace_render::show(&snapshot));
        }
        machine::leave(snapshot);
        return Ok(ExitCode::SUCCESS);
    };
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("the plan `{shown}` cannot be read"))?;
    let saved =
        SavedPlan::from_text(&text).with_context(|| format!("`{shown}` cannot be shown"))?;
    let (plan, digest) = (saved.sealed(), saved.digest());
    if args.json {
        ui::print_json(&terrace_render::plan_json(plan, digest));
    } else {
        ui::print(&terrace_render::plan(&PlanText { plan, digest, style: ui::out_style() }));
    }
    Ok(ExitCode::SUCCESS)
}
