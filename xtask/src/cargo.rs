//! Cargo, asked by a program that cargo itself runs.

use std::path::Path;
use std::process::Command;

/// What cargo sets for a program that it runs (The Cargo Book, "Environment variables Cargo sets for
/// crates"). Handed on, it would change from one caller to the next for build scripts that look at
/// it, and all that depends on them would be built again.
const OF_THE_CALLER: [&str; 2] = ["CARGO_MANIFEST_", "CARGO_PKG_"];

/// Cargo, in the root of the workspace.
pub(crate) fn cargo(root: &Path) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(root);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if OF_THE_CALLER.iter().any(|start| text.starts_with(start)) {
            cargo.env_remove(&name);
        }
    }
    cargo
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_cargo_says_of_the_caller_is_not_handed_on() {
        assert!(std::env::var_os("CARGO_PKG_NAME").is_some(), "cargo runs the tests");
        let cargo = super::cargo(".".as_ref());
        let taken = |name: &str| cargo.get_envs().any(|(n, v)| n == name && v.is_none());
        assert!(taken("CARGO_PKG_NAME") && taken("CARGO_MANIFEST_DIR"));
        assert!(!taken("CARGO_HOME") && !taken("CARGO_TARGET_DIR") && !taken("PATH"));
    }
}
