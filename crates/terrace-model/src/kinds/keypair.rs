//! Keypair: Nova `os-keypairs`. Owned by the user, not the project; has no update call.

use super::{attribute, compared, computed, fixed, id, name, needed, or_chosen, table};
use crate::kind::Kind;
use crate::schema::{Compare, KindSchema, OnChange, Type};

pub(crate) static SCHEMA: KindSchema = KindSchema {
    doc: "A public key that servers are created with. It belongs to the user, not to the project, and is identified by its name.",
    id_is: Some("name"),
    attributes: &[
        name(OnChange::Replace),
        needed(fixed(compared(
            Compare::PublicKey,
            attribute(
                "public_key",
                Type::String,
                "The public key in OpenSSH form, one line. The comment does not matter when it is compared.",
            ),
        ))),
        or_chosen(fixed(attribute(
            "type",
            Type::Enum(&["ssh", "x509"]),
            "What kind of key it is; `ssh` unless given.",
        ))),
        id(),
        computed("fingerprint", Type::String, "Fingerprint, as the cloud computes it."),
        computed("user_id", Type::String, "The user it belongs to."),
    ],
    ..table(Kind::Keypair, "keypairs", "keypair")
};
