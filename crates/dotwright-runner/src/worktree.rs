//! Git worktrees: one for the run, one for each parallel branch, a commit for each attempt, and the merge at a fan-in
//! (section 13). The checkout that the run was started in is not touched.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use dotwright_engine::run::{State, WalkId};
use serde::{Deserialize, Serialize};

/// How long git is tried that fails.
const PATIENCE: Duration = Duration::from_secs(1);

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

/// What a commit says about the attempt that made it. A merge counts as attempt 0 of its visit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Subject {
    pub(crate) node: String,
    pub(crate) visit: u32,
    pub(crate) attempt: u32,
}

impl Subject {
    fn trailers(&self, run: &str) -> String {
        let Subject { node, visit, attempt } = self;
        format!(
            "Dotwright-Run: {run}\nDotwright-Node: {node}\nDotwright-Visit: {visit}\nDotwright-Attempt: {attempt}\n"
        )
    }

    /// Visit, attempt and node between blanks.
    fn parse(text: &str) -> Option<Subject> {
        let (visit, rest) = text.split_once(' ')?;
        let (attempt, node) = rest.split_once(' ')?;
        Some(Subject { node: node.to_owned(), visit: visit.parse().ok()?, attempt: attempt.parse().ok()? })
    }
}

fn ref_of(run: &str, walk: WalkId) -> String {
    match walk {
        WalkId::MAIN => format!("refs/dotwright/{run}/main"),
        WalkId(number) => format!("refs/dotwright/{run}/walk{number}"),
    }
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
        patiently(|| self.try_workdir(state, walk))
    }

    fn try_workdir(&self, state: &State, walk: WalkId) -> std::io::Result<PathBuf> {
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
            if let Some(kept) = self.kept(walk) {
                base = kept;
                break;
            }
            at = state.parent(walk);
        }
        for walk in missing.into_iter().rev() {
            self.add(walk, &base)?;
        }
        let workdir = self.top(walk).join(&self.repository.below);
        std::fs::create_dir_all(&workdir)?;
        Ok(workdir)
    }

    fn add(&self, walk: WalkId, base: &str) -> std::io::Result<()> {
        crate::folder::private_folder(&self.folder)?;
        let path = self.top(walk);
        let path = path.to_string_lossy();
        said(&self.repository.top, &["worktree", "add", "-q", "--detach", "--force", &path, base]).map(drop)
    }

    /// Commits what an attempt left in the tree of its walk.
    pub(crate) fn commit(&self, walk: WalkId, subject: &Subject) -> std::io::Result<()> {
        patiently(|| self.try_commit(walk, subject)).or_else(|_| {
            self.unlock(walk);
            self.try_commit(walk, subject)
        })
    }

    /// Takes away what a git that was killed has left locked in the tree of a walk, which is ours alone.
    fn unlock(&self, walk: WalkId) {
        if let Ok(folder) = said(&self.top(walk), &["rev-parse", "--absolute-git-dir"]) {
            for lock in ["index.lock", "HEAD.lock"] {
                // Where there is none, something else was wrong.
                let _absent = std::fs::remove_file(Path::new(&folder).join(lock));
            }
        }
    }

    fn try_commit(&self, walk: WalkId, subject: &Subject) -> std::io::Result<()> {
        let tree = self.top(walk);
        let Subject { node, visit, .. } = subject;
        said(&tree, &["add", "-A"])?;
        let message = format!("{node}: visit {visit}\n\n{}", subject.trailers(&self.run));
        said(&tree, &["commit", "-q", "--allow-empty", "--no-verify", "--no-gpg-sign", "-m", &message])?;
        self.keep(walk)
    }

    /// A ref of our own, so that the commits stay when the worktree goes.
    fn keep(&self, walk: WalkId) -> std::io::Result<()> {
        said(&self.top(walk), &["update-ref", &ref_of(&self.run, walk), "HEAD"]).map(drop)
    }

    /// The last commit of a walk that is in no worktree, as in a run that was forked.
    fn kept(&self, walk: WalkId) -> Option<String> {
        let name = format!("{}^{{commit}}", ref_of(&self.run, walk));
        said(&self.repository.top, &["rev-parse", "-q", "--verify", &name]).ok()
    }

    /// Forgets what an earlier run of the same name has kept.
    pub(crate) fn forget(&self) -> std::io::Result<()> {
        let below = format!("refs/dotwright/{}/", self.run);
        let names = said(&self.repository.top, &["for-each-ref", "--format=%(refname)", &below])?;
        for name in names.lines() {
            said(&self.repository.top, &["update-ref", "-d", name])?;
        }
        Ok(())
    }

    /// Keeps the last commit of each of these walks that was made by then as that of a run which is forked from this
    /// one.
    pub(crate) fn fork(
        &self,
        into: &str,
        walks: impl Iterator<Item = WalkId>,
        was_made: impl Fn(&Subject) -> bool,
    ) -> std::io::Result<()> {
        for walk in walks {
            let Some(tip) = self.kept(walk) else { continue };
            let trailer = |key: &str| format!("%(trailers:key=Dotwright-{key},valueonly,separator=%x20)");
            let format =
                format!("--format=%H {} {} {}", trailer("Visit"), trailer("Attempt"), trailer("Node"));
            let log = said(&self.repository.top, &["log", "--first-parent", &format, &tip])?;
            let commit = log.lines().find_map(|line| {
                let (commit, subject) = line.split_once(' ')?;
                Subject::parse(subject).filter(|subject| was_made(subject)).map(|_| commit)
            });
            if let Some(commit) = commit {
                said(&self.repository.top, &["update-ref", &ref_of(into, walk), commit])?;
            }
        }
        Ok(())
    }

    /// Merges the last commits of branches into the tree of a walk, in this order and without touching a checkout
    /// before all is well. Gives the paths in conflict.
    pub(crate) fn merge(
        &self,
        walk: WalkId,
        branches: &[WalkId],
        subject: &Subject,
    ) -> std::io::Result<Vec<String>> {
        patiently(|| self.try_merge(walk, branches, subject)).or_else(|_| {
            self.unlock(walk);
            self.try_merge(walk, branches, subject)
        })
    }

    fn try_merge(
        &self,
        walk: WalkId,
        branches: &[WalkId],
        subject: &Subject,
    ) -> std::io::Result<Vec<String>> {
        let tree = self.top(walk);
        if !tree.exists() {
            let Some(kept) = self.kept(walk) else { return Ok(Vec::new()) };
            self.add(walk, &kept)?;
        }
        let mut head = said(&tree, &["rev-parse", "HEAD"])?;
        for branch in branches {
            let theirs = match self.top(*branch).exists() {
                true => said(&self.top(*branch), &["rev-parse", "HEAD"])?,
                false => match self.kept(*branch) {
                    Some(kept) => kept,
                    // A branch without a step has nothing to merge.
                    None => continue,
                },
            };
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
                    let message = format!("merge of a branch\n\n{}", subject.trailers(&self.run));
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

/// A git that a dead runner has started may still be at work, and somebody else may have a ref for a moment.
fn patiently<T>(mut attempt: impl FnMut() -> std::io::Result<T>) -> std::io::Result<T> {
    let until = Instant::now() + PATIENCE;
    loop {
        match attempt() {
            Err(_) if Instant::now() < until => std::thread::sleep(PATIENCE / 50),
            result => return result,
        }
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
