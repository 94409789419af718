//! Values of instances as they become known during an apply, and pending values resolved by them.

use std::collections::BTreeMap;
use std::sync::Mutex;

use terrace_model::expr::{EvalError, ResourceReference};
use terrace_model::{Address, Attributes, InstanceKey, Kind, StackName, Value};
use terrace_plan::{Action, Plan};

/// What is known of each instance.
pub(super) struct Values(Mutex<BTreeMap<Address, Attributes>>);

impl Values {
    /// Starts with what exists and stays.
    pub(super) fn of(plan: &Plan) -> Self {
        let stays = |action| {
            !matches!(action, Action::Create | Action::Replace | Action::Delete | Action::Forget)
        };
        let known = plan
            .instances
            .iter()
            .filter(|i| !i.deposed && stays(i.action))
            .map(|i| (i.address.clone(), i.before.clone()));
        Self(Mutex::new(known.collect()))
    }

    pub(super) fn learn(&self, address: &Address, seen: Attributes) {
        self.lock().insert(address.clone(), seen);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<Address, Attributes>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The value with everything pending in it computed from what is known now.
    pub(super) fn resolve(&self, stack: &StackName, value: &Value) -> Result<Value, EvalError> {
        value.resolve(&|reference| self.look_up(stack, reference))
    }

    fn look_up(
        &self,
        stack: &StackName,
        reference: &ResourceReference,
    ) -> Result<Value, EvalError> {
        let resource = reference.address(stack);
        let known = self.lock();
        let read = |attributes: &Attributes| match &reference.attribute {
            None => whole(resource.kind, attributes),
            Some(name) => attributes.get(name).cloned().unwrap_or(Value::Null),
        };
        let missing = || EvalError::absent(format!("`{resource}` is not there"));
        if let Some(key) = &reference.key {
            return known.get(&resource.instance(Some(key.clone()))).map(read).ok_or_else(missing);
        }
        if let Some(attributes) = known.get(&resource.instance(None)) {
            return Ok(read(attributes));
        }
        let all: Vec<_> = known.iter().filter(|(a, _)| a.resource == resource).collect();
        match all.first().map(|(address, _)| &address.key) {
            Some(Some(InstanceKey::Index(_))) => {
                Ok(Value::List(all.iter().map(|(_, v)| read(v)).collect()))
            }
            Some(Some(InstanceKey::Text(_))) => {
                let entry = |(address, values): &(&Address, &Attributes)| match &address.key {
                    Some(InstanceKey::Text(key)) => Some((key.to_string(), read(values))),
                    _ => None,
                };
                Ok(Value::Map(all.iter().filter_map(entry).collect()))
            }
            _ => Err(missing()),
        }
    }
}

/// Attributes with nothing for what the cloud does not tell, so that expressions can ask for it.
fn whole(kind: Kind, attributes: &Attributes) -> Value {
    let names = kind.schema().attributes.iter().map(|attribute| attribute.name);
    let nothing = names.map(|name| (name.to_owned(), Value::Null));
    let known = attributes.iter().map(|(name, value)| (name.to_owned(), value.clone()));
    Value::Map(nothing.chain(known).collect())
}
