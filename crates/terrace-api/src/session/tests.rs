//! Sessions against scripted clouds.

mod failures;
mod lists;
mod secrets;
mod tokens;
mod versions;
