//! What to do with one instance, and why.

use std::borrow::Cow;

use terrace_model::{
    Attributes, Kind, Life, Name, Object, ObjectState, OnChange, Place, Record, Snapshot, Status,
};

use crate::plan::{Action, AttributeChange, InstanceChange, Reason, ReasonCode, Refusal};

/// The decision about a desired instance.
pub(crate) struct Decided<'a> {
    pub(crate) action: Action,
    pub(crate) reason: Reason,
    pub(crate) seen: Option<&'a Object>,
    pub(crate) changes: Vec<AttributeChange>,
    pub(crate) before: Attributes,
    /// The attributes as they shall be, where differences are left alone.
    pub(crate) kept: Option<Attributes>,
}

impl Decided<'_> {
    pub(crate) fn create(code: ReasonCode, text: &'static str, place: Option<Place>) -> Self {
        Self {
            action: Action::Create,
            reason: because(code, text, place),
            seen: None,
            changes: Vec::new(),
            before: Attributes::new(),
            kept: None,
        }
    }
}

pub(crate) fn because(
    code: ReasonCode,
    text: impl Into<Cow<'static, str>>,
    place: Option<Place>,
) -> Reason {
    Reason { code, text: text.into(), place }
}

/// What to do with an object that exists.
pub(crate) fn judge(
    (record, object): (&Record, &Object),
    changes: &[AttributeChange],
    life: &Life,
    block: Option<Place>,
) -> (Action, Reason) {
    if let ObjectState::Failed(fault) = &object.state {
        let text = format!("it failed in the cloud: {fault}");
        return (Action::Replace, because(ReasonCode::Failed, text, block));
    }
    match (record.status, &object.state) {
        (Status::Failed, _) => {
            let fault = record.fault.as_deref().unwrap_or("the cloud gave no reason");
            let text = format!("it failed in the cloud: {fault}");
            return (Action::Replace, because(ReasonCode::Failed, text, block));
        }
        (Status::Deleting, ObjectState::Busy(_)) => {
            let text = "an earlier run began to delete it";
            return (Action::Replace, because(ReasonCode::DeleteBegun, text, block));
        }
        _ => {}
    }
    if let Some(decisive) = changes.iter().max_by_key(|c| c.effect) {
        let action = match decisive.effect {
            OnChange::InPlace => Action::Update,
            OnChange::Resize => Action::Resize,
            OnChange::Rebuild => Action::Rebuild,
            OnChange::Replace => Action::Replace,
        };
        let names: Vec<_> = changes
            .iter()
            .filter(|c| c.effect == decisive.effect)
            .map(|c| format!("`{}`", c.attribute))
            .collect();
        let text = format!("{} changed", names.join(", "));
        return (action, because(ReasonCode::Changed, text, decisive.place.clone()));
    }
    match (record.status, &object.state) {
        (_, ObjectState::Busy(state)) => {
            let text = format!("the cloud is still working on it ({state})");
            (Action::Resume, because(ReasonCode::Interrupted, text, block))
        }
        (Status::Creating | Status::Updating, _) => {
            let text = "an earlier run ended before it was seen ready";
            (Action::Resume, because(ReasonCode::Interrupted, text, block))
        }
        _ => match newly_kept(record, life) {
            Some(text) => (Action::Record, because(ReasonCode::Settings, text, block)),
            None => (Action::NoOp, because(ReasonCode::Unchanged, "it is as desired", block)),
        },
    }
}

/// What is kept of the lifecycle in the state, so that deleting the block does not lift it.
fn newly_kept(record: &Record, life: &Life) -> Option<String> {
    let delete = life.timeouts.get(&terrace_model::Timed::Delete).copied();
    let differing = [
        ("prevent_destroy", record.prevent_destroy != life.prevent_destroy),
        ("on_destroy", record.retain != life.retain),
        ("timeouts", record.delete_timeout_s != delete),
    ];
    let names: Vec<_> =
        differing.iter().filter(|(_, d)| *d).map(|(name, _)| format!("`{name}`")).collect();
    (!names.is_empty()).then(|| format!("{} changed", names.join(", ")))
}

/// An object cannot go from one cloud to another.
fn elsewhere(instance: &InstanceChange, recorded: &Snapshot) -> Option<Refusal> {
    if instance.cloud.is_none() && recorded.clouds.is_empty() {
        return None;
    }
    let record = recorded.record(&instance.slot())?;
    let cloud = |name: &Option<Name>| match name {
        Some(name) => format!("the cloud `{name}`"),
        None => "the workspace's own cloud".to_owned(),
    };
    (record.cloud != instance.cloud).then(|| Refusal {
        address: instance.address.clone(),
        message: format!(
            "`{}` is in {}, and its block says {}",
            instance.address,
            cloud(&record.cloud),
            cloud(&instance.cloud)
        ),
        help: "give the block another name: then the old one is deleted there, and a new one is created here".into(),
    })
}

/// What a plan must not do.
pub(crate) fn refusals(instances: &[InstanceChange], recorded: &Snapshot) -> Vec<Refusal> {
    let moved = instances.iter().filter_map(|instance| elsewhere(instance, recorded));
    moved.chain(kept(instances, recorded)).collect()
}

/// What must not be destroyed, and would be.
fn kept(instances: &[InstanceChange], recorded: &Snapshot) -> Vec<Refusal> {
    let destroys = |i: &&InstanceChange| {
        matches!(i.action, Action::Delete | Action::Replace | Action::Rebuild) && !i.deposed
    };
    // Of what is not in the files any more its own entry says what the state keeps of it.
    let protected = |i: &&InstanceChange| {
        let kept = i.action != Action::Delete
            && recorded.records.get(&i.address).is_some_and(|r| r.prevent_destroy);
        i.life.prevent_destroy || kept
    };
    let refuse = |i: &InstanceChange| {
        Refusal {
        address: i.address.clone(),
        message: format!(
            "`{}` must not be destroyed, and this plan would ({})",
            i.address, i.reason.text
        ),
        help: "set `lifecycle: { prevent_destroy: false }` on it and apply that first, or undo the change".into(),
    }
    };
    let protected = instances.iter().filter(destroys).filter(protected).map(refuse);
    protected.chain(instances.iter().filter_map(shrinks)).collect()
}

/// A volume cannot shrink, and to replace it would lose what is on it.
fn shrinks(instance: &InstanceChange) -> Option<Refusal> {
    let sizes = instance.changes.iter().find(|c| c.attribute == "size")?;
    let (before, after) = (sizes.before.as_int()?, sizes.after.as_int()?);
    let in_place = instance.address.kind() == Kind::Volume && instance.action == Action::Update;
    (in_place && after < before).then(|| Refusal {
        address: instance.address.clone(),
        message: format!("`{}` cannot shrink from {before} to {after} GiB", instance.address),
        help: format!("write `size: {before}`, or make another volume and move the data"),
    })
}
