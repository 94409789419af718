//! The descriptions of Glance's objects, which its clients read before they change one.

use crate::web::Reply;
use serde_json::{Value, json};

fn image() -> Value {
    let text = |description: &str| json!({"type": ["null", "string"], "description": description, "maxLength": 255});
    let fixed = |kind: &str, description: &str| json!({"type": ["null", kind], "readOnly": true, "description": description});
    json!({
        "name": "image",
        "properties": {
            "id": {"type": "string", "description": "An identifier for the image"},
            "name": text("Descriptive name for the image"),
            "status": {
                "type": "string", "readOnly": true, "description": "Status of the image",
                "enum": [
                    "queued", "saving", "active", "killed", "deleted", "uploading", "importing",
                    "pending_delete", "deactivated",
                ],
            },
            "visibility": {
                "type": "string", "description": "Scope of image accessibility",
                "enum": ["community", "public", "private", "shared"],
            },
            "protected": {
                "type": "boolean", "description": "If true, image will not be deletable.",
            },
            "os_hidden": {
                "type": "boolean",
                "description": "If true, image will not appear in default image list response.",
            },
            "checksum": fixed("string", "md5 hash of image contents."),
            "os_hash_algo": fixed("string", "Algorithm to calculate the os_hash_value"),
            "os_hash_value": fixed("string", "Hexdigest of the image contents"),
            "owner": text("Owner of the image"),
            "size": fixed("integer", "Size of image file in bytes"),
            "virtual_size": fixed("integer", "Virtual size of image in bytes"),
            "container_format": text("Format of the container"),
            "disk_format": text("Format of the disk"),
            "created_at": fixed("string", "Date and time of image registration"),
            "updated_at": fixed("string", "Date and time of the last image modification"),
            "tags": {
                "type": "array", "description": "List of strings related to the image",
                "items": {"type": "string", "maxLength": 255},
            },
            "min_ram": {"type": "integer", "description": "Amount of ram (in MB) required."},
            "min_disk": {"type": "integer", "description": "Amount of disk space (in GB) required."},
            "self": fixed("string", "An image self url"),
            "file": fixed("string", "An image file url"),
            "schema": fixed("string", "An image schema url"),
        },
        "additionalProperties": {"type": "string"},
        "links": [
            {"rel": "self", "href": "{self}"}, {"rel": "enclosure", "href": "{file}"},
            {"rel": "describedby", "href": "{schema}"},
        ],
    })
}

/// `GET /v2/schemas/{name}`
pub(super) fn answer(name: &str) -> Option<Reply> {
    let schema = match name {
        "image" => image(),
        "images" => json!({
            "name": "images",
            "properties": {
                "images": {"type": "array", "items": image()}, "first": {"type": "string"},
                "next": {"type": "string"}, "schema": {"type": "string"},
            },
            "links": [
                {"rel": "first", "href": "{first}"}, {"rel": "next", "href": "{next}"},
                {"rel": "describedby", "href": "{schema}"},
            ],
        }),
        _ => return None,
    };
    Some(Reply::json(200, &schema))
}
