//! What expressions come to without a cloud: by the files and what is recorded.

use terrace_graph::ResourceGraph;
use terrace_model::expr::{EvalError, Template};
use terrace_model::{Address, Attributes, Snapshot, StackName, Value, Workspace};

use crate::scope::{Planned, Values};

/// A workspace and its recorded state, ready to be asked.
#[derive(Debug)]
pub struct Offline<'a> {
    workspace: &'a Workspace,
    values: Values<'static>,
}

impl<'a> Offline<'a> {
    /// Recorded instances are worth what was last seen of them, others what the files say.
    pub fn new(
        workspace: &'a Workspace,
        graph: &ResourceGraph,
        recorded: Option<&Snapshot>,
    ) -> Self {
        let mut offline = Self { workspace, values: Values::default() };
        for address in graph.order() {
            let record = recorded.and_then(|snapshot| snapshot.records.get(address));
            let values = match record {
                Some(record) => Planned::new(address, &record.declared, Some(&record.seen)),
                None => Planned::new(address, &offline.desired(address), None),
            };
            offline.values.insert(address.clone(), values);
        }
        offline
    }

    /// What the block of an instance says; attributes that cannot be evaluated are left out.
    fn desired(&self, address: &Address) -> Attributes {
        let block = self.workspace.resource(&address.resource);
        let found = block.zip(self.workspace.stacks.get(address.stack()));
        let Some((resource, stack)) = found else { return Attributes::new() };
        let scope = self.values.scope(self.workspace, stack, Some(address));
        let terms = resource.body.iter();
        let values = terms.filter_map(|(name, term)| {
            let value = term.value.evaluate(&scope).ok()?;
            let secret = address.kind().schema().attribute(name).is_some_and(|a| a.secret);
            Some((name.clone(), if secret { value.into_sensitive() } else { value }))
        });
        values.collect()
    }

    /// The value of an expression in a stack, as its outputs would have it.
    ///
    /// # Errors
    /// What is wrong with the expression.
    pub fn evaluate(&self, stack: &StackName, template: &Template) -> Result<Value, EvalError> {
        let found = self.workspace.stacks.get(stack);
        let stack = found.ok_or_else(|| EvalError::new(format!("there is no stack `{stack}`")))?;
        template.evaluate(&self.values.scope(self.workspace, stack, None))
    }
}
