//! Apply: carries out an approved plan.
//!
//! A ready queue, never level by level: a step begins as soon as what it waits for is done, those
//! on the longest path first. Each intent is in the journal before its call, each id before its
//! wait. A failed step skips its dependants; everything else goes on.

mod create;
mod destroy;
mod queue;
mod run;
mod step;
mod values;

pub use run::{Options, Run, Stop, apply};
