//! Functions that expressions can call. One table, group by group, drives the checks, the calls, the
//! generated reference and completion; every example in it is tested.

mod arguments;
mod collections;
mod decode;
mod encoding;
mod lists;
mod missing;
mod native;
mod network;
mod number;
mod pattern;
mod printf;
#[cfg(test)]
mod tests;
mod text;
mod texts;
mod yaml_text;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cel::extractors::Arguments as Given;
use cel::objects::Key;
use cel::{Context, DeclarationError, ExecutionError, FunctionContext, Value as Cel};

use super::convert::{MAX_SIZE, from_cel, to_cel};
use super::parse::Parsed;
use crate::value::Value;
use arguments::Arguments;
pub(crate) use missing::Lazy;
pub(crate) use texts::Texts;

/// A function, as the reference documentation lists it.
#[derive(Debug)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// How it is called: `join(list, separator)`. Brackets stand around what may be left out, `...`
    /// for more of the last.
    pub signature: &'static str,
    /// One or two sentences of documentation.
    pub doc: &'static str,
    /// An expression that calls it.
    pub example: &'static str,
    /// What the example gives, as JSON.
    pub result: &'static str,
    run: Run,
}

/// Functions that belong together.
#[derive(Debug)]
pub struct Group {
    /// What they are about.
    pub title: &'static str,
    /// The functions.
    pub functions: &'static [Function],
}

/// How a function is carried out.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Run {
    /// From values to a value.
    Plain(fn(&Arguments) -> Result<Value, String>),
    /// From expressions: not all of them may be evaluated.
    Lazy(Lazy),
    /// Reads a file.
    File,
    /// Reads a file and evaluates the expressions in it.
    Template,
    /// By CEL itself.
    Cel,
}

/// Every function. Each can also be called on its first argument: `x.lower()`.
pub static GROUPS: [Group; 9] = [
    Group { title: "Text", functions: &text::TABLE },
    Group { title: "Patterns", functions: &pattern::TABLE },
    Group { title: "Numbers", functions: &number::TABLE },
    Group { title: "Lists", functions: &lists::TABLE },
    Group { title: "Maps", functions: &collections::TABLE },
    Group { title: "What may be missing", functions: &missing::TABLE },
    Group { title: "Networks and addresses", functions: &network::TABLE },
    Group { title: "Files and encodings", functions: &encoding::TABLE },
    Group { title: "From CEL", functions: &native::TABLE },
];

/// Puts the keys of a map in order, so that no result depends on how CEL happens to store maps.
pub(crate) const SORTED: &str = "@sorted";
/// Functions of CEL that are known but not documented.
const QUIET: [&str; 8] =
    ["dyn", "existsOne", "none", "of", "ofNonZeroValue", "optFlatMap", "or", "value"];

pub(crate) const fn function(
    signature: [&'static str; 2],
    doc: &'static str,
    [example, result]: [&'static str; 2],
    run: Run,
) -> Function {
    let [name, signature] = signature;
    Function { name, signature, doc, example, result, run }
}

impl Function {
    /// The function of that name.
    pub(crate) fn find(name: &str) -> Option<&'static Self> {
        GROUPS.iter().flat_map(|group| group.functions).find(|f| f.name == name)
    }

    /// Whether CEL has a function of that name which the table leaves out.
    pub(crate) fn is_quiet(name: &str) -> bool {
        QUIET.contains(&name)
    }

    /// Names of its parameters as the signature has them.
    fn parameters(&self) -> impl Iterator<Item = &'static str> {
        let inside = self.signature.split_once('(').map_or("", |(_, rest)| rest);
        let inside = inside.strip_suffix(')').unwrap_or(inside);
        inside.split(',').map(str::trim).filter(|p| !p.is_empty())
    }

    /// Fewest and most arguments; `None` without a limit.
    pub(crate) fn arity(&self) -> (usize, Option<usize>) {
        let optional = |p: &&str| p.starts_with('[') || *p == "...";
        let least = self.parameters().filter(|p| !optional(p)).count();
        let most = self.parameters().all(|p| p != "...").then(|| self.parameters().count());
        (least, most)
    }

    /// What is wrong with so many arguments.
    pub(crate) fn refuse(&self, given: usize) -> Option<String> {
        let fits = |(least, most): (usize, Option<usize>)| {
            given >= least && most.is_none_or(|most| given <= most)
        };
        if matches!(self.run, Run::Cel) || fits(self.arity()) {
            return None;
        }
        let wanted = match self.arity() {
            (1, Some(1)) => "1 argument".to_owned(),
            (least, Some(most)) if least == most => format!("{least} arguments"),
            (least, Some(most)) => format!("{least} to {most} arguments"),
            (1, None) => "at least 1 argument".to_owned(),
            (least, None) => format!("at least {least} arguments"),
        };
        Some(format!("`{}` takes {wanted}, {given} given", self.name))
    }

    /// Whether it reads a file, and whether as a template.
    pub(crate) fn reads(&self) -> Option<bool> {
        match self.run {
            Run::File => Some(false),
            Run::Template => Some(true),
            _ => None,
        }
    }

    /// Whether its arguments are evaluated by the function, not before.
    pub(crate) fn is_lazy(&self) -> bool {
        matches!(self.run, Run::Lazy(_))
    }

    /// Its name in a syntax tree: own functions must not meet those of CEL.
    pub(crate) fn inner_name(&self) -> String {
        match self.run {
            Run::Cel => self.name.to_owned(),
            _ => format!("@{}", self.name),
        }
    }
}

/// The names of all functions, sorted.
pub(crate) fn names() -> Vec<&'static str> {
    let mut names: Vec<_> =
        GROUPS.iter().flat_map(|group| group.functions).map(|f| f.name).collect();
    names.sort_unstable();
    names
}

/// Most items that the comprehensions of one scalar walk through, all together.
const MAX_WALKED: usize = 150_000;

/// What functions use beyond their arguments.
pub(crate) struct Around {
    /// Files, by path as written.
    pub(crate) texts: Arc<Texts>,
    /// The scalar whose expressions are evaluated.
    pub(crate) parsed: Arc<Parsed>,
    /// Whether complaints must not say anything about values.
    pub(crate) secret: bool,
}

/// Makes the functions that a scalar calls known to the interpreter.
pub(crate) fn register(
    context: &mut Context,
    around: &Arc<Around>,
) -> Result<(), DeclarationError> {
    // Every comprehension begins with this: what all of them walk through is counted.
    let walked = AtomicUsize::new(0);
    context.add_function(SORTED, move |ftx: &FunctionContext, Given(given): Given| {
        let sorted = given.first().map_or(Cel::Null, |value| sorted(value.clone()));
        let here = if let Cel::List(items) = &sorted { items.len() } else { 0 };
        if walked.fetch_add(here, Ordering::Relaxed) + here > MAX_WALKED {
            return Err(ftx.error(format!("it walks through more than {MAX_WALKED} items")));
        }
        Ok(sorted)
    })?;
    for function in &around.parsed.found.functions {
        let (name, around) = (function.inner_name(), Arc::clone(around));
        match function.run {
            Run::Cel => {}
            Run::Plain(run) => {
                context.add_function(
                    &name,
                    move |ftx: &FunctionContext, Given(given): Given| {
                        plain(run, ftx, &given, around.secret)
                    },
                )?;
            }
            Run::Lazy(lazy) => {
                context.add_function(&name, move |ftx: &FunctionContext, index: i64| {
                    let found = &around.parsed.found;
                    let index = usize::try_from(index).unwrap_or(usize::MAX);
                    lazy.run(ftx, found.lazy.get(index).map_or(&[], Vec::as_slice))
                })?;
            }
            Run::File | Run::Template => {
                context.add_function(
                    &name,
                    move |ftx: &FunctionContext, Given(given): Given| {
                        let given = all(ftx, &given)?;
                        let read = around.texts.read(&given, around.secret);
                        read.map_err(|message| ftx.error(message))
                    },
                )?;
            }
        }
    }
    Ok(())
}

/// The receiver, if there is one, and the arguments.
fn all(ftx: &FunctionContext, given: &[Cel]) -> Result<Vec<Cel>, ExecutionError> {
    let this = ftx.this.as_ref().map(|this| Cel::try_from(this.as_ref())).transpose()?;
    Ok(this.into_iter().chain(given.iter().cloned()).collect())
}

fn plain(
    run: fn(&Arguments) -> Result<Value, String>,
    ftx: &FunctionContext,
    given: &[Cel],
    secret: bool,
) -> Result<Cel, ExecutionError> {
    let values: Result<Vec<Value>, String> = all(ftx, given)?.iter().map(from_cel).collect();
    let result = values.and_then(|values| {
        let result = run(&Arguments::new(values))?;
        if result.weight() > MAX_SIZE { Err(too_large()) } else { to_cel(&result) }
    });
    result.map_err(|message| {
        if secret {
            ftx.error("this cannot be computed from a secret value")
        } else {
            ftx.error(message)
        }
    })
}

/// What is said when a result would be too large.
pub(crate) fn too_large() -> String {
    format!("the result is larger than {} MiB", MAX_SIZE >> 20)
}

fn sorted(of: Cel) -> Cel {
    match of {
        Cel::Map(map) => {
            let mut keys: Vec<&Key> = map.map.keys().collect();
            keys.sort();
            Cel::List(Arc::new(keys.into_iter().map(key_value).collect()))
        }
        other => other,
    }
}

fn key_value(key: &Key) -> Cel {
    match key {
        Key::Int(n) => Cel::Int(*n),
        Key::Uint(n) => Cel::UInt(*n),
        Key::Bool(b) => Cel::Bool(*b),
        Key::String(text) => Cel::String(Arc::clone(text)),
    }
}
