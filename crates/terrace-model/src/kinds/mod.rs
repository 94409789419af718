//! The tables, one file a kind.

pub(crate) mod keypair;
pub(crate) mod network;
pub(crate) mod server;
pub(crate) mod server_group;
pub(crate) mod subnet;

use crate::schema::{Attribute, Compare, Fallback, OnChange, Presence, Refers, Type};

/// An attribute that the user may set and the cloud changes in place; the tables vary it.
pub(crate) const fn attribute(name: &'static str, ty: Type, doc: &'static str) -> Attribute {
    Attribute {
        name,
        ty,
        presence: Presence::Optional,
        on_change: OnChange::InPlace,
        refers: Refers::Nothing,
        compare: Compare::Exact,
        secret: false,
        readable: true,
        doc,
    }
}

/// An attribute that only the cloud sets.
pub(crate) const fn computed(name: &'static str, ty: Type, doc: &'static str) -> Attribute {
    Attribute { presence: Presence::Computed, ..attribute(name, ty, doc) }
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
