//! Resolving: from a pending value and what became known to a value.

use std::borrow::Cow;

use super::evaluate::{EvalError, file_binding};
use super::parse::Template;
use super::reference::{ResourceReference, Root};
use super::scope::Scope;
use crate::address::{InstanceKey, StackName};
use crate::map::Map;
use crate::source::{FileId, Span};
use crate::value::{Pending, Value};

/// How to get the value of a resource's attribute, when a pending value is resolved. The reference
/// names its stack.
pub type Lookup<'a> = dyn Fn(&ResourceReference) -> Result<Value, EvalError> + 'a;

impl ResourceReference {
    /// The value a bare name stands for: the resource's `id`, or another attribute if it has one.
    ///
    /// While that is not known the value is pending, with a template that names the instance the
    /// scope chose: for a child inside a repeated parent that is the one of the same key.
    ///
    /// # Errors
    /// When the scope has no such resource.
    pub fn evaluate(&self, scope: &dyn Scope) -> Result<Value, EvalError> {
        let reference = self.of_attribute();
        let value = reference.read(scope)?;
        if !value.is_pending() {
            return Ok(value);
        }
        let mut reference = reference.into_owned();
        let origins = value.origins();
        let target = reference.address(scope.stack());
        if let [origin] = origins.as_slice()
            && origin.address.resource == target
        {
            reference.key = reference.key.or_else(|| origin.address.key.clone());
            reference.own_key &= reference.key.is_none();
        }
        let stack = scope.stack().clone();
        let pending =
            Pending { origins, template: format!("${{{reference}}}"), stack, bindings: Map::new() };
        let pending = Value::Pending(Box::new(pending));
        Ok(if value.is_sensitive() { pending.into_sensitive() } else { pending })
    }

    /// The same, pending as the scope has it while it is not known.
    ///
    /// # Errors
    /// When the scope has no such resource.
    pub fn read(&self, scope: &dyn Scope) -> Result<Value, EvalError> {
        scope.resource(&self.of_attribute()).map_err(|error| error.at(self.span))
    }

    fn of_attribute(&self) -> Cow<'_, Self> {
        match self.attribute {
            Some(_) => Cow::Borrowed(self),
            None => Cow::Owned(Self { attribute: Some("id".into()), ..self.clone() }),
        }
    }
}

impl Pending {
    /// The value, now that resources are known.
    ///
    /// # Errors
    /// When an expression fails on the values that came out.
    pub fn resolve(&self, resource: &Lookup<'_>) -> Result<Value, EvalError> {
        let nowhere = Span::new(FileId(u32::MAX), 0, 0);
        let template =
            Template::parse(&self.template, nowhere).map_err(|d| EvalError::new(d.message))?;
        let value = template.evaluate(&Bindings { pending: self, resource });
        value.map_err(|error| EvalError { span: None, ..error })
    }
}

/// The scope of a pending value: what was bound when it was planned, and the resources of now.
struct Bindings<'a> {
    pending: &'a Pending,
    resource: &'a Lookup<'a>,
}

impl Bindings<'_> {
    /// The key of the instance whose value it is, as far as the value uses it.
    fn own_key(&self) -> Option<InstanceKey> {
        let bound = |root: &Root| self.pending.bindings.get(&root.to_string());
        match (bound(&Root::CountIndex), bound(&Root::EachKey)) {
            (Some(Value::Int(index)), _) => u32::try_from(*index).ok().map(InstanceKey::Index),
            (_, Some(Value::String(key))) => Some(InstanceKey::Text(key.clone())),
            _ => None,
        }
    }
}

impl Scope for Bindings<'_> {
    fn stack(&self) -> &StackName {
        &self.pending.stack
    }

    fn value(&self, root: &Root) -> Result<Value, EvalError> {
        if let Root::Resource(reference) = root {
            let reference = reference.clone().with_own_key(self.own_key().as_ref());
            return (self.resource)(&reference.within(&self.pending.stack));
        }
        match self.pending.bindings.get(&root.to_string()) {
            Some(value) => value.resolve(self.resource),
            None => Err(EvalError::new(format!("`{root}` was not kept with the plan"))),
        }
    }

    fn file(&self, path: &str) -> Option<&str> {
        self.pending.bindings.get(&file_binding(path)).and_then(Value::as_str)
    }
}

impl Value {
    /// The same value with every pending part resolved, also in lists, maps and sensitive values.
    ///
    /// # Errors
    /// When an expression fails on the values that came out.
    pub fn resolve(&self, resource: &Lookup<'_>) -> Result<Self, EvalError> {
        let resolve = |value: &Self| value.resolve(resource);
        Ok(match self {
            Self::Pending(pending) => pending.resolve(resource)?,
            Self::List(items) => Self::List(items.iter().map(resolve).collect::<Result<_, _>>()?),
            Self::Map(map) => Self::Map(
                map.iter().map(|(k, v)| Ok((k, resolve(v)?))).collect::<Result<_, EvalError>>()?,
            ),
            Self::Sensitive(inner) => resolve(inner)?.into_sensitive(),
            plain => plain.clone(),
        })
    }

    /// The value, marked sensitive.
    #[must_use]
    pub fn into_sensitive(self) -> Self {
        match self {
            marked @ Self::Sensitive(_) => marked,
            plain => Self::Sensitive(Box::new(plain)),
        }
    }
}
