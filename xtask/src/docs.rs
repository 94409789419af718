//! `cargo xtask gen-docs`: the generated part of the documentation, and its table of contents.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::cargo::cargo;

/// Folders whose every file is generated.
const GENERATED: [&str; 3] = ["docs/reference", "docs/schema", "docs/errors"];
const SUMMARY: &str = "docs/SUMMARY.md";

/// Chapters of the book: a title, and what is in it by the beginning of its path under `docs/`.
const CHAPTERS: [(&str, &[&str]); 5] = [
    ("Guide", &["guide/"]),
    ("Reference", &["reference/"]),
    ("Messages", &["errors/"]),
    ("How it works", &["architecture.md", "design/", "glossary.md"]),
    ("For those who work on it", &["adding-a-kind.md", "dependencies.md"]),
];

/// Writes what is generated; with `check`, only says what is stale. Returns the stale files.
pub(crate) fn run(root: &Path, check: bool) -> anyhow::Result<Vec<String>> {
    let mut wanted = pages(root)?;
    let mut stale = BTreeSet::new();
    for path in GENERATED.iter().flat_map(|folder| files(root, folder)) {
        if !wanted.contains_key(&path) {
            if !check {
                fs::remove_file(root.join(&path))?;
            }
            stale.insert(path);
        }
    }
    let titles = titles(root, &wanted)?;
    wanted.insert(SUMMARY.to_owned(), summary(&titles));
    for (path, text) in &wanted {
        let file = root.join(path);
        if fs::read_to_string(&file).is_ok_and(|old| old == *text) {
            continue;
        }
        stale.insert(path.clone());
        if !check {
            fs::create_dir_all(file.parent().context("a page has no folder")?)?;
            fs::write(&file, text).with_context(|| format!("{path} cannot be written"))?;
        }
    }
    Ok(stale.into_iter().collect())
}

/// The generated pages, by path: the program tells them.
fn pages(root: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let mut cargo = cargo(root);
    cargo.args(["run", "--quiet", "--package", "terrace", "--", "reference"]);
    let output = cargo.output().context("cargo cannot be run")?;
    if !output.status.success() {
        bail!("`terrace reference` failed:\n{}", String::from_utf8_lossy(&output.stderr));
    }
    serde_json::from_slice(&output.stdout).context("`terrace reference` gave no JSON")
}

/// All files under a folder, as paths from the root with `/`, sorted.
fn files(root: &Path, folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::from(folder)];
    while let Some(path) = open.pop() {
        let Ok(entries) = fs::read_dir(root.join(&path)) else { continue };
        for entry in entries.flatten() {
            let inner = path.join(entry.file_name());
            if root.join(&inner).is_dir() {
                open.push(inner);
            } else {
                found.push(inner.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found.sort();
    found
}

/// The first headings of all pages, by path under `docs/`.
fn titles(
    root: &Path,
    generated: &BTreeMap<String, String>,
) -> anyhow::Result<BTreeMap<String, String>> {
    let mut titles = BTreeMap::new();
    let written = files(root, "docs").into_iter().filter(|path| !generated.contains_key(path));
    for path in written.chain(generated.keys().cloned()) {
        let Some(page) = path.strip_prefix("docs/").filter(|page| page.ends_with(".md")) else {
            continue;
        };
        if path == SUMMARY
            || GENERATED.iter().any(|f| path.starts_with(f)) && !generated.contains_key(&path)
        {
            continue;
        }
        let text = match generated.get(&path) {
            Some(text) => text.clone(),
            None => fs::read_to_string(root.join(&path))?,
        };
        let heading = text.lines().find_map(|line| line.strip_prefix("# "));
        let title = heading.with_context(|| format!("{path} has no heading"))?;
        titles.insert(page.to_owned(), title.trim().to_owned());
    }
    Ok(titles)
}

/// The table of contents that mdBook reads: every page of `docs/`.
fn summary(titles: &BTreeMap<String, String>) -> String {
    let mut text = String::from("# Summary\n");
    let chapter_of = |page: &str| {
        CHAPTERS.iter().position(|(_, begins)| begins.iter().any(|b| page.starts_with(b)))
    };
    let others = [("Others", CHAPTERS.len())];
    let chapters = CHAPTERS.iter().enumerate().map(|(index, (title, _))| (*title, index));
    for (title, index) in chapters.chain(others) {
        let pages =
            titles.iter().filter(|(page, _)| chapter_of(page).unwrap_or(CHAPTERS.len()) == index);
        let entries: Vec<String> = pages
            .map(|(page, title)| {
                let blanks = "  ".repeat(depth(page, titles));
                format!("{blanks}- [{title}]({page})\n")
            })
            .collect();
        if !entries.is_empty() {
            text.extend([&format!("\n# {title}\n\n"), &entries.concat()].map(String::as_str));
        }
    }
    text
}

/// How many pages a page is under: `kinds/servers.md` is under `kinds.md`.
fn depth(page: &str, titles: &BTreeMap<String, String>) -> usize {
    let folders = page.match_indices('/').map(|(at, _)| &page[..at]);
    folders.filter(|folder| titles.contains_key(&format!("{folder}.md"))).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_in_the_table_of_contents() {
        let titles = [
            ("architecture.md", "Architecture"),
            ("guide/language.md", "The language"),
            ("odd.md", "Odd"),
            ("reference/kinds.md", "Kinds"),
            ("reference/kinds/servers.md", "`servers`"),
        ];
        let titles = titles.map(|(page, title)| (page.to_owned(), title.to_owned())).into();
        assert_eq!(
            summary(&titles),
            "# Summary\n\n# Guide\n\n- [The language](guide/language.md)\n\n# Reference\n\n- [Kinds](reference/kinds.md)\n  - [`servers`](reference/kinds/servers.md)\n\n# How it works\n\n- [Architecture](architecture.md)\n\n# Others\n\n- [Odd](odd.md)\n"
        );
    }
}
