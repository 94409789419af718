//! The acceptance suite: the quickstart through the `terrace` binary on a real OpenStack.
//!
//! What became of it is asked from the cloud's own client, never from our code. Every test has a
//! project and a user of its own, so that "nothing is left" means nothing at all.
//!
//! Needs `TERRACE_BIN`, the binary, and `OS_CLIENT_CONFIG_FILE`, the clouds.yaml that
//! `tests/openstack/up` wrote.

mod changes;
mod client;
mod crash;
mod create;
mod drift;
mod faults;
mod kinds;
mod operate;
mod project;
mod somebody;
mod speed;
