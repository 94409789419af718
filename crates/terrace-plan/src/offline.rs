//! What expressions come to without a cloud: by the files, what is recorded, and what was looked up.

use std::collections::BTreeSet;

use terrace_graph::ResourceGraph;
use terrace_model::expr::{EvalError, Template};
use terrace_model::{Address, Attributes, Observed, Snapshot, StackName, Value, Workspace};

use crate::scope::{Lookup, Planned, Values};

/// A workspace and its recorded state, ready to be asked.
#[derive(Debug)]
pub struct Offline<'a> {
    workspace: &'a Workspace,
    values: Values<'a>,
}

impl<'a> Offline<'a> {
    /// Recorded instances are worth what was last seen of them, others what the files say; names
    /// under `existing` what was looked up, of which only the facts matter.
    pub fn new(
        workspace: &'a Workspace,
        graph: &ResourceGraph,
        recorded: Option<&Snapshot>,
        looked_up: &'a Observed,
    ) -> Self {
        let mut offline = Self { workspace, values: Values::new(looked_up, graph.order().len()) };
        for address in graph.order() {
            let record = recorded.and_then(|snapshot| snapshot.records.get(address));
            let values = match record {
                Some(record) => Planned::new(address, &record.declared, Some(&record.seen)),
                None => Planned::new(address, &offline.desired(address), None),
            };
            offline.values.insert(address.clone(), values);
            let missing = offline.values.take_missing();
            if !missing.is_empty() {
                offline.values.lack(address.clone(), missing);
            }
        }
        offline
    }

    /// What the block of an instance says; attributes that cannot be evaluated are left out.
    fn desired(&self, address: &Address) -> Attributes {
        let block = self.workspace.resource(&address.resource);
        let found = block.zip(self.workspace.stacks.get(address.stack()));
        let Some((resource, stack)) = found else { return Attributes::new() };
        let scope = self.values.scope(self.workspace, stack, Some((resource, address)));
        let terms = resource.body.iter();
        let values = terms.filter_map(|(name, term)| {
            let value = term.value.evaluate(&scope).ok()?;
            let secret = address.kind().schema().attribute(name).is_some_and(|a| a.secret);
            Some((name, if secret { value.into_sensitive() } else { value }))
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

    /// What has to be looked up before the expressions so far can be told for certain.
    pub fn missing(&self) -> BTreeSet<Lookup> {
        self.values.take_missing()
    }
}
