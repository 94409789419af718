//! Which replacements are made before the old object goes: those that the user wants so, and all
//! that these need, because the old object goes on using what it needs until it is deleted.

use std::collections::{BTreeMap, BTreeSet};

use terrace_model::{Address, Snapshot, Value};

use crate::plan::{Action, InstanceChange, Refusal};

/// Decides it for every replacement, and refuses where two objects cannot exist side by side.
pub(crate) fn decide(instances: &mut [InstanceChange], recorded: &Snapshot) -> Vec<Refusal> {
    let wanted = spread(instances, recorded);
    let mut refusals = Vec::new();
    for at in (0..instances.len()).filter(|at| wanted.contains(at)) {
        let instance = &instances[at];
        if instance.action != Action::Replace || instance.life.retain {
            continue;
        }
        match (same_id(instance), because_of(instances, &wanted, at)) {
            (None, _) => instances[at].create_first = true,
            (Some(name), Some(because)) => refusals.push(refuse(instance, name, &because)),
            // Nothing that is made first uses it: it may go first.
            (Some(_), None) => {}
        }
    }
    refusals
}

/// Indices of instances that are to be made first, if they are replaced at all.
fn spread(instances: &[InstanceChange], recorded: &Snapshot) -> BTreeSet<usize> {
    if !instances.iter().any(|i| i.action == Action::Replace) {
        return BTreeSet::new();
    }
    let index: BTreeMap<&Address, usize> = instances
        .iter()
        .enumerate()
        .filter(|(_, i)| !i.deposed)
        .map(|(at, i)| (&i.address, at))
        .collect();
    let own = instances.iter().enumerate().filter(|(_, i)| i.life.create_before_destroy);
    let mut open: Vec<usize> = own.map(|(at, _)| at).collect();
    let mut wanted = BTreeSet::new();
    while let Some(at) = open.pop() {
        if !wanted.insert(at) {
            continue;
        }
        let record = recorded.records.get(&instances[at].address);
        let needed = instances[at]
            .dependencies
            .iter()
            .chain(record.iter().flat_map(|r| r.dependencies.iter()));
        open.extend(needed.filter_map(|address| index.get(address)));
    }
    wanted
}

/// The value of the attribute that is the id, if the new object would have the old one's.
fn same_id(instance: &InstanceChange) -> Option<(&'static str, String)> {
    let name = instance.address.kind().schema().id_is?;
    let new = instance.desired.get(name).and_then(Value::as_str)?;
    (instance.id.as_deref() == Some(new)).then(|| (name, new.to_owned()))
}

/// The instance that wants it: itself, or one that uses it and is replaced.
fn because_of(
    instances: &[InstanceChange],
    wanted: &BTreeSet<usize>,
    at: usize,
) -> Option<Address> {
    let instance = &instances[at];
    if instance.life.create_before_destroy {
        return Some(instance.address.clone());
    }
    let users = wanted.iter().map(|&user| &instances[user]);
    let mut users = users.filter(|u| u.action == Action::Replace && !u.life.retain);
    users.find(|u| u.dependencies.contains(&instance.address)).map(|u| u.address.clone())
}

fn refuse(
    instance: &InstanceChange,
    (attribute, value): (&'static str, String),
    because: &Address,
) -> Refusal {
    let (address, noun) = (&instance.address, instance.address.kind().noun());
    let who = if because == address {
        "it is".to_owned()
    } else {
        format!("`{because}`, which uses it, is")
    };
    Refusal {
        address: address.clone(),
        message: format!(
            "`{address}` cannot be created before the old one is destroyed: both would be called `{value}`, and a {noun}'s `{attribute}` is its id"
        ),
        help: format!(
            "{who} `create_before_destroy`: change `{attribute}` together with it, or take that setting away"
        ),
    }
}
