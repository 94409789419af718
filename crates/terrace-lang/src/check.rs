//! Types, as far as they are known before anything exists: each attribute of a block is evaluated
//! in a scope where what other resources will be is pending.

use std::collections::BTreeMap;

use terrace_model::expr::{EvalError, ResourceReference, Root, Scope, Term};
use terrace_model::{
    Diagnostic, Diagnostics, InstanceKey, Name, Origin, Pending, Refers, Repeat, Resource, Spanned,
    Stack, StackName, Value, Workspace, suggest,
};

/// Checks every attribute and output of a workspace.
pub(crate) fn types(workspace: &Workspace) -> Diagnostics {
    let mut found = Diagnostics::default();
    for stack in workspace.stacks.values() {
        for resource in stack.resources.values() {
            attributes(workspace, stack, resource, &mut found);
        }
        let scope = Checking { workspace, stack, key: None, repeat: &Repeat::One };
        for output in stack.outputs.values() {
            if let Err(error) = output.term.value.evaluate(&scope) {
                found.push(complaint(error, output.term.span));
            }
        }
    }
    found
}

fn attributes(workspace: &Workspace, stack: &Stack, resource: &Resource, found: &mut Diagnostics) {
    // One instance stands for all; a block without any is checked as if it had one.
    let key = resource.repeat.first().unwrap_or(Some(InstanceKey::Index(0)));
    let scope = Checking { workspace, stack, key, repeat: &resource.repeat };
    crate::lifecycle::check(stack, resource, &scope, found);
    for (name, term) in &resource.body {
        let Some(attribute) = resource.address.kind.schema().attribute(name) else { continue };
        if attribute.names_resources() {
            same_cloud(workspace, resource, term, found);
        }
        match term.value.evaluate(&scope) {
            Err(error) => found.push(complaint(error, term.span)),
            Ok(Value::Null) => {}
            Ok(value) => {
                if let Err(wrong) = attribute.ty.check(&value) {
                    let message = format!("`{name}` of `{}`: {wrong}", resource.address);
                    let diagnostic = Diagnostic::error("E0301", term.span, message);
                    found.push(match (attribute.refers, &value) {
                        (Refers::Kind(_) | Refers::KindOrOwn(_), Value::List(_)) => {
                            diagnostic.help("write one name, without brackets")
                        }
                        _ => diagnostic,
                    });
                }
                yes_and_no(attribute.ty, &value, term.span, found);
            }
        }
    }
}

/// An object can only be made from objects of its own cloud.
fn same_cloud(
    workspace: &Workspace,
    resource: &Resource,
    term: &Spanned<Term>,
    found: &mut Diagnostics,
) {
    for reference in term.value.references() {
        let Root::Resource(to) = reference.root else { continue };
        let address = to.address(&resource.address.stack);
        let Some(target) = workspace.resource(&address).filter(|t| t.cloud != resource.cloud)
        else {
            continue;
        };
        let place = |cloud: &Option<Name>| match cloud {
            Some(name) => format!("in the cloud `{name}`"),
            None => "in the workspace's own cloud".to_owned(),
        };
        let (here, there) = (place(&resource.cloud), place(&target.cloud));
        let message = format!("`{address}` is {there}, and `{}` is {here}", resource.address);
        found.push(
            Diagnostic::error("E0406", reference.span, message)
                .related(target.span, format!("`{address}` is {there}"))
                .help("both must be in one cloud"),
        );
    }
}

/// `yes`, `no`, `on`, `off` are text in YAML 1.2, and often meant otherwise.
fn yes_and_no(
    ty: terrace_model::Type,
    value: &Value,
    span: terrace_model::Span,
    found: &mut Diagnostics,
) {
    let word = value
        .as_str()
        .is_some_and(|t| ["yes", "no", "on", "off"].contains(&t.to_ascii_lowercase().as_str()));
    if word && ty == terrace_model::Type::Bool {
        found.push(
            Diagnostic::warning("W0301", span, "this word is text in YAML 1.2")
                .help("write `true` or `false`"),
        );
    }
}

fn complaint(error: EvalError, span: terrace_model::Span) -> Diagnostic {
    let diagnostic = Diagnostic::error("E0501", error.span.unwrap_or(span), error.message);
    match error.help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

struct Checking<'a> {
    workspace: &'a Workspace,
    stack: &'a Stack,
    key: Option<InstanceKey>,
    repeat: &'a Repeat,
}

impl Scope for Checking<'_> {
    fn stack(&self) -> &StackName {
        &self.stack.name
    }

    fn value(&self, root: &Root) -> Result<Value, EvalError> {
        let lost = |what: &str, name: &str, known: Vec<&String>| {
            let error = EvalError::new(format!("there is no `{what}.{name}`"));
            match suggest::nearest(name, known.iter().map(|n| n.as_str())) {
                Some(nearest) => error.help(format!("did you mean `{what}.{nearest}`?")),
                None => error,
            }
        };
        match root {
            Root::Var(name) => {
                let known = || lost("vars", name, self.stack.variables.keys().collect());
                self.stack.variables.get(name).cloned().ok_or_else(known)
            }
            Root::Local(name) => match self.stack.locals.get(name) {
                Some(local) if !self.circular(name) => local.value.evaluate(self),
                Some(_) => Ok(Value::Null),
                None => Err(lost("locals", name, self.stack.locals.keys().collect())),
            },
            Root::Env(name) if name == "name" => Ok(Value::text(&self.workspace.environment)),
            Root::Env(name) => {
                Err(EvalError::new(format!("there is no `env.{name}`")).help("there is `env.name`"))
            }
            Root::CountIndex => match (&self.key, self.repeat) {
                (Some(InstanceKey::Index(index)), Repeat::Count(_)) => {
                    Ok(Value::Int(i64::from(*index)))
                }
                _ => Err(EvalError::new("`count.index` is only known in a block with `count`")),
            },
            Root::EachKey | Root::EachValue => match (&self.key, self.repeat) {
                (Some(InstanceKey::Text(key)), Repeat::Each(map)) => {
                    let value = map.get(key).cloned().unwrap_or(Value::Null);
                    Ok(if *root == Root::EachKey { Value::text(key) } else { value })
                }
                (_, Repeat::Each(_) | Repeat::Count(0)) => Ok(Value::Null),
                _ => Err(EvalError::new("`each` is only known in a block with `for_each`")),
            },
            Root::Given { name, .. } => Err(Root::not_given(name)),
            Root::Resource(reference) => self.resource(reference),
        }
    }

    fn file(&self, path: &str) -> Option<&str> {
        self.workspace.files.get(path).map(String::as_str)
    }
}

impl Checking<'_> {
    /// Circles of locals were told already; here they must only not be walked.
    fn circular(&self, start: &str) -> bool {
        let mut open = vec![start.to_owned()];
        let mut seen = std::collections::BTreeSet::new();
        while let Some(name) = open.pop() {
            let references =
                self.stack.locals.get(&name).map(|t| t.value.references()).unwrap_or_default();
            for reference in references {
                if let Root::Local(next) = reference.root {
                    if next == start {
                        return true;
                    }
                    if seen.insert(next.clone()) {
                        open.push(next);
                    }
                }
            }
        }
        false
    }

    fn resource(&self, reference: &ResourceReference) -> Result<Value, EvalError> {
        let address = reference.address(&self.stack.name);
        let schema = address.kind.schema();
        let Some(block) = self.stack.resources.get(&address) else {
            let names: Vec<&str> = self
                .stack
                .resources
                .keys()
                .filter(|a| a.kind == address.kind)
                .map(|a| a.name())
                .collect();
            let error = EvalError::new(format!("there is no `{address}`")).at(reference.span);
            return Err(match suggest::nearest(address.name(), names) {
                Some(nearest) => error.help(format!("did you mean `{nearest}`?")),
                None => error,
            });
        };
        if let Some(name) = &reference.attribute
            && schema.attribute(name).is_none()
            && (block.repeat == Repeat::One || reference.key.is_some())
        {
            let error = EvalError::new(format!("a {} has no attribute `{name}`", schema.noun))
                .at(reference.span);
            let names = schema.attributes.iter().map(|a| a.name);
            return Err(match suggest::nearest(name, names) {
                Some(nearest) => error.help(format!("did you mean `{nearest}`?")),
                None => error,
            });
        }
        let origin = Origin {
            address: address.instance(reference.key.clone()),
            attribute: reference.attribute.clone().unwrap_or_default(),
        };
        Ok(Value::Pending(Box::new(Pending {
            origins: vec![origin],
            template: format!("${{{reference}}}"),
            stack: self.stack.name.clone(),
            bindings: BTreeMap::new(),
        })))
    }
}
