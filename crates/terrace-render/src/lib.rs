//! Plans, diagnostics and progress as text and JSON.
