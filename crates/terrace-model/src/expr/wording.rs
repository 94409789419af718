//! Wording: what the CEL parser and interpreter complain about, in plain words. Values never get
//! into these texts, since they may be secret.

use cel::{ExecutionError, ParseError, ParseErrors};

use super::evaluate::EvalError;
use crate::suggest::nearest;

/// A complaint of the parser.
#[derive(Debug)]
pub(crate) struct Complaint {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
    /// Byte offset in the expression.
    pub(crate) at: usize,
}

/// The first complaint about an expression.
pub(crate) fn parse_errors(source: &str, errors: &ParseErrors) -> Complaint {
    let useful = errors.errors.iter().find(|e| !e.msg.starts_with("Incomplete"));
    let Some(error) = useful.or(errors.errors.first()) else {
        return syntax(source.len(), "the expression cannot be read", None);
    };
    let at = offset(source, error.pos);
    let complaint = parse_error(at, &error.msg, error);
    let last = source.trim_end().len();
    if complaint.message.contains("ends too early") {
        Complaint { at: last, ..complaint }
    } else {
        complaint
    }
}

fn parse_error(at: usize, message: &str, error: &ParseError) -> Complaint {
    let message = message.strip_prefix("Syntax error: ").unwrap_or(message);
    if let Some(word) = message.strip_prefix("reserved identifier: ") {
        return Complaint {
            code: "E0503",
            message: format!("`{word}` is a reserved word of CEL, the language of expressions"),
            help: Some(format!(
                "a variable of that name is `vars.{word}`, a resource `servers[\"{word}\"]`"
            )),
            at,
        };
    }
    if message.contains("Recursion limit") {
        return Complaint {
            code: "E0505",
            message: "the expression is nested too deeply".into(),
            help: None,
            at: 0,
        };
    }
    if let Some(rest) = message.strip_prefix("token recognition error at: ") {
        return unknown_token(at, rest.trim_matches('\'').trim());
    }
    if let Some(rest) = message.strip_prefix("missing ") {
        let missing = between_quotes(rest);
        return syntax(at, format!("`{missing}` is missing"), None);
    }
    if ["extraneous input", "mismatched input", "no viable alternative"]
        .iter()
        .any(|s| message.starts_with(s))
    {
        return match between_quotes(message) {
            "<EOF>" => syntax(at, "the expression ends too early", None),
            token => syntax(at, format!("`{token}` is not expected here"), None),
        };
    }
    let (text, help) = match message {
        "argument must be a simple name" => {
            ("the first argument must be a new name", Some("as in `list.map(item, item.id)`"))
        }
        "invalid argument to has() macro" => {
            ("`has` asks for a field", Some("as in `has(each.value.port)`"))
        }
        m if m.starts_with("invalid") && m.contains("literal") => {
            ("this number or text is not valid", None)
        }
        m if m.starts_with("Incomplete") => ("the expression ends too early", None),
        m if m.starts_with("unsupported syntax") => ("this is not supported in expressions", None),
        _ if error.source.is_some() => ("the expression cannot be read", None),
        other => (other, None),
    };
    syntax(at, text, help)
}

fn unknown_token(at: usize, token: &str) -> Complaint {
    match token.chars().next() {
        None | Some('"' | '\'') => {
            syntax(at, "a text begins here and does not end", Some("close it with the same quote"))
        }
        Some('=') => syntax(at, "`=` is not expected here", Some("values are compared with `==`")),
        Some('&') => syntax(at, "`&` is not expected here", Some("`and` is written `&&`")),
        Some('|') => syntax(
            at,
            "`|` is not expected here",
            Some("`or` is written `||`; there are no pipes or filters"),
        ),
        Some('$') => syntax(
            at,
            "`$` is not expected here",
            Some("inside `${...}` names are written without `${`"),
        ),
        Some(_) => syntax(at, format!("`{token}` is not expected here"), None),
    }
}

fn syntax(at: usize, message: impl Into<String>, help: Option<&str>) -> Complaint {
    Complaint { code: "E0502", message: message.into(), help: help.map(Into::into), at }
}

/// The text between the first quote and the next; the parser puts tokens in single quotes.
fn between_quotes(message: &str) -> &str {
    let Some((_, rest)) = message.split_once('\'') else { return message };
    let rest = rest.split_once("' expecting").map_or(rest, |(token, _)| token);
    let rest = rest.split_once("' at ").map_or(rest, |(token, _)| token);
    rest.strip_suffix('\'').filter(|r| !r.is_empty()).unwrap_or(rest)
}

/// Line from 1 and column in characters from 1, as a byte offset.
fn offset(source: &str, (line, column): (isize, isize)) -> usize {
    let skip = |n: isize| usize::try_from(n - 1).unwrap_or(0);
    let mut before = 0;
    for (index, text) in source.split_inclusive('\n').enumerate() {
        if index == skip(line) {
            let within: usize = text.chars().take(skip(column)).map(char::len_utf8).sum();
            return before + within;
        }
        before += text.len();
    }
    source.len()
}

/// A complaint of the interpreter. With `secret`, nothing that came from values is said.
pub(crate) fn execution(error: &ExecutionError, secret: bool) -> EvalError {
    match error {
        ExecutionError::NoSuchKey(_) if secret => {
            EvalError::new("a key that is looked up is not there")
        }
        ExecutionError::NoSuchKey(key) => EvalError::new(format!("there is no `{key}` in it"))
            .help("`has(x.field)` asks whether a field is there"),
        ExecutionError::NoSuchOverload(overload) => {
            no_overload(overload.function(), overload.argument_types())
        }
        ExecutionError::UnsupportedBinaryOperator(operator, left, right) => {
            let symbol = match *operator {
                "add" => "_+_",
                "sub" => "_-_",
                "mul" => "_*_",
                "div" => "_/_",
                "rem" => "_%_",
                other => other,
            };
            no_overload(symbol, &[left.type_of().to_string(), right.type_of().to_string()])
        }
        ExecutionError::UndeclaredReference(name) => {
            let help = nearest(name, super::functions::names())
                .map(|near| format!("did you mean `{near}`?"));
            EvalError { help, ..EvalError::new(format!("there is nothing called `{name}`")) }
        }
        ExecutionError::FunctionError { function, message } => {
            EvalError::new(format!("`{}`: {message}", function.trim_start_matches('@')))
        }
        ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => {
            EvalError::new("division by zero")
        }
        ExecutionError::Overflow(..) => EvalError::new("the result is too large for a number"),
        ExecutionError::IndexOutOfBounds(_) => EvalError::new("the list has no item of that index"),
        ExecutionError::DuplicateKey(_) => EvalError::new("a key occurs twice in a map"),
        ExecutionError::UnexpectedType { want, .. } => {
            EvalError::new(format!("an argument has the wrong type; {} is needed", type_word(want)))
        }
        ExecutionError::InvalidArgumentCount { expected, actual } => {
            EvalError::new(format!("{expected} arguments are needed, {actual} given"))
        }
        ExecutionError::UnsupportedKeyType(_) => EvalError::new("this cannot be the key of a map"),
        ExecutionError::ValuesNotComparable(..) => {
            EvalError::new("these values cannot be compared")
        }
        _ => EvalError::new("this cannot be computed"),
    }
}

fn no_overload(function: &str, types: &[String]) -> EvalError {
    let words: Vec<&str> = types.iter().map(|t| type_word(t)).collect();
    let operator = function.trim_matches('_').trim_matches(|c| c == '@');
    let text = match (function, words.as_slice()) {
        ("_[_]", [of, key]) => format!("{of} has no items to look up by {key}"),
        ("_?_:_", _) => "the condition in front of `?` must be true or false".into(),
        (_, [left, right]) if function.starts_with('_') || function == "@in" => {
            format!("`{operator}` does not work on {left} and {right}")
        }
        (_, [only]) => format!("`{operator}` does not work on {only}"),
        (_, words) => format!("`{operator}` does not take {}", words.join(", ")),
    };
    let mixed =
        types.iter().any(|t| t == "string") && types.iter().any(|t| t == "int" || t == "double");
    let error = EvalError::new(text);
    if function == "_+_" && mixed {
        error.help("turn a number into text with `string(...)`, or write `${a}${b}`")
    } else {
        error
    }
}

fn type_word(name: &str) -> &str {
    match name {
        "string" | "Arc<String>" => "text",
        "int" | "uint" | "i64" | "u64" => "a whole number",
        "double" | "float" | "f64" => "a number",
        "bool" => "true or false",
        "list" | "Arc<Vec<Value>>" => "a list",
        "map" => "a map",
        "null_type" | "null" => "nothing",
        other => other,
    }
}
