//! The cloud's own client, `/usr/bin/openstack`, kept open as one interactive session.
//!
//! A session answers in a tenth of a second; a process a command would take two.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

pub(crate) const PROGRAM: &str = "/usr/bin/openstack";
/// Printed by the session's own shell after each command, so that we know where its output ends.
const END: &str = "end-of-answer";

/// A session of the client with one cloud of a clouds.yaml.
pub(crate) struct Client {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    errors: PathBuf,
    errors_seen: usize,
    _folder: TempDir,
}

impl Client {
    pub(crate) fn new(clouds: &Path, cloud: &str) -> Self {
        let folder = tempfile::tempdir().expect("cannot make a folder");
        let errors = folder.path().join("stderr");
        let mut process = Command::new(PROGRAM)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("LANG", "C.UTF-8")
            .env("PYTHONUNBUFFERED", "1")
            .env("OS_CLIENT_CONFIG_FILE", clouds)
            .env("OS_CLOUD", cloud)
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(&errors).expect("cannot write"))
            .spawn()
            .unwrap_or_else(|error| panic!("cannot run {PROGRAM}: {error}"));
        let input = process.stdin.take().expect("its stdin is piped");
        let output = BufReader::new(process.stdout.take().expect("its stdout is piped"));
        Self { process, input, output, errors, errors_seen: 0, _folder: folder }
    }

    /// Runs a command that prints JSON.
    #[track_caller]
    pub(crate) fn json(&mut self, command: &str) -> Value {
        let (answer, errors) = self.ask(&format!("{command} -f json"));
        serde_json::from_str(&answer)
            .unwrap_or_else(|error| panic!("openstack {command}: {error}\n{answer}\n{errors}"))
    }

    /// Runs a command that prints a list as JSON.
    #[track_caller]
    pub(crate) fn list(&mut self, command: &str) -> Vec<Value> {
        match self.json(command) {
            Value::Array(rows) => rows,
            other => panic!("openstack {command}: not a list: {other}"),
        }
    }

    /// Runs a command that prints nothing.
    #[track_caller]
    pub(crate) fn run(&mut self, command: &str) {
        let (answer, errors) = self.ask(command);
        assert!(errors.is_empty(), "openstack {command}: {answer}\n{errors}");
    }

    /// The command's stdout and stderr.
    #[track_caller]
    fn ask(&mut self, command: &str) -> (String, String) {
        writeln!(self.input, "{command}\nshell echo {END}").expect("the session is gone");
        self.input.flush().expect("the session is gone");
        let mut answer = String::new();
        let mut line = String::new();
        loop {
            line.clear();
            let read = self.output.read_line(&mut line).expect("cannot read the answer");
            let all_errors = fs::read_to_string(&self.errors).expect("cannot read stderr");
            assert!(read > 0, "openstack {command}: the session ended\n{answer}\n{all_errors}");
            if line.trim_end() == END {
                let errors = all_errors[self.errors_seen..].to_owned();
                self.errors_seen = all_errors.len();
                return (answer, errors);
            }
            answer.push_str(&line);
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // Nothing is lost with the session, and a test that fails must not wait for it.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
