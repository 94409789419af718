//! Helpers of the end-to-end tests: a copy of an example, and the `terrace` command run on it.

mod output;
mod workspace;

pub use output::Output;
pub use workspace::{Running, Workspace};
