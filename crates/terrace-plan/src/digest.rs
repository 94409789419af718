//! The digest: one SHA-256 that names a plan, for review in git.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};
use terrace_model::CloudIdentity;

use crate::plan::{Action, InstanceChange, Plan, PlannedOutput};

struct Hashed(Sha256);

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The changes of a plan, without secrets.
struct Changes<'a>(&'a [InstanceChange], &'a [u8]);

impl Serialize for Changes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let changed = self.0.iter().filter(|i| i.action != Action::NoOp);
        serializer.collect_seq(changed.map(|i| Change(i.sealed(self.1))))
    }
}

struct Change(InstanceChange);

impl Serialize for Change {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let i = &self.0;
        let changes: Vec<_> =
            i.changes.iter().map(|c| (&c.attribute, &c.before, &c.after)).collect();
        let object = (&i.cloud, &i.id, i.deposed, i.revision);
        let how = (i.action, i.create_first, i.imported, &i.life, &i.dependencies);
        let checks = (&i.preconditions, &i.postconditions);
        (&i.address, object, how, &i.desired, changes, checks).serialize(serializer)
    }
}

impl Plan {
    /// Lower-case hexadecimal SHA-256 over everything that apply would do and what it was decided
    /// on: lineage, serial, cloud, the changes with their values (sensitive ones as keyed hashes)
    /// and the order of steps. Wording, places and unchanged instances are not in it.
    pub fn digest(&self, fingerprint_key: &[u8]) -> String {
        let steps: Vec<_> =
            self.steps.iter().map(|s| (s.instance, s.operation, &s.after)).collect();
        let place = |cloud: &CloudIdentity| {
            serde_json::json!([cloud.auth_url, cloud.project_id, cloud.region])
        };
        let others: Vec<_> = self.clouds.iter().map(|(name, c)| (name, place(c))).collect();
        let clouds = serde_json::json!([place(&self.cloud), others]);
        let canonical = (
            self.mode,
            &self.environment,
            &self.lineage,
            self.serial,
            clouds,
            &self.moves,
            Changes(&self.instances, fingerprint_key),
            steps,
            sealed_outputs(&self.outputs, fingerprint_key),
        );
        // Written into the hash as it is made: a plan may have very many changes.
        let mut hash = Hashed(Sha256::new());
        serde_json::to_writer(&mut hash, &canonical)
            .expect("invariant: a sealed plan can be written, and a hash takes all");
        terrace_model::value::hex(&hash.0.finalize())
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
