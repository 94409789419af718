//! Policies: rules of the workspace that every plan is held to.

use foldhash::HashMap;
use terrace_model::expr::{EvalError, Root, Scope, Term};
use terrace_model::{
    Address, Diagnostic, Diagnostics, Level, Observed, Policy, Refers, Spanned, StackName, Value,
    Workspace,
};

use crate::conditions::{Check, values};
use crate::plan::{Action, InstanceChange, Refusal, Warning};
use crate::scope::Planned;

/// What came of holding a plan to the policies.
#[derive(Default)]
pub(crate) struct Held {
    pub(crate) refusals: Vec<Refusal>,
    pub(crate) warnings: Vec<Warning>,
    pub(crate) problems: Diagnostics,
}

/// Holds every instance to every policy. Rules that cannot be decided yet are kept with the
/// instance, for apply.
pub(crate) fn hold(
    workspace: &Workspace,
    observed: &Observed,
    planned: &HashMap<Address, Planned>,
    instances: &mut [InstanceChange],
) -> Held {
    let mut held = Held::default();
    for policy in &workspace.policies {
        for instance in instances.iter_mut().filter(|i| !i.deposed) {
            if !policy.kinds.is_empty() && !policy.kinds.contains(&instance.address.kind()) {
                continue;
            }
            let scope = PolicyScope {
                workspace,
                observed,
                planned: planned.get(&instance.address),
                instance: &*instance,
            };
            match judge(policy, &scope) {
                Ok(Verdict::Keeps) => {}
                Ok(Verdict::Breaks(message)) => held.breach(policy, (workspace, instance), message),
                Ok(Verdict::Later(check)) => keep(instance, policy, check),
                Err(problem) => held.problems.push(*problem),
            }
        }
    }
    held
}

enum Verdict {
    Keeps,
    Breaks(String),
    Later(Check),
}

impl Held {
    fn breach(
        &mut self,
        policy: &Policy,
        (workspace, instance): (&Workspace, &InstanceChange),
        message: String,
    ) {
        let address = instance.address.clone();
        let place = workspace.sources.place(policy.rule.span);
        let message = format!("policy `{}` on `{address}`: {message} ({place})", policy.name);
        match policy.level {
            Level::Error => self.refusals.push(Refusal {
                address,
                message,
                help: "change what is desired so that the rule holds, or the rule".into(),
            }),
            Level::Warn => self.warnings.push(Warning { address, message }),
        }
    }
}

/// A rule about what only the instance itself will tell is checked when it has.
fn keep(instance: &mut InstanceChange, policy: &Policy, check: Check) {
    if policy.level == Level::Warn || instance.operations().is_empty() {
        return;
    }
    let own = check.holds.origins().iter().any(|o| o.address == instance.address);
    let list = if own { &mut instance.postconditions } else { &mut instance.preconditions };
    list.push(check);
}

fn judge(policy: &Policy, scope: &PolicyScope<'_>) -> Result<Verdict, Box<Diagnostic>> {
    let wrong = |message: String, span| {
        let text = format!("policy `{}` on `{}`: {message}", policy.name, scope.instance.address);
        Box::new(Diagnostic::error("E0501", span, text))
    };
    let evaluate = |term: &Spanned<Term>| {
        let value = term.value.evaluate(scope);
        value.map_err(|e| wrong(e.message, e.span.unwrap_or(term.span)))
    };
    let goes = matches!(scope.instance.action, Action::Delete | Action::Forget);
    let applies = match &policy.when {
        None => Value::Bool(!goes),
        Some(when) => evaluate(when)?,
    };
    if applies.as_bool() == Some(false) {
        return Ok(Verdict::Keeps);
    }
    let (holds, message) = (evaluate(&policy.rule)?, evaluate(&policy.message)?);
    if holds.is_pending() || applies.is_pending() {
        let place = scope.workspace.sources.place(policy.rule.span);
        return Ok(Verdict::Later(Check { holds, message, place }));
    }
    match holds.as_bool() {
        Some(true) => Ok(Verdict::Keeps),
        Some(false) => {
            let said =
                message.as_str().filter(|_| !message.is_sensitive()).unwrap_or("(sensitive)");
            let values = values(&policy.rule, scope);
            let values = if values.is_empty() { values } else { format!("; {values}") };
            Ok(Verdict::Breaks(format!("{said}{values}")))
        }
        None => {
            let text = format!("a rule is true or false, not {}", holds.describe());
            Err(wrong(text, policy.rule.span))
        }
    }
}

struct PolicyScope<'a> {
    workspace: &'a Workspace,
    observed: &'a Observed,
    planned: Option<&'a Planned>,
    instance: &'a InstanceChange,
}

impl PolicyScope<'_> {
    fn planned(&self, field: Option<&str>) -> Value {
        let address = &self.instance.address;
        match (field, self.planned) {
            (Some(name), Some(planned)) => self.named(name, planned.value(address, name)),
            (Some(_), None) => Value::Null,
            (None, planned) => self.map(planned.map(|p| p.whole(address)).unwrap_or_default()),
        }
    }

    fn before(&self, field: Option<&str>) -> Value {
        let before = &self.instance.before;
        match field {
            Some(name) => self.named(name, before.get(name).cloned().unwrap_or(Value::Null)),
            None => self.map(before.iter().map(|(name, value)| (name, value.clone()))),
        }
    }

    fn map<'v>(&self, values: impl IntoIterator<Item = (&'v str, Value)>) -> Value {
        let named = |(name, value)| (name, self.named(name, value));
        Value::Map(values.into_iter().map(named).collect())
    }

    /// Images and flavors by name, as a person writes them.
    fn named(&self, attribute: &str, value: Value) -> Value {
        let schema = self.instance.address.kind().schema();
        let Some(Refers::Lookup(kind)) = schema.attribute(attribute).map(|a| a.refers) else {
            return value;
        };
        let facts = self.observed.facts_of(self.instance.cloud.as_ref());
        let name = value.as_str().and_then(|id| facts.name_of(kind, id));
        name.map_or(value.clone(), Value::text)
    }

    fn action(&self) -> Value {
        let word = serde_json::to_value(self.instance.action).ok();
        Value::text(word.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default())
    }
}

impl Scope for PolicyScope<'_> {
    fn stack(&self) -> &StackName {
        self.instance.address.stack()
    }

    fn value(&self, root: &Root) -> Result<Value, EvalError> {
        match root {
            Root::Given { name, field } => match name.as_str() {
                "planned" => Ok(self.planned(field.as_deref())),
                "before" => Ok(self.before(field.as_deref())),
                "action" => Ok(self.action()),
                "address" => Ok(Value::text(self.instance.address.to_string())),
                name => Err(Root::not_given(name)),
            },
            Root::Env(name) if name == "name" => Ok(Value::text(&self.workspace.environment)),
            root => Err(EvalError::new(format!("a policy does not know `{root}`"))),
        }
    }

    fn file(&self, _: &str) -> Option<&str> {
        None
    }
}
