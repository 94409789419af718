//! The stage: from a folder to a workspace.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use terrace_model::expr::FileUse;
use terrace_model::{
    CloudChoice, Diagnostic, Diagnostics, FileId, Kind, Name, Sources, StackName, Workspace,
};

use crate::components::Use;
use crate::files::Texts;
use crate::resource::Repeats;
use crate::settings::{self, Settings};
use crate::variables::{Given, Rule, Source};
use crate::yaml::{self, Entry, Node};
use crate::{check, components, conditions, names, refactor, resource, stack, variables};

/// Most instances of all blocks together.
const MAX_INSTANCES: usize = 250_000;

/// What to load.
pub struct Request<'a> {
    /// The workspace folder.
    pub root: &'a Path,
    /// The environment; `default` when `None`.
    pub environment: Option<&'a str>,
    /// Values of variables from the command line.
    pub variables: &'a [(String, String)],
    /// Files with values of variables, the later the stronger.
    pub variable_files: &'a [PathBuf],
    /// The process's environment, for `TERRACE_VAR_name`.
    pub env: &'a dyn Fn(&str) -> Option<String>,
    /// Asks a person for a variable that has no value; `None` where nobody is there.
    pub ask: Option<Ask<'a>>,
}

impl<'a> Request<'a> {
    /// A folder in its default environment, with nothing given from outside.
    pub fn of(root: &'a Path) -> Self {
        Self {
            root,
            environment: None,
            variables: &[],
            variable_files: &[],
            env: &|_| None,
            ask: None,
        }
    }
}

/// Asks a person; `None` when there is no answer.
pub type Ask<'a> = &'a dyn Fn(&Question<'_>) -> Option<String>;

/// A variable that has no value.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The variable.
    pub name: &'a str,
    /// What it is for.
    pub description: Option<&'a str>,
    /// Whether the answer must not be shown.
    pub sensitive: bool,
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
    /// What could be read of it all the same, for checks that come after.
    pub workspace: Option<Box<Workspace>>,
}

impl LoadError {
    /// Of something that is not a whole workspace.
    pub(crate) fn new(diagnostics: Diagnostics, sources: Sources) -> Self {
        Self { diagnostics, sources, workspace: None }
    }
}

/// Reads and checks a workspace.
///
/// # Errors
/// All findings at once.
pub fn load(request: &Request<'_>) -> Result<Loaded, LoadError> {
    let mut reading = Reading::new(request.root);
    match reading.workspace(request) {
        Some(mut workspace) if !reading.diagnostics.has_errors() => {
            workspace.sources = reading.sources;
            Ok(Loaded { workspace, warnings: reading.diagnostics })
        }
        workspace => Err(LoadError {
            workspace: workspace.map(Box::new),
            ..LoadError::new(reading.diagnostics, reading.sources)
        }),
    }
}

/// The cloud that a workspace names for an environment; no stack is read.
///
/// # Errors
/// What is wrong with `terrace.yaml`, or that there is no such environment.
pub fn chosen_cloud(root: &Path, environment: Option<&str>) -> Result<CloudChoice, LoadError> {
    let mut reading = Reading::new(root);
    let name = environment.unwrap_or(settings::DEFAULT);
    let chosen = reading.settings().and_then(|settings| {
        let environment = settings.environment(&mut reading, name)?;
        Some(environment.cloud.unwrap_or(settings.cloud))
    });
    match chosen {
        Some(cloud) if !reading.diagnostics.has_errors() => Ok(cloud),
        _ => Err(LoadError::new(reading.diagnostics, reading.sources)),
    }
}

pub(crate) struct Reading<'a> {
    pub(crate) root: &'a Path,
    /// Name of the environment.
    pub(crate) environment: String,
    pub(crate) sources: Sources,
    pub(crate) diagnostics: Diagnostics,
    /// Clouds that stacks and blocks may name.
    pub(crate) clouds: BTreeMap<Name, CloudChoice>,
    /// What blocks of a kind have unless they say otherwise.
    pub(crate) defaults: BTreeMap<Kind, Vec<Entry>>,
    /// Texts that expressions read.
    pub(crate) texts: Texts,
    /// Blocks, whose number is not known yet.
    pub(crate) repeats: Vec<Repeats>,
    /// Components that stacks use, until they are there.
    pub(crate) uses: BTreeMap<StackName, Vec<Use>>,
    /// Files of components; none for those that cannot be read.
    pub(crate) components: BTreeMap<String, Option<Rc<Node>>>,
    /// Rules about values of variables.
    pub(crate) rules: Vec<Rule>,
}

impl<'a> Reading<'a> {
    /// Nothing read yet.
    pub(crate) fn new(root: &'a Path) -> Self {
        Self {
            root,
            environment: String::new(),
            sources: Sources::default(),
            diagnostics: Diagnostics::default(),
            clouds: BTreeMap::new(),
            defaults: BTreeMap::new(),
            texts: Texts::default(),
            repeats: Vec::new(),
            uses: BTreeMap::new(),
            components: BTreeMap::new(),
            rules: Vec::new(),
        }
    }
}

impl Reading<'_> {
    /// Files are read to stacks; then names are settled, from those that others need: components,
    /// the number of instances, bare names; then everything is checked.
    fn workspace(&mut self, request: &Request<'_>) -> Option<Workspace> {
        let settings = self.settings()?;
        let name = request.environment.unwrap_or(settings::DEFAULT);
        let environment = settings.environment(self, name)?;
        let given = variables::collect(self, (name, &environment), request)?;
        self.defaults = settings.defaults;
        name.clone_into(&mut self.environment);
        let mut workspace = Workspace {
            environment: name.to_owned(),
            protected: environment.protected,
            cloud: environment.cloud.unwrap_or(settings.cloud),
            clouds: settings.clouds,
            policies: settings.policies,
            stacks: BTreeMap::new(),
            files: BTreeMap::new(),
            sources: Sources::default(),
        };
        self.stacks(&mut workspace, &given);
        components::expand(self, &mut workspace);
        workspace.files = std::mem::take(&mut self.texts.read);
        variables::check(&self.rules, &workspace, &mut self.diagnostics);
        resource::settle(self, &mut workspace);
        self.bound_instances(&workspace)?;
        names::bare_names(self, &mut workspace);
        let top = workspace.stacks.values().filter(|stack| stack.parent.is_none());
        given.undeclared(self, top);
        // Types are checked even beside other findings: all of them at once.
        check::types(&workspace, &mut self.diagnostics);
        self.diagnostics.extend(refactor::check(&workspace));
        self.diagnostics.extend(conditions::check_policies(&workspace));
        Some(workspace)
    }

    /// Each block may make many instances; all of them together have a bound too.
    fn bound_instances(&mut self, workspace: &Workspace) -> Option<()> {
        let mut total = 0;
        for resource in workspace.resources() {
            total += resource.repeat.count();
            if total > MAX_INSTANCES {
                let message = format!("more than {MAX_INSTANCES} instances in one workspace");
                let diagnostic = Diagnostic::error("E0302", resource.span, message);
                self.diagnostics.push(diagnostic.help("split the workspace"));
                return None;
            }
        }
        Some(())
    }

    fn stacks(&mut self, workspace: &mut Workspace, given: &Given<'_>) {
        for (name, file) in self.stack_files() {
            let (node, found) = yaml::parse(self.sources.text(file), file);
            self.diagnostics.extend(found);
            let Some(node) = node else { continue };
            if let Some(stack) = stack::read(self, &name, &node, &Source::Outside(given)) {
                workspace.stacks.insert(name, stack);
            }
        }
    }

    /// Reads the texts that an expression names with `file` or `template`, each once.
    pub(crate) fn read_texts(&mut self, used: &[FileUse]) {
        let mut texts = std::mem::take(&mut self.texts);
        used.iter().for_each(|used| texts.take(self, used));
        self.texts = texts;
    }

    /// Reads a file of the workspace into a tree.
    pub(crate) fn tree(&mut self, path: &str) -> Option<Node> {
        let file = self.read(path)?;
        let (node, found) = yaml::parse(self.sources.text(file), file);
        self.diagnostics.extend(found);
        node
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
        self.read_at(&self.root.join(path), path)
    }

    /// Reads a file that the user named, wherever it is.
    pub(crate) fn read_outside(&mut self, path: &Path) -> Option<FileId> {
        self.read_at(path, &path.display().to_string())
    }

    fn read_at(&mut self, at: &Path, path: &str) -> Option<FileId> {
        let complain = |message: String| Diagnostic::without_place("E0701", message);
        let about = std::fs::metadata(at);
        if about.as_ref().is_ok_and(|about| about.len() > yaml::MAX_BYTES as u64) {
            let most = yaml::MAX_BYTES / 1_000_000;
            let text = format!("the file `{path}` is larger than {most} MB");
            self.diagnostics
                .push(Diagnostic::without_place("E0108", text).help("split it into several files"));
            return None;
        }
        if about.is_ok_and(|about| !about.is_file()) {
            self.diagnostics.push(complain(format!("`{path}` is not a file")));
            return None;
        }
        match std::fs::read(at) {
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
}
