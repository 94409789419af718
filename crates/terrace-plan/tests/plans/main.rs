//! Plans as text: files, what was applied before, and what would be done.

mod conditions;
mod first;
mod lifecycle;
mod refactor;
mod target;
mod world;
