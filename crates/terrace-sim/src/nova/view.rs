//! A server as the API shows it.

use super::{Cx, schedule};
use crate::clock::{Stamp, format};
use crate::ids;
use crate::neutron;
use crate::records::{Disk, Flavor, Row, Server};
use crate::table::Record;
use crate::web::{Object, object, seconds};
use serde_json::{Value, json};

/// The status that clients see, which follows from state and task.
pub(super) fn status(server: &Server) -> &'static str {
    let task = server.task_state.as_deref().unwrap_or_default();
    match server.vm_state.as_str() {
        "building" => "BUILD",
        "resized" if task == "resize_reverting" => "REVERT_RESIZE",
        "resized" => "VERIFY_RESIZE",
        state => match task {
            "rebooting" => "REBOOT",
            "rebooting_hard" => "HARD_REBOOT",
            task if task.starts_with("rebuild") => "REBUILD",
            "resize_prep" | "resize_migrating" | "resize_migrated" | "resize_finish" => "RESIZE",
            "updating_password" => "PASSWORD",
            _ => resting(state),
        },
    }
}

/// The status of a state in which nothing is going on.
fn resting(vm_state: &str) -> &'static str {
    match vm_state {
        "active" => "ACTIVE",
        "stopped" => "SHUTOFF",
        "paused" => "PAUSED",
        "suspended" => "SUSPENDED",
        "shelved" => "SHELVED",
        "shelved_offloaded" => "SHELVED_OFFLOADED",
        "rescued" => "RESCUE",
        "error" => "ERROR",
        "deleted" => "DELETED",
        _ => "UNKNOWN",
    }
}

/// Whether something is a status at all.
pub(super) fn is_status(text: &str) -> bool {
    const ALL: [&str; 20] = [
        "ACTIVE",
        "BUILD",
        "DELETED",
        "ERROR",
        "HARD_REBOOT",
        "MIGRATING",
        "PASSWORD",
        "PAUSED",
        "REBOOT",
        "REBUILD",
        "RESCUE",
        "RESIZE",
        "REVERT_RESIZE",
        "SHELVED",
        "SHELVED_OFFLOADED",
        "SHUTOFF",
        "SOFT_DELETED",
        "SUSPENDED",
        "UNKNOWN",
        "VERIFY_RESIZE",
    ];
    ALL.iter().any(|status| status.eq_ignore_ascii_case(text))
}

/// Where a view is shown, on which some of its fields depend.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Alone.
    Show,
    /// In a list.
    List,
    /// As the answer to a change or rebuild.
    Changed,
}

/// A server in full.
pub(super) fn full(cx: &Cx<'_>, server: &Server, place: Place) -> Object {
    let image = match &server.image {
        Some(id) => json!({"id": id, "links": cx.bookmark("images", id)}),
        None => json!(""),
    };
    let mut out = object(json!({
        "id": server.id, "name": server.name, "status": status(server),
        "tenant_id": server.project_id, "user_id": server.user_id, "metadata": server.metadata,
        "hostId": host_id(server), "image": image, "flavor": flavor(cx, &server.flavor),
        "created": seconds(server.created), "updated": seconds(server.updated),
        "addresses": addresses(cx, server), "accessIPv4": server.access_v4,
        "accessIPv6": server.access_v6, "links": cx.links("servers", &server.id),
        "OS-DCF:diskConfig": server.disk_config,
    }));
    if let Some(fault) = fault(cx, server) {
        out.insert("fault".into(), fault);
    }
    let working = ["ACTIVE", "BUILD", "REBUILD", "RESIZE", "VERIFY_RESIZE", "MIGRATING"];
    if working.contains(&status(server)) {
        out.insert("progress".into(), json!(0));
    }
    if place == Place::Changed && cx.minor < 75 {
        versioned(cx, server, place, &mut out);
        return out;
    }
    let zone = zone(server);
    let launched = server.launched.map(|at| format(at, Stamp::Bare));
    let terminated = (server.vm_state == "deleted").then(|| format(server.updated, Stamp::Bare));
    out.extend(object(json!({
        "OS-EXT-AZ:availability_zone": zone,
        "config_drive": if server.config_drive { "True" } else { "" },
        "key_name": server.key_name, "OS-SRV-USG:launched_at": launched,
        "OS-SRV-USG:terminated_at": terminated,
    })));
    let groups = security_groups(cx, server);
    if !groups.is_empty() {
        out.insert("security_groups".into(), json!(groups));
    }
    if cx.who.admin {
        administration(cx, server, &mut out);
    }
    out.extend(object(json!({
        "OS-EXT-STS:task_state": server.task_state, "OS-EXT-STS:vm_state": server.vm_state,
        "OS-EXT-STS:power_state": server.power_state,
        "os-extended-volumes:volumes_attached": volumes(cx, server),
    })));
    versioned(cx, server, place, &mut out);
    out
}

/// The fields that came with microversions.
fn versioned(cx: &Cx<'_>, server: &Server, place: Place, out: &mut Object) {
    if cx.minor >= 9 {
        out.insert("locked".into(), json!(server.locked.is_some()));
    }
    if cx.minor >= 73 {
        out.insert("locked_reason".into(), json!(server.locked.clone().flatten()));
    }
    if cx.minor >= 19 {
        out.insert("description".into(), json!(server.description));
    }
    if cx.minor >= 26 {
        out.insert("tags".into(), json!(server.tags));
    }
    if cx.minor >= 63 {
        out.insert("trusted_image_certificates".into(), Value::Null);
    }
    if cx.minor >= 90 {
        out.insert("OS-EXT-SRV-ATTR:hostname".into(), json!(server.hostname));
    }
    if cx.minor >= 71 && place != Place::List {
        let groups: Vec<&String> = server.group.iter().collect();
        out.insert("server_groups".into(), json!(groups));
    }
    if cx.minor >= 96 {
        let zone = server.zone.as_deref().and_then(|zone| zone.split(':').next());
        out.insert("pinned_availability_zone".into(), json!(zone));
    }
}

/// The fields that only administrators see.
fn administration(cx: &Cx<'_>, server: &Server, out: &mut Object) {
    out.extend(object(json!({
        "OS-EXT-SRV-ATTR:host": host(server),
        "OS-EXT-SRV-ATTR:instance_name": format!("instance-{:08x}", server.number),
        "OS-EXT-SRV-ATTR:hypervisor_hostname": host(server),
    })));
    if cx.minor >= 3 {
        out.extend(object(json!({
            "OS-EXT-SRV-ATTR:reservation_id": server.reservation,
            "OS-EXT-SRV-ATTR:launch_index": server.launch_index,
            "OS-EXT-SRV-ATTR:hostname": server.hostname,
            "OS-EXT-SRV-ATTR:kernel_id": "", "OS-EXT-SRV-ATTR:ramdisk_id": "",
            "OS-EXT-SRV-ATTR:root_device_name": "/dev/sda",
            "OS-EXT-SRV-ATTR:user_data": server.user_data,
        })));
    }
    if cx.minor >= 16 {
        let up = if host(server).is_some() { "UP" } else { "" };
        out.insert("host_status".into(), json!(up));
    }
}

/// The host, made unrecognisable.
pub(super) fn host_id(server: &Server) -> String {
    match host(server) {
        Some(host) => ids::digest(&format!("{}{host}", server.project_id))[..56].to_owned(),
        None => String::new(),
    }
}

const NO_VALID_HOST: &str = "No valid host";

/// The zone: the host's, or the one asked for.
pub(super) fn zone(server: &Server) -> &str {
    let asked = server.zone.as_deref().and_then(|zone| zone.split(':').next());
    match host(server) {
        Some(host) => schedule::zone_of(host),
        None if server.vm_state == "shelved_offloaded" => "",
        // A build that failed on its host forgets the zone together with it.
        None if server.trouble.as_ref().is_some_and(|t| !t.message.starts_with(NO_VALID_HOST)) => {
            ""
        }
        None => asked.unwrap_or_default(),
    }
}

/// The host, which nobody knows before the server is scheduled.
fn host(server: &Server) -> Option<&str> {
    let known = server.task_state.as_deref() != Some("scheduling");
    server.host.as_deref().filter(|_| known)
}

fn volumes(cx: &Cx<'_>, server: &Server) -> Value {
    let one = |disk: &Disk| {
        let mut out = json!({"id": disk.volume.as_deref()?});
        if cx.minor >= 3 {
            out["delete_on_termination"] = json!(disk.delete);
        }
        Some(out)
    };
    server.disks.iter().filter_map(one).collect()
}

fn flavor(cx: &Cx<'_>, flavor: &Flavor) -> Value {
    if cx.minor < 47 {
        return json!({"id": flavor.id, "links": cx.bookmark("flavors", &flavor.id)});
    }
    json!({
        "vcpus": flavor.vcpus, "ram": flavor.ram, "disk": flavor.disk,
        "ephemeral": flavor.ephemeral, "swap": flavor.swap, "original_name": flavor.name,
        "extra_specs": flavor.extra_specs,
    })
}

fn fault(cx: &Cx<'_>, server: &Server) -> Option<Value> {
    let trouble = server.trouble.as_ref().filter(|_| server.vm_state == "error")?;
    let mut fault = json!({
        "code": trouble.code, "created": seconds(trouble.created), "message": trouble.message,
    });
    if cx.who.admin || trouble.code != 500 {
        fault["details"] = json!("");
    }
    Some(fault)
}

/// The ports whose addresses are shown: of a server that is being built, none.
fn ports<'a>(cx: &'a Cx<'_>, server: &Server) -> Vec<&'a Row> {
    if server.vm_state == "building" { Vec::new() } else { neutron::ports_of(cx.state, &server.id) }
}

/// Addresses by the name of their network.
pub(super) fn addresses(cx: &Cx<'_>, server: &Server) -> Value {
    let mut out = Object::new();
    for port in ports(cx, server) {
        let network = cx.state.networks.get(port.text("network_id"));
        let name = network.map_or("", |network| network.text("name")).to_owned();
        let mac = port.text("mac_address");
        let entry = |ip: &str, kind: &str| {
            let version = if ip.contains(':') { 6 } else { 4 };
            json!({
                "version": version, "addr": ip, "OS-EXT-IPS:type": kind,
                "OS-EXT-IPS-MAC:mac_addr": mac,
            })
        };
        let list = out.entry(name).or_insert_with(|| json!([]));
        let Value::Array(list) = list else { continue };
        for ip in port.list("fixed_ips") {
            list.push(entry(ip["ip_address"].as_str().unwrap_or_default(), "fixed"));
        }
        for floating in neutron::floating_of(cx.state, port.id()) {
            list.push(entry(floating.text("floating_ip_address"), "floating"));
        }
    }
    Value::Object(out)
}

/// Addresses without where they are from.
pub(super) fn plain_addresses(cx: &Cx<'_>, server: &Server) -> Value {
    let mut all = addresses(cx, server);
    for list in all.as_object_mut().into_iter().flat_map(|map| map.values_mut()) {
        for entry in list.as_array_mut().into_iter().flatten() {
            if let Some(entry) = entry.as_object_mut() {
                entry.retain(|name, _| name == "addr" || name == "version");
            }
        }
    }
    all
}

/// The security groups of the ports, by name.
fn security_groups(cx: &Cx<'_>, server: &Server) -> Vec<Value> {
    let mut out = Vec::new();
    for port in neutron::ports_of(cx.state, &server.id) {
        for group in port.list("security_groups") {
            let found = cx.state.security_groups.get(group.as_str().unwrap_or_default());
            out.extend(found.map(|group| json!({"name": group.text("name")})));
        }
    }
    out
}

/// A server in short.
pub(super) fn brief(cx: &Cx<'_>, server: &Server) -> Value {
    json!({"id": server.id, "name": server.name, "links": cx.links("servers", &server.id)})
}
