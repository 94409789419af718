//! What the poller sees at one moment: where each server and volume is.

use std::collections::{BTreeMap, BTreeSet};

use terrace_api::compute::{self, AddressEntry, Server};
use terrace_api::network::Port;
use terrace_api::volume::{self, Volume};
use terrace_api::{ApiError, Session};
use terrace_model::{Kind, Object};

use super::server::{self, progress_of};
use super::volume::{attached, progress_of as progress_of_volume, volume_of};
use super::{Progress, lists};
use crate::wait::Looked;

/// The servers and volumes that somebody waits for, at one moment.
pub(crate) struct Sight<'a> {
    session: &'a Session,
    /// Whether the servers are those seen before and what changed since, not all there are.
    changes: bool,
    servers: &'a BTreeMap<String, Server>,
    volumes: BTreeMap<String, Volume>,
    /// Those of the servers that were expected to be there.
    ports: Vec<Port>,
}

/// What earlier looks saw of the servers of a cloud that are waited for, so that a look asks only
/// for what changed since: of a project with very many servers that is little.
#[derive(Default)]
pub(crate) struct Seen {
    servers: BTreeMap<String, Server>,
    /// The latest change seen, by the cloud's clock.
    latest: String,
    /// When all were looked at, by ours, and how long that took.
    whole: Option<(u64, u64)>,
}

/// Clocks of one cloud differ by less.
const SKEW_S: i64 = 5;
/// All are looked at from time to time, in case a change was missed.
const WHOLE_MS: u64 = 30_000;
/// That takes this part of the time at most, however many there are.
const WHOLE_PART: u64 = 20;
/// It is done this often at least, however slow the cloud.
const WHOLE_MOST_MS: u64 = 300_000;

impl Seen {
    /// Whether all were looked at not long ago.
    fn is_recent(&self, now: u64) -> bool {
        let interval = |took: u64| WHOLE_PART.saturating_mul(took).clamp(WHOLE_MS, WHOLE_MOST_MS);
        self.whole.is_some_and(|(at, took)| now.saturating_sub(at) < interval(took))
    }

    /// Looks at what changed, which has what was deleted too, or at all.
    async fn look(
        &mut self,
        session: &Session,
        wanted: &BTreeSet<&str>,
        (began, now): (u64, &(dyn Fn() -> u64 + Sync)),
    ) -> Result<(), ApiError> {
        let told: Vec<Server> = if self.is_recent(began) {
            session.all(compute::changed_servers(&self.latest, SKEW_S)).await?
        } else {
            let all = session.all(compute::servers_detail(&[])).await?;
            self.whole = Some((began, now().saturating_sub(began)));
            self.servers.clear();
            all
        };
        for server in told {
            if server.updated > self.latest {
                self.latest.clone_from(&server.updated);
            }
            if wanted.contains(server.id.as_str()) {
                self.servers.insert(server.id.clone(), server);
            }
        }
        self.servers.retain(|id, _| wanted.contains(id.as_str()));
        Ok(())
    }
}

impl<'a> Sight<'a> {
    /// One list for servers and one for volumes, whatever the number, and at the same time the
    /// ports of servers that are expected to be there. `time` is when this look began, and the clock.
    pub(crate) async fn of(
        session: &'a Session,
        seen: &'a mut Seen,
        wanted: &[Looked],
        time: (u64, &(dyn Fn() -> u64 + Sync)),
    ) -> Result<Self, ApiError> {
        let (mut ids, mut expected, mut some_volume) = (BTreeSet::new(), Vec::new(), false);
        for Looked { kind, id, expected: is_expected, .. } in wanted {
            match kind {
                Kind::Volume | Kind::VolumeAttachment => some_volume = true,
                _ => {
                    ids.insert(id.as_str());
                    expected.extend(is_expected.then_some(id.as_str()));
                }
            }
        }
        // The list of all takes its time, in which a port may come and its server be done.
        if !seen.is_recent(time.0) {
            expected.clear();
        }
        let servers =
            async { if ids.is_empty() { Ok(()) } else { seen.look(session, &ids, time).await } };
        let volumes = async {
            if some_volume { session.all(volume::volumes_detail()).await } else { Ok(vec![]) }
        };
        // Without them they are read once it is seen whose are needed.
        let ports = async { Ok(lists::ports_of(session, &expected).await.unwrap_or_default()) };
        let ((), volumes, ports): ((), Vec<Volume>, _) =
            futures::try_join!(servers, volumes, ports)?;
        let volumes = volumes.into_iter().map(|v| (v.id.clone(), v)).collect();
        let changes = seen.whole.is_none_or(|(at, _)| at != time.0);
        Ok(Self { session, changes, servers: &seen.servers, volumes, ports })
    }

    /// Whether something of that kind may be there without being seen.
    pub(crate) fn is_of_changes(&self, kind: Kind) -> bool {
        self.changes && kind == Kind::Server
    }

    /// Where something is, if it is seen: `None` within when it is gone.
    pub(crate) fn progress(&self, kind: Kind, id: &str) -> Option<Option<Progress>> {
        match kind {
            Kind::Volume => self.volumes.get(id).map(|volume| Some(progress_of_volume(volume))),
            Kind::VolumeAttachment => attached(self.volumes.get(volume_of(id))?, id).map(Some),
            _ => self.servers.get(id).map(progress_of),
        }
    }

    /// The servers among these, whole, by id: one more list of ports, whatever their number, where
    /// they were not told yet, and one of server groups where any is `grouped`. Of other kinds there
    /// are few.
    pub(crate) async fn objects(
        &self,
        wanted: impl Iterator<Item = (Kind, &str)>,
        grouped: bool,
    ) -> Result<BTreeMap<String, Object>, ApiError> {
        let wanted = wanted.filter(|(kind, _)| *kind == Kind::Server);
        let servers: Vec<&Server> = wanted.filter_map(|(_, id)| self.servers.get(id)).collect();
        if servers.is_empty() {
            return Ok(BTreeMap::new());
        }
        let told = lists::by_device(&self.ports);
        let untold = servers.iter().filter(|server| !are_all(server, &told));
        let ids: Vec<&str> = untold.map(|server| server.id.as_str()).collect();
        let groups = async {
            if grouped { self.session.all(compute::server_groups()).await } else { Ok(vec![]) }
        };
        let (mut ports, groups) = futures::try_join!(lists::ports_of(self.session, &ids), groups)?;
        let whole = self.ports.iter().filter(|port| !ids.contains(&port.device_id.as_str()));
        ports.extend(whole.cloned());
        Ok(server::objects(servers, &ports, &groups).map(|o| (o.id.clone(), o)).collect())
    }
}

/// Whether these ports, asked for together with the server, have each address that it tells of.
fn are_all(server: &Server, ports: &BTreeMap<&str, Vec<&Port>>) -> bool {
    let Some(ports) = ports.get(server.id.as_str()) else { return false };
    let has = |address: &AddressEntry| {
        let mut its = ports.iter().filter(|port| port.mac_address == address.mac);
        its.any(|port| port.fixed_ips.iter().any(|ip| ip.ip_address == address.addr))
    };
    let mut addresses = server::fixed_addresses(server).peekable();
    addresses.peek().is_some() && addresses.all(has)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ports_are_all_once_they_have_each_address_that_is_the_servers_own() {
        let address = |addr: &str, mac: &str, kind: &str| json!({ "addr": addr, "version": 4, "OS-EXT-IPS-MAC:mac_addr": mac, "OS-EXT-IPS:type": kind });
        let server = |addresses: &[serde_json::Value]| -> Server {
            let told = json!({ "id": "a", "status": "ACTIVE", "addresses": { "n": addresses } });
            serde_json::from_value(told).expect("a server")
        };
        let port = |device: &str, addr: &str, mac: &str| -> Port {
            let fixed = json!([{ "ip_address": addr, "subnet_id": "s" }]);
            let told =
                json!({ "id": mac, "device_id": device, "mac_address": mac, "fixed_ips": fixed });
            serde_json::from_value(told).expect("a port")
        };
        let two = [address("10.0.0.4", "m1", "fixed"), address("10.0.0.4", "m2", "fixed")];
        let two = server(&[&two[..], &[address("192.0.2.4", "m1", "floating")]].concat());
        let ports =
            [port("a", "10.0.0.4", "m1"), port("a", "10.0.0.4", "m2"), port("b", "10.0.0.4", "m3")];
        let are_all = |server: &Server, ports: &[Port]| are_all(server, &lists::by_device(ports));
        assert!(are_all(&two, &ports));
        // Networks may have the same addresses.
        assert!(!are_all(&two, &ports[..1]));
        assert!(!are_all(&two, &ports[2..]));
        // Who tells of none may have some all the same.
        assert!(!are_all(&server(&[]), &ports));
    }
}
