//! Plans, diagnostics, outcomes and states as text and JSON. Everything here returns text or writes
//! to a writer it is given; nothing reads files, clouds or the environment. What is sensitive is
//! never shown.

mod change;
mod diagnostics;
mod diff;
mod graph;
mod outcome;
mod plan;
mod plan_json;
mod progress;
mod reference;
mod state;
mod style;
mod table;
mod value;

pub use diagnostics::{diagnostics, diagnostics_json};
pub use diff::diff;
pub use graph::{graph_dot, graph_text};
pub use outcome::{outcome, outputs, outputs_json};
pub use plan::{PlanText, plan, why};
pub use plan_json::plan_json;
pub use progress::Progress;
pub use reference::{function_page, kind_index, kind_pages};
pub use state::{show, state_json, state_list, state_show};
pub use style::Style;
pub use table::{Cell, Check, Table, Verdict, checks, checks_json};
