//! The program end to end, on the simulator in its process.

mod bad_input;
mod clouds;
mod common;
mod crash;
mod files;
mod lifecycle;
mod quickstart;
mod tools;
