//! Plans: one that makes everything, and one that changes what the first one made.

use std::collections::BTreeMap;

use terrace_model::{
    CloudIdentity, Facts, Lineage, LookupKind, Named, Object, ObjectState, Observation, Observed,
    Record, Snapshot, Value, Workspace,
};
use terrace_plan::{Inputs, Mode, Plan, compute};
use terrace_render::{PlanText, Style, plan, plan_json};

use crate::{check, load, stack};

const KEY: &[u8] = b"a key that does not change";

fn cloud() -> CloudIdentity {
    CloudIdentity {
        name: "demo".into(),
        auth_url: "https://cloud.example/v3".into(),
        project_id: "p1".into(),
        project_name: "web".into(),
        user_id: "u1".into(),
        region: None,
    }
}

fn workspace(name: &str) -> Workspace {
    let text = stack(name);
    match load(&[("stacks/web.yaml", &text)]) {
        Ok(loaded) => loaded.workspace,
        Err((found, sources)) => {
            panic!("{}", terrace_render::diagnostics(&found, &sources, Style::Plain))
        }
    }
}

fn nothing() -> Snapshot {
    Snapshot {
        lineage: Lineage("7d3a".into()),
        serial: 1,
        fingerprint_key: KEY.to_vec(),
        cloud: None,
        clouds: BTreeMap::new(),
        records: BTreeMap::new(),
        deposed: BTreeMap::new(),
        outputs: BTreeMap::new(),
    }
}

fn facts() -> Facts {
    let named = |name: &str| Named {
        name: name.into(),
        id: format!("id-of-{name}"),
        attributes: Default::default(),
    };
    Facts {
        driver: Default::default(),
        lookups: BTreeMap::from([
            (LookupKind::Image, vec![named("debian-12"), named("debian-13")]),
            (LookupKind::Flavor, vec![named("m1.small"), named("m1.large")]),
        ]),
    }
}

fn planned(workspace: &Workspace, recorded: &Snapshot, objects: Observed) -> Plan {
    let graph = terrace_graph::build(workspace).expect("no circle");
    let observed = Observed { facts: facts(), ..objects };
    let (cloud, clouds) = (cloud(), BTreeMap::new());
    let inputs = Inputs {
        mode: Mode::Apply,
        workspace,
        graph: &graph,
        recorded,
        observed: &observed,
        cloud: &cloud,
        clouds: &clouds,
        moves: &[],
        choices: &terrace_plan::Choices::default(),
    };
    compute(inputs).unwrap_or_else(|found| {
        panic!("{}", terrace_render::diagnostics(&found, &workspace.sources, Style::Plain))
    })
}

/// What the cloud and the state hold after a plan was carried out.
fn carried_out(plan: &Plan) -> (Snapshot, Observed) {
    let (mut recorded, mut observed) = (nothing(), Observed::default());
    for instance in &plan.instances {
        let id = format!("id-{}", instance.address);
        let mut seen = instance.desired.clone();
        seen.values_mut().for_each(|value| *value = known(value));
        seen.insert("id", Value::text(&id));
        let record: Record = serde_json::from_value(serde_json::json!({
            "id": id, "status": "ready", "schema_version": 1, "declared": seen, "seen": seen,
            "dependencies": instance.dependencies, "marker": "m",
        }))
        .expect("a record");
        recorded.records.insert(instance.address.clone(), record);
        let object = Object {
            id,
            attributes: seen,
            state: ObjectState::Ready,
            revision: None,
            marker: Some("m".into()),
        };
        observed.objects.insert(instance.address.clone(), Observation::Present(object));
    }
    (recorded, observed)
}

/// A value as it came to be: what was waited for is the id of its first origin.
fn known(value: &Value) -> Value {
    match value {
        Value::Pending(pending) => Value::text(format!("id-{}", pending.origins[0].address)),
        Value::List(items) => Value::List(items.iter().map(known).collect()),
        Value::Sensitive(inner) => inner.sealed(KEY),
        other => other.clone(),
    }
}

fn both(name: &str, plan_of: &Plan) {
    let digest = plan_of.digest(KEY);
    let text = plan(&PlanText { plan: plan_of, digest: &digest, style: Style::Plain });
    check(&format!("{name}.txt"), &text);
    let json = plan_json(&plan_of.sealed(KEY), &digest);
    check(&format!("{name}.json"), &format!("{json:#}\n"));
}

#[test]
fn plans_as_text_and_json() {
    let first = planned(&workspace("plan-new.yaml"), &nothing(), Observed::default());
    both("plan-new", &first);
    let (recorded, observed) = carried_out(&first);
    let mut drifted = observed.clone();
    for (address, observation) in &mut drifted.objects {
        match observation {
            Observation::Present(object) if address.to_string() == "web/networks.front" => {
                object.attributes.insert("description", Value::text("by hand"));
            }
            Observation::Present(_) if address.to_string() == "web/servers.app[2]" => {
                *observation = Observation::Absent;
            }
            _ => {}
        }
    }
    both("plan-change", &planned(&workspace("plan-change.yaml"), &recorded, drifted));
}
