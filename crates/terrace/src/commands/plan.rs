//! `terrace plan`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use terrace_engine::{EventSink, NoEvents};
use terrace_model::Address;
use terrace_plan::{Choices, Mode, SavedPlan};
use terrace_render::{PlanText, Progress};

use crate::args::Global;
use crate::corridor::{self, Refresh};
use crate::{machine, ui};

/// Show what would change.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  terrace plan\n  terrace plan --out web.plan && terrace apply web.plan\n  terrace plan --detailed-exitcode   exit 2 when changes are pending"
)]
pub(crate) struct Plan {
    /// Save the plan, for `terrace apply FILE`.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The plan as JSON.
    #[arg(long)]
    json: bool,
    /// Exit 2 when changes are pending.
    #[arg(long)]
    detailed_exitcode: bool,
    /// Read the recorded objects from the cloud; with `--refresh=false` they are taken as last seen.
    #[arg(long, value_name = "BOOL", default_value_t = true, num_args = 0..=1, require_equals = true, default_missing_value = "true", action = clap::ArgAction::Set)]
    refresh: bool,
    #[command(flatten)]
    part: Part,
}

/// What is asked for beyond the files.
#[derive(Debug, clap::Args)]
pub(crate) struct Part {
    /// Plan only this and what it needs: an instance, or a block for all of its instances. May be given several times.
    #[arg(long = "target", value_name = "ADDRESS")]
    targets: Vec<Address>,
    /// Replace this, whether it differs or not. May be given several times.
    #[arg(long, value_name = "ADDRESS")]
    replace: Vec<Address>,
}

impl Part {
    /// The same for the planner.
    pub(crate) fn choices(&self) -> Choices {
        Choices { targets: self.targets.clone(), replace: self.replace.clone() }
    }

    /// Whether anything is asked for.
    pub(crate) fn is_empty(&self) -> bool {
        self.targets.is_empty() && self.replace.is_empty()
    }
}

/// Who listens to the engine: nobody when the output is for programs.
pub(crate) fn listener(json: bool) -> Arc<dyn EventSink> {
    use std::io::IsTerminal as _;
    if json {
        return Arc::new(NoEvents);
    }
    let terminal = std::io::stderr().is_terminal();
    Arc::new(Progress::new(ui::err_style(), terminal, Box::new(std::io::stderr())))
}

pub(crate) async fn run(global: &Global, args: &Plan) -> anyhow::Result<ExitCode> {
    let loaded = corridor::load(global)?;
    let (place, recorded) = corridor::enter(global, &loaded, listener(args.json)).await?;
    let refresh = if args.refresh { Refresh::Read } else { Refresh::AsRecorded };
    let asked = (Mode::Apply, &args.part.choices());
    let planned = corridor::plan(&loaded, (&place, recorded), asked, refresh).await?;
    let key = &planned.recorded.fingerprint_key;
    let digest = planned.plan.digest(key);
    if args.json {
        ui::print_json(&terrace_render::plan_json(&planned.plan.sealed(key), &digest));
    } else {
        ui::print(&terrace_render::plan(&PlanText {
            plan: &planned.plan,
            digest: &digest,
            style: ui::out_style(),
        }));
    }
    if let Some(path) = &args.out {
        let text = SavedPlan::new(&planned.plan, key).to_text()?;
        std::fs::write(path, text)
            .with_context(|| format!("the plan cannot be written to `{}`", path.display()))?;
        if !args.json {
            ui::note(&format!("Saved to {0}. Apply it with: terrace apply {0}", path.display()));
        }
    }
    if !planned.plan.refusals.is_empty() {
        return Ok(ExitCode::from(1));
    }
    let pending = args.detailed_exitcode && !planned.plan.is_empty();
    machine::leave((loaded, planned));
    Ok(if pending { ExitCode::from(2) } else { ExitCode::SUCCESS })
}
