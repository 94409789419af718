//! Server: Nova `/servers`.

use super::{attribute, computed, id, name};
use crate::kind::Kind;
use crate::observed::LookupKind;
use crate::schema::{Attribute, Compare, Fallback, KindSchema, OnChange, Presence, Refers, Type};

const IMAGE: Refers = Refers::Lookup(LookupKind::Image);
const FLAVOR: Refers = Refers::Lookup(LookupKind::Flavor);

pub(crate) static SCHEMA: KindSchema = KindSchema {
    kind: Kind::Server,
    section: "servers",
    noun: "server",
    parent: None,
    doc: "A virtual machine.",
    id_is: None,
    version: 1,
    attributes: &[
        name(OnChange::InPlace),
        Attribute {
            presence: Presence::Required,
            on_change: OnChange::Rebuild,
            refers: IMAGE,
            ..attribute(
                "image",
                Type::String,
                "Name or id of the image. A change rebuilds the server: its root disk is lost.",
            )
        },
        Attribute {
            presence: Presence::Required,
            on_change: OnChange::Resize,
            refers: FLAVOR,
            ..attribute(
                "flavor",
                Type::String,
                "Name or id of the flavor. A change resizes the server: it is restarted.",
            )
        },
        Attribute {
            on_change: OnChange::Replace,
            refers: Refers::Kind(Kind::Keypair),
            ..attribute("keypair", Type::String, "The keypair it is created with.")
        },
        Attribute {
            presence: Presence::Required,
            on_change: OnChange::Replace,
            refers: Refers::Kind(Kind::Network),
            compare: Compare::Set,
            ..attribute(
                "networks",
                Type::List(&Type::String),
                "Networks it has a port on, in order.",
            )
        },
        Attribute {
            on_change: OnChange::Replace,
            refers: Refers::Kind(Kind::ServerGroup),
            ..attribute("server_group", Type::String, "The server group it belongs to.")
        },
        Attribute {
            compare: Compare::OwnKeys,
            ..attribute(
                "metadata",
                Type::Map(&Type::String),
                "Metadata; keys and values of at most 255 characters. Keys of others are left alone.",
            )
        },
        attribute("description", Type::String, "Description, at most 255 characters."),
        Attribute {
            compare: Compare::Set,
            ..attribute(
                "tags",
                Type::List(&Type::String),
                "Tags; at most 50, each at most 60 characters, without `/` and `,`.",
            )
        },
        Attribute {
            on_change: OnChange::Replace,
            secret: true,
            readable: false,
            ..attribute(
                "user_data",
                Type::String,
                "What cloud-init reads at the first start, as plain text. Only a hash of it is kept.",
            )
        },
        Attribute {
            presence: Presence::OptionalComputed,
            on_change: OnChange::Replace,
            ..attribute(
                "availability_zone",
                Type::String,
                "The zone; the cloud chooses unless given.",
            )
        },
        Attribute {
            presence: Presence::Default(Fallback::Bool(false)),
            on_change: OnChange::Replace,
            ..attribute(
                "config_drive",
                Type::Bool,
                "Whether metadata is also on a drive; false unless given.",
            )
        },
        id(),
        computed("status", Type::String, "State in the cloud, such as `ACTIVE`."),
        computed("access_ip", Type::String, "Its first fixed address."),
        computed(
            "addresses",
            Type::Map(&Type::List(&Type::String)),
            "Its addresses, by network name.",
        ),
        computed("created", Type::String, "When it was created."),
    ],
};
