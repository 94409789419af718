//! Refresh and apply: the ready queue, waiting, recovery, events.
