//! A copy of an example in a folder of its own, and `terrace` run on it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::Output;

/// A copy of an example; gone when it is dropped.
pub struct Workspace {
    folder: TempDir,
    binary: PathBuf,
    environment: BTreeMap<String, String>,
}

impl Workspace {
    /// Copies `examples/<name>` without its state.
    ///
    /// # Panics
    /// If there is no such example.
    pub fn of_example(name: &str, binary: &Path) -> Self {
        let folder = tempfile::tempdir().expect("cannot make a folder");
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(name);
        copy(&example, &folder.path().join("workspace")).expect("cannot copy the example");
        Self { folder, binary: binary.to_owned(), environment: BTreeMap::new() }
    }

    /// Sets a variable for the commands; they see nothing else of this process's environment.
    #[must_use]
    pub fn with(mut self, variable: &str, value: &str) -> Self {
        self.environment.insert(variable.to_owned(), value.to_owned());
        self
    }

    /// The workspace's folder.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("workspace")
    }

    /// Replaces the only place where a file has `from`.
    ///
    /// # Panics
    /// If it is there more than once, or not at all.
    #[track_caller]
    pub fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.path().join(file);
        let text = fs::read_to_string(&path).expect("cannot read the file");
        assert_eq!(text.matches(from).count(), 1, "`{from}` is not once in {file}:\n{text}");
        fs::write(&path, text.replace(from, to)).expect("cannot write the file");
    }

    /// Runs `terrace -C <folder>` with these arguments to its end.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn terrace(&self, arguments: &[&str]) -> Output {
        self.start(arguments).wait()
    }

    /// Starts `terrace -C <folder>` with these arguments.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn start(&self, arguments: &[&str]) -> Running {
        // Files, unlike pipes, keep what a killed process has printed and never make it wait.
        let stream = |name| File::create(self.folder.path().join(name)).expect("cannot write");
        let mut command = Command::new(&self.binary);
        command
            .arg("-C")
            .arg(self.path())
            .args(arguments)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.folder.path())
            .envs(&self.environment)
            .stdin(Stdio::null())
            .stdout(stream("stdout"))
            .stderr(stream("stderr"));
        let child = command
            .spawn()
            .unwrap_or_else(|error| panic!("cannot run {}: {error}", self.binary.display()));
        let command = format!("terrace {}", arguments.join(" "));
        Running { child, command, folder: self.folder.path().to_owned() }
    }
}

/// A `terrace` that has not ended yet.
#[must_use]
pub struct Running {
    child: Child,
    command: String,
    folder: PathBuf,
}

impl Running {
    /// Kills it as `kill -9` does.
    ///
    /// # Panics
    /// If it has ended by itself: then the test did not test what it is about.
    pub fn kill(mut self) -> Output {
        assert!(!self.has_ended(), "ended before it was killed: {}", self.wait());
        self.child.kill().expect("cannot kill the process");
        self.wait()
    }

    /// Whether it has come to its end.
    ///
    /// # Panics
    /// If it cannot be looked at.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("cannot look at the process").is_some()
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// If it cannot be waited for.
    pub fn wait(mut self) -> Output {
        let status = self.child.wait().expect("cannot wait for the process");
        let printed = |name| fs::read(self.folder.join(name)).expect("cannot read");
        Output {
            command: self.command,
            code: status.code(),
            stdout: String::from_utf8_lossy(&printed("stdout")).into_owned(),
            stderr: String::from_utf8_lossy(&printed("stderr")).into_owned(),
        }
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            if entry.file_name() != "state" {
                copy(&entry.path(), &target)?;
            }
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
