//! State of a workspace: lock, journal, snapshots.
