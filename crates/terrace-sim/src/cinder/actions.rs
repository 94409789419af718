//! What can be done to a volume: `POST /volumes/{id}/action`.

use super::lifecycle::later;
use super::volumes::get;
use super::{Cx, bad_request, create, found, invalid_input, invalid_volume, types};
use crate::nova::validate;
use crate::records::{Change, Volume};
use crate::web::{Answer, Object, Reply, python};
use serde_json::{Value, json};

/// `POST /volumes/{id}/action`
pub(super) fn answer(cx: &mut Cx<'_>, id: &str) -> Answer {
    let body = cx.body()?;
    let Some((name, value)) = body.iter().next().filter(|_| body.len() == 1) else {
        return Err(bad_request("Malformed request body"));
    };
    let given = value.as_object().cloned().unwrap_or_default();
    match name.as_str() {
        "os-extend" => extend(cx, id, &given),
        "os-retype" => retype(cx, id, &given),
        "os-set_image_metadata" | "os-unset_image_metadata" | "os-show_image_metadata" => {
            image_metadata(cx, id, (name, &given))
        }
        "os-reset_status" => {
            cx.admin_only("volume_extension:volume_admin_actions:reset_status")?;
            let mut volume = get(cx, id)?;
            if let Some(status) = given.get("status").and_then(Value::as_str) {
                volume.status = status.to_owned();
                volume.due = None;
            }
            keep(cx, volume, 202)
        }
        "os-force_delete" => {
            cx.admin_only("volume_extension:volume_admin_actions:force_delete")?;
            let mut volume = get(cx, id)?;
            volume.status = "deleting".into();
            volume.due = later(cx.state, Change::Gone);
            keep(cx, volume, 202)
        }
        other => flag(cx, id, (other, &given)),
    }
}

fn keep(cx: &mut Cx<'_>, mut volume: Volume, code: u16) -> Answer {
    volume.updated = Some(cx.state.now);
    cx.state.put_volume(volume);
    Ok(Reply::empty(code))
}

/// The actions that only set something.
fn flag(cx: &mut Cx<'_>, id: &str, (name, given): (&str, &Object)) -> Answer {
    let known = [
        "os-set_bootable",
        "os-update_readonly_flag",
        "os-reserve",
        "os-unreserve",
        "os-detach",
        "os-begin_detaching",
        "os-roll_detaching",
    ];
    if !known.contains(&name) {
        return Err(bad_request(&format!(
            "There is no such action: {name}. Verify the request body and Content-Type header and \
             try again."
        )));
    }
    let mut volume = get(cx, id)?;
    let on = |field: &str| {
        let value = given.get(field).unwrap_or(&Value::Null);
        validate::truth(field, value)
    };
    let mut code = 202;
    match name {
        "os-set_bootable" => {
            volume.bootable = on("bootable")?;
            code = 200;
        }
        "os-update_readonly_flag" => {
            let value = if on("readonly")? { "True" } else { "False" };
            volume.metadata.insert("readonly".into(), value.into());
        }
        "os-reserve" if volume.status == "available" => volume.status = "attaching".into(),
        "os-reserve" => {
            return Err(invalid_volume(&format!(
                "Volume status must be available to reserve, but the status is {}.",
                volume.status
            )));
        }
        "os-unreserve" if volume.status == "attaching" => volume.status = "available".into(),
        "os-begin_detaching" if volume.status == "in-use" => volume.status = "detaching".into(),
        "os-begin_detaching" => {
            return Err(invalid_volume(
                "Unable to detach volume. Volume status must be 'in-use' and attach_status must be \
                 'attached' to detach.",
            ));
        }
        "os-roll_detaching" if volume.status == "detaching" => volume.status = "in-use".into(),
        _ => {}
    }
    keep(cx, volume, code)
}

fn extend(cx: &mut Cx<'_>, id: &str, given: &Object) -> Answer {
    validate::fields("os-extend", given, &["new_size"], &[])?;
    let size = create::size("new_size", given.get("new_size"))?.unwrap_or_default();
    let mut volume = get(cx, id)?;
    let (from, words): (&[&str], &str) = if cx.minor >= 42 {
        (&["available", "in-use"], "{'status': ['available', 'in-use']}")
    } else {
        (&["available"], "{'status': 'available'}")
    };
    if size <= volume.size {
        return Err(invalid_input(&format!(
            "New size for extend must be greater than current size. (current: {}, extended: \
             {size}).",
            volume.size
        )));
    }
    if !from.contains(&volume.status.as_str()) {
        return Err(invalid_volume(&format!(
            "Volume {id} status must be '{words}' to extend, currently {}.",
            volume.status
        )));
    }
    create::check_quota(cx.state, &volume.project_id, (0, size - volume.size), size)?;
    let fails = volume.metadata.get("fake:fail").is_some_and(|word| word == "extend");
    let change =
        if fails { Change::Rests("error_extending".into()) } else { Change::Extended(size) };
    volume.status = "extending".into();
    volume.due = later(cx.state, change);
    keep(cx, volume, 202)
}

fn retype(cx: &mut Cx<'_>, id: &str, given: &Object) -> Answer {
    validate::fields("os-retype", given, &["new_type"], &["migration_policy"])?;
    let policy = given.get("migration_policy").cloned().unwrap_or_else(|| json!("never"));
    if !["on-demand", "never"].contains(&policy.as_str().unwrap_or_default()) {
        let reason = format!("{} is not one of ['on-demand', 'never']", python(&policy));
        return Err(validate::invalid("migration_policy", &policy, &reason));
    }
    let mut volume = get(cx, id)?;
    let kind = types::wanted(cx.state, given["new_type"].as_str().unwrap_or_default())?;
    if !["available", "in-use"].contains(&volume.status.as_str()) || kind == volume.kind {
        return Err(invalid_volume(
            "Retype needs volume to be in available or in-use state, not be part of an active \
             migration or a consistency group, requested type has to be different that the one \
             from the volume, and for in-use volumes front-end qos specs cannot change.",
        ));
    }
    volume.status = "retyping".into();
    volume.due = later(cx.state, Change::Retyped(kind));
    keep(cx, volume, 202)
}

fn image_metadata(cx: &mut Cx<'_>, id: &str, (name, given): (&str, &Object)) -> Answer {
    let mut volume = get(cx, id)?;
    match name {
        "os-set_image_metadata" => {
            let wanted = given.get("metadata").and_then(Value::as_object).cloned();
            volume.image_metadata.extend(wanted.unwrap_or_default());
        }
        "os-unset_image_metadata" => {
            let key = given.get("key").and_then(Value::as_str).unwrap_or_default();
            if volume.image_metadata.shift_remove(key).is_none() {
                let message = format!("Volume {id} has no metadata with key {key}.");
                return Err(super::not_found(&message));
            }
            return keep(cx, volume, 200);
        }
        _ => {}
    }
    let all = volume.image_metadata.clone();
    keep(cx, volume, 200)?;
    found("metadata", all)
}
