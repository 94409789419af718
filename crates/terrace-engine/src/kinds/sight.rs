//! What the poller sees at one moment: where each server and volume is.

use std::collections::{BTreeMap, BTreeSet};

use terrace_api::compute::{self, AddressEntry, Server};
use terrace_api::network::Port;
use terrace_api::volume::{self, Volume};
use terrace_api::{ApiError, Session};
use terrace_model::{Driver, Kind, Object};

use super::server::{self, progress_of};
use super::volume::{attached, progress_of as progress_of_volume, volume_of};
use super::{Progress, lists};
use crate::wait::{Looked, Telling};

/// The servers and volumes that somebody waits for, at one moment.
pub(crate) struct Sight<'a> {
    session: &'a Session,
    /// Whether the servers are those seen before and what changed since, not all there are.
    changes: bool,
    wanted: &'a [Looked],
    seen: &'a mut Seen,
    volumes: BTreeMap<String, Volume>,
}

/// What earlier looks saw of the servers of a cloud that are waited for, so that a look asks only
/// for what changed since: of a project with very many servers that is little.
#[derive(Default)]
pub(crate) struct Seen {
    servers: BTreeMap<String, Server>,
    /// Their ports by the server, which are there well before it is done. It decides then whether
    /// these are all.
    ports: BTreeMap<String, Vec<Port>>,
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
        let (whole, call) = match self.is_recent(began) {
            true => (false, compute::changed_servers(&self.latest, SKEW_S)),
            false => (true, compute::servers_detail(&[])),
        };
        let (mut told, mut latest) = (Vec::new(), self.latest.clone());
        let mut take = |page: Vec<Server>| {
            let newest = page.iter().map(|server| &server.updated).max();
            if let Some(newest) = newest.filter(|newest| newest.as_str() > latest.as_str()) {
                newest.as_str().clone_into(&mut latest);
            }
            told.extend(page.into_iter().filter(|server| wanted.contains(server.id.as_str())));
        };
        session.pages(call, &mut take).await?;
        self.latest = latest;
        if whole {
            self.whole = Some((began, now().saturating_sub(began)));
            self.servers.clear();
        }
        self.servers.extend(told.into_iter().map(|server| (server.id.clone(), server)));
        self.servers.retain(|id, _| wanted.contains(id.as_str()));
        self.ports.retain(|id, _| wanted.contains(id.as_str()));
        Ok(())
    }

    /// Whose ports to ask for: of these, if any, and of others that will be told too and whose
    /// ports were not seen yet, the oldest first, as many as the same requests have room for.
    fn to_ask<'b>(
        &self,
        driver: Driver,
        mut asked: Vec<&'b str>,
        wanted: &'b [Looked],
    ) -> Vec<&'b str> {
        // A gateway is asked for each by itself.
        let room = match driver {
            Driver::OpenStack => asked.len().next_multiple_of(lists::DEVICES),
            Driver::Gateway => asked.len(),
        };
        let servers = wanted.iter().rev().filter(|looked| looked.kind == Kind::Server);
        let others = servers.filter(|looked| looked.telling.is_some());
        let others = others.map(|looked| looked.id.as_str());
        let others = others.filter(|id| !self.ports.contains_key(*id) && !asked.contains(id));
        let others: Vec<&str> = others.take(room - asked.len()).collect();
        asked.extend(others);
        asked
    }

    /// Takes in the ports of those that were asked for. What a server had and has no more is not
    /// told: those of one that failed are gone.
    fn plugged(&mut self, asked: &BTreeSet<String>, ports: Vec<Port>) {
        self.ports.retain(|id, _| !asked.contains(id));
        let mut found: BTreeMap<String, Vec<Port>> = BTreeMap::new();
        for port in ports {
            found.entry(port.device_id.clone()).or_default().push(port);
        }
        self.ports.extend(found);
    }
}

impl<'a> Sight<'a> {
    /// One list for servers and one for volumes, whatever the number, and at the same time the
    /// ports of servers that are expected to be there. `time` is when this look began, and the clock.
    pub(crate) async fn of(
        session: &'a Session,
        seen: &'a mut Seen,
        wanted: &'a [Looked],
        time: (u64, &(dyn Fn() -> u64 + Sync)),
    ) -> Result<Self, ApiError> {
        let of_volumes = |kind| matches!(kind, Kind::Volume | Kind::VolumeAttachment);
        let (volumes, servers): (Vec<_>, Vec<_>) =
            wanted.iter().partition(|looked| of_volumes(looked.kind));
        let ids: BTreeSet<&str> = servers.iter().map(|looked| looked.id.as_str()).collect();
        let expected = servers.iter().filter(|looked| looked.telling.is_some() && looked.expected);
        let expected = expected.map(|looked| looked.id.as_str());
        let mut asked: Vec<&str> = expected.filter(|id| !seen.ports.contains_key(*id)).collect();
        // The list of all takes its time, in which a port may come and its server be done.
        if !seen.is_recent(time.0) {
            asked.clear();
        }
        let asked = seen.to_ask(session.driver(), asked, wanted);
        let servers =
            async { if ids.is_empty() { Ok(()) } else { seen.look(session, &ids, time).await } };
        let volumes = async {
            if volumes.is_empty() {
                Ok(vec![])
            } else {
                session.all(volume::volumes_detail()).await
            }
        };
        // Without them they are read once it is seen whose are needed.
        let ports = async { Ok(lists::ports_of(session, &asked).await.unwrap_or_default()) };
        let ((), volumes, ports): ((), Vec<Volume>, _) =
            futures::try_join!(servers, volumes, ports)?;
        let asked = asked.into_iter().map(str::to_owned).collect();
        seen.plugged(&asked, ports);
        let volumes = volumes.into_iter().map(|v| (v.id.clone(), v)).collect();
        let changes = seen.whole.is_none_or(|(at, _)| at != time.0);
        Ok(Self { session, changes, wanted, seen, volumes })
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
            _ => self.seen.servers.get(id).map(progress_of),
        }
    }

    /// The servers that are to be told, of those that `settled`, whole and by id: one more list of
    /// ports, whatever their number, unless earlier looks saw them all, and one of server groups if
    /// any may be in one.
    pub(crate) async fn objects(
        self,
        settled: &BTreeSet<&str>,
    ) -> Result<BTreeMap<String, Object>, ApiError> {
        let Self { session, wanted, seen, .. } = self;
        let settled = wanted.iter().filter(|looked| settled.contains(looked.id.as_str()));
        let told: Vec<(&Server, Telling)> = settled
            .filter_map(|looked| Some((seen.servers.get(&looked.id)?, looked.telling?)))
            .collect();
        let untold = told.iter().filter(|(server, telling)| {
            !seen.ports.get(&server.id).is_some_and(|ports| are_all(server, *telling, ports))
        });
        let untold = untold.map(|(server, _)| server.id.as_str()).collect();
        let asked = seen.to_ask(session.driver(), untold, wanted);
        let grouped = told.iter().any(|(_, telling)| telling.grouped);
        let groups = async {
            if grouped { session.all(compute::server_groups()).await } else { Ok(vec![]) }
        };
        let (ports, groups) = futures::try_join!(lists::ports_of(session, &asked), groups)?;
        let asked = asked.into_iter().map(str::to_owned).collect();
        let ids: Vec<String> = told.iter().map(|(server, _)| server.id.clone()).collect();
        seen.plugged(&asked, ports);
        let servers = ids.iter().filter_map(|id| seen.servers.get(id));
        let ports = ids.iter().filter_map(|id| seen.ports.get(id)).flatten();
        Ok(server::objects(servers, ports, &groups).map(|o| (o.id.clone(), o)).collect())
    }
}

/// Whether these ports of a server, as they were when it may not have been done yet, are all that
/// it has: each address that it tells of, and each network that was asked for.
fn are_all(server: &Server, telling: Telling, ports: &[Port]) -> bool {
    let has = |address: &AddressEntry| {
        let mut its = ports.iter().filter(|port| port.mac_address == address.mac);
        its.any(|port| port.fixed_ips.iter().any(|ip| ip.ip_address == address.addr))
    };
    let mut addresses = server::fixed_addresses(server).peekable();
    ports.len() >= telling.ports && addresses.peek().is_some() && addresses.all(has)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::wait::Until;

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
        let ports = [port("a", "10.0.0.4", "m1"), port("a", "10.0.0.4", "m2")];
        let are_all = |server: &Server, at_least: usize, ports: &[Port]| {
            are_all(server, Telling { ports: at_least, grouped: false }, ports)
        };
        assert!(are_all(&two, 1, &ports));
        // One that has no address yet, or never will, is not told of by the server.
        assert!(!are_all(&two, 3, &ports));
        // Networks may have the same addresses.
        assert!(!are_all(&two, 1, &ports[..1]));
        // Who tells of none may have some all the same.
        assert!(!are_all(&server(&[]), 0, &ports));
    }

    #[test]
    fn ports_that_are_not_told_any_more_are_gone() {
        let port = |device: &str| -> Port {
            serde_json::from_value(json!({ "id": "p", "device_id": device })).expect("a port")
        };
        let asked = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
        let mut seen = Seen::default();
        seen.plugged(&asked(&["a", "b", "c"]), vec![port("a"), port("b")]);
        assert_eq!(seen.ports.keys().collect::<Vec<_>>(), ["a", "b"]);
        seen.plugged(&asked(&["b", "c"]), vec![port("c")]);
        assert_eq!(seen.ports.keys().collect::<Vec<_>>(), ["a", "c"]);
    }

    #[test]
    fn ports_of_others_are_asked_for_where_a_request_has_room() {
        let looked = |id: usize, telling| {
            let id = format!("{id:02}");
            Looked { kind: Kind::Server, id, until: Until::Made, telling, expected: false }
        };
        let telling = Some(Telling { ports: 1, grouped: false });
        let mut wanted: Vec<Looked> = (0..99).map(|id| looked(id, telling)).collect();
        wanted[1].telling = None;
        wanted[2].kind = Kind::Volume;
        let mut seen = Seen::default();
        seen.ports.insert("03".into(), vec![]);
        let openstack = Driver::OpenStack;
        assert!(seen.to_ask(openstack, vec![], &wanted).is_empty());
        assert_eq!(seen.to_ask(Driver::Gateway, vec!["40"], &wanted), ["40"]);
        wanted.reverse();
        let asked = seen.to_ask(openstack, vec!["40", "03"], &wanted);
        assert_eq!(asked.len(), lists::DEVICES);
        assert_eq!(asked[..5], ["40", "03", "00", "04", "05"]);
        assert_eq!(asked.iter().filter(|id| **id == "40").count(), 1);
    }
}
