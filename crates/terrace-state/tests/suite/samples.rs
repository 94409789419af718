//! Things to store.

use std::collections::BTreeMap;
use std::path::Path;

use terrace_model::{Address, Attributes, CloudIdentity, OutputRecord, Record, Status, Value};
use terrace_state::{
    Fresh, Holder, Intent, RunFinish, RunStart, SledStore, StateError, Store, Verb,
};

pub(crate) fn seed() -> Fresh {
    Fresh {
        lineage: "0b0e7f2c-9d6f-4f7e-8f6b-0d1f5a7c3e21".to_owned(),
        fingerprint_key: vec![7; 32],
    }
}

pub(crate) fn holder() -> Holder {
    Holder {
        host: "build-1".to_owned(),
        pid: std::process::id(),
        user: "ann".to_owned(),
        command: "terrace apply".to_owned(),
        since_ms: 1_700_000_000_000,
    }
}

pub(crate) fn open(folder: &Path) -> Result<SledStore, StateError> {
    SledStore::open(folder, holder(), seed())
}

pub(crate) fn cloud() -> CloudIdentity {
    CloudIdentity {
        name: "demo".to_owned(),
        auth_url: "http://cloud:5000/v3".to_owned(),
        project_id: "p1".to_owned(),
        project_name: "demo".to_owned(),
        user_id: "u1".to_owned(),
        region: None,
    }
}

pub(crate) fn run(at_ms: u64) -> RunStart {
    RunStart {
        command: "terrace apply".to_owned(),
        user: "ann".to_owned(),
        host: "build-1".to_owned(),
        pid: 4711,
        git_commit: Some("c0ffee".to_owned()),
        digest: Some("d1".to_owned()),
        at_ms,
        cloud: cloud(),
        clouds: std::collections::BTreeMap::new(),
    }
}

pub(crate) fn finish(at_ms: u64, outputs: &[(&str, &str)]) -> RunFinish {
    let output = |text: &str| OutputRecord { value: Value::text(text), sensitive: false };
    let outputs = outputs.iter().map(|(name, text)| ((*name).to_owned(), output(text)));
    RunFinish { at_ms, result: "applied".to_owned(), outputs: outputs.collect() }
}

pub(crate) fn address(text: &str) -> Address {
    text.parse().expect("an address")
}

pub(crate) fn record(id: &str) -> Record {
    Record {
        id: id.to_owned(),
        status: Status::Ready,
        schema_version: 1,
        cloud: None,
        declared: Attributes::from([("name".to_owned(), Value::text("front"))]),
        seen: Attributes::from([
            ("id".to_owned(), Value::text(id)),
            ("name".to_owned(), Value::text("front")),
        ]),
        settled: false,
        dependencies: [].into(),
        marker: "terrace:m".to_owned(),
        fault: None,
        prevent_destroy: false,
        retain: false,
        delete_timeout_s: None,
    }
}

pub(crate) fn intent(verb: Verb, at: &str, id: Option<&str>) -> Intent {
    Intent {
        address: address(at),
        verb,
        detail: verb.to_string(),
        id: id.map(str::to_owned),
        marker: "terrace:m".to_owned(),
        existing: Vec::new(),
        replaces: None,
        request_hash: "00".to_owned(),
        at_ms: 1_700_000_000_001,
        planned: None,
    }
}

/// A finished run that made some networks.
pub(crate) fn fill(store: &dyn Store, networks: usize) {
    store.start_run(run(1)).expect("started");
    for number in 0..networks {
        let op = store
            .begin(intent(Verb::Create, &format!("web/networks.n{number}"), None))
            .expect("begun");
        let id = format!("id-{number}");
        store.known(op, &id).expect("known");
        store.end(op, terrace_state::Ended::Recorded(Box::new(record(&id)))).expect("ended");
    }
    store.finish_run(finish(2, &[("web.a", "1")])).expect("finished");
}

/// Ids by address, as recorded.
pub(crate) fn ids(store: &dyn Store) -> BTreeMap<String, String> {
    let snapshot = store.snapshot().expect("a snapshot");
    snapshot.records.into_iter().map(|(address, record)| (address.to_string(), record.id)).collect()
}
