//! The life of an operation: which step may follow which. Everything else is refused, so that the
//! journal never says something that recovery could misread.

use std::fmt;

use terrace_model::Address;

use crate::journal::{Ended, Intent, OpId, Operation, Verb};

/// Where an operation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Not in the journal yet.
    New,
    /// The call may have been made; no object is known.
    Begun,
    /// The object's id is known.
    Known,
    /// Over, and out of the journal.
    Ended,
}

/// A step of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Begin without an id.
    Begin,
    /// Begin with an id.
    BeginWithId,
    /// The id is known.
    Know,
    /// End: the object exists.
    Record,
    /// End: the object is gone.
    Remove,
    /// End: nothing happened.
    GiveUp,
}

/// A step that must not be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Illegal {
    /// It does not follow from where the operation is.
    #[error("an operation to {verb} that is {phase} cannot {step}")]
    Step {
        /// What the operation does.
        verb: Verb,
        /// Where it is.
        phase: Phase,
        /// What was asked.
        step: Step,
    },
    /// The operation is about one object, the step about another.
    #[error("operation {op} is about the object {known}, not {given}")]
    OtherObject {
        /// The operation.
        op: OpId,
        /// Its object.
        known: String,
        /// The other one.
        given: String,
    },
    /// The address already has an operation in the air.
    #[error("operation {op} on {address} has not ended")]
    Busy {
        /// The address.
        address: Address,
        /// The operation that it has.
        op: OpId,
    },
    /// The operation was never begun, or has ended.
    #[error("operation {0} is not in the journal")]
    NotOpen(OpId),
    /// A run is finished that was not started.
    #[error("no run is open: the last serial is {serial}")]
    NoRun {
        /// The serial of the last run.
        serial: u64,
    },
}

/// Where an operation is after a step. This is the whole law.
///
/// * A create begins without an id and learns it; an update or delete begins with it.
/// * A create whose answer is the whole object may record it at once.
/// * A create whose object is known cannot be given up: the object exists, or it is removed.
pub fn next(verb: Verb, phase: Phase, step: Step) -> Result<Phase, Illegal> {
    match (verb, phase, step) {
        (Verb::Create, Phase::New, Step::Begin) => Ok(Phase::Begun),
        (Verb::Update | Verb::Delete, Phase::New, Step::BeginWithId) => Ok(Phase::Known),
        (Verb::Create, Phase::Begun, Step::Know) => Ok(Phase::Known),
        (Verb::Create, Phase::Begun, Step::Record | Step::GiveUp) => Ok(Phase::Ended),
        // The same id once more says nothing new; another id is refused by the caller.
        (_, Phase::Known, Step::Know) => Ok(Phase::Known),
        (_, Phase::Known, Step::Record | Step::Remove) => Ok(Phase::Ended),
        (Verb::Update | Verb::Delete, Phase::Known, Step::GiveUp) => Ok(Phase::Ended),
        (verb, phase, step) => Err(Illegal::Step { verb, phase, step }),
    }
}

impl Step {
    pub(crate) fn of_intent(intent: &Intent) -> Self {
        if intent.id.is_some() { Self::BeginWithId } else { Self::Begin }
    }

    pub(crate) fn of_end(outcome: &Ended) -> Self {
        match outcome {
            Ended::Recorded(_) => Self::Record,
            Ended::Removed => Self::Remove,
            Ended::NotDone => Self::GiveUp,
        }
    }
}

impl Operation {
    /// Where this operation is.
    pub fn phase(&self) -> Phase {
        if self.id.is_some() { Phase::Known } else { Phase::Begun }
    }

    /// Whether a step may be taken, also with regard to which object it is about.
    pub(crate) fn check(&self, step: Step, object: Option<&str>) -> Result<(), Illegal> {
        next(self.intent.verb, self.phase(), step)?;
        match (self.id.as_deref(), object) {
            (Some(known), Some(given)) if known != given => Err(Illegal::OtherObject {
                op: self.op,
                known: known.to_owned(),
                given: given.to_owned(),
            }),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::New => "new",
            Self::Begun => "begun",
            Self::Known => "known",
            Self::Ended => "ended",
        })
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Begin => "begin without an id",
            Self::BeginWithId => "begin with an id",
            Self::Know => "learn its id",
            Self::Record => "be recorded",
            Self::Remove => "be removed",
            Self::GiveUp => "be given up",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Verb and phase, then what each of the six steps leads to; `-` is refused.
    const TABLE: &str = "
        verb   phase | begin begin+id know  record remove give-up
        create new   | begun -        -     -      -      -
        create begun | -     -        known ended  -      ended
        create known | -     -        known ended  ended  -
        create ended | -     -        -     -      -      -
        update new   | -     known    -     -      -      -
        update begun | -     -        -     -      -      -
        update known | -     -        known ended  ended  ended
        update ended | -     -        -     -      -      -
        delete new   | -     known    -     -      -      -
        delete begun | -     -        -     -      -      -
        delete known | -     -        known ended  ended  ended
        delete ended | -     -        -     -      -      -";

    #[test]
    fn every_verb_phase_and_step_is_as_in_the_table() {
        let steps =
            [Step::Begin, Step::BeginWithId, Step::Know, Step::Record, Step::Remove, Step::GiveUp];
        let phases = [Phase::New, Phase::Begun, Phase::Known, Phase::Ended];
        let mut rows = TABLE.trim().lines().skip(1);
        for verb in [Verb::Create, Verb::Update, Verb::Delete] {
            for phase in phases {
                let row = rows.next().expect("a row for each verb and phase");
                let found = steps.map(|step| match next(verb, phase, step) {
                    Ok(after) => after.to_string(),
                    Err(error) => {
                        assert_eq!(error, Illegal::Step { verb, phase, step });
                        "-".to_owned()
                    }
                });
                let row: Vec<&str> = row.split_whitespace().filter(|word| *word != "|").collect();
                assert_eq!(row[..2], [verb.to_string(), phase.to_string()]);
                assert_eq!(row[2..], found, "{verb} {phase}");
            }
        }
        assert_eq!(rows.next(), None);
    }
}
