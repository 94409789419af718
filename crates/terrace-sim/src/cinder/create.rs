//! New volumes: empty, from an image, or from another volume.

use super::lifecycle::later;
use super::{Cx, bad_request, invalid_input, not_found, types, view};
use crate::keystone::Caller;
use crate::nova::validate;
use crate::records::{Change, Row, Volume};
use crate::state::State;
use crate::table::Record;
use crate::web::{Answer, Object, Reply, python, text};
use serde_json::{Value, json};

const GIB: i64 = 1 << 30;

/// What a volume is to be.
#[derive(Default)]
pub(crate) struct Making {
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) size: i64,
    pub(crate) kind: String,
    pub(crate) metadata: Vec<(String, String)>,
    pub(crate) image: Option<String>,
    pub(crate) source: Option<String>,
}

/// `POST /volumes`
pub(super) fn create(cx: &mut Cx<'_>) -> Answer {
    let body = cx.body()?;
    let Some(wanted) = body.get("volume") else {
        return Err(bad_request("'volume' is a required property"));
    };
    let Some(wanted) = wanted.as_object() else {
        let reason = format!("{} is not of type 'object'", python(wanted));
        return Err(validate::invalid("volume", wanted, &reason));
    };
    let making = making(cx, wanted)?;
    check_quota(cx.state, &cx.who.project_id, (1, making.size), making.size)?;
    let mut volume = fill(cx.state, &cx.who, making);
    volume.due = fate(cx.state, &volume);
    cx.state.put_volume(volume.clone());
    Ok(Reply::json(202, &json!({"volume": view::summary(cx, &volume)})))
}

/// A new volume, which is being made.
pub(crate) fn fill(state: &mut State, who: &Caller, making: Making) -> Volume {
    Volume {
        id: state.uuid(),
        project_id: who.project_id.clone(),
        user_id: who.user_id.clone(),
        name: making.name,
        description: making.description,
        size: making.size,
        kind: making.kind,
        status: "creating".into(),
        created: state.now,
        updated: None,
        metadata: making.metadata.into_iter().collect(),
        bootable: false,
        source: making.source,
        image: making.image,
        image_metadata: Object::new(),
        attachments: Vec::new(),
        due: None,
    }
}

/// What becomes of a new volume, and when.
fn fate(state: &State, volume: &Volume) -> Option<(u64, Change)> {
    let fails = volume.metadata.get("fake:fail").is_some_and(|word| word == "create");
    let change = if fails { Change::Rests("error".into()) } else { Change::Made };
    let (at, change) = later(state, change)?;
    let delay = volume.metadata.get("fake:create_delay").and_then(|s| s.parse::<f64>().ok());
    // A negative or absurd delay becomes none or the longest there is.
    let delay = delay.map_or(0, |seconds| (seconds * 1000.0) as u64);
    Some((at.saturating_add(delay), change))
}

/// A volume is made: it can be used, and tells what it was made from.
pub(super) fn finish(state: &State, volume: &mut Volume) {
    volume.status = "available".into();
    let source = volume.source.as_deref().and_then(|id| state.volumes.get(id));
    if let Some(source) = source {
        volume.bootable = source.bootable;
        volume.image_metadata = source.image_metadata.clone();
    }
    let image = volume.image.as_deref().and_then(|id| state.images.get(id));
    if let Some(image) = image {
        volume.bootable = true;
        volume.image_metadata = image_metadata(image);
    }
}

/// What a volume remembers of its image, all of it text.
fn image_metadata(image: &Row) -> Object {
    const CORE: [&str; 6] =
        ["checksum", "container_format", "disk_format", "min_disk", "min_ram", "size"];
    const OTHERS: [&str; 17] = [
        "id",
        "name",
        "visibility",
        "virtual_size",
        "status",
        "protected",
        "owner",
        "os_hidden",
        "os_hash_algo",
        "os_hash_value",
        "created_at",
        "updated_at",
        "tags",
        "self",
        "file",
        "schema",
        "stores",
    ];
    let plain = |value: &Value| value.as_str().map_or_else(|| python(value), str::to_owned);
    let mut out: Object = image
        .0
        .iter()
        .filter(|(name, _)| !CORE.contains(&name.as_str()) && !OTHERS.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), json!(plain(value))))
        .collect();
    out.insert("image_id".into(), json!(image.id()));
    out.insert("image_name".into(), json!(image.text("name")));
    for name in CORE {
        out.insert(name.into(), json!(image.0.get(name).map(plain)));
    }
    out
}

fn making(cx: &Cx<'_>, wanted: &Object) -> Result<Making, Reply> {
    let size = size("size", wanted.get("size"))?;
    for field in ["name", "description"] {
        if let Some(long) = text(wanted, field).filter(|text| text.chars().count() > 255) {
            let count = long.chars().count();
            return Err(invalid_input(&format!("{field} has {count} characters, more than 255.")));
        }
    }
    let metadata = match wanted.get("metadata").filter(|value| !value.is_null()) {
        Some(value) => super::volumes::metadata(value)?,
        None => Vec::new(),
    };
    if wanted.get("multiattach") == Some(&json!(true)) {
        return Err(bad_request(
            "multiattach parameter has been removed. The default behavior is to use multiattach \
             enabled volume types. Contact your administrator to create a multiattach enabled \
             volume type and use it to create multiattach volumes.",
        ));
    }
    for (field, what) in [("snapshot_id", "Snapshot"), ("backup_id", "Backup")] {
        // This cloud keeps neither, so none can be found.
        if let Some(id) = text(wanted, field) {
            return Err(not_found(&format!("{what} {id} could not be found.")));
        }
    }
    let source = match text(wanted, "source_volid") {
        Some(id) => Some(super::volumes::get(cx, id)?),
        None => None,
    };
    let kind = match text(wanted, "volume_type") {
        Some(name) => types::wanted(cx.state, name)?,
        None => source.as_ref().map_or_else(|| types::DEFAULT.to_owned(), |s| s.kind.clone()),
    };
    let image = match text(wanted, "imageRef").or_else(|| text(wanted, "image_id")) {
        Some(id) => Some(image(cx, id)?),
        None => None,
    };
    if let Some(zone) = text(wanted, "availability_zone").filter(|zone| *zone != view::ZONE) {
        return Err(bad_request(&format!("Availability zone '{zone}' is invalid.")));
    }
    let size = size.or_else(|| source.as_ref().map(|source| source.size)).ok_or_else(|| {
        bad_request(
            "The server could not comply with the request since it is either malformed or \
             otherwise incorrect.",
        )
    })?;
    fits(size, image.as_ref(), source.as_ref())?;
    Ok(Making {
        name: text(wanted, "name").map(|name| name.trim().to_owned()),
        description: text(wanted, "description").map(str::to_owned),
        size,
        kind,
        metadata,
        image: image.map(|image| image.id().to_owned()),
        source: source.map(|source| source.id),
    })
}

/// A size in GiB, as a number or as text.
pub(super) fn size(field: &str, value: Option<&Value>) -> Result<Option<i64>, Reply> {
    let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(None) };
    let number = match value {
        Value::String(text) => text.parse::<i64>().ok().filter(|n| *n >= 0).ok_or_else(|| {
            let reason = format!("{} does not match '^[0-9]+$'", python(value));
            validate::invalid(field, value, &reason)
        })?,
        other => other.as_i64().ok_or_else(|| {
            let reason = format!("{} is not of type 'integer', 'string'", python(value));
            validate::invalid(field, value, &reason)
        })?,
    };
    if number < 1 {
        let reason = format!("{number} is less than the minimum of 1");
        return Err(validate::invalid(field, value, &reason));
    }
    Ok(Some(number))
}

fn image(cx: &Cx<'_>, id: &str) -> Result<Row, Reply> {
    let row = cx.state.images.get(id).filter(|row| {
        cx.who.admin
            || row.text("owner") == cx.who.project_id
            || matches!(row.text("visibility"), "public" | "community")
    });
    let row = row.ok_or_else(|| {
        bad_request("Invalid image identifier or unable to access requested image.")
    })?;
    if row.text("status") != "active" {
        return Err(invalid_input(&format!("Image {id} is not active.")));
    }
    Ok(row.clone())
}

fn fits(size: i64, image: Option<&Row>, source: Option<&Volume>) -> Result<(), Reply> {
    if let Some(source) = source.filter(|source| size < source.size) {
        return Err(invalid_input(&format!(
            "Volume size '{size}'GB cannot be smaller than original volume size  {}GB. They must \
             be >= original volume size.",
            source.size
        )));
    }
    let Some(image) = image else { return Ok(()) };
    let least = image.number("size").saturating_add(GIB - 1) / GIB;
    if size < least {
        return Err(invalid_input(&format!(
            "Size of specified image {least}GB is larger than volume size {size}GB."
        )));
    }
    let least = image.number("min_disk");
    if size < least {
        return Err(invalid_input(&format!(
            "Volume size {size}GB cannot be smaller than the image minDisk size {least}GB."
        )));
    }
    Ok(())
}

/// How many volumes a project has, and how large they are together.
pub(super) fn usage(state: &State, project: &str) -> (i64, i64) {
    let own = state.volumes.find("project_id", project);
    own.fold((0, 0), |(count, size), volume| (count + 1, size + volume.size))
}

/// Refuses what would be more than the project may have.
pub(super) fn check_quota(
    state: &State,
    project: &str,
    (count, more): (i64, i64),
    size: i64,
) -> Result<(), Reply> {
    let limit = |name: &str| state.limit("volume", project, name);
    let over = |message: String| {
        let fault = json!({"code": 413, "message": message, "retryAfter": "0"});
        Reply::json(413, &json!({ "overLimit": fault })).header("retry-after", "0")
    };
    let most = limit("per_volume_gigabytes");
    if most >= 0 && size > most {
        return Err(over(format!(
            "VolumeSizeExceedsLimit: Requested volume size {size}G is larger than maximum allowed \
             limit {most}G."
        )));
    }
    let (volumes, gigabytes) = (limit("volumes"), limit("gigabytes"));
    if volumes < 0 && gigabytes < 0 {
        return Ok(());
    }
    let (used, sum) = usage(state, project);
    if gigabytes >= 0 && sum + more > gigabytes {
        return Err(over(format!(
            "VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed \
             gigabytes quota. Requested {more}G, quota is {gigabytes}G and {sum}G has been \
             consumed."
        )));
    }
    if volumes >= 0 && used + count > volumes {
        return Err(over(format!(
            "VolumeLimitExceeded: Maximum number of volumes allowed ({volumes}) exceeded for quota \
             'volumes'."
        )));
    }
    Ok(())
}
