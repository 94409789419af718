//! `terrace apply`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use terrace_model::Snapshot;
use terrace_plan::{Choices, Decision, Mode, Plan, Reviewed, SavedPlan, review};
use terrace_render::PlanText;

use crate::args::Global;
use crate::corridor::{self, Loaded, Place, Planned, Refresh};
use crate::error::Shown;
use crate::ui;

/// Make the cloud as the files say.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  terrace apply            plan, ask, apply\n  terrace apply --yes      do not ask\n  terrace apply web.plan   apply exactly what `plan --out web.plan` showed"
)]
pub(crate) struct Apply {
    /// A plan saved by `terrace plan --out`; without it, plan first and ask.
    #[arg(value_name = "PLANFILE")]
    plan: Option<PathBuf>,
    #[command(flatten)]
    consent: Consent,
    #[command(flatten)]
    part: super::plan::Part,
    /// Most things that are done at the same time.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000))]
    parallelism: u16,
}

/// How the user agrees to a plan.
#[derive(Debug, clap::Args)]
pub(crate) struct Consent {
    /// Do not ask. In a protected environment this needs `--expect` as well.
    #[arg(long)]
    yes: bool,
    /// Go on only if the plan is the one with this digest, as `terrace plan` shows it.
    #[arg(long, value_name = "DIGEST")]
    expect: Option<String>,
}

impl Consent {
    /// What the user says to a plan.
    fn decide(&self, loaded: &Loaded, question: &str, digest: &str) -> anyhow::Result<Decision> {
        let environment = &loaded.workspace.environment;
        let protected = loaded.workspace.protected;
        if let Some(expected) = &self.expect
            && expected.trim_start_matches("sha256:") != digest
        {
            anyhow::bail!(
                "the plan is not the expected one: its digest is sha256:{digest}\nhelp: review it, and expect this digest if it is right"
            );
        }
        if self.yes && (!protected || self.expect.is_some()) {
            return Ok(Decision::Approve);
        }
        if self.yes || !ui::can_ask() {
            anyhow::bail!(if protected {
                format!(
                    "the environment `{environment}` is protected, and nobody is there to confirm it\nhelp: apply a plan saved with `terrace plan --out`, or give `--yes --expect sha256:{digest}`"
                )
            } else {
                "there is no terminal to ask on: give `--yes` to apply without asking".to_owned()
            });
        }
        let (question, word) = if protected {
            (
                format!("{question} The environment is protected: type its name."),
                environment.as_str(),
            )
        } else {
            (question.to_owned(), "yes")
        };
        let approved = ui::approved(&question, word)?;
        Ok(if approved { Decision::Approve } else { Decision::Decline })
    }
}

pub(crate) async fn run(global: &Global, args: &Apply) -> anyhow::Result<ExitCode> {
    let loaded = corridor::load(global)?;
    let entered = corridor::enter(global, &loaded, super::plan::listener(false)).await?;
    match &args.plan {
        Some(_) if !args.part.is_empty() => {
            anyhow::bail!(
                "a saved plan is applied as it is: give `--target` and `--replace` to `terrace plan`"
            )
        }
        Some(path) => saved(global, &loaded, entered, path, args.parallelism).await,
        None => {
            let asked = (Mode::Apply, &args.part.choices());
            fresh(global, &loaded, entered, asked, (&args.consent, args.parallelism)).await
        }
    }
}

/// Plans, shows, asks, applies. Also what `destroy` does.
pub(crate) async fn fresh(
    global: &Global,
    loaded: &Loaded,
    (place, recorded): (Place, Snapshot),
    (mode, choices): (Mode, &Choices),
    (consent, parallelism): (&Consent, u16),
) -> anyhow::Result<ExitCode> {
    let Planned { plan, recorded, recovery } =
        corridor::plan(loaded, (&place, recorded), (mode, choices), Refresh::Read).await?;
    let digest = plan.digest(&recorded.fingerprint_key);
    ui::print(&terrace_render::plan(&PlanText {
        plan: &plan,
        digest: &digest,
        style: ui::out_style(),
    }));
    // What an earlier run left is decided: written down even when there is nothing else to do.
    recovery.commit(place.store.as_ref())?;
    if plan.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    let question = match mode {
        Mode::Apply => "Apply this plan?",
        Mode::Destroy => "Destroy all of this?",
    };
    let decision = if plan.refusals.is_empty() {
        consent.decide(loaded, question, &digest)?
    } else {
        Decision::Decline
    };
    carry_out(global, &place, (plan, decision), recorded, parallelism).await
}

async fn saved(
    global: &Global,
    loaded: &Loaded,
    (place, recorded): (Place, Snapshot),
    path: &Path,
    parallelism: u16,
) -> anyhow::Result<ExitCode> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("the plan `{shown}` cannot be read"))?;
    let environment = &loaded.workspace.environment;
    let open = || -> anyhow::Result<Plan> {
        let saved = SavedPlan::from_text(&text)?;
        saved.sealed().check_fresh(&recorded, environment, (&place.cloud, &place.clouds))?;
        Ok(saved.open(&loaded.workspace, &recorded.fingerprint_key)?)
    };
    let again = || {
        format!(
            "the plan `{shown}` is not applied; make a new one with `terrace plan --out {shown}`"
        )
    };
    let plan = open().with_context(again)?;
    if !place.store.unfinished()?.is_empty() {
        anyhow::bail!(
            "an earlier run was interrupted, and the plan `{shown}` does not know of it\nhelp: run `terrace plan --out {shown}` again"
        );
    }
    carry_out(global, &place, (plan, Decision::Approve), recorded, parallelism).await
}

async fn carry_out(
    global: &Global,
    place: &Place,
    (plan, decision): (Plan, Decision),
    recorded: Snapshot,
    parallelism: u16,
) -> anyhow::Result<ExitCode> {
    let approved = match review(plan, decision) {
        Reviewed::Approved(approved) => *approved,
        Reviewed::Declined => {
            ui::note("Nothing was done.");
            return Ok(ExitCode::from(1));
        }
        Reviewed::Refused(_) => {
            ui::note("Nothing was done: the plan above says why it must not be applied.");
            return Err(Shown.into());
        }
    };
    let outcome =
        corridor::apply(global, place, approved, recorded, usize::from(parallelism)).await?;
    ui::print(&terrace_render::outcome(&outcome, ui::out_style()));
    if !outcome.outputs.is_empty() {
        ui::print(&terrace_render::outputs(&outcome.outputs, ui::out_style()));
    }
    Ok(if outcome.is_complete() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
