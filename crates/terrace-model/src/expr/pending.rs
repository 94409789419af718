//! Resolving: from a pending value and what became known to a value.

use super::evaluate::EvalError;
use super::reference::ResourceReference;
use super::scope::Scope;
use crate::value::{Pending, Value};

impl ResourceReference {
    /// The value a bare name stands for: the resource's `id`, or another attribute if it has one.
    ///
    /// # Errors
    /// When the scope has no such resource.
    pub fn evaluate(&self, _scope: &dyn Scope) -> Result<Value, EvalError> {
        Err(EvalError::new("expressions cannot be evaluated yet"))
    }
}

impl Pending {
    /// The value, now that resources are known.
    ///
    /// # Errors
    /// When an expression fails on the values that came out.
    pub fn resolve(&self, _resource: &dyn Fn(&ResourceReference) -> Result<Value, EvalError>) -> Result<Value, EvalError> {
        Err(EvalError::new("expressions cannot be evaluated yet"))
    }
}

impl Value {
    /// The same value with every pending part resolved, also in lists, maps and sensitive values.
    ///
    /// # Errors
    /// When an expression fails on the values that came out.
    pub fn resolve(&self, resource: &dyn Fn(&ResourceReference) -> Result<Self, EvalError>) -> Result<Self, EvalError> {
        let resolve = |value: &Self| value.resolve(resource);
        Ok(match self {
            Self::Pending(pending) => pending.resolve(resource)?,
            Self::List(items) => Self::List(items.iter().map(resolve).collect::<Result<_, _>>()?),
            Self::Map(map) => {
                Self::Map(map.iter().map(|(k, v)| Ok((k.clone(), resolve(v)?))).collect::<Result<_, EvalError>>()?)
            }
            Self::Sensitive(inner) => match resolve(inner)? {
                marked @ Self::Sensitive(_) => marked,
                plain => Self::Sensitive(Box::new(plain)),
            },
            plain => plain.clone(),
        })
    }
}
