//! From desired, recorded and observed to a plan.

use std::collections::BTreeMap;

use terrace_graph::ResourceGraph;
use terrace_model::{
    Address, Attributes, CloudIdentity, Diagnostics, InstanceKey, Kind, Name, Object, ObjectState,
    Observation, Observed, OnChange, Place, Record, Repeat, Resource, Snapshot, Status, Value,
    Workspace,
};

use crate::desired;
use crate::diff;
use crate::plan::{
    Action, AttributeChange, Drift, InstanceChange, Mode, Plan, PlannedOutput, Reason, ReasonCode,
    Refusal,
};
use crate::scope::{Values, await_missing, planned_value};
use crate::steps;

/// All that a plan is computed from.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// Apply or destroy.
    pub mode: Mode,
    /// The files.
    pub workspace: &'a Workspace,
    /// Their instances.
    pub graph: &'a ResourceGraph,
    /// The state.
    pub recorded: &'a Snapshot,
    /// The cloud as seen.
    pub observed: &'a Observed,
    /// Which cloud that is.
    pub cloud: &'a CloudIdentity,
    /// The other clouds that blocks or records name.
    pub clouds: &'a BTreeMap<Name, CloudIdentity>,
}

/// Computes the plan.
///
/// # Errors
/// All findings about values that could only be checked now: unknown images, wrong types of
/// values that came from the cloud, expressions that fail.
pub fn compute(inputs: Inputs<'_>) -> Result<Plan, Diagnostics> {
    let mut planner = Planner {
        inputs,
        values: Values::new(inputs.observed),
        instances: Vec::new(),
        problems: Diagnostics::default(),
    };
    if inputs.mode == Mode::Apply {
        for address in inputs.graph.order() {
            planner.desired_instance(address);
        }
    }
    planner.leftovers();
    let outputs = planner.outputs();
    let existing = planner.values.existing();
    if planner.problems.has_errors() {
        return Err(planner.problems);
    }
    let mut instances = planner.instances;
    instances.sort_by(|a, b| a.address.cmp(&b.address));
    let steps = steps::order(&instances, inputs.recorded);
    Ok(Plan {
        mode: inputs.mode,
        environment: inputs.workspace.environment.clone(),
        lineage: inputs.recorded.lineage.clone(),
        serial: inputs.recorded.serial,
        cloud: inputs.cloud.clone(),
        clouds: inputs.clouds.clone(),
        refusals: refusals(&instances, inputs.recorded),
        drift: drift(inputs),
        names: names(inputs),
        existing,
        outputs,
        instances,
        steps,
    })
}

struct Planner<'a> {
    inputs: Inputs<'a>,
    values: Values<'a>,
    instances: Vec<InstanceChange>,
    problems: Diagnostics,
}

impl<'a> Planner<'a> {
    fn desired_instance(&mut self, address: &Address) {
        let workspace = self.inputs.workspace;
        let found =
            workspace.resource(&address.resource).zip(workspace.stacks.get(address.stack()));
        let Some((resource, stack)) = found else { return };
        let facts = self.inputs.observed.facts_of(resource.cloud.as_ref());
        let scope = self.values.scope(workspace, stack, Some(address));
        let desired = match desired::evaluate(resource, address, &scope, facts) {
            Ok(desired) => desired,
            Err(problems) => {
                self.problems.extend(problems);
                // What refers to it is planned all the same, so that all findings come at once.
                Attributes::new()
            }
        };
        let decided = self.decide(resource, address, &desired);
        let survives = !matches!(decided.action, Action::Create | Action::Replace);
        let seen = survives.then(|| decided.before.clone());
        let mut values = planned_value(address, &desired, seen.as_ref());
        if decided.action == Action::Resume {
            await_missing(address, &mut values);
        }
        self.values.insert(address.clone(), values);
        self.instances.push(InstanceChange {
            address: address.clone(),
            action: decided.action,
            reason: decided.reason,
            cloud: resource.cloud.clone(),
            id: decided.seen.map(|object| object.id.clone()),
            changes: decided.changes,
            before: decided.before,
            desired,
            dependencies: self
                .inputs
                .graph
                .dependencies(address)
                .into_iter()
                .map(|(a, _)| a.clone())
                .collect(),
            prevent_destroy: resource.lifecycle.prevent_destroy,
            revision: decided.seen.and_then(|object| object.revision),
        });
    }

    fn decide(&self, resource: &Resource, address: &Address, desired: &Attributes) -> Decided<'a> {
        let place = Some(self.inputs.workspace.sources.place(resource.span));
        let recorded = self.inputs.recorded.records.get(address);
        match (recorded, self.inputs.observed.objects.get(address)) {
            (None, _) => Decided::create(ReasonCode::New, "it is new", place),
            (Some(_), Some(Observation::Absent) | None) => {
                Decided::create(ReasonCode::Gone, "it is gone from the cloud", place)
            }
            (Some(record), Some(Observation::Present(object))) => {
                self.compare(resource, address, desired, (record, object))
            }
        }
    }

    fn compare(
        &self,
        resource: &Resource,
        address: &Address,
        desired: &Attributes,
        (record, object): (&Record, &'a Object),
    ) -> Decided<'a> {
        let sources = &self.inputs.workspace.sources;
        let place = |name: &str| {
            Some(sources.place(resource.body.get(name).map_or(resource.span, |term| term.span)))
        };
        let key = &self.inputs.recorded.fingerprint_key;
        let changes = diff::changes(address, desired, (record, object), key, &place);
        let block = Some(sources.place(resource.span));
        let (action, reason) = judge(record, object, &changes, block);
        Decided { action, reason, seen: Some(object), changes, before: object.attributes.clone() }
    }

    /// Recorded instances that are not desired: delete, or forget what is gone already.
    fn leftovers(&mut self) {
        for (address, record) in &self.inputs.recorded.records {
            if self.inputs.mode == Mode::Apply && self.inputs.graph.contains(address) {
                continue;
            }
            let object = match self.inputs.observed.objects.get(address) {
                Some(Observation::Present(object)) => Some(object),
                Some(Observation::Absent) | None => None,
            };
            self.instances.push(InstanceChange {
                address: address.clone(),
                action: if object.is_some() { Action::Delete } else { Action::Forget },
                reason: self.why_not_desired(address, object.is_some()),
                cloud: record.cloud.clone(),
                id: Some(record.id.clone()),
                changes: Vec::new(),
                before: object.map(|o| o.attributes.clone()).unwrap_or_default(),
                desired: Attributes::new(),
                dependencies: record.dependencies.clone(),
                prevent_destroy: record.prevent_destroy,
                revision: None,
            });
        }
    }

    fn why_not_desired(&self, address: &Address, there: bool) -> Reason {
        if !there {
            return Reason {
                code: ReasonCode::Gone,
                text: "it is gone from the cloud".into(),
                place: None,
            };
        }
        if self.inputs.mode == Mode::Destroy {
            return Reason {
                code: ReasonCode::Destroy,
                text: "everything is destroyed".into(),
                place: None,
            };
        }
        let Some(block) = self.inputs.workspace.resource(&address.resource) else {
            let text = format!("`{}` is not in the files any more", address.resource);
            return Reason { code: ReasonCode::NoConfig, text, place: None };
        };
        let place = Some(self.inputs.workspace.sources.place(block.span));
        let (code, text) = match (&block.repeat, &address.key) {
            (Repeat::Count(n), Some(InstanceKey::Index(i))) => {
                (ReasonCode::CountIndex, format!("index {i} is beyond the count of {n}"))
            }
            (Repeat::Each(_), Some(InstanceKey::Text(key))) => {
                (ReasonCode::EachKey, format!("key `{key}` is not in `for_each`"))
            }
            _ => (
                ReasonCode::WrongRepetition,
                "`count` or `for_each` of its block changed".to_owned(),
            ),
        };
        Reason { code, text, place }
    }

    fn outputs(&mut self) -> BTreeMap<String, PlannedOutput> {
        let mut outputs: BTreeMap<String, PlannedOutput> = BTreeMap::new();
        let key = &self.inputs.recorded.fingerprint_key;
        for (name, record) in &self.inputs.recorded.outputs {
            let before = record.value.clone();
            outputs.insert(
                name.clone(),
                PlannedOutput { before, after: Value::Null, sensitive: record.sensitive },
            );
        }
        if self.inputs.mode == Mode::Destroy {
            return outputs;
        }
        let workspace = self.inputs.workspace;
        for stack in workspace.stacks.values() {
            // Those of components are told by the stacks that use them.
            if stack.parent.is_some() {
                continue;
            }
            let scope = self.values.scope(workspace, stack, None);
            for (name, output) in &stack.outputs {
                let value = match scope.names.output(stack, name, output) {
                    Ok(value) => value,
                    Err(error) => {
                        self.problems.push(error.diagnostic(output.term.span));
                        continue;
                    }
                };
                let sensitive = output.sensitive || value.is_sensitive();
                // A pending one is sealed when it is known.
                let value = match (sensitive, value.is_pending()) {
                    (true, true) => value.revealed(),
                    (true, false) => Value::Sensitive(Box::new(value.revealed())).sealed(key),
                    (false, _) => value,
                };
                let planned =
                    outputs.entry(format!("{}.{name}", stack.name)).or_insert(PlannedOutput {
                        before: Value::Null,
                        after: Value::Null,
                        sensitive,
                    });
                planned.after = value;
                planned.sensitive = sensitive;
            }
        }
        outputs
    }
}

struct Decided<'a> {
    action: Action,
    reason: Reason,
    seen: Option<&'a Object>,
    changes: Vec<AttributeChange>,
    before: Attributes,
}

impl Decided<'_> {
    fn create(code: ReasonCode, text: &str, place: Option<Place>) -> Self {
        let reason = Reason { code, text: text.to_owned(), place };
        Self {
            action: Action::Create,
            reason,
            seen: None,
            changes: Vec::new(),
            before: Attributes::new(),
        }
    }
}

/// What to do with an object that exists.
fn judge(
    record: &Record,
    object: &Object,
    changes: &[AttributeChange],
    block: Option<Place>,
) -> (Action, Reason) {
    let because = |code, text: String, place| Reason { code, text, place };
    if let ObjectState::Failed(fault) = &object.state {
        return (
            Action::Replace,
            because(ReasonCode::Failed, format!("it failed in the cloud: {fault}"), block),
        );
    }
    match (record.status, &object.state) {
        (Status::Failed, _) => {
            let fault = record.fault.as_deref().unwrap_or("the cloud gave no reason");
            return (
                Action::Replace,
                because(ReasonCode::Failed, format!("it failed in the cloud: {fault}"), block),
            );
        }
        (Status::Deleting, ObjectState::Busy(_)) => {
            let text = "an earlier run began to delete it".to_owned();
            return (Action::Replace, because(ReasonCode::DeleteBegun, text, block));
        }
        _ => {}
    }
    if let Some(decisive) = changes.iter().max_by_key(|c| c.effect) {
        let action = match decisive.effect {
            OnChange::InPlace => Action::Update,
            OnChange::Resize => Action::Resize,
            OnChange::Rebuild => Action::Rebuild,
            OnChange::Replace => Action::Replace,
        };
        let names: Vec<_> = changes
            .iter()
            .filter(|c| c.effect == decisive.effect)
            .map(|c| format!("`{}`", c.attribute))
            .collect();
        return (
            action,
            because(
                ReasonCode::Changed,
                format!("{} changed", names.join(", ")),
                decisive.place.clone(),
            ),
        );
    }
    match (record.status, &object.state) {
        (_, ObjectState::Busy(state)) => {
            let text = format!("the cloud is still working on it ({state})");
            (Action::Resume, because(ReasonCode::Interrupted, text, block))
        }
        (Status::Creating | Status::Updating, _) => {
            let text = "an earlier run ended before it was seen ready".to_owned();
            (Action::Resume, because(ReasonCode::Interrupted, text, block))
        }
        _ => (Action::NoOp, because(ReasonCode::Unchanged, "it is as desired".to_owned(), block)),
    }
}

/// An object cannot go from one cloud to another.
fn elsewhere(instance: &InstanceChange, recorded: &Snapshot) -> Option<Refusal> {
    let record = recorded.records.get(&instance.address)?;
    let cloud = |name: &Option<Name>| match name {
        Some(name) => format!("the cloud `{name}`"),
        None => "the workspace's own cloud".to_owned(),
    };
    (record.cloud != instance.cloud).then(|| Refusal {
        address: instance.address.clone(),
        message: format!(
            "`{}` is in {}, and its block says {}",
            instance.address,
            cloud(&record.cloud),
            cloud(&instance.cloud)
        ),
        help: "give the block another name: then the old one is deleted there, and a new one is created here".into(),
    })
}

fn refusals(instances: &[InstanceChange], recorded: &Snapshot) -> Vec<Refusal> {
    let moved = instances.iter().filter_map(|instance| elsewhere(instance, recorded));
    moved.chain(kept(instances, recorded)).collect()
}

/// What must not be destroyed, and would be.
fn kept(instances: &[InstanceChange], recorded: &Snapshot) -> Vec<Refusal> {
    let destroys = |i: &&InstanceChange| {
        matches!(i.action, Action::Delete | Action::Replace | Action::Rebuild)
    };
    let protected = |i: &&InstanceChange| {
        i.prevent_destroy || recorded.records.get(&i.address).is_some_and(|r| r.prevent_destroy)
    };
    instances
        .iter()
        .filter(destroys)
        .filter(protected)
        .map(|i| Refusal {
            address: i.address.clone(),
            message: format!("`{}` must not be destroyed, and this plan would ({})", i.address, i.reason.text),
            help: "set `lifecycle: { prevent_destroy: false }` on it and apply that first, or undo the change".into(),
        })
        .collect()
}

fn drift(inputs: Inputs<'_>) -> Vec<Drift> {
    let seen = |(address, record): (&Address, &Record)| match inputs.observed.objects.get(address) {
        Some(Observation::Present(object)) => diff::drift(address, record, object),
        Some(Observation::Absent) => vec![Drift {
            address: address.clone(),
            attribute: None,
            recorded: Value::text(&record.id),
            observed: Value::Null,
        }],
        None => Vec::new(),
    };
    inputs.recorded.records.iter().flat_map(seen).collect()
}

/// Names for the ids that plans show: images and flavors, and everything seen that has a name.
fn names(inputs: Inputs<'_>) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for facts in std::iter::once(&inputs.observed.facts).chain(inputs.observed.others.values()) {
        for named in facts.lookups.values().flatten() {
            names.insert(named.id.clone(), named.name.clone());
        }
    }
    for (address, observation) in &inputs.observed.objects {
        if let (Observation::Present(object), true) = (observation, address.kind() != Kind::Keypair)
            && let Some(name) = object.attributes.get("name").and_then(Value::as_str)
        {
            names.insert(object.id.clone(), name.to_owned());
        }
    }
    names
}
