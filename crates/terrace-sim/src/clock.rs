//! Time, injected: a simulated cloud never asks the machine what time it is except through here.

use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicU64, Ordering};

/// Where the cloud's time comes from.
pub trait Clock: Send + Sync {
    /// Milliseconds since the Unix epoch.
    fn now_ms(&self) -> u64;

    /// A request has come.
    fn tick(&self) {}
}

/// A time of the cloud's own: it begins at a moment and goes on with each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnTime {
    /// When it begins.
    pub start: jiff::Timestamp,
    /// How much passes with each request.
    pub step_ms: u64,
}

impl OwnTime {
    /// A clock that shows it.
    pub fn clock(self) -> SteppingClock {
        let start = u64::try_from(self.start.as_millisecond()).unwrap_or_default();
        SteppingClock { now: AtomicU64::new(start), step_ms: self.step_ms }
    }
}

/// The clock of an [`OwnTime`]: the same requests find the same times.
#[derive(Debug)]
pub struct SteppingClock {
    now: AtomicU64,
    step_ms: u64,
}

impl Clock for SteppingClock {
    fn now_ms(&self) -> u64 {
        self.now.load(Ordering::SeqCst)
    }

    fn tick(&self) {
        self.now.fetch_add(self.step_ms, Ordering::SeqCst);
    }
}

/// The machine's own clock.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where real time enters the cloud")]
    fn now_ms(&self) -> u64 {
        std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }
}

/// A clock that moves only when told, for tests.
#[derive(Debug)]
pub struct ManualClock(AtomicU64);

impl ManualClock {
    /// A clock that stands at `now_ms`.
    pub fn new(now_ms: u64) -> Self {
        Self(AtomicU64::new(now_ms))
    }

    /// Moves the clock forward.
    pub fn advance(&self, ms: u64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Default for ManualClock {
    /// Stands at 2026-01-01T00:00:00Z.
    fn default() -> Self {
        Self::new(1_767_225_600_000)
    }
}

impl Clock for ManualClock {
    fn now_ms(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// How the services write a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stamp {
    /// `2026-01-01T00:00:00Z`: Nova, Neutron, Glance.
    Seconds,
    /// `2026-01-01T00:00:00.000000Z`: Keystone.
    Micros,
    /// `2026-01-01T00:00:00.000000`: Nova's launch times.
    Bare,
}

/// The moment `ms` in the notation of `stamp`.
pub(crate) fn format(ms: u64, stamp: Stamp) -> String {
    let at = i64::try_from(ms)
        .ok()
        .and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok())
        .unwrap_or_default();
    let pattern = match stamp {
        Stamp::Seconds => "%Y-%m-%dT%H:%M:%SZ",
        Stamp::Micros => "%Y-%m-%dT%H:%M:%S.000000Z",
        Stamp::Bare => "%Y-%m-%dT%H:%M:%S.000000",
    };
    at.strftime(pattern).to_string()
}

/// Reads a moment as clients write it in filters, with or without an offset.
pub(crate) fn parse(text: &str) -> Option<u64> {
    let text = text.replacen(' ', "+", 1);
    let at: jiff::Timestamp = text.parse().or_else(|_| format!("{text}Z").parse()).ok()?;
    u64::try_from(at.as_millisecond()).ok()
}
