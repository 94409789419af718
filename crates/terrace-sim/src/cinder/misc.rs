//! Limits, quotas, zones, services.

use super::{Cx, bad_request, create, found, invalid_input, list, view};
use crate::nova;
use crate::records::Volume;
use crate::web::{Answer, Object, Reply, object, python};
use serde_json::{Value, json};

/// Everything that has a limit, in the order in which it is shown; types add theirs.
const QUOTAS: [&str; 6] =
    ["volumes", "per_volume_gigabytes", "snapshots", "gigabytes", "backups", "backup_gigabytes"];

/// Requests that concern no volume.
pub(super) fn answer(cx: &mut Cx<'_>, path: &[&str]) -> Answer {
    match (cx.req.method.as_str(), path) {
        ("GET", ["limits"]) => Ok(limits(cx)),
        ("GET", ["os-availability-zone"]) => {
            let zone = json!({"zoneName": view::ZONE, "zoneState": {"available": true}});
            found("availabilityZoneInfo", json!([zone]))
        }
        (_, ["os-quota-sets", project, rest @ ..]) => quotas(cx, project, rest),
        ("GET", ["os-services"]) => services(cx),
        ("GET", ["scheduler-stats", "get_pools"]) => {
            cx.admin_only("scheduler_extension:scheduler_stats:get_pools")?;
            found("pools", json!([{ "name": view::HOST }]))
        }
        ("GET", ["snapshots"] | ["snapshots", "detail"]) => list::nothing("snapshots"),
        ("GET", ["backups"] | ["backups", "detail"]) => list::nothing("backups"),
        ("GET", ["messages"]) if cx.minor >= 3 => list::nothing("messages"),
        ("GET", ["extensions"]) => list::nothing("extensions"),
        _ => Err(nova::no_such_path()),
    }
}

fn limits(cx: &Cx<'_>) -> Reply {
    let project = &cx.who.project_id;
    let of = |name: &str| cx.state.limit("volume", project, name);
    let (count, size) = create::usage(cx.state, project);
    let absolute = json!({
        "maxTotalVolumes": of("volumes"), "maxTotalSnapshots": of("snapshots"),
        "maxTotalVolumeGigabytes": of("gigabytes"), "maxTotalBackups": of("backups"),
        "maxTotalBackupGigabytes": of("backup_gigabytes"), "totalVolumesUsed": count,
        "totalGigabytesUsed": size, "totalSnapshotsUsed": 0, "totalBackupsUsed": 0,
        "totalBackupGigabytesUsed": 0,
    });
    Reply::json(200, &json!({"limits": {"rate": [], "absolute": absolute}}))
}

fn services(cx: &Cx<'_>) -> Answer {
    cx.admin_only("volume_extension:services:index")?;
    let one = |binary: &str, host: &str| {
        json!({
            "binary": binary, "host": host, "zone": view::ZONE, "status": "enabled", "state": "up",
            "updated_at": view::stamp(cx.state.now), "disabled_reason": null,
        })
    };
    let scheduler = one("cinder-scheduler", "controller");
    let mut volume = one("cinder-volume", "controller@fake");
    volume["replication_status"] = json!("disabled");
    volume["active_backend_id"] = Value::Null;
    volume["frozen"] = json!(false);
    found("services", json!([scheduler, volume]))
}

fn names(cx: &Cx<'_>) -> Vec<String> {
    let mut all: Vec<String> = QUOTAS.iter().map(|name| (*name).to_owned()).collect();
    for kind in cx.state.volume_types.iter() {
        let of = |what: &str| format!("{what}_{}", kind.text("name"));
        all.extend(["volumes", "gigabytes", "snapshots"].map(of));
    }
    all.push("groups".into());
    all
}

/// How much of a resource a project uses.
fn used(cx: &Cx<'_>, project: &str, name: &str) -> i64 {
    let (what, kind) = name.split_once('_').unwrap_or((name, ""));
    let own = cx.state.volumes.find("project_id", project);
    let own: Vec<&Volume> = own.filter(|v| kind.is_empty() || v.kind == kind).collect();
    match what {
        "volumes" => i64::try_from(own.len()).unwrap_or(i64::MAX),
        "gigabytes" => own.iter().map(|volume| volume.size).sum(),
        _ => 0,
    }
}

fn quotas(cx: &mut Cx<'_>, project: &str, path: &[&str]) -> Answer {
    if project != cx.who.project_id {
        cx.admin_only("volume_extension:quotas:show")?;
    }
    let of = |cx: &Cx<'_>, owner: &str| -> Object {
        let all = names(cx).into_iter();
        all.map(|n| (n.clone(), json!(cx.state.limit("volume", owner, &n)))).collect()
    };
    match (cx.req.method.as_str(), path) {
        ("GET", [] | ["defaults"]) => {
            let usage = cx.req.param("usage").is_some_and(|v| v.eq_ignore_ascii_case("true"));
            // Of no project: the limits that new projects have.
            let mut set = of(cx, if path.is_empty() { project } else { "" });
            if usage {
                for (name, limit) in &mut set {
                    let in_use = used(cx, project, name);
                    *limit = json!({"limit": limit, "in_use": in_use, "reserved": 0});
                }
            }
            set.insert("id".into(), json!(project));
            found("quota_set", set)
        }
        ("PUT", []) => {
            cx.admin_only("volume_extension:quotas:update")?;
            set(cx, project)?;
            found("quota_set", of(cx, project))
        }
        ("DELETE", []) => {
            cx.admin_only("volume_extension:quotas:delete")?;
            cx.state.quotas.remove(&format!("volume/{project}"));
            Ok(Reply::empty(200))
        }
        _ => Err(nova::no_such_path()),
    }
}

fn set(cx: &mut Cx<'_>, project: &str) -> Result<(), Reply> {
    let body = cx.body()?;
    let Some(Value::Object(wanted)) = body.get("quota_set") else {
        return Err(bad_request("'quota_set' is a required property"));
    };
    let known = names(cx);
    let unknown: Vec<&str> = wanted
        .keys()
        .map(String::as_str)
        .filter(|name| !known.iter().any(|k| k == name) && *name != "tenant_id")
        .collect();
    if !unknown.is_empty() {
        return Err(invalid_input(&format!("Bad key(s) in quota set: {}", unknown.join(", "))));
    }
    let id = format!("volume/{project}");
    let mut row = cx.state.quotas.get(&id).cloned().unwrap_or_default();
    row.0.extend(object(json!({ "id": id })));
    for (name, value) in wanted.iter().filter(|(name, _)| *name != "tenant_id") {
        let number = python(value).trim_matches('\'').parse::<i64>();
        row.set(name, number.map_err(|_| bad_request(&format!("{name} must be an integer")))?);
    }
    cx.state.quotas.put(row);
    Ok(())
}
