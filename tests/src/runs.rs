//! Runs inside a test: a pipeline that passed the checker, in a folder of its own.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::panic,
    reason = "tests start programs, read files and fail loudly"
)]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use dotwright_lint::{External, Settings, checked};
use dotwright_model::{Pipeline, Profile};
use dotwright_runner::{
    Control, Graph, History, Observer, Report, Root, RunError, RunFolder, Setup, Variables,
};

/// A place for one run.
pub struct Place {
    /// What the steps work in.
    pub work: tempfile::TempDir,
    state: tempfile::TempDir,
    graph: Arc<Graph>,
    /// How runs here are done.
    pub setup: Setup,
}

impl Place {
    /// A place for a pipeline between `digraph {` and `}`.
    ///
    /// # Panics
    /// When the checker refuses it.
    pub fn new(body: &str) -> Place {
        Place::of(&format!(
            "digraph g {{ graph [goal=test] start [shape=Mdiamond] exit [shape=Msquare]\n{body}\n}}"
        ))
    }

    /// A place for a whole pipeline.
    ///
    /// # Panics
    /// When the checker refuses it.
    pub fn of(source: &str) -> Place {
        let pipeline = Arc::new(Pipeline::parse(source, Profile::default()));
        let pipeline = match checked(pipeline, &Settings::default(), &External::default()) {
            Ok((proof, _)) => proof,
            Err(found) => panic!("{:?}", found.diagnostics),
        };
        let work = tempfile::tempdir().expect("a temporary folder");
        let setup = Setup {
            workdir: work.path().to_owned(),
            variables: Variables::of_this_process(),
            ..Setup::default()
        };
        let graph = Graph { pipeline, path: work.path().join("graph.dot"), children: BTreeMap::new() };
        let state = tempfile::tempdir().expect("a temporary folder");
        Place { work, state, graph: Arc::new(graph), setup }
    }

    /// The same with a child pipeline for one of its managers.
    ///
    /// # Panics
    /// When the checker refuses it.
    #[must_use]
    pub fn with_child(mut self, manager: &str, body: &str) -> Place {
        let child = Place::new(body).graph;
        let graph = Arc::get_mut(&mut self.graph).expect("nobody else has it");
        graph.children.insert(manager.to_owned(), child);
        self
    }

    /// Makes the working folder a git repository with one commit.
    ///
    /// # Panics
    /// When git does not.
    pub fn commit(&self) {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
        for arguments in [&["init", "-q"][..], &["add", "-A"], &["commit", "-qm", "one", "--allow-empty"]] {
            self.git(&[&identity[..], arguments].concat());
        }
    }

    /// What git says in the working folder.
    ///
    /// # Panics
    /// When it fails.
    pub fn git(&self, arguments: &[&str]) -> String {
        let output = std::process::Command::new("git").args(arguments).current_dir(&self.work).output();
        let output = output.expect("git starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn root(&self) -> Root {
        Root::at(self.state.path().join("runs"))
    }

    /// The folder of the run.
    ///
    /// # Panics
    /// When there is none.
    pub fn folder(&self) -> RunFolder {
        self.root().open("test").expect("the run has a folder")
    }

    /// Runs it.
    ///
    /// # Errors
    /// Those of the runner.
    pub fn try_run(&self, observer: &mut dyn Observer) -> Result<Report, RunError> {
        let (_, mailbox) = Control::new();
        dotwright_runner::run(&self.graph, &self.setup, &self.root(), "test", mailbox, observer)
    }

    /// Runs it to its end.
    ///
    /// # Panics
    /// When the runner fails.
    pub fn run(&self) -> Report {
        self.try_run(&mut ()).expect("the runner does not fail")
    }

    /// Runs it with a way to it from outside.
    ///
    /// # Panics
    /// When the runner fails.
    pub fn run_with(&self, meanwhile: impl FnOnce(Control) + Send) -> Report {
        let (control, mailbox) = Control::new();
        std::thread::scope(|scope| {
            scope.spawn(move || meanwhile(control));
            let ran = dotwright_runner::run(&self.graph, &self.setup, &self.root(), "test", mailbox, &mut ());
            ran.expect("the runner does not fail")
        })
    }

    /// Goes on with it.
    ///
    /// # Errors
    /// Those of the runner.
    pub fn try_resume(&self, observer: &mut dyn Observer) -> Result<Report, RunError> {
        let (_, mailbox) = Control::new();
        dotwright_runner::resume(&self.graph, &self.setup, &self.root(), "test", mailbox, observer)
    }

    /// Its log.
    ///
    /// # Panics
    /// When it is damaged.
    pub fn history(&self) -> History {
        History::read(self.folder()).expect("the log is good")
    }

    /// The text of a file in the working folder, empty without one.
    pub fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// A path in the working folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.work.path().join(name)
    }
}
