//! What a runner itself can fail on. A step that fails is no error in this sense.

use std::io;
use std::path::{Path, PathBuf};

use crate::preflight::Refusal;

/// Why a run was not begun, taken up or finished.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The operating system says no.
    #[error("cannot {what} `{}`: {error}", path.display())]
    Io {
        /// What was to be done, as in `cannot read`.
        what: &'static str,
        /// With which file.
        path: PathBuf,
        /// What it said.
        error: io::Error,
    },
    /// Another runner that lives has the run.
    #[error("the run `{run}` is in the hands of process {pid}")]
    Held {
        /// The run.
        run: String,
        /// The runner.
        pid: i32,
    },
    /// A record that is not the last one is damaged.
    #[error("record {seq} of `{}`, at byte {offset}, is damaged: {why}", path.display())]
    Damaged {
        /// The log.
        path: PathBuf,
        /// Which record, from 1.
        seq: u64,
        /// Where it begins.
        offset: u64,
        /// What is wrong.
        why: String,
    },
    /// Damage that leaves nothing to go on from.
    #[error("record {seq} of `{}` is damaged, and nothing was started before it", path.display())]
    NothingLeft {
        /// The log.
        path: PathBuf,
        /// Which record, from 1.
        seq: u64,
    },
    /// The pipeline in the folder of a run was changed.
    #[error("`{}` is not the pipeline that the run began with", path.display())]
    OtherGraph {
        /// Where it is.
        path: PathBuf,
    },
    /// `lock.json` is not of this run.
    #[error("`{}` says {what} `{pinned}`, and the log `{logged}`", path.display())]
    OtherPins {
        /// The file.
        path: PathBuf,
        /// Its key.
        what: &'static str,
        /// What it says.
        pinned: String,
        /// What the log says.
        logged: String,
    },
    /// A run is replayed on a version of its graph that lacks a node which it visited.
    #[error("the run enters `{node}` with record {seq}, and the graph has no such node")]
    Gone {
        /// The node.
        node: String,
        /// The first record that enters it.
        seq: u64,
    },
    /// There is a run of this name.
    #[error("there is a run `{0}` already")]
    Exists(String),
    /// There is no such run.
    #[error("there is no run `{0}`")]
    Unknown(String),
    /// Several runs begin like that.
    #[error("`{0}` is the beginning of several run ids")]
    Ambiguous(String),
    /// The runner died before anything of the run was on disk.
    #[error("nothing of the run `{0}` was started")]
    Empty(String),
    /// A name that cannot be a folder.
    #[error("`{0}` cannot be a run id: letters, digits, `.`, `_` and `-` can be in one")]
    BadId(String),
    /// Preflight failed (section 1.1).
    #[error("preflight refuses the pipeline")]
    Refused(Vec<Refusal>),
    /// The pipeline declares an input that was not given (section 18).
    #[error("the pipeline needs the input `{0}`")]
    MissingInput(String),
    /// An input was given that the pipeline does not declare.
    #[error("the pipeline declares no input `{0}`")]
    UndeclaredInput(String),
    /// Somebody removed the log of a run that goes on.
    #[error("`{}` was removed while the run went on", .0.display())]
    Removed(PathBuf),
    /// The run that this one is a child of failed.
    #[error("the runner of its parent failed")]
    Abandoned,
    /// An observer asked to stop dead.
    #[error("stopped dead")]
    StoppedDead,
}

impl RunError {
    pub(crate) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> RunError {
        let path = path.to_owned();
        move |error| RunError::Io { what, path, error }
    }
}
