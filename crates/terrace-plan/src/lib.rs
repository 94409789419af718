//! Computes and reviews plans. Never does IO.
