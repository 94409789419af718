//! A part of a plan: what is asked for, and all that it needs.

use std::collections::BTreeSet;

use foldhash::HashMap;
use terrace_graph::ResourceGraph;
use terrace_model::{Address, Snapshot};

use crate::plan::Mode;

/// What the user asks for beyond the files.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    /// Only these, and what they need; everything when empty. Without a key, all of a block.
    pub targets: Vec<Address>,
    /// Replace these, whether they differ or not.
    pub replace: Vec<Address>,
}

impl Choices {
    /// Whether an instance is to be replaced.
    pub(crate) fn replaces(&self, address: &Address) -> bool {
        self.replace.iter().any(|asked| is_meant(asked, address))
    }

    /// The instances that are planned; `None` for all of them.
    pub(crate) fn included(
        &self,
        mode: Mode,
        graph: &ResourceGraph,
        recorded: &Snapshot,
    ) -> Option<BTreeSet<Address>> {
        if self.targets.is_empty() {
            return None;
        }
        let meant = |address: &&Address| self.targets.iter().any(|asked| is_meant(asked, address));
        let mut included = BTreeSet::new();
        let desired = |address: &Address| mode == Mode::Apply && graph.contains(address);
        let all = graph.order().iter().filter(|a| desired(a)).chain(recorded.records.keys());
        let mut open: Vec<&Address> = all.filter(meant).collect();
        let goes = recorded.records.iter().filter(|(user, _)| !desired(user));
        let mut users: HashMap<&Address, Vec<&Address>> = HashMap::default();
        for (user, record) in goes {
            record.dependencies.iter().for_each(|a| users.entry(a).or_default().push(user));
        }
        while let Some(address) = open.pop() {
            if !included.insert(address.clone()) {
                continue;
            }
            if desired(address) {
                open.extend(graph.dependencies(address).into_iter().map(|(needed, _)| needed));
            } else {
                // What goes takes with it what goes as well and needs it.
                open.extend(users.get(address).into_iter().flatten().copied());
            }
        }
        Some(included)
    }
}

/// Whether an address as the user gave it means an instance: itself, any of its block, or what is
/// written inside of it.
pub fn is_meant(asked: &Address, address: &Address) -> bool {
    let (outer, inner) = (&asked.resource, &address.resource);
    (outer == inner || inner.is_inside(outer)) && (asked.key.is_none() || asked.key == address.key)
}
