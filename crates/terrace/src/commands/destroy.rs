//! `terrace destroy`.

use std::process::ExitCode;

use terrace_model::Address;
use terrace_plan::{Choices, Mode};

use crate::args::Global;
use crate::corridor;

/// Remove everything that is recorded.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  terrace -C infra destroy   shows what goes, and asks")]
pub(crate) struct Destroy {
    #[command(flatten)]
    consent: super::apply::Consent,
    /// Destroy only this and what needs it: an instance, or a block. May be given several times.
    #[arg(long = "target", value_name = "ADDRESS")]
    targets: Vec<Address>,
    /// Most things that are done at the same time.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000))]
    parallelism: u16,
}

pub(crate) async fn run(global: &Global, args: &Destroy) -> anyhow::Result<ExitCode> {
    let loaded = corridor::load(global)?;
    let entered = corridor::enter(global, &loaded, super::plan::listener(false)).await?;
    let choices = Choices { targets: args.targets.clone(), ..Choices::default() };
    let asked = (Mode::Destroy, &choices);
    super::apply::fresh(global, &loaded, entered, asked, (&args.consent, args.parallelism)).await
}
