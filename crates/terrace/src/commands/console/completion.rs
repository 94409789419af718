//! Completion: the names that an expression may go on with.

use std::collections::BTreeSet;

use rustyline::completion::Completer;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::validate::Validator;
use rustyline::{Context, Helper};
use terrace_model::expr::GROUPS;
use terrace_model::{StackName, Workspace};

/// Names to choose from, sorted.
pub(super) struct Completion(Vec<String>);

impl Completion {
    pub(super) fn new(words: BTreeSet<String>) -> Self {
        Self(words.into_iter().collect())
    }

    /// Where the word at the end of a line begins, and what it may become, one step further.
    fn go_on(&self, line: &str) -> (usize, Vec<String>) {
        let part = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
        let start = line
            .rfind(|c| !part(c))
            .map_or(0, |at| at + line[at..].chars().next().map_or(1, char::len_utf8));
        let word = &line[start..];
        let steps: BTreeSet<String> = self
            .0
            .iter()
            .filter_map(|name| {
                let rest = name.strip_prefix(word).filter(|rest| !rest.is_empty())?;
                let end = rest.char_indices().skip(1).find(|(_, c)| *c == '.');
                Some(format!("{word}{}", &rest[..end.map_or(rest.len(), |(at, _)| at)]))
            })
            .collect();
        (start, steps.into_iter().collect())
    }
}

/// Every name of a stack: functions, variables, locals, resources and their attributes.
pub(super) fn words(workspace: &Workspace, stack: &StackName) -> BTreeSet<String> {
    let functions = GROUPS.iter().flat_map(|group| group.functions);
    let mut words: BTreeSet<String> = functions.map(|f| format!("{}(", f.name)).collect();
    words.insert("env.name".into());
    let Some(stack) = workspace.stacks.get(stack) else { return words };
    words.extend(stack.variables.keys().map(|name| format!("vars.{name}")));
    words.extend(stack.locals.keys().map(|name| format!("locals.{name}")));
    for address in stack.resources.keys() {
        let full = format!("{}.{}", address.kind.section(), address.path);
        for attribute in address.kind.schema().attributes {
            words.insert(format!("{full}.{}", attribute.name));
        }
        words.insert(full);
    }
    words
}

impl Completer for Completion {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        at: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(self.go_on(line.get(..at).unwrap_or(line)))
    }
}

impl Hinter for Completion {
    type Hint = String;
}

impl Highlighter for Completion {}

impl Validator for Completion {}

impl Helper for Completion {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_on_by_one_step() {
        let words = ["join(", "vars.size", "vars.sort", "servers.web", "servers.web.id", "sort("];
        let completion = Completion::new(words.map(str::to_owned).into());
        for (line, start, expected) in [
            ("", 0, "join(, servers, sort(, vars"),
            ("va", 0, "vars"),
            ("vars.s", 0, "vars.size, vars.sort"),
            ("1 + servers", 4, "servers.web"),
            ("[servers.web", 1, "servers.web.id"),
            ("join(so", 5, "sort("),
            ("nothing", 0, ""),
            ("ä vars.si", 3, "vars.size"),
        ] {
            let (at, found) = completion.go_on(line);
            assert_eq!((at, found.join(", ").as_str()), (start, expected), "{line}");
        }
    }
}
