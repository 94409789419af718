//! Group commit: callers that come while the disk is busy share the next trip to it.

use std::io;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Lets callers through when what they wrote before is durable.
#[derive(Default)]
pub(super) struct Barrier {
    turn: Mutex<Turn>,
    ended: Condvar,
}

#[derive(Default)]
struct Turn {
    asked: u64,
    settled: u64,
    busy: bool,
    failed: Option<(io::ErrorKind, String)>,
}

impl Barrier {
    /// Returns when a `sync` that began after this call has ended. After one failure every call
    /// fails: what the disk has of the writes before is not known any more.
    pub(super) fn pass(&self, sync: impl Fn() -> io::Result<()>) -> io::Result<()> {
        let mut turn = self.turn();
        turn.asked += 1;
        let mine = turn.asked;
        loop {
            if let Some((kind, text)) = &turn.failed {
                return Err(io::Error::new(*kind, text.clone()));
            }
            if turn.settled >= mine {
                return Ok(());
            }
            if turn.busy {
                turn = self.ended.wait(turn).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            turn.busy = true;
            let upto = turn.asked;
            drop(turn);
            let outcome = sync();
            turn = self.turn();
            turn.busy = false;
            match outcome {
                Ok(()) => turn.settled = upto,
                Err(error) => turn.failed = Some((error.kind(), error.to_string())),
            }
            self.ended.notify_all();
        }
    }

    fn turn(&self) -> MutexGuard<'_, Turn> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::thread;

    use super::*;

    #[test]
    fn callers_pass_only_after_a_sync_that_began_after_them_and_share_it() {
        let barrier = Barrier::default();
        let (written, synced, trips) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
        let sync = || {
            let seen = written.load(Ordering::SeqCst);
            thread::yield_now();
            synced.fetch_max(seen, Ordering::SeqCst);
            trips.fetch_add(1, Ordering::SeqCst);
            Ok(())
        };
        thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        let mine = written.fetch_add(1, Ordering::SeqCst) + 1;
                        barrier.pass(sync).expect("passed");
                        assert!(synced.load(Ordering::SeqCst) >= mine);
                    }
                });
            }
        });
        assert!(trips.load(Ordering::SeqCst) <= 3200);
    }

    #[test]
    fn after_one_failure_nothing_passes() {
        let barrier = Barrier::default();
        barrier.pass(|| Ok(())).expect("the disk is well");
        let full = || Err(io::Error::from(io::ErrorKind::StorageFull));
        assert!(barrier.pass(full).is_err());
        let later = barrier.pass(|| Ok(())).expect_err("not trusted any more");
        assert_eq!(later.kind(), io::ErrorKind::StorageFull);
    }
}
