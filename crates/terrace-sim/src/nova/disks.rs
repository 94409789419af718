//! The volumes that a new server asks for: `block_device_mapping_v2`.

use super::validate::{self, invalid};
use super::{Cx, bad_request, create};
use crate::cinder;
use crate::keystone;
use crate::records::{Disk, Row, Server};
use crate::state::State;
use crate::web::{Object, Reply, python, text};
use serde_json::Value;

const FIELDS: [&str; 14] = [
    "source_type",
    "destination_type",
    "uuid",
    "volume_size",
    "boot_index",
    "delete_on_termination",
    "device_name",
    "device_type",
    "disk_bus",
    "guest_format",
    "no_device",
    "tag",
    "volume_type",
    "volume_id",
];

/// What a body says about disks.
pub(super) struct Disks {
    pub(super) disks: Vec<Disk>,
    /// Whether the root disk is a volume, so that the server has no image.
    pub(super) root_is_volume: bool,
}

fn broken(reason: &str) -> Reply {
    bad_request(&format!("Block Device Mapping is Invalid: {reason}"))
}

/// One mapping, checked on its own.
struct Mapping<'a> {
    fields: &'a Object,
    source: &'a str,
    volume: bool,
    boot: i64,
    size: Option<i64>,
}

impl Mapping<'_> {
    fn uuid(&self) -> &str {
        text(self.fields, "uuid").unwrap_or_default()
    }
}

/// The disks of a body, with everything refused that Nova refuses before it answers.
pub(super) fn wanted(cx: &Cx<'_>, server: &Object) -> Result<Disks, Reply> {
    let Some(list) = server.get("block_device_mapping_v2") else {
        return Ok(Disks { disks: Vec::new(), root_is_volume: false });
    };
    let Some(items) = list.as_array() else {
        let reason = format!("{} is not of type 'array'", python(list));
        return Err(invalid("block_device_mapping_v2", list, &reason));
    };
    let mut mappings = Vec::new();
    for (at, item) in items.iter().enumerate() {
        mappings.push(mapping(at, item)?);
    }
    let imaged = text(server, "imageRef").is_some_and(|id| !id.is_empty());
    for mapping in &mappings {
        let local = mapping.source == "image" && !mapping.volume;
        if local && (!imaged || mapping.boot != 0) {
            return Err(broken("Mapping image to local is not supported."));
        }
    }
    if let Some(root) = mappings.iter().find(|mapping| mapping.boot == 0) {
        exists(cx, root)?;
    }
    if !items.is_empty() && mappings.iter().filter(|mapping| mapping.boot == 0).count() != 1 {
        return Err(broken(
            "Boot sequence for the instance and image/block device mapping combination is not \
             valid.",
        ));
    }
    let mut disks = Vec::new();
    for mapping in &mappings {
        disks.extend(disk(cx, mapping)?);
    }
    let root_is_volume = disks.iter().any(|disk| disk.root);
    name_devices(&mut disks);
    Ok(Disks { disks, root_is_volume })
}

fn mapping(at: usize, item: &Value) -> Result<Mapping<'_>, Reply> {
    let Some(fields) = item.as_object() else {
        let reason = format!("{} is not of type 'object'", python(item));
        return Err(invalid(&at.to_string(), item, &reason));
    };
    validate::fields(&at.to_string(), fields, &[], &FIELDS)?;
    let one_of = |field: &str, words: &[&str]| {
        let Some(value) = fields.get(field).filter(|value| !value.is_null()) else { return Ok(()) };
        if words.contains(&value.as_str().unwrap_or_default()) {
            return Ok(());
        }
        let all: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
        let reason = format!("{} is not one of [{}]", python(value), all.join(", "));
        Err(invalid(field, value, &reason))
    };
    one_of("source_type", &["volume", "image", "snapshot", "blank"])?;
    one_of("destination_type", &["local", "volume"])?;
    let size = match fields.get("volume_size").filter(|value| !value.is_null()) {
        None => None,
        Some(value) => {
            let number = python(value).trim_matches('\'').parse::<i64>().ok().filter(|n| *n >= 0);
            Some(number.ok_or_else(|| {
                let reason = format!("{} does not match '^[0-9]+$'", python(value));
                invalid("volume_size", value, &reason)
            })?)
        }
    };
    if let Some(value) = fields.get("delete_on_termination") {
        validate::truth("delete_on_termination", value)?;
    }
    let source = text(fields, "source_type").unwrap_or_default();
    if source != "blank" && text(fields, "uuid").is_none() {
        return Err(broken("Missing device UUID."));
    }
    let boot = fields.get("boot_index").map(|v| python(v).trim_matches('\'').parse::<i64>());
    let volume = match text(fields, "destination_type") {
        Some(word) => word == "volume",
        None => matches!(source, "volume" | "snapshot"),
    };
    let boot = boot.and_then(Result::ok).unwrap_or(-1);
    Ok(Mapping { fields, source, volume, boot, size })
}

/// Whether what the root disk is made from is there.
fn exists(cx: &Cx<'_>, root: &Mapping<'_>) -> Result<(), Reply> {
    let id = root.uuid();
    match root.source {
        "image" if create::find_image(cx, id).is_none() => {
            Err(broken(&format!("failed to get image {id}.")))
        }
        "volume" => {
            let volume = cx.state.volumes.get(id);
            let volume = volume.filter(|v| cx.who.admin || v.project_id == cx.who.project_id);
            match volume {
                None => Err(broken(&format!("failed to get volume {id}."))),
                Some(volume) if !volume.bootable => {
                    Err(bad_request(&format!("Block Device {id} is not bootable.")))
                }
                Some(_) => Ok(()),
            }
        }
        "snapshot" => Err(bad_request(&format!("Snapshot {id} could not be found."))),
        _ => Ok(()),
    }
}

fn disk(cx: &Cx<'_>, mapping: &Mapping<'_>) -> Result<Option<Disk>, Reply> {
    if !mapping.volume {
        // Local disks are the host's affair.
        return Ok(None);
    }
    exists(cx, &Mapping { fields: mapping.fields, ..*mapping })?;
    let kind = match text(mapping.fields, "volume_type") {
        Some(name) => {
            let found = cinder::type_named(cx.state, name).map(|row| row.text("name").to_owned());
            let missing = || bad_request(&format!("Volume type {name} could not be found."));
            Some(found.ok_or_else(missing)?)
        }
        None => None,
    };
    let size = mapping.size.filter(|size| *size > 0);
    let (volume, make) = match (mapping.source, size) {
        ("volume", _) => (Some(mapping.uuid().to_owned()), None),
        ("image", Some(size)) => (None, Some((size, kind, Some(mapping.uuid().to_owned())))),
        ("image", None) => {
            return Err(bad_request(
                "Images with destination_type 'volume' need to have a non-zero size specified",
            ));
        }
        (_, Some(size)) => (None, Some((size, kind, None))),
        (_, None) => {
            return Err(bad_request(
                "Blank volumes (source: 'blank', dest: 'volume') need to have non-zero size",
            ));
        }
    };
    let delete = mapping.fields.get("delete_on_termination");
    Ok(Some(Disk {
        id: String::new(),
        attachment: String::new(),
        volume,
        make,
        device: String::new(),
        tag: text(mapping.fields, "tag").map(str::to_owned),
        root: mapping.boot == 0,
        delete: delete.is_some_and(|v| validate::truth("", v).unwrap_or_default()),
    }))
}

/// The root disk, be it local, is the first one.
fn name_devices(disks: &mut [Disk]) {
    let mut next = b'b';
    for disk in disks {
        if disk.root {
            disk.device = "/dev/sda".into();
        } else {
            disk.device = format!("/dev/sd{}", char::from(next));
            next += 1;
        }
    }
}

/// The name of the next disk of a server.
pub(super) fn next_device(server: &Server) -> String {
    let taken = |name: &str| server.disks.iter().any(|disk| disk.device == name);
    let letters = (b'b'..=b'z').map(|letter| format!("/dev/sd{}", char::from(letter)));
    letters.into_iter().find(|name| !taken(name)).unwrap_or_else(|| "/dev/sdzz".into())
}

/// The disks for one server, each with ids of its own.
pub(super) fn fresh(state: &mut State, disks: &[Disk]) -> Vec<Disk> {
    let fresh = |disk: &Disk| Disk { id: state.uuid(), attachment: state.uuid(), ..disk.clone() };
    disks.iter().map(fresh).collect()
}

/// Makes the volumes that are still to be made, each for the server alone.
pub(super) fn make(state: &mut State, server: &mut Server) {
    let who = keystone::on_behalf(&server.user_id, &server.project_id);
    let mut disks = std::mem::take(&mut server.disks);
    for disk in &mut disks {
        let Some((size, kind, image)) = disk.make.take() else { continue };
        let name = if image.is_some() { String::new() } else { format!("{}-blank-vol", server.id) };
        let making = cinder::Making {
            name: Some(name),
            description: Some(String::new()),
            size,
            kind: kind.unwrap_or_else(|| "standard".into()),
            image,
            ..cinder::Making::default()
        };
        let mut volume = cinder::fill(state, &who, making);
        volume.attachments.push(crate::records::Attachment {
            id: disk.attachment.clone(),
            server: server.id.clone(),
            device: disk.device.clone(),
            at: None,
        });
        disk.volume = Some(volume.id.clone());
        state.put_volume(volume);
    }
    server.disks = disks;
}

/// Whether an image fits on the volume that is made from it.
pub(super) fn check_sizes(cx: &Cx<'_>, disks: &[Disk]) -> Result<(), Reply> {
    const GIB: i64 = 1 << 30;
    for (size, _, image) in disks.iter().filter_map(|disk| disk.make.as_ref()) {
        let image: Option<Row> = image.as_deref().and_then(|id| create::find_image(cx, id));
        let least = image.map_or(0, |image| image.number("min_disk"));
        if *size < least {
            return Err(bad_request(&format!(
                "Volume is smaller than the minimum size specified in image metadata. Volume size \
                 is {} bytes, minimum size is {} bytes.",
                size * GIB,
                least * GIB
            )));
        }
    }
    Ok(())
}

/// The id of the image that the root volume was made from.
pub(super) fn root_image(state: &State, server: &Server) -> Option<String> {
    let root = server.disks.iter().find(|disk| disk.root)?;
    let volume = state.volumes.get(root.volume.as_deref()?)?;
    text(&volume.image_metadata, "image_id").map(str::to_owned)
}

/// The rows of volumes that a server's disks name.
pub(super) fn ids(server: &Server) -> Vec<String> {
    server.disks.iter().filter_map(|disk| disk.volume.clone()).collect()
}
