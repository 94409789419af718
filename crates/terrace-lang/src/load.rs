//! The stage: from a folder to a workspace.

use std::collections::BTreeMap;
use std::path::Path;

use terrace_model::{
    CloudChoice, Diagnostic, Diagnostics, FileId, Name, Sources, Stack, StackName, Workspace,
};

use crate::files::Texts;
use crate::settings::{self, Settings};
use crate::yaml::{self, Node};
use crate::{check, refactor, stack, variables};

/// What to load.
pub struct Request<'a> {
    /// The workspace folder.
    pub root: &'a Path,
    /// The environment; `default` when `None`.
    pub environment: Option<&'a str>,
    /// Values of variables from the command line.
    pub variables: &'a [(String, String)],
    /// The process's environment, for `TERRACE_VAR_name`.
    pub env: &'a dyn Fn(&str) -> Option<String>,
}

/// A workspace, and what is doubtful about it.
#[derive(Debug)]
pub struct Loaded {
    /// The workspace.
    pub workspace: Workspace,
    /// Warnings.
    pub warnings: Diagnostics,
}

/// Everything that is wrong with a workspace.
#[derive(Debug)]
pub struct LoadError {
    /// The findings.
    pub diagnostics: Diagnostics,
    /// The files they point into.
    pub sources: Sources,
}

/// Reads and checks a workspace.
///
/// # Errors
/// All findings at once.
pub fn load(request: &Request<'_>) -> Result<Loaded, LoadError> {
    let mut reading = Reading {
        root: request.root,
        sources: Sources::default(),
        diagnostics: Diagnostics::default(),
        clouds: BTreeMap::new(),
    };
    match reading.workspace(request) {
        Some(mut workspace) if !reading.diagnostics.has_errors() => {
            workspace.sources = reading.sources;
            Ok(Loaded { workspace, warnings: reading.diagnostics })
        }
        _ => Err(LoadError { diagnostics: reading.diagnostics, sources: reading.sources }),
    }
}

pub(crate) struct Reading<'a> {
    pub(crate) root: &'a Path,
    pub(crate) sources: Sources,
    pub(crate) diagnostics: Diagnostics,
    /// Clouds that stacks and blocks may name.
    pub(crate) clouds: BTreeMap<Name, CloudChoice>,
}

impl Reading<'_> {
    fn workspace(&mut self, request: &Request<'_>) -> Option<Workspace> {
        let settings = self.settings()?;
        self.clouds.clone_from(&settings.clouds);
        let environment = request.environment.unwrap_or("default");
        let given = variables::given(self, &settings, environment, request)?;
        let mut stacks = BTreeMap::new();
        let mut texts = Texts::default();
        for (name, file) in self.stack_files() {
            let (node, found) = yaml::parse(self.sources.text(file), file);
            self.diagnostics.extend(found);
            let Some(node) = node else { continue };
            if let Some(stack) = stack::read(self, &name, &node, &given) {
                self.texts(&stack, &mut texts);
                stacks.insert(name, stack);
            }
        }
        variables::undeclared(self, &stacks, &given);
        let workspace = Workspace {
            environment: environment.to_owned(),
            cloud: settings.cloud,
            clouds: settings.clouds,
            stacks,
            files: texts.read,
            sources: Sources::default(),
        };
        // Types are checked even beside other findings: all of them at once.
        let found = check::types(&workspace);
        self.diagnostics.extend(found);
        self.diagnostics.extend(refactor::check(&workspace));
        Some(workspace)
    }

    fn settings(&mut self) -> Option<Settings> {
        let path = self.root.join("terrace.yaml");
        if !self.root.is_dir() {
            let message = format!("there is no folder `{}`", self.root.display());
            self.diagnostics.push(
                Diagnostic::without_place("E0701", message)
                    .help("name the workspace folder with `-C`"),
            );
            return None;
        }
        if !path.exists() {
            let message =
                format!("`{}` is not a workspace: it has no `terrace.yaml`", self.root.display());
            self.diagnostics.push(Diagnostic::without_place("E0701", message).help(
                "go to a workspace folder, name one with `-C`, or make one with `terrace init`",
            ));
            return None;
        }
        let file = self.read("terrace.yaml")?;
        let (node, found) = yaml::parse(self.sources.text(file), file);
        let broken = found.has_errors();
        self.diagnostics.extend(found);
        if broken { None } else { Some(settings::read(self, node.as_ref())) }
    }

    /// Reads a file of the workspace by its path with `/`.
    pub(crate) fn read(&mut self, path: &str) -> Option<FileId> {
        let complain = |message: String| Diagnostic::without_place("E0701", message);
        match std::fs::read(self.root.join(path)) {
            Err(error) => self
                .diagnostics
                .push(complain(format!("the file `{path}` cannot be read: {error}"))),
            Ok(bytes) => match String::from_utf8(bytes) {
                Ok(text) => return Some(self.sources.add(path, text)),
                Err(wrong) => {
                    let at = wrong.utf8_error().valid_up_to();
                    self.diagnostics.push(complain(format!(
                        "the file `{path}` is not UTF-8 text: byte {at} is not"
                    )));
                }
            },
        }
        None
    }

    /// Reads a file of the workspace into a tree.
    pub(crate) fn tree(&mut self, path: &str) -> Option<Node> {
        let file = self.read(path)?;
        let (node, found) = yaml::parse(self.sources.text(file), file);
        self.diagnostics.extend(found);
        node
    }

    /// The stack files, sorted by name.
    fn stack_files(&mut self) -> Vec<(StackName, FileId)> {
        let folder = self.root.join("stacks");
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) => {
                let message = format!("the folder `stacks` cannot be read: {error}");
                self.diagnostics.push(
                    Diagnostic::without_place("E0701", message)
                        .help("stacks are files in `stacks/`"),
                );
                return Vec::new();
            }
        };
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| name.ends_with(".yaml") || name.ends_with(".yml"))
            .collect();
        names.sort();
        let mut files = Vec::new();
        for file_name in names {
            let stem = file_name.rsplit_once('.').map_or(file_name.as_str(), |(stem, _)| stem);
            match StackName::new(stem) {
                Ok(name) => {
                    files
                        .extend(self.read(&format!("stacks/{file_name}")).map(|file| (name, file)));
                }
                Err(error) => {
                    let message =
                        format!("the stack file `stacks/{file_name}` has no good name: {error}");
                    self.diagnostics.push(Diagnostic::without_place("E0202", message));
                }
            }
        }
        files
    }

    /// Reads every text that the expressions of a stack name with `file` or `template`.
    fn texts(&mut self, stack: &Stack, texts: &mut Texts) {
        let terms =
            stack.resources.values().flat_map(|r| r.body.values().chain(r.lifecycle.terms()));
        let terms =
            terms.chain(stack.locals.values()).chain(stack.outputs.values().map(|o| &o.term));
        for used in terms.flat_map(|term| crate::term::files(&term.value)) {
            texts.take(self, &used);
        }
    }
}
