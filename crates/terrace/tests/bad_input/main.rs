//! Bad input against the real binary: whatever the files hold, `terrace validate` ends with findings
//! or without, never by a panic or a signal, and never takes more than a second or 200 MB.

mod cases;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use wait4::Wait4;

/// CPU time of one run. Unoptimised builds get more: the bound is meant for what users run.
const TIME: Duration = Duration::from_secs(if cfg!(debug_assertions) { 15 } else { 1 });
/// Resident memory of one run.
const MEMORY: u64 = 200 << 20;
/// Bytes of findings; nobody reads more.
const OUTPUT: u64 = 1 << 20;

/// One bad workspace.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// The file beside an empty `terrace.yaml`.
    pub(crate) path: &'static str,
    /// What is in it.
    pub(crate) bytes: Vec<u8>,
    /// How often it is in it.
    pub(crate) times: usize,
    /// What the findings must hold; empty for a workspace that is good, a code that begins with `W`
    /// for one that is doubtful.
    pub(crate) told: &'static str,
    /// Makes what else is there.
    pub(crate) around: fn(&Path),
}

/// One at a time: a child's memory counts from what its parent once had.
static ONE: Mutex<()> = Mutex::new(());

/// A test of nothing that takes more than a second or 200 MB for each list of cases.
macro_rules! tests {
    ($($list:ident)*) => {$(
        #[test]
        fn $list() {
            let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
            let mut wrong = Vec::new();
            cases::$list(&mut |case| wrong.extend(check(&case).err()));
            assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        }
    )*};
}

tests! { bytes words files yaml aliases amounts counts blocks locals expressions texts }

fn check(case: &Case) -> Result<(), String> {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("stacks")).expect("a folder");
    std::fs::write(folder.path().join("terrace.yaml"), "").expect("a file");
    let mut file = std::fs::File::create(folder.path().join(case.path)).expect("a file");
    (0..case.times).for_each(|_| file.write_all(&case.bytes).expect("written"));
    (case.around)(folder.path());
    let told = folder.path().join("told");
    let output = std::fs::File::create(&told).expect("a file");
    // Beyond any bound the system ends it.
    let limited = "ulimit -t 40; ulimit -v 4000000; exec \"$0\" validate";
    let child = Command::new("/bin/sh")
        .args(["-c", limited, env!("CARGO_BIN_EXE_terrace")])
        .current_dir(folder.path())
        .env_clear()
        .stdin(Stdio::null())
        .stdout(output.try_clone().expect("a handle"))
        .stderr(output)
        .spawn()
        .expect("the binary runs");
    let used = child.wait4().expect("an end");
    let cpu = used.rusage.utime + used.rusage.stime;
    let length = std::fs::metadata(&told).expect("a file").len();
    let text = String::from_utf8_lossy(&std::fs::read(&told).expect("a file")).into_owned();
    let code = i32::from(!(case.told.is_empty() || case.told.starts_with('W')));
    let complaint = if used.status.code() != Some(code) {
        format!("ended with {}, not {code}", used.status)
    } else if text.contains("panicked") {
        "panicked".to_owned()
    } else if !text.contains(case.told) {
        format!("did not tell `{}`", case.told)
    } else if cpu > TIME {
        format!("took {cpu:?}")
    } else if used.rusage.maxrss > MEMORY {
        format!("took {} MB", used.rusage.maxrss >> 20)
    } else if length > OUTPUT {
        format!("told {length} bytes")
    } else {
        return Ok(());
    };
    let shown: String = text.chars().take(600).collect();
    Err(format!("{}: {complaint}\n{shown}\n", case.name))
}
