//! Functions on numbers.

use std::cmp::Ordering;

use super::arguments::Arguments;
use super::{Function, Run, function};
use crate::value::Value;

pub(super) static TABLE: [Function; 7] = [
    function(
        ["abs", "abs(number)"],
        "The number without its sign.",
        ["abs(-3)", "3"],
        Run::Plain(|a| match a.value(0) {
            Value::Int(n) => n.checked_abs().map(Value::Int).ok_or_else(too_large),
            Value::Float(n) => Ok(Value::Float(n.abs())),
            _ => Err(a.wrong(0, "a number")),
        }),
    ),
    function(
        ["ceil", "ceil(number)"],
        "The least whole number that is not smaller.",
        ["ceil(3.2)", "4"],
        Run::Plain(|a| whole(a, f64::ceil)),
    ),
    function(
        ["floor", "floor(number)"],
        "The greatest whole number that is not larger.",
        ["floor(3.7)", "3"],
        Run::Plain(|a| whole(a, f64::floor)),
    ),
    function(
        ["max", "max(number, ...)"],
        "The greatest of the numbers or texts, given one by one or as a list.",
        ["max(1, 3)", "3"],
        Run::Plain(|a| most(a, Ordering::Greater)),
    ),
    function(
        ["min", "min(number, ...)"],
        "The least of the numbers or texts, given one by one or as a list.",
        ["min([5, 2, 9])", "2"],
        Run::Plain(|a| most(a, Ordering::Less)),
    ),
    function(
        ["sum", "sum(list)"],
        "The sum of a list of numbers; 0 for an empty one.",
        ["sum([1, 2, 3])", "6"],
        Run::Plain(sum),
    ),
    function(
        ["to_int", "to_int(value)"],
        "A whole number from text or from a number without a fraction.",
        [r#"to_int("8080")"#, "8080"],
        Run::Plain(to_int),
    ),
];

fn too_large() -> String {
    "the result is too large for a number".into()
}

fn whole(a: &Arguments, round: fn(f64) -> f64) -> Result<Value, String> {
    match a.value(0) {
        Value::Int(n) => Ok(Value::Int(*n)),
        Value::Float(n) => int_of(round(*n)).map(Value::Int).ok_or_else(too_large),
        _ => Err(a.wrong(0, "a number")),
    }
}

/// The whole number that a number without a fraction is, while that is exact.
fn int_of(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, reason = "checked: whole, and within 53 bits")]
    let int = number as i64;
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(int)
}

/// The order of two numbers or two texts; `None` for anything else.
pub(super) fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    #[expect(clippy::cast_precision_loss, reason = "only when compared with a fraction")]
    let float = |value: &Value| match value {
        Value::Int(n) => Some(*n as f64),
        Value::Float(n) => Some(*n),
        _ => None,
    };
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (a, b) => float(a)?.partial_cmp(&float(b)?),
    }
}

fn most(a: &Arguments, wanted: Ordering) -> Result<Value, String> {
    let (first, rest) = a.one_list_or_all().split_first().ok_or("the list is empty")?;
    let mixed = || "these are not all numbers, or all texts".to_owned();
    compare(first, first).ok_or_else(mixed)?;
    let mut found = first;
    for value in rest {
        if compare(value, found).ok_or_else(mixed)? == wanted {
            found = value;
        }
    }
    Ok(found.clone())
}

fn sum(a: &Arguments) -> Result<Value, String> {
    let numbers = "the list must hold numbers only";
    a.list(0)?.iter().try_fold(Value::Int(0), |sum, item| match (sum, item) {
        (Value::Int(a), Value::Int(b)) => a.checked_add(*b).map(Value::Int).ok_or_else(too_large),
        #[expect(clippy::cast_precision_loss, reason = "a sum with fractions is a fraction")]
        (Value::Int(a), Value::Float(b)) => Ok(Value::Float(a as f64 + b)),
        #[expect(clippy::cast_precision_loss, reason = "a sum with fractions is a fraction")]
        (Value::Float(a), Value::Int(b)) => Ok(Value::Float(a + *b as f64)),
        (Value::Float(a), Value::Float(b)) => Ok(Value::Float(a + b)),
        _ => Err(numbers.to_owned()),
    })
}

fn to_int(a: &Arguments) -> Result<Value, String> {
    let wrong = || a.wrong(0, "a whole number, or text of one");
    match a.value(0) {
        Value::Int(n) => Ok(Value::Int(*n)),
        Value::Float(n) => int_of(*n).map(Value::Int).ok_or_else(wrong),
        Value::String(text) => text.trim().parse().map(Value::Int).map_err(|_| wrong()),
        _ => Err(wrong()),
    }
}
