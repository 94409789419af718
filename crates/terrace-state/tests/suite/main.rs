//! The store from outside: one conformance suite for all of them, crashes, damage, the format.

mod conformance;
mod crash;
mod damage;
mod format;
mod samples;
mod schema;
