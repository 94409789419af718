//! Proving who we are to Keystone.

/// Who we are, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The cloud's name in the settings.
    pub cloud: String,
    /// Keystone's address.
    pub auth_url: String,
    /// The project's id.
    pub project_id: String,
    /// The project's name.
    pub project_name: String,
    /// The user's id; keypairs belong to it.
    pub user_id: String,
    /// The user's name.
    pub user_name: String,
    /// The region, if the cloud names one.
    pub region: Option<String>,
}
