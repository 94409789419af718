//! Functions for what may be missing. `try`, `can` and `default` get expressions, not values: what
//! goes wrong in them is theirs to answer.

use cel::common::ast::IdedExpr;
use cel::{ExecutionError, FunctionContext, Value as Cel};

use super::arguments::Arguments;
use super::{Function, Run, function};
use crate::expr::convert::unwrapped;
use crate::value::Value;

pub(super) static TABLE: [Function; 5] = [
    function(
        ["can", "can(expression)"],
        "Whether the expression can be evaluated.",
        [r#"can({"a": 1}.b)"#, "false"],
        Run::Lazy(Lazy::Can),
    ),
    function(
        ["coalesce", "coalesce(value, ...)"],
        "The first of the values that is not null.",
        [r#"coalesce(null, "a", "b")"#, r#""a""#],
        Run::Plain(|a| {
            let first = a.one_list_or_all().iter().find(|value| !value.is_null());
            first.cloned().ok_or_else(|| "all of the values are null".into())
        }),
    ),
    function(
        ["default", "default(expression, otherwise)"],
        "The value of the expression; the other one when it is null, or asks for a key or an item that is not there.",
        [r#"default({"a": 1}.b, 7)"#, "7"],
        Run::Lazy(Lazy::Default),
    ),
    function(
        ["lookup", "lookup(map, key, [otherwise])"],
        "The value of the key, which may be computed; the other one, or null, when the map has no such key.",
        [r#"lookup({"a": 1}, "b", 0)"#, "0"],
        Run::Plain(lookup),
    ),
    function(
        ["try", "try(expression, ...)"],
        "The value of the first of the expressions that can be evaluated.",
        [r#"try({"a": 1}.b.c, "none")"#, r#""none""#],
        Run::Lazy(Lazy::Try),
    ),
];

fn lookup(a: &Arguments) -> Result<Value, String> {
    let found = a.map(0)?.get(a.text(1)?);
    Ok(found.or_else(|| a.get(2)).cloned().unwrap_or(Value::Null))
}

/// A function of expressions.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Lazy {
    Can,
    Default,
    Try,
}

impl Lazy {
    pub(super) fn run(
        self,
        ftx: &FunctionContext,
        expressions: &[IdedExpr],
    ) -> Result<Cel, ExecutionError> {
        let evaluate = |expression| Cel::resolve(expression, ftx.ptx);
        match (self, expressions) {
            (Self::Can, [expression]) => Ok(Cel::Bool(evaluate(expression).is_ok())),
            (Self::Default, [expression, otherwise]) => match evaluate(expression) {
                Ok(value) if !matches!(unwrapped(&value), Cel::Null) => {
                    Ok(unwrapped(&value).clone())
                }
                Ok(_) | Err(ExecutionError::NoSuchKey(_) | ExecutionError::IndexOutOfBounds(_)) => {
                    evaluate(otherwise)
                }
                // An instance that is not there.
                Err(ExecutionError::UndeclaredReference(name)) if name.starts_with('@') => {
                    evaluate(otherwise)
                }
                Err(error) => Err(error),
            },
            (Self::Try, [first @ .., last]) => {
                let found = first.iter().find_map(|expression| evaluate(expression).ok());
                found.map_or_else(|| evaluate(last), Ok)
            }
            _ => Err(ftx.error("it was not called with expressions")),
        }
    }
}
