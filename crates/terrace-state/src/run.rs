//! Runs: each command that may change something has a serial and an entry in the history.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use terrace_model::{CloudIdentity, Name, OutputRecord};

/// A run that is about to begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunStart {
    /// The command line, without anything secret.
    pub command: String,
    /// Who runs it.
    pub user: String,
    /// Where.
    pub host: String,
    /// Its process.
    pub pid: u32,
    /// The commit that the workspace is at, if it is in git.
    pub git_commit: Option<String>,
    /// Digest of the plan.
    pub digest: Option<String>,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// The cloud that it is for.
    pub cloud: CloudIdentity,
    /// The other clouds that it is for, by their name in `terrace.yaml`.
    pub clouds: BTreeMap<Name, CloudIdentity>,
}

/// A run that is over.
#[derive(Clone, Debug, PartialEq)]
pub struct RunFinish {
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// How it went, in a word or a line.
    pub result: String,
    /// The outputs as they are now, in place of all before.
    pub outputs: BTreeMap<String, OutputRecord>,
}

/// One run, as the history has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistoryEntry {
    /// The serial that it made.
    pub serial: u64,
    /// The command line.
    pub command: String,
    /// Who ran it.
    pub user: String,
    /// Where.
    pub host: String,
    /// Its process.
    pub pid: u32,
    /// The commit that the workspace was at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git_commit: Option<String>,
    /// Digest of the plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// When it began, in milliseconds since 1970.
    pub started_at_ms: u64,
    /// When it was over; nothing if it was killed or still goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at_ms: Option<u64>,
    /// How it went; nothing if it was killed or still goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
}

impl HistoryEntry {
    pub(crate) fn opened(serial: u64, run: RunStart) -> Self {
        Self {
            serial,
            command: run.command,
            user: run.user,
            host: run.host,
            pid: run.pid,
            git_commit: run.git_commit,
            digest: run.digest,
            started_at_ms: run.at_ms,
            finished_at_ms: None,
            result: None,
        }
    }
}
