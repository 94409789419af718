//! What came of an apply.

use std::collections::BTreeMap;

use terrace_model::{Address, OutputRecord};
use terrace_plan::Counts;

/// What came of an apply; everything in it is committed.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// What was done.
    pub done: Counts,
    /// Steps that failed, in order of their failing.
    pub failed: Vec<Failure>,
    /// Instances that were not touched because one they need failed, sorted.
    pub skipped: Vec<Address>,
    /// Whether the user stopped it, and how many steps were not begun.
    pub interrupted: Option<usize>,
    /// Outputs as they are now.
    pub outputs: BTreeMap<String, OutputRecord>,
    /// How long it took.
    pub elapsed_ms: u64,
    /// Requests made.
    pub requests: u64,
}

/// A step that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The instance.
    pub address: Address,
    /// What was tried.
    pub operation: &'static str,
    /// What happened, in full.
    pub error: String,
    /// What the user can do.
    pub advice: Option<String>,
}

impl Outcome {
    /// Whether everything that was planned is done.
    pub fn is_complete(&self) -> bool {
        self.failed.is_empty() && self.skipped.is_empty() && self.interrupted.is_none()
    }
}
