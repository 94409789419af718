//! Killing a process that writes, at many points: whatever it was told is durable must be there.
//! The test runs itself again as the process that is killed.

use std::collections::BTreeMap;
use std::env;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use terrace_state::{Ended, Operation, StateError, Store as _, Verb};

use crate::samples::{ids, intent, open, record, run};

const FOLDER: &str = "TERRACE_STATE_TEST_CHILD";
const THREADS: usize = 4;

/// Starts this test once more, as the child that works on a folder.
fn child(test: &str, folder: &Path) -> Child {
    Command::new(env::current_exe().expect("this program"))
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("a child")
}

fn acknowledge(line: &str) {
    // One write for a line, so that lines of several threads do not mix.
    std::io::stdout()
        .lock()
        .write_all(format!("\nack {line}\n").as_bytes())
        .expect("the parent listens");
}

/// Works without end: create after create, saying aloud what the store says is durable.
fn work(folder: &Path) {
    let store = open(folder).expect("opened");
    store.start_run(run(1)).expect("started");
    acknowledge("start 0");
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    let at = format!("web/networks.n{number}");
                    let op = store.begin(intent(Verb::Create, &at, None)).expect("begun");
                    acknowledge(&format!("begun {number}"));
                    store.known(op, &format!("id-{number}")).expect("known");
                    acknowledge(&format!("known {number}"));
                    let made = record(&format!("id-{number}"));
                    store.end(op, Ended::Recorded(Box::new(made))).expect("ended");
                    acknowledge(&format!("ended {number}"));
                }
            });
        }
    });
}

/// Kills a working child after a number of lines; gives the last word on each create.
fn kill_after(folder: &Path, lines: usize) -> BTreeMap<usize, String> {
    let mut child = child("crash::acknowledged_steps_survive_a_kill_at_any_point", folder);
    let mut reader = BufReader::new(child.stdout.take().expect("its output"));
    let mut last = BTreeMap::new();
    let mut seen = 0;
    let mut line = String::new();
    while reader.read_line(&mut line).expect("its output") > 0 {
        if let Some((word, number)) =
            line.trim().strip_prefix("ack ").and_then(|ack| ack.split_once(' '))
        {
            if word != "start" {
                last.insert(number.parse().expect("a number"), word.to_owned());
            }
            seen += 1;
            if seen == lines {
                child.kill().expect("killed");
            }
        }
        line.clear();
    }
    assert!(seen >= lines, "the child stopped by itself after {seen} lines");
    child.wait().expect("ended");
    last
}

fn check_create(number: usize, word: &str, recorded: Option<&String>, open: Option<&Operation>) {
    let id = format!("id-{number}");
    let whole = recorded == Some(&id) && open.is_none();
    let named = recorded.is_none() && open.is_some_and(|found| found.id.as_deref() == Some(&id));
    let begun = recorded.is_none() && open.is_some_and(|found| found.id.is_none());
    // The child may have come one step further than it could say.
    let fine = match word {
        "ended" => whole,
        "known" => whole || named,
        _ => named || begun,
    };
    assert!(fine, "{word} {number}: recorded {recorded:?}, in the journal {open:?}");
}

#[test]
fn acknowledged_steps_survive_a_kill_at_any_point() {
    if let Some(folder) = env::var_os(FOLDER) {
        return work(Path::new(&folder));
    }
    for lines in [1, 2, 3, 4, 5, 8, 13, 40, 100, 301, 1000] {
        let folder = tempfile::tempdir().expect("a folder");
        let last = kill_after(folder.path(), lines);
        let store = open(folder.path()).expect("opened after a kill");
        assert_eq!(store.notices(), [""; 0], "nothing had to be mended");
        let recorded = ids(&store);
        let unfinished = store.unfinished().expect("the journal");
        let open: BTreeMap<String, &Operation> =
            unfinished.iter().map(|found| (found.intent.address.to_string(), found)).collect();
        for (number, word) in &last {
            let at = format!("web/networks.n{number}");
            check_create(*number, word, recorded.get(&at), open.get(&at).copied());
        }
        let history = store.history().expect("the history");
        assert_eq!(
            (history.len(), history[0].finished_at_ms),
            (1, None),
            "the run was not finished"
        );
        for found in &unfinished {
            let outcome = if found.id.is_some() { Ended::Removed } else { Ended::NotDone };
            store.end(found.op, outcome).expect("what a crash left can be ended");
        }
    }
}

#[test]
fn a_kill_while_the_state_is_made_leaves_one_that_opens() {
    if let Some(folder) = env::var_os(FOLDER) {
        acknowledge("opening 0");
        return drop(open(Path::new(&folder)));
    }
    for _ in 0..10 {
        let folder = tempfile::tempdir().expect("a folder");
        let mut child =
            child("crash::a_kill_while_the_state_is_made_leaves_one_that_opens", folder.path());
        let mut reader = BufReader::new(child.stdout.take().expect("its output"));
        let mut line = String::new();
        while !line.contains("ack ") && reader.read_line(&mut line).expect("its output") > 0 {}
        child.kill().expect("killed");
        child.wait().expect("ended");
        let store = open(folder.path()).expect("opened after a kill");
        assert_eq!(store.snapshot().expect("a snapshot").serial, 0);
        assert_eq!(store.notices(), [""; 0]);
    }
}

#[test]
fn a_second_process_is_told_who_has_the_state_until_that_one_is_gone() {
    if let Some(folder) = env::var_os(FOLDER) {
        let _store = open(Path::new(&folder)).expect("opened");
        acknowledge("holding 0");
        std::io::stdin().read_to_end(&mut Vec::new()).expect("the parent hangs up");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let test = "crash::a_second_process_is_told_who_has_the_state_until_that_one_is_gone";
    let mut child = child(test, folder.path());
    let mut reader = BufReader::new(child.stdout.take().expect("its output"));
    let mut line = String::new();
    while !line.contains("ack ") {
        assert!(reader.read_line(&mut line).expect("its output") > 0, "{line}");
    }
    match open(folder.path()).map(|_| ()) {
        Err(error @ StateError::Locked { .. }) => {
            let wanted = format!(
                "the state in {} is in use by ann on build-1, pid {}, running `terrace apply`, since \
                 2023-11-14T22:13:20Z",
                folder.path().display(),
                child.id()
            );
            assert_eq!(error.to_string(), wanted);
        }
        other => panic!("{other:?}"),
    }
    child.kill().expect("killed");
    child.wait().expect("ended");
    open(folder.path()).expect("the lock went with the process");
}

#[test]
fn a_second_opening_in_one_process_is_refused_and_the_lock_is_let_go_on_drop() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path()).expect("opened");
    assert!(matches!(open(folder.path()), Err(StateError::Locked { holder: Some(_), .. })));
    drop(store);
    for _ in 0..5 {
        open(folder.path()).expect("free");
    }
}
