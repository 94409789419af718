//! Opening what is on the disk, and mending it when a crash, a full disk or bad hardware got at it.
//! Nothing damaged is thrown away: it is kept aside, and the caller is told what was done.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::backing::{SledBacking, is_held};
use super::exports::{Exports, sync_folder};
use crate::error::StateError;
use crate::export::Export;
use crate::ledger::{FORMAT, Ledger, Opened};
use crate::store::Fresh;

/// How often, and how long between, sled's own lock is tried.
const TRIES: u32 = 400;
const PAUSE: Duration = Duration::from_millis(5);

/// A state's folder while it is opened.
pub(super) struct Opening<'a> {
    folder: &'a Path,
    db: PathBuf,
    exports: &'a Exports,
    seed: &'a Fresh,
    notices: Vec<String>,
}

impl<'a> Opening<'a> {
    pub(super) fn new(folder: &'a Path, exports: &'a Exports, seed: &'a Fresh) -> Self {
        Self { folder, db: folder.join("db"), exports, seed, notices: Vec::new() }
    }

    /// The state, and what the user should know about how it was opened.
    pub(super) fn run(mut self) -> Result<(Ledger<SledBacking>, Vec<String>), StateError> {
        remove_snapshots(&self.db, ".generating")
            .map_err(|source| StateError::at("read", &self.db, source))?;
        let newest = self
            .exports
            .newest_serial()
            .map_err(|source| StateError::at("read", self.folder, source))?;
        let ledger = match self.attempt() {
            Ok(Opened::Holds(ledger)) => match newest {
                Some(serial) if !ledger.has_finished(serial)? => {
                    drop(ledger);
                    self.mend(format!("the database is older than its export of serial {serial}"))?
                }
                _ => ledger,
            },
            Ok(Opened::Empty(backing)) if newest.is_none() && self.was_used() => {
                drop(backing);
                self.mend("the database is empty, though it was not before".to_owned())?
            }
            Ok(Opened::Empty(backing)) => self.fill(backing)?,
            Err(StateError::Corrupt { what, .. }) => self.mend(what)?,
            Err(other) => return Err(other),
        };
        self.say_used(&ledger)?;
        for made in [&self.db, self.folder] {
            sync_folder(made).map_err(|source| StateError::at("write", made, source))?;
        }
        Ok((ledger, self.notices))
    }

    /// sled takes a log that is nothing but garbage for a new one. So a file beside it says that
    /// there was a state: an empty database is then a lost one, never a new one.
    fn was_used(&self) -> bool {
        self.used_path().exists()
    }

    fn used_path(&self) -> PathBuf {
        self.folder.join("identity.json")
    }

    fn say_used(&self, ledger: &Ledger<SledBacking>) -> Result<(), StateError> {
        let path = self.used_path();
        if path.exists() {
            return Ok(());
        }
        let json = serde_json::json!({ "format": FORMAT, "lineage": ledger.lineage()? });
        fs::write(&path, format!("{json}\n"))
            .map_err(|source| StateError::at("write", &path, source))
    }

    /// Opens the database. We hold the state's lock, so if sled's own is held it is by threads of a
    /// store that was dropped in this process a moment ago, or by something that is not Terrace.
    fn attempt(&self) -> Result<Opened<SledBacking>, StateError> {
        for _ in 0..TRIES {
            match SledBacking::open(&self.db) {
                Err(error) if is_held(&error) => thread::park_timeout(PAUSE),
                opened => return Ledger::open(opened?),
            }
        }
        Err(StateError::Locked { holder: None, path: self.folder.to_owned() })
    }

    /// Fills an empty database: from an export if there is one, as new if there is none.
    fn fill(&mut self, backing: SledBacking) -> Result<Ledger<SledBacking>, StateError> {
        match self.newest_export()? {
            None => Ledger::create(backing, self.seed),
            Some(export) => {
                let why = format!("the database in {} was empty or missing", self.db.display());
                self.restore(backing, &export, &why)
            }
        }
    }

    /// Keeps the damaged database aside, then tries its log without sled's snapshots, then the
    /// newest export. If the log has not got the end of the run that made the export, the export wins.
    fn mend(&mut self, what: String) -> Result<Ledger<SledBacking>, StateError> {
        let export = self.newest_export()?;
        let aside =
            self.set_aside().map_err(|source| StateError::at("keep aside", &self.db, source))?;
        let kept = format!("The damaged database is kept in {}.", aside.display());
        match self.attempt() {
            Ok(Opened::Holds(ledger)) => {
                let wanted =
                    export.as_ref().map_or(Ok(true), |e| ledger.has_finished(e.snapshot.serial));
                if wanted.unwrap_or(false) {
                    self.notices.push(format!(
                        "The state was damaged ({what}) and was mended from its own log. Look through the next plan \
                         before you apply it. {kept}"
                    ));
                    return Ok(ledger);
                }
            }
            Ok(Opened::Empty(_)) | Err(StateError::Corrupt { .. } | StateError::Io { .. }) => {}
            Err(other) => return Err(other),
        }
        let failed = |source| StateError::at("write", &self.db, source);
        fs::remove_dir_all(&self.db).map_err(failed)?;
        let Some(export) = export else {
            fs::rename(&aside, &self.db).map_err(failed)?;
            return Err(StateError::Corrupt { what, kept_aside: Some(self.db.clone()) });
        };
        match self.attempt()? {
            Opened::Empty(backing) => {
                let ledger =
                    self.restore(backing, &export, &format!("the state was damaged: {what}"))?;
                self.notices.push(kept);
                Ok(ledger)
            }
            Opened::Holds(_) => Err(StateError::Corrupt { what, kept_aside: Some(aside) }),
        }
    }

    fn restore(
        &mut self,
        backing: SledBacking,
        export: &Export,
        why: &str,
    ) -> Result<Ledger<SledBacking>, StateError> {
        let ledger = Ledger::restore(backing, export)?;
        self.notices.push(format!(
            "The state was restored from its export of serial {}, because {why}. What was done after that run is \
             not recorded: look through the next plan before you apply it.",
            export.snapshot.serial
        ));
        Ok(ledger)
    }

    fn newest_export(&mut self) -> Result<Option<Export>, StateError> {
        let (export, unreadable) = self.exports.newest()?;
        self.notices.extend(unreadable);
        Ok(export)
    }

    /// Moves the database away and puts a copy without sled's snapshots in its place. A copy, because
    /// a panic inside sled may have left a lock on the files themselves.
    fn set_aside(&self) -> io::Result<PathBuf> {
        let mut number = 1;
        let aside = loop {
            let path = self.folder.join(format!("db.damaged-{number}"));
            if !path.try_exists()? {
                break path;
            }
            number += 1;
        };
        fs::rename(&self.db, &aside)?;
        copy_folder(&aside, &self.db)?;
        remove_snapshots(&self.db, "")?;
        Ok(aside)
    }
}

/// Removes sled's snapshot files whose names end in a certain way; its log has all that they have.
fn remove_snapshots(db: &Path, ending: &str) -> io::Result<()> {
    let entries = match fs::read_dir(db) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("snap.") && name.ends_with(ending) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
