//! What can be wrong with the settings of a cloud, and what to do about it.

use std::path::PathBuf;

/// The settings do not say which cloud, or not how to get in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Nothing anywhere.
    #[error(
        "no cloud is configured: found neither `OS_AUTH_URL` nor a clouds.yaml (looked at {}); \
         write a clouds.yaml, or set `OS_CLIENT_CONFIG_FILE` to one, or source an openrc file",
        .looked_at.join(", ")
    )]
    NoCredentials {
        /// The files looked for, in order.
        looked_at: Vec<String>,
    },
    /// The named cloud is not in the file.
    #[error("no cloud `{name}` in {place}; it has {}", list(.known))]
    UnknownCloud {
        /// The name asked for.
        name: String,
        /// Where it was looked for.
        place: String,
        /// The clouds that are there.
        known: Vec<String>,
    },
    /// Several clouds and none named.
    #[error("{place} has several clouds ({}); choose one with `OS_CLOUD`", .known.join(", "))]
    Ambiguous {
        /// The file.
        place: String,
        /// The clouds that are there.
        known: Vec<String>,
    },
    /// A value is needed and not there.
    #[error("cloud `{cloud}` in {place} has no `{field}`; {hint}")]
    MissingField {
        /// The cloud.
        cloud: String,
        /// The file, or the environment.
        place: String,
        /// The field.
        field: String,
        /// What to do.
        hint: String,
    },
    /// A value makes no sense.
    #[error("cloud `{cloud}` in {place}: `{field}` {problem}")]
    BadValue {
        /// The cloud.
        cloud: String,
        /// The file, or the environment.
        place: String,
        /// The field.
        field: String,
        /// What is wrong with it; never the value of a secret.
        problem: String,
    },
    /// The file cannot be read.
    #[error("cannot read {}", .file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not what it should be.
    #[error("{}:{line}:{column}: {problem}", .file.display())]
    Malformed {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong there.
        problem: String,
    },
}

fn list(known: &[String]) -> String {
    if known.is_empty() { "no clouds at all".to_owned() } else { known.join(", ") }
}
