//! The program end to end, on the simulator in its process.

mod bad_input;
mod clouds;
mod common;
mod crash;
mod explain;
mod files;
mod gateway;
mod lifecycle;
mod operate;
mod quickstart;
mod secrets;
mod served;
mod simulator;
mod tools;
mod variables;
