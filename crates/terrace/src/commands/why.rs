//! `terrace why`.

use std::process::ExitCode;

use terrace_model::Address;
use terrace_plan::{Mode, is_meant};

use crate::args::Global;
use crate::{corridor, ui};

/// Say why something would be done to an instance, or why nothing.
///
/// Makes a plan and shows the part of it that is about the address: the reason with its place in
/// the files, what differs, and what it needs.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  terrace why 'web/servers.web[0]'\n  terrace why web/servers.web"
)]
pub(crate) struct Why {
    /// The address of an instance, or of a block for all of its instances.
    address: Address,
}

pub(crate) async fn run(global: &Global, args: &Why) -> anyhow::Result<ExitCode> {
    let loaded = corridor::load(global)?;
    let (place, recorded) = corridor::enter(global, &loaded, super::plan::listener(true)).await?;
    let choices = terrace_plan::Choices::default();
    let planned = corridor::plan(
        &loaded,
        (&place, recorded),
        (Mode::Apply, &choices),
        corridor::Refresh::Read,
    )
    .await?;
    let meant = planned.plan.instances.iter().filter(|i| is_meant(&args.address, &i.address));
    let told: Vec<String> =
        meant.map(|i| terrace_render::why(i, &planned.plan, ui::out_style())).collect();
    if told.is_empty() {
        let known = planned.plan.instances.iter().map(|i| i.address.to_string());
        return Err(super::state::nothing_at(&args.address.to_string(), known.collect()));
    }
    ui::print(&(told.join("\n\n") + "\n"));
    Ok(ExitCode::SUCCESS)
}
