//! What is there from the start: projects, users, flavors, images, networks.

use crate::ids;
use crate::keystone;
use crate::neutron;
use crate::records::{AppCred, Flavor, Project, Row, Server, User};
use crate::state::State;
use crate::table::{Record, Table};
use crate::web::{Object, object, seconds};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const APPCRED_SECRET: &str = "demo-appcred-secret";

/// Fills an empty cloud.
pub(crate) fn fill(state: &mut State) {
    identity(state);
    for (id, name, vcpus, ram, disk) in [
        ("1", "m1.tiny", 1, 512, 1),
        ("2", "m1.small", 1, 2048, 20),
        ("3", "m1.medium", 2, 4096, 40),
        ("4", "m1.large", 4, 8192, 80),
        ("5", "m1.xlarge", 8, 16384, 160),
    ] {
        let extra_specs = BTreeMap::new();
        state.flavors.put(Flavor {
            id: id.into(),
            name: name.into(),
            vcpus,
            ram,
            disk,
            extra_specs,
            ephemeral: 0,
            swap: 0,
            description: None,
            hidden: false,
        });
    }
    for preset in &IMAGES {
        image(state, preset);
    }
    networks(state);
    volume_types(state);
}

/// The types of volume.
pub(crate) fn volume_types(state: &mut State) {
    for (name, description) in [("standard", "the standard tier"), ("fast", "the fast tier")] {
        let id = state.uuid();
        state.volume_types.put(Row(object(json!({
            "id": id, "name": name, "is_public": true, "description": description,
            "extra_specs": {},
        }))));
    }
}

fn identity(state: &mut State) {
    let mut ids = BTreeMap::new();
    for name in ["admin", "service", "demo", "alt"] {
        let id = state.hex_id();
        let description =
            if name == "admin" { "Bootstrap project for initializing the cloud." } else { "" };
        ids.insert(name, id.clone());
        state.projects.put(Project {
            id,
            name: name.into(),
            description: description.into(),
            enabled: true,
        });
    }
    for (name, password, project, roles) in [
        ("admin", "secret", "admin", vec!["reader", "member", "admin"]),
        ("demo", "demo", "demo", vec!["reader", "member"]),
        ("alt", "alt", "alt", vec!["reader", "member"]),
        ("reader", "reader", "demo", vec!["reader"]),
    ] {
        let id = state.hex_id();
        let project = ids[project].clone();
        let roles: Vec<String> = roles.into_iter().map(str::to_owned).collect();
        if name == "demo" {
            let appcred = AppCred {
                id: state.hex_id(),
                name: "demo".into(),
                description: None,
                user_id: id.clone(),
                project_id: project.clone(),
                roles: roles.clone(),
                secret: ids::digest(APPCRED_SECRET),
                unrestricted: Some(false),
                expires_at: None,
            };
            state.appcreds.put(appcred);
        }
        state.users.put(User {
            id,
            name: name.into(),
            password: ids::digest(password),
            default_project_id: (name != "admin").then(|| project.clone()),
            roles: BTreeMap::from([(project, roles)]),
            enabled: true,
            more: Object::new(),
        });
    }
}

/// The smallest valid qcow2 image of a virtual size: a header and an empty first-level table.
fn qcow2(size: u64) -> Vec<u8> {
    const CLUSTER: u64 = 65536;
    let level1 = u32::try_from(size.div_ceil(CLUSTER * (CLUSTER / 8)).max(1)).unwrap_or(1);
    let mut header = b"QFI\xfb".to_vec();
    header.extend(2u32.to_be_bytes());
    header.extend(0u64.to_be_bytes());
    header.extend(0u32.to_be_bytes());
    header.extend(16u32.to_be_bytes());
    header.extend(size.to_be_bytes());
    header.extend(0u32.to_be_bytes());
    header.extend(level1.to_be_bytes());
    header.extend((3 * CLUSTER).to_be_bytes());
    header.extend(CLUSTER.to_be_bytes());
    header.extend(1u32.to_be_bytes());
    header.extend(0u32.to_be_bytes());
    header.extend(0u64.to_be_bytes());
    header.resize(65536, 0);
    header.extend((2 * CLUSTER).to_be_bytes());
    header.resize(2 * 65536, 0);
    header.extend([0, 1, 0, 1, 0, 1, 0, 1]);
    header.resize(4 * 65536, 0);
    header
}

/// An image that is there from the start. Its data is made when somebody asks for it, so what
/// would have to be computed from it is known here.
struct Image {
    name: &'static str,
    format: &'static str,
    size: u64,
    virtual_size: u64,
    md5: &'static str,
    sha512: &'static str,
}

const IMAGES: [Image; 3] = [
    Image {
        name: "cirros",
        format: "qcow2",
        size: 262_144,
        virtual_size: 112 << 20,
        md5: "ef873d05f2db50f77272ae3242c4deca",
        sha512: "75c3892fd28d372f8bdc5709fc623285910182b91a6d61a21aa2330e178cc2c98728059ed5efb495c683\
                 bc789b7483828b6aed1679f3d1c6c1e02394bfd3a384",
    },
    Image {
        name: "debian-12",
        format: "qcow2",
        size: 262_144,
        virtual_size: 1 << 30,
        md5: "4b2fe1f5972727b88611e2cfa3d24839",
        sha512: "109213d942eecf0b5cf9c2a1d3ebfc49de1998e8f93c6037d8ac81b2f57569d3a548955363861dba1041\
                 2567f966f68530d29a8d17fe18fd0d68cfbac0fb7882",
    },
    Image {
        name: "ubuntu-22.04",
        format: "raw",
        size: 1 << 20,
        virtual_size: 1 << 20,
        md5: "b6d81b360a5672d80c27430f39153e2c",
        sha512: "d6292685b380e338e025b3415a90fe8f9d39a46e7bdba8cb78c50a338cefca741f69e4e46411c32de1af\
                 dedfb268e579a51f81ff85e56f55b0ee7c33fe8c25c9",
    },
];

/// The data of an image of which none is kept.
pub(crate) fn image_data(image: &Row) -> Vec<u8> {
    let size = |field: &str| u64::try_from(image.number(field)).unwrap_or_default();
    if image.text("disk_format") == "qcow2" {
        qcow2(size("virtual_size"))
    } else {
        vec![0; usize::try_from(size("size")).unwrap_or_default()]
    }
}

fn image(state: &mut State, image: &Image) {
    let id = state.uuid();
    let owner = keystone::project_named(state, "admin");
    let now = seconds(state.now);
    let Image { name, format, size, virtual_size, md5, sha512 } = image;
    state.images.put(Row(object(json!({
        "os_distro": name.split('-').next(), "owner_specified.openstack.md5": "",
        "owner_specified.openstack.sha256": "",
        "owner_specified.openstack.object": format!("images/{name}"),
        "name": name, "disk_format": format, "container_format": "bare",
        "visibility": "public", "size": size, "virtual_size": virtual_size,
        "status": "active", "checksum": md5, "protected": false, "min_ram": 0, "min_disk": 0,
        "owner": owner, "os_hidden": false, "os_hash_algo": "sha512", "os_hash_value": sha512,
        "id": id, "created_at": now, "updated_at": now, "tags": [],
        "self": format!("/v2/images/{id}"), "file": format!("/v2/images/{id}/file"),
        "schema": "/v2/schemas/image", "stores": "file",
    }))));
}

fn networks(state: &mut State) {
    let public = neutron::Preset {
        network: json!({
            "name": "public", "router:external": true, "is_default": true, "mtu": 1500,
            "provider:network_type": "flat", "provider:physical_network": "public",
        }),
        subnet: json!({
            "name": "public-subnet", "ip_version": 4, "cidr": "172.24.0.0/16",
            "gateway_ip": "172.24.0.1", "enable_dhcp": false,
            "allocation_pools": [{"start": "172.24.1.0", "end": "172.24.255.254"}],
        }),
    };
    let provider = neutron::Preset {
        network: json!({
            "name": "provider", "shared": true, "mtu": 1500, "provider:network_type": "vlan",
            "provider:physical_network": "physnet1", "provider:segmentation_id": 100,
        }),
        subnet: json!({
            "name": "provider-subnet", "ip_version": 4, "cidr": "10.100.0.0/16",
            "gateway_ip": "10.100.0.1", "enable_dhcp": true,
            "allocation_pools": [{"start": "10.100.0.2", "end": "10.100.255.254"}],
        }),
    };
    for preset in [public, provider] {
        neutron::preset(state, preset);
    }
}

/// A `clouds.yaml` of the preset users. What may hold anything is quoted as JSON, which is YAML.
pub(crate) fn clouds_yaml(state: &State, base: &str) -> String {
    let auth_url = json!(format!("{base}/identity/v3"));
    let users = [
        ("devstack-admin", "admin", "secret", "admin"),
        ("demo", "demo", "demo", "demo"),
        ("demo-reader", "reader", "reader", "demo"),
        ("alt", "alt", "alt", "alt"),
    ];
    let by_password = users.map(|(cloud, user, password, project)| {
        format!(
            "  {cloud}:
    region_name: RegionOne
    identity_api_version: '3'
    auth:
      auth_url: {auth_url}
      username: {user}
      password: {password}
      project_name: {project}
      user_domain_name: Default
      project_domain_name: Default
"
        )
    });
    let appcred = state.appcreds.iter().find(|appcred| appcred.name == "demo");
    let by_appcred = appcred.map(|appcred| {
        format!(
            "  demo-appcred:
    region_name: RegionOne
    identity_api_version: '3'
    auth_type: v3applicationcredential
    auth:
      auth_url: {auth_url}
      application_credential_id: '{}'
      application_credential_secret: {APPCRED_SECRET}
",
            appcred.id
        )
    });
    format!("clouds:\n{}{}", by_password.concat(), by_appcred.unwrap_or_default())
}

fn listing<T: Record>(table: &Table<T>, name: impl Fn(&T) -> String) -> Value {
    let mut names: Vec<String> = table.iter().map(name).collect();
    names.sort();
    json!({ "count": table.len(), "names": names })
}

/// Counts and names of all collections.
pub(crate) fn inventory(state: &State) -> Value {
    let row = |row: &Row| row.text("name").to_owned();
    let rule = |row: &Row| row.text("id").to_owned();
    json!({
        "projects": listing(&state.projects, |p| p.name.clone()),
        "users": listing(&state.users, |u| u.name.clone()),
        "flavors": listing(&state.flavors, |f| f.name.clone()),
        "images": listing(&state.images, row),
        "keypairs": listing(&state.keypairs, |k| k.name.clone()),
        "server_groups": listing(&state.groups, |g| g.name.clone()),
        "servers": listing(&state.servers, |s: &Server| s.name.clone()),
        "networks": listing(&state.networks, row),
        "subnets": listing(&state.subnets, row),
        "ports": listing(&state.ports, row),
        "routers": listing(&state.routers, row),
        "security_groups": listing(&state.security_groups, row),
        "security_group_rules": listing(&state.security_group_rules, rule),
        "volumes": listing(&state.volumes, |v| v.name.clone().unwrap_or_default()),
        "floatingips": listing(&state.floatingips, |r| r.text("floating_ip_address").to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use md5::Md5;
    use sha2::{Digest, Sha512};

    #[test]
    fn what_is_known_of_the_images_is_true() {
        for image in &IMAGES {
            let mut row = Row::default();
            row.set("disk_format", image.format);
            row.set("size", image.size);
            row.set("virtual_size", image.virtual_size);
            let data = image_data(&row);
            assert_eq!(data.len() as u64, image.size, "{}", image.name);
            assert_eq!(ids::hex(&Md5::digest(&data)), image.md5, "{}", image.name);
            assert_eq!(ids::hex(&Sha512::digest(&data)), image.sha512, "{}", image.name);
        }
    }
}
