//! What names mean inside a block, and what planned instances are worth to each other.

use std::collections::BTreeMap;

use terrace_model::expr::{EvalError, ResourceReference, Root, Scope};
use terrace_model::{
    Address, Attributes, Compare, InstanceKey, Origin, Pending, Presence, Repeat, ResourceAddress,
    Stack, StackName, Value, Workspace,
};

use crate::compare::same_value;

/// Values of all instances that were planned so far.
pub(crate) type Values = BTreeMap<Address, Attributes>;

/// The scope of one instance, or of a stack's outputs.
pub(crate) struct InstanceScope<'a> {
    pub(crate) workspace: &'a Workspace,
    pub(crate) stack: &'a Stack,
    pub(crate) values: &'a Values,
    /// The instance whose block it is; `None` for outputs.
    pub(crate) address: Option<&'a Address>,
}

impl Scope for InstanceScope<'_> {
    fn stack(&self) -> &StackName {
        &self.stack.name
    }

    fn value(&self, root: &Root) -> Result<Value, EvalError> {
        match root {
            Root::Var(name) => known(self.stack.variables.get(name).cloned(), "vars", name),
            Root::Local(name) => match self.stack.locals.get(name) {
                Some(term) => term.value.evaluate(self).map_err(|e| e.at(term.span)),
                None => known(None, "locals", name),
            },
            Root::Env(name) => known(
                (name == "name").then(|| Value::text(&self.workspace.environment)),
                "env",
                name,
            ),
            Root::CountIndex => match self.key() {
                Some(InstanceKey::Index(index)) => Ok(Value::Int(i64::from(*index))),
                _ => Err(EvalError::new("`count.index` is only known in a block with `count`")),
            },
            Root::EachKey => match self.key() {
                Some(InstanceKey::Text(key)) => Ok(Value::text(key)),
                _ => Err(EvalError::new("`each.key` is only known in a block with `for_each`")),
            },
            Root::EachValue => self.each_value(),
            Root::Given { name, .. } => Err(Root::not_given(name)),
            Root::Resource(reference) => self.resource(reference),
        }
    }

    fn file(&self, path: &str) -> Option<&str> {
        self.workspace.files.get(path).map(String::as_str)
    }
}

fn known(value: Option<Value>, root: &str, name: &str) -> Result<Value, EvalError> {
    value.ok_or_else(|| EvalError::new(format!("there is no `{root}.{name}`")))
}

impl InstanceScope<'_> {
    fn key(&self) -> Option<&InstanceKey> {
        self.address?.key.as_ref()
    }

    fn each_value(&self) -> Result<Value, EvalError> {
        let block = self.address.and_then(|a| self.workspace.resource(&a.resource));
        match (block.map(|r| &r.repeat), self.key()) {
            (Some(Repeat::Each(map)), Some(InstanceKey::Text(key))) => {
                known(map.get(key).cloned(), "each", "value")
            }
            _ => Err(EvalError::new("`each.value` is only known in a block with `for_each`")),
        }
    }

    fn resource(&self, reference: &ResourceReference) -> Result<Value, EvalError> {
        let address = reference.address(&self.stack.name);
        let missing = || EvalError::new(format!("there is no `{address}`")).at(reference.span);
        let block = self.workspace.resource(&address).ok_or_else(missing)?;
        let one = |key: Option<InstanceKey>| {
            let instance = address.instance(key);
            let values = self.values.get(&instance).ok_or_else(missing)?;
            attribute_of(&instance, values, reference)
        };
        match (&reference.key, &block.repeat) {
            (Some(key), _) => one(Some(key.clone())),
            (None, _) if reference.own_key => one(self.key().cloned()),
            (None, Repeat::One) => one(None),
            (None, _) if self.inside(&address) => one(self.key().cloned()),
            (None, Repeat::Count(n)) => (0..*n)
                .map(|i| one(Some(InstanceKey::Index(i))))
                .collect::<Result<_, _>>()
                .map(Value::List),
            (None, Repeat::Each(map)) => map
                .keys()
                .map(|key| Ok((key.clone(), one(Some(InstanceKey::Text(key.clone())))?)))
                .collect::<Result<_, _>>()
                .map(Value::Map),
        }
    }

    /// Whether this scope's block is nested in that one; they then repeat together.
    fn inside(&self, parent: &ResourceAddress) -> bool {
        self.address.is_some_and(|a| {
            a.kind().schema().parent == Some(parent.kind)
                && a.resource.path.first() == parent.path.first()
        })
    }
}

fn attribute_of(
    address: &Address,
    values: &Attributes,
    reference: &ResourceReference,
) -> Result<Value, EvalError> {
    let schema = address.kind().schema();
    match &reference.attribute {
        // A whole instance is used for what can be shown; a secret is read by its own name.
        None => Ok(Value::Map(shown(address, values))),
        Some(name) => match (values.get(name), schema.attribute(name)) {
            (Some(value), _) => Ok(value.clone()),
            (None, Some(_)) => Ok(Value::Null),
            (None, None) => {
                let nearest =
                    terrace_model::suggest::nearest(name, schema.attributes.iter().map(|a| a.name));
                let error = EvalError::new(format!("a {} has no attribute `{name}`", schema.noun))
                    .at(reference.span);
                Err(match nearest {
                    Some(nearest) => error.help(format!("did you mean `{nearest}`?")),
                    None => error,
                })
            }
        },
    }
}

/// Attributes without those that are always secret.
pub(crate) fn shown(address: &Address, values: &Attributes) -> Attributes {
    let schema = address.kind().schema();
    let secret = |name: &str| schema.attribute(name).is_some_and(|a| a.secret);
    values.iter().filter(|(name, _)| !secret(name)).map(|(k, v)| (k.clone(), v.clone())).collect()
}

/// What a planned instance is worth to others: what is desired, over what is seen; what only
/// the cloud can say of something that does not exist yet is pending.
pub fn planned_value(
    address: &Address,
    desired: &Attributes,
    seen: Option<&Attributes>,
) -> Attributes {
    let schema = address.kind().schema();
    let mut values = seen.cloned().unwrap_or_default();
    for attribute in schema.attributes {
        let by_cloud =
            matches!(attribute.presence, Presence::Computed | Presence::OptionalComputed);
        let told = values.get(attribute.name);
        match desired.get(attribute.name) {
            // What is seen has all that is given, and more.
            Some(value)
                if attribute.compare == Compare::Given
                    && told.is_some_and(|told| same_value(attribute, value, told)) => {}
            Some(value) if !value.is_null() => {
                drop(values.insert(attribute.name.to_owned(), value.clone()));
            }
            _ if by_cloud && seen.is_none() => {
                values.insert(attribute.name.to_owned(), waiting_for(address, attribute.name));
            }
            Some(_) => drop(values.insert(attribute.name.to_owned(), Value::Null)),
            // Every attribute has a value, so that expressions can ask for it.
            None => drop(values.entry(attribute.name.to_owned()).or_insert(Value::Null)),
        }
    }
    if let (None, Some(name)) = (seen, schema.id_is)
        && let Some(id) = desired.get(name)
    {
        values.insert("id".to_owned(), id.clone());
    }
    values
}

/// What the cloud has not told yet of something that is still being made is pending.
pub(crate) fn await_missing(address: &Address, values: &mut Attributes) {
    for attribute in address.kind().schema().attributes {
        let missing = values.get(attribute.name).is_none_or(Value::is_null);
        if missing && attribute.presence == Presence::Computed {
            values.insert(attribute.name.to_owned(), waiting_for(address, attribute.name));
        }
    }
}

fn waiting_for(address: &Address, attribute: &str) -> Value {
    let reference = ResourceReference {
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
        bindings: BTreeMap::new(),
    }))
}
