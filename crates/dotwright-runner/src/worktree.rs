//! Git worktrees: one for the run, one for each parallel branch, a commit for each attempt, and the merge at a fan-in
//! (section 13). The checkout that the run was started in is not touched.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use dotwright_engine::run::{State, WalkId};
use serde::{Deserialize, Serialize};

/// Whether a run gets worktrees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WorktreeMode {
    /// If its folder is in a git repository with a commit.
    Auto,
    /// Yes, or it is refused.
    Require,
    /// No.
    #[default]
    Off,
}

/// The repository of a run with worktrees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repository {
    /// Its top folder.
    pub top: PathBuf,
    /// The working directory of the steps below it.
    pub below: PathBuf,
    /// The commit that the run began at.
    pub base: String,
}

/// The worktrees of a run.
#[derive(Debug, Clone)]
pub(crate) struct Trees {
    repository: Repository,
    folder: PathBuf,
    run: String,
}

/// What a commit says about the attempt that made it.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub(crate) node: String,
    pub(crate) visit: u32,
    pub(crate) attempt: u32,
}

impl Repository {
    /// The repository that a folder is in, if it has a commit.
    pub fn around(folder: &Path) -> Option<Repository> {
        let top = PathBuf::from(said(folder, &["rev-parse", "--show-toplevel"]).ok()?);
        let base = said(folder, &["rev-parse", "--verify", "-q", "HEAD^{commit}"]).ok()?;
        let below = said(folder, &["rev-parse", "--show-prefix"]).ok()?;
        Some(Repository { top, below: PathBuf::from(below), base })
    }
}

impl Trees {
    pub(crate) fn new(repository: Repository, run_folder: &Path, run: &str) -> Trees {
        Trees { repository, folder: run_folder.join("trees"), run: run.to_owned() }
    }

    fn top(&self, walk: WalkId) -> PathBuf {
        self.folder.join(format!("walk{}", walk.0))
    }

    /// The working directory of a walk. Its tree begins with the last commit of the walk around it.
    pub(crate) fn workdir(&self, state: &State, walk: WalkId) -> std::io::Result<PathBuf> {
        // The walk and those around it that have no tree, the innermost first.
        let mut missing = Vec::new();
        let mut at = Some(walk);
        let mut base = self.repository.base.clone();
        while let Some(walk) = at {
            if self.top(walk).exists() {
                base = said(&self.top(walk), &["rev-parse", "HEAD"])?;
                break;
            }
            missing.push(walk);
            at = state.parent(walk);
        }
        for walk in missing.into_iter().rev() {
            let path = self.top(walk);
            crate::folder::private_folder(&self.folder)?;
            let path = path.to_string_lossy();
            said(&self.repository.top, &["worktree", "add", "-q", "--detach", "--force", &path, &base])?;
        }
        let workdir = self.top(walk).join(&self.repository.below);
        std::fs::create_dir_all(&workdir)?;
        Ok(workdir)
    }

    /// Commits what an attempt left in the tree of its walk.
    pub(crate) fn commit(&self, walk: WalkId, subject: &Subject) -> std::io::Result<()> {
        let tree = self.top(walk);
        let Subject { node, visit, attempt } = subject;
        said(&tree, &["add", "-A"])?;
        let message = format!(
            "{node}: visit {visit}\n\nDotwright-Run: {}\nDotwright-Node: {node}\nDotwright-Visit: {visit}\n\
             Dotwright-Attempt: {attempt}\n",
            self.run
        );
        said(&tree, &["commit", "-q", "--allow-empty", "--no-verify", "--no-gpg-sign", "-m", &message])?;
        self.keep(walk)
    }

    /// A ref of our own, so that the commits stay when the worktree goes.
    fn keep(&self, walk: WalkId) -> std::io::Result<()> {
        let name = match walk {
            WalkId::MAIN => "main".to_owned(),
            WalkId(number) => format!("walk{number}"),
        };
        let name = format!("refs/dotwright/{}/{name}", self.run);
        said(&self.top(walk), &["update-ref", &name, "HEAD"]).map(drop)
    }

    /// Merges the last commits of branches into the tree of a walk, in this order and without touching a checkout
    /// before all is well. Gives the paths in conflict.
    pub(crate) fn merge(&self, walk: WalkId, branches: &[WalkId]) -> std::io::Result<Vec<String>> {
        let tree = self.top(walk);
        if !tree.exists() {
            return Ok(Vec::new());
        }
        let mut head = said(&tree, &["rev-parse", "HEAD"])?;
        // A branch without a step has no tree and nothing to merge.
        for branch in branches.iter().filter(|branch| self.top(**branch).exists()) {
            let theirs = said(&self.top(*branch), &["rev-parse", "HEAD"])?;
            if git(&tree, &["merge-base", "--is-ancestor", &theirs, &head])?.status.success() {
                continue;
            }
            let merged =
                git(&tree, &["merge-tree", "--write-tree", "--name-only", "--no-messages", &head, &theirs])?;
            let text = String::from_utf8_lossy(&merged.stdout).into_owned();
            let mut lines = text.lines().map(str::to_owned);
            let made = lines.next().unwrap_or_default();
            match merged.status.code() {
                Some(0) => {
                    let message = format!("merge of a branch\n\nDotwright-Run: {}\n", self.run);
                    let parents = ["commit-tree", &made, "-p", &head, "-p", &theirs, "-m", &message];
                    head = said(&tree, &parents)?;
                }
                Some(1) => return Ok(lines.filter(|path| !path.is_empty()).collect()),
                Some(_) | None => return Err(failed(&merged)),
            }
        }
        said(&tree, &["reset", "-q", "--hard", &head])?;
        self.keep(walk)?;
        Ok(Vec::new())
    }
}

/// Runs git and gives what it says, without the line break.
fn said(folder: &Path, arguments: &[&str]) -> std::io::Result<String> {
    let output = git(folder, arguments)?;
    if !output.status.success() {
        return Err(failed(&output));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

fn git(folder: &Path, arguments: &[&str]) -> std::io::Result<Output> {
    let mut command = Command::new("git");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"GIT_")) {
        command.env_remove(name);
    }
    let identity = [
        "-c",
        "user.name=dotwright",
        "-c",
        "user.email=dotwright@localhost",
        "-c",
        "core.hooksPath=/dev/null",
    ];
    command.args(identity).args(arguments).current_dir(folder).stdin(Stdio::null()).output()
}

fn failed(output: &Output) -> std::io::Error {
    std::io::Error::other(format!("git: {}", String::from_utf8_lossy(&output.stderr).trim()))
}
