//! What can go wrong with a state, each with what its reader needs to act.

use std::io;
use std::path::{Path, PathBuf};

use terrace_model::CloudIdentity;

use crate::lock::Holder;
use crate::transition::Illegal;

/// Why the state could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// Another process has it.
    #[error("the state in {} is in use by {}", path.display(), describe(holder.as_ref()))]
    Locked {
        /// Who, if it could be read.
        holder: Option<Holder>,
        /// The folder of the state.
        path: PathBuf,
    },
    /// The folder cannot be written.
    #[error(
        "cannot write to {}: the state needs a folder that you may write to, on a disk that is not full",
        path.display()
    )]
    Unwritable {
        /// What could not be written.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What is on the disk is damaged, and nothing could be found to mend it from.
    #[error("the state is damaged: {what}{}", kept(kept_aside.as_deref()))]
    Corrupt {
        /// Which part.
        what: String,
        /// Where the damaged files are kept.
        kept_aside: Option<PathBuf>,
    },
    /// A newer Terrace wrote it.
    #[error(
        "the state was written by a newer Terrace, in format {found}; this one knows up to {known}"
    )]
    Newer {
        /// Its format.
        found: u32,
        /// The newest that is known.
        known: u32,
    },
    /// The ids in it belong to another cloud or project.
    #[error("the state belongs to {}, but this run is for {}", place(recorded), place(current))]
    WrongCloud {
        /// The one in the state.
        recorded: Box<CloudIdentity>,
        /// The one of the run.
        current: Box<CloudIdentity>,
    },
    /// The caller broke the rules of the journal.
    #[error(transparent)]
    IllegalTransition(#[from] Illegal),
    /// A value that must not be stored, such as a sensitive one that was not sealed.
    #[error("cannot store {what}")]
    Unstorable {
        /// What was to be stored.
        what: String,
        /// Why not.
        source: serde_json::Error,
    },
    /// Reading or writing failed.
    #[error("cannot {what}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        source: io::Error,
    },
}

impl StateError {
    /// An error of reading or writing a path, told apart by what its reader can do about it.
    pub(crate) fn at(what: &str, path: &Path, source: io::Error) -> Self {
        use io::ErrorKind as Kind;
        match source.kind() {
            Kind::PermissionDenied
            | Kind::ReadOnlyFilesystem
            | Kind::StorageFull
            | Kind::QuotaExceeded
            | Kind::AlreadyExists
            | Kind::NotADirectory
            | Kind::IsADirectory => Self::Unwritable { path: path.to_owned(), source },
            _ => Self::Io { what: format!("{what} {}", path.display()), source },
        }
    }

    /// Damage that was found while reading.
    pub(crate) fn damaged(what: impl Into<String>) -> Self {
        Self::Corrupt { what: what.into(), kept_aside: None }
    }
}

fn describe(holder: Option<&Holder>) -> String {
    holder.map_or_else(|| "another process".to_owned(), Holder::to_string)
}

fn kept(path: Option<&Path>) -> String {
    path.map_or_else(String::new, |path| {
        format!("; the damaged files are kept in {}", path.display())
    })
}

fn place(cloud: &CloudIdentity) -> String {
    let region =
        cloud.region.as_ref().map_or_else(String::new, |region| format!(", region {region}"));
    format!("project {} ({}) at {}{region}", cloud.project_name, cloud.project_id, cloud.auth_url)
}
