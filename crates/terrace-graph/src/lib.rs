//! The dependency graph of resource instances, acyclic by construction.
//!
//! [`build`] expands a workspace's blocks into instances and joins them by edges: references,
//! nesting, `depends_on`, and what OpenStack needs without saying so (a server needs the subnets
//! of its networks). [`Dag`] is the ordered graph underneath, also used to order a plan's steps.
//! This is the only crate that names petgraph. It never does IO.

mod build;
mod dag;

pub use build::{Cause, Edge, ResourceGraph, build, circle};
pub use dag::{Cycle, Dag};
