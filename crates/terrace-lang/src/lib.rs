//! Loads a workspace folder into typed, spanned resources, or all diagnostics.
