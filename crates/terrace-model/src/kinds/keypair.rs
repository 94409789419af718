//! Keypair: Nova `os-keypairs`. Owned by the user, not the project; has no update call.

use super::{attribute, computed, id, name};
use crate::kind::Kind;
use crate::schema::{Attribute, Compare, KindSchema, OnChange, Presence, Type};

pub(crate) static SCHEMA: KindSchema = KindSchema {
    kind: Kind::Keypair,
    section: "keypairs",
    noun: "keypair",
    parent: None,
    doc: "A public key that servers are created with. It belongs to the user, not to the project, and is identified by its name.",
    id_is: Some("name"),
    version: 1,
    attributes: &[
        name(OnChange::Replace),
        Attribute {
            presence: Presence::Required,
            on_change: OnChange::Replace,
            compare: Compare::PublicKey,
            ..attribute(
                "public_key",
                Type::String,
                "The public key in OpenSSH form, one line. The comment does not matter when it is compared.",
            )
        },
        Attribute {
            presence: Presence::OptionalComputed,
            on_change: OnChange::Replace,
            ..attribute(
                "type",
                Type::Enum(&["ssh", "x509"]),
                "What kind of key it is; `ssh` unless given.",
            )
        },
        id(),
        computed("fingerprint", Type::String, "Fingerprint, as the cloud computes it."),
        computed("user_id", Type::String, "The user it belongs to."),
    ],
};
