//! The plan as a value.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use terrace_model::{
    Address, Attributes, CloudIdentity, Life, Lineage, Move, Name, OnChange, Place, Slot, Value,
};

use crate::conditions::Check;

/// Everything that would be done and why. Instances are sorted by address, steps are in an order
/// in which each comes after what it waits for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// What kind of run it is for.
    pub mode: Mode,
    /// The environment.
    pub environment: String,
    /// History of the state it was made against.
    pub lineage: Lineage,
    /// Serial of that state.
    pub serial: u64,
    /// The cloud and project.
    pub cloud: CloudIdentity,
    /// The other clouds that instances name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub clouds: BTreeMap<Name, CloudIdentity>,
    /// One entry for each instance, unchanged ones included.
    pub instances: Vec<InstanceChange>,
    /// Instances that have another address now; written down before the first step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moves: Vec<Move>,
    /// What apply does, in order.
    pub steps: Vec<Step>,
    /// How many instances are left out, because the user asks for others only.
    #[serde(default)]
    pub left_out: usize,
    /// What changed in the cloud behind Terrace's back.
    pub drift: Vec<Drift>,
    /// Outputs by `stack.name`.
    pub outputs: BTreeMap<String, PlannedOutput>,
    /// What policies say about it without refusing it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
    /// Why the plan must not be applied; empty for most.
    pub refusals: Vec<Refusal>,
    /// Names of ids that occur in values, for people.
    pub names: BTreeMap<String, String>,
    /// What was looked up, so that a saved plan needs not look again.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub existing: BTreeMap<String, Value>,
}

/// What kind of run a plan is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Make the cloud as desired.
    Apply,
    /// Remove everything that is recorded.
    Destroy,
}

/// What would happen to one instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InstanceChange {
    /// The instance.
    pub address: Address,
    /// Whether it is about an object that was replaced by one made first, and is to go.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deposed: bool,
    /// What would happen.
    pub action: Action,
    /// Whether a replacement is made before the old object goes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub create_first: bool,
    /// Whether it is an object of the cloud that is taken over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub imported: bool,
    /// Why.
    pub reason: Reason,
    /// Which cloud it is in; the workspace's own when `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloud: Option<Name>,
    /// Its id, if it exists.
    pub id: Option<String>,
    /// The attributes that change, sorted by name.
    pub changes: Vec<AttributeChange>,
    /// Attributes as seen now; empty if it does not exist.
    pub before: Attributes,
    /// Declared attributes and defaults as they shall be; empty if it shall not exist.
    pub desired: Attributes,
    /// Instances it directly depends on, sorted.
    pub dependencies: Arc<[Address]>,
    /// What the user wants of its life.
    pub life: Life,
    /// What must hold before it is touched, as far as it could not be decided yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub preconditions: Vec<Check>,
    /// What must hold of it afterwards.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub postconditions: Vec<Check>,
    /// Neutron's revision number that the change was computed against.
    pub revision: Option<u64>,
}

impl InstanceChange {
    /// Where its record is kept.
    pub fn slot(&self) -> Slot {
        let deposed = self.id.clone().filter(|_| self.deposed);
        Slot { address: self.address.clone(), deposed }
    }

    /// What apply does for it, in order.
    pub fn operations(&self) -> Vec<Operation> {
        let adopt = self.imported.then_some(Operation::Adopt);
        adopt.into_iter().chain(self.changing()).collect()
    }

    fn changing(&self) -> Vec<Operation> {
        match self.action {
            Action::NoOp | Action::Move | Action::Adopt => vec![],
            Action::Record => vec![Operation::Record],
            Action::Resume => vec![Operation::Resume],
            Action::Forget => vec![Operation::Forget],
            Action::Update | Action::Resize | Action::Rebuild => vec![Operation::Update],
            Action::Create => vec![Operation::Create],
            Action::Replace if self.create_first => vec![Operation::Create, Operation::Delete],
            Action::Replace if self.life.retain => vec![Operation::Forget, Operation::Create],
            Action::Replace => vec![Operation::Delete, Operation::Create],
            Action::Delete => vec![Operation::Delete],
        }
    }

    /// The step after which it can be used.
    pub(crate) fn forward(&self) -> Option<Operation> {
        let stays = |o: &Operation| !matches!(o, Operation::Delete | Operation::Forget);
        self.operations().into_iter().rev().find(stays)
    }

    /// The step by which an object goes.
    pub(crate) fn removal(&self) -> Option<Operation> {
        let goes = |o: &Operation| matches!(o, Operation::Delete | Operation::Forget);
        self.operations().into_iter().find(goes)
    }
}

/// What would happen to an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Nothing.
    NoOp,
    /// Only what is recorded of its lifecycle changes.
    Record,
    /// Only its address changes.
    Move,
    /// An object of the cloud is taken over as it is.
    Adopt,
    /// It exists but was not seen ready; wait until it is.
    Resume,
    /// Only the record goes; the object is gone already, or stays.
    Forget,
    /// Changed in place.
    Update,
    /// Resized: restarted with another flavor.
    Resize,
    /// Rebuilt: same object, root disk lost.
    Rebuild,
    /// Created.
    Create,
    /// Deleted and created anew, or the other way round.
    Replace,
    /// Deleted.
    Delete,
}

/// Why an action, or why none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// For programs.
    pub code: ReasonCode,
    /// For people: a fragment such as `flavor changed`.
    pub text: Cow<'static, str>,
    /// Where in the files it comes from.
    pub place: Option<Place>,
}

/// Why, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonCode {
    /// As desired.
    Unchanged,
    /// It is not recorded yet.
    New,
    /// It is recorded, but gone from the cloud.
    Gone,
    /// Attributes differ.
    Changed,
    /// It failed in the cloud.
    Failed,
    /// An earlier run ended before it was ready.
    Interrupted,
    /// A delete was begun by an earlier run.
    DeleteBegun,
    /// Its block is not in the files any more.
    NoConfig,
    /// Its index is beyond `count`.
    CountIndex,
    /// Its key is not in `for_each`.
    EachKey,
    /// The block makes instances in another way now.
    WrongRepetition,
    /// Everything is destroyed.
    Destroy,
    /// What is kept of its lifecycle changes.
    Settings,
    /// Something that it is to be replaced with is replaced or changed.
    Triggered,
    /// It was replaced by one that was made first.
    Deposed,
    /// It is not wanted any more, and the user wants the object to stay.
    Retained,
    /// The files say that its address changed.
    Moved,
    /// The files say that it is to be taken over.
    Imported,
    /// The files say that it is gone.
    Removed,
    /// The user asks for it.
    Requested,
    /// The user asks for others only.
    LeftOut,
}

/// One attribute that changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttributeChange {
    /// The attribute.
    pub attribute: String,
    /// Its value now.
    pub before: Value,
    /// Its value to be.
    pub after: Value,
    /// What the change does.
    #[serde(with = "effect")]
    pub effect: OnChange,
    /// Where the new value is written.
    pub place: Option<Place>,
}

mod effect {
    //! [`OnChange`] as a word.
    use serde::{Deserialize, Deserializer, Serializer, de::Error as _};
    use terrace_model::OnChange;

    const WORDS: [(OnChange, &str); 4] = [
        (OnChange::InPlace, "in_place"),
        (OnChange::Resize, "resize"),
        (OnChange::Rebuild, "rebuild"),
        (OnChange::Replace, "replace"),
    ];

    pub(super) fn serialize<S: Serializer>(
        effect: &OnChange,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let word = WORDS.iter().find(|(e, _)| e == effect).map_or("", |(_, word)| word);
        serializer.serialize_str(word)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<OnChange, D::Error> {
        let word = String::deserialize(deserializer)?;
        let found = WORDS.iter().find(|(_, w)| *w == word).map(|(effect, _)| *effect);
        found.ok_or_else(|| D::Error::custom(format!("unknown effect `{word}`")))
    }
}

/// One thing that apply does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Index of the instance in [`Plan::instances`].
    pub instance: usize,
    /// What is done.
    pub operation: Operation,
    /// Indices of steps that must have succeeded before; all smaller than its own.
    pub after: Vec<usize>,
}

/// What a step does with its instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Delete the object and its record.
    Delete,
    /// Drop the record of an object.
    Forget,
    /// Write down what is kept of the lifecycle.
    Record,
    /// Write down an object that is taken over.
    Adopt,
    /// Wait until an existing object is ready.
    Resume,
    /// Create the object.
    Create,
    /// Change the object as [`InstanceChange::changes`] says: in place, then resize, then rebuild.
    Update,
}

/// What changed in the cloud since it was last recorded, on declared attributes only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// The instance.
    pub address: Address,
    /// The attribute; `None` if the object is gone.
    pub attribute: Option<String>,
    /// As recorded.
    pub recorded: Value,
    /// As seen.
    pub observed: Value,
}

/// An output before and after.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedOutput {
    /// As recorded; null if it is new.
    pub before: Value,
    /// As it shall be; null if it goes.
    pub after: Value,
    /// Whether it is only shown when asked for by name.
    pub sensitive: bool,
}

impl PlannedOutput {
    /// Whether it changes, or may change.
    pub fn changes(&self) -> bool {
        self.before != self.after
    }
}

/// What a policy says about a plan without refusing it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Warning {
    /// The instance.
    pub address: Address,
    /// What is to be thought of, a sentence without a full stop.
    pub message: String,
}

/// Why a plan must not be applied.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Refusal {
    /// The instance.
    pub address: Address,
    /// What stands against it, a sentence without a full stop.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// How many of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Created; a replace counts here and in `delete`.
    pub create: usize,
    /// Changed in place.
    pub update: usize,
    /// Resized.
    pub resize: usize,
    /// Rebuilt.
    pub rebuild: usize,
    /// Deleted.
    pub delete: usize,
    /// Waited for.
    pub resume: usize,
    /// Forgotten.
    pub forget: usize,
    /// Only recorded otherwise.
    pub record: usize,
    /// Moved to another address.
    #[serde(rename = "move")]
    pub moved: usize,
    /// Taken over.
    pub import: usize,
}

impl Plan {
    /// Whether there is nothing to apply, and nothing that stands against it.
    pub fn is_empty(&self) -> bool {
        self.refusals.is_empty()
            && self.steps.is_empty()
            && self.moves.is_empty()
            && !self.outputs.values().any(PlannedOutput::changes)
    }

    /// How many of each action there are.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts { moved: self.moves.len(), ..Counts::default() };
        for instance in &self.instances {
            counts.import += usize::from(instance.imported);
            match instance.action {
                Action::NoOp | Action::Move | Action::Adopt => {}
                Action::Record => counts.record += 1,
                Action::Resume => counts.resume += 1,
                Action::Forget => counts.forget += 1,
                Action::Update => counts.update += 1,
                Action::Resize => counts.resize += 1,
                Action::Rebuild => counts.rebuild += 1,
                Action::Create => counts.create += 1,
                Action::Delete => counts.delete += 1,
                Action::Replace => {
                    counts.create += 1;
                    counts.delete += 1;
                }
            }
        }
        counts
    }

    /// What would happen to an instance; not to what is deposed beside it.
    pub fn primary(&self, address: &Address) -> Option<&InstanceChange> {
        let order = |i: &InstanceChange| (&i.address, i.deposed).cmp(&(address, false));
        self.instances.binary_search_by(order).ok().map(|at| &self.instances[at])
    }

    /// Where an instance was before, if its address changed.
    pub fn moved_from(&self, address: &Address) -> Option<&Address> {
        self.moves.iter().find(|m| m.to == *address).map(|m| &m.from)
    }

    /// The instance that a step is about.
    pub fn instance(&self, step: &Step) -> &InstanceChange {
        &self.instances[step.instance]
    }
}
