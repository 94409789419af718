//! Killed at any point, the next run finds what is there: nothing doubled, nothing orphaned.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::sync::Arc;

use crate::common::Workspace;

/// Slow enough that most steps are cut off between their call and their end.
const SLOW: &str = r#"{"build_ms": 40, "delete_ms": 20, "latency_ms": 10}"#;

/// Runs and kills with SIGKILL when so many lines of progress were told; false if it ended before.
fn killed_after(w: &Workspace, args: &[&str], lines: usize) -> bool {
    let mut child =
        w.command(args).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("started");
    let told = BufReader::new(child.stderr.take().expect("piped")).lines().map_while(Result::ok);
    let seen = told.take(lines).count();
    child.kill().expect("killed");
    let status = child.wait().expect("ended");
    seen == lines && !status.success()
}

/// How many objects of each collection the simulated cloud has.
fn inventory(w: &Workspace) -> serde_json::Value {
    let clock = Arc::new(terrace_sim::SystemClock);
    let folder = w.path("state/simulator");
    terrace_sim::Cloud::open(&folder, terrace_sim::Settings::default(), clock)
        .expect("opened")
        .inventory()
}

#[test]
fn a_killed_apply_is_gone_on_with() {
    let clean = Workspace::quickstart().simulator(SLOW);
    clean.run(&["apply", "--yes"]).code(0);
    let whole = inventory(&clean);
    clean.run(&["destroy", "--yes"]).code(0);
    let nothing = inventory(&clean);
    assert_ne!(counts(&whole), counts(&nothing), "the numbers do not tell what is there");
    let mut killed = 0;
    for lines in [1, 2, 4, 6, 8, 9, 10, 11, 12] {
        let w = Workspace::quickstart().simulator(SLOW);
        killed += usize::from(killed_after(&w, &["apply", "--yes"], lines));
        w.run(&["plan"]).code(0);
        w.run(&["apply", "--yes"]).code(0);
        w.run(&["plan", "--detailed-exitcode"]).code(0).says(&["No changes."]);
        assert_eq!(counts(&inventory(&w)), counts(&whole), "killed after {lines} lines");
        // The way back is cut off too, and gone on with.
        killed_after(&w, &["destroy", "--yes"], lines);
        w.run(&["destroy", "--yes"]).code(0);
        assert_eq!(counts(&inventory(&w)), counts(&nothing), "destroy killed after {lines} lines");
    }
    assert!(killed >= 6, "only {killed} runs were killed before their end");
}

/// Numbers of objects, without names and ids.
fn counts(inventory: &serde_json::Value) -> Vec<(String, usize)> {
    let collections = inventory.as_object().expect("collections").iter();
    collections.map(|(name, value)| (name.clone(), size(value))).collect()
}

fn size(value: &serde_json::Value) -> usize {
    let named = value.get("count").and_then(serde_json::Value::as_u64);
    named.map_or_else(
        || value.as_array().map_or(0, Vec::len),
        |n| usize::try_from(n).unwrap_or(usize::MAX),
    )
}
