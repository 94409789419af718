//! A workspace in a folder of its own, and the program run on it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A copy of an example, on the simulator with short builds.
pub(crate) struct Workspace {
    folder: tempfile::TempDir,
    settings: String,
    env: Vec<(String, String)>,
}

/// What the program said.
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Workspace {
    pub(crate) fn quickstart() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        copy(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/quickstart"),
            folder.path(),
        );
        Self { folder, settings: r#"{"build_ms": 20, "delete_ms": 20}"#.into(), env: Vec::new() }
    }

    pub(crate) fn empty() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            settings: "{}".into(),
            env: Vec::new(),
        }
    }

    /// Settings of the simulator, as JSON.
    pub(crate) fn simulator(mut self, settings: &str) -> Self {
        self.settings = settings.into();
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.folder.path().join(relative)
    }

    pub(crate) fn write(&self, relative: &str, text: &str) -> &Self {
        let path = self.path(relative);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, text).expect("written");
        self
    }

    /// Replaces a text in the stack file; it must be there.
    pub(crate) fn edit(&self, from: &str, to: &str) -> &Self {
        let text = std::fs::read_to_string(self.path("stacks/web.yaml")).expect("read");
        assert!(text.contains(from), "`{from}` is not in {text}");
        self.write("stacks/web.yaml", &text.replace(from, to))
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_terrace"));
        command.arg("-C").arg(self.folder.path()).args(args).env_clear();
        command.env("PATH", "/usr/bin:/bin").env("HOME", self.folder.path()).env("USER", "tester");
        command.env("TERRACE_SIM_SETTINGS", &self.settings).stdin(Stdio::null());
        command.envs(self.env.iter().map(|(k, v)| (k, v)));
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Said {
        let Output { status, stdout, stderr } =
            self.command(args).output().expect("the program runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        Said { code: status.code().unwrap_or(-1), out: text(stdout), err: text(stderr) }
    }
}

impl Said {
    #[track_caller]
    pub(crate) fn code(self, expected: i32) -> Self {
        assert_eq!(self.code, expected, "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    /// Each text is somewhere in what was said.
    #[track_caller]
    pub(crate) fn says(self, texts: &[&str]) -> Self {
        for text in texts {
            let said = self.out.contains(text) || self.err.contains(text);
            assert!(said, "does not say `{text}`\nstdout:\n{}\nstderr:\n{}", self.out, self.err);
        }
        self
    }

    #[track_caller]
    pub(crate) fn never_says(self, text: &str) -> Self {
        let said = self.out.contains(text) || self.err.contains(text);
        assert!(!said, "says `{text}`\nstdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            if entry.file_name() != "state" {
                std::fs::create_dir_all(&target).expect("a folder");
                copy(&source, &target);
            }
        } else {
            std::fs::copy(source, target).expect("copied");
        }
    }
}
