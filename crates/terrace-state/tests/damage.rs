//! Damaged files: nothing is lost in silence, and what can be mended is.
//!
//! Each opening works on a copy, as a new process would find it: in this process, the database of an
//! opening before that met damage may not have let go of its files.

#[path = "suite/samples.rs"]
mod samples;

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use terrace_state::{Ended, Export, StateError, Store as _, Verb};

use crate::samples::{fill, finish, ids, intent, open, record, run};

/// A state with some records and an export, closed.
fn filled(networks: usize) -> (tempfile::TempDir, Export) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path()).expect("opened");
    fill(&store, networks);
    let export = store.export().expect("an export");
    drop(store);
    (elsewhere(folder.path()), export)
}

/// A copy of a state, whose files nothing in this process has open.
fn elsewhere(folder: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().expect("a folder");
    copy_all(folder, copy.path());
    copy
}

fn log(folder: &Path) -> PathBuf {
    folder.join("db/db")
}

fn cut(path: &Path, percent: u64) {
    let length = fs::metadata(path).expect("its length").len();
    OpenOptions::new()
        .write(true)
        .open(path)
        .expect("opened")
        .set_len(length * percent / 100)
        .expect("cut");
}

fn flip(path: &Path, at: u64) {
    let mut file = OpenOptions::new().read(true).write(true).open(path).expect("opened");
    let mut byte = [0];
    file.seek(SeekFrom::Start(at)).expect("found");
    file.read_exact(&mut byte).expect("read");
    file.seek(SeekFrom::Start(at)).expect("found");
    file.write_all(&[byte[0] ^ 0xff]).expect("written");
}

fn snapshots(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.join("db")).expect("the database");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths
        .filter(|path| {
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("snap."))
        })
        .collect()
}

fn kept_aside(folder: &Path) -> bool {
    folder.join("db.damaged-1").is_dir()
}

#[test]
fn half_written_snapshots_of_the_database_are_no_matter() {
    let (folder, export) = filled(3);
    let half = folder.path().join("db/snap.00000000000FFFFF.generating");
    File::create(half).expect("made").write_all(b"half").expect("written");
    let store = open(folder.path()).expect("opened");
    assert_eq!(store.export().expect("an export"), export);
    assert_eq!(store.notices(), [""; 0]);
}

#[test]
fn damaged_snapshots_of_the_database_are_mended_from_its_log() {
    let (folder, export) = filled(3);
    // Opened and closed once more, so that the database has written one.
    drop(open(folder.path()).expect("opened"));
    let folder = elsewhere(folder.path());
    let snapshots = snapshots(folder.path());
    assert!(!snapshots.is_empty(), "the database writes snapshots");
    snapshots.iter().for_each(|path| cut(path, 50));
    let store = open(folder.path()).expect("mended");
    assert_eq!(store.export().expect("an export"), export);
    assert_eq!(store.notices().len(), 1, "{:?}", store.notices());
    assert!(store.notices()[0].contains("mended from its own log"), "{:?}", store.notices());
    assert!(kept_aside(folder.path()));
}

#[test]
fn a_cut_log_is_replaced_by_the_newest_export_and_kept_aside() {
    for percent in [0, 1, 50, 90] {
        let (folder, export) = filled(50);
        cut(&log(folder.path()), percent);
        let store = open(folder.path()).unwrap_or_else(|error| panic!("{percent}: {error}"));
        assert_eq!(store.export().expect("an export"), export, "{percent}");
        assert!(!store.notices().is_empty(), "{percent}: the user is told");
        store.start_run(run(9)).expect("it goes on");
        drop(store);
        let folder = elsewhere(folder.path());
        let again = open(folder.path()).expect("opened again");
        assert_eq!(
            (again.snapshot().expect("a snapshot").serial, again.notices().len()),
            (2, 0),
            "{percent}"
        );
    }
}

#[test]
fn a_missing_database_is_replaced_by_the_newest_export() {
    let (folder, export) = filled(3);
    fs::remove_dir_all(folder.path().join("db")).expect("removed");
    let store = open(folder.path()).expect("restored");
    assert_eq!(store.export().expect("an export"), export);
    assert!(
        store.notices()[0].contains("restored from its export of serial 1"),
        "{:?}",
        store.notices()
    );
}

#[test]
fn a_log_that_lost_what_its_export_has_is_found() {
    let (folder, _) = filled(3);
    let old = folder.path().join("old");
    fs::rename(folder.path().join("db"), &old).expect("kept");
    let store = open(folder.path()).expect("restored");
    store.start_run(run(3)).expect("started");
    store
        .put_record(&"web/networks.more".parse().expect("an address"), Some(&record("m")))
        .expect("set");
    store.finish_run(finish(4, &[])).expect("finished");
    let export = store.export().expect("an export");
    drop(store);
    fs::remove_dir_all(folder.path().join("db")).expect("removed");
    fs::rename(&old, folder.path().join("db")).expect("an old copy is put back");
    let store = open(folder.path()).expect("restored");
    assert_eq!(store.export().expect("an export"), export);
    assert!(!store.notices().is_empty());
}

#[test]
fn flipped_bytes_anywhere_are_found_or_do_not_matter() {
    let (folder, export) = filled(40);
    let length = fs::metadata(log(folder.path())).expect("its length").len();
    let pristine = fs::read(log(folder.path())).expect("its bytes");
    // The part in use, in steps that share no factor with the sizes of pages and buffers.
    let used = pristine.iter().rposition(|byte| *byte != 0).map_or(length, |last| last as u64);
    let mut told = 0;
    for at in (0..used).step_by(usize::try_from(used / 24).expect("a step") | 1) {
        let copy = elsewhere(folder.path());
        flip(&log(copy.path()), at);
        let store = open(copy.path()).unwrap_or_else(|error| panic!("{at}: {error}"));
        assert_eq!(store.export().expect("an export"), export, "{at}: {:?}", store.notices());
        told += usize::from(!store.notices().is_empty());
    }
    assert!(told > 0, "some flips are in what is read");
}

fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("made");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_all(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copied");
        }
    }
}

#[test]
fn without_an_export_damage_is_an_error_and_never_a_new_state() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path()).expect("opened");
    store.start_run(run(1)).expect("started");
    let op = store.begin(intent(Verb::Create, "web/networks.a", None)).expect("begun");
    store.end(op, Ended::Recorded(Box::new(record("n1")))).expect("ended");
    drop(store);
    let folder = elsewhere(folder.path());
    // Garbage in the middle of all that is in use.
    let bytes = fs::read(log(folder.path())).expect("its bytes");
    let used = bytes.iter().rposition(|byte| *byte != 0).expect("something") as u64;
    (0..used).step_by(7).for_each(|at| flip(&log(folder.path()), at));
    let mut folder = folder;
    for _ in 0..3 {
        match open(folder.path()).map(|store| ids(&store)) {
            Err(error @ StateError::Corrupt { .. }) => {
                let text = error.to_string();
                assert!(
                    text.contains("the state is damaged") && text.contains("are kept in"),
                    "{text}"
                );
            }
            other => panic!("{other:?}"),
        }
        assert!(!kept_aside(folder.path()), "nothing piles up");
        folder = elsewhere(folder.path());
    }
}

#[test]
fn an_unreadable_export_is_passed_over_for_the_one_before() {
    let (folder, export) = filled(3);
    fs::write(folder.path().join("exports/2.json.zst"), b"garbage").expect("written");
    fs::remove_dir_all(folder.path().join("db")).expect("removed");
    let store = open(folder.path()).expect("restored");
    assert_eq!(store.export().expect("an export"), export);
    assert!(store.notices()[0].contains("2.json.zst cannot be used"), "{:?}", store.notices());
}

#[test]
fn the_last_five_exports_are_kept_and_only_their_owner_may_read_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path()).expect("opened");
    for at in 0..12 {
        store.start_run(run(at)).expect("started");
        store.finish_run(finish(at, &[])).expect("finished");
    }
    let entries = fs::read_dir(folder.path().join("exports")).expect("exports");
    let mut names: Vec<_> = entries
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("text"))
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["10", "11", "12", "8", "9"].map(|serial| format!("{serial}.json.zst")));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(folder.path().join("exports/12.json.zst"))
            .expect("an export")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_said_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    fs::write(&file, b"x").expect("written");
    fs::create_dir_all(folder.path().join("locked/lock")).expect("made");
    for path in [file.clone(), file.join("below"), folder.path().join("locked")] {
        match open(&path).map(|_| ()) {
            Err(error @ StateError::Unwritable { .. }) => {
                assert!(error.to_string().contains("cannot write to"), "{error}");
                assert!(std::error::Error::source(&error).is_some());
            }
            other => panic!("{}: {other:?}", path.display()),
        }
    }
}

#[test]
fn a_thousand_cycles_take_little_room() {
    let (folder, export) = filled(1000);
    assert_eq!(export.snapshot.records.len(), 1000);
    let size = fs::metadata(log(folder.path())).expect("its length").len();
    assert!(size < 32 * 1024 * 1024, "{size} bytes");
}
