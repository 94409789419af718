//! Functions that expressions can call, beyond CEL's own.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cel::extractors::This;
use cel::objects::Key;
use cel::{Context, DeclarationError, ExecutionError, FunctionContext, Value as Cel};
use sha2::{Digest, Sha256};

use crate::value::hex;

/// A function, as the reference documentation lists it.
#[derive(Debug)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// How it is called: `join(list, separator)`.
    pub signature: &'static str,
    /// One sentence of documentation.
    pub doc: &'static str,
}

impl Function {
    /// How many arguments it takes.
    pub(crate) fn parameters(&self) -> usize {
        self.signature.matches(',').count() + 1
    }
}

const fn function(name: &'static str, signature: &'static str, doc: &'static str) -> Function {
    Function { name, signature, doc }
}

pub(crate) const FILE: &str = "file";
/// Puts the keys of a map in order, so that no result depends on how CEL happens to store maps.
pub(crate) const SORTED: &str = "@sorted";

/// Every function beyond CEL's own. Each can also be called on its first argument: `x.lower()`.
pub static FUNCTIONS: [Function; 10] = [
    function(
        FILE,
        "file(path)",
        "The text of a file of the workspace; the path is relative to its folder and written out.",
    ),
    function("sha256", "sha256(text)", "The SHA-256 of the text, in hexadecimal."),
    function("base64encode", "base64encode(text)", "The text in base64."),
    function(
        "base64decode",
        "base64decode(text)",
        "The text that the base64 stands for; it must be UTF-8.",
    ),
    function("lower", "lower(text)", "The text in lower case."),
    function("upper", "upper(text)", "The text in upper case."),
    function(
        "join",
        "join(list, separator)",
        "The texts of the list, with the separator between them.",
    ),
    function("split", "split(text, separator)", "The list of what stands between the separators."),
    function(
        "replace",
        "replace(text, old, new)",
        "The text with every occurrence of `old` replaced by `new`.",
    ),
    function("trim", "trim(text)", "The text without blanks at both ends."),
];

/// Functions and macros of CEL itself.
pub(crate) const BUILT_IN: [&str; 20] = [
    "all",
    "bool",
    "bytes",
    "contains",
    "double",
    "dyn",
    "endsWith",
    "exists",
    "existsOne",
    "exists_one",
    "filter",
    "has",
    "int",
    "map",
    "size",
    "startsWith",
    "string",
    "type",
    "uint",
    "cel",
];

/// The names of all functions, sorted.
pub(crate) fn names() -> Vec<&'static str> {
    let built_in = BUILT_IN.into_iter().filter(|name| !["cel", "dyn", "existsOne"].contains(name));
    let mut names: Vec<_> = FUNCTIONS.iter().map(|f| f.name).chain(built_in).collect();
    names.sort_unstable();
    names
}

/// Texts of files, by path as written.
pub(crate) type Files = BTreeMap<String, String>;

/// Makes a function known to the interpreter.
pub(crate) fn register(
    context: &mut Context,
    name: &str,
    files: &Arc<Files>,
) -> Result<(), DeclarationError> {
    match name {
        FILE => {
            let files = Arc::clone(files);
            context.add_function(FILE, move |ftx: &FunctionContext, path: This<Arc<String>>| {
                files
                    .get(path.0.as_str())
                    .cloned()
                    .map(text)
                    .ok_or_else(|| ftx.error("the file was not read"))
            })
        }
        "sha256" => context
            .add_function(name, |of: This<Arc<String>>| hex(&Sha256::digest(of.0.as_bytes()))),
        "base64encode" => {
            context.add_function(name, |of: This<Arc<String>>| STANDARD.encode(of.0.as_bytes()))
        }
        "base64decode" => context.add_function(name, decode),
        "lower" => context.add_function(name, |of: This<Arc<String>>| of.0.to_lowercase()),
        "upper" => context.add_function(name, |of: This<Arc<String>>| of.0.to_uppercase()),
        "join" => context.add_function(name, join),
        "split" => context.add_function(name, split),
        "replace" => context.add_function(
            name,
            |of: This<Arc<String>>, old: Arc<String>, new: Arc<String>| {
                of.0.replace(old.as_str(), &new)
            },
        ),
        "trim" => context.add_function(name, |of: This<Arc<String>>| of.0.trim().to_owned()),
        SORTED => context.add_function(name, sorted),
        _ => Ok(()),
    }
}

fn text(text: String) -> Cel {
    Cel::String(Arc::new(text))
}

fn decode(ftx: &FunctionContext, of: This<Arc<String>>) -> Result<Cel, ExecutionError> {
    let bytes = STANDARD.decode(of.0.trim()).map_err(|_| ftx.error("this is not base64"))?;
    String::from_utf8(bytes)
        .map(text)
        .map_err(|_| ftx.error("what the base64 stands for is not UTF-8 text"))
}

fn join(
    ftx: &FunctionContext,
    list: This<Cel>,
    separator: Arc<String>,
) -> Result<Cel, ExecutionError> {
    let wrong = || ftx.error("the first argument must be a list of texts or numbers");
    let Cel::List(items) = list.0 else { return Err(wrong()) };
    let items: Result<Vec<String>, _> = items
        .iter()
        .map(|item| match item {
            Cel::String(text) => Ok(text.as_str().to_owned()),
            Cel::Int(n) => Ok(n.to_string()),
            Cel::UInt(n) => Ok(n.to_string()),
            Cel::Float(n) => Ok(n.to_string()),
            Cel::Bool(b) => Ok(b.to_string()),
            _ => Err(wrong()),
        })
        .collect();
    Ok(text(items?.join(&separator)))
}

fn split(
    ftx: &FunctionContext,
    of: This<Arc<String>>,
    separator: Arc<String>,
) -> Result<Cel, ExecutionError> {
    if separator.is_empty() {
        return Err(ftx.error("the separator must not be empty"));
    }
    Ok(Cel::List(Arc::new(
        of.0.split(separator.as_str()).map(|part| text(part.to_owned())).collect(),
    )))
}

fn sorted(of: This<Cel>) -> Cel {
    match of.0 {
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
