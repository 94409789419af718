//! The digest: one SHA-256 that names a plan, for review in git.

use sha2::{Digest, Sha256};
use terrace_model::CloudIdentity;

use crate::plan::{Action, Plan};

impl Plan {
    /// Lower-case hexadecimal SHA-256 over everything that apply would do and what it was decided
    /// on: lineage, serial, cloud, the changes with their values (sensitive ones as keyed hashes)
    /// and the order of steps. Wording, places and unchanged instances are not in it.
    pub fn digest(&self, fingerprint_key: &[u8]) -> String {
        let sealed = self.sealed(fingerprint_key);
        let changes: Vec<_> = sealed
            .instances
            .iter()
            .filter(|i| i.action != Action::NoOp)
            .map(|i| {
                let changes: Vec<_> =
                    i.changes.iter().map(|c| (&c.attribute, &c.before, &c.after)).collect();
                let object = (&i.cloud, &i.id, i.deposed, i.revision);
                let how = (i.action, i.create_first, i.imported, &i.life, &i.dependencies);
                serde_json::json!([i.address, object, how, i.desired, changes])
            })
            .collect();
        let steps: Vec<_> =
            sealed.steps.iter().map(|s| (s.instance, s.operation, &s.after)).collect();
        let place = |cloud: &CloudIdentity| {
            serde_json::json!([cloud.auth_url, cloud.project_id, cloud.region])
        };
        let others: Vec<_> = sealed.clouds.iter().map(|(name, c)| (name, place(c))).collect();
        let clouds = serde_json::json!([place(&sealed.cloud), others]);
        let canonical = serde_json::json!([
            sealed.mode,
            sealed.environment,
            sealed.lineage,
            sealed.serial,
            clouds,
            sealed.moves,
            changes,
            steps,
            sealed.outputs
        ]);
        terrace_model::value::hex(&Sha256::digest(canonical.to_string()))
    }

    /// The plan fit to be stored or shown: every sensitive value replaced by its keyed hash.
    #[must_use]
    pub fn sealed(&self, fingerprint_key: &[u8]) -> Self {
        let mut plan = self.clone();
        for instance in &mut plan.instances {
            for values in [&mut instance.before, &mut instance.desired] {
                values.values_mut().for_each(|value| *value = value.sealed(fingerprint_key));
            }
            for change in &mut instance.changes {
                change.before = change.before.sealed(fingerprint_key);
                change.after = change.after.sealed(fingerprint_key);
                if change.after.is_sensitive()
                    && let Some(before) = instance.before.get_mut(&change.attribute)
                {
                    *before = change.before.clone();
                }
            }
        }
        for output in plan.outputs.values_mut() {
            output.after = output.after.sealed(fingerprint_key);
        }
        plan
    }
}
