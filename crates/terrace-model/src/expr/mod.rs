//! Expressions: terms as they stand in a stack file, the references they make, and how they are
//! evaluated in a scope. `${...}` is CEL; this is the only crate that names the `cel` crate.

mod convert;
mod deep;
mod evaluate;
mod functions;
mod parse;
mod pending;
mod plain;
mod reference;
mod scan;
mod scope;
#[cfg(test)]
mod tests;
mod walk;
mod wording;

pub use evaluate::EvalError;
pub use functions::{Function, GROUPS, Group};
pub use parse::{FileUse, ItemRead, Template};
pub use pending::Lookup;
pub use reference::{Reference, ResourceReference, Root};
pub use scope::Scope;

use crate::map::Map;
use crate::source::Spanned;
use crate::value::Value;

/// A value as it is written: literal, with expressions in it, or naming another resource.
#[derive(Clone, Debug)]
pub enum Term {
    /// Known as it stands.
    Literal(Value),
    /// A scalar with `${...}` in it.
    Template(Template),
    /// A bare name of another resource; its value is that resource's `id`.
    Reference(Box<ResourceReference>),
    /// A list.
    List(Vec<Spanned<Self>>),
    /// A map.
    Map(Map<Spanned<Self>>),
}

impl Term {
    /// Every reference in it, in order of place, also those inside lists and maps.
    pub fn references(&self) -> Vec<Reference> {
        let mut found = Vec::new();
        self.collect(&mut found);
        found
    }

    fn collect(&self, found: &mut Vec<Reference>) {
        match self {
            Self::Literal(_) => {}
            Self::Template(template) => found.extend(template.references().iter().cloned()),
            Self::Reference(reference) => found.push(ResourceReference::clone(reference).into()),
            Self::List(items) => items.iter().for_each(|item| item.value.collect(found)),
            Self::Map(map) => map.values().for_each(|item| item.value.collect(found)),
        }
    }

    /// Its value in a scope. Parts that wait for other resources come out as pending.
    ///
    /// # Errors
    /// What is wrong and where, when an expression cannot be evaluated.
    pub fn evaluate(&self, scope: &dyn Scope) -> Result<Value, EvalError> {
        match self {
            Self::Literal(value) => Ok(value.clone()),
            Self::Template(template) => template.evaluate(scope),
            Self::Reference(reference) => reference.evaluate(scope),
            Self::List(items) => items
                .iter()
                .map(|item| item.value.evaluate(scope))
                .collect::<Result<_, _>>()
                .map(Value::List),
            Self::Map(map) => map
                .iter()
                .map(|(key, item)| Ok((key, item.value.evaluate(scope)?)))
                .collect::<Result<_, _>>()
                .map(Value::Map),
        }
    }
}
