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

use crate::workspace;
use dotwright_engine::run::Plan;
use dotwright_lint::{External, Settings, checked};
use dotwright_model::{Pipeline, Profile};
use dotwright_runner::{
    Control, Graph, History, Observer, Report, Root, RunError, RunFolder, Setup, Variables,
};

fn temporary() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

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
        Place::with_child(source, None)
    }

    /// A place for a sample pipeline, with the child pipeline of its manager.
    ///
    /// # Panics
    /// When it cannot be read, or the checker refuses it.
    pub fn sample(name: &str) -> Place {
        let read = |name: &str| {
            std::fs::read_to_string(workspace().join("pipelines").join(name)).expect("a sample pipeline")
        };
        let child = (name == "every-handler.dot").then(|| ("count_kinds", read("every-handler-child.dot")));
        Place::with_child(&read(name), child.as_ref().map(|(node, source)| (*node, source.as_str())))
    }

    /// A place for a whole pipeline whose manager of this name has this child.
    ///
    /// # Panics
    /// When the checker refuses one of them.
    pub fn with_child(source: &str, child: Option<(&str, &str)>) -> Place {
        let (work, state) = (temporary(), temporary());
        let setup = Setup {
            workdir: work.path().to_owned(),
            variables: Variables::of_this_process(),
            ..Setup::default()
        };
        let path = work.path().join("graph.dot");
        let graph = |source: &str, children| {
            let pipeline = Arc::new(Pipeline::parse(source, Profile::default()));
            match checked(pipeline, &Settings::default(), &External::default()) {
                Ok((pipeline, _)) => Arc::new(Graph::new(pipeline, path.clone(), children)),
                Err(found) => panic!("{:?}", found.diagnostics),
            }
        };
        let children = child.map(|(node, source)| (node.to_owned(), graph(source, BTreeMap::new())));
        Place { work, state, graph: graph(source, children.into_iter().collect()), setup }
    }

    /// The same with a child pipeline for one of its managers.
    ///
    /// # Panics
    /// When the checker refuses it.
    #[must_use]
    pub fn and_child(mut self, manager: &str, body: &str) -> Place {
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
        let output = std::process::Command::new("git")
            .args(arguments)
            .current_dir(&self.work)
            .env("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z")
            .env("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z")
            .output();
        let output = output.expect("git starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn root(&self) -> Root {
        Root::at(self.state.path().join("runs"))
    }

    /// Where the log of the run is or will be.
    pub fn log(&self) -> PathBuf {
        self.state.path().join("runs/test/events.jsonl")
    }

    /// Writes a file in the working folder.
    ///
    /// # Panics
    /// When the disk says no.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        let folder = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        folder.and_then(|()| std::fs::write(&path, text)).expect("the file is written");
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

    /// The plan of its pipeline.
    pub fn plan(&self) -> Plan {
        Plan::new(self.graph.pipeline.share())
    }

    /// How many attempts its log leaves open.
    ///
    /// # Panics
    /// When it is damaged.
    pub fn in_flight(&self) -> usize {
        let Ok(history) = History::read(self.folder()) else { return 0 };
        let plan = self.plan();
        history.fold(&plan, None).expect("the log is good").0.attempts_in_flight().len()
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
