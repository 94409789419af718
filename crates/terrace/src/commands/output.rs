//! `terrace output`.

use std::process::ExitCode;

use crate::args::Global;
use crate::ui;

/// Show outputs.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  terrace output\n  terrace output web.addresses --json")]
pub(crate) struct Output {
    /// One output, as `stack.name`, or its name alone when no other stack has the same.
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(global: &Global, args: &Output) -> anyhow::Result<ExitCode> {
    let mut outputs = super::show::snapshot(global)?.outputs;
    if let Some(name) = &args.name {
        let fits =
            |full: &str| full == name || full.split_once('.').is_some_and(|(_, last)| last == name);
        let known: Vec<String> = outputs.keys().cloned().collect();
        outputs.retain(|full, _| fits(full));
        match outputs.len() {
            0 if known.is_empty() => {
                anyhow::bail!("there are no outputs yet: `terrace apply` records them")
            }
            0 => anyhow::bail!("there is no output `{name}`; there are {}", known.join(", ")),
            1 => {}
            _ => {
                anyhow::bail!("several stacks have an output `{name}`: name one as `stack.{name}`")
            }
        }
    }
    if args.json {
        ui::print_json(&terrace_render::outputs_json(&outputs));
    } else {
        ui::print(&terrace_render::outputs(&outputs, ui::out_style()));
    }
    Ok(ExitCode::SUCCESS)
}
