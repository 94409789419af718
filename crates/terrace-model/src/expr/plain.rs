//! Expressions that only read: `${each.value.flavor}`, `app-${each.key}`. Nearly all that differ
//! from instance to instance are such, and they need no interpreter.

use cel::common::ast::Expr;

use super::convert::MAX_SIZE;
use super::evaluate::{EvalError, as_text};
use super::functions::too_large;
use super::parse::Part;
use super::walk::root_index;
use crate::value::Value;

/// The value of a scalar in which nothing is secret or unknown, where each expression in it is a name, or a field of one that is there.
/// `None` for all else: also for what is not there, of which the interpreter can say more.
pub(super) fn value(parts: &[Part], values: &[Value]) -> Option<Result<Value, EvalError>> {
    if let [Part::Expression { tree, .. }] = parts {
        return read(&tree.expr, values).cloned().map(Ok);
    }
    let mut text = String::new();
    for part in parts {
        let (tree, span) = match part {
            Part::Text(plain) => {
                text.push_str(plain);
                continue;
            }
            Part::Expression { tree, span } => (tree, *span),
        };
        match as_text(read(&tree.expr, values)?) {
            Ok(part) => text.push_str(&part),
            Err(error) => return Some(Err(error.at(span))),
        }
        if text.len() > MAX_SIZE {
            return Some(Err(EvalError::new(too_large()).at(span)));
        }
    }
    Some(Ok(Value::text(text)))
}

fn read<'v>(expr: &Expr, values: &'v [Value]) -> Option<&'v Value> {
    match expr {
        Expr::Ident(name) => values.get(root_index(name)?),
        Expr::Select(select) if !select.test => {
            read(&select.operand.expr, values)?.as_map()?.get(&select.field)
        }
        _ => None,
    }
}
