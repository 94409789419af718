//! Steps and what each waits for.
//!
//! Creating and changing goes along the dependencies, deleting against those that are recorded.
//! A replaced object is deleted before it is created anew, and what uses it is deleted before.

use std::collections::BTreeMap;

use terrace_graph::Dag;
use terrace_model::{Address, Snapshot};

use crate::plan::{Action, InstanceChange, Operation, Step};

type Node = (Operation, usize);

/// All steps in order, each with what it waits for.
pub(crate) fn order(instances: &[InstanceChange], recorded: &Snapshot) -> Vec<Step> {
    let index: BTreeMap<&Address, usize> =
        instances.iter().enumerate().map(|(at, i)| (&i.address, at)).collect();
    let mut dag: Dag<Node, ()> = Dag::default();
    for (at, instance) in instances.iter().enumerate() {
        operations(instance.action).iter().for_each(|&operation| dag.node((operation, at)));
    }
    for (at, instance) in instances.iter().enumerate() {
        let forward = forward(instance.action).map(|operation| (operation, at));
        if let (Some(create), Action::Replace) = (forward, instance.action) {
            dag.edge(create, (Operation::Delete, at), ());
        }
        for needed in instance.dependencies.iter().filter_map(|a| index.get(a)) {
            if let (Some(user), Some(operation)) = (forward, forward_of(instances, *needed)) {
                dag.edge(user, (operation, *needed), ());
            }
        }
        let record = recorded.records.get(&instance.address);
        for needed in record.iter().flat_map(|r| &r.dependencies).filter_map(|a| index.get(a)) {
            backward(&mut dag, instances, at, *needed);
        }
    }
    let nodes = dag.order().expect("invariant: steps follow the graph, which has no cycle");
    let position: BTreeMap<&Node, usize> =
        nodes.iter().enumerate().map(|(at, node)| (node, at)).collect();
    nodes
        .iter()
        .map(|node| {
            let mut after: Vec<usize> =
                dag.needs(node).into_iter().map(|(needed, ())| position[needed]).collect();
            after.sort_unstable();
            Step { instance: node.1, operation: node.0, after }
        })
        .collect()
}

/// Where `user` was recorded to need `needed`: what is deleted of `needed` waits until `user`
/// is deleted, or until it is changed so that it does not need it any more.
fn backward(dag: &mut Dag<Node, ()>, instances: &[InstanceChange], user: usize, needed: usize) {
    let Some(delete) = removal(instances[needed].action).map(|operation| (operation, needed))
    else {
        return;
    };
    if let Some(operation) = removal(instances[user].action) {
        dag.edge(delete, (operation, user), ());
    } else if let (Some(operation), Action::Delete) =
        (forward(instances[user].action), instances[needed].action)
    {
        dag.edge(delete, (operation, user), ());
    }
}

fn forward_of(instances: &[InstanceChange], at: usize) -> Option<Operation> {
    forward(instances[at].action)
}

fn operations(action: Action) -> &'static [Operation] {
    match action {
        Action::NoOp => &[],
        Action::Resume => &[Operation::Resume],
        Action::Forget => &[Operation::Forget],
        Action::Update | Action::Resize | Action::Rebuild => &[Operation::Update],
        Action::Create => &[Operation::Create],
        Action::Replace => &[Operation::Delete, Operation::Create],
        Action::Delete => &[Operation::Delete],
    }
}

/// The step after which an instance can be used.
fn forward(action: Action) -> Option<Operation> {
    operations(action).iter().copied().find(|o| !matches!(o, Operation::Delete | Operation::Forget))
}

/// The step by which an object goes.
fn removal(action: Action) -> Option<Operation> {
    operations(action).iter().copied().find(|o| matches!(o, Operation::Delete | Operation::Forget))
}
