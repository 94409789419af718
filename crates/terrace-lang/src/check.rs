//! Names and types, as far as they are known before anything exists: each attribute of a block is
//! evaluated in a scope where what other resources will be is pending.

use terrace_model::expr::{EvalError, Reference, Root, Scope as _, Term};
use terrace_model::names::{Here, Memo, Names, Within};
use terrace_model::survey::Survey;
use terrace_model::{
    Attribute, Diagnostic, Diagnostics, InstanceKey, Name, Refers, Repeat, Resource, Span, Spanned,
    Stack, Type, Value, Workspace,
};

use crate::components::Told;
use crate::items;
use crate::scope::{Unknown, only_resource, origins};
use crate::term::complaint;

/// Most instances of a block whose own values are checked; the plan checks the others.
const MAX_CHECKED: usize = 100;

/// Checks every name, local, attribute and output of a workspace.
pub(crate) fn types(workspace: &Workspace, found: &mut Diagnostics) {
    found.extend(Survey::of(workspace).findings().iter().cloned().collect());
    let memo = Memo::of_fixed();
    let names = Names::new(workspace, &Unknown, &memo);
    let mut told = Told::default();
    for stack in workspace.stacks.values() {
        let mut new = Diagnostics::default();
        self::stack(names, stack, &mut new);
        match used(workspace, stack) {
            Some(used) => found.extend(told.once(new, used, &stack.name).into_iter().collect()),
            None => found.extend(new),
        }
    }
}

/// Where a component's instance is used.
fn used(workspace: &Workspace, stack: &Stack) -> Option<Span> {
    let parent = stack.parent.as_ref()?;
    Some(workspace.stacks.get(&parent.stack)?.components.get(&parent.component)?.span)
}

fn stack(names: Names<'_>, stack: &Stack, found: &mut Diagnostics) {
    let anywhere = names.here(stack, Within::Anywhere);
    for local in stack.locals.values() {
        value(local, &anywhere, found);
    }
    for (kind, lookups) in &stack.existing {
        for (name, lookup) in lookups {
            let root = Root::Existing { kind: *kind, name: name.clone(), attribute: None };
            if let Err(error) = names.here(stack, Within::Stack).value(&root) {
                found.push(complaint("E0501", error, lookup.span));
            }
        }
    }
    for resource in stack.resources.values() {
        block(names, stack, resource, found);
    }
    let scope = names.here(stack, Within::Stack);
    for output in stack.outputs.values() {
        value(&output.term, &scope, found);
    }
}

/// The value of a term; complains about everything in it that is wrong.
fn value(term: &Spanned<Term>, scope: &Here<'_>, found: &mut Diagnostics) -> Option<Value> {
    match &term.value {
        Term::List(items) => {
            let values: Vec<_> = items.iter().map(|item| value(item, scope, found)).collect();
            values.into_iter().collect::<Option<_>>().map(Value::List)
        }
        Term::Map(map) => {
            let values: Vec<_> =
                map.iter().map(|(k, item)| Some((k, value(item, scope, found)?))).collect();
            values.into_iter().collect::<Option<_>>().map(Value::Map)
        }
        Term::Template(template) => {
            let mut wrong = false;
            for reference in template.references() {
                match scope.value(&reference.root) {
                    // It is told when it is looked at.
                    Err(error) if error.absent && reference.guarded => {}
                    Err(error) => {
                        wrong = true;
                        tell(error, reference.span, scope, found);
                    }
                    Ok(_) => {}
                }
            }
            items::check(template, scope, found);
            if wrong {
                return None;
            }
            let result = template.evaluate(scope);
            result.map_err(|error| tell(error, term.span, scope, found)).ok()
        }
        Term::Literal(value) => Some(value.clone()),
        Term::Reference(reference) => {
            let result = reference.read(scope);
            result.map_err(|error| tell(error, term.span, scope, found)).ok()
        }
    }
}

/// Circles are told by the survey; a block that makes nothing need not find what it names.
fn tell(error: EvalError, span: Span, scope: &Here<'_>, found: &mut Diagnostics) {
    let none =
        matches!(scope.within, Within::Instance(resource, _) if resource.repeat.count() == 0);
    if !(error.is_circular() || error.absent && none) {
        found.push(complaint("E0501", error, span));
    }
}

/// One instance stands for all, unless an attribute uses what differs from instance to instance. A block without instances is checked as if it had one.
fn block(names: Names<'_>, stack: &Stack, resource: &Resource, found: &mut Diagnostics) {
    let keys: Vec<Option<InstanceKey>> = match &resource.repeat {
        // The last may name what only the others have.
        Repeat::Count(n @ 2..) => {
            vec![Some(InstanceKey::Index(0)), Some(InstanceKey::Index(n - 1))]
        }
        Repeat::Count(n) => vec![(*n > 0).then_some(InstanceKey::Index(0))],
        Repeat::Each(map) if map.is_empty() => vec![None],
        Repeat::Each(map) => {
            map.keys().take(MAX_CHECKED).map(|k| Some(InstanceKey::Text(k.into()))).collect()
        }
        Repeat::One | Repeat::Absent => vec![None],
    };
    let first = keys.first().and_then(Option::as_ref);
    let scope = names.here(stack, Within::Instance(resource, first));
    crate::lifecycle::check(stack, resource, &scope, found);
    for (name, term) in &resource.body {
        let Some(attribute) = resource.address.kind.schema().attribute(name) else { continue };
        if attribute.names_resources() && !names.workspace.clouds.is_empty() {
            same_cloud(names.workspace, resource, term, found);
        }
        let own = |r: &Reference| match &r.root {
            Root::EachValue | Root::CountIndex => true,
            Root::Resource(reference) => reference.own_key,
            _ => false,
        };
        let differs = keys.len() > 1 && term.value.references().iter().any(own);
        for key in keys.iter().take(if differs { keys.len() } else { 1 }) {
            let scope = names.here(stack, Within::Instance(resource, key.as_ref()));
            let before = found.len();
            check((attribute, term), &scope, (resource, key.as_ref()), found);
            if found.len() > before {
                break;
            }
        }
    }
}

fn check(
    (attribute, term): (&Attribute, &Spanned<Term>),
    scope: &Here<'_>,
    (resource, key): (&Resource, Option<&InstanceKey>),
    found: &mut Diagnostics,
) {
    let Some(value) = value(term, scope, found).filter(|value| !value.is_null()) else { return };
    let mut wrong = Vec::new();
    mismatches(&attribute.ty, term, &value, scope, &mut wrong);
    for Wrong { span, text, help } in wrong {
        let key = key.filter(|key| matches!(key, InstanceKey::Text(_)));
        let subject = resource.address.instance(key.cloned());
        let message = format!("`{}` of `{subject}`: {text}", attribute.name);
        let mut diagnostic = Diagnostic::error("E0301", span, message);
        for (place, text) in origins(scope.names.workspace, scope.stack, &term.value) {
            diagnostic = diagnostic.related(place, text);
        }
        let named = matches!(attribute.refers, Refers::Kind(_) | Refers::KindOrOwn(_));
        let brackets = named && value.as_list().is_some();
        found.push(match help {
            Some(help) => diagnostic.help(help),
            None if brackets => diagnostic.help("write one name, without brackets"),
            None => diagnostic,
        });
    }
}

struct Wrong {
    span: Span,
    text: String,
    help: Option<String>,
}

/// What does not fit the type, each at its own place.
fn mismatches(
    ty: &Type,
    term: &Spanned<Term>,
    value: &Value,
    scope: &Here<'_>,
    wrong: &mut Vec<Wrong>,
) {
    match (ty, &term.value, value) {
        (Type::List(item), Term::List(terms), Value::List(values)) => {
            for (term, value) in terms.iter().zip(values) {
                mismatches(item, term, value, scope, wrong);
            }
        }
        (Type::Map(item), Term::Map(terms), Value::Map(values)) => {
            for (term, value) in terms.values().zip(values.values()) {
                mismatches(item, term, value, scope, wrong);
            }
        }
        _ => match ty.check(value) {
            Err(text) => wrong.push(Wrong { span: term.span, text, help: None }),
            Ok(()) => wrong.extend(promise(ty, term, scope)),
        },
    }
}

/// A reference whose value is not known yet, but whose type is and does not fit.
fn promise(ty: &Type, term: &Spanned<Term>, scope: &Here<'_>) -> Option<Wrong> {
    let reference = only_resource(&term.value)?;
    let name = reference.attribute.as_deref()?;
    let promised = reference.kind.schema().attribute(name)?;
    let one =
        matches!(term.value, Term::Reference(_)) || reference.key.is_some() || reference.own_key;
    let target = || scope.names.workspace.resource(&reference.address(&scope.stack.name));
    let several = |block: &&Resource| !matches!(block.repeat, Repeat::One | Repeat::Absent);
    if let Some(block) = (!one).then(target).flatten().filter(several) {
        return items::of_all(ty, (reference, promised), block, scope).map(|(text, help)| Wrong {
            span: term.span,
            text,
            help: Some(help),
        });
    }
    if fits(ty, &promised.ty) {
        return None;
    }
    let (span, expected) = (term.span, ty.describe());
    if let (Term::Reference(_), Type::List(_)) = (&term.value, ty) {
        let help = Some(format!("write `[{}]`", reference.path.last()));
        return Some(Wrong { span, text: format!("expected {expected}, found one name"), help });
    }
    let noun = reference.kind.noun();
    let text = format!(
        "expected {expected}, found the `{name}` of a {noun}, which is {}",
        promised.ty.describe()
    );
    Some(Wrong { span, text, help: None })
}

/// Whether values of one type can be values of the other.
pub(crate) fn fits(expected: &Type, promised: &Type) -> bool {
    let text = |ty: &Type| matches!(ty, Type::String | Type::Enum(_) | Type::Cidr | Type::Address);
    let plain = |ty: &Type| text(ty) || matches!(ty, Type::Integer(..) | Type::Bool);
    let nested = |ty: &Type| matches!(ty, Type::List(_) | Type::Map(_) | Type::Object(_));
    match (expected, promised) {
        (Type::List(a), Type::List(b)) | (Type::Map(a), Type::Map(b)) => fits(a, b),
        (Type::List(_), Type::Map(_) | Type::Object(_))
        | (Type::Map(_) | Type::Object(_), Type::List(_)) => false,
        (Type::Integer(..), Type::Integer(..)) | (Type::Bool, Type::Bool) => true,
        (a, b) if plain(a) && plain(b) => text(a) && text(b),
        (a, b) => !(plain(a) && nested(b) || nested(a) && plain(b)),
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
