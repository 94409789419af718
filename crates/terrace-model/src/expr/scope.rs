//! Scopes: what names mean where an expression stands.

use super::evaluate::EvalError;
use super::reference::{ResourceReference, Root};
use crate::address::StackName;
use crate::value::Value;

/// Gives names their values.
pub trait Scope {
    /// The stack that resource names belong to.
    fn stack(&self) -> &StackName;

    /// The value of what is named. A resource reference with an attribute gives that attribute,
    /// one without gives a map of all its attributes; for a block with many instances and no key,
    /// a list (`count`) or a map (`for_each`) of those. Unknown values are [`Value::Pending`].
    ///
    /// # Errors
    /// When there is nothing of that name here.
    fn value(&self, root: &Root) -> Result<Value, EvalError>;

    /// The value of a resource reference, as [`Scope::value`] gives it.
    ///
    /// # Errors
    /// When there is nothing of that name here.
    fn resource(&self, reference: &ResourceReference) -> Result<Value, EvalError> {
        self.value(&Root::Resource(reference.clone()))
    }

    /// The text of a file that was read when the workspace was loaded, by the path as written.
    fn file(&self, path: &str) -> Option<&str>;
}
