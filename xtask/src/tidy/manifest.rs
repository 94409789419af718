//! Where in a manifest something is named.

/// The line, from 1, on which a manifest names a dependency; 1 where it does not.
pub(super) fn line_of(manifest: &str, dependency: &str) -> usize {
    manifest
        .lines()
        .position(|line| named_by(line) == Some(dependency))
        .map_or(1, |index| index + 1)
}

/// The names in `[workspace.dependencies]` and their lines, without the workspace's own crates.
pub(super) fn workspace_dependencies(manifest: &str) -> Vec<(usize, &str)> {
    let mut section = "";
    let mut found = Vec::new();
    for (line, number) in manifest.lines().zip(1..) {
        if line.starts_with('[') {
            section = line.trim();
        } else if section == "[workspace.dependencies]" && !line.contains("path = \"crates/") {
            found.extend(named_by(line).map(|name| (number, name)));
        }
    }
    found
}

/// The key of a line such as `serde = "1"` or `serde.workspace = true`.
fn named_by(line: &str) -> Option<&str> {
    let (key, _) = line.split_once('=')?;
    let name = key.split('.').next()?.trim();
    (!name.is_empty() && !name.starts_with('#')).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::{line_of, workspace_dependencies};

    const MANIFEST: &str = "\
[package]
name = \"x\"
[workspace.dependencies]
terrace-model = { path = \"crates/terrace-model\" }

# a comment = 1
sled = \"0.34\"
serde = { version = \"1\" }
[lints]
workspace = true
[dependencies]
reqwest.workspace = true
";

    #[test]
    fn dependencies_are_found_with_their_lines() {
        assert_eq!(workspace_dependencies(MANIFEST), [(7, "sled"), (8, "serde")]);
        assert_eq!(line_of(MANIFEST, "reqwest"), 12);
        assert_eq!(line_of(MANIFEST, "tokio"), 1);
    }
}
