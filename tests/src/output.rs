//! What a command printed and how it ended.

use std::fmt;

use serde_json::Value;

/// The end of one `terrace` command. Its checks panic with everything the command printed.
#[derive(Clone, Debug)]
#[must_use]
pub struct Output {
    pub(crate) command: String,
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Output {
    /// Checks the exit code.
    #[track_caller]
    pub fn code(self, expected: i32) -> Self {
        assert_eq!(self.code, Some(expected), "exit code of {self}");
        self
    }

    /// Checks that one of the two streams has the text, in whatever case.
    #[track_caller]
    pub fn says(self, expected: &str) -> Self {
        assert!(self.has(expected), "`{expected}` is not in {self}");
        self
    }

    /// Checks that neither of the streams has the text.
    #[track_caller]
    pub fn never_says(self, unexpected: &str) -> Self {
        assert!(!self.has(unexpected), "`{unexpected}` is in {self}");
        self
    }

    /// Whether one of the two streams has the text, in whatever case.
    pub fn has(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.stdout.to_lowercase().contains(&text) || self.stderr.to_lowercase().contains(&text)
    }

    /// What was printed on stdout.
    pub fn stdout(&self) -> &str {
        &self.stdout
    }

    /// What was printed on stdout, as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("no JSON ({error}) on stdout of {self}"))
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { command, code, stdout, stderr } = self;
        write!(f, "`{command}` ({code:?})\n--- stdout\n{stdout}\n--- stderr\n{stderr}\n---")
    }
}
