//! What every store does, checked on each of them.

use std::collections::BTreeSet;
use std::thread;

use terrace_model::{Attributes, CloudIdentity, Lineage, Value};
use terrace_state::transition::Illegal;
use terrace_state::{Ended, MemoryStore, OpId, PlannedRecord, StateError, Store, Verb};

use crate::samples::{address, cloud, fill, finish, ids, intent, open, record, run, seed};

type Check = fn(&dyn Store);

/// Each check gets a new store.
const CHECKS: [(&str, Check); 13] = [
    ("a new state is empty", new_is_empty),
    ("a create is journalled at each step", create_step_by_step),
    ("ends of updates and deletes", ends_of_updates_and_deletes),
    ("the replacement's record stays", replacement_stays),
    ("what is replaced is deposed until it is deleted", deposed),
    ("records change all together or not at all", together),
    ("what is not a legal step changes nothing", illegal_steps),
    ("an address has one operation at a time", one_operation_each),
    ("records outside of operations", records_outside),
    ("runs and their history", runs),
    ("ids of another cloud are refused", other_clouds),
    ("sensitive values are not stored", no_secrets),
    ("many threads at once", many_threads),
];

#[test]
fn the_store_in_memory_conforms() {
    for (name, check) in CHECKS {
        let store = MemoryStore::new(seed()).expect(name);
        check(&store);
        let export = store.export().expect(name);
        let copy = MemoryStore::from_export(&export).expect(name);
        assert_eq!(copy.export().expect(name), export, "{name}: an export holds everything");
    }
}

#[test]
fn the_store_on_the_disk_conforms_and_is_the_same_when_opened_again() {
    for (name, check) in CHECKS {
        let folder = tempfile::tempdir().expect("a folder");
        let store = open(folder.path()).expect(name);
        check(&store);
        let export = store.export().expect(name);
        drop(store);
        let again = open(folder.path()).expect(name);
        assert_eq!(again.export().expect(name), export, "{name}");
        assert_eq!(again.notices(), [""; 0], "{name}");
    }
}

fn new_is_empty(store: &dyn Store) {
    let snapshot = store.snapshot().expect("a snapshot");
    assert_eq!(snapshot.lineage, Lineage(seed().lineage));
    assert_eq!(snapshot.fingerprint_key, seed().fingerprint_key);
    assert_eq!((snapshot.serial, snapshot.cloud), (0, None));
    assert!(snapshot.records.is_empty() && snapshot.outputs.is_empty());
    assert_eq!(store.unfinished().expect("the journal"), []);
    assert_eq!(store.history().expect("the history"), []);
}

fn create_step_by_step(store: &dyn Store) {
    assert_eq!(store.start_run(run(5)).expect("started"), 1);
    let wanted = intent(Verb::Create, "web/networks.front", None);
    let op = store.begin(wanted.clone()).expect("begun");
    let found = store.unfinished().expect("the journal");
    assert_eq!((found.len(), found[0].op, &found[0].intent, &found[0].id), (1, op, &wanted, &None));

    store.known(op, "n1").expect("known");
    store.known(op, "n1").expect("the same id once more is nothing new");
    assert_eq!(store.unfinished().expect("the journal")[0].id.as_deref(), Some("n1"));
    assert!(ids(store).is_empty());

    store.end(op, Ended::Recorded(Box::new(record("n1")))).expect("ended");
    let snapshot = store.snapshot().expect("a snapshot");
    assert_eq!(snapshot.records[&address("web/networks.front")], record("n1"));
    assert_eq!((snapshot.serial, snapshot.cloud), (1, Some(cloud())));
    assert_eq!(store.unfinished().expect("the journal"), []);
}

fn ends_of_updates_and_deletes(store: &dyn Store) {
    fill(store, 1);
    let at = "web/networks.n0";
    for verb in [Verb::Update, Verb::Delete] {
        let op = store.begin(intent(verb, at, Some("id-0"))).expect("begun");
        assert_eq!(store.unfinished().expect("the journal")[0].id.as_deref(), Some("id-0"));
        store.end(op, Ended::NotDone).expect("ended");
        assert_eq!(ids(store)[at], "id-0");
    }
    let mut changed = record("id-0");
    changed.fault = Some("No valid host".to_owned());
    let op = store.begin(intent(Verb::Update, at, Some("id-0"))).expect("begun");
    store.end(op, Ended::Recorded(Box::new(changed.clone()))).expect("ended");
    assert_eq!(store.snapshot().expect("a snapshot").records[&address(at)], changed);
    let op = store.begin(intent(Verb::Delete, at, Some("id-0"))).expect("begun");
    store.end(op, Ended::Removed).expect("ended");
    assert!(ids(store).is_empty());
}

fn replacement_stays(store: &dyn Store) {
    fill(store, 1);
    let at = "web/networks.n0";
    let op = store.begin(intent(Verb::Create, at, None)).expect("begun");
    store
        .end(op, Ended::Recorded(Box::new(record("new"))))
        .expect("the answer was the whole object");
    let op = store.begin(intent(Verb::Delete, at, Some("id-0"))).expect("begun");
    store.end(op, Ended::Removed).expect("ended");
    assert_eq!(ids(store)[at], "new");
}

fn deposed(store: &dyn Store) {
    let at = "web/networks.front";
    let slots = || {
        let snapshot = store.snapshot().expect("a snapshot");
        snapshot.slots().map(|(slot, r)| format!("{slot}: {}", r.id)).collect::<Vec<_>>()
    };
    store.put_record(&address(at), Some(&record("n1"))).expect("put");
    let replacing = |old: &str| {
        let replaces = Some(old.to_owned());
        let intent = terrace_state::Intent { replaces, ..intent(Verb::Create, at, None) };
        store.begin(intent).expect("begun")
    };
    let op = replacing("n1");
    store.known(op, "n2").expect("known");
    assert_eq!(slots(), ["web/networks.front: n1"], "the old one stays until the new one is there");
    store.end(op, Ended::Recorded(Box::new(record("n2")))).expect("ended");
    let both = ["web/networks.front: n2", "web/networks.front (deposed n1): n1"];
    assert_eq!(slots(), both);

    let op = store.begin(intent(Verb::Delete, at, Some("n1"))).expect("begun");
    let failed = terrace_model::Record { status: terrace_model::Status::Deleting, ..record("n1") };
    store.end(op, Ended::Recorded(Box::new(failed))).expect("ended");
    assert_eq!(slots(), both, "a deposed object is recorded beside the address");
    let op = store.begin(intent(Verb::Delete, at, Some("n1"))).expect("begun");
    store.end(op, Ended::Removed).expect("ended");
    assert_eq!(slots(), ["web/networks.front: n2"]);

    let op = replacing("n2");
    store.end(op, Ended::NotDone).expect("ended");
    assert_eq!(slots(), ["web/networks.front: n2"], "nothing was made: nothing is deposed");
    let op = replacing("gone");
    store.known(op, "n3").expect("known");
    store.end(op, Ended::Recorded(Box::new(record("n3")))).expect("ended");
    assert_eq!(slots(), ["web/networks.front: n3"], "another object was to be replaced");
}

fn together(store: &dyn Store) {
    let slot = |text: &str| text.parse::<terrace_model::Slot>().expect("a slot");
    let (from, to) = (slot("web/networks.a"), slot("web/networks.b"));
    store.put_records(&[(from.clone(), Some(record("n1")))]).expect("put");
    store.put_records(&[(from.clone(), None), (to, Some(record("n1")))]).expect("moved");
    assert_eq!(ids(store).into_keys().collect::<Vec<_>>(), ["web/networks.b"]);
    let mut open = record("n2");
    open.seen = Attributes::from([(
        "user_data".to_owned(),
        Value::Sensitive(Box::new(Value::text("hush"))),
    )]);
    let beside = slot("web/networks.b (deposed n2)");
    assert!(store.put_records(&[(from, Some(record("n1"))), (beside, Some(open))]).is_err());
    assert_eq!(ids(store).into_keys().collect::<Vec<_>>(), ["web/networks.b"]);
}

fn illegal_steps(store: &dyn Store) {
    fill(store, 1);
    let at = "web/networks.n0";
    let refused = |outcome: Result<(), StateError>, wanted: &str| match outcome {
        Err(StateError::IllegalTransition(illegal)) => assert_eq!(illegal.to_string(), wanted),
        other => panic!("{other:?} instead of {wanted}"),
    };
    let begin = |verb, id| store.begin(intent(verb, at, id)).map(|_| ());
    refused(
        begin(Verb::Create, Some("x")),
        "an operation to create that is new cannot begin with an id",
    );
    refused(
        begin(Verb::Update, None),
        "an operation to update that is new cannot begin without an id",
    );
    refused(
        begin(Verb::Delete, None),
        "an operation to delete that is new cannot begin without an id",
    );
    refused(store.known(OpId(99), "x"), "operation 99 is not in the journal");
    refused(store.end(OpId(99), Ended::NotDone), "operation 99 is not in the journal");

    let op = store.begin(intent(Verb::Create, at, None)).expect("begun");
    refused(
        store.end(op, Ended::Removed),
        "an operation to create that is begun cannot be removed",
    );
    store.known(op, "n1").expect("known");
    refused(store.known(op, "n2"), &format!("operation {op} is about the object n1, not n2"));
    let other = Ended::Recorded(Box::new(record("n2")));
    refused(store.end(op, other), &format!("operation {op} is about the object n1, not n2"));
    refused(
        store.end(op, Ended::NotDone),
        "an operation to create that is known cannot be given up",
    );
    assert_eq!(store.unfinished().expect("the journal")[0].id.as_deref(), Some("n1"));
    assert_eq!(ids(store)[at], "id-0");
    store.end(op, Ended::Removed).expect("made, failed and deleted");
    refused(store.end(op, Ended::Removed), &format!("operation {op} is not in the journal"));
    assert_eq!(ids(store)[at], "id-0");
}

fn one_operation_each(store: &dyn Store) {
    let begin = |at: &str| store.begin(intent(Verb::Create, at, None));
    let first = begin("web/networks.a").expect("begun");
    let second = begin("web/networks.b").expect("another address");
    match begin("web/networks.a") {
        Err(StateError::IllegalTransition(Illegal::Busy { address: at, op })) => {
            assert_eq!((at, op), (address("web/networks.a"), first));
        }
        other => panic!("{other:?}"),
    }
    store.end(first, Ended::NotDone).expect("ended");
    let third = begin("web/networks.a").expect("free again");
    assert!(first < second && second < third, "numbers grow and are not used twice");
    let open: Vec<OpId> =
        store.unfinished().expect("the journal").iter().map(|found| found.op).collect();
    assert_eq!(open, [second, third], "oldest first");
}

fn records_outside(store: &dyn Store) {
    let at = address("web/servers.app[\"a b\"]");
    store.put_record(&at, Some(&record("s1"))).expect("set");
    store.put_record(&at, Some(&record("s2"))).expect("set again");
    assert_eq!(ids(store)[&at.to_string()], "s2");
    store.put_record(&address("web/networks.none"), None).expect("nothing to remove");
    store.put_record(&at, None).expect("forgotten");
    assert!(ids(store).is_empty());
    assert_eq!(store.snapshot().expect("a snapshot").serial, 0);
}

fn runs(store: &dyn Store) {
    let no_run =
        |outcome| matches!(outcome, Err(StateError::IllegalTransition(Illegal::NoRun { .. })));
    assert!(no_run(store.finish_run(finish(1, &[]))), "nothing was started");
    assert_eq!(store.start_run(run(1)).expect("started"), 1);
    assert_eq!(store.start_run(run(2)).expect("after a run that was killed"), 2);
    store.finish_run(finish(3, &[("web.a", "1"), ("web.b", "2")])).expect("finished");
    assert!(no_run(store.finish_run(finish(4, &[]))), "it is finished");
    assert_eq!(store.start_run(run(5)).expect("started"), 3);
    store.finish_run(finish(6, &[("web.b", "3")])).expect("finished");

    let outputs = store.snapshot().expect("a snapshot").outputs;
    let shown: Vec<_> =
        outputs.iter().map(|(name, output)| format!("{name}={}", output.value)).collect();
    assert_eq!(shown, ["web.b=\"3\""], "outputs replace those before");
    let entries = store.history().expect("the history");
    let times: Vec<_> =
        entries.iter().map(|e| (e.serial, e.started_at_ms, e.finished_at_ms)).collect();
    assert_eq!(times, [(1, 1, None), (2, 2, Some(3)), (3, 5, Some(6))]);
    let last = &entries[2];
    assert_eq!((last.user.as_str(), last.host.as_str(), last.pid), ("ann", "build-1", 4711));
    assert_eq!((last.digest.as_deref(), last.git_commit.as_deref()), (Some("d1"), Some("c0ffee")));
    assert_eq!(last.result.as_deref(), Some("applied"));
}

fn other_clouds(store: &dyn Store) {
    let start = |cloud: CloudIdentity| store.start_run(terrace_state::RunStart { cloud, ..run(1) });
    let elsewhere =
        CloudIdentity { project_id: "p2".to_owned(), project_name: "other".to_owned(), ..cloud() };
    start(cloud()).expect("started");
    start(elsewhere.clone()).expect("nothing is recorded yet, so nothing can be mistaken");
    start(cloud()).expect("and back");
    store.put_record(&address("web/networks.a"), Some(&record("n1"))).expect("set");
    let error = start(elsewhere.clone()).expect_err("another project").to_string();
    let wanted = "the state belongs to project demo (p1) at http://cloud:5000/v3, but this run is for project other \
                  (p2) at http://cloud:5000/v3";
    assert_eq!(error, wanted);
    assert!(
        start(CloudIdentity { region: Some("r2".to_owned()), ..cloud() }).is_err(),
        "another region"
    );
    start(CloudIdentity { name: "renamed".to_owned(), ..cloud() }).expect("a name is only a name");
    assert_eq!(store.snapshot().expect("a snapshot").serial, 4);
    store.put_record(&address("web/networks.a"), None).expect("forgotten");
    let op = store.begin(intent(Verb::Create, "web/networks.a", None)).expect("begun");
    assert!(start(elsewhere.clone()).is_err(), "an operation is in the air");
    store.end(op, Ended::NotDone).expect("ended");
    start(elsewhere).expect("nothing is left");
}

fn no_secrets(store: &dyn Store) {
    let secret = || {
        Attributes::from([(
            "user_data".to_owned(),
            Value::Sensitive(Box::new(Value::text("hush"))),
        )])
    };
    let planned = |declared| PlannedRecord {
        declared,
        dependencies: [address("web/networks.a")].into(),
        schema_version: 1,
        cloud: None,
        prevent_destroy: false,
        retain: false,
        delete_timeout_s: None,
    };
    let with = |declared| terrace_state::Intent {
        planned: Some(planned(declared)),
        ..intent(Verb::Create, "web/servers.s", None)
    };
    let error = store.begin(with(secret())).expect_err("not sealed");
    assert!(matches!(error, StateError::Unstorable { .. }), "{error}");
    let mut open = record("s1");
    open.seen = secret();
    assert!(store.put_record(&address("web/servers.s"), Some(&open)).is_err());
    assert!(ids(store).is_empty() && store.unfinished().expect("the journal").is_empty());

    let sealed = secret().into_iter().map(|(name, value)| (name, value.sealed(b"key"))).collect();
    let op = store.begin(with(sealed)).expect("sealed");
    let found = store.unfinished().expect("the journal").remove(0);
    assert!(
        found.op == op && found.intent.planned.expect("kept").declared["user_data"].is_sensitive()
    );
}

fn many_threads(store: &dyn Store) {
    let one = |number: usize| {
        let at = format!("web/networks.n{number}");
        let op = store.begin(intent(Verb::Create, &at, None)).expect("begun");
        store.known(op, &at).expect("known");
        if number.is_multiple_of(3) {
            store.end(op, Ended::Recorded(Box::new(record(&at)))).expect("ended");
        }
        op
    };
    let ops: BTreeSet<OpId> = thread::scope(|scope| {
        let worker =
            |thread: usize| move || (0..30).map(|n| one(thread * 30 + n)).collect::<Vec<_>>();
        let workers: Vec<_> = (0..8).map(|thread| scope.spawn(worker(thread))).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("a worker")).collect()
    });
    assert_eq!(ops.len(), 240, "every operation has its own number");
    assert_eq!(ids(store).len(), 80);
    let open = store.unfinished().expect("the journal");
    assert_eq!(open.len(), 160);
    assert!(
        open.iter().all(|found| found.id.as_deref() == Some(&*found.intent.address.to_string()))
    );
}
