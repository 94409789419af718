//! The machine: environment, clock, host, user, randomness. The one place that reads them.

use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;

use terrace_api::{Clock, SystemClock};

/// A variable of the process's environment; empty counts as not set.
#[expect(clippy::disallowed_methods, reason = "this is where the environment is injected from")]
pub(crate) fn env(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

pub(crate) fn home() -> Option<PathBuf> {
    env("HOME").map(PathBuf::from)
}

pub(crate) fn user() -> String {
    env("USER").or_else(|| env("LOGNAME")).unwrap_or_else(|| "unknown".to_owned())
}

pub(crate) fn host() -> String {
    let kernel = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    kernel
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .or_else(|| env("HOSTNAME"))
        .unwrap_or_else(|| "unknown".to_owned())
}

pub(crate) fn now_ms() -> u64 {
    SystemClock.now_unix_ms()
}

/// The words the program was started with.
pub(crate) fn command() -> String {
    std::env::args().skip(1).collect::<Vec<_>>().join(" ")
}

/// A number that does not repeat: the keys of a fresh hasher are random.
pub(crate) fn random() -> u64 {
    RandomState::new().hash_one(now_ms())
}

/// Random bytes from the kernel.
pub(crate) fn random_bytes(count: usize) -> std::io::Result<Vec<u8>> {
    use std::io::Read as _;
    let mut bytes = vec![0; count];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// The commit that a folder is at, if it is in a git checkout.
pub(crate) fn git_commit(folder: &std::path::Path) -> Option<String> {
    let mut git = std::process::Command::new("git");
    let output = git
        .arg("-C")
        .arg(folder)
        .args(["rev-parse", "HEAD"])
        .stderr(std::process::Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !text.trim().is_empty()).then(|| text.trim().to_owned())
}

/// Leaves a value to the end of the process, which frees all at once what would be taken down
/// piece by piece otherwise.
pub(crate) fn leave<T>(value: T) {
    std::mem::forget(value);
}
