//! Lifecycles carried out on the simulator: with faults, and cut off at every request.

mod attributes;
mod clouds;
mod conditions;
mod counts;
mod cut;
mod first;
mod joints;
mod refactor;
mod settings;
mod waiting;
mod world;
