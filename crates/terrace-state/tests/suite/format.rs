//! The contract of `state/`: what was written once is read for ever, and written the same.

use serde_json::{Value, json};
use terrace_model::Record;
use terrace_state::{EXPORT_VERSION, Ended, Export, MemoryStore, StateError, Store as _};

use crate::samples::{ids, open};
use crate::schema::check;

const V1: &[u8] = include_bytes!("../../../../state/golden/v1.json");
const GOLDEN: &[u8] = include_bytes!("../../../../state/golden/v2.json");
const FUTURE: &[u8] = include_bytes!("../../../../state/golden/v999-future.json");
const SCHEMA: &[u8] = include_bytes!("../../../../state/schema/snapshot.schema.json");

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).expect("JSON")
}

#[test]
fn version_1_is_read_and_written_as_the_newest() {
    let export = Export::from_json(V1).expect("read");
    let mut newest = json(V1);
    newest["format_version"] = json!(EXPORT_VERSION);
    assert_eq!(json(&export.to_json().expect("written")), newest, "nothing else differs");
    assert!(export.snapshot.deposed.is_empty());
}

#[test]
fn version_2_is_read_and_written_byte_for_byte() {
    let export = Export::from_json(GOLDEN).expect("read");
    assert_eq!(
        String::from_utf8_lossy(&export.to_json().expect("written")),
        String::from_utf8_lossy(GOLDEN)
    );

    let store = MemoryStore::from_export(&export).expect("filled");
    assert_eq!(
        store.export().expect("an export"),
        export,
        "nothing is lost on the way through a store"
    );
    let ids = ids(&store);
    assert_eq!(ids["web/servers.web[0]"], "5f1c3a52-8a3b-4d0e-9d4f-000000000030");
    assert_eq!(store.snapshot().expect("a snapshot").deposed.len(), 1);
    let unfinished = store.unfinished().expect("the journal");
    assert_eq!(unfinished.len(), 2);
    for found in unfinished {
        let outcome = if found.id.is_some() { Ended::Removed } else { Ended::NotDone };
        store.end(found.op, outcome).expect("what was in the air then can be ended now");
    }
}

#[test]
fn every_version_restores_a_store_on_the_disk() {
    for golden in [V1, GOLDEN] {
        let folder = tempfile::tempdir().expect("a folder");
        let export = Export::from_json(golden).expect("read");
        std::fs::create_dir(folder.path().join("exports")).expect("made");
        let packed = zstd::encode_all(golden, 3).expect("packed");
        std::fs::write(folder.path().join("exports/7.json.zst"), packed).expect("written");
        let store = open(folder.path()).expect("restored");
        assert_eq!(store.export().expect("an export"), export);
    }
}

#[test]
fn a_future_version_is_refused_and_nothing_is_made_of_it() {
    match Export::from_json(FUTURE) {
        Err(error @ StateError::Newer { found: 999, known: EXPORT_VERSION }) => {
            let wanted =
                "the state was written by a newer Terrace, in format 999; this one knows up to 2";
            assert_eq!(error.to_string(), wanted);
        }
        other => panic!("{other:?}"),
    }
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("exports")).expect("made");
    let packed = zstd::encode_all(FUTURE, 3).expect("packed");
    std::fs::write(folder.path().join("exports/8.json.zst"), packed).expect("written");
    for _ in 0..2 {
        assert!(matches!(open(folder.path()), Err(StateError::Newer { found: 999, .. })));
    }
}

#[test]
fn what_is_settled_is_kept_and_not_exported() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path()).expect("opened");
    let slot: terrace_model::Slot = "web/networks.a".parse().expect("a slot");
    let record =
        Export::from_json(GOLDEN).expect("an export").snapshot.records.into_values().next();
    let record = Record { settled: true, ..record.expect("a record") };
    store.put_records(&[(slot.clone(), Some(record))]).expect("put");
    let settled = |snapshot: &terrace_model::Snapshot| snapshot.record(&slot).map(|r| r.settled);
    assert_eq!(settled(&store.snapshot().expect("a snapshot")), Some(true));
    let export = store.export().expect("an export").to_json().expect("written");
    let read = Export::from_json(&export).expect("an export");
    assert_eq!(settled(&read.snapshot), Some(false), "people edit it");
}

#[test]
fn what_is_not_an_export_is_said_so() {
    let mut unknown = json(GOLDEN);
    unknown["surprise"] = json!(1);
    let mut key = json(GOLDEN);
    key["fingerprint_key"] = json!("xyz");
    for text in ["", "{}", "[]", "{\"format_version\": 1}", &unknown.to_string(), &key.to_string()]
    {
        assert!(
            matches!(Export::from_json(text.as_bytes()), Err(StateError::Corrupt { .. })),
            "{text}"
        );
    }
}

#[test]
fn the_schema_takes_what_is_written_and_nothing_else() {
    let schema = json(SCHEMA);
    let errors = |document: &Value| check(&schema, &schema, document, "");
    assert_eq!(errors(&json(GOLDEN)), [""; 0]);
    assert_eq!(errors(&json(FUTURE)), ["/format_version: not 2"]);

    let empty = Export::from_json(GOLDEN).map(|export| {
        let lineage = export.snapshot.lineage;
        Export::of_snapshot(terrace_model::Snapshot::empty(lineage, vec![7; 32]))
    });
    assert_eq!(
        errors(&json(&empty.and_then(|export| export.to_json()).expect("an empty one"))),
        [""; 0]
    );

    let record = "/records/web~1servers.web[0]";
    for (at, name, value) in [
        ("", "surprise", json!(1)),
        ("", "serial", json!("7")),
        (record, "retain", json!("yes")),
        ("/journal/0/intent", "replaces", json!(1)),
        (record, "status", json!("asleep")),
        (record, "seen", json!(null)),
        (record, "dependencies", json!([1])),
        ("/journal/0", "op", json!(-1)),
        ("/journal/0/intent", "verb", json!("paint")),
        ("/history/0", "pid", json!(null)),
    ] {
        let mut document = json(GOLDEN);
        document.pointer_mut(at).expect(at)[name] = value;
        assert!(!errors(&document).is_empty(), "{at}/{name} was taken");
    }
}
