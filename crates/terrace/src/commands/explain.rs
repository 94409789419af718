//! `terrace explain`.

use std::process::ExitCode;

use terrace_lang::codes;

use crate::ui;

/// Say what a code such as E0104 means and what to do.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  terrace explain E0104\n  terrace explain          all codes")]
pub(crate) struct Explain {
    /// The code, as findings show it in brackets.
    #[arg(value_name = "CODE")]
    code: Option<String>,
}

pub(crate) fn run(args: &Explain) -> anyhow::Result<ExitCode> {
    let Some(code) = &args.code else {
        let lines = codes::all().map(|code| format!("{}  {}\n", code.code, code.title));
        ui::print(&lines.collect::<String>());
        return Ok(ExitCode::SUCCESS);
    };
    match codes::find(code) {
        Ok(code) => {
            ui::print(&code.page());
            Ok(ExitCode::SUCCESS)
        }
        Err(Some(nearest)) => {
            anyhow::bail!("there is no code `{code}`\nhelp: did you mean `{nearest}`?")
        }
        Err(None) => {
            anyhow::bail!("there is no code `{code}`\nhelp: `terrace explain` lists all of them")
        }
    }
}
