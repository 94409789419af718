//! What the poller sees at one moment: where each server and volume is.

use std::collections::BTreeMap;

use terrace_api::compute::{self, Server};
use terrace_api::volume::{self, Volume};
use terrace_api::{ApiError, Session};
use terrace_model::{Kind, Object};

use super::server::{self, progress_of};
use super::volume::{attached, progress_of as progress_of_volume, volume_of};
use super::{Progress, lists};

/// All servers and volumes of the project at one moment, as far as somebody waits for some.
pub(crate) struct Sight<'a> {
    session: &'a Session,
    servers: BTreeMap<String, Server>,
    volumes: BTreeMap<String, Volume>,
}

impl<'a> Sight<'a> {
    /// One list for servers and one for volumes, whatever the number.
    pub(crate) async fn of(
        session: &'a Session,
        kinds: impl Iterator<Item = Kind>,
    ) -> Result<Self, ApiError> {
        let (mut some_server, mut some_volume) = (false, false);
        for kind in kinds {
            match kind {
                Kind::Volume | Kind::VolumeAttachment => some_volume = true,
                _ => some_server = true,
            }
        }
        let servers = async {
            if some_server { session.all(compute::servers_detail(&[])).await } else { Ok(vec![]) }
        };
        let volumes = async {
            if some_volume { session.all(volume::volumes_detail()).await } else { Ok(vec![]) }
        };
        let (servers, volumes): (Vec<Server>, Vec<Volume>) = futures::try_join!(servers, volumes)?;
        Ok(Self {
            session,
            servers: servers.into_iter().map(|s| (s.id.clone(), s)).collect(),
            volumes: volumes.into_iter().map(|v| (v.id.clone(), v)).collect(),
        })
    }

    /// Where something is, if it is seen.
    pub(crate) fn progress(&self, kind: Kind, id: &str) -> Option<Progress> {
        match kind {
            Kind::Volume => self.volumes.get(id).map(progress_of_volume),
            Kind::VolumeAttachment => attached(self.volumes.get(volume_of(id))?, id),
            _ => self.servers.get(id).map(progress_of),
        }
    }
    /// The servers among these, whole, by id: two more lists whatever their number. Of other kinds
    /// there are few.
    pub(crate) async fn objects(
        &self,
        wanted: impl Iterator<Item = (Kind, &str)>,
    ) -> Result<BTreeMap<String, Object>, ApiError> {
        let wanted = wanted.filter(|(kind, _)| *kind == Kind::Server);
        let servers: Vec<&Server> = wanted.filter_map(|(_, id)| self.servers.get(id)).collect();
        if servers.is_empty() {
            return Ok(BTreeMap::new());
        }
        let ids: Vec<&str> = servers.iter().map(|server| server.id.as_str()).collect();
        let (ports, groups) = futures::try_join!(
            lists::ports_of(self.session, &ids),
            self.session.all(compute::server_groups()),
        )?;
        Ok(server::objects(servers, &ports, &groups).map(|o| (o.id.clone(), o)).collect())
    }
}
