//! `terrace destroy`.

use std::process::ExitCode;

use terrace_plan::Mode;

use crate::args::Global;
use crate::corridor;

/// Remove everything that is recorded.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  terrace -C infra destroy   shows what goes, and asks")]
pub(crate) struct Destroy {
    #[command(flatten)]
    consent: super::apply::Consent,
    /// Most things that are done at the same time.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000))]
    parallelism: u16,
}

pub(crate) async fn run(global: &Global, args: &Destroy) -> anyhow::Result<ExitCode> {
    let loaded = corridor::load(global)?;
    let place = corridor::enter(global, &loaded, super::plan::listener(false)).await?;
    super::apply::fresh(global, &loaded, &place, Mode::Destroy, (&args.consent, args.parallelism))
        .await
}
