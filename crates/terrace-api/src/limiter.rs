//! How many requests a service gets at once: more while it keeps up, fast until it first says stop
//! and slowly afterwards; half when it says stop.

use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

const START: f64 = 16.0;
const MOST: f64 = 64.0;

/// The limit of one service.
pub(crate) struct Limiter {
    state: Mutex<State>,
    freed: Notify,
}

struct State {
    limit: f64,
    in_flight: usize,
    /// Counts halvings: one burst of refusals is one reason to slow down, not many.
    era: u64,
}

/// Leave to have one request under way.
pub(crate) struct Permit<'a> {
    limiter: &'a Limiter,
    era: u64,
}

impl Limiter {
    pub(crate) fn new() -> Self {
        let state = State { limit: START, in_flight: 0, era: 0 };
        Self { state: Mutex::new(state), freed: Notify::new() }
    }

    /// Waits for a turn.
    pub(crate) async fn acquire(&self) -> Permit<'_> {
        loop {
            if let Some(era) = self.with(State::enter) {
                return Permit { limiter: self, era };
            }
            self.freed.notified().await;
        }
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    #[cfg(test)]
    pub(crate) fn limit(&self) -> usize {
        self.with(|state| state.room())
    }
}

impl State {
    fn room(&self) -> usize {
        // The limit is kept between 1 and MOST, so nothing is lost here.
        self.limit as usize
    }

    fn enter(&mut self) -> Option<u64> {
        (self.in_flight < self.room()).then(|| {
            self.in_flight += 1;
            self.era
        })
    }
}

impl Permit<'_> {
    /// The service kept up: one more for each answer, and once it said stop, for each full round.
    pub(crate) fn answered(self) {
        self.limiter.with(|state| {
            let more = if state.era == 0 { 1.0 } else { 1.0 / state.limit };
            state.limit = (state.limit + more).min(MOST);
        });
        // Dropping frees one turn; the limit may just have grown by another.
        self.limiter.freed.notify_one();
    }

    /// The service said stop.
    pub(crate) fn refused(self) {
        let era = self.era;
        self.limiter.with(|state| {
            if state.era == era {
                state.limit = (state.limit / 2.0).max(1.0);
                state.era += 1;
            }
        });
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.limiter.with(|state| state.in_flight -= 1);
        self.limiter.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_burst_of_refusals_halves_once_and_answers_grow_slowly() {
        let limiter = Limiter::new();
        let first = limiter.acquire().await;
        let second = limiter.acquire().await;
        first.refused();
        second.refused();
        assert_eq!(limiter.limit(), 8);
        limiter.acquire().await.refused();
        assert_eq!(limiter.limit(), 4);
        for _ in 0..5 {
            limiter.acquire().await.answered();
        }
        assert_eq!(limiter.limit(), 5);
        for _ in 0..9 {
            limiter.acquire().await.refused();
        }
        assert_eq!(limiter.limit(), 1);
    }

    #[tokio::test]
    async fn a_service_that_never_said_stop_soon_gets_as_much_as_there_may_be() {
        let limiter = Limiter::new();
        for _ in 0..60 {
            limiter.acquire().await.answered();
        }
        assert_eq!(limiter.limit(), 64);
    }

    #[tokio::test]
    async fn who_is_over_the_limit_waits_until_one_is_done() {
        let limiter = Limiter::new();
        let mut permits = Vec::new();
        for _ in 0..16 {
            permits.push(limiter.acquire().await);
        }
        let mut next = Box::pin(limiter.acquire());
        assert!(futures::poll!(next.as_mut()).is_pending());
        permits.pop();
        assert!(futures::poll!(next.as_mut()).is_ready());
    }
}
