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

/// The words the program was started with. They are written down, and shown to whoever waits for the
/// state: values of variables are left out, as any may be a secret.
pub(crate) fn command() -> String {
    let words: Vec<String> =
        std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    without_values(&words).join(" ")
}

fn without_values(words: &[String]) -> Vec<String> {
    let hidden = |given: &str| match given.split_once('=') {
        Some((name, _)) => format!("{name}=..."),
        None => given.to_owned(),
    };
    let mut shown: Vec<String> = Vec::new();
    for word in words {
        let value_follows = shown.last().is_some_and(|last| last == "--var");
        shown.push(match word.strip_prefix("--var=") {
            _ if value_follows => hidden(word),
            Some(given) => format!("--var={}", hidden(given)),
            None => word.clone(),
        });
    }
    shown
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

#[cfg(test)]
mod tests {
    use super::without_values;

    #[test]
    fn values_of_variables_are_left_out() {
        for (words, shown) in [
            ("apply --yes --env prod", "apply --yes --env prod"),
            ("apply --var a=b --var c=d=e --yes", "apply --var a=... --var c=... --yes"),
            ("apply --var=a=b --var-file a=b", "apply --var=a=... --var-file a=b"),
            ("--var a=b apply", "--var a=... apply"),
            ("apply --var", "apply --var"),
            ("apply --var --var x=y", "apply --var --var x=..."),
        ] {
            let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
            assert_eq!(without_values(&words).join(" "), shown);
        }
    }
}
