//! A temporary folder with files, and the program run in it.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A pipeline without findings.
pub(crate) const CLEAN: &str =
    "digraph {\n    start [shape=Mdiamond]\n    exit [shape=Msquare]\n    start -> exit\n}\n";
/// A pipeline with one error.
pub(crate) const BROKEN: &str =
    "digraph {\n    start [shape=Mdiamond\n    exit [shape=Msquare]\n    start -> exit\n}\n";
/// A pipeline with one warning whose fix is safe.
pub(crate) const FIXABLE: &str = "digraph {\n    start [shape=Mdiamond]\n    exit [shape=Msquare] \
    // dotwright: ignore(syntax-error) why\n    start -> exit\n}\n";

pub(crate) struct Project {
    folder: TempDir,
    /// Where runs are kept.
    state: TempDir,
}

/// What a run printed, and its exit code.
pub(crate) struct Run {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: i32,
}

impl Project {
    pub(crate) fn new(files: &[(&str, &str)]) -> Project {
        let project = Project { folder: tempfile::tempdir().unwrap(), state: tempfile::tempdir().unwrap() };
        // Findings must not depend on what is installed.
        project.write("dotwright.toml", b"shellcheck.mode = \"off\"\n");
        for (name, text) in files {
            project.write(name, text.as_bytes());
        }
        project
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dotwright"));
        command.args(arguments.split_whitespace()).current_dir(self.folder.path());
        command.env_remove("NO_COLOR").env_remove("TERM");
        command.env("XDG_CACHE_HOME", self.folder.path().join(".cache"));
        command.env("XDG_STATE_HOME", self.state.path());
        command
    }

    pub(crate) fn run(&self, arguments: &str) -> Run {
        self.run_with(arguments, b"")
    }

    pub(crate) fn run_with(&self, arguments: &str, stdin: &[u8]) -> Run {
        let mut command = self.command(arguments);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // A run that does not ask for its input may be over before it is written.
        let _unread = child.stdin.take().unwrap().write_all(stdin);
        let output = child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Run {
            stdout: text(output.stdout),
            stderr: text(output.stderr),
            code: output.status.code().expect("no signal ends a run"),
        }
    }
}

impl Run {
    /// All that the run printed, with its exit code.
    pub(crate) fn all(&self) -> String {
        let mut text = self.stdout.clone();
        if !self.stderr.is_empty() {
            text.push_str("-- stderr\n");
            text.push_str(&self.stderr);
        }
        text.push_str(&format!("-- exit code {}\n", self.code));
        text
    }
}
