//! Glance: calls and what they answer.

use serde::Deserialize;

use crate::call::Call;
use crate::service::Service;
use crate::wire::{self, Wire, segment};

/// An image as glance shows it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Image {
    /// Its id.
    pub id: String,
    /// Its name; names are not unique.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub name: String,
    /// `active` when it can be used.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub status: String,
    /// The least disk in GiB.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub min_disk: u64,
    /// The least memory in MiB.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub min_ram: u64,
    /// Size in bytes.
    #[serde(default)]
    pub size: Option<u64>,
    /// MD5 of the content.
    #[serde(default)]
    pub checksum: Option<String>,
    /// When it was made.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub created_at: String,
    /// `public`, `private`, `shared` or `community`.
    #[serde(default, deserialize_with = "wire::nullable")]
    pub visibility: String,
}

impl Wire for Image {
    const NAME: &'static str = "image";
    const ONE: &'static str = "";
    const MANY: &'static str = "images";
}

/// The images that match every filter.
pub fn images(filters: &[(&str, &str)]) -> Call {
    let call = Call::get(Service::Image, "/images");
    filters.iter().fold(call, |call, (name, value)| call.query(*name, *value))
}

/// Deletes an image.
pub fn delete_image(id: &str) -> Call {
    Call::delete(Service::Image, format!("/images/{}", segment(id)))
}

/// One image.
pub fn image(id: &str) -> Call {
    Call::get(Service::Image, format!("/images/{}", segment(id)))
}
