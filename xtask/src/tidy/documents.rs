//! The documents name what exists, and what exists is named.

use std::collections::BTreeSet;

use super::tree::{File, Metadata};
use super::{Finding, manifest};

const ARCHITECTURE: &str = "docs/architecture.md";
const DEPENDENCIES: &str = "docs/dependencies.md";

pub(super) fn check(metadata: &Metadata, files: &[File]) -> Vec<Finding> {
    let mut findings = crates_are_described(metadata, files);
    findings.extend(dependencies_are_reasoned(files));
    findings.extend(links_lead_somewhere(files));
    findings
}

fn text_of<'a>(files: &'a [File], path: &str) -> Result<&'a str, Finding> {
    let found = files.iter().find(|file| file.path == path).map(|file| file.text.as_str());
    found.ok_or_else(|| Finding::new(path, 1, "the document is missing"))
}

fn crates_are_described(metadata: &Metadata, files: &[File]) -> Vec<Finding> {
    let text = match text_of(files, ARCHITECTURE) {
        Ok(text) => text,
        Err(missing) => return vec![missing],
    };
    let ours = metadata.packages.iter().filter(|p| p.manifest_path.starts_with("crates/"));
    ours.filter(|package| !text.contains(&format!("`{}`", package.name)))
        .map(|package| format!("`{}` is not described", package.name))
        .map(|message| Finding::new(ARCHITECTURE, 1, message))
        .collect()
}

fn dependencies_are_reasoned(files: &[File]) -> Vec<Finding> {
    let (root, text) = match (text_of(files, "Cargo.toml"), text_of(files, DEPENDENCIES)) {
        (Ok(root), Ok(text)) => (root, text),
        (Err(missing), _) | (_, Err(missing)) => return vec![missing],
    };
    let named = manifest::workspace_dependencies(root);
    let rows = rows(text);
    let unreasoned = named.iter().filter(|(_, name)| !rows.iter().any(|(_, row)| row == name));
    let unused = rows.iter().filter(|(_, row)| !named.iter().any(|(_, name)| row == name));
    let unreasoned = unreasoned.map(|(line, name)| {
        Finding::new("Cargo.toml", *line, format!("`{name}` has no row in {DEPENDENCIES}"))
    });
    let unused = unused.map(|(line, row)| {
        Finding::new(DEPENDENCIES, *line, format!("`{row}` is not a dependency of the workspace"))
    });
    unreasoned.chain(unused).collect()
}

/// The first cells of the tables' rows, their heads excepted, with their lines.
fn rows(text: &str) -> Vec<(usize, &str)> {
    let below = text.lines().skip(1).chain([""]);
    let lines = (1..).zip(text.lines()).zip(below);
    let rows = lines.filter(|(_, below)| !below.starts_with("| ---"));
    rows.filter_map(|((number, line), _)| {
        let cell = line.strip_prefix("| ")?.split(" |").next()?.trim();
        (!cell.starts_with("---")).then_some((number, cell))
    })
    .collect()
}

fn links_lead_somewhere(files: &[File]) -> Vec<Finding> {
    let known = paths_and_folders(files);
    let documents = files.iter().filter(|file| file.path.ends_with(".md"));
    let links = documents.flat_map(|file| links(&file.text).into_iter().map(move |l| (file, l)));
    links
        .filter(|(file, (_, target))| !known.contains(&resolve(&file.path, target)))
        .map(|(file, (line, target))| {
            Finding::new(&file.path, line, format!("the link leads nowhere: {target}"))
        })
        .collect()
}

fn paths_and_folders(files: &[File]) -> BTreeSet<String> {
    let mut known = BTreeSet::from([String::new()]);
    for file in files {
        let mut path = file.path.as_str();
        known.insert(path.to_owned());
        while let Some((folder, _)) = path.rsplit_once('/') {
            known.insert(folder.to_owned());
            path = folder;
        }
    }
    known
}

/// The targets of Markdown links into the repository, with their lines; none from code blocks.
fn links(text: &str) -> Vec<(usize, &str)> {
    let mut fenced = false;
    let mut found = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        for (index, part) in line.split("](").enumerate() {
            let target = part.split([')', '#', ' ']).next().unwrap_or_default();
            if index > 0 && !target.is_empty() && !target.contains(':') {
                found.push((number, target));
            }
        }
    }
    found
}

/// A link's target as a path from the root.
fn resolve(document: &str, target: &str) -> String {
    let folder = document.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::super::tests::{file, lines};
    use super::super::tree::{Metadata, Package};
    use super::{crates_are_described, dependencies_are_reasoned, links_lead_somewhere};

    fn metadata() -> Metadata {
        let package = |name: &str, folder: &str| Package {
            name: name.to_owned(),
            manifest_path: format!("{folder}/{name}/Cargo.toml"),
            dependencies: Vec::new(),
        };
        Metadata { packages: vec![package("terrace-api", "crates"), package("xtask", ".")] }
    }

    #[test]
    fn every_crate_is_in_the_architecture() {
        for (text, expected) in [
            ("| `terrace-api` | calls |\n", ""),
            ("terrace-apis\n", "docs/architecture.md:1: `terrace-api` is not described\n"),
        ] {
            let files = [file("docs/architecture.md", text)];
            assert_eq!(lines(crates_are_described(&metadata(), &files)), expected);
        }
        let missing = lines(crates_are_described(&metadata(), &[]));
        assert_eq!(missing, "docs/architecture.md:1: the document is missing\n");
    }

    #[test]
    fn every_dependency_has_a_reason_and_no_other_has() {
        let root = file("Cargo.toml", "[workspace.dependencies]\nsled = \"0.34\"\n");
        for (text, expected) in [
            ("| crate | why |\n| --- | --- |\n| sled | the store |\n", ""),
            ("# Why\n", "Cargo.toml:2: `sled` has no row in docs/dependencies.md\n"),
            (
                "| sled | x |\n| redb | y |\n",
                "docs/dependencies.md:2: `redb` is not a dependency of the workspace\n",
            ),
        ] {
            let files = [file("Cargo.toml", &root.text), file("docs/dependencies.md", text)];
            assert_eq!(lines(dependencies_are_reasoned(&files)), expected);
        }
    }

    #[test]
    fn links_into_the_repository_are_followed() {
        for (text, expected) in [
            ("[a](../Cargo.toml) [b](guide.md#top) [c](https://x.org/y) [d](#here)\n", ""),
            ("[a](../crates) [b](.)\n", ""),
            ("```\n[a](gone.md)\n```\n", ""),
            ("x\n[a](gone.md) [b](guide.md)\n", "docs/a.md:2: the link leads nowhere: gone.md\n"),
        ] {
            let files = [
                file("docs/a.md", text),
                file("docs/guide.md", ""),
                file("Cargo.toml", ""),
                file("crates/x/Cargo.toml", ""),
            ];
            assert_eq!(lines(links_lead_somewhere(&files)), expected);
        }
    }
}
