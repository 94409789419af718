//! What the engine tells while it works: one stream, whose consumers (text, JSON, tests) are equal.

use terrace_model::Address;

/// Something happened. Times are milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Reading the cloud began.
    RefreshStarted {
        /// How many recorded instances are looked for.
        recorded: usize,
    },
    /// Reading the cloud ended.
    RefreshFinished {
        /// How many are there.
        present: usize,
        /// How many are gone.
        absent: usize,
        /// Requests made.
        requests: u64,
        /// How long it took.
        elapsed_ms: u64,
    },
    /// What became of an operation that an earlier run did not finish.
    Recovered(Recovered),
    /// A step begins; its intent is in the journal.
    Started {
        /// The instance.
        address: Address,
        /// What is done: `create`, `update`, `resize`, `rebuild`, `delete`, `resume`, `forget`.
        operation: &'static str,
    },
    /// The cloud gave the id, and it is in the journal.
    Known {
        /// The instance.
        address: Address,
        /// The id.
        id: String,
    },
    /// Still waiting for the cloud.
    Waiting {
        /// The instance.
        address: Address,
        /// The state in the cloud's word, such as `BUILD`.
        state: String,
        /// Since the step began.
        elapsed_ms: u64,
    },
    /// A step succeeded and is committed.
    Finished {
        /// The instance.
        address: Address,
        /// What was done.
        operation: &'static str,
        /// Its id.
        id: String,
        /// How long the step took.
        elapsed_ms: u64,
    },
    /// A step failed.
    Failed {
        /// The instance.
        address: Address,
        /// What was tried.
        operation: &'static str,
        /// What happened, in full.
        error: String,
        /// What the user can do.
        advice: Option<String>,
        /// How long the step took.
        elapsed_ms: u64,
    },
    /// A step is not done, because one that it needs failed.
    Skipped {
        /// The instance.
        address: Address,
        /// What would have been done.
        operation: &'static str,
        /// The instance whose failure is the cause.
        because: Address,
    },
    /// The user asked to stop: nothing new begins, what is in flight is waited for.
    Stopping {
        /// How many steps are in flight.
        in_flight: usize,
    },
}

/// What became of an operation that an earlier run did not finish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// The instance.
    pub address: Address,
    /// What was under way: `create`, `update`, `delete`.
    pub operation: String,
    /// What was found.
    pub finding: Finding,
}

/// What recovery found in the cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The object is there, and is taken over.
    Adopted {
        /// Its id.
        id: String,
        /// How it was recognised: `its id`, `its marker`, `its name and fingerprint`, ...
        by: &'static str,
    },
    /// The create did not happen; it will be planned anew.
    NotCreated,
    /// The delete was carried out.
    Deleted,
    /// The object of an interrupted change or delete is still there; the plan decides.
    StillThere {
        /// Its id.
        id: String,
    },
    /// More than one object fits, or one that cannot be told from another's; a person must decide.
    Ambiguous {
        /// Their ids.
        ids: Vec<String>,
    },
}

/// Takes events. Called from one task at a time; must not block.
pub trait EventSink: Send + Sync {
    /// Takes one.
    fn event(&self, event: Event);
}

/// A sink that forgets.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoEvents;

impl EventSink for NoEvents {
    fn event(&self, _: Event) {}
}
