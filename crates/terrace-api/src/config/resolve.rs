//! x
use super::{CloudConfig, ConfigError, Selection};
use std::path::Path;
impl CloudConfig {
    /// Finds the cloud: `selection` before `OS_CLOUD` before the only entry of clouds.yaml before
    /// `OS_*`. Reads files, and the environment through `env`.
    pub fn resolve(
        selection: &Selection,
        env: &dyn Fn(&str) -> Option<String>,
        cwd: &Path,
        home: Option<&Path>,
    ) -> Result<Self, ConfigError> {
        todo!()
    }
}
