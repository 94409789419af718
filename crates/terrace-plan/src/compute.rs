//! From desired, recorded and observed to a plan.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt as _};
use terrace_graph::ResourceGraph;
use terrace_model::expr::ResourceReference;
use terrace_model::{
    Address, Attributes, CloudIdentity, Diagnostics, Kind, Life, Move, Name, Object, Observation,
    Observed, Record, Resource, Snapshot, Value, Workspace,
};

use crate::align::{self, Aligned};
use crate::judge::{self, Decided, because};
use crate::plan::{Action, Drift, InstanceChange, Mode, Plan, PlannedOutput, ReasonCode};
use crate::scope::{Planned, Values};
use crate::target::Choices;
use crate::{capable, conditions, desired, diff, first, ignore, import, policies, steps};

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
    /// Instances that have another address now; `recorded` knows them by that already.
    pub moves: &'a [Move],
    /// What the user asks for beyond the files.
    pub choices: &'a Choices,
}

/// Computes the plan.
///
/// # Errors
/// All findings about values that could only be checked now: unknown images, wrong types of
/// values that came from the cloud, expressions that fail.
pub fn compute(inputs: Inputs<'_>) -> Result<Plan, Diagnostics> {
    let mut planner = Planner {
        inputs,
        values: Values::new(inputs.observed, inputs.graph.order().len()),
        instances: Vec::with_capacity(inputs.graph.order().len()),
        index: HashMap::with_capacity(inputs.graph.order().len()),
        moved: inputs.moves.iter().map(|m| (&m.to, &m.from)).collect(),
        included: inputs.choices.included(inputs.mode, inputs.graph, inputs.recorded),
        left_out: 0,
        problems: Diagnostics::default(),
    };
    if inputs.mode == Mode::Apply {
        planner.check_imports();
        planner.desired_instances();
    }
    planner.leftovers();
    let outputs = planner.outputs();
    let existing = planner.values.existing();
    if planner.problems.has_errors() {
        return Err(planner.problems);
    }
    let mut instances = planner.instances;
    instances.sort_unstable_by(|a, b| {
        (&a.address, a.deposed, &a.id).cmp(&(&b.address, b.deposed, &b.id))
    });
    let mut refusals = first::decide(&mut instances, inputs.recorded);
    refusals.extend(import::refusals(&instances));
    refusals.extend(judge::refusals(&instances, inputs.recorded));
    let planned = planner.values.instances();
    let held = policies::hold(inputs.workspace, inputs.observed, planned, &mut instances);
    if held.problems.has_errors() {
        return Err(held.problems);
    }
    refusals.extend(held.refusals);
    let steps = steps::order(&instances, inputs.recorded);
    let drift = drift(inputs, &instances);
    Ok(Plan {
        mode: inputs.mode,
        environment: inputs.workspace.environment.clone(),
        lineage: inputs.recorded.lineage.clone(),
        serial: inputs.recorded.serial,
        cloud: inputs.cloud.clone(),
        clouds: inputs.clouds.clone(),
        refusals,
        warnings: held.warnings,
        names: if drift.is_empty() && steps.is_empty() { BTreeMap::new() } else { names(inputs) },
        drift,
        existing,
        moves: inputs.moves.to_vec(),
        left_out: planner.left_out,
        outputs,
        instances,
        steps,
    })
}

pub(crate) struct Planner<'a> {
    pub(crate) inputs: Inputs<'a>,
    pub(crate) values: Values<'a>,
    pub(crate) instances: Vec<InstanceChange>,
    /// Where in `instances` a desired instance is.
    pub(crate) index: HashMap<Address, usize>,
    /// What is at another address now: where it was, by where it is.
    moved: BTreeMap<&'a Address, &'a Address>,
    /// What is planned; everything when `None`.
    pub(crate) included: Option<BTreeSet<Address>>,
    pub(crate) left_out: usize,
    pub(crate) problems: Diagnostics,
}

/// What is recorded and seen of an instance.
#[derive(Clone, Copy)]
struct Known<'a> {
    record: Option<&'a Record>,
    seen: Option<&'a Observation>,
}

impl Known<'_> {
    /// What an instance needs, in the same memory as what is recorded when it is the same.
    fn dependencies<'g>(self, needed: impl Iterator<Item = &'g Address> + Clone) -> Arc<[Address]> {
        match self.record {
            Some(record) if needed.clone().eq(record.dependencies.iter()) => {
                Arc::clone(&record.dependencies)
            }
            _ => needed.cloned().collect(),
        }
    }

    /// What is desired as it was declared when last applied, in the same memory: mostly it is.
    fn as_recorded(self, desired: Attributes) -> Attributes {
        match self.record {
            Some(record) if record.declared == desired => record.declared.clone(),
            _ => desired,
        }
    }
}

impl<'a> Planner<'a> {
    fn desired_instances(&mut self) {
        let Inputs { workspace, graph, recorded, observed, .. } = self.inputs;
        let aligned = Aligned::of(graph.order());
        let blocks = workspace.resources().map(|block| (&block.address, block));
        let blocks = aligned.with(|address| &address.resource, blocks);
        let records = aligned.with(|address| address, recorded.records.iter());
        let objects = aligned.with(|address| address, observed.objects.iter());
        for (at, address) in graph.order().iter().enumerate() {
            let known = Known { record: records[at], seen: objects[at] };
            match blocks[at] {
                _ if self.is_left_out(address) => self.leave_out(address),
                Some(block) => self.desired_instance(block, address, known),
                None => {}
            }
        }
    }

    fn desired_instance(&mut self, resource: &Resource, address: &Address, known: Known<'a>) {
        let workspace = self.inputs.workspace;
        let Some(stack) = workspace.stacks.get(address.stack()) else { return };
        let facts = self.inputs.observed.facts_of(resource.cloud.as_ref());
        let scope = self.values.scope(workspace, stack, Some((resource, address)));
        // What refers to it is planned all the same, so that all findings come at once.
        let desired =
            desired::evaluate(resource, address, &scope, facts).unwrap_or_else(|problems| {
                self.problems.extend(problems);
                Attributes::new()
            });
        self.problems.extend(capable::refused(resource, address, &desired, facts.driver));
        let desired = known.as_recorded(desired);
        let life = resource.lifecycle.evaluate(address.kind(), &scope).unwrap_or_else(|problems| {
            self.problems.extend(problems);
            Life::default()
        });
        let mut decided = self.decide(resource, address, known, (&desired, &life));
        self.trigger(resource, address, &mut decided);
        let imported = known.record.is_none() && decided.seen.is_some();
        self.arrived(address, imported, &mut decided);
        let desired = match (decided.action, decided.kept.take()) {
            (Action::Replace, _) | (_, None) => desired,
            (_, Some(kept)) => kept,
        };
        let survives = !matches!(decided.action, Action::Create | Action::Replace);
        let mut planned = Planned::new(address, &desired, survives.then_some(&decided.before));
        if decided.action == Action::Resume {
            planned = planned.being_made();
        }
        let idle = matches!(decided.action, Action::NoOp | Action::Record | Action::Move);
        let conditions =
            (&resource.lifecycle.preconditions[..], &resource.lifecycle.postconditions[..]);
        let checks = conditions::decide(conditions, address, &scope, idle.then_some(&planned));
        self.problems.extend(checks.problems);
        self.values.insert(address.clone(), planned);
        self.index.insert(address.clone(), self.instances.len());
        let needed = self.inputs.graph.dependencies(address).into_iter();
        self.instances.push(InstanceChange {
            address: address.clone(),
            deposed: false,
            action: decided.action,
            create_first: false,
            imported,
            reason: decided.reason,
            cloud: resource.cloud.clone(),
            id: decided.seen.map(|object| object.id.clone()),
            changes: decided.changes,
            before: decided.before,
            desired,
            dependencies: known.dependencies(needed.map(|(needed, _)| needed)),
            life,
            preconditions: checks.before,
            postconditions: checks.after,
            revision: decided.seen.and_then(|object| object.revision),
        });
    }

    fn decide(
        &self,
        resource: &Resource,
        address: &Address,
        known: Known<'a>,
        wanted: (&Attributes, &Life),
    ) -> Decided<'a> {
        let place = || Some(self.inputs.workspace.sources.place(resource.span));
        match (known.record, known.seen) {
            (None, _) => match self.inputs.observed.imports.get(address) {
                Some(Observation::Present(object)) => {
                    let key = &self.inputs.recorded.fingerprint_key;
                    let record = import::as_if_recorded(address, wanted.0, object, key);
                    self.compare(resource, address, wanted, (&record, object))
                }
                Some(Observation::Absent) | None => {
                    Decided::create(ReasonCode::New, "it is new", place())
                }
            },
            (Some(_), Some(Observation::Absent) | None) => {
                Decided::create(ReasonCode::Gone, "it is gone from the cloud", place())
            }
            (Some(record), Some(Observation::Present(object))) => {
                self.compare(resource, address, wanted, (record, object))
            }
        }
    }

    fn compare(
        &self,
        resource: &Resource,
        address: &Address,
        (desired, life): (&Attributes, &Life),
        (record, object): (&Record, &'a Object),
    ) -> Decided<'a> {
        let sources = &self.inputs.workspace.sources;
        let place = |name: &str| {
            Some(sources.place(resource.body.get(name).map_or(resource.span, |term| term.span)))
        };
        let key = &self.inputs.recorded.fingerprint_key;
        let kept = ignore::keep(address, desired, &life.ignored, (record, object));
        let desired = kept.as_ref().unwrap_or(desired);
        let mut changes = if diff::is_as_recorded(address, desired, (record, object)) {
            Vec::new()
        } else {
            diff::changes(address, desired, (record, object), key, &place)
        };
        let driver = self.inputs.observed.facts_of(resource.cloud.as_ref()).driver;
        for change in &mut changes {
            change.effect = driver.effect(address.kind(), change.effect);
        }
        let block = Some(sources.place(resource.span));
        let (action, reason) = judge::judge((record, object), &changes, life, block);
        let before = object.attributes.clone();
        Decided { action, reason, seen: Some(object), changes, before, kept }
    }

    /// Says of what is otherwise as desired how it came under its address.
    fn arrived(&self, address: &Address, imported: bool, decided: &mut Decided<'_>) {
        if !matches!(decided.action, Action::NoOp | Action::Record) {
            return;
        }
        let from = self.moved.get(address).copied();
        if imported {
            let place = import::place(self.inputs.workspace, address);
            decided.action = Action::Adopt;
            decided.reason = because(ReasonCode::Imported, "the files say so", place);
        } else if let (Some(from), Action::NoOp) = (from, decided.action) {
            let place = decided.reason.place.take();
            decided.action = Action::Move;
            decided.reason = because(ReasonCode::Moved, format!("it was `{from}`"), place);
        }
    }

    /// Turns into a replacement what is to be replaced because of something else.
    fn trigger(&self, resource: &Resource, address: &Address, decided: &mut Decided<'_>) {
        if matches!(decided.action, Action::Create | Action::Replace) {
            return;
        }
        if decided.seen.is_some() && self.inputs.choices.replaces(address) {
            decided.action = Action::Replace;
            decided.reason = because(ReasonCode::Requested, "it was asked for", None);
            return;
        }
        let because_of = |reference: &ResourceReference| {
            let text = self.triggered(&resource.address.stack, reference)?;
            let place = self.inputs.workspace.sources.place(reference.span);
            Some(because(ReasonCode::Triggered, text, Some(place)))
        };
        if let Some(reason) = resource.lifecycle.replace_triggered_by.iter().find_map(because_of) {
            decided.action = Action::Replace;
            decided.reason = reason;
        }
    }

    /// What happens to what a trigger names, if it counts.
    fn triggered(
        &self,
        stack: &terrace_model::StackName,
        reference: &ResourceReference,
    ) -> Option<String> {
        let target = reference.address(stack);
        let keys = match &reference.key {
            Some(key) => vec![Some(key.clone())],
            None => self.inputs.workspace.resource(&target)?.repeat.keys(),
        };
        let instances = keys.into_iter().map(|key| target.instance(key));
        let planned = instances.filter_map(|a| Some(&self.instances[*self.index.get(&a)?]));
        planned.into_iter().find_map(|i| changed(i, reference.attribute.as_deref()))
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
                    // What it needs may be left out: it stays as it was.
                    Err(_) if self.included.is_some() => {
                        let name = format!("{}.{name}", stack.name);
                        if let Some(kept) = outputs.get_mut(&name) {
                            kept.after = kept.before.clone();
                        }
                        continue;
                    }
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

/// What happens to an instance, or to an attribute of it, if that changes it.
fn changed(instance: &InstanceChange, attribute: Option<&str>) -> Option<String> {
    let address = &instance.address;
    let again = instance.reason.code == ReasonCode::Gone;
    match (instance.action, attribute) {
        (Action::Replace, None) => Some(format!("`{address}` is replaced")),
        (Action::Create, _) if again => Some(format!("`{address}` is created anew")),
        (Action::Update | Action::Resize | Action::Rebuild, None) => {
            Some(format!("`{address}` changes"))
        }
        (_, Some(name)) => {
            let declared = instance.changes.iter().any(|c| c.attribute == name);
            let by_cloud = instance.action == Action::Replace
                && instance.desired.get(name).is_none_or(Value::is_null);
            (declared || by_cloud).then(|| format!("`{name}` of `{address}` changes"))
        }
        _ => None,
    }
}

fn drift(inputs: Inputs<'_>, instances: &[InstanceChange]) -> Vec<Drift> {
    let planned = |address: &Address| {
        let at = instances.partition_point(|i| (&i.address, i.deposed) < (address, false));
        instances.get(at).filter(|i| i.address == *address && !i.deposed)
    };
    let minded = |d: &Drift| match (&d.attribute, planned(&d.address)) {
        (Some(attribute), Some(instance)) => !instance.life.ignored.whole(attribute),
        _ => true,
    };
    let mut objects = inputs.observed.objects.iter().peekable();
    let seen = |(address, record)| match align::at(&mut objects, address) {
        Some(Observation::Present(object)) => diff::drift(address, record, object),
        Some(Observation::Absent) => vec![Drift {
            address: address.clone(),
            attribute: None,
            recorded: Value::text(&record.id),
            observed: Value::Null,
        }],
        None => Vec::new(),
    };
    inputs.recorded.records.iter().flat_map(seen).filter(minded).collect()
}

/// Names for the ids that plans show: images and flavors, and everything seen that has a name.
/// Nothing is shown of a plan in which nothing is done.
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
