//! Keypairs, which belong to the user and not to the project.

use secrecy::SecretString;
use serde::Deserialize;
use serde_json::json;

use crate::call::{Call, Microversion};
use crate::service::Service;
use crate::wire::{self, Wire, segment};

/// The first version with paged lists.
const PAGED: Microversion = Microversion::new(2, 35);
/// The first version that names the key's type.
const TYPED: Microversion = Microversion::new(2, 2);
/// The first version that allows `@` and `.` in names.
const ANY_NAME: Microversion = Microversion::new(2, 92);

/// A keypair as nova shows it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Keypair {
    /// Its name, which is also its id.
    pub name: String,
    /// The public key as it was imported.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub public_key: String,
    /// The MD5 fingerprint, colon-separated.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub fingerprint: String,
    /// `ssh` or `x509`.
    #[serde(default, rename = "type")]
    pub key_type: Option<String>,
    /// Whose it is; not in lists.
    #[serde(default)]
    pub user_id: Option<String>,
}

impl Wire for Keypair {
    const NAME: &'static str = "keypair";
    const ONE: &'static str = "keypair";
    const MANY: &'static str = "keypairs";
}

/// A keypair that nova made. The private key is told this once.
#[derive(Debug, Deserialize)]
#[non_exhaustive]
pub struct Generated {
    /// What nova keeps.
    #[serde(flatten)]
    pub keypair: Keypair,
    /// What only the caller has.
    #[serde(deserialize_with = "wire::secret")]
    pub private_key: SecretString,
}

impl Wire for Generated {
    const NAME: &'static str = "keypair";
    const ONE: &'static str = "keypair";
    const MANY: &'static str = "keypairs";
}

/// The user's keypairs.
pub fn keypairs() -> Call {
    Call::get(Service::Compute, "/os-keypairs").microversion(PAGED, "listing keypairs in pages")
}

/// One keypair.
pub fn keypair(name: &str) -> Call {
    Call::get(Service::Compute, format!("/os-keypairs/{}", segment(name)))
        .microversion(TYPED, "reading a keypair's type")
}

/// Imports a public key. 409 when the name is taken.
pub fn import_keypair(name: &str, public_key: &str, key_type: Option<&str>) -> Call {
    let mut keypair = json!({ "name": name, "public_key": public_key });
    if let Some(key_type) = key_type {
        keypair["type"] = json!(key_type);
    }
    let call = Call::post(Service::Compute, "/os-keypairs")
        .body(json!({ "keypair": keypair }))
        .success(&[200, 201]);
    if name.contains(['@', '.']) {
        call.microversion(ANY_NAME, "a keypair name with `@` or `.`")
    } else {
        call.microversion(TYPED, "naming a keypair's type")
    }
}

/// Lets nova make a key of its own, where the cloud allows (no more from 2.92 on, so an older
/// version is asked for). 409 when the name is taken.
pub fn generate_keypair(name: &str) -> Call {
    Call::post(Service::Compute, "/os-keypairs")
        .body(json!({ "keypair": { "name": name, "type": "ssh" } }))
        .success(&[200, 201])
        .microversion(TYPED, "generating a keypair")
}

/// Deletes a keypair; servers that have it keep it.
pub fn delete_keypair(name: &str) -> Call {
    Call::delete(Service::Compute, format!("/os-keypairs/{}", segment(name)))
        .microversion(TYPED, "deleting a keypair")
}
