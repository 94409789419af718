//! A workspace, its graph, and a state and a cloud in which all of it is there.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use tempfile::TempDir;
use terrace_graph::ResourceGraph;
use terrace_model::{
    Attributes, CloudIdentity, Lineage, LookupKind, Named, Object, ObjectState, Observation,
    Observed, Record, Snapshot, Status, Value, Workspace,
};
use terrace_plan::{Choices, Inputs, Mode, Plan};

/// A folder with a stack of so many servers: half of them blocks, half of them from one block.
pub fn folder(servers: usize) -> TempDir {
    let mut text = String::from("locals:\n  all:\n").to_owned();
    for n in 0..servers / 2 {
        let _ = writeln!(text, "    k{n}: {{ role: r{} }}", n % 7);
    }
    text.push_str("networks:\n  front:\n    subnets:\n      v4: { cidr: 10.0.0.0/14 }\n");
    text.push_str("servers:\n  each:\n    for_each: ${locals.all}\n    name: each-${each.key}\n");
    text.push_str("    image: cirros\n    flavor: m1.tiny\n    networks: [front]\n");
    text.push_str("    metadata: { role: '${each.value.role}' }\n");
    for n in 0..servers.div_ceil(2) {
        let _ = write!(
            text,
            "  app{n}:\n    image: cirros\n    flavor: m1.tiny\n    networks: [front]\n    metadata: {{ role: r{} }}\n",
            n % 7
        );
    }
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("stacks")).expect("made");
    std::fs::write(folder.path().join("terrace.yaml"), "cloud: demo\n").expect("written");
    std::fs::write(folder.path().join("stacks/web.yaml"), text).expect("written");
    folder
}

/// Reads the folder.
pub fn load(folder: &Path) -> Workspace {
    let request = terrace_lang::Request::of(folder);
    terrace_lang::load(&request).expect("a good workspace").workspace
}

/// A workspace and its graph.
#[derive(Debug)]
pub struct Built {
    /// The files.
    pub workspace: Workspace,
    /// Their instances.
    pub graph: ResourceGraph,
}

/// Builds the graph of a workspace.
pub fn built(workspace: Workspace) -> Built {
    let graph = terrace_graph::build(&workspace).expect("a good graph");
    Built { workspace, graph }
}

/// All of it in the state and in the cloud.
#[derive(Debug)]
pub struct Settled {
    built: Built,
    cloud: CloudIdentity,
    /// The state.
    pub recorded: Snapshot,
    observed: Observed,
}

/// Gives everything the id that its address makes, as if it had been applied.
pub fn settled(built: Built) -> Settled {
    let cloud = CloudIdentity {
        name: "demo".into(),
        auth_url: "https://cloud.test".into(),
        project_id: "p".into(),
        project_name: "demo".into(),
        user_id: "u".into(),
        region: None,
    };
    let recorded = Snapshot::empty(Lineage("l".into()), vec![7; 32]);
    let named = |name: &str| Named {
        name: name.into(),
        id: format!("id-of-{name}"),
        attributes: Attributes::new(),
    };
    let mut observed = Observed::default();
    observed.facts.lookups.insert(LookupKind::Image, vec![named("cirros")]);
    observed.facts.lookups.insert(LookupKind::Flavor, vec![named("m1.tiny")]);
    let mut settled = Settled { built, cloud, recorded, observed };
    let plan = settled.plan();
    for instance in &plan.instances {
        let id = format!("id-of-{}", instance.address);
        let made = instance.desired.iter().map(|(name, value)| (name, known(value)));
        let mut seen: Attributes = made.collect();
        seen.insert("id", Value::text(&id));
        let record = Record {
            id: id.clone(),
            cloud: None,
            status: Status::Ready,
            schema_version: instance.address.kind().schema().version,
            declared: seen.clone(),
            seen: seen.clone(),
            settled: false,
            dependencies: instance.dependencies.clone(),
            marker: format!("terrace:{}", instance.address),
            fault: None,
            prevent_destroy: false,
            retain: false,
            delete_timeout_s: None,
        };
        let object = Object {
            id,
            attributes: seen,
            state: ObjectState::Ready,
            revision: None,
            marker: None,
        };
        settled.observed.objects.insert(instance.address.clone(), Observation::Present(object));
        settled.recorded.records.insert(instance.address.clone(), record);
    }
    settled
}

/// A value, with the id of what it waits for in place of what is pending.
fn known(value: &Value) -> Value {
    match value {
        Value::Pending(pending) => Value::text(format!("id-of-{}", pending.origins[0].address)),
        Value::List(items) => Value::List(items.iter().map(known).collect()),
        Value::Map(map) => Value::Map(map.iter().map(|(k, v)| (k, known(v))).collect()),
        other => other.clone(),
    }
}

impl Settled {
    /// Plans: evaluates every instance, compares it with what is there.
    pub fn plan(&self) -> Plan {
        terrace_plan::compute(Inputs {
            mode: Mode::Apply,
            workspace: &self.built.workspace,
            graph: &self.built.graph,
            recorded: &self.recorded,
            observed: &self.observed,
            cloud: &self.cloud,
            clouds: &BTreeMap::new(),
            moves: &[],
            choices: &Choices::default(),
        })
        .expect("a plan")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_it_is_there() {
        let folder = folder(20);
        let settled = settled(built(load(folder.path())));
        assert_eq!(settled.recorded.records.len(), 22);
        let plan = settled.plan();
        let acting = plan.instances.iter().find(|i| i.action != terrace_plan::Action::NoOp);
        assert!(plan.is_empty(), "{acting:?}");
    }
}
