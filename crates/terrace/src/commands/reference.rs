//! `terrace reference`: the generated pages of the documentation, for `cargo xtask gen-docs`.

use std::process::ExitCode;

use clap::{Command, CommandFactory as _};
use serde_json::{Map, Value};
use terrace_lang::syntax::{self, Field, Form};
use terrace_lang::{Document, schema};

use crate::args::Args;
use crate::ui;

/// Print the generated pages of the documentation as JSON, by path.
#[derive(Debug, clap::Args)]
pub(crate) struct Reference {}

pub(crate) fn run() -> ExitCode {
    let mut pages = Map::new();
    let mut page = |path: &str, text: String| pages.insert(path.to_owned(), Value::from(text));
    for (name, text) in terrace_render::kind_pages() {
        page(&format!("docs/reference/kinds/{name}"), text);
    }
    page("docs/reference/kinds.md", terrace_render::kind_index());
    page("docs/reference/functions.md", terrace_render::function_page());
    page("docs/reference/files.md", files_page());
    page("docs/reference/commands.md", commands_page());
    for (path, text) in terrace_lang::codes::pages() {
        page(&path, text);
    }
    for (name, document) in [
        ("stack", Document::Stack),
        ("workspace", Document::Workspace),
        ("environment", Document::Environment),
    ] {
        page(&format!("docs/schema/{name}.json"), format!("{:#}\n", schema(document)));
    }
    ui::print_json(&Value::Object(pages));
    ExitCode::SUCCESS
}

fn add(text: &mut String, more: impl AsRef<str>) {
    text.push_str(more.as_ref());
}

/// The page of what is written in the files beside the attributes of kinds.
fn files_page() -> String {
    let mut text = String::from(
        "# Fields of the files\n\nWhat may be written beside the [attributes of the kinds](kinds.md). JSON Schema of \
         the same: `terrace schema`.\n",
    );
    for (title, table) in [
        ("terrace.yaml", &syntax::WORKSPACE[..]),
        ("Environments", &syntax::ENVIRONMENT),
        ("Stacks", &syntax::STACK),
        ("Variables", &syntax::VARIABLE),
        ("Types", &syntax::TYPE),
        ("Rules of variables", &syntax::RULE),
        ("Outputs", &syntax::OUTPUT),
        ("Blocks", &syntax::BLOCK),
        ("Lifecycle", &syntax::LIFECYCLE),
        ("Timeouts", &syntax::TIMEOUTS),
    ] {
        add(&mut text, format!("\n## {title}\n\n| field | what stands there | |\n|---|---|---|\n"));
        for field in table {
            text += &field_row(field);
        }
        if title == "Stacks" {
            text +=
                "\nThe other sections of a stack are the kinds, each a map from names to blocks.\n";
        }
    }
    text
}

fn field_row(field: &Field) -> String {
    let required = if field.required { " **Required.**" } else { "" };
    format!("| `{}` | {} | {}{required} |\n", field.name, described(field.form), field.doc)
}

fn described(form: Form) -> String {
    match form {
        Form::Value => "any value".into(),
        Form::Text => "text".into(),
        Form::Bool => "true or false".into(),
        Form::Whole => "a whole number".into(),
        Form::Number => "a number".into(),
        Form::Type => "a [type](#types)".into(),
        Form::TypeWord => {
            "string, integer, number, boolean, list, map, object, or `list(string)` and the like"
                .into()
        }
        Form::Defaults => "a map from sections to fields of their blocks".into(),
        Form::OneOf(choices) => choices.join(", "),
        Form::OrExpression(inner) => format!("{}, or an expression", described(*inner)),
        Form::List(inner) => format!("a list, each {}", described(*inner)),
        Form::Named(inner) => format!("a map, each {}", described(*inner)),
        Form::Fields(fields) => {
            let names: Vec<String> = fields.iter().map(|f| format!("`{}`", f.name)).collect();
            format!("a map with {}", names.join(", "))
        }
        Form::Either(forms) => {
            forms.iter().map(|form| described(*form)).collect::<Vec<_>>().join("; or ")
        }
    }
}

/// The page of commands, from the definitions that read the command line.
fn commands_page() -> String {
    let command = Args::command();
    let mut text = String::from("# Commands\n\n");
    text += &paragraphs(&command);
    text += "\n## Options of every command\n\n";
    text += &arguments(&command, |_| true);
    command.get_subcommands().for_each(|sub| section(sub, "terrace", &mut text));
    text
}

fn section(command: &Command, above: &str, text: &mut String) {
    if command.is_hide_set() || command.get_name() == "help" {
        return;
    }
    let path = format!("{above} {}", command.get_name());
    add(text, format!("\n## `{path}`\n\n{}", paragraphs(command)));
    let own = arguments(command, |id| !GLOBAL.contains(&id));
    if !own.is_empty() {
        add(text, format!("\n{own}"));
    }
    if let Some(after) = command.get_after_help() {
        add(text, format!("\n```\n{}\n```\n", after.to_string().trim_end()));
    }
    command.get_subcommands().for_each(|sub| section(sub, &path, text));
}

/// Options that every command has, and clap's own.
const GLOBAL: [&str; 2] = ["help", "version"];

fn paragraphs(command: &Command) -> String {
    let about = command.get_long_about().or(command.get_about());
    about.map_or(String::new(), |about| format!("{}\n", about.to_string().trim_end()))
}

/// The arguments of a command as a table; empty when there are none.
fn arguments(command: &Command, wanted: impl Fn(&str) -> bool) -> String {
    let mut rows = String::new();
    for argument in command.get_arguments().filter(|a| !a.is_hide_set()) {
        let id = argument.get_id().as_str();
        if !wanted(id) || GLOBAL.contains(&id) {
            continue;
        }
        let value = argument
            .get_value_names()
            .filter(|_| argument.get_action().takes_values())
            .map(|names| names.join(" "));
        let long = argument.get_long().map(|long| format!("--{long}"));
        let short = argument.get_short().map(|short| format!("-{short}"));
        let names: Vec<String> = [short, long].into_iter().flatten().collect();
        let shown = match (names.is_empty(), value) {
            (true, value) => value.unwrap_or_else(|| id.to_uppercase()),
            (false, Some(value)) => format!("{} {value}", names.join(", ")),
            (false, None) => names.join(", "),
        };
        let help = argument.get_long_help().or(argument.get_help());
        let help = help.map_or(String::new(), |help| help.to_string().replace('\n', " "));
        add(&mut rows, format!("| `{shown}` | {} |\n", help.replace('|', "\\|")));
    }
    if rows.is_empty() { rows } else { format!("| argument | |\n|---|---|\n{rows}") }
}
