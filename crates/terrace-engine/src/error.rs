//! What can go wrong in the engine as a whole; failures of single steps are in the outcome.

use terrace_api::ApiError;
use terrace_model::Address;
use terrace_state::StateError;

/// Why a stage could not be carried out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The cloud could not be read.
    #[error("the cloud could not be read: {0}")]
    Cloud(#[from] ApiError),
    /// The state could not be read or written.
    #[error("{0}")]
    State(#[from] StateError),
    /// A keypair belongs to another user, so that its absence cannot be told.
    #[error(
        "`{address}` was created by another user: keypairs belong to users, and {user} cannot see it"
    )]
    OtherUser {
        /// The keypair.
        address: Address,
        /// Who asks.
        user: String,
    },
    /// An interrupted operation cannot be decided without a person.
    #[error(
        "`{address}` was being created when an earlier run ended, and {count} objects could be it: {ids}"
    )]
    Ambiguous {
        /// The instance.
        address: Address,
        /// How many.
        count: usize,
        /// Their ids.
        ids: String,
    },
    /// The plan breaks a law of plans; a bug of Terrace.
    #[error("the plan is not sound, nothing was done: {0}")]
    Unsound(String),
    /// A thread of the engine died; a bug of Terrace.
    #[error("the state could not be written: a worker ended early")]
    Worker,
}
