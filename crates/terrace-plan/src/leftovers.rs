//! What is recorded and not desired: deleted, or forgotten when it is gone already or shall stay.

use terrace_model::{
    Address, Attributes, InstanceKey, Life, Object, Observation, Place, Record, Removed, Repeat,
    Slot, Timed,
};

use crate::compute::Planner;
use crate::judge::because;
use crate::plan::{Action, InstanceChange, Mode, Reason, ReasonCode};
use crate::scope::Planned;

impl Planner<'_> {
    pub(crate) fn leftovers(&mut self) {
        let inputs = self.inputs;
        let desired =
            |address: &Address| inputs.mode == Mode::Apply && inputs.graph.contains(address);
        for (slot, record) in inputs.recorded.slots() {
            if self.is_left_out(&slot.address) {
                if slot.deposed.is_none() && !desired(&slot.address) {
                    self.leave_out(&slot.address);
                }
            } else if slot.deposed.is_some() {
                let reason = because(
                    ReasonCode::Deposed,
                    format!("`{}` was replaced, and the old object is still there", slot.address),
                    None,
                );
                self.leftover(slot, record, reason);
            } else if !desired(&slot.address) {
                let reason = self.why_not_desired(&slot.address);
                self.leftover(slot, record, reason);
            }
        }
    }

    /// Whether the user asks for others only.
    pub(crate) fn is_left_out(&self, address: &Address) -> bool {
        self.included.as_ref().is_some_and(|included| !included.contains(address))
    }

    /// Leaves an instance as it is; one that does not exist is as if it were not in the files.
    pub(crate) fn leave_out(&mut self, address: &Address) {
        self.left_out += 1;
        let recorded = self.inputs.recorded.records.get(address);
        let observed = self.inputs.observed.objects.get(address);
        let (Some(record), Some(Observation::Present(object))) = (recorded, observed) else {
            return;
        };
        let values = Planned::new(address, &Attributes::new(), Some(&object.attributes));
        self.values.insert(address.clone(), values);
        let reason = because(ReasonCode::LeftOut, "it was not asked for", None);
        let slot = address.clone().into();
        self.leftover(slot, record, reason);
        if let Some(change) = self.instances.last_mut() {
            change.action = Action::NoOp;
            change.reason = because(ReasonCode::LeftOut, "it was not asked for", None);
        }
    }

    fn leftover(&mut self, slot: Slot, record: &Record, reason: Reason) {
        let object = match self.observed(&slot) {
            Some(Observation::Present(object)) => Some(object),
            Some(Observation::Absent) | None => None,
        };
        let (action, reason) = match object {
            None => (Action::Forget, because(ReasonCode::Gone, "it is gone from the cloud", None)),
            Some(_) if self.removed(&slot).is_some_and(|r| r.destroy == Some(false)) => {
                let text = "it was removed from the files, and the object stays";
                (Action::Forget, because(ReasonCode::Removed, text, self.where_removed(&slot)))
            }
            Some(_) if record.retain && !self.may_go(&slot) => {
                let text =
                    format!("{}; the object stays, as `on_destroy: retain` says", reason.text);
                (Action::Forget, because(ReasonCode::Retained, text, reason.place))
            }
            Some(_) => (Action::Delete, reason),
        };
        self.instances.push(InstanceChange {
            deposed: slot.deposed.is_some(),
            address: slot.address.clone(),
            action,
            create_first: false,
            imported: false,
            reason,
            cloud: record.cloud.clone(),
            id: Some(record.id.clone()),
            changes: Vec::new(),
            before: object.map(|o: &Object| o.attributes.clone()).unwrap_or_default(),
            desired: Attributes::new(),
            dependencies: record.dependencies.clone(),
            life: Life {
                prevent_destroy: record.prevent_destroy && !self.may_go(&slot),
                ..life_of(record)
            },
            preconditions: Vec::new(),
            postconditions: Vec::new(),
            revision: None,
        });
    }

    /// What the files say of something that is gone from them.
    fn removed(&self, slot: &Slot) -> Option<&'_ Removed> {
        let stacks = self.inputs.workspace.stacks.values();
        let mut all = stacks.flat_map(|stack| &stack.refactors.removed);
        all.find(|removed| removed.covers(&slot.address))
    }

    fn where_removed(&self, slot: &Slot) -> Option<Place> {
        self.removed(slot).map(|r| self.inputs.workspace.sources.place(r.from.span))
    }

    /// Whether the files say outright that the object goes: that lifts what the state keeps.
    fn may_go(&self, slot: &Slot) -> bool {
        self.removed(slot).is_some_and(|removed| removed.destroy == Some(true))
    }

    fn observed(&self, slot: &Slot) -> Option<&'_ Observation> {
        let observed = self.inputs.observed;
        match &slot.deposed {
            None => observed.objects.get(&slot.address),
            Some(id) => observed.deposed.get(&(slot.address.clone(), id.clone())),
        }
    }

    fn why_not_desired(&self, address: &Address) -> Reason {
        if self.inputs.mode == Mode::Destroy {
            return because(ReasonCode::Destroy, "everything is destroyed", None);
        }
        let Some(block) = self.inputs.workspace.resource(&address.resource) else {
            let text = format!("`{}` is not in the files any more", address.resource);
            return because(ReasonCode::NoConfig, text, None);
        };
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
        because(code, text, Some(self.inputs.workspace.sources.place(block.span)))
    }
}

/// What the state keeps of the lifecycle.
fn life_of(record: &Record) -> Life {
    Life {
        prevent_destroy: record.prevent_destroy,
        retain: record.retain,
        timeouts: record.delete_timeout_s.map(|s| (Timed::Delete, s)).into_iter().collect(),
        ..Life::default()
    }
}
