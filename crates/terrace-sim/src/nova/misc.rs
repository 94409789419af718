//! Zones, hypervisors, services, limits, quotas.

use super::schedule::{HOST_DISK_GB, HOST_MEMORY_MB, HOST_VCPUS, HOSTS, ZONES};
use super::{Cx, bad_request, interfaces, no_such_path, not_allowed, not_found};
use crate::ids;
use crate::records::{Flavor, Server};
use crate::state::State;
use crate::table::Record;
use crate::web::{Answer, Object, Reply, object, seconds};
use serde_json::{Value, json};

/// Everything that has a limit.
const QUOTAS: [&str; 7] = [
    "cores",
    "instances",
    "key_pairs",
    "metadata_items",
    "ram",
    "server_group_members",
    "server_groups",
];

/// Limits that were of interest in older versions: name, value, and the first version without.
const OLD_QUOTAS: [(&str, i64, u32); 7] = [
    ("fixed_ips", -1, 36),
    ("floating_ips", -1, 36),
    ("security_group_rules", -1, 36),
    ("security_groups", -1, 36),
    ("injected_file_content_bytes", 10240, 57),
    ("injected_file_path_bytes", 255, 57),
    ("injected_files", 5, 57),
];

/// What is summed up over all hosts.
const STATISTICS: [&str; 11] = [
    "current_workload",
    "disk_available_least",
    "free_disk_gb",
    "free_ram_mb",
    "local_gb",
    "local_gb_used",
    "memory_mb",
    "memory_mb_used",
    "running_vms",
    "vcpus",
    "vcpus_used",
];

/// What a project uses.
pub(super) struct Usage {
    pub(super) instances: i64,
    pub(super) cores: i64,
    pub(super) ram: i64,
}

/// What a project's servers use now.
pub(super) fn usage(state: &State, project: &str) -> Usage {
    let mut all = Usage { instances: 0, cores: 0, ram: 0 };
    let counted = ["instances", "cores", "ram"];
    if counted.iter().all(|name| state.limit("compute", project, name) < 0) {
        // Nobody asks, and there may be very many.
        all.instances =
            i64::try_from(state.servers.count("project_id", project)).unwrap_or(i64::MAX);
        return all;
    }
    sum(state, project)
}

fn sum(state: &State, project: &str) -> Usage {
    let mut all = Usage { instances: 0, cores: 0, ram: 0 };
    for server in state.servers.find("project_id", project) {
        all.instances += 1;
        all.cores += server.flavor.vcpus;
        all.ram += server.flavor.ram;
    }
    all
}

/// Requests that concern neither servers nor flavors, key pairs or groups.
pub(super) fn answer(cx: &mut Cx<'_>, path: &[&str]) -> Answer {
    match (cx.req.method.as_str(), path) {
        ("GET", ["os-availability-zone"]) => Ok(zones(cx, false)),
        ("GET", ["os-availability-zone", "detail"]) => {
            admin_only(cx, "os-availability-zone:detail")?;
            Ok(zones(cx, true))
        }
        ("GET", ["os-hypervisors", rest @ ..]) => hypervisors(cx, rest),
        ("GET", ["os-services"]) => services(cx),
        ("GET", ["os-aggregates"]) => aggregates(cx),
        ("GET", ["limits"]) => Ok(limits(cx)),
        (_, ["os-quota-sets", project, rest @ ..]) => quotas(cx, project, rest),
        ("GET", ["os-security-groups", rest @ ..]) if cx.minor < 36 => {
            interfaces::group_list(cx, rest)
        }
        (_, ["os-security-groups" | "extensions", _, ..] | ["os-security-groups"]) => {
            Err(not_found("The resource could not be found."))
        }
        ("GET", ["extensions"]) => Ok(Reply::json(200, &json!({"extensions": []}))),
        ("GET", ["os-simple-tenant-usage", ..]) => {
            Ok(Reply::json(200, &json!({"tenant_usage": {}})))
        }
        _ => Err(no_such_path()),
    }
}

fn admin_only(cx: &Cx<'_>, rule: &str) -> Result<(), Reply> {
    if cx.who.admin { Ok(()) } else { Err(not_allowed(rule)) }
}

fn zones(cx: &Cx<'_>, detail: bool) -> Reply {
    let now = crate::clock::format(cx.state.now, crate::clock::Stamp::Bare);
    let up =
        |service: &str| json!({service: {"active": true, "available": true, "updated_at": now}});
    let zone = |name: &str, hosts: Value| json!({"zoneName": name, "zoneState": {"available": true}, "hosts": hosts});
    let mut all: Vec<Value> = ZONES
        .iter()
        .map(|name| {
            let hosts: Object = HOSTS
                .iter()
                .filter(|(_, zone)| zone == name)
                .map(|(host, _)| ((*host).to_owned(), up("nova-compute")))
                .collect();
            zone(name, if detail { Value::Object(hosts) } else { Value::Null })
        })
        .collect();
    if detail {
        let mut controller = object(up("nova-conductor"));
        controller.extend(object(up("nova-scheduler")));
        all.insert(0, zone("internal", json!({ "controller": controller })));
    }
    Reply::json(200, &json!({ "availabilityZoneInfo": all }))
}

fn hypervisor(cx: &Cx<'_>, number: usize, host: &str, full: bool) -> Value {
    let key = if cx.minor >= 53 { json!(hypervisor_id(host)) } else { json!(number + 1) };
    let mut view = object(json!({
        "id": key, "hypervisor_hostname": host, "state": "up", "status": "enabled",
    }));
    if full {
        view.extend(object(json!({
            "service": {"id": key, "host": host, "disabled_reason": null},
            "hypervisor_type": "fake", "hypervisor_version": 1000, "host_ip": "127.0.0.1",
        })));
    }
    if full && cx.minor < 88 {
        let running: Vec<&Server> = cx.state.servers.find("host", host).collect();
        let used = |of: fn(&Flavor) -> i64| -> i64 { running.iter().map(|s| of(&s.flavor)).sum() };
        let (vcpus, ram, disk) = (used(|f| f.vcpus), used(|f| f.ram), used(|f| f.disk));
        view.extend(object(json!({
            "vcpus": HOST_VCPUS, "vcpus_used": vcpus, "memory_mb": HOST_MEMORY_MB,
            "memory_mb_used": ram, "free_ram_mb": HOST_MEMORY_MB - ram, "local_gb": HOST_DISK_GB,
            "local_gb_used": disk, "free_disk_gb": HOST_DISK_GB - disk, "disk_available_least": 0,
            "running_vms": running.len(), "current_workload": 0, "cpu_info": {},
        })));
    }
    Value::Object(view)
}

fn hypervisor_id(host: &str) -> String {
    let hash = ids::digest(host);
    let part = |from: usize, to: usize| &hash[from..to];
    format!("{}-{}-4{}-a{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}

/// The sums of all hosts.
fn statistics(cx: &Cx<'_>) -> Value {
    let mut sums = object(json!({ "count": HOSTS.len() }));
    for (number, (host, _)) in HOSTS.iter().enumerate() {
        let view = object(hypervisor(cx, number, host, true));
        for field in STATISTICS {
            let more = view.get(field).and_then(Value::as_i64).unwrap_or_default();
            let sum = sums.get(field).and_then(Value::as_i64).unwrap_or_default();
            sums.insert(field.into(), json!(sum + more));
        }
    }
    json!({ "hypervisor_statistics": sums })
}

fn hypervisors(cx: &Cx<'_>, path: &[&str]) -> Answer {
    let rule = match path {
        [] => "list",
        ["detail"] => "list-detail",
        ["statistics"] => "statistics",
        _ => "show",
    };
    admin_only(cx, &format!("os-hypervisors:{rule}"))?;
    let all = |full: bool| -> Vec<Value> {
        HOSTS
            .iter()
            .enumerate()
            .map(|(number, (host, _))| hypervisor(cx, number, host, full))
            .collect()
    };
    match path {
        [] => Ok(Reply::json(200, &json!({ "hypervisors": all(false) }))),
        ["detail"] => Ok(Reply::json(200, &json!({ "hypervisors": all(true) }))),
        ["statistics"] if cx.minor < 88 => Ok(Reply::json(200, &statistics(cx))),
        [wanted] => {
            let found = all(true)
                .into_iter()
                .find(|view| view["id"].to_string().trim_matches('"') == *wanted);
            let found = found.ok_or_else(|| {
                not_found(&format!("Hypervisor with ID '{wanted}' could not be found."))
            })?;
            Ok(Reply::json(200, &json!({ "hypervisor": found })))
        }
        _ => Err(no_such_path()),
    }
}

fn services(cx: &Cx<'_>) -> Answer {
    admin_only(cx, "os-services:list")?;
    let one = |number: usize, (host, zone): &(&str, &str)| {
        json!({
            "id": number + 1, "binary": "nova-compute", "host": host, "zone": zone,
            "status": "enabled", "state": "up", "updated_at": seconds(cx.state.now),
            "disabled_reason": null, "forced_down": false,
        })
    };
    let all: Vec<Value> =
        HOSTS.iter().enumerate().map(|(number, host)| one(number, host)).collect();
    Ok(Reply::json(200, &json!({ "services": all })))
}

fn aggregates(cx: &Cx<'_>) -> Answer {
    admin_only(cx, "os-aggregates:index")?;
    let all: Vec<Value> = ZONES
        .iter()
        .enumerate()
        .map(|(number, zone)| {
            let hosts = HOSTS.iter().filter(|(_, of)| of == zone).map(|(host, _)| host);
            json!({
                "id": number + 1, "name": zone, "availability_zone": zone,
                "hosts": hosts.collect::<Vec<_>>(), "metadata": {"availability_zone": zone},
                "created_at": seconds(0), "updated_at": null, "deleted": false, "deleted_at": null,
            })
        })
        .collect();
    Ok(Reply::json(200, &json!({ "aggregates": all })))
}

/// A limit, with the one that Nova has even where nothing is limited; of no project, the one that
/// new projects have.
fn limit(cx: &Cx<'_>, project: &str, name: &str) -> i64 {
    let limit = cx.state.limit("compute", project, name);
    if name == "metadata_items" && limit < 0 { 128 } else { limit }
}

fn limits(cx: &Cx<'_>) -> Reply {
    let project = cx.req.param("tenant_id").filter(|_| cx.who.admin).unwrap_or(&cx.who.project_id);
    let of = |name: &str| limit(cx, project, name);
    let used = sum(cx.state, project);
    let mut absolute = object(json!({
        "maxTotalInstances": of("instances"), "maxTotalCores": of("cores"),
        "maxTotalRAMSize": of("ram"), "maxServerMeta": of("metadata_items"),
    }));
    if cx.minor < 39 {
        absolute.insert("maxImageMeta".into(), json!(of("metadata_items")));
    }
    if cx.minor < 57 {
        absolute.extend(object(json!({"maxPersonality": 5, "maxPersonalitySize": 10240})));
    }
    absolute.extend(object(json!({
        "maxTotalKeypairs": of("key_pairs"), "maxServerGroups": of("server_groups"),
        "maxServerGroupMembers": of("server_group_members"),
    })));
    if cx.minor < 36 {
        absolute.extend(object(json!({
            "maxTotalFloatingIps": -1, "maxSecurityGroups": -1, "maxSecurityGroupRules": -1,
            "totalFloatingIpsUsed": 0, "totalSecurityGroupsUsed": 0,
        })));
    }
    absolute.extend(object(json!({
        "totalRAMUsed": used.ram, "totalCoresUsed": used.cores,
        "totalInstancesUsed": used.instances,
        "totalServerGroupsUsed": cx.state.groups.count("project_id", project),
    })));
    Reply::json(200, &json!({"limits": {"rate": [], "absolute": absolute}}))
}

/// A limit below what is used already must be forced.
fn check_used(cx: &Cx<'_>, project: &str, wanted: &Object) -> Result<(), Reply> {
    let used = sum(cx.state, project);
    for (name, used) in [("instances", used.instances), ("cores", used.cores), ("ram", used.ram)] {
        let limit = wanted.get(name).and_then(Value::as_i64);
        if let Some(limit) = limit.filter(|limit| *limit >= 0 && *limit < used) {
            return Err(bad_request(&format!(
                "Quota limit {limit} for {name} must be greater than or equal to already used and \
                 reserved {used}."
            )));
        }
    }
    Ok(())
}

fn quotas(cx: &mut Cx<'_>, project: &str, path: &[&str]) -> Answer {
    if project != cx.who.project_id && !cx.who.admin {
        return Err(not_allowed("os-quota-sets:show"));
    }
    let of = |cx: &Cx<'_>, owner: &str| {
        let mut set = object(json!({ "id": project }));
        set.extend(QUOTAS.iter().map(|name| ((*name).to_owned(), json!(limit(cx, owner, name)))));
        let old = OLD_QUOTAS.iter().filter(|(_, _, end)| cx.minor < *end);
        set.extend(old.map(|(name, value, _)| ((*name).to_owned(), json!(value))));
        set
    };
    match (cx.req.method.as_str(), path) {
        ("GET", []) => Ok(Reply::json(200, &json!({ "quota_set": of(cx, project) }))),
        ("GET", ["defaults"]) => Ok(Reply::json(200, &json!({ "quota_set": of(cx, "") }))),
        ("GET", ["detail"]) => {
            let used = sum(cx.state, project);
            let mut set = object(json!({ "id": project }));
            for name in QUOTAS {
                let in_use = match name {
                    "cores" => used.cores,
                    "instances" => used.instances,
                    "ram" => used.ram,
                    "server_groups" => {
                        let count = cx.state.groups.count("project_id", project);
                        i64::try_from(count).unwrap_or(i64::MAX)
                    }
                    _ => 0,
                };
                let limit = limit(cx, project, name);
                set.insert(name.into(), json!({"limit": limit, "in_use": in_use, "reserved": 0}));
            }
            for (name, limit, _) in OLD_QUOTAS.iter().filter(|(_, _, end)| cx.minor < *end) {
                let unused = json!({"limit": limit, "in_use": 0, "reserved": 0});
                set.insert((*name).into(), unused);
            }
            Ok(Reply::json(200, &json!({ "quota_set": set })))
        }
        ("PUT", []) => {
            admin_only(cx, "os-quota-sets:update")?;
            let body = cx.body()?;
            let wanted = super::validate::under(&body, "quota_set", &[])?;
            let force = wanted.get("force").is_some_and(|force| *force == json!(true));
            if !force {
                check_used(cx, project, wanted)?;
            }
            let id = format!("compute/{project}");
            let mut row = cx.state.quotas.get(&id).cloned().unwrap_or_default();
            row.set("id", id);
            for (name, value) in wanted.iter().filter(|(name, _)| *name != "force") {
                let number = crate::web::python(value).trim_matches('\'').parse::<i64>();
                match number {
                    Ok(number) if QUOTAS.contains(&name.as_str()) => row.set(name, number),
                    _ => return Err(bad_request(&format!("Bad key(s) in quota set: {name}"))),
                }
            }
            debug_assert!(!row.id().is_empty());
            cx.state.quotas.put(row);
            let mut set = of(cx, project);
            set.shift_remove("id");
            Ok(Reply::json(200, &json!({ "quota_set": set })))
        }
        ("DELETE", []) => {
            admin_only(cx, "os-quota-sets:delete")?;
            cx.state.quotas.remove(&format!("compute/{project}"));
            Ok(Reply::empty(202))
        }
        _ => Err(no_such_path()),
    }
}
