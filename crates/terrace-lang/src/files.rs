//! Reading files of the workspace, and nothing outside of it.

use std::path::{Component, Path};

use terrace_model::{Diagnostic, Span};

/// Largest text that `file(...)` reads, in bytes.
const MAX_TEXT: u64 = 1 << 20;

/// Reads a text for `file("path")`; the path is relative to the workspace folder and stays in it.
pub(crate) fn text(root: &Path, path: &str, span: Span) -> Result<String, Diagnostic> {
    let relative = Path::new(path);
    let plain = relative
        .components()
        .all(|c| matches!(c, Component::Normal(_) | Component::CurDir | Component::ParentDir));
    let outside = |why: &str| {
        Diagnostic::error("E0702", span, format!("`{path}` {why}"))
            .help("files are read from inside the workspace folder only, by paths relative to it")
    };
    if !plain {
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
