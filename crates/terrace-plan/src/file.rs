//! Saved plans: a JSON file that `apply` takes. Sensitive values are not in it, only keyed hashes;
//! they are filled in again from the files of the workspace and must hash to the same.

use foldhash::HashMap;

use serde::{Deserialize, Serialize};
use terrace_model::{Address, Attributes, Facts, Value, Workspace};

use crate::desired;
use crate::plan::{Action, InstanceChange, Plan};
use crate::scope::{Planned, Values};

const FORMAT: &str = "terrace-plan/1";

/// A plan as it is stored.
#[derive(Debug, Serialize, Deserialize)]
pub struct SavedPlan {
    format: String,
    digest: String,
    plan: Plan,
}

/// Why a saved plan cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PlanFileError {
    /// Not JSON, or not a plan.
    #[error("this is not a saved plan")]
    NotAPlan(#[source] serde_json::Error),
    /// Written by another version.
    #[error("the plan has format `{0}`, and this Terrace reads `{FORMAT}`")]
    Format(String),
    /// Changed since it was written, or for another state.
    #[error("the plan does not match its digest: it was changed, or belongs to another state")]
    Digest,
    /// A condition uses a sensitive value, and only a hash of that is stored.
    #[error(
        "a condition of `{address}` uses a sensitive value: it cannot be checked from a saved plan"
    )]
    Condition {
        /// The instance.
        address: Address,
    },
    /// A sensitive value is not what it was when the plan was made.
    #[error("the sensitive value of `{attribute}` of `{address}` is not the one that was planned")]
    Secret {
        /// The instance.
        address: Address,
        /// The attribute.
        attribute: String,
    },
}

impl SavedPlan {
    /// Prepares a plan to be stored.
    pub fn new(plan: &Plan, fingerprint_key: &[u8]) -> Self {
        Self {
            format: FORMAT.into(),
            digest: plan.digest(fingerprint_key),
            plan: plan.sealed(fingerprint_key),
        }
    }

    /// Its text.
    ///
    /// # Errors
    /// Never for a plan made by [`SavedPlan::new`].
    pub fn to_text(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|text| text + "\n")
    }

    /// Reads one.
    ///
    /// # Errors
    /// When it is none, or of another format.
    pub fn from_text(text: &str) -> Result<Self, PlanFileError> {
        let json: serde_json::Value =
            serde_json::from_str(text).map_err(PlanFileError::NotAPlan)?;
        match json.get("format").and_then(serde_json::Value::as_str) {
            Some(FORMAT) => serde_json::from_value(json).map_err(PlanFileError::NotAPlan),
            Some(other) => Err(PlanFileError::Format(other.to_owned())),
            None => Err(PlanFileError::Format("none".into())),
        }
    }

    /// The plan as it is stored, for showing: sensitive values are hashes.
    pub fn sealed(&self) -> &Plan {
        &self.plan
    }

    /// The digest that it was stored with.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The plan with its sensitive values, computed again from the workspace.
    ///
    /// # Errors
    /// When the file was changed, or a sensitive value differs from the planned one.
    pub fn open(
        self,
        workspace: &Workspace,
        fingerprint_key: &[u8],
    ) -> Result<Plan, PlanFileError> {
        if self.plan.digest(fingerprint_key) != self.digest {
            return Err(PlanFileError::Digest);
        }
        let mut plan = self.plan;
        for instance in &plan.instances {
            let mut checks = instance.preconditions.iter().chain(&instance.postconditions);
            if checks.any(crate::conditions::Check::is_sensitive) {
                return Err(PlanFileError::Condition { address: instance.address.clone() });
            }
        }
        let mut values = Values::kept(HashMap::default(), plan.existing.clone());
        plan.instances.iter().for_each(|instance| tell(instance, &mut values));
        let sealed = |at: &usize| plan.instances[*at].desired.values().any(Value::is_sensitive);
        let mut sealed: Vec<usize> = (0..plan.instances.len()).filter(sealed).collect();
        // One may be made of another's: again, as long as some come to light.
        while !sealed.is_empty() {
            let mut wrong = Vec::new();
            let (opened, left): (Vec<usize>, Vec<usize>) = sealed.into_iter().partition(|at| {
                let opened =
                    unseal(&mut plan.instances[*at], (workspace, &values), fingerprint_key);
                opened.map_err(|error| wrong.push(error)).is_ok()
            });
            if let Some(error) = wrong.into_iter().next().filter(|_| opened.is_empty()) {
                return Err(error);
            }
            values.forget_locals();
            opened.into_iter().for_each(|at| tell(&plan.instances[at], &mut values));
            sealed = left;
        }
        Ok(plan)
    }
}

/// Fills in the sensitive values of an instance, all or none of them.
fn unseal(
    instance: &mut InstanceChange,
    (workspace, values): (&Workspace, &Values<'_>),
    fingerprint_key: &[u8],
) -> Result<(), PlanFileError> {
    let fresh = evaluate(workspace, &instance.address, values);
    // What is ignored is not what the files say, and is not sent anywhere.
    let left_alone = |name: &str| {
        !instance.changes.iter().any(|c| c.attribute == name)
            && !matches!(instance.action, Action::Create | Action::Replace)
            && instance.life.ignored.whole(name)
    };
    let mut found = Attributes::new();
    for (name, value) in instance.desired.iter() {
        if value.is_sensitive() && !left_alone(name) {
            let fresh = fresh.get(name).filter(|v| v.sealed(fingerprint_key) == *value);
            let fresh = fresh.cloned().ok_or_else(|| PlanFileError::Secret {
                address: instance.address.clone(),
                attribute: name.to_owned(),
            })?;
            found.insert(name, fresh);
        }
    }
    instance.desired.extend(found);
    for change in &mut instance.changes {
        if change.after.is_sensitive()
            && let Some(value) = instance.desired.get(&change.attribute)
        {
            change.after = value.clone();
        }
    }
    Ok(())
}

/// What others may make of an instance.
fn tell(instance: &InstanceChange, values: &mut Values<'_>) {
    if !instance.deposed {
        let seen = !instance.before.is_empty() && instance.action != Action::Replace;
        let seen = seen.then_some(&instance.before);
        let planned = Planned::new(&instance.address, &instance.desired, seen);
        values.insert(instance.address.clone(), planned);
    }
}

/// The block's values, evaluated without looking anything up: only sensitive ones are taken.
fn evaluate(workspace: &Workspace, address: &Address, values: &Values<'_>) -> Attributes {
    let found = workspace.resource(&address.resource).zip(workspace.stacks.get(address.stack()));
    let Some((resource, stack)) = found else { return Attributes::new() };
    let scope = values.scope(workspace, stack, Some((resource, address)));
    let mut attributes = Attributes::new();
    for attribute in address.kind().schema().attributes {
        if let Ok(Some(value)) =
            desired::one(resource, attribute, address, &scope, &Facts::default())
        {
            attributes.insert(attribute.name, value);
        }
    }
    attributes
}
