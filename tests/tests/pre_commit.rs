//! The real pre-commit with our hooks on a small repository: a bad pipeline is refused, a mended one passes.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests run programs and write files")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail loudly")]

use std::path::PathBuf;
use std::process::Command;

use dotwright_tests::{path_with_dotwright, tool, workspace};

const BAD: &str = "digraph {\n    start [shape=Mdiamond]\n    start -> work\n}\n";
const GOOD: &str = "digraph {
    graph [goal=\"say hello\"]
    start [shape=Mdiamond]
    work [shape=parallelogram, tool_command=\"echo hello\", timeout=\"10s\"]
    exit [shape=Msquare]
    start -> work -> exit
}
";
const UNFORMATTED: &str = "digraph { /* kept */ graph [goal=\"x\"]\n\n\n start [shape=Mdiamond] exit [shape=Msquare]; start->exit }";

/// A repository in a fresh folder below `target`, with one pipeline.
struct Repository {
    folder: PathBuf,
    pre_commit: PathBuf,
}

impl Repository {
    fn new(name: &str, pipeline: &str) -> Option<Repository> {
        let pre_commit = tool("pre-commit")?;
        let folder = workspace().join("target/pre-commit-tests").join(name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder).unwrap();
        }
        std::fs::create_dir_all(&folder).unwrap();
        let repository = Repository { folder, pre_commit };
        repository.git(&["init", "--quiet"]);
        repository.write(pipeline);
        Some(repository)
    }

    fn write(&self, pipeline: &str) {
        std::fs::write(self.folder.join("build.dot"), pipeline).unwrap();
        self.git(&["add", "."]);
    }

    fn git(&self, arguments: &[&str]) {
        let status = Command::new("git").args(arguments).current_dir(&self.folder).status().unwrap();
        assert!(status.success(), "git {arguments:?}");
    }

    /// Runs a hook over all files; gives whether it passed, and what it printed.
    fn hook(&self, hook: &str) -> (bool, String) {
        let output = Command::new(&self.pre_commit)
            .arg("try-repo")
            .arg(workspace())
            .args([hook, "--all-files", "--verbose"])
            .current_dir(&self.folder)
            .env("PRE_COMMIT_HOME", workspace().join("target/pre-commit-cache"))
            // The wheel is built in the dev profile: an optimised build takes minutes and proves nothing more.
            .env("CARGO_TARGET_DIR", workspace().join("target/wheel"))
            .env("MATURIN_PEP517_ARGS", "--profile dev")
            .env("PATH", path_with_dotwright())
            .output()
            .unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&text).into_owned())
    }
}

#[track_caller]
fn refuses_bad_and_passes_good(hook: &str) {
    let Some(repository) = Repository::new(hook, BAD) else { return };
    let (passed, text) = repository.hook(hook);
    assert!(!passed, "a pipeline without exit passed:\n{text}");
    assert!(text.contains("missing-exit") && text.contains("undeclared-node"), "{text}");
    repository.write(GOOD);
    let (passed, text) = repository.hook(hook);
    assert!(passed, "{text}");
    assert!(text.contains("Passed"), "{text}");
}

#[test]
fn the_wheel_hook_refuses_a_bad_pipeline_and_passes_a_mended_one() {
    refuses_bad_and_passes_good("dotwright-check");
}

#[test]
fn the_system_hook_refuses_a_bad_pipeline_and_passes_a_mended_one() {
    refuses_bad_and_passes_good("dotwright-check-system");
}

#[test]
fn the_format_hook_rewrites_a_file_once_and_then_passes() {
    let Some(repository) = Repository::new("dotwright-fmt-system", UNFORMATTED) else { return };
    let (passed, text) = repository.hook("dotwright-fmt-system");
    assert!(!passed && text.contains("files were modified by this hook"), "{text}");
    let formatted = std::fs::read_to_string(repository.folder.join("build.dot")).unwrap();
    assert!(formatted.contains("/* kept */") && formatted.contains("start -> exit"), "{formatted}");
    repository.git(&["add", "."]);
    let (passed, text) = repository.hook("dotwright-fmt-system");
    assert!(passed, "{text}");
}

#[test]
fn files_of_other_kinds_are_left_alone() {
    let Some(repository) = Repository::new("other-files", GOOD) else { return };
    repository.git(&["mv", "build.dot", "build.txt"]);
    let (passed, text) = repository.hook("dotwright-check-system");
    assert!(passed && text.contains("no files to check"), "{text}");
}
