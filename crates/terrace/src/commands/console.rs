//! `terrace console`.

mod completion;
mod existing;

use std::collections::BTreeSet;
use std::io::{BufRead as _, IsTerminal as _};
use std::path::PathBuf;
use std::process::ExitCode;

use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{Config, Editor};
use terrace_graph::ResourceGraph;
use terrace_model::expr::{EvalError, Template};
use terrace_model::{FileId, Observed, Snapshot, Span, StackName, Value, Workspace};
use terrace_plan::{Lookup, Offline};
use terrace_state::Store as _;

use crate::args::Global;
use crate::error::Shown;
use crate::{cloud, corridor, machine, store, ui};
use completion::{Completion, words};

/// Evaluate expressions against the workspace and its state.
///
/// Names mean what they mean in an output of the stack. Resources that are recorded are worth what was
/// last seen of them, others what the files say. The cloud is asked only for what an expression needs of
/// `existing`, once for each kind. `${` and `}` round an expression may be left out. On a
/// terminal there are history and completion with the tab key; from a pipe each line is an expression
/// and its result a line, complaints go to standard error and the exit code is 1 if there were any.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  terrace console\n  echo 'servers.web.map(s, s.access_ip)' | terrace console\n  echo 'cidr_subnet(\"10.0.0.0/16\", 8, 3)' | terrace console --stack web"
)]
pub(crate) struct Console {
    /// The stack in which names are looked up; needed when there are several.
    #[arg(long, value_name = "NAME")]
    stack: Option<String>,
}

pub(crate) async fn run(global: &Global, args: &Console) -> anyhow::Result<ExitCode> {
    let loaded = corridor::load(global)?;
    let recorded = recorded(global, &loaded.workspace)?;
    let stack = stack(&loaded.workspace, args)?;
    let mut session = Session {
        global,
        workspace: loaded.workspace,
        graph: loaded.graph,
        recorded,
        looked_up: Observed::default(),
        stack,
    };
    if std::io::stdin().is_terminal() {
        session.on_terminal().await?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut failed = false;
    for (line, number) in std::io::stdin().lock().lines().zip(1..) {
        match session.answer(&line?).await {
            Some(Ok(result)) => ui::print(&result),
            Some(Err(complaint)) => {
                failed = true;
                ui::note(&format!("error: line {number}: {complaint}"));
            }
            None => {}
        }
    }
    if failed { Err(Shown.into()) } else { Ok(ExitCode::SUCCESS) }
}

/// The state, if there is one: looking does not make one.
fn recorded(global: &Global, workspace: &Workspace) -> anyhow::Result<Option<Snapshot>> {
    let folder = store::folder(global, &cloud::target(global, &workspace.cloud));
    if folder.is_dir() { Ok(Some(store::open(&folder)?.snapshot()?)) } else { Ok(None) }
}

fn stack(workspace: &Workspace, args: &Console) -> anyhow::Result<StackName> {
    let known = || workspace.stacks.keys().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    match (&args.stack, workspace.stacks.len()) {
        (Some(name), _) => {
            let found = workspace.stacks.keys().find(|stack| stack.to_string() == *name).cloned();
            found
                .ok_or_else(|| anyhow::anyhow!("there is no stack `{name}`; there are {}", known()))
        }
        (None, 1) => Ok(workspace.stacks.keys().next().cloned().ok_or(Shown)?),
        (None, 0) => anyhow::bail!("the workspace has no stack"),
        (None, _) => {
            anyhow::bail!("there are several stacks: name one with `--stack`: {}", known())
        }
    }
}

/// What lines are evaluated against.
struct Session<'a> {
    global: &'a Global,
    workspace: Workspace,
    graph: ResourceGraph,
    recorded: Option<Snapshot>,
    /// What was looked up for the lines so far.
    looked_up: Observed,
    stack: StackName,
}

impl Session<'_> {
    /// The result of a line, or what is wrong with it; nothing for empty lines and comments.
    async fn answer(&mut self, line: &str) -> Option<Result<String, String>> {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') || line.starts_with("//") {
            return None;
        }
        let text = if line.contains("${") { line.to_owned() } else { format!("${{{line}}}") };
        Some(self.value(&text).await)
    }

    async fn value(&mut self, text: &str) -> Result<String, String> {
        let nowhere = Span::new(FileId(u32::MAX), 0, 0);
        let template = Template::parse(text, nowhere).map_err(|d| with_help(d.message, d.help))?;
        match terrace_lang::texts(&self.global.folder, &template) {
            Ok(texts) => self.workspace.files.extend(texts),
            Err(found) => {
                let messages = found.diagnostics.into_iter().map(|d| with_help(d.message, d.help));
                return Err(messages.collect::<Vec<_>>().join("\n"));
            }
        }
        loop {
            let (result, missing) = self.by_what_is_known(&template);
            if missing.is_empty() {
                return result
                    .map(|value| value.to_string())
                    .map_err(|e| with_help(e.message, e.help));
            }
            // What it needs may show only when that is known.
            let found = existing::look_up(self.global, &self.workspace, missing).await;
            existing::add(&mut self.looked_up, found.map_err(|error| ui::chain(&error))?);
        }
    }

    /// The value, and what it would need of the cloud first.
    fn by_what_is_known(
        &self,
        template: &Template,
    ) -> (Result<Value, EvalError>, BTreeSet<Lookup>) {
        let Self { workspace, graph, recorded, looked_up, .. } = self;
        let offline = Offline::new(workspace, graph, recorded.as_ref(), looked_up);
        (offline.evaluate(&self.stack, template), offline.missing())
    }

    async fn on_terminal(&mut self) -> anyhow::Result<()> {
        let config = Config::builder().auto_add_history(true).max_history_size(1000)?.build();
        let mut editor: Editor<Completion, FileHistory> = Editor::with_config(config)?;
        editor.set_helper(Some(Completion::new(words(&self.workspace, &self.stack))));
        let history = history();
        if let Some(path) = &history {
            drop(editor.load_history(path)); // There is none before the first time.
        }
        ui::note(&format!(
            "Expressions of the stack `{}`; Ctrl-D leaves. Functions: `terrace console --help`, docs/reference/functions.md.",
            self.stack
        ));
        loop {
            match editor.readline("> ") {
                Ok(line) => match self.answer(&line).await {
                    Some(Ok(result)) => ui::print(&result),
                    Some(Err(complaint)) => ui::note(&format!("error: {complaint}")),
                    None => {}
                },
                Err(ReadlineError::Interrupted) => {}
                Err(ReadlineError::Eof) => break,
                Err(error) => return Err(error.into()),
            }
        }
        if let Some(path) = &history {
            let folder = path.parent().map_or(Ok(()), std::fs::create_dir_all);
            if folder.is_err() || editor.save_history(path).is_err() {
                ui::warn(&format!("the history cannot be kept in `{}`", path.display()));
            }
        }
        Ok(())
    }
}

fn with_help(message: String, help: Option<String>) -> String {
    match help {
        Some(help) => format!("{message}\nhelp: {help}"),
        None => message,
    }
}

/// Where lines are kept between sessions.
fn history() -> Option<PathBuf> {
    let states = machine::env("XDG_STATE_HOME").map(PathBuf::from);
    let states = states.or_else(|| Some(machine::home()?.join(".local/state")))?;
    Some(states.join("terrace/console_history"))
}
