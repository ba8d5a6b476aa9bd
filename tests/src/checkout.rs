//! A checkout of a small project in which the program itself runs pipelines, with a state directory beside it.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests start programs, read files and fail loudly"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::{dotwright_folder, workspace};

/// A git repository in a temporary folder, with a place aside for what does not belong into it.
pub struct Checkout {
    folder: tempfile::TempDir,
    aside: tempfile::TempDir,
}

impl Checkout {
    /// A repository with these files in one commit.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn new(files: &[(&str, &str)]) -> Checkout {
        let new = || tempfile::tempdir().expect("a temporary folder");
        let checkout = Checkout { folder: new(), aside: new() };
        for (name, text) in files {
            checkout.write(name, text);
        }
        checkout.git(&["init", "-q"]);
        checkout.git(&["add", "-A"]);
        let commit = ["commit", "-qm", "one", "--allow-empty"];
        checkout.git(&[&["-c", "user.name=a", "-c", "user.email=a@example.org"][..], &commit].concat());
        checkout
    }

    /// What git says in it.
    ///
    /// # Panics
    /// When it fails.
    pub fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git").args(arguments).current_dir(&self.folder).output();
        let output = output.expect("git starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// A path in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The text of a file in it, empty without one.
    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// Writes a file in it.
    ///
    /// # Panics
    /// When the disk says no.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        let folder = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        assert!(folder.and_then(|()| std::fs::write(&path, text)).is_ok(), "{}", path.display());
    }

    /// Writes a file outside of it, and gives its path.
    ///
    /// # Panics
    /// When the disk says no.
    pub fn aside(&self, name: &str, text: &str) -> String {
        let path = self.aside.path().join(name);
        assert!(std::fs::write(&path, text).is_ok(), "{}", path.display());
        path.display().to_string()
    }

    /// Where its runs lie.
    pub fn state(&self) -> PathBuf {
        self.aside.path().join("state")
    }

    /// The program, to be started in it.
    pub fn command(&self) -> Command {
        let mut command = Command::new(dotwright_folder().join("dotwright"));
        command.current_dir(&self.folder).env("XDG_STATE_HOME", self.state()).stdin(Stdio::null());
        command
    }

    /// The program with these arguments, to its end.
    ///
    /// # Panics
    /// When it does not start.
    pub fn dotwright(&self, arguments: &[&str]) -> Output {
        self.command().args(arguments).output().expect("the program starts")
    }

    /// What the program says, on both streams, when it ends with this exit code.
    ///
    /// # Panics
    /// When it ends with another one.
    #[track_caller]
    pub fn says(&self, arguments: &[&str], code: i32) -> String {
        let output = self.dotwright(arguments);
        let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
        text.into_owned()
    }

    /// The same in one line, for messages that are broken where the terminal would end.
    ///
    /// # Panics
    /// When it ends with another one.
    #[track_caller]
    pub fn says_in_a_line(&self, arguments: &[&str], code: i32) -> String {
        let said = self.says(arguments, code);
        said.split_whitespace().filter(|word| *word != "|").collect::<Vec<_>>().join(" ")
    }

    /// Runs a sample pipeline to this exit code, and gives its report.
    ///
    /// # Panics
    /// When it ends with another one.
    #[track_caller]
    pub fn run(&self, sample: &str, arguments: &[&str], code: i32) -> Value {
        let sample = sample_path(sample).display().to_string();
        self.says(&[&["run", sample.as_str()], arguments].concat(), code);
        self.report("@last")
    }

    /// The report of a run as it stands.
    ///
    /// # Panics
    /// When there is none.
    #[track_caller]
    pub fn report(&self, run: &str) -> Value {
        let shown = self.dotwright(&["show", run, "--json"]);
        match serde_json::from_slice(&shown.stdout) {
            Ok(report) => report,
            Err(_) => panic!("{}", String::from_utf8_lossy(&shown.stderr)),
        }
    }
}

/// The path of a sample pipeline.
pub fn sample_path(name: &str) -> PathBuf {
    workspace().join("pipelines").join(name)
}

/// The command that plays the model in the sample pipelines, with the visits that it does badly.
pub fn model(faults: &str) -> String {
    format!("/bin/sh {} {faults}", model_script().display())
}

/// The script of [`model`].
pub fn model_script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/model.sh")
}

/// The visits of a report in a line: the branches of a region stand in brackets, with a bar between them.
pub fn route(visits: &Value) -> String {
    let visit = |visit: &Value| match visit.as_str() {
        Some(node) => node.to_owned(),
        None => format!("[{}]", joined(&visit["branches"], " | ", route)),
    };
    joined(visits, " ", visit)
}

fn joined(list: &Value, between: &str, text: impl FnMut(&Value) -> String) -> String {
    list.as_array().into_iter().flatten().map(text).collect::<Vec<_>>().join(between)
}
