//! `terrace schema`.

use std::process::ExitCode;

use clap::ValueEnum;
use terrace_lang::Document;

use crate::ui;

/// Print the JSON Schema of the files, for editors and validators.
///
/// Made from the same tables that the files are checked with. Text with an expression in it, `${...}`,
/// is allowed wherever an expression is.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  terrace schema stack > stack.schema.json\n\nand as the first line of a stack, for editors with yaml-language-server:\n  # yaml-language-server: $schema=../stack.schema.json"
)]
pub(crate) struct Schema {
    /// Which file.
    #[arg(value_name = "FILE", default_value = "stack")]
    file: File,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum File {
    /// A file in `stacks/`.
    Stack,
    /// `terrace.yaml`.
    Workspace,
    /// A file of values of variables.
    Environment,
}

pub(crate) fn run(args: &Schema) -> ExitCode {
    ui::print_json(&terrace_lang::schema(match args.file {
        File::Stack => Document::Stack,
        File::Workspace => Document::Workspace,
        File::Environment => Document::Environment,
    }));
    ExitCode::SUCCESS
}
