//! Review: the only way from a plan to one that may be applied.

use std::collections::BTreeMap;

use terrace_model::{CloudIdentity, Name, Snapshot};

use crate::plan::{Plan, Refusal};

/// What the reviewer said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Go on.
    Approve,
    /// Do not.
    Decline,
}

/// A plan that may be applied. Only [`review`] makes one; apply takes it by value, so that a plan
/// is applied at most once.
///
/// ```compile_fail
/// fn skip(plan: terrace_plan::Plan) -> terrace_plan::ApprovedPlan {
///     terrace_plan::ApprovedPlan { plan }
/// }
/// ```
#[derive(Debug)]
pub struct ApprovedPlan {
    plan: Plan,
}

impl ApprovedPlan {
    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }
}

/// What came of a review.
#[derive(Debug)]
pub enum Reviewed {
    /// It may be applied.
    Approved(Box<ApprovedPlan>),
    /// The reviewer declined.
    Declined,
    /// The plan itself forbids it, whatever the reviewer says.
    Refused(Vec<Refusal>),
}

/// Turns a plan and a decision into one that may be applied, or not.
pub fn review(plan: Plan, decision: Decision) -> Reviewed {
    match decision {
        _ if !plan.refusals.is_empty() => Reviewed::Refused(plan.refusals),
        Decision::Decline => Reviewed::Declined,
        Decision::Approve => Reviewed::Approved(Box::new(ApprovedPlan { plan })),
    }
}

/// Why a plan does not fit the state any more.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stale {
    /// Made for another state altogether.
    #[error(
        "the plan was made for another state: its lineage is {planned}, this state's is {recorded}"
    )]
    Lineage {
        /// Of the plan.
        planned: String,
        /// Of the state.
        recorded: String,
    },
    /// The state has changed since.
    #[error(
        "the plan is stale: it was made at serial {planned}, and the state is at serial {recorded} now"
    )]
    Serial {
        /// Of the plan.
        planned: u64,
        /// Of the state.
        recorded: u64,
    },
    /// Made for another environment.
    #[error("the plan is for the environment `{planned}`, and this is `{current}`")]
    Environment {
        /// Of the plan.
        planned: String,
        /// Of this run.
        current: String,
    },
    /// Made against another cloud.
    #[error("the plan was made against {planned}, and this is {current}")]
    Cloud {
        /// Of the plan.
        planned: String,
        /// Of this run.
        current: String,
    },
}

impl Plan {
    /// Checks that the plan still fits the state, environment and cloud it shall be applied to.
    ///
    /// # Errors
    /// What does not fit.
    pub fn check_fresh(
        &self,
        recorded: &Snapshot,
        environment: &str,
        (cloud, clouds): (&CloudIdentity, &BTreeMap<Name, CloudIdentity>),
    ) -> Result<(), Stale> {
        let place = |c: &CloudIdentity| format!("project `{}` at {}", c.project_name, c.auth_url);
        if self.lineage != recorded.lineage {
            let (planned, recorded) = (self.lineage.0.clone(), recorded.lineage.0.clone());
            return Err(Stale::Lineage { planned, recorded });
        }
        if self.environment != environment {
            let (planned, current) = (self.environment.clone(), environment.to_owned());
            return Err(Stale::Environment { planned, current });
        }
        let others = self.clouds.iter().filter_map(|(name, was)| Some((was, clouds.get(name)?)));
        for (was, is) in std::iter::once((&self.cloud, cloud)).chain(others) {
            if !was.same_place(is) {
                return Err(Stale::Cloud { planned: place(was), current: place(is) });
            }
        }
        if self.serial != recorded.serial {
            return Err(Stale::Serial { planned: self.serial, recorded: recorded.serial });
        }
        Ok(())
    }
}
