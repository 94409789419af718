//! Reading files of the workspace, and nothing outside of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path};

use terrace_model::expr::{FileUse, Template};
use terrace_model::{Diagnostic, Span};

use crate::load::{LoadError, Reading};

/// Texts of files that expressions read, by the path as written.
#[derive(Default)]
pub(crate) struct Texts {
    pub(crate) read: BTreeMap<String, String>,
    /// Those that were searched for expressions.
    templates: BTreeSet<String>,
}

/// The files that an expression from outside of the workspace's files reads.
///
/// # Errors
/// Every file that may not or cannot be read.
pub fn texts(root: &Path, template: &Template) -> Result<BTreeMap<String, String>, LoadError> {
    let mut reading = Reading::new(root);
    let mut texts = Texts::default();
    template.files().iter().for_each(|used| texts.take(&mut reading, used));
    if reading.diagnostics.has_errors() {
        return Err(LoadError::new(reading.diagnostics, reading.sources));
    }
    Ok(texts.read)
}

impl Texts {
    /// Reads a file, and for a template the files that it reads in turn.
    pub(crate) fn take(&mut self, reading: &mut Reading<'_>, used: &FileUse) {
        self.take_inside(reading, used, &mut Vec::new());
    }

    fn take_inside(&mut self, reading: &mut Reading<'_>, used: &FileUse, outer: &mut Vec<String>) {
        let path = &used.path;
        if outer.contains(path) {
            let round: Vec<String> =
                outer.iter().chain([path]).map(|path| format!("`{path}`")).collect();
            let message =
                format!("the template `{path}` includes itself: {}", round.join(" includes "));
            reading.diagnostics.push(Diagnostic::error("E0403", used.span, message));
            self.give_up(path);
            return;
        }
        if !self.read.contains_key(path) {
            match text(reading.root, path, used.span) {
                Ok(text) => drop(self.read.insert(path.clone(), text)),
                Err(diagnostic) => {
                    reading.diagnostics.push(diagnostic);
                    self.give_up(path);
                }
            }
        }
        if used.template && self.templates.insert(path.clone()) {
            self.search(reading, path, outer);
        }
    }

    /// What is wrong with a file was told, and it is taken for empty: no more is said about it.
    fn give_up(&mut self, path: &str) {
        self.read.insert(path.to_owned(), String::new());
    }

    /// Parses a template, so that what is wrong in it is told with its place there.
    fn search(&mut self, reading: &mut Reading<'_>, path: &str, outer: &mut Vec<String>) {
        let Some(text) = self.read.get(path) else { return };
        let file = reading.sources.add(path, text.clone());
        match Template::parse_file(text, Span::new(file, 0, text.len())) {
            Err(wrong) => {
                reading.diagnostics.extend(wrong);
                self.give_up(path);
            }
            Ok(template) => {
                outer.push(path.to_owned());
                for used in template.files() {
                    self.take_inside(reading, used, outer);
                }
                outer.pop();
            }
        }
    }
}

/// The path of a file beside another, from the workspace folder; both are inside of it.
pub(crate) fn beside(
    root: &Path,
    from: &str,
    path: &str,
    span: Span,
) -> Result<String, Diagnostic> {
    let outside = |why: &str| {
        Diagnostic::error("E0702", span, format!("`{path}` {why}"))
            .help("components are files inside the workspace folder; their paths begin where they are written")
    };
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in Path::new(path).components() {
        match part {
            Component::Normal(name) => {
                parts.push(name.to_str().ok_or_else(|| outside("is not a path of text"))?);
            }
            Component::CurDir => {}
            Component::ParentDir if parts.pop().is_some() => {}
            _ => return Err(outside("leads out of the workspace")),
        }
    }
    let whole = parts.join("/");
    let real = root.join(&whole).canonicalize().map_err(|why| {
        Diagnostic::error("E0701", span, format!("the component `{whole}` cannot be read: {why}"))
            .help(format!("the path is relative to `{from}`, where it is written"))
    })?;
    if !root.canonicalize().is_ok_and(|root| real.starts_with(root)) {
        return Err(outside("leads out of the workspace"));
    }
    Ok(whole)
}

/// Largest text that `file(...)` reads, in bytes.
const MAX_TEXT: u64 = 1 << 20;

/// Reads a text for `file("path")` or `template`; the path is relative to the workspace folder and stays in it.
fn text(root: &Path, path: &str, span: Span) -> Result<String, Diagnostic> {
    let relative = Path::new(path);
    // How deep each part of the path is; `None` from where it leaves the folder.
    let depth = relative.components().try_fold(0_usize, |depth, part| match part {
        Component::Normal(_) => Some(depth + 1),
        Component::CurDir => Some(depth),
        Component::ParentDir => depth.checked_sub(1),
        Component::Prefix(_) | Component::RootDir => None,
    });
    let outside = |why: &str| {
        Diagnostic::error("E0702", span, format!("`{path}` {why}"))
            .help("files are read from inside the workspace folder only, by paths relative to it")
    };
    if depth.is_none() {
        return Err(outside("is not a path inside the workspace"));
    }
    let missing = |why: std::io::Error| {
        Diagnostic::error("E0701", span, format!("the file `{path}` cannot be read: {why}"))
            .help("the path is relative to the folder of `terrace.yaml`")
    };
    let real = root.join(relative).canonicalize().map_err(missing)?;
    let inside = root.canonicalize().is_ok_and(|root| real.starts_with(root));
    if !inside {
        return Err(outside("leads out of the workspace"));
    }
    let about = std::fs::metadata(&real).map_err(missing)?;
    if !about.is_file() {
        return Err(Diagnostic::error("E0701", span, format!("`{path}` is not a file")));
    }
    if about.len() > MAX_TEXT {
        return Err(Diagnostic::error(
            "E0702",
            span,
            format!("the file `{path}` is larger than 1 MiB"),
        ));
    }
    let bytes = std::fs::read(&real).map_err(missing)?;
    String::from_utf8(bytes).map_err(|_| {
        Diagnostic::error("E0701", span, format!("the file `{path}` is not UTF-8 text"))
    })
}
