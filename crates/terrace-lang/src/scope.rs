//! What resources and lookups are worth while the files are read: nothing is known of them but
//! that they are there, and which attributes they have.

use terrace_model::expr::{EvalError, Reference, ResourceReference, Root, Template, Term};
use terrace_model::names::{Here, Leaves, absent, unsettled};
use terrace_model::{
    Existing, Kind, LookupKind, Origin, Pending, Repeat, ResourceAddress, Span, Stack, Value,
    Workspace, suggest,
};

/// The stage of reading files.
pub(crate) struct Unknown;

impl Leaves for Unknown {
    fn resource(&self, here: &Here<'_>, reference: &ResourceReference) -> Result<Value, EvalError> {
        let address = reference.address(&here.stack.name);
        let Some(block) = here.names.workspace.resource(&address) else {
            return Err(missing(here.names.workspace, reference, &address));
        };
        if block.repeat == Repeat::Absent {
            return Ok(Value::Null);
        }
        if let Some(name) = &reference.attribute
            && address.kind.schema().attribute(name).is_none()
        {
            return Err(no_attribute(reference, name, &block.repeat));
        }
        let own = if reference.own_key { here.key() } else { None };
        if let Some(key) = reference.key.as_ref().or(own)
            && !block.repeat.has(Some(key))
        {
            return Err(absent(&address, key, &block.repeat).at(reference.span));
        }
        let origin = Origin {
            address: address.instance(reference.key.clone()),
            attribute: reference.attribute.clone().unwrap_or_default(),
        };
        Ok(Value::Pending(Box::new(Pending {
            origins: vec![origin],
            template: format!("${{{reference}}}"),
            stack: here.stack.name.clone(),
            bindings: terrace_model::Map::new(),
        })))
    }

    fn existing(
        &self,
        here: &Here<'_>,
        (kind, name, existing): (LookupKind, &str, &Existing),
    ) -> Result<Value, EvalError> {
        for filter in existing.filters.values() {
            let value = filter.value.evaluate(here)?;
            if let Some(origin) = value.origins().first() {
                let text = format!(
                    "`existing.{}.{name}` is looked up before `{}` is there",
                    kind.section(),
                    origin.address
                );
                return Err(EvalError::new(text).at(filter.span).help(
                    "what exists is found by values that are known before anything is created",
                ));
            }
        }
        Ok(unsettled())
    }
}

fn missing(
    workspace: &Workspace,
    reference: &ResourceReference,
    address: &ResourceAddress,
) -> EvalError {
    let error = EvalError::new(format!("there is no `{address}`")).at(reference.span);
    let Some(stack) = workspace.stacks.get(&address.stack) else {
        let error = EvalError::new(format!("there is no stack `{}`", address.stack));
        let names = workspace.stacks.keys().map(terrace_model::StackName::as_str);
        return match suggest::nearest(address.stack.as_str(), names) {
            Some(nearest) => error.at(reference.span).help(format!("did you mean `{nearest}`?")),
            None => error.at(reference.span),
        };
    };
    let same = stack.resources.keys().filter(|a| a.kind == address.kind);
    match suggest::nearest(address.name(), same.map(ResourceAddress::name)) {
        Some(nearest) => error.help(format!("did you mean `{nearest}`?")),
        None => error,
    }
}

pub(crate) fn no_attribute(
    reference: &ResourceReference,
    name: &str,
    repeat: &Repeat,
) -> EvalError {
    let schema = reference.kind.schema();
    let text = format!("a {} has no attribute `{name}`", schema.noun);
    let error = EvalError::new(text).at(reference.span);
    let nested = Kind::from_section(name).filter(|k| k.schema().parent == Some(reference.kind));
    let parent = reference.path.last();
    if let Some(nested) = nested {
        return error.help(format!("a {} is `{name}.{parent}.NAME`", nested.noun()));
    }
    if let Repeat::Each(map) = repeat
        && map.contains_key(name)
    {
        return error.help(format!("one of many is `{}.{parent}[\"{name}\"]`", schema.section));
    }
    match suggest::nearest(name, schema.attributes.iter().map(|a| a.name)) {
        Some(nearest) => error.help(format!("did you mean `{nearest}`?")),
        None => error,
    }
}

/// What makes a value unknown while the files are read: the way from the expression to it.
pub(crate) struct Blame {
    /// The reference in the expression.
    pub(crate) span: Span,
    /// What it comes to, as in `` `networks.front.mtu` ``.
    pub(crate) text: String,
    /// The places between, with what stands there.
    pub(crate) way: Vec<(Span, String)>,
}

/// The first reference of a term that is not known, and what is behind it.
pub(crate) fn blame(workspace: &Workspace, stack: &Stack, term: &Term) -> Option<Blame> {
    let mut seen = Vec::new();
    let mut way = blamed(workspace, stack, term, &mut seen)?;
    let (span, first) = way.first().cloned()?;
    let text = way.last().map_or(first, |(_, last)| last.clone());
    way.remove(0);
    Some(Blame { span, text, way })
}

fn blamed(
    workspace: &Workspace,
    stack: &Stack,
    term: &Term,
    seen: &mut Vec<(String, String)>,
) -> Option<Vec<(Span, String)>> {
    for Reference { root, span, .. } in term.references() {
        let here = (span, format!("`{root}`"));
        let id = (stack.name.to_string(), root.to_string());
        if seen.contains(&id) || seen.len() > 200 {
            continue;
        }
        seen.push(id);
        let next = match &root {
            Root::Resource(_) | Root::Existing { .. } => return Some(vec![here]),
            Root::Local(name) => stack.locals.get(name).map(|local| (stack, &local.value)),
            Root::Output { stack, name } => workspace.stacks.get(stack).and_then(|stack| {
                stack.outputs.get(name).map(|output| (stack, &output.term.value))
            }),
            Root::Var(name) => stack.parent.as_ref().and_then(|parent| {
                let user = workspace.stacks.get(&parent.stack)?;
                Some((user, &stack.inputs.get(name)?.term.value))
            }),
            Root::Component { .. } => return Some(vec![here]),
            _ => None,
        };
        let Some((stack, term)) = next else { continue };
        if let Some(more) = blamed(workspace, stack, term, seen) {
            return Some([here].into_iter().chain(more).collect());
        }
    }
    None
}

/// Where the values come from that a term is computed from: declarations and what gave variables
/// their values. For complaints that point at both ends.
pub(crate) fn origins(workspace: &Workspace, stack: &Stack, term: &Term) -> Vec<(Span, String)> {
    let mut found = Vec::new();
    let mut open = vec![(stack, term)];
    while let Some((stack, term)) = open.pop() {
        for Reference { root, .. } in term.references() {
            if found.len() >= 4 {
                return found;
            }
            match &root {
                Root::Var(name) => {
                    if let Some(span) = stack.given.get(name) {
                        found.push((*span, format!("`vars.{name}` is given here")));
                    }
                }
                Root::Local(name) => {
                    if let Some(local) = stack.locals.get(name) {
                        found.push((local.span, format!("`locals.{name}` is computed here")));
                        open.push((stack, &local.value));
                    }
                }
                Root::Output { stack, name } => {
                    let other = workspace.stacks.get(stack);
                    if let Some((other, output)) =
                        other.and_then(|other| Some((other, other.outputs.get(name)?)))
                    {
                        let text = format!("`stacks.{stack}.{name}` is computed here");
                        found.push((output.term.span, text));
                        open.push((other, &output.term.value));
                    }
                }
                _ => {}
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

/// The reference that a term is, if it is nothing but one to a resource.
pub(crate) fn only_resource(term: &Term) -> Option<&ResourceReference> {
    match term {
        Term::Reference(reference) => Some(reference),
        Term::Template(template) => match Template::only_reference(template).map(|r| &r.root) {
            Some(Root::Resource(reference)) => Some(reference),
            _ => None,
        },
        _ => None,
    }
}
