//! Plans as text: files, what was applied before, and what would be done.

mod first;
mod lifecycle;
mod refactor;
mod world;
