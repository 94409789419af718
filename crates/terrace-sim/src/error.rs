//! What can go wrong with the simulator itself, as opposed to what its clouds answer.

use std::path::PathBuf;

/// A failure of the simulator: its folder, its log, its settings.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SimError {
    /// Another process has the folder open.
    #[error("the simulated cloud in {} is in use by another process{}", folder.display(), holder.as_ref().map_or_else(String::new, |h| format!(" ({h})")))]
    Locked {
        /// The folder.
        folder: PathBuf,
        /// What the holder wrote about itself, if it could be read.
        holder: Option<String>,
    },
    /// Settings or faults are not what they should be.
    #[error("{what} cannot be understood")]
    Settings {
        /// What was read.
        what: &'static str,
        /// Why not.
        #[source]
        source: serde_yaml::Error,
    },
    /// A file could not be read or written.
    #[error("cannot {doing} {}", path.display())]
    Io {
        /// What was attempted.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: std::io::Error,
    },
    /// A line in the middle of the log cannot be read.
    #[error("line {line} of {} is damaged", path.display())]
    Damaged {
        /// The log.
        path: PathBuf,
        /// Its line, from 1.
        line: usize,
        /// Why it cannot be read.
        #[source]
        source: serde_json::Error,
    },
    /// The log was written by a version that this one does not know.
    #[error("{} has format {found}; this version reads format {known}", path.display())]
    Format {
        /// The log.
        path: PathBuf,
        /// Its format.
        found: u64,
        /// The format known here.
        known: u64,
    },
}
