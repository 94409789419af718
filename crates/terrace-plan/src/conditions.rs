//! Conditions of instances: decided where everything is known, kept for apply where it is not.

use serde::{Deserialize, Serialize};
use terrace_model::expr::{EvalError, Root, Scope, Term};
use terrace_model::{
    Address, Condition, Diagnostic, Diagnostics, Place, Spanned, StackName, Value, Workspace,
};

use crate::scope::{InstanceScope, Planned, waiting_for};

/// A condition that apply has to check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// Must come out as true.
    pub holds: Value,
    /// What is said when it does not.
    pub message: Value,
    /// Where it is written.
    pub place: Place,
}

impl Check {
    /// Fit to be stored: what is sensitive is a hash, and cannot be checked from there.
    pub(crate) fn sealed(&self, key: &[u8]) -> Self {
        let (holds, message) = (self.holds.sealed(key), self.message.sealed(key));
        Self { holds, message, place: self.place.clone() }
    }

    /// Whether it uses something sensitive.
    pub(crate) fn is_sensitive(&self) -> bool {
        self.holds.is_sensitive() || self.message.is_sensitive()
    }
}

/// The scope of postconditions: `self` is the instance, as it is or as it will turn out.
struct AfterScope<'a> {
    inner: &'a InstanceScope<'a>,
    address: &'a Address,
    seen: Option<&'a Planned>,
}

impl Scope for AfterScope<'_> {
    fn stack(&self) -> &StackName {
        self.inner.stack()
    }

    fn value(&self, root: &Root) -> Result<Value, EvalError> {
        match (root, self.seen) {
            (Root::Given { name, field: Some(field) }, seen) if name == "self" => Ok(match seen {
                Some(seen) => seen.value(self.address, field),
                None => waiting_for(self.address, field),
            }),
            (Root::Given { name, field: None }, Some(seen)) if name == "self" => {
                Ok(Value::Map(seen.whole(self.address).into_iter().collect()))
            }
            (root, _) => self.inner.value(root),
        }
    }

    fn file(&self, path: &str) -> Option<&str> {
        self.inner.file(path)
    }
}

/// What is to be checked of an instance, and when.
#[derive(Default)]
pub(crate) struct Checks {
    pub(crate) before: Vec<Check>,
    pub(crate) after: Vec<Check>,
    pub(crate) problems: Diagnostics,
}

/// Decides the conditions of an instance; `seen` is given when nothing is done to it.
pub(crate) fn decide(
    (before, after): (&[Condition], &[Condition]),
    address: &Address,
    scope: &InstanceScope<'_>,
    seen: Option<&Planned>,
) -> Checks {
    let mut problems = Diagnostics::default();
    let later = AfterScope { inner: scope, address, seen };
    let workspace = scope.names.workspace;
    let mut all = |conditions: &[Condition], scope: &dyn Scope, code| -> Vec<Check> {
        let mut kept = Vec::new();
        for one in conditions {
            match check(one, (address, workspace), scope, code) {
                Ok(check) => kept.extend(check),
                Err(problem) => problems.push(*problem),
            }
        }
        kept
    };
    let before = all(before, scope, "E0831");
    let after = all(after, &later, "E0832");
    // Where nothing is done there is no moment at which it could be checked.
    let acts = seen.is_none();
    let keep = |checks: Vec<Check>| if acts { checks } else { Vec::new() };
    Checks { before: keep(before), after: keep(after), problems }
}

fn check(
    one: &Condition,
    (address, workspace): (&Address, &Workspace),
    scope: &dyn Scope,
    code: &'static str,
) -> Result<Option<Check>, Box<Diagnostic>> {
    let wrong = |error: EvalError, term: &Spanned<Term>| {
        let span = error.span.unwrap_or(term.span);
        Box::new(Diagnostic::error("E0501", span, error.message))
    };
    let span = one.condition.span;
    let holds = one.condition.value.evaluate(scope).map_err(|e| wrong(e, &one.condition))?;
    let message = one.message.value.evaluate(scope).map_err(|e| wrong(e, &one.message))?;
    match (holds.is_pending(), holds.as_bool()) {
        (true, _) => Ok(Some(Check { holds, message, place: workspace.sources.place(span) })),
        (false, Some(true)) => Ok(None),
        (false, Some(false)) => {
            let said =
                message.as_str().filter(|_| !message.is_sensitive()).unwrap_or("(sensitive)");
            let problem = Diagnostic::error(code, span, format!("`{address}`: {said}"));
            let values = values(&one.condition, scope);
            Err(Box::new(if values.is_empty() { problem } else { problem.label(values) }))
        }
        (false, None) => {
            let message = format!("a condition is true or false, not {}", holds.describe());
            Err(Box::new(Diagnostic::error("E0301", span, message)))
        }
    }
}

/// The values that decided, as `vars.size is 3`.
pub(crate) fn values(term: &Spanned<Term>, scope: &dyn Scope) -> String {
    let mut told: Vec<String> = Vec::new();
    for reference in term.value.references() {
        if let Ok(value) = scope.value(&reference.root) {
            let text = format!("`{}` is {value}", reference.root);
            if !told.contains(&text) {
                told.push(text);
            }
        }
    }
    told.join(", ")
}
