//! Volumes, and servers that have some.

use crate::harness::Sim;
use serde_json::{Value, json};

impl Sim {
    /// A path of Cinder for `demo`.
    async fn volumes(&self, rest: &str) -> String {
        let catalog = self.get("/identity/v3/auth/catalog").await;
        let services = catalog["catalog"].as_array().expect("a list");
        let cinder = services.iter().find(|s| s["type"] == "block-storage").expect("there");
        let url = cinder["endpoints"][0]["url"].as_str().expect("text");
        format!("{}{rest}", url.strip_prefix(crate::harness::BASE).expect("here"))
    }

    /// A volume, made.
    async fn volume(&self, more: Value) -> String {
        let mut body = json!({"size": 1});
        for (name, value) in more.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        let id = self.make(&self.volumes("/volumes").await, json!({ "volume": body })).await;
        self.clock.advance(400);
        id
    }

    async fn look(&self, id: &str) -> Value {
        let path = self.volumes(&format!("/volumes/{id}")).await;
        self.get(&path).await["volume"].clone()
    }

    /// The status of a volume; `gone` if it is not there.
    async fn status(&self, id: &str) -> String {
        let seen = self.send("GET", &self.volumes(&format!("/volumes/{id}")).await, None).await;
        seen.body["volume"]["status"].as_str().unwrap_or("gone").to_owned()
    }
}

/// Action, the status it leaves, and status, size and type when that is over.
const LIFE: &str = r#"
{"os-extend": {"new_size": 3}} | extending | available 3 standard
{"os-retype": {"new_type": "fast", "migration_policy": "never"}} | retyping | available 3 fast
{"os-set_bootable": {"bootable": true}} | available | available 3 fast
{"os-extend": {"new_size": "4"}} | extending | available 4 fast
"#;

#[tokio::test]
async fn a_life() {
    let sim = Sim::new().await;
    let body = json!({"volume": {"size": 1, "name": "v", "metadata": {"k": "v"}}});
    let id = sim.make(&sim.volumes("/volumes").await, body).await;
    assert_eq!(sim.status(&id).await, "creating");
    sim.clock.advance(400);
    for line in LIFE.lines().filter(|line| !line.is_empty()) {
        let cells: Vec<&str> = line.split(" | ").collect();
        let [action, during, after] = cells[..] else { panic!("three cells: {line}") };
        let path = sim.volumes(&format!("/volumes/{id}/action")).await;
        sim.ok("POST", &path, serde_json::from_str(action).expect("JSON")).await;
        assert_eq!(sim.status(&id).await, during, "{line}");
        sim.clock.advance(400);
        let seen = sim.look(&id).await;
        let text = |field: &str| seen[field].as_str().expect("text").to_owned();
        let now = format!("{} {} {}", text("status"), seen["size"], text("volume_type"));
        assert_eq!(now, after, "{line}");
    }
    sim.ok("DELETE", &sim.volumes(&format!("/volumes/{id}")).await, Value::Null).await;
    assert_eq!(sim.status(&id).await, "deleting");
    sim.clock.advance(400);
    assert_eq!(sim.status(&id).await, "gone");
}

/// What to POST where under Cinder, and how a real one refused it. `$v` is a volume in use.
const REFUSED: &str = r#"
/volumes | {"volume": {}} | 400 The server could not comply with the request since it is either malformed or otherwise incorrect.
/volumes | {"volume": {"size": 0}} | 400 Invalid input for field/attribute size. Value: 0. 0 is less than the minimum of 1
/volumes | {"volume": {"size": "x"}} | 400 Invalid input for field/attribute size. Value: x. 'x' does not match '^[0-9]+$'
/volumes | {"volume": {"size": 1, "volume_type": "nope"}} | 404 Volume type with name nope could not be found.
/volumes | {"volume": {"size": 1, "availability_zone": "az1"}} | 400 Availability zone 'az1' is invalid.
/volumes | {"volume": {"size": 1, "imageRef": "x"}} | 400 Invalid image identifier or unable to access requested image.
/volumes | {"nope": {}} | 400 'volume' is a required property
/volumes | {"volume": {"size": 1, "metadata": {"k": 1}}} | 400 Invalid input for field/attribute k. Value: 1. 1 is not of type 'string'
/volumes/x/action | {"os-extend": {"new_size": 2}} | 404 Volume x could not be found.
/volumes/$v/action | {} | 400 Malformed request body
/volumes/$v/action | {"os-extend": {"new_size": 1}} | 400 Invalid input received: New size for extend must be greater than current size. (current: 1, extended: 1).
/volumes/$v/action | {"os-extend": {"new_size": 2}} | 400 Invalid volume: Volume $v status must be '{'status': 'available'}' to extend, currently in-use.
/volumes/$v/action | {"os-retype": {"new_type": "fast", "migration_policy": "x"}} | 400 Invalid input for field/attribute migration_policy. Value: x. 'x' is not one of ['on-demand', 'never']
/volumes/$v/action | {"os-nope": {}} | 400 There is no such action: os-nope. Verify the request body and Content-Type header and try again.
/volumes/$v/action | {"os-reset_status": {"status": "error"}} | 403 Policy doesn't allow volume_extension:volume_admin_actions:reset_status to be performed.
/types | {"volume_type": {"name": "zz"}} | 403 Policy doesn't allow volume_extension:type_create to be performed.
"#;

#[tokio::test]
async fn refusals() {
    let sim = Sim::new().await;
    let volume = sim.volume(json!({})).await;
    let server = sim.server(json!({})).await;
    sim.clock.advance(1500);
    let attach = format!("/compute/v2.1/servers/{server}/os-volume_attachments");
    sim.ok("POST", &attach, json!({"volumeAttachment": {"volumeId": volume}})).await;
    sim.clock.advance(400);
    for line in REFUSED.lines().filter(|line| !line.is_empty()) {
        let line = line.replace("$v", &volume);
        let cells: Vec<&str> = line.split(" | ").collect();
        let [path, body, wanted] = cells[..] else { panic!("three cells: {line}") };
        let body = serde_json::from_str(body).expect("JSON");
        let seen = sim.send("POST", &sim.volumes(path).await, Some(body)).await;
        assert_eq!(format!("{} {}", seen.status, seen.message()), wanted, "{line}");
    }
    let path = sim.volumes(&format!("/volumes/{volume}")).await;
    assert_eq!(sim.send("DELETE", &path, None).await.status, 400, "it is in use");
    let newer = [("openstack-api-version", "volume 3.42")];
    let larger = Some(json!({"os-extend": {"new_size": 2}}));
    let seen = sim.send_with("POST", &format!("{path}/action"), larger, &newer).await;
    assert_eq!(seen.status, 202, "online since 3.42");
    assert_eq!(seen.headers["openstack-api-version"], "volume 3.42");
    let other = sim.as_user("alt").await;
    assert_eq!(other.send("GET", &path, None).await.status, 400, "another's project in the path");
    let foreign = other.volumes(&format!("/volumes/{volume}")).await;
    assert_eq!(other.send("GET", &foreign, None).await.status, 404);
}

#[tokio::test]
async fn attached_and_detached() {
    let sim = Sim::new().await;
    let volume = sim.volume(json!({"name": "data"})).await;
    let server = sim.server(json!({})).await;
    let path = format!("/compute/v2.1/servers/{server}/os-volume_attachments");
    let body = json!({"volumeAttachment": {"volumeId": volume, "delete_on_termination": false}});
    let early = sim.send("POST", &path, Some(body.clone())).await;
    assert_eq!(early.status, 409, "{}", early.body);
    sim.clock.advance(1500);
    let made = sim.ok("POST", &path, body.clone()).await;
    assert_eq!(made["volumeAttachment"]["device"], "/dev/sdb");
    assert_eq!(sim.status(&volume).await, "reserved");
    sim.clock.advance(400);
    let seen = sim.look(&volume).await;
    assert_eq!(
        (seen["status"].as_str(), seen["attachments"][0]["server_id"].as_str()),
        (Some("in-use"), Some(server.as_str()))
    );
    let twice = sim.send("POST", &path, Some(body.clone())).await;
    assert!(twice.message().contains("already attached to instances"), "{}", twice.body);
    let attached = json!([{"id": volume, "delete_on_termination": false}]);
    assert_eq!(sim.show(&server).await["os-extended-volumes:volumes_attached"], attached);
    let one = format!("{path}/{volume}");
    sim.ok("DELETE", &one, Value::Null).await;
    assert_eq!(sim.status(&volume).await, "detaching");
    assert_eq!(sim.send("GET", &one, None).await.status, 200, "until it is done");
    sim.clock.advance(400);
    assert_eq!(sim.status(&volume).await, "available");
    assert_eq!(sim.send("GET", &one, None).await.status, 404);
    sim.ok("POST", &path, body).await;
    sim.clock.advance(400);
    let keep = json!({"volumeAttachment": {"volumeId": volume, "delete_on_termination": true}});
    sim.ok("PUT", &one, keep).await;
    sim.ok("DELETE", &format!("/compute/v2.1/servers/{server}"), Value::Null).await;
    sim.clock.advance(500);
    assert_eq!(sim.status(&volume).await, "gone", "with its server");
    let names: Vec<Value> = vec![];
    assert_eq!(sim.cloud.inventory()["volumes"]["names"], json!(names));
}

#[tokio::test]
async fn boot_from_volume() {
    let sim = Sim::new().await;
    let image = sim.image("debian-12").await;
    let root = sim.volume(json!({"size": 2, "imageRef": image})).await;
    let seen = sim.look(&root).await;
    assert_eq!(seen["bootable"], "true");
    assert_eq!(seen["volume_image_metadata"]["image_id"], json!(image));
    let from = |disk: Value| json!({"imageRef": "", "block_device_mapping_v2": [disk]});
    let volume = json!({"source_type": "volume", "destination_type": "volume", "uuid": root,
        "boot_index": 0, "delete_on_termination": false});
    let fresh = json!({"source_type": "image", "destination_type": "volume", "uuid": image,
        "boot_index": 0, "volume_size": 3, "volume_type": "fast", "delete_on_termination": true});
    let first = sim.server(from(volume.clone())).await;
    let second = sim.server(from(fresh)).await;
    assert_eq!(sim.status(&root).await, "reserved", "from the first moment");
    sim.clock.advance(1500);
    for server in [&first, &second] {
        let seen = sim.show(server).await;
        assert_eq!((seen["status"].as_str(), &seen["image"]), (Some("ACTIVE"), &json!("")));
    }
    let list = sim.volumes("/volumes/detail").await;
    let list = sim.get(&list).await;
    let made = &list["volumes"][0];
    assert_eq!(made["size"], 3, "{list}");
    assert_eq!(made["volume_type"], "fast");
    assert_eq!(made["attachments"][0]["device"], "/dev/sda");
    let path = format!("/compute/v2.1/servers/{first}/os-volume_attachments/{root}");
    let seen = sim.send("DELETE", &path, None).await;
    assert_eq!(seen.message(), "Cannot detach a root device volume");
    let again = json!({"server": sim.server_body(from(volume)).await});
    let seen = sim.send("POST", "/compute/v2.1/servers", Some(again)).await;
    assert_eq!(seen.status, 400, "{}", seen.body);
    for server in [first, second] {
        sim.ok("DELETE", &format!("/compute/v2.1/servers/{server}"), Value::Null).await;
    }
    sim.clock.advance(500);
    assert_eq!(sim.status(&root).await, "available");
    assert_eq!(sim.count("volumes"), 1);
}

/// What a body says of its disks, and how a real cloud refused it.
const MAPPINGS: &str = r#"
[{}] | Block Device Mapping is Invalid: Missing device UUID.
[{"source_type": "image", "destination_type": "volume", "uuid": "$image", "boot_index": 0}] | Images with destination_type 'volume' need to have a non-zero size specified
[{"source_type": "image", "destination_type": "volume", "uuid": "$none", "boot_index": 0, "volume_size": 1}] | Block Device Mapping is Invalid: failed to get image $none.
[{"source_type": "volume", "destination_type": "volume", "uuid": "$none", "boot_index": 0}] | Block Device Mapping is Invalid: failed to get volume $none.
[{"source_type": "volume", "destination_type": "volume", "uuid": "$blank", "boot_index": 0}] | Block Device $blank is not bootable.
[{"source_type": "volume", "destination_type": "volume", "uuid": "$blank", "boot_index": -1}] | Block Device Mapping is Invalid: Boot sequence for the instance and image/block device mapping combination is not valid.
[{"source_type": "image", "destination_type": "volume", "uuid": "$image", "boot_index": 0, "volume_size": 1, "volume_type": "nope"}] | Volume type nope could not be found.
[{"source_type": "image", "destination_type": "volume", "uuid": "$image", "boot_index": 0, "volume_size": "x"}] | Invalid input for field/attribute volume_size. Value: x. 'x' does not match '^[0-9]+$'
[{"source_type": "nope", "uuid": "$none", "boot_index": 0}] | Invalid input for field/attribute source_type. Value: nope. 'nope' is not one of ['volume', 'image', 'snapshot', 'blank']
[{"source_type": "image", "destination_type": "local", "uuid": "$image", "boot_index": 0}] | Block Device Mapping is Invalid: Mapping image to local is not supported.
"x" | Invalid input for field/attribute block_device_mapping_v2. Value: x. 'x' is not of type 'array'
[] | Missing imageRef attribute
"#;

#[tokio::test]
async fn mappings_refused() {
    let sim = Sim::new().await;
    let image = sim.image("cirros").await;
    let blank = sim.volume(json!({})).await;
    for line in MAPPINGS.lines().filter(|line| !line.is_empty()) {
        let line = line.replace("$image", &image).replace("$blank", &blank);
        let line = line.replace("$none", "11111111-1111-1111-1111-111111111111");
        let (disks, wanted) = line.split_once(" | ").expect("two cells");
        let disks: Value = serde_json::from_str(disks).expect("JSON");
        let body = json!({"server": {"name": "s", "flavorRef": "1", "networks": "none",
            "block_device_mapping_v2": disks}});
        let seen = sim.send("POST", "/compute/v2.1/servers", Some(body)).await;
        assert_eq!((seen.status, seen.message().as_str()), (400, wanted), "{line}");
    }
    assert_eq!(sim.status(&blank).await, "available", "nothing is kept of what was refused");
}

#[tokio::test]
async fn quotas_and_steering() {
    let settings = "quota: {volumes: 2, gigabytes: 5}";
    let sim = Sim::with(serde_yaml::from_str(settings).expect("settings")).await;
    let path = sim.volumes("/volumes").await;
    let big = sim.send("POST", &path, Some(json!({"volume": {"size": 6}}))).await;
    assert_eq!(big.status, 413);
    assert_eq!(big.headers["retry-after"], "0");
    let failed = sim.volume(json!({"metadata": {"fake:fail": "create"}})).await;
    assert_eq!(sim.status(&failed).await, "error");
    let slow = sim.volume(json!({"metadata": {"fake:create_delay": "5"}})).await;
    assert_eq!(sim.status(&slow).await, "creating");
    let third = sim.send("POST", &path, Some(json!({"volume": {"size": 1}}))).await;
    assert!(third.message().starts_with("VolumeLimitExceeded"), "{}", third.body);
    let limits = sim.get(&sim.volumes("/limits").await).await;
    assert_eq!(limits["limits"]["absolute"]["totalVolumesUsed"], 2);
    sim.clock.advance(5000);
    assert_eq!(sim.status(&slow).await, "available");
}
