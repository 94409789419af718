//! The cloud on disk: an append-only file of JSON lines, one a request, behind a file lock.
//!
//! A line is written before the request is answered, in one call, so that a kill at any moment
//! leaves whole requests and at most one torn line at the end, which is cut off at the next open.

use crate::error::SimError;
use serde::Deserialize;
use serde_json::Value;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// The format of the log that this version writes.
const FORMAT: u64 = 1;

/// An open log.
pub(crate) struct Log {
    path: PathBuf,
    file: File,
    /// Held for its lock alone, which ends with it.
    _lock: File,
}

/// One line: the id counter after it, and the changes.
#[derive(Debug, Deserialize)]
pub(crate) struct Line {
    /// The id counter.
    pub(crate) n: u64,
    /// Per change the table and either the row or, if it was removed, its id.
    pub(crate) ops: Vec<(String, Value)>,
}

#[derive(Deserialize)]
struct Head {
    terrace_sim: u64,
}

fn io(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> SimError {
    let path = path.to_owned();
    move |source| SimError::Io { doing, path, source }
}

impl Log {
    /// Locks the folder and reads what is there.
    pub(crate) fn open(folder: &Path) -> Result<(Self, Vec<Line>), SimError> {
        fs::create_dir_all(folder).map_err(io("create", folder))?;
        let lock = lock(folder)?;
        let path = folder.join("cloud.log");
        let file = OpenOptions::new()
            .create(true)
            .read(true)
            .append(true)
            .open(&path)
            .map_err(io("open", &path))?;
        let mut log = Self { path, file, _lock: lock };
        let lines = log.read()?;
        Ok((log, lines))
    }

    fn read(&mut self) -> Result<Vec<Line>, SimError> {
        let mut bytes = Vec::new();
        self.file.read_to_end(&mut bytes).map_err(io("read", &self.path))?;
        // What follows the last line end was being written when the process died.
        let whole = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        let mut lines = Vec::new();
        for (number, text) in bytes[..whole].split(|b| *b == b'\n').enumerate() {
            if text.is_empty() {
                continue;
            }
            let damaged =
                |source| SimError::Damaged { path: self.path.clone(), line: number + 1, source };
            if number == 0 {
                let head: Head = serde_json::from_slice(text).map_err(damaged)?;
                if head.terrace_sim != FORMAT {
                    let (found, path) = (head.terrace_sim, self.path.clone());
                    return Err(SimError::Format { path, found, known: FORMAT });
                }
            } else {
                lines.push(serde_json::from_slice(text).map_err(damaged)?);
            }
        }
        Ok(lines)
    }

    /// Appends one line.
    pub(crate) fn append(&mut self, counter: u64, entries: &[String]) -> Result<(), SimError> {
        let line = render(counter, entries);
        self.file.write_all(line.as_bytes()).map_err(io("write", &self.path))
    }

    /// Puts a file with nothing but these rows in the place of the log.
    pub(crate) fn replace(&mut self, counter: u64, entries: &[String]) -> Result<(), SimError> {
        let fresh = self.path.with_extension("log.new");
        let mut file = File::create(&fresh).map_err(io("create", &fresh))?;
        let mut text = format!("{{\"terrace_sim\":{FORMAT}}}\n");
        text.push_str(&render(counter, entries));
        file.write_all(text.as_bytes()).map_err(io("write", &fresh))?;
        file.sync_all().map_err(io("write", &fresh))?;
        fs::rename(&fresh, &self.path).map_err(io("replace", &self.path))?;
        self.file = OpenOptions::new()
            .append(true)
            .read(true)
            .open(&self.path)
            .map_err(io("open", &self.path))?;
        Ok(())
    }
}

fn render(counter: u64, entries: &[String]) -> String {
    format!("{{\"n\":{counter},\"ops\":[{}]}}\n", entries.join(","))
}

fn lock(folder: &Path) -> Result<File, SimError> {
    let path = folder.join("lock");
    let mut file = OpenOptions::new()
        .create(true)
        .read(true)
        .write(true)
        .truncate(false)
        .open(&path)
        .map_err(io("open", &path))?;
    match file.try_lock() {
        Ok(()) => {
            let note = format!("process {}\n", std::process::id());
            file.set_len(0)
                .and_then(|()| file.write_all(note.as_bytes()))
                .map_err(io("write", &path))?;
            Ok(file)
        }
        Err(TryLockError::WouldBlock) => {
            let holder = fs::read_to_string(&path).ok().map(|s| s.trim().to_owned());
            let holder = holder.filter(|s| !s.is_empty());
            Err(SimError::Locked { folder: folder.to_owned(), holder })
        }
        Err(TryLockError::Error(source)) => Err(io("lock", &path)(source)),
    }
}
