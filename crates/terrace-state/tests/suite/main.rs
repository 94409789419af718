//! The store from outside: one conformance suite for all of them, crashes, the format.

mod conformance;
mod crash;
mod format;
mod samples;
mod schema;
