//! Finding and reading clouds.yaml, secure.yaml and clouds-public.yaml.

use std::path::{Path, PathBuf};

use serde_yaml::{Mapping, Value};

use super::ConfigError;

/// No settings file needs more; it bounds what a wrong path can cost.
const MAX_BYTES: u64 = 4 * 1024 * 1024;
/// Deeply nested flow collections take the YAML reader minutes to refuse.
const MAX_FLOW_DEPTH: usize = 64;

/// The environment and the folders that settings are read from.
pub(super) struct Places<'a> {
    pub(super) env: &'a dyn Fn(&str) -> Option<String>,
    pub(super) cwd: &'a Path,
    pub(super) home: Option<&'a Path>,
}

/// A file that was found, read and understood.
pub(super) struct Found {
    pub(super) file: PathBuf,
    root: Value,
}

impl Found {
    /// The entries under `clouds` (or `public-clouds`).
    pub(super) fn section(&self, name: &str) -> Mapping {
        self.root.get(name).and_then(Value::as_mapping).cloned().unwrap_or_default()
    }
}

impl Places<'_> {
    /// A variable that is set and not empty.
    pub(super) fn var(&self, name: &str) -> Option<String> {
        (self.env)(name).filter(|value| !value.is_empty())
    }

    /// A path as users write it: `~/` is the home folder, relative is from the current folder.
    pub(super) fn path(&self, text: &str) -> PathBuf {
        match (text.strip_prefix("~/"), self.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => self.cwd.join(text),
        }
    }

    /// The file that `variable` names, or the first of the usual ones.
    pub(super) fn find(&self, variable: &str, stem: &str) -> Result<Option<Found>, ConfigError> {
        if let Some(path) = self.var(variable) {
            return read(self.path(&path)).map(Some);
        }
        match self.candidates(stem).into_iter().find(|path| path.is_file()) {
            Some(path) => read(path).map(Some),
            None => Ok(None),
        }
    }

    /// Where a file is looked for, in order.
    pub(super) fn candidates(&self, stem: &str) -> Vec<PathBuf> {
        let user = match (self.var("XDG_CONFIG_HOME"), self.home) {
            (Some(folder), _) => Some(PathBuf::from(folder)),
            (None, Some(home)) => Some(home.join(".config")),
            (None, None) => None,
        };
        let folders = [
            Some(self.cwd.to_path_buf()),
            user.map(|folder| folder.join("openstack")),
            Some(PathBuf::from("/etc/openstack")),
        ];
        let extensions = ["yaml", "yml", "json"];
        folders
            .into_iter()
            .flatten()
            .flat_map(|folder| extensions.map(|end| folder.join(format!("{stem}.{end}"))))
            .collect()
    }
}

fn read(file: PathBuf) -> Result<Found, ConfigError> {
    let unreadable = |source| ConfigError::Unreadable { file: file.clone(), source };
    let size = std::fs::metadata(&file).map_err(unreadable)?.len();
    if size > MAX_BYTES {
        return Err(malformed(&file, (1, 1), "is far too large for a settings file".into()));
    }
    let text = std::fs::read_to_string(&file).map_err(unreadable)?;
    let text = text.trim_start_matches('\u{feff}');
    if let Some(place) = too_deep(text) {
        return Err(malformed(&file, place, "brackets are nested too deeply".into()));
    }
    let root: Value = serde_yaml::from_str(text).map_err(|error| {
        let place = error.location().map_or((1, 1), |at| (at.line(), at.column()));
        malformed(&file, place, error.to_string())
    })?;
    if root.is_mapping() || root.is_null() {
        return Ok(Found { file, root });
    }
    Err(malformed(&file, (1, 1), "must be a map with the key `clouds`".into()))
}

fn malformed(file: &Path, (line, column): (usize, usize), problem: String) -> ConfigError {
    ConfigError::Malformed { file: file.to_path_buf(), line, column, problem }
}

fn too_deep(text: &str) -> Option<(usize, usize)> {
    let mut depth = 0_usize;
    for (number, line) in text.lines().enumerate() {
        for (column, letter) in line.chars().enumerate() {
            match letter {
                '{' | '[' => depth += 1,
                '}' | ']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth > MAX_FLOW_DEPTH {
                return Some((number + 1, column + 1));
            }
        }
    }
    None
}

/// Lays `over` on `under`: maps are merged, everything else is replaced.
pub(super) fn merge(under: &mut Mapping, over: &Mapping) {
    for (key, value) in over {
        match (under.get_mut(key), value) {
            (Some(Value::Mapping(under)), Value::Mapping(over)) => merge(under, over),
            _ => {
                under.insert(key.clone(), value.clone());
            }
        }
    }
}
