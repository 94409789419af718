//! Hosts, zones, and which host a server gets.

use crate::records::Group;
use crate::state::State;

/// The hosts, each with its zone.
pub(super) const HOSTS: [(&str, &str); 4] =
    [("fake-az1-1", "az1"), ("fake-az1-2", "az1"), ("fake-az2-1", "az2"), ("fake-az2-2", "az2")];

/// The zones.
pub(super) const ZONES: [&str; 2] = ["az1", "az2"];

/// What one host offers.
pub(super) const HOST_VCPUS: i64 = 100_000;
pub(super) const HOST_MEMORY_MB: i64 = 100_000 * 1024;
pub(super) const HOST_DISK_GB: i64 = 10_000_000;

/// The zone of a host.
pub(super) fn zone_of(host: &str) -> &'static str {
    HOSTS.iter().find(|(name, _)| *name == host).map_or("", |(_, zone)| zone)
}

/// The least used host that fits; none if the group's policy leaves none.
pub(super) fn pick(
    state: &State,
    (zone, host): (Option<&str>, Option<&str>),
    group: Option<&Group>,
) -> Option<String> {
    let (zone, wanted) = match zone.and_then(|zone| zone.split_once(':')) {
        Some((zone, host)) => (Some(zone), host.split(':').next()),
        None => (zone, host),
    };
    let members = |host: &str| {
        group.map_or(0, |group| {
            let all = state.servers.find("group", &group.id);
            all.filter(|s| s.host.as_deref() == Some(host)).count()
        })
    };
    let anywhere = HOSTS.iter().any(|(host, _)| members(host) > 0);
    let fits = |host: &str| match group.map(|group| group.policy.as_str()) {
        Some("anti-affinity") => {
            let most = group.and_then(|group| group.max_per_host).unwrap_or(1);
            u64::try_from(members(host)).is_ok_and(|count| count < most)
        }
        Some("affinity") => !anywhere || members(host) > 0,
        _ => true,
    };
    let preference = |host: &str| match group.map(|group| group.policy.as_str()) {
        Some("soft-anti-affinity") => members(host),
        Some("soft-affinity") => usize::MAX - members(host),
        _ => 0,
    };
    HOSTS
        .iter()
        .filter(|(_, in_zone)| zone.is_none_or(|zone| zone == *in_zone))
        .map(|(host, _)| *host)
        .filter(|host| wanted.is_none_or(|wanted| wanted == *host) && fits(host))
        .min_by_key(|host| (preference(host), state.servers.count("host", host)))
        .map(str::to_owned)
}
