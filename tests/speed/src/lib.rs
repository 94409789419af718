//! What the benchmarks do, one function a stage, and what they do it to.
//!
//! `benches/micro.rs` takes their time, `benches/counts.rs` counts their instructions: those are the
//! same on a busy machine. `cargo xtask counts` compares them with the last accepted ones.

mod expressions;
mod journal;
mod pages;
mod plan;

pub use expressions::{Expressions, expressions};
pub use journal::{Journal, intent, journal};
pub use pages::{Pages, pages};
pub use plan::{Built, Settled, built, folder, load, settled};
