//! Steps and what each waits for.
//!
//! Creating and changing goes along the dependencies, deleting against those that are recorded.
//! A replaced object is deleted before it is created anew, and what uses it is deleted before;
//! or it is created first, and the old one is deleted when nothing that is recorded to use it
//! does so any more.

use std::collections::{BTreeMap, BTreeSet};

use terrace_graph::{Cycle, Dag};
use terrace_model::{Address, Snapshot};

use crate::plan::{Action, InstanceChange, Operation, Step};

type Node = (Operation, usize);

/// Whether a step must, or should, come after another. What is recorded may be of several runs,
/// and may contradict what is desired now: then that gives way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Strength {
    Must,
    Should,
}

/// All steps in order, each with what it waits for.
pub(crate) fn order(instances: &[InstanceChange], recorded: &Snapshot) -> Vec<Step> {
    let edges = Edges::of(instances, recorded);
    let mut dropped = BTreeSet::new();
    let (dag, nodes) = loop {
        let dag = edges.dag(instances, &dropped);
        match dag.order() {
            Ok(nodes) => break (dag, nodes),
            Err(Cycle(path)) => dropped.insert(weakest(&path)),
        };
    };
    let position: BTreeMap<&Node, usize> =
        nodes.iter().enumerate().map(|(at, node)| (node, at)).collect();
    nodes
        .iter()
        .map(|node| {
            let mut after: Vec<usize> =
                dag.needs(node).into_iter().map(|(needed, _)| position[needed]).collect();
            after.sort_unstable();
            Step { instance: node.1, operation: node.0, after }
        })
        .collect()
}

/// The edge of a cycle that gives way.
fn weakest(path: &[(Node, Strength)]) -> (Node, Node) {
    let next = path.iter().skip(1).chain(path.first());
    let mut edges = path.iter().zip(next);
    let weak = edges.find(|((_, strength), _)| *strength == Strength::Should);
    weak.map(|((user, _), (needed, _))| (*user, *needed))
        .expect("invariant: what must be follows the graph, which has no cycle")
}

/// What waits for what: the first of each pair for the second.
#[derive(Default)]
struct Edges(Vec<(Node, Node, Strength)>);

impl Edges {
    fn of(instances: &[InstanceChange], recorded: &Snapshot) -> Self {
        if instances.iter().all(|instance| instance.operations().is_empty()) {
            return Self::default();
        }
        let mut index: BTreeMap<&Address, Vec<usize>> = BTreeMap::new();
        for (at, instance) in instances.iter().enumerate() {
            index.entry(&instance.address).or_default().push(at);
        }
        let mut edges = Self::default();
        for (at, instance) in instances.iter().enumerate() {
            edges.own(instance, at);
            if let (Some(operation), false) = (instance.forward(), instance.deposed) {
                for needed in instance.dependencies.iter().filter_map(|a| index.get(a)?.first()) {
                    if let Some(there) = instances[*needed].forward() {
                        edges.add((operation, at), (there, *needed), Strength::Must);
                    }
                }
            }
            let record = recorded.record(&instance.slot());
            let needed =
                record.iter().flat_map(|r| r.dependencies.iter()).filter_map(|a| index.get(a));
            needed.flatten().for_each(|needed| edges.backward(instances, at, *needed));
        }
        for same in index.values().filter(|same| same.len() > 1) {
            edges.one_by_one(instances, same);
        }
        edges
    }

    fn add(&mut self, user: Node, needed: Node, strength: Strength) {
        self.0.push((user, needed, strength));
    }

    /// The steps of one instance come one after the other.
    fn own(&mut self, instance: &InstanceChange, at: usize) {
        for pair in instance.operations().windows(2) {
            self.add((pair[1], at), (pair[0], at), Strength::Must);
        }
    }

    /// Where `user` was recorded to need `needed`: what is deleted of `needed` waits until `user`
    /// is deleted, or until it is changed so that it does not need it any more.
    fn backward(&mut self, instances: &[InstanceChange], user: usize, needed: usize) {
        let (user, needed) = ((&instances[user], user), (&instances[needed], needed));
        let Some(delete) = needed.0.removal().map(|operation| (operation, needed.1)) else {
            return;
        };
        let goes_last = needed.0.action == Action::Delete || needed.0.create_first;
        let wait = match user.0.removal() {
            Some(operation) => Some(operation),
            None => user.0.forward().filter(|_| goes_last),
        };
        if let Some(operation) = wait {
            self.add(delete, (operation, user.1), Strength::Should);
        }
    }

    /// An address has one operation at a time, and what is deposed goes when its replacement is
    /// there.
    fn one_by_one(&mut self, instances: &[InstanceChange], same: &[usize]) {
        let last = |at: usize| instances[at].operations().last().map(|o| (*o, at));
        let mut before = None;
        for &at in same {
            let first = instances[at].operations().first().map(|o| (*o, at));
            if let (Some(first), Some(before)) = (first, before) {
                self.add(first, before, Strength::Must);
            }
            before = last(at).or(before);
        }
    }

    fn dag(
        &self,
        instances: &[InstanceChange],
        dropped: &BTreeSet<(Node, Node)>,
    ) -> Dag<Node, Strength> {
        let mut dag = Dag::default();
        for (at, instance) in instances.iter().enumerate() {
            instance.operations().into_iter().for_each(|operation| dag.node((operation, at)));
        }
        let must = self.0.iter().filter(|(.., s)| *s == Strength::Must);
        let should = self.0.iter().filter(|(.., s)| *s == Strength::Should);
        let kept = should.filter(|(user, needed, _)| !dropped.contains(&(*user, *needed)));
        for (user, needed, strength) in must.chain(kept) {
            dag.edge(*user, *needed, *strength);
        }
        dag
    }
}
