//! Vocabulary of Terrace: addresses, kinds and their attribute tables, values, expressions,
//! diagnostics, and the four states of a resource: desired, recorded, observed, planned.
//!
//! This crate never does IO, never reads a clock or the environment, and has no async code.
//! Every other crate speaks in its terms; see `docs/architecture.md` for the map.

pub mod address;
mod canonical;
pub mod diagnostic;
pub mod driver;
pub mod expr;
pub mod kind;
mod kinds;
pub mod lifecycle;
pub mod lookup;
pub mod map;
pub mod names;
pub mod observed;
mod path;
pub mod policy;
pub mod refactor;
pub mod rules;
pub mod schema;
mod shown;
pub mod snapshot;
pub mod source;
mod stored;
pub mod suggest;
pub mod survey;
pub mod value;
mod value_serde;
pub mod workspace;

pub use address::{Address, AddressError, InstanceKey, Name, ResourceAddress, StackName};
pub use diagnostic::{Diagnostic, Diagnostics, Label, Severity};
pub use driver::Driver;
pub use kind::Kind;
pub use lifecycle::{Condition, Ignored, Life, Lifecycle, Timed};
pub use lookup::{LookupKind, LookupSchema};
pub use map::{Attributes, Map};
pub use observed::{Facts, Named, Object, ObjectState, Observation, Observed};
pub use path::Path;
pub use policy::{Level, Policy};
pub use refactor::{Import, Move, Moved, Refactors, Removed};
pub use schema::{
    Attribute, Compare, Fallback, Field, KindSchema, OnChange, Presence, Refers, Type,
};
pub use snapshot::{CloudIdentity, Lineage, OutputRecord, Record, Slot, Snapshot, Status};
pub use source::{FileId, Place, Sources, Span, Spanned};
pub use value::{Origin, Pending, Value};
pub use workspace::{
    Body, CloudChoice, Component, Existing, GatewayChoice, Input, Output, Parent, Repeat, Resource,
    Stack, Workspace,
};
