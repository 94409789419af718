//! Lifecycles carried out on the simulator: with faults, and cut off at every request.

mod first;
mod refactor;
mod settings;
mod world;
