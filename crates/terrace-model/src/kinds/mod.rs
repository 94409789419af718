//! The tables, one file a kind; a kind that is written inside another is in the other's file, or
//! in its own.

pub(crate) mod floating_ip;
pub(crate) mod keypair;
pub(crate) mod network;
pub(crate) mod port;
pub(crate) mod router;
pub(crate) mod security_group;
pub(crate) mod server;
pub(crate) mod server_group;
pub(crate) mod subnet;
pub(crate) mod volume;

use crate::kind::Kind;
use crate::map::Attributes;
use crate::schema::{
    Attribute, Compare, Fallback, Field, KindSchema, OnChange, Presence, Refers, Type,
};

/// A table in its plainest form; the kinds vary it.
pub(crate) const fn table(kind: Kind, section: &'static str, noun: &'static str) -> KindSchema {
    KindSchema {
        kind,
        section,
        noun,
        parent: None,
        key: section,
        short: None,
        doc: "",
        id_is: None,
        loses: None,
        version: 1,
        attributes: &[],
        complete: as_it_is,
    }
}

#[expect(clippy::unnecessary_wraps, reason = "other kinds find what does not go together")]
fn as_it_is(_: &mut Attributes) -> Result<(), String> {
    Ok(())
}

/// An attribute that the user may set and the cloud changes in place; the tables vary it.
pub(crate) const fn attribute(name: &'static str, ty: Type, doc: &'static str) -> Attribute {
    Attribute {
        name,
        ty,
        presence: Presence::Optional,
        needed_unless: None,
        on_change: OnChange::InPlace,
        replace_when: None,
        refers: Refers::Nothing,
        compare: Compare::Exact,
        secret: false,
        readable: true,
        doc,
    }
}

/// A field that may be left out.
pub(crate) const fn field(name: &'static str, ty: Type, doc: &'static str) -> Field {
    Field { name, ty, required: false, refers: Refers::Nothing, doc }
}

/// A field that must be there.
pub(crate) const fn required(name: &'static str, ty: Type, doc: &'static str) -> Field {
    Field { required: true, ..field(name, ty, doc) }
}

/// A field that names a resource.
pub(crate) const fn refers(name: &'static str, kind: Kind, doc: &'static str) -> Field {
    Field { refers: Refers::Kind(kind), ..field(name, Type::String, doc) }
}

/// An attribute of which a change is a replace.
pub(crate) const fn fixed(attribute: Attribute) -> Attribute {
    Attribute { on_change: OnChange::Replace, ..attribute }
}

/// An attribute for which the cloud chooses a value unless one is given.
pub(crate) const fn or_chosen(attribute: Attribute) -> Attribute {
    Attribute { presence: Presence::OptionalComputed, ..attribute }
}

/// An attribute with a truth value unless one is given.
pub(crate) const fn or_bool(value: bool, attribute: Attribute) -> Attribute {
    Attribute { presence: Presence::Default(Fallback::Bool(value)), ..attribute }
}

/// An attribute that must be given.
pub(crate) const fn needed(attribute: Attribute) -> Attribute {
    Attribute { presence: Presence::Required, ..attribute }
}

/// An attribute whose value names a resource.
pub(crate) const fn naming(kind: Kind, attribute: Attribute) -> Attribute {
    Attribute { refers: Refers::Kind(kind), ..attribute }
}

/// An attribute that compares in another way than as it is.
pub(crate) const fn compared(compare: Compare, attribute: Attribute) -> Attribute {
    Attribute { compare, ..attribute }
}

/// A description of a Neutron object; the marker takes the rest of its 255 characters.
pub(crate) const fn description() -> Attribute {
    attribute("description", Type::String, "Description, at most 180 characters.")
}

/// Tags of a Neutron object.
pub(crate) const fn tags() -> Attribute {
    compared(
        Compare::Set,
        attribute(
            "tags",
            Type::List(&Type::String),
            "Tags, in any order; at most 50, each at most 60 characters.",
        ),
    )
}

/// Whether a Neutron object works at all.
pub(crate) const fn admin_state_up() -> Attribute {
    or_bool(
        true,
        attribute("admin_state_up", Type::Bool, "Whether it carries traffic; true unless given."),
    )
}

/// An attribute that only the cloud sets.
pub(crate) const fn computed(name: &'static str, ty: Type, doc: &'static str) -> Attribute {
    Attribute { presence: Presence::Computed, ..attribute(name, ty, doc) }
}

/// An attribute that the cloud does not tell back: what was last applied counts.
pub(crate) const fn untold(attribute: Attribute) -> Attribute {
    Attribute { readable: false, ..attribute }
}

/// A QoS policy of a Neutron object.
pub(crate) const fn qos_policy() -> Attribute {
    attribute(
        "qos_policy",
        Type::String,
        "Id of the QoS policy that limits its traffic; for clouds with the extension `qos`.",
    )
}

/// The name, which defaults to the resource's own.
pub(crate) const fn name(on_change: OnChange) -> Attribute {
    Attribute {
        presence: Presence::Default(Fallback::OwnName),
        on_change,
        ..attribute(
            "name",
            Type::String,
            "Name in the cloud; by default the resource's own, with its key for one of many.",
        )
    }
}

/// The id.
pub(crate) const fn id() -> Attribute {
    computed("id", Type::String, "Id in the cloud.")
}
