//! The commands, one file each: its arguments and one function.

pub(crate) mod apply;
pub(crate) mod cloud;
pub(crate) mod cloud_check;
pub(crate) mod completions;
pub(crate) mod console;
pub(crate) mod destroy;
pub(crate) mod explain;
pub(crate) mod fmt;
pub(crate) mod graph;
pub(crate) mod init;
pub(crate) mod output;
pub(crate) mod plan;
pub(crate) mod reference;
pub(crate) mod schema;
pub(crate) mod server;
pub(crate) mod server_action;
mod server_list;
pub(crate) mod show;
pub(crate) mod sim;
pub(crate) mod state;
pub(crate) mod validate;
pub(crate) mod why;

use std::process::ExitCode;

use crate::args::{Args, Command};
use crate::ui;

/// Runs a command.
pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let Args { global, command } = args;
    if global.no_color {
        ui::no_color();
    }
    match command {
        Command::Init(args) => init::run(&global, &args),
        Command::Validate(args) => validate::run(&global, &args),
        Command::Console(args) => console::run(&global, &args).await,
        Command::Graph(args) => graph::run(&global, &args),
        Command::Schema(args) => Ok(schema::run(&args)),
        Command::Completions(args) => Ok(completions::run(&args)),
        Command::Reference(_) => Ok(reference::run()),
        Command::Fmt(args) => fmt::run(&global, &args),
        Command::Explain(args) => explain::run(&args),
        Command::Plan(args) => plan::run(&global, &args).await,
        Command::Apply(args) => apply::run(&global, &args).await,
        Command::Destroy(args) => destroy::run(&global, &args).await,
        Command::Show(args) => show::run(&global, &args),
        Command::Output(args) => output::run(&global, &args),
        Command::Why(args) => why::run(&global, &args).await,
        Command::State(args) => state::run(&global, &args),
        Command::Cloud(args) => cloud::run(&global, &args).await,
        Command::Server(args) => server::run(&global, &args).await,
        Command::Sim(args) => sim::run(&global, &args).await,
    }
}
