//! The command line: what can be asked. Each command's own arguments are in its file.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::commands;

/// Plan and apply OpenStack infrastructure from YAML stacks kept in git.
///
/// A workspace is a folder with `terrace.yaml` and `stacks/*.yaml`. `terrace plan` shows exactly
/// what would change; `terrace apply` does exactly that, and survives being killed at any moment.
#[derive(Debug, Parser)]
#[command(name = "terrace", version, propagate_version = true, after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  terrace -C infra init             make a workspace that works on the built-in simulator
  terrace -C infra apply            plan, ask, apply
  OS_CLOUD=demo terrace plan        plan against the cloud `demo` of clouds.yaml
  TERRACE_LOG=debug terrace plan    tell every request to the cloud, on standard error

Exit codes: 0 done, 1 failed, 2 changes are pending (only with `plan --detailed-exitcode`).";

/// What every command takes.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Common options")]
pub(crate) struct Global {
    /// The workspace folder.
    #[arg(short = 'C', long = "chdir", value_name = "DIR", default_value = ".", global = true)]
    pub(crate) folder: PathBuf,
    /// The environment; each has its own state.
    #[arg(long = "env", value_name = "NAME", global = true)]
    pub(crate) environment: Option<String>,
    /// Value of a variable, as `name=value`; may be given several times.
    #[arg(long = "var", value_name = "NAME=VALUE", global = true)]
    pub(crate) variables: Vec<String>,
    /// A YAML file with values of variables; may be given several times, the last is the strongest.
    #[arg(long = "var-file", value_name = "FILE", global = true)]
    pub(crate) variable_files: Vec<PathBuf>,
    /// The cloud to use in place of the one in `terrace.yaml`: an entry of clouds.yaml, or `simulator`.
    #[arg(long, value_name = "NAME", global = true)]
    pub(crate) cloud: Option<String>,
    /// No colours, whatever the terminal.
    #[arg(long, global = true)]
    pub(crate) no_color: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    // What each does is said in its own file.
    Init(commands::init::Init),
    Validate(commands::validate::Validate),
    Fmt(commands::fmt::Fmt),
    Explain(commands::explain::Explain),
    Plan(commands::plan::Plan),
    Apply(commands::apply::Apply),
    Destroy(commands::destroy::Destroy),
    Show(commands::show::Show),
    Why(commands::why::Why),
    Output(commands::output::Output),
    /// Look into the state.
    #[command(subcommand)]
    State(commands::state::State),
    Console(commands::console::Console),
    Graph(commands::graph::Graph),
    Schema(commands::schema::Schema),
    Completions(commands::completions::Completions),
    #[command(hide = true)]
    Reference(commands::reference::Reference),
    /// Look at the cloud: is it in order, what does it offer, how much is left.
    #[command(subcommand)]
    Cloud(commands::cloud::Cloud),
    /// Look at and operate the servers that are recorded.
    #[command(subcommand)]
    Server(commands::server::Server),
    /// Serve the simulator on a port, for any OpenStack client.
    Sim(commands::sim::Sim),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::Args;

    /// The commands below that have no example in their help, each as its words.
    fn without_example(command: &clap::Command, words: &str, found: &mut Vec<String>) {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        if command.get_name() != "help" && !command.is_hide_set() && !help.contains("Example") {
            found.push(words.to_owned());
        }
        for inner in command.get_subcommands() {
            without_example(inner, &format!("{words} {}", inner.get_name()), found);
        }
    }

    #[test]
    fn every_command_shows_an_example() {
        let mut found = Vec::new();
        without_example(&Args::command(), "terrace", &mut found);
        assert_eq!(found, ["terrace state", "terrace cloud"], "commands of commands only");
    }
}
