//! A cloud in a process: the OpenStack APIs as an axum router.
