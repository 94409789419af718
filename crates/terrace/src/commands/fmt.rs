//! `terrace fmt`.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;

use crate::args::Global;
use crate::error::{Invalid, Shown};
use crate::ui;

/// Write the files in canonical form.
///
/// Two blanks of indentation, one kind of quotes, lists and maps in brackets broken beyond 100
/// columns, a blank line round sections of more than a line. Order and comments stay as they are. The names of
/// changed files are printed. A file that is not valid YAML is left alone and shown.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  terrace fmt\n  terrace fmt --check\n  terrace fmt stacks/web.yaml --diff\n  terrace fmt - < stacks/web.yaml"
)]
pub(crate) struct Fmt {
    /// Files or folders, in place of those of the workspace; `-` takes standard input to standard
    /// output.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Change nothing; name the files that are not in canonical form, and exit with 1 if there are any.
    #[arg(long)]
    check: bool,
    /// Change nothing; show what would change.
    #[arg(long)]
    diff: bool,
}

pub(crate) fn run(global: &Global, args: &Fmt) -> anyhow::Result<ExitCode> {
    if args.paths.iter().any(|path| path.as_os_str() == "-") {
        anyhow::ensure!(args.paths.len() == 1, "`-` goes alone");
        return standard_input(args);
    }
    let mut refused = false;
    let mut changed = false;
    for path in files(global, args)? {
        let shown = shown(global, &path);
        let before = read(&path, &shown)?;
        match terrace_lang::format(&shown, &before) {
            Err(error) => {
                ui::diagnostics(&error.diagnostics, &error.sources);
                refused = true;
            }
            Ok(after) if after == before => {}
            Ok(after) => {
                changed = true;
                if args.diff {
                    ui::print(&terrace_render::diff(&shown, &before, &after, ui::out_style()));
                } else {
                    ui::print(&shown);
                }
                if !args.check && !args.diff {
                    replace(&path, &after)
                        .with_context(|| format!("`{shown}` cannot be written"))?;
                }
            }
        }
    }
    if refused {
        return Err(Shown.into());
    }
    Ok(ExitCode::from(u8::from(args.check && changed)))
}

fn standard_input(args: &Fmt) -> anyhow::Result<ExitCode> {
    let mut before = Vec::new();
    std::io::stdin().lock().read_to_end(&mut before)?;
    let before = String::from_utf8(before).context("standard input is not UTF-8 text")?;
    let after = terrace_lang::format("standard input", &before)
        .map_err(|e| Invalid::new(e.diagnostics, e.sources))?;
    match (args.check, args.diff) {
        (check, true) => {
            ui::print(&terrace_render::diff("stdin", &before, &after, ui::out_style()));
            Ok(ExitCode::from(u8::from(check && after != before)))
        }
        (true, false) => Ok(ExitCode::from(u8::from(after != before))),
        (false, false) => {
            ui::print_raw(&after);
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn read(path: &Path, shown: &str) -> anyhow::Result<String> {
    let bytes = fs::read(path).with_context(|| format!("`{shown}` cannot be read"))?;
    String::from_utf8(bytes).with_context(|| format!("`{shown}` is not UTF-8 text"))
}

/// The path as it is shown: relative to the workspace when it is inside of it.
fn shown(global: &Global, path: &Path) -> String {
    path.strip_prefix(&global.folder).unwrap_or(path).display().to_string()
}

fn files(global: &Global, args: &Fmt) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    if args.paths.is_empty() {
        let root = &global.folder;
        let settings = root.join("terrace.yaml");
        anyhow::ensure!(
            settings.exists(),
            "`{}` is not a workspace: it has no `terrace.yaml`; name files to format",
            root.display()
        );
        found.push(settings);
        for folder in ["components", "environments", "stacks"].map(|name| root.join(name)) {
            if folder.is_dir() {
                collect(&folder, &mut found)?;
            }
        }
    }
    for path in args.paths.iter().map(|path| global.folder.join(path)) {
        if path.is_dir() {
            collect(&path, &mut found)?;
        } else {
            found.push(path);
        }
    }
    Ok(found)
}

/// All YAML files of a folder and the folders in it, but for hidden ones, in order.
fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let name = || format!("the folder `{}` cannot be read", folder.display());
    let entries: std::io::Result<Vec<_>> = fs::read_dir(folder).with_context(name)?.collect();
    let mut entries = entries.with_context(name)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if entry.file_type().with_context(name)?.is_dir() {
            if !hidden {
                collect(&path, found)?;
            }
        } else if path.extension().is_some_and(|end| end == "yaml" || end == "yml") {
            found.push(path);
        }
    }
    Ok(())
}

/// Writes a file beside the old one and puts it in its place, so that neither is ever half there.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let path = path.canonicalize()?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}.new", std::process::id()));
    fs::write(&beside, text)?;
    let replaced = fs::metadata(&path)
        .and_then(|about| fs::set_permissions(&beside, about.permissions()))
        .and_then(|()| fs::rename(&beside, &path));
    if replaced.is_err() {
        drop(fs::remove_file(&beside));
    }
    replaced
}
