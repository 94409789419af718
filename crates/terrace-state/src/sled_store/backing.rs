//! sled as a backing, with its known edges kept inside: panics become errors, iteration stops at
//! the first error, and durable means that the log file itself was synced.

use std::cell::Cell;
use std::convert::Infallible;
use std::fs::File;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::Once;

use bytes::Bytes;
use sled::Transactional as _;
use sled::transaction::{ConflictableTransactionError, TransactionError};

use super::barrier::Barrier;
use super::threads::unhurried;
use crate::backing::{Backing, Tree, Visit, Write};
use crate::error::StateError;

/// Bytes of pages that are kept: they are read in order, all of them, and once.
const CACHE: u64 = 512 * 1024;

/// An open sled database.
pub(super) struct SledBacking {
    db: sled::Db,
    trees: Vec<sled::Tree>,
    /// A second handle on the log: sled's `flush` hands the bytes to the kernel, but does not wait
    /// for the disk.
    log: File,
    barrier: Barrier,
    path: PathBuf,
}

impl SledBacking {
    /// Opens or makes the database in a folder.
    pub(super) fn open(path: &Path) -> Result<Self, StateError> {
        guarded(|| {
            let failed = |error| from_sled(error, path);
            let config = sled::Config::new().path(path).cache_capacity(CACHE);
            let db = unhurried(|| guarded(|| config.open().map_err(failed)))?;
            let open = |tree: &Tree| db.open_tree(tree.name());
            let trees =
                Tree::ALL.iter().map(open).collect::<Result<Vec<_>, _>>().map_err(failed)?;
            let log_path = path.join("db");
            let log = File::options()
                .read(true)
                .write(true)
                .open(&log_path)
                .map_err(|source| StateError::at("open", &log_path, source))?;
            Ok(Self { db, trees, log, barrier: Barrier::default(), path: path.to_owned() })
        })
    }

    fn tree(&self, tree: Tree) -> &sled::Tree {
        &self.trees[tree as usize]
    }

    fn failed(&self, error: sled::Error) -> StateError {
        from_sled(error, &self.path)
    }
}

impl Backing for SledBacking {
    fn get(&self, tree: Tree, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        guarded(|| {
            let value = self.tree(tree).get(key).map_err(|error| self.failed(error))?;
            Ok(value.map(|bytes| bytes.to_vec()))
        })
    }

    fn scan(&self, tree: Tree, visit: Visit<'_>) -> Result<(), StateError> {
        guarded(|| {
            for entry in self.tree(tree) {
                // sled repeats the same error for ever, so the first one must end the loop.
                let (key, value) = entry.map_err(|error| self.failed(error))?;
                visit(&key, Bytes::from_owner(value))?;
            }
            Ok(())
        })
    }

    fn commit(&self, writes: Vec<Write>) -> Result<(), StateError> {
        let mut touched: Vec<Tree> = writes.iter().map(|write| write.tree).collect();
        touched.sort_unstable();
        touched.dedup();
        let trees: Vec<&sled::Tree> = touched.iter().map(|tree| self.tree(*tree)).collect();
        let apply = |views: &Vec<sled::transaction::TransactionalTree>| {
            for Write { tree, key, value } in &writes {
                let place = touched.iter().position(|other| other == tree);
                let view =
                    &views[place.expect("invariant: every written tree is among the touched")];
                match value {
                    Some(value) => view.insert(key.as_slice(), value.as_slice())?,
                    None => view.remove(key.as_slice())?,
                };
            }
            Ok::<(), ConflictableTransactionError<Infallible>>(())
        };
        guarded(|| match trees.as_slice().transaction(apply) {
            Ok(()) => Ok(()),
            Err(TransactionError::Storage(error)) => Err(self.failed(error)),
            Err(TransactionError::Abort(never)) => match never {},
        })
    }

    fn settle(&self) -> Result<(), StateError> {
        let sync = || {
            let flushed = guarded(|| self.db.flush().map_err(|error| self.failed(error)));
            flushed.map_err(io::Error::other)?;
            self.log.sync_data()
        };
        self.barrier.pass(sync).map_err(|source| StateError::at("write", &self.path, source))
    }
}

/// Whether sled says that its own lock is held; after a drop it is let go a moment later.
pub(super) fn is_held(error: &StateError) -> bool {
    matches!(error, StateError::Io { source, .. } if source.to_string().contains("could not acquire lock"))
}

fn from_sled(error: sled::Error, path: &Path) -> StateError {
    match error {
        sled::Error::Io(source) if source.kind() == io::ErrorKind::UnexpectedEof => {
            StateError::damaged(format!("a file in {} is cut short", path.display()))
        }
        sled::Error::Io(source) => StateError::at("use the database in", path, source),
        other => StateError::damaged(format!("the database in {} says: {other}", path.display())),
    }
}

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Runs something that calls sled, which panics on some kinds of damage; a panic becomes an error,
/// and is not printed.
pub(super) fn guarded<T>(act: impl FnOnce() -> Result<T, StateError>) -> Result<T, StateError> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !QUIET.get() {
                usual(info);
            }
        }));
    });
    let before = QUIET.replace(true);
    let outcome = panic::catch_unwind(AssertUnwindSafe(act));
    QUIET.set(before);
    outcome.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no words");
        Err(StateError::damaged(format!("the database gave up with: {text}")))
    })
}
