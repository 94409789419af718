//! Plans: what would be done, why, in which order, as a value.
//!
//! [`compute`] is a pure function of the desired, the recorded and the observed; the same inputs
//! give the same bytes and the same digest. [`review`] is the only way to an [`ApprovedPlan`],
//! which is the only thing that apply takes. This crate never does IO and reads no clock.

mod align;
mod capable;
mod compare;
mod compute;
mod conditions;
mod desired;
mod diff;
mod digest;
mod file;
mod first;
mod ignore;
mod import;
mod judge;
mod leftovers;
mod moves;
mod offline;
mod plan;
mod policies;
mod review;
mod scope;
mod steps;
mod target;
mod verify;

pub use compare::{same_value, unmatched};
pub use compute::{Inputs, compute};
pub use conditions::Check;
pub use diff::is_settled;
pub use file::{PlanFileError, SavedPlan};
pub use import::wanted as wanted_imports;
pub use moves::moves;
pub use offline::Offline;
pub use plan::{
    Action, AttributeChange, Counts, Drift, InstanceChange, Mode, Operation, Plan, PlannedOutput,
    Reason, ReasonCode, Refusal, Step, Warning,
};
pub use review::{ApprovedPlan, Decision, Reviewed, Stale, review};
pub use scope::{Lookup, Planned};
pub use target::{Choices, is_meant};
