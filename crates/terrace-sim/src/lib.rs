//! A cloud in a process: the OpenStack APIs as an axum router.
//!
//! [`Cloud`] is a small OpenStack: Keystone, Nova, Neutron, Glance and Cinder and a reduced gateway over one set of tables, with
//! projects, quotas, address allocation, hosts, asynchronous server states and persistence. Its
//! router is called without sockets (`tower::ServiceExt::oneshot`) or served on a port. Time comes
//! from a [`Clock`] and ids from a seed, so a run can be repeated exactly; [`Faults`] make it fail
//! in the ways real clouds fail.
//!
//! What it does is what a real OpenStack Zed was seen doing. It never starts threads or timers of
//! its own: what is due is done when the next request looks.

mod admin;
mod cinder;
mod clock;
mod cloud;
mod error;
mod faults;
mod gateway;
mod glance;
mod ids;
mod keystone;
mod log;
mod neutron;
mod nova;
mod presets;
mod records;
mod settings;
mod settle;
mod state;
mod table;
mod web;

pub use clock::{Clock, ManualClock, OwnTime, SteppingClock, SystemClock};
pub use cloud::{Cloud, Dropped};
pub use error::SimError;
pub use faults::{Effect, Fault, Faults};
pub use settings::{Quota, Settings};
