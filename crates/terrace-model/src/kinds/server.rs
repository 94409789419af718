//! Server: Nova `/servers`.

use super::{
    attribute, compared, computed, field, fixed, id, name, naming, needed, or_bool, or_chosen,
    refers, table, untold,
};
use crate::kind::Kind;
use crate::map::Attributes;
use crate::observed::LookupKind;
use crate::schema::{Attribute, Compare, Field, KindSchema, OnChange, Refers, Type};
use crate::value::Value;

const NIC: Type = Type::Short(
    "network",
    &[
        refers("network", Kind::Network, "A network: the server gets a port of its own on it."),
        refers("port", Kind::Port, "A port that exists: the server is plugged into it."),
        field("fixed_ip", Type::Address, "The address on the network; any unless given."),
    ],
);

const BOOT_VOLUME: Type = Type::Object(&[
    field("size", Type::Integer(1, 1_000_000), "Size in GiB; needed with an image."),
    field("type", Type::String, "Name of the volume type; the cloud chooses unless given."),
    refers("volume", Kind::Volume, "A bootable volume to start from, in place of an image."),
    field("snapshot", Type::String, "Id of a volume snapshot to start from, in place of an image."),
    field(
        "delete_on_termination",
        Type::Bool,
        "Whether it goes with the server; true unless given, false for a volume that exists.",
    ),
]);

const HINTS: Type = Type::Object(&[
    Field {
        refers: Refers::Kind(Kind::Server),
        ..field(
            "different_host",
            Type::List(&Type::String),
            "Servers on whose hosts it must not be.",
        )
    },
    Field {
        refers: Refers::Kind(Kind::Server),
        ..field("same_host", Type::List(&Type::String), "Servers on one of whose hosts it must be.")
    },
    field("query", Type::String, "A condition on hosts, in the scheduler's JSON."),
    field("build_near_host_ip", Type::Address, "A host's address, to be near it."),
    field("other", Type::Map(&Type::String), "Hints that the cloud's own filters read, by name."),
]);

pub(crate) static SCHEMA: KindSchema = KindSchema {
    doc: "A virtual machine. Its further disks are written inside it, under `volumes`.",
    loses: Some("its root disk"),
    complete,
    attributes: &[
        name(OnChange::InPlace),
        Attribute {
            on_change: OnChange::Rebuild,
            replace_when: Some("boot_volume"),
            refers: Refers::Lookup(LookupKind::Image),
            ..attribute(
                "image",
                Type::String,
                "Name or id of the image. A change rebuilds the server: its root disk is lost. With `boot_volume` it replaces the server.",
            )
        },
        needed(Attribute {
            on_change: OnChange::Resize,
            refers: Refers::Lookup(LookupKind::Flavor),
            ..attribute(
                "flavor",
                Type::String,
                "Name or id of the flavor. A change resizes the server: it is restarted.",
            )
        }),
        fixed(naming(
            Kind::Keypair,
            attribute("keypair", Type::String, "The keypair it is created with."),
        )),
        needed(compared(
            Compare::Given,
            attribute(
                "networks",
                Type::List(&NIC),
                "What it is plugged into: networks by name, or maps with `network` and `fixed_ip`, or with `port`; `[]` is none. Changes plug and unplug.",
            ),
        )),
        or_chosen(compared(
            Compare::Set,
            naming(
                Kind::SecurityGroup,
                attribute(
                    "security_groups",
                    Type::List(&Type::String),
                    "Security groups of the ports that it gets on networks; the project's `default` unless given. A port that exists has its own.",
                ),
            ),
        )),
        fixed(naming(
            Kind::ServerGroup,
            attribute("server_group", Type::String, "The server group it belongs to."),
        )),
        compared(
            Compare::OwnKeys,
            attribute(
                "metadata",
                Type::Map(&Type::String),
                "Metadata; keys and values of at most 255 characters. Keys of others are left alone.",
            ),
        ),
        attribute("description", Type::String, "Description, at most 255 characters."),
        compared(
            Compare::Set,
            attribute(
                "tags",
                Type::List(&Type::String),
                "Tags; at most 50, each at most 60 characters, without `/` and `,`.",
            ),
        ),
        fixed(Attribute {
            secret: true,
            readable: false,
            ..attribute(
                "user_data",
                Type::String,
                "What cloud-init reads at the first start, as plain text. Only a hash of it is kept.",
            )
        }),
        Attribute {
            secret: true,
            readable: false,
            ..attribute(
                "admin_password",
                Type::String,
                "Password of the administrator inside the server, where the image takes one. Only a hash of it is kept.",
            )
        },
        or_chosen(attribute(
            "power_state",
            Type::Enum(&["active", "shutoff", "paused", "shelved_offloaded"]),
            "Whether it runs; left as it is unless given.",
        )),
        or_chosen(fixed(attribute(
            "availability_zone",
            Type::String,
            "The zone; the cloud chooses unless given.",
        ))),
        or_chosen(fixed(attribute(
            "host",
            Type::String,
            "The hypervisor that it must be on, by its name; for administrators, who alone are told.",
        ))),
        or_bool(
            false,
            fixed(attribute(
                "config_drive",
                Type::Bool,
                "Whether metadata is also on a drive; false unless given.",
            )),
        ),
        untold(or_chosen(attribute(
            "hostname",
            Type::String,
            "Name that the server has for itself; made from its name unless given.",
        ))),
        fixed(untold(attribute(
            "boot_volume",
            BOOT_VOLUME,
            "A volume as its root disk: of `size` made from the image, or one that exists.",
        ))),
        fixed(untold(attribute("scheduler_hints", HINTS, "Where it should be placed."))),
        untold(attribute(
            "stop_before_destroy",
            Type::Bool,
            "Whether its operating system is shut down before it is deleted; false unless given.",
        )),
        untold(attribute(
            "force_delete",
            Type::Bool,
            "Whether it is deleted at once where the cloud keeps deleted servers for a while; false unless given.",
        )),
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
    ..table(Kind::Server, "servers", "server")
};

fn complete(attributes: &mut Attributes) -> Result<(), String> {
    root_disk(attributes)?;
    nics(attributes)
}

fn root_disk(attributes: &mut Attributes) -> Result<(), String> {
    let image = attributes.get("image").is_some_and(|v| !v.is_null());
    let boot = match attributes.get_mut("boot_volume") {
        None | Some(Value::Null) if image => return Ok(()),
        None | Some(Value::Null) => {
            return Err("a server needs an `image`, or a `boot_volume` with a `volume`".into());
        }
        Some(Value::Map(boot)) => boot,
        Some(_) => return Ok(()),
    };
    let exists = ["volume", "snapshot"].into_iter().filter(|name| boot.contains_key(name)).count();
    match (image, exists) {
        (true, 0) if boot.contains_key("size") => {}
        (true, 0) => return Err("`boot_volume` from an image needs a `size`".into()),
        (false, 1) => {}
        _ => {
            return Err(
                "a server starts from one of `image`, `boot_volume.volume` and `boot_volume.snapshot`"
                    .into(),
            );
        }
    }
    if !boot.contains_key("delete_on_termination") {
        let goes = !boot.contains_key("volume");
        boot.insert("delete_on_termination", Value::Bool(goes));
    }
    Ok(())
}

fn nics(attributes: &Attributes) -> Result<(), String> {
    let nics = attributes.get("networks").and_then(Value::as_list).unwrap_or_default();
    for (at, nic) in nics.iter().enumerate() {
        let Some(nic) = nic.as_map() else { continue };
        match (nic.contains_key("network"), nic.contains_key("port")) {
            (true, true) => {
                return Err(format!("`networks[{at}]` has a `network` or a `port`, not both"));
            }
            (false, false) => {
                return Err(format!("`networks[{at}]` needs a `network` or a `port`"));
            }
            (false, true) if nic.contains_key("fixed_ip") => {
                return Err(format!("`networks[{at}]`: a port has its own `fixed_ips`"));
            }
            _ => {}
        }
    }
    let ports_only = !nics.is_empty()
        && nics.iter().all(|nic| nic.as_map().is_some_and(|nic| nic.contains_key("port")));
    if ports_only && attributes.get("security_groups").is_some_and(|v| !v.is_null()) {
        return Err("`security_groups` are for ports that the server gets on networks; these ports have their own".into());
    }
    Ok(())
}
