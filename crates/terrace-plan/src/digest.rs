//! The digest: one SHA-256 that names a plan, for review in git.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use terrace_model::CloudIdentity;

use crate::plan::{Action, InstanceChange, Plan, PlannedOutput};

impl Plan {
    /// Lower-case hexadecimal SHA-256 over everything that apply would do and what it was decided
    /// on: lineage, serial, cloud, the changes with their values (sensitive ones as keyed hashes)
    /// and the order of steps. Wording, places and unchanged instances are not in it.
    pub fn digest(&self, fingerprint_key: &[u8]) -> String {
        let changes: Vec<_> = self
            .instances
            .iter()
            .filter(|i| i.action != Action::NoOp)
            .map(|i| {
                let i = i.sealed(fingerprint_key);
                let changes: Vec<_> =
                    i.changes.iter().map(|c| (&c.attribute, &c.before, &c.after)).collect();
                let object = (&i.cloud, &i.id, i.deposed, i.revision);
                let how = (i.action, i.create_first, i.imported, &i.life, &i.dependencies);
                let checks = (&i.preconditions, &i.postconditions);
                serde_json::json!([i.address, object, how, i.desired, changes, checks])
            })
            .collect();
        let steps: Vec<_> =
            self.steps.iter().map(|s| (s.instance, s.operation, &s.after)).collect();
        let place = |cloud: &CloudIdentity| {
            serde_json::json!([cloud.auth_url, cloud.project_id, cloud.region])
        };
        let others: Vec<_> = self.clouds.iter().map(|(name, c)| (name, place(c))).collect();
        let clouds = serde_json::json!([place(&self.cloud), others]);
        let canonical = serde_json::json!([
            self.mode,
            self.environment,
            self.lineage,
            self.serial,
            clouds,
            self.moves,
            changes,
            steps,
            sealed_outputs(&self.outputs, fingerprint_key)
        ]);
        terrace_model::value::hex(&Sha256::digest(canonical.to_string()))
    }

    /// The plan fit to be stored or shown: every sensitive value replaced by its keyed hash.
    #[must_use]
    pub fn sealed(&self, fingerprint_key: &[u8]) -> Self {
        Self {
            instances: self.instances.iter().map(|i| i.sealed(fingerprint_key)).collect(),
            outputs: sealed_outputs(&self.outputs, fingerprint_key),
            mode: self.mode,
            environment: self.environment.clone(),
            lineage: self.lineage.clone(),
            serial: self.serial,
            cloud: self.cloud.clone(),
            clouds: self.clouds.clone(),
            refusals: self.refusals.clone(),
            warnings: self.warnings.clone(),
            drift: self.drift.clone(),
            names: self.names.clone(),
            existing: self.existing.clone(),
            moves: self.moves.clone(),
            left_out: self.left_out,
            steps: self.steps.clone(),
        }
    }
}

impl InstanceChange {
    /// The same with every sensitive value replaced by its keyed hash.
    fn sealed(&self, fingerprint_key: &[u8]) -> Self {
        let mut instance = self.clone();
        for check in instance.preconditions.iter_mut().chain(&mut instance.postconditions) {
            *check = check.sealed(fingerprint_key);
        }
        for values in [&mut instance.before, &mut instance.desired] {
            *values = values.sealed(fingerprint_key);
        }
        for change in &mut instance.changes {
            change.before = change.before.sealed(fingerprint_key);
            change.after = change.after.sealed(fingerprint_key);
            if change.after.is_sensitive() && instance.before.contains_key(&change.attribute) {
                instance.before.insert(change.attribute.as_str(), change.before.clone());
            }
        }
        instance
    }
}

fn sealed_outputs(
    outputs: &BTreeMap<String, PlannedOutput>,
    fingerprint_key: &[u8],
) -> BTreeMap<String, PlannedOutput> {
    let sealed = |output: &PlannedOutput| PlannedOutput {
        after: output.after.sealed(fingerprint_key),
        ..output.clone()
    };
    outputs.iter().map(|(name, output)| (name.clone(), sealed(output))).collect()
}
