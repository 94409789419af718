//! Finding a service's endpoint in the catalogue, and the version in the endpoint.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::service::{Interface, Service};

/// The services a token gives access to.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    endpoints: Vec<Endpoint>,
}

#[derive(Debug)]
struct Endpoint {
    kind: String,
    interface: String,
    regions: Vec<String>,
    url: String,
}

impl Catalog {
    /// Reads Keystone's list; what is malformed in it is left out.
    pub(crate) fn read(list: &Value) -> Self {
        let items = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let text = |value: &Value, field: &str| {
            value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let mut endpoints = Vec::new();
        for service in items(list) {
            for endpoint in items(service.get("endpoints").unwrap_or(&Value::Null)) {
                let mut regions = vec![text(&endpoint, "region"), text(&endpoint, "region_id")];
                regions.retain(|region| !region.is_empty());
                endpoints.push(Endpoint {
                    kind: text(&service, "type"),
                    interface: text(&endpoint, "interface"),
                    regions,
                    url: text(&endpoint, "url"),
                });
            }
        }
        endpoints.retain(|endpoint| !endpoint.url.is_empty());
        Self { endpoints }
    }

    /// The region, when there is but one.
    pub(crate) fn only_region(&self) -> Option<String> {
        let firsts = self.endpoints.iter().filter_map(|endpoint| endpoint.regions.first());
        let regions: BTreeSet<&String> = firsts.collect();
        match regions.len() {
            1 => regions.first().map(|region| (*region).clone()),
            _ => None,
        }
    }

    /// The address the catalogue has for a service; the error says what it has instead.
    pub(crate) fn find(
        &self,
        service: Service,
        region: Option<&str>,
        interface: Interface,
    ) -> Result<&str, String> {
        let types = service.catalog_types();
        let named = types.iter().find_map(|kind| {
            let all: Vec<&Endpoint> =
                self.endpoints.iter().filter(|endpoint| endpoint.kind == *kind).collect();
            (!all.is_empty()).then_some(all)
        });
        let Some(mut endpoints) = named else {
            let need = service.used_for();
            return Err(format!("this cloud has no {service} service in its catalogue; {need}"));
        };
        if let Some(region) = region {
            let all = list(endpoints.iter().flat_map(|endpoint| endpoint.regions.iter()));
            endpoints.retain(|endpoint| {
                endpoint.regions.is_empty() || endpoint.regions.iter().any(|name| name == region)
            });
            if endpoints.is_empty() {
                return Err(format!(
                    "this cloud has no {service} service in region `{region}`; it has it in {all}"
                ));
            }
        }
        let all = list(endpoints.iter().map(|endpoint| &endpoint.interface));
        let wanted =
            |endpoint: &&Endpoint| Interface::parse(&endpoint.interface) == Some(interface);
        endpoints.into_iter().find(wanted).map(|endpoint| endpoint.url.as_str()).ok_or_else(|| {
            let name = interface.name();
            format!("this cloud has no {name} endpoint for {service}; it has {all}")
        })
    }
}

fn list<'a>(names: impl Iterator<Item = &'a String>) -> String {
    let names: BTreeSet<&str> = names.map(String::as_str).collect();
    names.into_iter().collect::<Vec<_>>().join(", ")
}

/// The endpoint with the version the calls are written for, and without a slash at the end.
pub(crate) fn versioned(service: Service, url: &str, project_id: &str) -> String {
    let url = ["%(project_id)s", "%(tenant_id)s", "$(project_id)s", "$(tenant_id)s"]
        .iter()
        .fold(url.to_owned(), |url, place| url.replace(place, project_id));
    let url = url.trim_end_matches('/');
    match (version_place(url), service) {
        // Nova's may be followed by the project, and a `/v2` is told from `/v2.1` by discovery.
        (Some(_), Service::Compute | Service::BlockStorage) => url.to_owned(),
        (Some((start, _)), _) => format!("{}{}", &url[..start], service.version_segment()),
        (None, Service::BlockStorage) => format!("{url}/v3/{project_id}"),
        (None, _) => format!("{url}/{}", service.version_segment()),
    }
}

/// The endpoint up to and including its version, where the version document is.
pub(crate) fn version_root(endpoint: &str) -> &str {
    version_place(endpoint).map_or(endpoint, |(_, end)| &endpoint[..end])
}

/// The endpoint before its version, where all versions are listed.
pub(crate) fn service_root(endpoint: &str) -> &str {
    version_place(endpoint).map_or(endpoint, |(start, _)| endpoint[..start].trim_end_matches('/'))
}

/// The version segment, such as `v2.1`.
pub(crate) fn version_of(endpoint: &str) -> Option<&str> {
    version_place(endpoint).map(|(start, end)| &endpoint[start..end])
}

fn version_place(url: &str) -> Option<(usize, usize)> {
    let path = url.find("://").map_or(0, |at| at + 3);
    let mut start = path + url[path..].find('/')? + 1;
    for segment in url[start..].split('/') {
        let number = segment.strip_prefix('v').unwrap_or_default();
        let digits = number.starts_with(|letter: char| letter.is_ascii_digit());
        if digits && number.chars().all(|letter| letter.is_ascii_digit() || letter == '.') {
            return Some((start, start + segment.len()));
        }
        start += segment.len() + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn endpoints_get_the_version_the_calls_are_for() {
        for (service, url, expected) in [
            (Service::Network, "http://h:9696", "http://h:9696/v2.0"),
            (Service::Network, "http://h/networking/v2.0/", "http://h/networking/v2.0"),
            (Service::Network, "https://v2.example/network", "https://v2.example/network/v2.0"),
            (Service::Image, "http://h:9292/", "http://h:9292/v2"),
            (Service::Image, "http://h/image/v2.15", "http://h/image/v2"),
            (Service::Identity, "http://h/identity/v2.0", "http://h/identity/v3"),
            (Service::Compute, "http://h/compute", "http://h/compute/v2.1"),
            (Service::Compute, "http://h/v2.1/p1/", "http://h/v2.1/p1"),
            (Service::Compute, "http://h/v2/$(tenant_id)s", "http://h/v2/p1"),
            (Service::BlockStorage, "http://h:8776/v3/%(project_id)s", "http://h:8776/v3/p1"),
            (Service::BlockStorage, "http://h/volume/v3", "http://h/volume/v3"),
            (Service::BlockStorage, "http://h/volume", "http://h/volume/v3/p1"),
        ] {
            assert_eq!(versioned(service, url, "p1"), expected, "{url}");
        }
        let nova = "http://h/compute/v2.1/p1";
        assert_eq!(version_root(nova), "http://h/compute/v2.1");
        assert_eq!(service_root(nova), "http://h/compute");
        assert_eq!(version_of(nova), Some("v2.1"));
        assert_eq!(version_of("http://v2.example"), None);
    }

    #[test]
    fn services_are_found_by_any_of_their_names_the_official_first() {
        let catalog = Catalog::read(&json!([
            { "type": "volumev2", "endpoints": [
                { "interface": "public", "region": "R1", "url": "http://old" }] },
            { "type": "volumev3", "endpoints": [
                { "interface": "internal", "region_id": "R1", "url": "http://inside" },
                { "interface": "publicURL", "region": "R2", "url": "http://r2" },
                { "interface": "public", "region_id": "R1", "url": "http://r1" },
                { "interface": "admin", "url": null }] },
            { "type": "compute", "endpoints": [] },
            "nonsense",
        ]));
        let find = |region, interface| catalog.find(Service::BlockStorage, region, interface);
        assert_eq!(find(Some("R1"), Interface::Public), Ok("http://r1"));
        assert_eq!(find(Some("R2"), Interface::Public), Ok("http://r2"));
        assert_eq!(find(Some("R1"), Interface::Internal), Ok("http://inside"));
        assert_eq!(find(None, Interface::Public), Ok("http://r2"));
        assert!(find(Some("R1"), Interface::Admin).unwrap_err().contains("internal, public"));
        let missing = catalog.find(Service::Compute, None, Interface::Public).unwrap_err();
        assert_eq!(
            missing,
            "this cloud has no compute service in its catalogue; servers, keypairs and server groups \
             need it"
        );
        assert_eq!(catalog.only_region(), None);
    }
}
