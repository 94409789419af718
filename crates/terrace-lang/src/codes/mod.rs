//! Codes of diagnostics: stable, each with one meaning. This register drives `terrace explain` and
//! the pages in `docs/errors/`; a test makes every example and looks for its code.

mod lifecycle;
mod names;
mod values;
mod yaml;

use std::fmt::Write as _;
use terrace_model::suggest;

/// What one code means.
#[derive(Clone, Copy, Debug)]
pub struct Code {
    /// Such as `E0104`; warnings begin with `W`.
    pub code: &'static str,
    /// One sentence.
    pub title: &'static str,
    /// Why it is refused.
    pub why: &'static str,
    /// What is told so.
    pub example: Example,
    /// What to do.
    pub fix: &'static str,
}

/// A workspace that is told a code, and how.
#[derive(Clone, Copy, Debug)]
pub enum Example {
    /// `terrace validate` with this as `stacks/web.yaml`.
    Stack(&'static str),
    /// `terrace validate` with these files.
    Files(&'static [(&'static str, &'static str)]),
    /// `terrace plan` on the simulator with this as `stacks/web.yaml`.
    Plan(&'static str),
    /// `terrace fmt` with this as `stacks/web.yaml`.
    Format(&'static str),
    /// This as `stacks/web.yaml`, in a cloud or a case that cannot be made at will.
    Untried(&'static str),
}

impl Example {
    /// Its files by path.
    pub fn files(&self) -> Vec<(&'static str, &'static str)> {
        match *self {
            Self::Files(files) => files.to_vec(),
            Self::Stack(text) | Self::Plan(text) | Self::Format(text) | Self::Untried(text) => {
                vec![("stacks/web.yaml", text)]
            }
        }
    }
}

/// Every code, in order.
pub fn all() -> impl Iterator<Item = &'static Code> {
    let lists = [yaml::CODES, names::CODES, values::CODES, lifecycle::CODES];
    let mut all: Vec<&'static Code> = lists.into_iter().flatten().collect();
    all.sort_by_key(|code| code.code);
    all.into_iter()
}

/// What a code means, however its letter is written.
///
/// # Errors
/// The nearest code that is known.
pub fn find(code: &str) -> Result<&'static Code, Option<&'static str>> {
    all()
        .find(|known| known.code.eq_ignore_ascii_case(code))
        .ok_or_else(|| suggest::nearest(code, all().map(|known| known.code)))
}

impl Code {
    /// Its page, as Markdown that also reads well on a terminal.
    pub fn page(&self) -> String {
        let Self { code, title, why, fix, .. } = self;
        let files: String = self
            .example
            .files()
            .iter()
            .map(|(path, text)| {
                format!("```yaml\n# {path}\n{}\n```\n\n", text.trim_end().replace('\t', "\\t"))
            })
            .collect();
        let severity = if code.starts_with('W') { "Warning" } else { "Error" };
        format!(
            "# {code}: {title}\n\n{severity}. {why}\n\n## Example\n\n{files}## What to do\n\n{fix}\n"
        )
    }
}

/// The pages of all codes and their index: path from the root of the repository, and text.
pub fn pages() -> Vec<(String, String)> {
    let mut index = String::from(
        "# Errors and warnings\n\nEvery finding has a code that keeps its meaning. `terrace explain CODE` shows the same text.\n\n| code | meaning |\n| --- | --- |\n",
    );
    let mut pages = Vec::new();
    for code in all() {
        let _ = writeln!(index, "| [{0}]({0}.md) | {1} |", code.code, code.title);
        pages.push((format!("docs/errors/{}.md", code.code), code.page()));
    }
    pages.push(("docs/errors/README.md".to_owned(), index));
    pages
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    #[test]
    fn codes_are_sorted_and_said_once() {
        let codes: Vec<&str> = all().map(|code| code.code).collect();
        let sorted: BTreeSet<&str> = codes.iter().copied().collect();
        assert_eq!(codes, sorted.into_iter().collect::<Vec<_>>());
        for code in all() {
            for text in [code.title, code.why, code.fix] {
                assert!(text.ends_with('.'), "{}: {text}", code.code);
            }
        }
    }

    #[test]
    fn every_code_that_is_used_is_registered_and_every_registered_code_is_used() {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let names = ["terrace-lang", "terrace-model", "terrace-graph", "terrace-plan", "terrace"];
        let mut open = names.map(|name| crates.join(name).join("src")).to_vec();
        let mut used = BTreeSet::new();
        while let Some(path) = open.pop() {
            if path.ends_with("terrace-lang/src/codes") {
                continue;
            }
            if path.is_dir() {
                let entries = std::fs::read_dir(&path).expect("a folder");
                open.extend(entries.map(|entry| entry.expect("an entry").path()));
            } else {
                let text = std::fs::read_to_string(&path).expect("a file");
                let quoted = text.split('"').filter(|part| is_code(part));
                used.extend(quoted.map(str::to_owned));
            }
        }
        let known: BTreeSet<String> = all().map(|code| code.code.to_owned()).collect();
        let odd: Vec<&String> = used.symmetric_difference(&known).collect();
        assert!(odd.is_empty(), "{odd:?}");
    }

    fn is_code(text: &str) -> bool {
        text.len() == 5
            && text.starts_with(['E', 'W'])
            && text[1..].bytes().all(|b| b.is_ascii_digit())
    }

    #[test]
    fn finds_codes_and_what_is_near() {
        assert_eq!(find("e0104").map(|code| code.code), Ok("E0104"));
        assert_eq!(find("E014").map(|code| code.code), Err(Some("E0104")));
        assert_eq!(find("what").map(|code| code.code), Err(None));
    }
}
