//! Trouble on demand: which requests fail, and how.

use crate::error::SimError;
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// One rule: the requests it applies to and what happens to them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// `identity`, `compute`, `network`, `image`, `volume` or `gateway`; absent is any.
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
    /// Of the requests that are left, this part is hit, from 0 to 1; absent is all. Which ones
    /// follows from the cloud's seed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
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
        /// The body; absent is the service's usual one.
        #[serde(default)]
        body: Option<String>,
        /// The header `Retry-After`, in seconds.
        #[serde(default)]
        retry_after: Option<u64>,
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
    /// What is read shows the cloud as it was so long ago: lists lag behind writes, and what was
    /// just made is not found.
    Lag {
        /// How long ago.
        ms: u64,
    },
    /// Answers as if the work were done, and does nothing: a lost write or delete.
    Lose,
    /// The caller's project gets another limit in the service that is asked, and the request goes
    /// on.
    Quota {
        /// The resource, as the service names it: `instances`, `port`, `volumes`.
        resource: String,
        /// The limit; -1 is none.
        limit: i64,
    },
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
    /// Reads a list of faults from YAML, of which JSON is a part.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, SimError> {
        serde_yaml::from_str(text)
            .map_err(|source| SimError::Settings { what: "the list of faults", source })
    }

    fn matches(&self, target: Target<'_>) -> bool {
        if self.effect.only_server_create()
            && (target.method != "POST" || !target.path.ends_with("/servers"))
        {
            return false;
        }
        if matches!(self.effect, Effect::Lag { .. }) && target.method != "GET" {
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
    seed: u64,
    rolls: AtomicU64,
    armed: Mutex<Vec<Armed>>,
}

impl Faults {
    pub(crate) fn new(faults: &[Fault], seed: u64) -> Self {
        let all = Self { seed, ..Self::default() };
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
            if fault.probability.is_some_and(|part| self.roll() >= part) {
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

    /// The longest lag of any fault; while there is one, the past is kept.
    pub(crate) fn longest_lag(&self) -> Option<u64> {
        let lag = |armed: &Armed| match armed.fault.as_ref()?.effect {
            Effect::Lag { ms } => Some(ms),
            _ => None,
        };
        self.lock().iter().filter_map(lag).max()
    }

    /// The next number from 0 to 1, which follows from the seed.
    fn roll(&self) -> f64 {
        let number = self.rolls.fetch_add(1, Ordering::Relaxed);
        crate::ids::fraction(self.seed, number)
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
            probability: None,
            effect: Effect::DropBefore,
        });
        let target = Target { service: "compute", method: "POST", path: "/compute/v2.1/servers" };
        let hits: Vec<bool> = (0..5).map(|_| faults.decide(target).1.is_some()).collect();
        assert_eq!(hits, [false, true, true, false, false]);
    }

    #[test]
    fn probability_follows_from_the_seed() {
        let hits = |seed: u64, part: f64| -> Vec<bool> {
            let fault =
                format!(r#"{{"probability": {part}, "effect": {{"kind": "drop_before"}}}}"#);
            let fault: Fault = serde_json::from_str(&fault).unwrap();
            let faults = Faults::new(&[fault], seed);
            let target = Target { service: "compute", method: "GET", path: "/compute" };
            (0..400).map(|_| faults.decide(target).1.is_some()).collect()
        };
        let count = |hits: &[bool]| hits.iter().filter(|hit| **hit).count();
        assert_eq!(hits(1, 0.25), hits(1, 0.25));
        assert_ne!(hits(1, 0.25), hits(2, 0.25));
        assert!((70..130).contains(&count(&hits(1, 0.25))), "{}", count(&hits(1, 0.25)));
        assert_eq!((count(&hits(1, 0.0)), count(&hits(1, 1.0))), (0, 400));
    }
}
