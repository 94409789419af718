//! The ready queue: which step may begin next. Knows nothing of clouds.

use std::collections::{BTreeMap, BTreeSet};

use terrace_model::{Address, Kind, Value};
use terrace_plan::{Operation, Plan};

/// Steps by what they wait for.
pub(super) struct Queue {
    waits: Vec<usize>,
    users: Vec<Vec<usize>>,
    /// Length of the longest path of steps that begins here, in rough seconds.
    weight: Vec<u32>,
    ready: BTreeSet<(std::cmp::Reverse<u32>, usize)>,
    /// Groups whose members are created one at a time, and whether one is under way.
    group: Vec<Option<Address>>,
    busy: BTreeMap<Address, usize>,
    left: BTreeSet<usize>,
}

impl Queue {
    pub(super) fn new(plan: &Plan) -> Self {
        let count = plan.steps.len();
        let mut users = vec![Vec::new(); count];
        for (at, step) in plan.steps.iter().enumerate() {
            step.after.iter().for_each(|&needed| users[needed].push(at));
        }
        let mut weight = vec![0; count];
        for at in (0..count).rev() {
            let after = users[at].iter().map(|&user| weight[user]).max().unwrap_or(0);
            weight[at] = after + seconds(plan, at);
        }
        let waits: Vec<usize> = plan.steps.iter().map(|s| s.after.len()).collect();
        let ready = (0..count)
            .filter(|&at| waits[at] == 0)
            .map(|at| (std::cmp::Reverse(weight[at]), at))
            .collect();
        let group = (0..count).map(|at| apart(plan, at)).collect();
        Self {
            waits,
            users,
            weight,
            ready,
            group,
            busy: BTreeMap::new(),
            left: (0..count).collect(),
        }
    }

    /// Takes the next step that may begin, if there is one.
    pub(super) fn next(&mut self) -> Option<usize> {
        let free = |at: &usize| {
            self.group[*at].as_ref().is_none_or(|group| !self.busy.contains_key(group))
        };
        let next = *self.ready.iter().find(|(_, at)| free(at))?;
        self.ready.remove(&next);
        self.left.remove(&next.1);
        if let Some(group) = &self.group[next.1] {
            self.busy.insert(group.clone(), next.1);
        }
        Some(next.1)
    }

    /// A step succeeded: what waited for it may begin.
    pub(super) fn done(&mut self, at: usize) {
        self.release(at);
        for user in self.users[at].clone() {
            self.waits[user] -= 1;
            if self.waits[user] == 0 && self.left.contains(&user) {
                self.ready.insert((std::cmp::Reverse(self.weight[user]), user));
            }
        }
    }

    /// A step failed: returns all that can never begin now, and takes them out.
    pub(super) fn failed(&mut self, at: usize) -> Vec<usize> {
        self.release(at);
        let mut open = self.users[at].clone();
        let mut skipped = BTreeSet::new();
        while let Some(user) = open.pop() {
            if self.left.remove(&user) && skipped.insert(user) {
                open.extend(&self.users[user]);
            }
        }
        skipped.into_iter().collect()
    }

    /// How many steps were neither begun nor skipped.
    pub(super) fn left(&self) -> usize {
        self.left.len()
    }

    fn release(&mut self, at: usize) {
        if let Some(group) = &self.group[at]
            && self.busy.get(group) == Some(&at)
        {
            self.busy.remove(group);
        }
    }
}

/// A rough guess, only to order what is ready.
fn seconds(plan: &Plan, at: usize) -> u32 {
    let step = &plan.steps[at];
    match (plan.instance(step).address.kind(), step.operation) {
        (_, Operation::Forget | Operation::Record | Operation::Adopt) => 0,
        (Kind::Server, _) => 10,
        _ => 1,
    }
}

/// Members of an anti-affinity group are created one at a time: in parallel, the cloud may place
/// two on one host and fail one of them late.
fn apart(plan: &Plan, at: usize) -> Option<Address> {
    let step = &plan.steps[at];
    let instance = plan.instance(step);
    if step.operation != Operation::Create || instance.address.kind() != Kind::Server {
        return None;
    }
    instance
        .dependencies
        .iter()
        .find(|address| {
            if address.kind() != Kind::ServerGroup {
                return false;
            }
            let group = plan.primary(address);
            let policy = group.and_then(|g| g.desired.get("policy")).and_then(Value::as_str);
            policy == Some("anti-affinity")
        })
        .cloned()
}
