//! `terrace completions`.

use std::process::ExitCode;

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::args::Args;
use crate::ui;

/// Print a script that completes commands and options in a shell.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  terrace completions bash > /etc/bash_completion.d/terrace\n  terrace completions fish > ~/.config/fish/completions/terrace.fish"
)]
pub(crate) struct Completions {
    /// The shell.
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

pub(crate) fn run(args: &Completions) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "terrace", &mut script);
    ui::print_raw(&String::from_utf8_lossy(&script));
    ExitCode::SUCCESS
}
