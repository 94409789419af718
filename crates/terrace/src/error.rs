//! From errors to words: the one place that decides what the user reads and what to do next.

use std::fmt;

use terrace_api::{ApiError, ApiErrorKind};
use terrace_model::{Address, CloudIdentity, Diagnostics, Name, Sources};

/// Findings about the files, to be shown with their places.
#[derive(Debug)]
pub(crate) struct Invalid {
    pub(crate) diagnostics: Diagnostics,
    pub(crate) sources: Sources,
}

impl Invalid {
    pub(crate) fn new(diagnostics: Diagnostics, sources: Sources) -> Self {
        Self { diagnostics, sources }
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the workspace has {} finding(s)", self.diagnostics.len())
    }
}

impl std::error::Error for Invalid {}

/// A failure that was shown already; only the exit code is left to give.
#[derive(Debug)]
pub(crate) struct Shown;

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failed")
    }
}

impl std::error::Error for Shown {}

/// The state belongs to another cloud.
pub(crate) fn other_cloud(recorded: &CloudIdentity, current: &CloudIdentity) -> anyhow::Error {
    let place = |c: &CloudIdentity| {
        format!("`{}` (project `{}` at {})", c.name, c.project_name, c.auth_url)
    };
    anyhow::anyhow!(
        "this state belongs to the cloud {}, and the current cloud is {}\nhelp: use that cloud, or another environment with `--env`",
        place(recorded),
        place(current),
    )
}

/// Recorded or named instances are in a cloud that `terrace.yaml` does not have.
pub(crate) fn unknown_cloud(name: &Name, instances: &[Address]) -> anyhow::Error {
    let shown: Vec<_> = instances.iter().take(3).map(ToString::to_string).collect();
    let more = if instances.len() > 3 { ", ..." } else { "" };
    anyhow::anyhow!(
        "`terrace.yaml` has no cloud `{name}`, and {} recorded there ({}{more})\nhelp: add `{name}` under `clouds` again, at least until they are deleted",
        if instances.len() == 1 { "one instance is" } else { "instances are" },
        shown.join(", "),
    )
}

/// What to do about an error, if the error itself does not say.
pub(crate) fn help(error: &anyhow::Error) -> Option<&'static str> {
    let api = error.chain().find_map(|cause| cause.downcast_ref::<ApiError>())?;
    match api.kind() {
        ApiErrorKind::Auth => Some(
            "check user, password or application credential of this cloud in clouds.yaml or OS_*",
        ),
        ApiErrorKind::Unavailable => Some("check the address and the network; nothing was changed"),
        ApiErrorKind::Forbidden => Some("these credentials may not do this"),
        ApiErrorKind::UnknownOutcome => Some("run `terrace plan`: it finds out what was done"),
        _ => None,
    }
}
