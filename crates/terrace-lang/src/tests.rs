//! Tests of loading: files in, complaints or a dump of the workspace out.

mod components;
mod existing;
mod look_alikes;
mod many;
mod names;
mod repeat;

use std::fmt::Write as _;

use terrace_model::{Diagnostic, Diagnostics, Repeat, Sources, Workspace};

use crate::{LoadError, Loaded, Request, load};

/// Files as one text: each begins with a line `== PATH`.
pub(crate) fn folder(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    };
    write("terrace.yaml", "");
    write("stacks/.keep", "");
    for file in format!("\n{text}").split("\n== ").skip(1) {
        let (path, text) = file.split_once('\n').expect("a path and a text");
        write(path.trim(), &format!("{text}\n"));
    }
    folder
}

fn place(sources: &Sources, span: terrace_model::Span) -> String {
    let place = sources.place(span);
    let file = place.file.rsplit('/').next().unwrap_or_default().trim_end_matches(".yaml");
    format!("{file}:{}:{}", place.line, place.column)
}

/// A finding as text, with what is related to it and the help on lines of their own.
fn shown(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let at = diagnostic.primary.as_ref().map(|l| place(sources, l.span));
    let at = at.unwrap_or_else(|| "-".to_owned());
    let mut text = format!("{at} {} {}\n", diagnostic.code, diagnostic.message);
    for label in &diagnostic.related {
        writeln!(text, "  | {} {}", place(sources, label.span), label.text).expect("a line");
    }
    if let Some(help) = &diagnostic.help {
        writeln!(text, "  = {help}").expect("a line");
    }
    text
}

fn told(diagnostics: &Diagnostics, sources: &Sources) -> String {
    diagnostics.sorted(sources).iter().map(|d| shown(d, sources)).collect()
}

/// Loads a folder of files.
pub(crate) fn loaded(files: &str) -> Result<Loaded, String> {
    let folder = folder(files);
    load(&Request::of(folder.path()))
        .map_err(|LoadError { diagnostics, sources, .. }| told(&diagnostics, &sources))
}

pub(crate) fn workspace(files: &str) -> Workspace {
    loaded(files).unwrap_or_else(|told| panic!("{told}")).workspace
}

/// Every complaint and warning about the files.
pub(crate) fn complaints(files: &str) -> String {
    match loaded(files) {
        Ok(loaded) => told(&loaded.warnings, &loaded.workspace.sources),
        Err(complaints) => complaints,
    }
}

/// What differs, with all that came out.
pub(crate) fn difference(found: &str, expected: &str, about: &str) -> String {
    let lines = |text: &str| text.trim().lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    if lines(found) == lines(expected) {
        return String::new();
    }
    format!("\n{about}\n--- found\n{found}\n--- expected\n{expected}\n")
}

/// Compares, and prints what came out in full where it differs.
pub(crate) fn same(found: &str, expected: &str, about: &str) {
    let difference = difference(found, expected, about);
    assert!(difference.is_empty(), "{difference}");
}

/// Each case is files and the complaints about them.
pub(crate) fn check(table: &[(&str, &str)]) {
    let all = table.iter().map(|(files, expected)| difference(&complaints(files), expected, files));
    let all: String = all.collect();
    assert!(all.is_empty(), "{all}");
}

/// The blocks, and what names are worth: one line each.
pub(crate) fn dump(workspace: &Workspace) -> String {
    let mut text = String::new();
    for stack in workspace.stacks.values() {
        for (name, value) in &stack.variables {
            writeln!(text, "{} vars.{name} = {value}", stack.name).expect("a line");
        }
        for (name, input) in &stack.inputs {
            let wants: Vec<String> =
                input.term.value.references().iter().map(|r| r.root.to_string()).collect();
            writeln!(text, "{} vars.{name} waits for {}", stack.name, wants.join(", "))
                .expect("a line");
        }
        for resource in stack.resources.values() {
            let keys = match &resource.repeat {
                Repeat::One => String::new(),
                Repeat::Count(n) => format!(" x{n}"),
                Repeat::Each(map) => format!(" {:?}", map.keys().collect::<Vec<_>>()),
                Repeat::Absent => " absent".to_owned(),
            };
            writeln!(text, "{}{keys}", resource.address).expect("a line");
        }
    }
    text
}
