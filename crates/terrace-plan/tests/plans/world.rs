//! A workspace in a folder, and a cloud that is a few tables: applying a plan to it makes what the
//! plan says and nothing else.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use terrace_model::expr::{EvalError, ResourceReference};
use terrace_model::{
    Address, Attributes, CloudIdentity, Diagnostics, Facts, Lineage, LookupKind, Named, Object,
    ObjectState, Observation, Observed, Record, Slot, Snapshot, Sources, StackName, Status, Timed,
    Value,
};
use terrace_plan::{Action, Choices, Inputs, InstanceChange, Mode, Operation, Plan, compute};

/// Files, state and cloud.
pub(crate) struct World {
    folder: tempfile::TempDir,
    pub(crate) recorded: Snapshot,
    /// What is in the cloud, by id.
    pub(crate) objects: BTreeMap<String, Object>,
    pub(crate) variables: Vec<(String, String)>,
    pub(crate) choices: Choices,
    made: usize,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            recorded: Snapshot::empty(Lineage("l".into()), b"key".to_vec()),
            objects: BTreeMap::new(),
            variables: Vec::new(),
            choices: Choices::default(),
            made: 0,
        }
    }

    /// A world in which a stack `web` was applied.
    pub(crate) fn with(stack: &str) -> Self {
        let mut world = Self::new();
        let plan = world.plan(stack).expect("a plan");
        world.carry_out(&plan);
        world
    }

    pub(crate) fn write(&self, path: &str, text: &str) -> &Self {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        std::fs::write(path, text).expect("written");
        self
    }

    /// The plan for a stack `web`; in place of it what is wrong, one line each.
    pub(crate) fn plan(&self, stack: &str) -> Result<Plan, String> {
        self.write("stacks/web.yaml", stack).plan_as(Mode::Apply)
    }

    pub(crate) fn plan_as(&self, mode: Mode) -> Result<Plan, String> {
        if !self.folder.path().join("terrace.yaml").exists() {
            self.write("terrace.yaml", "cloud: simulator\n");
        }
        let request = terrace_lang::Request {
            variables: &self.variables,
            ..terrace_lang::Request::of(self.folder.path())
        };
        let loaded = terrace_lang::load(&request).map_err(|e| told(&e.diagnostics, &e.sources))?;
        let workspace = loaded.workspace;
        let wrong = |found: Diagnostics| told(&found, &workspace.sources);
        let graph = terrace_graph::build(&workspace).map_err(wrong)?;
        let moves = terrace_plan::moves(&workspace, &self.recorded).map_err(wrong)?;
        let recorded = self.recorded.clone().moved(&moves);
        let mut observed = self.observed(&recorded);
        for (address, id) in terrace_plan::wanted_imports(&workspace, &recorded) {
            let found = self.objects.get(&id).cloned();
            let found = found.map_or(Observation::Absent, Observation::Present);
            observed.imports.insert(address, found);
        }
        let inputs = Inputs {
            mode,
            workspace: &workspace,
            graph: &graph,
            recorded: &recorded,
            observed: &observed,
            moves: &moves,
            choices: &self.choices,
            cloud: &cloud(),
            clouds: &BTreeMap::new(),
        };
        let plan = compute(inputs).map_err(wrong)?;
        assert_eq!(plan.verify(), [""; 0], "the plan is not sound");
        Ok(plan)
    }

    fn observed(&self, recorded: &Snapshot) -> Observed {
        let look = |id: &str| match self.objects.get(id) {
            Some(object) => Observation::Present(object.clone()),
            None => Observation::Absent,
        };
        let records = recorded.records.iter();
        let deposed = recorded.deposed.keys();
        Observed {
            objects: records.map(|(a, r)| (a.clone(), look(&r.id))).collect(),
            deposed: deposed.map(|key| (key.clone(), look(&key.1))).collect(),
            facts: facts(),
            ..Observed::default()
        }
    }

    /// Does what a plan says, all of it.
    pub(crate) fn carry_out(&mut self, plan: &Plan) {
        self.recorded = self.recorded.clone().moved(&plan.moves);
        for step in 0..plan.steps.len() {
            self.step(plan, step);
        }
        self.recorded.serial += 1;
    }

    /// Does one step.
    pub(crate) fn step(&mut self, plan: &Plan, step: usize) {
        let step = &plan.steps[step];
        let instance = plan.instance(step);
        match step.operation {
            Operation::Create => self.create(instance),
            Operation::Delete => {
                let id = instance.id.clone().expect("an id");
                let slot = self.recorded.slot_of(&instance.address, &id).expect("recorded");
                self.recorded.put(slot, None);
                self.objects.remove(&id);
            }
            Operation::Forget => self.recorded.put(instance.slot(), None),
            Operation::Update | Operation::Resume | Operation::Record | Operation::Adopt => {
                let id = instance.id.clone().expect("an id");
                self.record(instance, &id);
            }
        }
    }

    fn create(&mut self, instance: &InstanceChange) {
        self.made += 1;
        let named = instance.address.kind().schema().id_is.and_then(|n| instance.desired.get(n));
        let made = format!("{}#{}", instance.address.resource.name(), self.made);
        let id = named.and_then(Value::as_str).map_or(made, str::to_owned);
        if instance.create_first {
            let old = self.recorded.records.remove(&instance.address).expect("an old one");
            let beside = Slot { address: instance.address.clone(), deposed: Some(old.id.clone()) };
            self.recorded.put(beside, Some(old));
        }
        self.record(instance, &id);
    }

    fn record(&mut self, instance: &InstanceChange, id: &str) {
        let address = &instance.address;
        let resolve = |(name, value): (&str, &Value)| {
            let value = value.resolve(&|reference| self.look_up(address.stack(), reference));
            (name.to_owned(), value.expect("resolved"))
        };
        let desired: Attributes = instance.desired.iter().map(resolve).collect();
        let schema = address.kind().schema();
        let told = |name: &str| schema.attribute(name).is_some_and(|a| a.readable);
        let mut seen = instance.before.clone();
        seen.extend(
            desired.iter().filter(|(n, _)| told(n)).map(|(n, v)| (n.to_owned(), v.clone())),
        );
        seen.insert("id", Value::text(id));
        seen.retain(|_, value| !value.is_null());
        let record = Record {
            id: id.to_owned(),
            status: Status::Ready,
            schema_version: schema.version,
            declared: desired.sealed(b"key"),
            seen: seen.clone(),
            settled: false,
            dependencies: instance.dependencies.clone(),
            cloud: None,
            marker: String::new(),
            fault: None,
            prevent_destroy: instance.life.prevent_destroy,
            retain: instance.life.retain,
            delete_timeout_s: instance.life.timeouts.get(&Timed::Delete).copied(),
        };
        let object = Object {
            id: id.to_owned(),
            attributes: seen,
            state: ObjectState::Ready,
            revision: None,
            marker: None,
        };
        self.recorded.records.insert(address.clone(), record);
        self.objects.insert(id.to_owned(), object);
    }

    fn look_up(
        &self,
        stack: &StackName,
        reference: &ResourceReference,
    ) -> Result<Value, EvalError> {
        let address = reference.address(stack).instance(reference.key.clone());
        let record = self.recorded.records.get(&address);
        let record = record.ok_or_else(|| EvalError::new(format!("no `{address}`")))?;
        Ok(match &reference.attribute {
            Some(name) => record.seen.get(name).cloned().unwrap_or(Value::Null),
            None => Value::Map(record.seen.clone()),
        })
    }

    /// Changes an attribute in the cloud, behind Terrace's back.
    pub(crate) fn change(&mut self, address: &str, attribute: &str, value: Value) {
        let address: Address = address.parse().expect("an address");
        let object = self.objects.get_mut(&self.recorded.records[&address].id).expect("there");
        object.attributes.insert(attribute.to_owned(), value);
    }
}

fn cloud() -> CloudIdentity {
    CloudIdentity {
        name: "test".into(),
        auth_url: "http://cloud".into(),
        project_id: "p".into(),
        project_name: "p".into(),
        user_id: "u".into(),
        region: None,
    }
}

fn facts() -> Facts {
    let named = |names: &[&str]| {
        names
            .iter()
            .map(|n| Named { name: (*n).into(), id: format!("id-{n}"), ..Named::default() })
            .collect()
    };
    let lookups = [
        (LookupKind::Image, named(&["cirros", "debian"])),
        (LookupKind::Flavor, named(&["large", "small"])),
    ];
    Facts { lookups: lookups.into(), ..Facts::default() }
}

/// Findings as lines of place, code, message and help.
fn told(found: &Diagnostics, sources: &Sources) -> String {
    let line = |d: &terrace_model::Diagnostic| {
        let place = d.primary.as_ref().map(|l| sources.place(l.span).to_string());
        let help = d.help.as_ref().map(|h| format!(" [{h}]")).unwrap_or_default();
        format!("{}: {}: {}{help}", place.unwrap_or_default(), d.code, d.message)
    };
    found.sorted(sources).iter().map(line).collect::<Vec<_>>().join("\n")
}

/// What changes, one line each, then the steps with what they wait for, then refusals.
pub(crate) fn shown(plan: &Result<Plan, String>) -> String {
    let plan = match plan {
        Ok(plan) => plan,
        Err(found) => return found.clone(),
    };
    let mut text = String::new();
    for moved in &plan.moves {
        writeln!(text, "{} -> {}", moved.from, moved.to).expect("text");
    }
    for i in plan.instances.iter().filter(|i| i.action != Action::NoOp) {
        let first = if i.create_first { ", new one first" } else { "" };
        let imported = if i.imported { ", imported" } else { "" };
        let reason = &i.reason.text;
        writeln!(text, "{} {}{first}{imported}: {reason}", word(i.action), i.slot()).expect("text");
        for change in &i.changes {
            writeln!(text, "  {}: {} -> {}", change.attribute, change.before, change.after)
                .expect("text");
        }
    }
    for (at, step) in plan.steps.iter().enumerate() {
        let operation = format!("{:?}", step.operation).to_lowercase();
        let after: Vec<String> = step.after.iter().map(ToString::to_string).collect();
        let after =
            if after.is_empty() { String::new() } else { format!(" after {}", after.join(" ")) };
        let address = &plan.instance(step).address;
        writeln!(text, "{at} {operation} {address}{after}").expect("text");
    }
    for refusal in &plan.refusals {
        writeln!(text, "refused: {} [{}]", refusal.message, refusal.help).expect("text");
    }
    text
}

fn word(action: Action) -> String {
    format!("{action:?}").to_lowercase()
}

/// Compares texts after taking off the indentation that they have in a test.
#[track_caller]
pub(crate) fn same(found: &str, expected: &str) {
    let lines = |text: &str| {
        let lines: Vec<&str> = text.lines().skip_while(|l| l.trim().is_empty()).collect();
        let full = lines.iter().filter(|l| !l.trim().is_empty());
        let indent = full.map(|l| l.len() - l.trim_start().len()).min().unwrap_or(0);
        let cut = lines.iter().map(|l| l.get(indent..).unwrap_or_default().trim_end());
        cut.collect::<Vec<_>>().join("\n").trim_end().to_owned()
    };
    let (found, expected) = (lines(found), lines(expected));
    assert!(found == expected, "found:\n{found}\n\nexpected:\n{expected}\n");
}
