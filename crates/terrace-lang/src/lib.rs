//! Loads a workspace folder into typed, spanned resources, or says everything that is wrong with it.
//!
//! [`load`] is the only stage that reads the files of a workspace. It never talks to a cloud, never
//! looks at the state, and reads no clock and no environment but what it is given: the same folder
//! and variables always give the same [`terrace_model::Workspace`].

mod check;
pub mod codes;
mod conditions;
mod files;
mod format;
mod lifecycle;
mod load;
mod locals;
mod names;
mod nested;
mod refactor;
mod resource;
mod schema;
mod settings;
mod stack;
pub mod syntax;
mod term;
mod variables;
pub mod yaml;

pub use files::texts;
pub use format::format;
pub use load::{Ask, LoadError, Loaded, Question, Request, load};
pub use schema::{Document, schema};
