//! What names mean inside a block, and what planned instances are worth to each other.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use foldhash::HashMap;
use terrace_model::expr::{EvalError, ResourceReference};
use terrace_model::names::{Here, Leaves, Memo, Names, Within, absent};
use terrace_model::observed::Named;
use terrace_model::{
    Address, Attributes, Compare, Existing, InstanceKey, LookupKind, Name, Observed, Origin,
    Pending, Presence, Repeat, Resource, ResourceAddress, Stack, Value, Workspace, suggest,
};

use crate::compare::same_value;

/// What has to be looked up: the cloud, the workspace's own when `None`, and the kind.
pub type Lookup = (Option<Name>, LookupKind);

/// Values of all instances that were planned so far, and what is there besides.
#[derive(Debug, Default)]
pub(crate) struct Values<'a> {
    instances: HashMap<Address, Planned>,
    /// What the cloud has, as far as it was looked up; `None` for a saved plan, which kept what it
    /// found.
    observed: Option<&'a Observed>,
    /// What was asked for and is not looked up.
    missing: RefCell<BTreeSet<Lookup>>,
    /// The same for values of instances that could not be told without it.
    lacking: BTreeMap<Address, BTreeSet<Lookup>>,
    /// What was looked up so far.
    existing: RefCell<BTreeMap<String, Value>>,
    memo: Memo,
}

/// The scope of one instance, or of a stack's outputs.
pub(crate) type InstanceScope<'a> = Here<'a>;

impl<'a> Values<'a> {
    /// No instances yet, with room for so many.
    pub(crate) fn new(observed: &'a Observed, instances: usize) -> Self {
        let mut values = Self { observed: Some(observed), ..Self::default() };
        values.instances.reserve(instances);
        values
    }

    /// What a saved plan knew.
    pub(crate) fn kept(
        instances: HashMap<Address, Planned>,
        existing: BTreeMap<String, Value>,
    ) -> Self {
        Self { instances, existing: RefCell::new(existing), ..Self::default() }
    }

    /// What is planned of an instance.
    pub(crate) fn insert(&mut self, address: Address, planned: Planned) {
        self.instances.insert(address, planned);
    }

    /// Locals have to be computed again, as values of instances have changed.
    pub(crate) fn forget_locals(&mut self) {
        self.memo = Memo::default();
    }

    /// What was asked for and is not looked up, since this was asked last.
    pub(crate) fn take_missing(&self) -> BTreeSet<Lookup> {
        self.missing.take()
    }

    /// Values of an instance are not told because that is not looked up; who needs them needs it.
    pub(crate) fn lack(&mut self, address: Address, lookups: BTreeSet<Lookup>) {
        self.lacking.insert(address, lookups);
    }

    /// What is planned of every instance.
    pub(crate) fn instances(&self) -> &HashMap<Address, Planned> {
        &self.instances
    }

    /// What was looked up.
    pub(crate) fn existing(&self) -> BTreeMap<String, Value> {
        self.existing.borrow().clone()
    }

    /// The scope of an instance, or of the stack's outputs.
    pub(crate) fn scope<'s>(
        &'s self,
        workspace: &'s Workspace,
        stack: &'s Stack,
        block: Option<(&'s Resource, &'s Address)>,
    ) -> InstanceScope<'s> {
        let within = block.map_or(Within::Stack, |(block, instance)| {
            Within::Instance(block, instance.key.as_ref())
        });
        Names::new(workspace, self, &self.memo).here(stack, within)
    }

    fn find(
        &self,
        here: &Here<'_>,
        (kind, name, existing): (LookupKind, &str, &Existing),
    ) -> Result<Value, EvalError> {
        let cloud = here.stack.cloud.as_ref();
        let facts = self.observed.map(|observed| observed.facts_of(cloud));
        let Some(facts) = facts.filter(|facts| facts.lookups.contains_key(&kind)) else {
            self.missing.borrow_mut().insert((cloud.cloned(), kind));
            return Err(EvalError::new(format!(
                "`{name}` is looked up in the cloud, and not known without it"
            )));
        };
        let mut filters = Vec::new();
        for (filter, term) in &existing.filters {
            let value = term.value.evaluate(here).map_err(|error| error.at(term.span))?.revealed();
            if value.is_pending() {
                let text = format!("`{filter}` is not known before something is created");
                return Err(EvalError::new(text).at(term.span));
            }
            if !value.is_null() {
                filters.push((filter.clone(), value));
            }
        }
        let found = facts.find(kind, &filters);
        let newest = |a: &&&Named, b: &&&Named| {
            let made = |named: &Named| named.attribute("created_at").as_str().map(str::to_owned);
            (made(a), &a.id).cmp(&(made(b), &b.id))
        };
        match found.as_slice() {
            [one] => Ok(one.value(kind)),
            [] if existing.optional => Ok(Value::Null),
            [] => {
                let known = facts.lookups.get(&kind).map_or(&[][..], Vec::as_slice);
                Err(not_found(kind, &filters, known).at(existing.span))
            }
            many if existing.most_recent => {
                Ok(many.iter().max_by(newest).map_or(Value::Null, |one| one.value(kind)))
            }
            many => Err(ambiguous(kind, &filters, many).at(existing.span)),
        }
    }
}

/// What is looked for, as in `` `public` `` or `with external = true`.
fn sought(filters: &[(String, Value)]) -> String {
    match filters {
        [(filter, value)] if filter == "name" || filter == "id" => {
            format!("`{}`", value.as_str().unwrap_or_default())
        }
        several => {
            let one = |(name, value): &(String, Value)| match value {
                Value::String(text) => format!("{name} `{text}`"),
                other => format!("{name} {other}"),
            };
            format!("with {}", several.iter().map(one).collect::<Vec<_>>().join(" and "))
        }
    }
}

fn not_found(kind: LookupKind, filters: &[(String, Value)], known: &[Named]) -> EvalError {
    let text = format!("the cloud has no {} {}", kind.noun(), sought(filters));
    let error = EvalError::new(text).code("E0404");
    let name = filters.iter().find(|(filter, _)| filter == "name").and_then(|(_, v)| v.as_str());
    let names = || known.iter().map(|named| named.name.as_str());
    match name.and_then(|name| suggest::nearest(name, names())) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None if known.is_empty() => {
            error.help(format!("the cloud shows no {} at all to this project", kind.noun()))
        }
        None => {
            let some: Vec<&str> = names().take(12).collect();
            error.help(format!("it has {}; `optional: true` would give null", some.join(", ")))
        }
    }
}

fn ambiguous(kind: LookupKind, filters: &[(String, Value)], found: &[&Named]) -> EvalError {
    let text = format!("the cloud has {} {}s {}", found.len(), kind.noun(), sought(filters));
    let one = |named: &&Named| format!("`{}` ({})", named.id, named.name);
    let mut shown: Vec<String> = found.iter().take(8).map(one).collect();
    if found.len() > shown.len() {
        shown.push(format!("{} more", found.len() - shown.len()));
    }
    EvalError::new(text)
        .code("E0405")
        .help(format!("name one by its `id`, or say more of it: {}", shown.join(", ")))
}

impl Leaves for Values<'_> {
    fn resource(&self, here: &Here<'_>, reference: &ResourceReference) -> Result<Value, EvalError> {
        let address = reference.address(&here.stack.name);
        let missing = || EvalError::new(format!("there is no `{address}`")).at(reference.span);
        let block = here.names.workspace.resource(&address).ok_or_else(missing)?;
        let one = |key: Option<InstanceKey>| {
            if let Some(key) = key.as_ref().filter(|key| !block.repeat.has(Some(key))) {
                return Err(absent(&address, key, &block.repeat).at(reference.span));
            }
            let instance = address.instance(key);
            let values = self.instances.get(&instance).ok_or_else(missing)?;
            let lacking = self.lacking.get(&instance).into_iter().flatten();
            self.missing.borrow_mut().extend(lacking.cloned());
            attribute_of(&instance, values, reference)
        };
        match (&reference.key, &block.repeat) {
            (_, Repeat::Absent) => Ok(Value::Null),
            (Some(key), _) => one(Some(key.clone())),
            (None, _) if reference.own_key => one(here.key().cloned()),
            (None, Repeat::One) => one(None),
            (None, _) if inside(here, &address) => one(here.key().cloned()),
            (None, Repeat::Count(n)) => (0..*n)
                .map(|i| one(Some(InstanceKey::Index(i))))
                .collect::<Result<_, _>>()
                .map(Value::List),
            (None, Repeat::Each(map)) => map
                .keys()
                .map(|key| Ok((key, one(Some(InstanceKey::Text(key.into())))?)))
                .collect::<Result<_, _>>()
                .map(Value::Map),
        }
    }

    fn existing(
        &self,
        here: &Here<'_>,
        lookup: (LookupKind, &str, &Existing),
    ) -> Result<Value, EvalError> {
        let key = format!("{} existing.{}.{}", here.stack.name, lookup.0.section(), lookup.1);
        if let Some(value) = self.existing.borrow().get(&key) {
            return Ok(value.clone());
        }
        let value = self.find(here, lookup)?;
        self.existing.borrow_mut().insert(key, value.clone());
        Ok(value)
    }
}

/// Whether a scope's block is nested in that one; they then repeat together.
fn inside(here: &Here<'_>, parent: &ResourceAddress) -> bool {
    let Within::Instance(block, _) = here.within else { return false };
    block.address.is_inside(parent)
}

fn attribute_of(
    address: &Address,
    planned: &Planned,
    reference: &ResourceReference,
) -> Result<Value, EvalError> {
    let schema = address.kind().schema();
    let Some(name) = &reference.attribute else {
        // A whole instance is used for what can be shown; a secret is read by its own name.
        let secret = |name: &str| schema.attribute(name).is_some_and(|a| a.secret);
        let shown = planned.whole(address).into_iter().filter(|(name, _)| !secret(name));
        return Ok(Value::Map(shown.collect()));
    };
    if planned.has(address, name) {
        return Ok(planned.value(address, name));
    }
    let nearest = suggest::nearest(name, schema.attributes.iter().map(|a| a.name));
    let text = format!("a {} has no attribute `{name}`", schema.noun);
    let error = EvalError::new(text).at(reference.span);
    Err(match nearest {
        Some(nearest) => error.help(format!("did you mean `{nearest}`?")),
        None => error,
    })
}

/// What a planned instance is worth to others: what is desired, over what is seen. What only the
/// cloud can say is made pending when it is asked for, since hardly any of it ever is.
#[derive(Clone, Debug, Default)]
pub struct Planned {
    desired: Attributes,
    seen: Option<Attributes>,
    lacks: Lacks,
}

/// What of an instance is not known before something is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Lacks {
    /// Nothing: it is there.
    #[default]
    Nothing,
    /// What the cloud computes and has not told yet: it is still being made.
    Computed,
    /// All that the cloud can say: it does not exist.
    ByCloud,
}

impl Planned {
    /// Of an instance that exists as `seen`, or does not exist yet.
    pub fn new(address: &Address, desired: &Attributes, seen: Option<&Attributes>) -> Self {
        let (mut desired, seen) = (desired.clone(), seen.cloned());
        if seen.is_some() {
            return Self { desired, seen, lacks: Lacks::Nothing };
        }
        desired.retain(|_, value| !value.is_null());
        let id = address.kind().schema().id_is.and_then(|name| desired.get(name)).cloned();
        if let Some(id) = id {
            desired.insert("id", id);
        }
        Self { desired, seen, lacks: Lacks::ByCloud }
    }

    /// The same of something that is still being made.
    pub(crate) fn being_made(self) -> Self {
        Self { lacks: Lacks::Computed, ..self }
    }

    fn get(&self, address: &Address, name: &str) -> Option<&Value> {
        let (desired, Some(seen)) = (self.desired.get(name), &self.seen) else {
            return self.desired.get(name);
        };
        let told = &seen[name];
        // What is seen is what is given, or has all that is given and more.
        let fulfilled = |wanted: &Value| {
            let attribute = address.kind().schema().attribute(name);
            let by_given = attribute.filter(|a| a.compare == Compare::Given);
            told == wanted || by_given.is_some_and(|attribute| same_value(attribute, wanted, told))
        };
        desired.filter(|wanted| !fulfilled(wanted)).or_else(|| seen.get(name))
    }

    /// The value of an attribute, null when there is none.
    pub fn value(&self, address: &Address, name: &str) -> Value {
        match self.get(address, name) {
            Some(value) if !value.is_null() => value.clone(),
            _ if self.is_pending(address, name) => waiting_for(address, name),
            _ => Value::Null,
        }
    }

    fn is_pending(&self, address: &Address, name: &str) -> bool {
        let presence = || address.kind().schema().attribute(name).map(|a| a.presence);
        match self.lacks {
            Lacks::Nothing => false,
            Lacks::Computed => matches!(presence(), Some(Presence::Computed)),
            Lacks::ByCloud => {
                matches!(presence(), Some(Presence::Computed | Presence::OptionalComputed))
            }
        }
    }

    fn has(&self, address: &Address, name: &str) -> bool {
        self.get(address, name).is_some() || address.kind().schema().attribute(name).is_some()
    }

    /// The value of every attribute that an instance of its kind can have.
    pub(crate) fn whole(&self, address: &Address) -> Vec<(&str, Value)> {
        let known = address.kind().schema().attributes.iter().map(|a| a.name);
        let seen = self.seen.iter().flat_map(Attributes::keys);
        let names: BTreeSet<&str> = known.chain(self.desired.keys()).chain(seen).collect();
        names.into_iter().map(|name| (name, self.value(address, name))).collect()
    }
}

pub(crate) fn waiting_for(address: &Address, attribute: &str) -> Value {
    let reference = ResourceReference {
        stack: None,
        kind: address.kind(),
        path: address.resource.path.clone(),
        key: address.key.clone(),
        own_key: false,
        attribute: Some(attribute.to_owned()),
        span: terrace_model::Span::new(terrace_model::FileId(u32::MAX), 0, 0),
    };
    Value::Pending(Box::new(Pending {
        origins: vec![Origin { address: address.clone(), attribute: attribute.to_owned() }],
        template: format!("${{{reference}}}"),
        stack: address.stack().clone(),
        bindings: terrace_model::Map::new(),
    }))
}
