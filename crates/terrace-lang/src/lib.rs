//! Loads a workspace folder into typed, spanned resources, or says everything that is wrong with it.
//!
//! [`load`] is the only stage that reads the files of a workspace. It never talks to a cloud, never
//! looks at the state, and reads no clock and no environment but what it is given: the same folder
//! and variables always give the same [`terrace_model::Workspace`].

mod check;
pub mod codes;
mod components;
mod conditions;
mod existing;
mod files;
mod format;
mod items;
mod lifecycle;
mod load;
mod names;
mod nested;
mod refactor;
mod repeat;
mod resource;
mod schema;
mod scope;
mod settings;
mod stack;
pub mod syntax;
mod term;
#[cfg(test)]
mod tests;
mod variables;
pub mod yaml;

pub use files::texts;
pub use format::format;
pub use load::{Ask, LoadError, Loaded, Question, Request, chosen_cloud, load};
pub use schema::{Document, schema};
