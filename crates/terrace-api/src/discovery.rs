//! What version documents say about microversions. No IO.

use serde_json::Value;

use crate::call::Microversion;

/// What a service offers at one of its versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Offer {
    /// The newest microversion; none when it has none at all.
    pub(crate) newest: Option<Microversion>,
}

/// Reads the document at a version's root or the list of all versions. `segment` is the version
/// the endpoint is for, such as `v2.1`.
pub(crate) fn read(document: &Value, segment: Option<&str>) -> Option<Offer> {
    if let Some(version) = document.get("version").filter(|value| value.is_object()) {
        return Some(offer(version));
    }
    let versions = document.get("versions")?;
    let versions = versions.get("values").unwrap_or(versions).as_array()?;
    let named = versions
        .iter()
        .find(|version| segment.is_some() && version.get("id").and_then(Value::as_str) == segment);
    named.map(offer)
}

fn offer(version: &Value) -> Offer {
    let newest = ["max_version", "version"]
        .iter()
        .filter_map(|field| version.get(*field).and_then(Value::as_str))
        .find_map(Microversion::parse);
    Offer { newest }
}
