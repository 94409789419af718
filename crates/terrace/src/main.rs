//! The `terrace` command: plan and apply OpenStack infrastructure from YAML kept in git.

mod args;
mod cloud;
mod commands;
mod corridor;
mod error;
mod log;
mod machine;
mod store;
mod ui;

use std::process::ExitCode;

use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let args = args::Args::parse();
    let runtime =
        match tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(2).build() {
            Ok(runtime) => runtime,
            Err(error) => {
                return ui::fail(
                    &anyhow::Error::new(error).context("the runtime cannot be started"),
                );
            }
        };
    let ran = log::start().and_then(|()| runtime.block_on(commands::run(args)));
    match ran {
        Ok(code) => code,
        Err(error) => ui::fail(&error),
    }
}
