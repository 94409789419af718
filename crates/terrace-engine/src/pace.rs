//! When to look next: from how long the same took before in this run.
//!
//! The cloud does not say how long it will take. The first of a kind is looked at ever less often;
//! from what it took is known when the next one is worth a look, and from then on looks are close.

use std::collections::BTreeMap;

use terrace_model::{Kind, Name};

use crate::wait::Until;

/// Between looks at something of which nothing is known, at first.
const FIRST_MS: u64 = 500;
/// Between looks at something that should be over by now, at first.
const CLOSE_MS: u64 = 250;
/// Between looks at most.
const LONGEST_MS: u64 = 5_000;
/// This part of what is known of busy ones is forgotten with each look: clouds become faster, too.
const FORGET: u64 = 200;
/// No wait is expected to be shorter.
const SHORTEST_MS: u64 = 100;

/// What is waited for alike: in one cloud, for one kind, to come or to go.
pub(crate) type Sort = (Option<Name>, Kind, Until);

/// How long waits took.
#[derive(Debug, Default)]
pub(crate) struct Paces(BTreeMap<Sort, Pace>);

#[derive(Debug)]
struct Pace {
    /// How long one should take.
    expected: u64,
    /// The longest that one was seen busy, which is forgotten little by little.
    busy: u64,
    /// The look that it was last learned from: all that end in one are like one.
    look: u64,
}

impl Paces {
    /// How long after the begin to look first.
    pub(crate) fn first_look(&self, sort: &Sort) -> u64 {
        self.0.get(sort).map_or(FIRST_MS, |pace| pace.expected).max(SHORTEST_MS)
    }

    /// Whether it is known how long one should take.
    pub(crate) fn knows(&self, sort: &Sort) -> bool {
        self.0.contains_key(sort)
    }

    /// How long after a look at something that was not over yet to look again, where it was seen so
    /// `late` times: a quarter of the time that it is late by, so that its end is seen late by a
    /// quarter at most. What is expected follows the last that was over, so where each takes longer
    /// than the one before, none seems late by much: looks become rarer with their number too, up to
    /// a quarter of all the time that it takes.
    pub(crate) fn next_look(&self, sort: &Sort, elapsed: u64, late: u32) -> u64 {
        let Some(pace) = self.0.get(sort) else {
            return (elapsed / 4).clamp(FIRST_MS, LONGEST_MS);
        };
        let by_number = CLOSE_MS.saturating_mul(1 << late.min(10)).min(elapsed / 4);
        (elapsed.saturating_sub(pace.expected) / 4).max(by_number).clamp(CLOSE_MS, LONGEST_MS)
    }

    /// Takes in what a look saw of a wait that was to be looked at `first`, was not over yet when it
    /// was seen `busy`, and was over when it was looked at last.
    pub(crate) fn learn(
        &mut self,
        sort: Sort,
        look: u64,
        (first, busy): (u64, Option<u64>),
        over: u64,
    ) {
        let Some(pace) = self.0.get_mut(&sort) else {
            // However late this look came, the next is looked at no later.
            let (busy, over) = busy.map_or((0, first.min(over)), |busy| (busy, over));
            let expected = u64::midpoint(busy, over);
            self.0.insert(sort, Pace { expected, busy, look });
            return;
        };
        if pace.look == look {
            return;
        }
        pace.look = look;
        match busy {
            // The first look came too early.
            Some(busy) if busy >= pace.expected => {
                (pace.expected, pace.busy) = (u64::midpoint(busy, over), busy);
            }
            // It may have been over for long: the next is looked at earlier, until one is early. Who
            // was seen busy before that was seen in a look at others.
            busy => {
                let over = if busy.is_some() { over } else { first.min(over) };
                pace.expected = pace.expected.min(over);
                pace.busy -= pace.busy / FORGET;
                pace.busy = pace.busy.max(busy.unwrap_or(0)).min(pace.expected);
                if pace.expected - pace.busy > CLOSE_MS / 2 {
                    let earlier = pace.expected.saturating_sub(CLOSE_MS);
                    pace.expected = u64::midpoint(pace.busy, pace.expected).max(earlier);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Waits one after another for what takes `takes`, where each look comes late by `delay`: by
    /// how much each end was seen late.
    fn lateness(takes: u64, delay: u64, waits: usize) -> Vec<u64> {
        let mut paces = Paces::default();
        let sort = || (None, Kind::Server, Until::Settled);
        let one = |wait| {
            let first = paces.first_look(&sort());
            let (mut at, mut busy, mut late) = (first + delay, None, 0);
            while at < takes {
                busy = Some(at);
                at += paces.next_look(&sort(), at, late) + delay;
                late += 1;
            }
            paces.learn(sort(), wait, (first, busy), at);
            at - takes
        };
        (0..waits as u64).map(one).collect()
    }

    #[test]
    fn the_first_is_seen_late_by_a_quarter_and_the_others_within_a_tick() {
        for takes in [0, 400, 1_500, 5_000, 60_000] {
            let late = lateness(takes, 0, 20);
            assert!(late[0] <= (takes / 4).max(500), "{takes}: {late:?}");
            let settled = &late[5..];
            assert!(settled.iter().all(|late| *late <= 500), "{takes}: {late:?}");
            let mean = settled.iter().sum::<u64>() / settled.len() as u64;
            assert!(mean <= 250, "{takes}: {late:?}");
        }
    }

    #[test]
    fn looks_that_come_late_do_not_make_the_next_ones_later() {
        for takes in [0, 2_000] {
            let late = lateness(takes, 3_000, 20);
            assert!(late[10..].iter().all(|late| *late <= 3_500), "{takes}: {late:?}");
        }
    }

    #[test]
    fn what_takes_longer_than_expected_is_looked_at_ever_less_often() {
        let mut paces = Paces::default();
        let sort = (None, Kind::Server, Until::Settled);
        paces.learn(sort.clone(), 0, (500, Some(4_900)), 5_100);
        let waits = [5_000, 6_000, 9_000, 65_000].map(|elapsed| paces.next_look(&sort, elapsed, 0));
        assert_eq!(waits, [250, 250, 1_000, 5_000]);
        // Also where it only seems to take no longer, since others took as long.
        let waits = [0, 1, 2, 3, 40].map(|late| paces.next_look(&sort, 5_000, late));
        assert_eq!(waits, [250, 500, 1_000, 1_250, 1_250]);
    }
}
