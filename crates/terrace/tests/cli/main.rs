//! The program end to end, on the simulator in its process.

mod bad_input;
mod common;
mod crash;
mod lifecycle;
mod quickstart;
