//! The creation of a server: everything that can be refused is refused, the rest takes its time.

use super::nics::{networks, nics};
use super::validate::{self, invalid};
use super::{Cx, bad_request, build, disks, fault, interfaces, schedule};
use crate::neutron;
use crate::records::{Disk, Flavor, Group, Keypair, NicPlan, Row};
use crate::state::State;
use crate::web::{Answer, Object, Reply, python, text};
use serde_json::{Value, json};

/// What a valid body asks for.
pub(super) struct Wanted {
    pub(super) name: String,
    pub(super) flavor: Flavor,
    /// None if it boots from a volume.
    pub(super) image: Option<Row>,
    pub(super) nics: Vec<NicPlan>,
    pub(super) disks: Vec<Disk>,
    pub(super) group: Option<Group>,
    pub(super) metadata: Vec<(String, String)>,
    pub(super) tags: Vec<String>,
    pub(super) security_groups: Vec<Row>,
    pub(super) zone: Option<String>,
    /// The host that an administrator wants it on.
    pub(super) host: Option<String>,
    pub(super) count: u64,
}

/// `POST /servers`
pub(super) fn create(cx: &mut Cx<'_>) -> Answer {
    cx.may_write("servers:create")?;
    let body = cx.body()?;
    let hints = ["os:scheduler_hints", "OS-SCH-HNT:scheduler_hints"];
    let server = validate::under(&body, "server", &hints)?;
    check_fields(cx, server)?;
    let hints = hints.iter().find_map(|name| body.get(*name)).cloned().unwrap_or_default();
    let wanted = wanted(cx, server, &hints)?;
    check_quota(cx, &wanted)?;
    let mut first = None;
    let reservation = format!("r-{}", cx.state.secret(8).to_lowercase());
    for index in 0..wanted.count {
        let made = build::make(cx, server, &wanted, (&reservation, index))?;
        first.get_or_insert(made);
    }
    let Some(made) = first else { return Err(bad_request("min_count must be at least 1")) };
    if server.get("return_reservation_id") == Some(&json!(true)) {
        return Ok(Reply::json(202, &json!({ "reservation_id": reservation })));
    }
    let password = match server.get("adminPass").and_then(Value::as_str) {
        Some(password) => password.to_owned(),
        None => cx.state.secret(12),
    };
    let groups: Vec<Value> = match made.security_groups.as_slice() {
        [] => vec![json!({"name": "default"})],
        names => names.iter().map(|name| json!({ "name": name })).collect(),
    };
    let body = json!({"server": {
        "id": made.id, "links": cx.links("servers", &made.id),
        "OS-DCF:diskConfig": made.disk_config, "security_groups": groups, "adminPass": password,
    }});
    let location = format!("{}/compute/v2.1/servers/{}", cx.req.base, made.id);
    Ok(Reply::json(202, &body).header("location", location))
}

fn check_fields(cx: &Cx<'_>, server: &Object) -> Result<(), Reply> {
    let mut required = vec!["name", "flavorRef"];
    let mut allowed = vec![
        "imageRef",
        "adminPass",
        "metadata",
        "networks",
        "OS-DCF:diskConfig",
        "accessIPv4",
        "accessIPv6",
        "availability_zone",
        "block_device_mapping",
        "block_device_mapping_v2",
        "config_drive",
        "key_name",
        "min_count",
        "max_count",
        "return_reservation_id",
        "security_groups",
        "user_data",
    ];
    for (minor, field) in [
        (19, "description"),
        (52, "tags"),
        (63, "trusted_image_certificates"),
        (74, "host"),
        (74, "hypervisor_hostname"),
        (90, "hostname"),
    ] {
        if cx.minor >= minor {
            allowed.push(field);
        }
    }
    if cx.minor < 57 {
        allowed.push("personality");
    }
    if cx.minor >= 37 {
        required.push("networks");
    }
    validate::fields("server", server, &required, &allowed)
}

/// The whole body, looked at field by field.
fn wanted(cx: &mut Cx<'_>, server: &Object, hints: &Value) -> Result<Wanted, Reply> {
    let name = validate::name("name", &server["name"])?.to_owned();
    simple_fields(server)?;
    let metadata = match server.get("metadata") {
        Some(value) => validate::metadata("metadata", value)?,
        None => Vec::new(),
    };
    let tags = server.get("tags").map_or(Ok(Vec::new()), validate::tags)?;
    let group = match hints.get("group") {
        Some(id) => Some(group(cx, validate::uuid("group", id)?)?),
        None => None,
    };
    let requested = networks(cx, server)?;
    let flavor = flavor(cx.state, &server["flavorRef"])?;
    let disks = disks::wanted(cx, server)?;
    let image = if disks.root_is_volume { None } else { Some(image(cx, server)?) };
    match &image {
        Some(image) => fits(&flavor, image)?,
        None => disks::check_sizes(cx, &disks.disks)?,
    }
    let disks = disks.disks;
    let zone = zone(cx, server)?;
    let host = host(cx, server)?;
    if let Some(key) = text(server, "key_name") {
        let id = Keypair::key(&cx.who.user_id, key);
        if cx.state.keypairs.get(&id).is_none() {
            return Err(bad_request("Invalid key_name provided."));
        }
    }
    let security_groups = security_groups(cx, server)?;
    let nics = nics(cx, requested)?;
    let count =
        |field: &str| server.get(field).and_then(|v| python(v).trim_matches('\'').parse().ok());
    let count = count("max_count").or_else(|| count("min_count")).unwrap_or(1_u64);
    Ok(Wanted {
        name,
        flavor,
        image,
        nics,
        disks,
        group,
        metadata,
        tags,
        security_groups,
        zone,
        host,
        count,
    })
}

fn simple_fields(server: &Object) -> Result<(), Reply> {
    if let Some(drive) = server.get("config_drive") {
        validate::truth("config_drive", drive)?;
    }
    if let Some(data) = server.get("user_data").filter(|v| !v.is_null()) {
        validate::text("user_data", data, 0, 65535)?;
    }
    if let Some(description) = server.get("description").filter(|v| !v.is_null()) {
        validate::text("description", description, 0, 255)?;
    }
    if let Some(key) = server.get("key_name").filter(|v| !v.is_null()) {
        validate::name("key_name", key)?;
    }
    if let Some(config) = server.get("OS-DCF:diskConfig") {
        disk_config(config)?;
    }
    if let Some(host) = server.get("hostname") {
        validate::text("hostname", host, 2, 63)?;
    }
    Ok(())
}

/// Whether the disk is to be partitioned by Nova.
pub(super) fn disk_config(value: &Value) -> Result<String, Reply> {
    match value.as_str() {
        Some(word @ ("AUTO" | "MANUAL")) => Ok(word.to_owned()),
        _ => {
            let reason = format!("{} is not one of ['AUTO', 'MANUAL']", python(value));
            Err(invalid("OS-DCF:diskConfig", value, &reason))
        }
    }
}

fn group(cx: &Cx<'_>, id: &str) -> Result<Group, Reply> {
    let found = cx.state.groups.get(id);
    let found = found.filter(|g| cx.who.admin || g.project_id == cx.who.project_id);
    let group =
        found.ok_or_else(|| bad_request(&format!("Instance group {id} could not be found.")))?;
    let limit = cx.state.limit("compute", &cx.who.project_id, "server_group_members");
    let members = i64::try_from(cx.state.servers.count("group", id)).unwrap_or(i64::MAX);
    if limit >= 0 && members >= limit {
        return Err(fault(403, "Quota exceeded, too many servers in group"));
    }
    Ok(group.clone())
}

/// A flavor by reference.
pub(super) fn flavor(state: &State, reference: &Value) -> Result<Flavor, Reply> {
    let id = python(reference).trim_matches('\'').to_owned();
    let id = id.rsplit('/').next().unwrap_or_default();
    let found = state.flavors.get(id).cloned();
    found.ok_or_else(|| bad_request(&format!("Flavor {id} could not be found.")))
}

fn image(cx: &Cx<'_>, server: &Object) -> Result<Row, Reply> {
    let Some(reference) = server.get("imageRef").filter(|v| *v != "") else {
        return Err(bad_request("Missing imageRef attribute"));
    };
    let id = reference.as_str().unwrap_or_default();
    if uuid::Uuid::parse_str(id).is_err() {
        let shown = python(reference);
        let reason = format!("{shown} is not valid under any of the given schemas");
        return Err(invalid("imageRef", reference, &reason));
    }
    let found = find_image(cx, id).ok_or_else(|| bad_request("Can not find requested image"))?;
    if found.text("status") != "active" {
        return Err(bad_request(&format!("Image {id} is not active.")));
    }
    Ok(found)
}

/// An image that the caller may use.
pub(super) fn find_image(cx: &Cx<'_>, id: &str) -> Option<Row> {
    let open = |row: &&Row| {
        cx.who.admin
            || row.text("owner") == cx.who.project_id
            || matches!(row.text("visibility"), "public" | "community")
    };
    cx.state.images.get(id).filter(open).cloned()
}

/// Whether an image can run on a flavor.
pub(super) fn fits(flavor: &Flavor, image: &Row) -> Result<(), Reply> {
    if image.number("min_ram") > flavor.ram {
        return Err(bad_request("Flavor's memory is too small for requested image."));
    }
    const GIB: i64 = 1 << 30;
    let disk = flavor.disk * GIB;
    if disk == 0 {
        return Ok(());
    }
    let size = image.number("size").max(image.number("virtual_size"));
    if size > disk {
        return Err(bad_request(&format!(
            "Flavor's disk is too small for requested image. Flavor disk is {disk} bytes, image is \
             {size} bytes."
        )));
    }
    let least = image.number("min_disk") * GIB;
    if least > disk {
        return Err(bad_request(&format!(
            "Flavor's disk is smaller than the minimum size specified in image metadata. Flavor \
             disk is {disk} bytes, minimum size is {least} bytes."
        )));
    }
    Ok(())
}

fn zone(cx: &Cx<'_>, server: &Object) -> Result<Option<String>, Reply> {
    let Some(zone) = text(server, "availability_zone") else { return Ok(None) };
    let name = zone.split(':').next().unwrap_or_default();
    if !schedule::ZONES.contains(&name) {
        return Err(bad_request("The requested availability zone is not available"));
    }
    if zone.contains(':') && !cx.who.admin {
        return Err(super::not_allowed("servers:create:forced_host"));
    }
    Ok(Some(zone.to_owned()))
}

fn host(cx: &Cx<'_>, server: &Object) -> Result<Option<String>, Reply> {
    let given = ["host", "hypervisor_hostname"].into_iter().find_map(|name| text(server, name));
    let Some(host) = given else { return Ok(None) };
    if !cx.who.admin {
        return Err(super::not_allowed("compute:servers:create:requested_destination"));
    }
    if !schedule::HOSTS.iter().any(|(known, _)| *known == host) {
        return Err(bad_request(&format!("Compute host {host} could not be found.")));
    }
    Ok(Some(host.to_owned()))
}

fn security_groups(cx: &mut Cx<'_>, server: &Object) -> Result<Vec<Row>, Reply> {
    let Some(list) = server.get("security_groups").and_then(Value::as_array) else {
        return Ok(Vec::new());
    };
    neutron::default_group(cx.state, &cx.who.project_id);
    list.iter()
        .map(|item| interfaces::find_group(cx, item["name"].as_str().unwrap_or_default()))
        .collect()
}

/// The ports are made later, but there must be room for them now.
fn check_ports(cx: &Cx<'_>, wanted: &Wanted) -> Result<(), Reply> {
    let project = &cx.who.project_id;
    let limit = cx.state.limit("network", project, "port");
    let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let count = i64::try_from(wanted.count).unwrap_or(i64::MAX);
    let new = number(wanted.nics.iter().filter(|nic| nic.port.is_none()).count());
    let used = number(cx.state.ports.count("project_id", project));
    if limit >= 0 && new > 0 && used + new * count > limit {
        return Err(fault(403, "Maximum number of ports exceeded"));
    }
    Ok(())
}

fn check_quota(cx: &Cx<'_>, wanted: &Wanted) -> Result<(), Reply> {
    let project = &cx.who.project_id;
    let count = i64::try_from(wanted.count).unwrap_or(i64::MAX);
    check_ports(cx, wanted)?;
    let uses = super::misc::usage(cx.state, project);
    let mut over: Vec<(&str, i64, i64, i64)> = Vec::new();
    for (name, asked, used) in [
        ("cores", wanted.flavor.vcpus * count, uses.cores),
        ("instances", count, uses.instances),
        ("ram", wanted.flavor.ram * count, uses.ram),
    ] {
        let limit = cx.state.limit("compute", project, name);
        if limit >= 0 && used + asked > limit {
            over.push((name, asked, used, limit));
        }
    }
    let items = cx.state.limit("compute", project, "metadata_items");
    let metadata = i64::try_from(wanted.metadata.len()).unwrap_or(i64::MAX);
    if items >= 0 && metadata > items {
        return Err(fault(403, "Maximum number of metadata items exceeds 128"));
    }
    if over.is_empty() {
        return Ok(());
    }
    let join = |part: fn(&(&str, i64, i64, i64)) -> String| {
        over.iter().map(part).collect::<Vec<_>>().join(", ")
    };
    let names = join(|o| o.0.to_owned());
    let message = format!(
        "Quota exceeded for {names}: Requested {}, but already used {} of {} {names}",
        join(|o| o.1.to_string()),
        join(|o| o.2.to_string()),
        join(|o| o.3.to_string()),
    );
    Err(fault(403, &message))
}
