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
    // Nova names its version `v2.1`, cinder the same with a number behind: `v3.0` is at `v3`.
    let is_it = |version: &&Value| {
        let id = version.get("id").and_then(Value::as_str).unwrap_or_default();
        segment
            .is_some_and(|s| id.strip_prefix(s).is_some_and(|r| r.is_empty() || r.starts_with('.')))
    };
    versions.iter().find(is_it).map(offer)
}

fn offer(version: &Value) -> Offer {
    let newest = ["max_version", "version"]
        .iter()
        .filter_map(|field| version.get(*field).and_then(Value::as_str))
        .find_map(Microversion::parse);
    Offer { newest }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_service_writes_its_versions_in_its_own_way() {
        let one = |id: &str, newest: &str| json!({ "id": id, "version": newest });
        for (document, segment, newest) in [
            (json!({ "version": one("v2.1", "2.93") }), "v2.1", Some("2.93")),
            (json!({ "versions": [one("v2.0", ""), one("v2.1", "2.93")] }), "v2.1", Some("2.93")),
            (json!({ "versions": [one("v3.0", "3.70")] }), "v3", Some("3.70")),
            (json!({ "versions": [one("v2.10", "2.1")] }), "v2.1", None),
        ] {
            let offer = read(&document, Some(segment)).and_then(|offer| offer.newest);
            assert_eq!(offer.map(|v| v.to_string()).as_deref(), newest, "{document}");
        }
    }
}
