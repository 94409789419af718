//! The lock file: one process at a time has a state, and the others can say who that is.

use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::StateError;

/// Who has a state open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The machine.
    pub host: String,
    /// The process.
    pub pid: u32,
    /// Who runs it.
    pub user: String,
    /// The command line, without anything secret.
    pub command: String,
    /// Since when, in milliseconds since 1970.
    pub since_ms: u64,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, pid, user, command, since_ms } = self;
        write!(f, "{user} on {host}, pid {pid}, running `{command}`")?;
        let seconds = i64::try_from(since_ms / 1000).ok();
        match seconds.and_then(|seconds| Timestamp::from_second(seconds).ok()) {
            Some(since) => write!(f, ", since {since}"),
            None => Ok(()),
        }
    }
}

/// The lock, held until it is dropped or the process ends in whatever way.
pub(crate) struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock of a folder at once, or says who has it.
    pub(crate) fn take(folder: &Path, holder: &Holder) -> Result<Self, StateError> {
        let path = folder.join("lock");
        let failed = |source| StateError::at("lock", &path, source);
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(StateError::Locked {
                    holder: read(&mut file),
                    path: folder.to_owned(),
                });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        let json = serde_json::to_vec(holder).map_err(|source| StateError::Unstorable {
            what: "the lock's holder".to_owned(),
            source,
        })?;
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(&json))
            .map_err(failed)?;
        Ok(Self { file })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Emptied, so that a later contender does not read a stale name. Let go by name, because a
        // process that is just being started has a copy of the file for a moment, and the lock with it.
        let _emptied = self.file.set_len(0);
        let _let_go = self.file.unlock();
    }
}

fn read(file: &mut File) -> Option<Holder> {
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}
