//! Volume: Cinder `/v3/volumes`, and its attachment to a server.

use super::{
    attribute, compared, computed, field, fixed, id, name, naming, needed, or_bool, or_chosen,
    table, untold,
};
use crate::kind::Kind;
use crate::map::Attributes;
use crate::observed::LookupKind;
use crate::schema::{Attribute, Compare, Field, KindSchema, OnChange, Presence, Refers, Type};
use crate::value::Value;

const HINTS: Type = Type::Object(&[
    volumes("different_host", "Volumes on whose hosts it must not be."),
    volumes("same_host", "Volumes on one of whose hosts it must be."),
    Field {
        refers: Refers::Kind(Kind::Server),
        ..field("local_to_instance", Type::String, "A server on whose host it must be.")
    },
    field("query", Type::String, "A condition on hosts, in the scheduler's JSON."),
]);

const fn volumes(name: &'static str, doc: &'static str) -> Field {
    Field { refers: Refers::Kind(Kind::Volume), ..field(name, Type::List(&Type::String), doc) }
}

pub(crate) static SCHEMA: KindSchema = KindSchema {
    doc: "A disk that lives apart from servers. A server names it under `volumes`.",
    loses: Some("what is on it"),
    complete,
    attributes: &[
        name(OnChange::InPlace),
        attribute("description", Type::String, "Description, at most 255 characters."),
        needed(attribute(
            "size",
            Type::Integer(1, 1_000_000),
            "Size in GiB. It can grow, also in use; it cannot shrink.",
        )),
        or_chosen(attribute(
            "type",
            Type::String,
            "Name of the volume type; the cloud chooses unless given.",
        )),
        untold(attribute(
            "migration_policy",
            Type::Enum(&["never", "on-demand"]),
            "Whether it may be moved when its `type` changes; `never` unless given.",
        )),
        compared(
            Compare::OwnKeys,
            attribute(
                "metadata",
                Type::Map(&Type::String),
                "Metadata; keys and values of at most 255 characters. Keys of others are left alone.",
            ),
        ),
        or_chosen(attribute(
            "bootable",
            Type::Bool,
            "Whether a server can start from it; as its source says unless given.",
        )),
        fixed(Attribute {
            refers: Refers::Lookup(LookupKind::Image),
            ..attribute("image", Type::String, "Name or id of the image that it is a copy of.")
        }),
        fixed(naming(
            Kind::Volume,
            attribute("source_volume", Type::String, "The volume that it is a copy of."),
        )),
        fixed(attribute("snapshot", Type::String, "Id of the snapshot that it is a copy of.")),
        fixed(untold(attribute("backup", Type::String, "Id of the backup that it is a copy of."))),
        fixed(untold(attribute("scheduler_hints", HINTS, "Where it should be placed."))),
        or_chosen(fixed(attribute(
            "availability_zone",
            Type::String,
            "The zone; the cloud chooses unless given.",
        ))),
        id(),
        computed("status", Type::String, "State in the cloud, such as `in-use`."),
        computed(
            "multiattach",
            Type::Bool,
            "Whether several servers may have it, as its type says.",
        ),
        computed("encrypted", Type::Bool, "Whether it is encrypted, as its type says."),
        computed("attached_to", Type::List(&Type::String), "Ids of the servers that have it."),
    ],
    ..table(Kind::Volume, "volumes", "volume")
};

fn complete(attributes: &mut Attributes) -> Result<(), String> {
    let sources = ["image", "source_volume", "snapshot", "backup"];
    let given = |name: &&str| attributes.get(name).is_some_and(|v: &Value| !v.is_null());
    let given: Vec<&str> = sources.into_iter().filter(given).collect();
    match given[..] {
        [] | [_] => Ok(()),
        _ => Err(format!("a volume is a copy of one thing, not of `{}`", given.join("` and `"))),
    }
}

pub(crate) static ATTACHMENT: KindSchema = KindSchema {
    parent: Some(Kind::Server),
    key: "volumes",
    short: Some("volume"),
    doc: "A volume in a server. `volumes: [data]` is short for `{data: {volume: data}}`.",
    attributes: &[
        needed(fixed(naming(Kind::Volume, attribute("volume", Type::String, "The volume.")))),
        untold(or_chosen(fixed(attribute(
            "device",
            Type::String,
            "Where it should appear, such as `/dev/vdb`: a hint that most hypervisors do not take.",
        )))),
        fixed(untold(attribute(
            "tag",
            Type::String,
            "What the server's metadata calls the disk, so that it can tell it from others.",
        ))),
        or_bool(
            false,
            attribute(
                "delete_on_termination",
                Type::Bool,
                "Whether the volume goes with the server; false unless given.",
            ),
        ),
        Attribute {
            presence: Presence::Computed,
            on_change: OnChange::Replace,
            refers: Refers::Kind(Kind::Server),
            ..attribute("server_id", Type::String, "The server it is written in.")
        },
        id(),
    ],
    ..table(Kind::VolumeAttachment, "volume_attachments", "volume attachment")
};
