//! Refresh and apply: the ready queue, waiting, recovery, events.
//!
//! [`recover`] finds out what became of operations that an earlier run left; [`refresh`] reads the
//! recorded objects by lists; [`apply`] carries out an approved plan, writing each intent to the
//! journal before its call and each id before the wait. Only `kinds/` knows both a kind and its
//! API calls. Nothing here prints, reads the environment, or reads a clock that was not given.

mod apply;
mod context;
mod error;
mod event;
mod kinds;
mod lookups;
mod marker;
mod outcome;
mod pace;
mod records;
mod recover;
mod refresh;
mod wait;

pub use apply::{Options, Run, Stop, apply};
pub use context::{Clouds, Context};
pub use error::EngineError;
pub use event::{Event, EventSink, Finding, NoEvents, Recovered};
pub use lookups::list as look_up;
pub use outcome::{Failure, Outcome};
pub use recover::{Recovery, recover};
pub use refresh::{Wanted, refresh};
