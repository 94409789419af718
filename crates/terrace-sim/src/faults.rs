//! Trouble on demand: which requests fail, and how.

use serde::{Deserialize, Serialize};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// One rule: the requests it applies to and what happens to them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// `identity`, `compute`, `network` or `image`; absent is any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// The HTTP method; absent is any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// A part of the path, or a pattern with `*` for the whole of it; absent is any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// So many matching requests pass unharmed first.
    #[serde(default)]
    pub skip: u32,
    /// So many requests are hit, then no more; absent is all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// What happens.
    pub effect: Effect,
}

/// What a fault does. In JSON and YAML the word is under `kind`: `{kind: status, code: 503}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Effect {
    /// Answers so, and does nothing.
    Status {
        /// The status code.
        code: u16,
        /// The body; absent is the service's usual one.
        #[serde(default)]
        body: Option<String>,
        /// The header `Retry-After`, in seconds.
        #[serde(default)]
        retry_after: Option<u64>,
    },
    /// Does the work, then answers so.
    StatusAfter {
        /// The status code.
        code: u16,
    },
    /// Closes the connection, and does nothing.
    DropBefore,
    /// Does the work, then closes the connection.
    DropAfter,
    /// Waits, then goes on as if nothing were.
    Delay {
        /// How long.
        ms: u64,
    },
    /// The server being created ends in ERROR.
    ServerError {
        /// The message of its fault.
        message: String,
    },
    /// The server being created stays in BUILD.
    HangInBuild,
    /// No host is found for the server being created, which ends in ERROR.
    NoValidHost,
    /// Does the work, then sends half of the answer.
    Truncate,
    /// The token used is invalid from now on.
    ExpireToken,
}

impl Effect {
    /// Whether it concerns nothing but the creation of servers.
    fn only_server_create(&self) -> bool {
        matches!(self, Self::ServerError { .. } | Self::HangInBuild | Self::NoValidHost)
    }
}

/// The part of a request that faults are matched against.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target<'a> {
    pub(crate) service: &'a str,
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
}

impl Fault {
    fn matches(&self, target: Target<'_>) -> bool {
        if self.effect.only_server_create()
            && (target.method != "POST" || !target.path.ends_with("/servers"))
        {
            return false;
        }
        self.service.as_deref().is_none_or(|s| s == target.service)
            && self.method.as_deref().is_none_or(|m| m.eq_ignore_ascii_case(target.method))
            && self.path.as_deref().is_none_or(|p| path_matches(p, target.path))
    }
}

fn path_matches(pattern: &str, path: &str) -> bool {
    if pattern.contains('*') { glob(pattern, path) } else { path.contains(pattern) }
}

/// Whether `text` fits a pattern whose `*` stands for anything.
fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[derive(Debug, Default)]
struct Armed {
    fault: Option<Fault>,
    passed: u32,
    hit: u32,
}

/// The faults of a cloud; cleared, added to and counted while it runs.
#[derive(Debug, Default)]
pub struct Faults {
    armed: Mutex<Vec<Armed>>,
}

impl Faults {
    pub(crate) fn new(faults: &[Fault]) -> Self {
        let all = Self::default();
        all.set(faults.to_vec());
        all
    }

    /// Replaces all faults.
    pub fn set(&self, faults: Vec<Fault>) {
        *self.lock() = faults
            .into_iter()
            .map(|fault| Armed { fault: Some(fault), passed: 0, hit: 0 })
            .collect();
    }

    /// Adds one fault after the others; of two that match a request, the first counts.
    pub fn add(&self, fault: Fault) {
        self.lock().push(Armed { fault: Some(fault), passed: 0, hit: 0 });
    }

    /// Removes all faults.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// The faults, each with how many requests it has hit.
    pub fn list(&self) -> Vec<(Fault, u32)> {
        self.lock().iter().filter_map(|a| a.fault.clone().map(|f| (f, a.hit))).collect()
    }

    /// What happens to this request: delays of all matching faults, and the first other effect.
    pub(crate) fn decide(&self, target: Target<'_>) -> (u64, Option<Effect>) {
        let mut delay = 0;
        for armed in self.lock().iter_mut() {
            let Some(fault) = armed.fault.as_ref().filter(|f| f.matches(target)) else { continue };
            if armed.passed < fault.skip {
                armed.passed += 1;
                continue;
            }
            if fault.count.is_some_and(|count| armed.hit >= count) {
                continue;
            }
            armed.hit += 1;
            match &fault.effect {
                Effect::Delay { ms } => delay += ms,
                other => return (delay, Some(other.clone())),
            }
        }
        (delay, None)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Armed>> {
        self.armed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, path, fits) in [
            ("/servers", "/compute/v2.1/servers", true),
            ("/servers", "/compute/v2.1/flavors", false),
            ("*/servers", "/compute/v2.1/servers", true),
            ("*/servers", "/compute/v2.1/servers/1", false),
            ("*/servers/*", "/compute/v2.1/servers/1", true),
            ("/compute/*/action", "/compute/v2.1/servers/1/action", true),
            ("/network*", "/compute", false),
        ] {
            assert_eq!(path_matches(pattern, path), fits, "{pattern} {path}");
        }
    }

    #[test]
    fn skip_and_count() {
        let faults = Faults::default();
        faults.add(Fault {
            service: None,
            method: Some("post".into()),
            path: None,
            skip: 1,
            count: Some(2),
            effect: Effect::DropBefore,
        });
        let target = Target { service: "compute", method: "POST", path: "/compute/v2.1/servers" };
        let hits: Vec<bool> = (0..5).map(|_| faults.decide(target).1.is_some()).collect();
        assert_eq!(hits, [false, true, true, false, false]);
    }
}
