//! Values given from outside of the stacks, by precedence: `--var`, `TERRACE_VAR_name`,
//! `--var-file`, the environment's file; what is asked for comes last.

use std::cell::RefCell;
use std::collections::BTreeMap;

use terrace_model::{Diagnostic, Diagnostics, Span, Stack, Value, suggest};

use super::shape::{Kind, Shape};
use crate::load::{Ask, Question, Reading, Request};
use crate::settings::Environment;
use crate::term::entries;
use crate::yaml::{self, Node};

/// Values from outside of the stacks.
pub(crate) struct Given<'a> {
    command_line: BTreeMap<&'a str, &'a str>,
    env: &'a dyn Fn(&str) -> Option<String>,
    files: BTreeMap<String, FromFile>,
    ask: Option<Ask<'a>>,
    /// One answer holds for all stacks.
    answers: RefCell<BTreeMap<String, Option<String>>>,
}

struct FromFile {
    node: Node,
    file: String,
}

/// A value that was given, and by whom.
pub(super) struct Found {
    pub(super) value: Value,
    /// Where it is written, if it is in a file.
    pub(super) span: Option<Span>,
    pub(super) source: String,
}

/// Collects what is given for an environment.
pub(crate) fn collect<'a>(
    reading: &mut Reading<'_>,
    (name, environment): (&str, &Environment),
    request: &'a Request<'_>,
) -> Option<Given<'a>> {
    let mut files = BTreeMap::new();
    if let Some(path) = environment.values(reading, name) {
        let file = reading.read(&path)?;
        take(reading, &path, file, &mut files)?;
    }
    for path in request.variable_files {
        let file = reading.read_outside(path)?;
        take(reading, &path.display().to_string(), file, &mut files)?;
    }
    let command_line = request.variables.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let (env, ask) = (request.env, request.ask);
    Some(Given { command_line, env, files, ask, answers: RefCell::default() })
}

fn take(
    reading: &mut Reading<'_>,
    path: &str,
    file: terrace_model::FileId,
    files: &mut BTreeMap<String, FromFile>,
) -> Option<()> {
    let (node, found) = yaml::parse(reading.sources.text(file), file);
    let broken = found.has_errors();
    reading.diagnostics.extend(found);
    if broken {
        return None;
    }
    for entry in node.iter().flat_map(|node| entries(reading, node, "a file of values").to_vec()) {
        files.insert(entry.key.into(), FromFile { node: entry.value, file: path.to_owned() });
    }
    Some(())
}

impl Given<'_> {
    /// The value of a variable, from the strongest source that has one.
    pub(super) fn find(&self, name: &str, shape: &Shape, told: &mut Diagnostics) -> Option<Found> {
        let words = |text: &str, source: &str| Found {
            value: from_text(text, shape),
            span: None,
            source: source.to_owned(),
        };
        if let Some(text) = self.command_line.get(name) {
            return Some(words(text, "given with `--var`"));
        }
        let variable = format!("TERRACE_VAR_{name}");
        if let Some(text) = (self.env)(&variable) {
            return Some(words(&text, &format!("given as `{variable}`")));
        }
        self.files.get(name).map(|FromFile { node, file }| Found {
            value: shape.read(node, told),
            span: Some(node.span),
            source: format!("given in `{file}`"),
        })
    }

    /// Asks for a value, once for all stacks.
    pub(super) fn ask(&self, question: &Question<'_>, shape: &Shape) -> Option<Found> {
        let ask = self.ask?;
        let mut answers = self.answers.borrow_mut();
        let answer =
            answers.entry(question.name.to_owned()).or_insert_with(|| ask(question)).clone()?;
        let value = from_text(&answer, shape);
        Some(Found { value, span: None, source: "as answered".to_owned() })
    }

    /// Complains about values that no stack declares.
    pub(crate) fn undeclared<'s>(
        &self,
        reading: &mut Reading<'_>,
        stacks: impl Iterator<Item = &'s Stack>,
    ) {
        if reading.diagnostics.has_errors() {
            return; // A stack that could not be read may declare it.
        }
        let declared: Vec<&str> =
            stacks.flat_map(|s| s.variables.keys().map(String::as_str)).collect();
        let help = |name: &str| match suggest::nearest(name, declared.iter().copied()) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => "declare it under `variables` of a stack".to_owned(),
        };
        for name in self.command_line.keys().filter(|name| !declared.contains(name)) {
            let message = format!("no stack declares the variable `{name}` given with `--var`");
            reading.diagnostics.push(Diagnostic::without_place("E0603", message).help(help(name)));
        }
        for (name, FromFile { node, .. }) in
            self.files.iter().filter(|(name, _)| !declared.contains(&name.as_str()))
        {
            let message = format!("no stack declares the variable `{name}`");
            reading
                .diagnostics
                .push(Diagnostic::error("E0603", node.span, message).help(help(name)));
        }
    }
}

/// A value written as text: as the type says, text when there is none.
fn from_text(text: &str, shape: &Shape) -> Value {
    match shape.kind {
        Kind::Any | Kind::String => Value::text(text),
        _ => {
            let (node, found) = yaml::parse(text, terrace_model::FileId(u32::MAX));
            match node {
                Some(node) if !found.has_errors() => shape.read(&node, &mut Diagnostics::default()),
                // What is no YAML is shown as it was written.
                _ => Value::text(text),
            }
        }
    }
}
