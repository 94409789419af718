//! The stage: from a folder to a workspace.

use std::collections::BTreeMap;
use std::path::Path;

use terrace_model::expr::Template;
use terrace_model::{Diagnostic, Diagnostics, FileId, Sources, StackName, Workspace};

use crate::settings::{self, Settings};
use crate::yaml::{self, Node};
use crate::{check, stack, variables};

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
        environment: request.environment.unwrap_or("default"),
        texts: BTreeMap::new(),
        sources: Sources::default(),
        diagnostics: Diagnostics::default(),
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
    /// Name of the environment.
    pub(crate) environment: &'a str,
    /// Texts that expressions read, by path as written.
    pub(crate) texts: BTreeMap<String, String>,
    pub(crate) sources: Sources,
    pub(crate) diagnostics: Diagnostics,
}

impl Reading<'_> {
    fn workspace(&mut self, request: &Request<'_>) -> Option<Workspace> {
        let settings = self.settings()?;
        let given = variables::given(self, &settings, request)?;
        let mut stacks = BTreeMap::new();
        for (name, file) in self.stack_files() {
            let (node, found) = yaml::parse(self.sources.text(file), file);
            self.diagnostics.extend(found);
            let Some(node) = node else { continue };
            if let Some(stack) = stack::read(self, &name, &node, &given) {
                stacks.insert(name, stack);
            }
        }
        variables::undeclared(self, &stacks, &given);
        let workspace = Workspace {
            environment: self.environment.to_owned(),
            cloud: settings.cloud,
            stacks,
            files: std::mem::take(&mut self.texts),
            sources: Sources::default(),
        };
        // Types are checked even beside other findings: all of them at once.
        let found = check::types(&workspace);
        self.diagnostics.extend(found);
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
        let real = self.root.join(path);
        if std::fs::metadata(&real).is_ok_and(|about| about.len() > yaml::MAX_BYTES as u64) {
            let message =
                format!("the file `{path}` is larger than {} MB", yaml::MAX_BYTES / 1_000_000);
            self.diagnostics.push(Diagnostic::without_place("E0108", message));
            return None;
        }
        match std::fs::read(real) {
            Err(error) => self
                .diagnostics
                .push(complain(format!("the file `{path}` cannot be read: {error}"))),
            Ok(bytes) => match String::from_utf8(bytes) {
                Ok(text) => {
                    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
                    return Some(self.sources.add(path, text));
                }
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
        self.named_stacks(&names)
    }

    fn named_stacks(&mut self, names: &[String]) -> Vec<(StackName, FileId)> {
        let mut files = Vec::new();
        let mut stems: BTreeMap<&str, &str> = BTreeMap::new();
        for file_name in names {
            let stem = file_name.rsplit_once('.').map_or(file_name.as_str(), |(stem, _)| stem);
            if let Some(other) = stems.insert(stem, file_name) {
                let message = format!(
                    "the stack `{stem}` has two files, `stacks/{other}` and `stacks/{file_name}`"
                );
                self.diagnostics.push(Diagnostic::without_place("E0202", message));
                continue;
            }
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

    /// Reads every text that an expression names with `file(...)`, once.
    pub(crate) fn read_texts(&mut self, template: &Template) {
        for (path, span) in template.files() {
            if self.texts.contains_key(path) {
                continue;
            }
            match crate::files::text(self.root, path, *span) {
                Ok(text) => drop(self.texts.insert(path.clone(), text)),
                Err(diagnostic) => self.diagnostics.push(diagnostic),
            }
        }
    }
}
