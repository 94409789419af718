//! When and how long to wait before asking again. Time and chance come from outside.

use std::time::Duration;

use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};
use jiff::Timestamp;

const BASE: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(20);
/// Nobody waits longer than this because a cloud says so; they are told instead.
const PATIENCE: Duration = Duration::from_secs(120);

/// Whether and how a failed attempt may be repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is what it is.
    Final,
    /// The token is no longer accepted.
    Unauthorized,
    /// Ask again, at most so many times in all, after the time the cloud named if it did.
    Again { attempts: u32, after: Option<Duration> },
}

/// The waits of one call.
pub(crate) struct Backoff {
    made: u32,
    chance: u64,
}

impl Backoff {
    pub(crate) fn new(seed: u64) -> Self {
        Self { made: 1, chance: seed }
    }

    /// How long to wait before the next attempt; none when it was the last.
    pub(crate) fn next(&mut self, attempts: u32, after: Option<Duration>) -> Option<Duration> {
        if self.made >= attempts || after.is_some_and(|wait| wait > PATIENCE) {
            return None;
        }
        let step = BASE.saturating_mul(1 << self.made.min(16).saturating_sub(1)).min(LONGEST);
        self.made += 1;
        // Half of it is certain and half is chance, so that many clients do not come back at once.
        let jittered = step / 2 + step.mul_f64(self.fraction()) / 2;
        Some(after.map_or(jittered, |wait| wait + jittered / 4))
    }

    /// Splitmix64, which needs no more state than its seed.
    fn fraction(&mut self) -> f64 {
        self.chance = self.chance.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.chance;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        f64::from((mixed >> 40) as u32) / f64::from(1_u32 << 24)
    }
}

/// `Retry-After` in seconds, or as a date, which is on the cloud's clock and is taken from the time
/// the same answer says it is there.
pub(crate) fn retry_after(headers: &HeaderMap, now_ms: u64) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let there_ms = server_time(headers).unwrap_or(now_ms);
    Some(Duration::from_millis(parse_date(text)?.saturating_sub(there_ms)))
}

/// The time that an answer says it was sent.
pub(crate) fn server_time(headers: &HeaderMap) -> Option<u64> {
    parse_date(headers.get(DATE)?.to_str().ok()?)
}

fn parse_date(text: &str) -> Option<u64> {
    let date: Timestamp = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    u64::try_from(date.as_millisecond()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_are_bounded_and_repeat_for_the_same_seed() {
        let waits = |seed| {
            let mut backoff = Backoff::new(seed);
            std::iter::from_fn(|| backoff.next(9, None)).collect::<Vec<_>>()
        };
        assert_eq!(waits(7), waits(7));
        assert_ne!(waits(7), waits(8));
        for (round, wait) in waits(7).into_iter().enumerate() {
            let step = (BASE * 2_u32.pow(round as u32)).min(LONGEST);
            assert!(wait >= step / 2 && wait <= step, "{round}: {wait:?}");
        }
        assert_eq!(waits(7).len(), 8);
    }

    #[test]
    fn retry_after_is_a_number_or_a_date() {
        let now_ms = 784_111_777_000; // Sun, 06 Nov 1994 08:49:37 GMT
        for (text, seconds) in [
            ("7", Some(7)),
            ("0", Some(0)),
            ("Sun, 06 Nov 1994 08:49:57 GMT", Some(20)),
            ("Sun, 06 Nov 1994 08:49:07 GMT", Some(0)),
            ("soon", None),
            ("-3", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, text.parse().unwrap());
            assert_eq!(retry_after(&headers, now_ms), seconds.map(Duration::from_secs), "{text}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), now_ms), None);
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, "Sun, 06 Nov 2011 08:50:00 GMT".parse().unwrap());
        headers.insert(DATE, "Sun, 06 Nov 2011 08:49:30 GMT".parse().unwrap());
        assert_eq!(retry_after(&headers, now_ms), Some(Duration::from_secs(30)), "on its clock");
    }

    #[test]
    fn a_cloud_that_asks_for_too_much_patience_is_not_waited_for() {
        assert_eq!(Backoff::new(1).next(5, Some(Duration::from_secs(600))), None);
    }
}
