//! Which servers a list is to have.

use serde::Deserialize;

use super::servers::READ;
use crate::call::{Call, Microversion};
use crate::service::Service;
use crate::wire::{self, Wire};

/// What a list of servers is narrowed to; what is absent does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerFilter {
    /// `ACTIVE`, `BUILD`, `ERROR` and so on.
    pub status: Option<String>,
    /// Part of the name; most clouds take a regular expression.
    pub name: Option<String>,
    /// The flavor's id.
    pub flavor: Option<String>,
    /// The image's id.
    pub image: Option<String>,
    /// Those of every project, for administrators.
    pub all_tenants: bool,
    /// Those of one project, for administrators, with `all_tenants`.
    pub project: Option<String>,
    /// How many a page has; the cloud may give fewer.
    pub limit: Option<u32>,
    /// The id after which the list begins.
    pub marker: Option<String>,
    /// Every one of these tags.
    pub tags: Vec<String>,
    /// One of these tags at least.
    pub tags_any: Vec<String>,
    /// Not all of these tags.
    pub not_tags: Vec<String>,
    /// None of these tags.
    pub not_tags_any: Vec<String>,
    /// Changed since this time, the deleted ones too.
    pub changes_since: Option<String>,
}

impl ServerFilter {
    /// The query, in a fixed order.
    fn pairs(&self) -> Vec<(&'static str, String)> {
        let tags = |tags: &[String]| (!tags.is_empty()).then(|| tags.join(","));
        let all = [
            ("status", self.status.clone()),
            ("name", self.name.clone()),
            ("flavor", self.flavor.clone()),
            ("image", self.image.clone()),
            ("all_tenants", self.all_tenants.then(|| "1".to_owned())),
            ("project_id", self.project.clone()),
            ("tags", tags(&self.tags)),
            ("tags-any", tags(&self.tags_any)),
            ("not-tags", tags(&self.not_tags)),
            ("not-tags-any", tags(&self.not_tags_any)),
            ("changes-since", self.changes_since.clone()),
            ("limit", self.limit.map(|limit| limit.to_string())),
            ("marker", self.marker.clone()),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    fn on(&self, path: &str, version: Microversion) -> Call {
        let call = Call::get(Service::Compute, path).microversion(version, "reading servers");
        self.pairs().into_iter().fold(call, |call, (name, value)| call.query(name, value))
    }
}

/// The servers that changed since some seconds before a moment of the cloud's clock, whole, those
/// that were deleted meanwhile too. All of them when the moment is none.
pub fn changed_servers(moment: &str, seconds: i64) -> Call {
    let moment = moment.parse::<jiff::Timestamp>().ok();
    let since = moment.and_then(|at| at.checked_sub(jiff::SignedDuration::from_secs(seconds)).ok());
    let changes_since = since.map(|since| since.to_string());
    find_servers(&ServerFilter { changes_since, ..ServerFilter::default() })
}

/// The servers that pass, whole.
pub fn find_servers(filter: &ServerFilter) -> Call {
    filter.on("/servers/detail", READ)
}

/// The servers that pass, by id and name only.
pub fn find_server_names(filter: &ServerFilter) -> Call {
    filter.on("/servers", READ)
}

/// A server by id and name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct ServerName {
    /// Its id.
    pub id: String,
    /// Its name; names are not unique.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub name: String,
}

impl Wire for ServerName {
    const NAME: &'static str = "server";
    const ONE: &'static str = "server";
    const MANY: &'static str = "servers";
}
