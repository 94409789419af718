//! Sessions against a cloud that is a script, and against one that means harm.

mod failures;
mod hostile;
mod lists;
mod secrets;
mod server;
mod tls;
mod tokens;
mod versions;
