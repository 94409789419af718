//! The simulator through its router, as clients see it.

mod arming;
mod determinism;
mod faults;
mod gateway;
mod harness;
mod identity;
mod images;
mod networks;
mod persistence;
mod refusals;
mod servers;
mod volumes;
