//! How a run is to be done, beside the pipeline itself.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use dotwright_engine::run::{Limits, OnLost};

use crate::answers::Answers;
use crate::environment::Variables;
use crate::moment::Asker;
use crate::prices::Catalogue;
use crate::worktree::WorktreeMode;

/// Commands of registered handlers by the value of `type`.
pub type Handlers = BTreeMap<String, Vec<String>>;

/// How a run is to be done.
#[derive(Clone, Default)]
pub struct Setup {
    /// The working directory of the steps.
    pub workdir: PathBuf,
    /// The caller's variables.
    pub variables: Variables,
    /// Who does model steps.
    pub backend: Option<Backend>,
    /// Who does steps of other types.
    pub handlers: Handlers,
    /// Answers that were given beforehand.
    pub answers: Answers,
    /// What to do with a gate that nobody has answered.
    pub on_gate: OnGate,
    /// What attempts come to that a dead runner left behind; without it their nodes say.
    pub on_lost: Option<OnLost>,
    /// Who is asked.
    pub asker: Option<Arc<dyn Asker>>,
    /// Budgets. On resume, `None` keeps those of the run.
    pub limits: Option<Limits>,
    /// Wall time of the run from its beginning.
    pub max_wall: Option<Duration>,
    /// Whether the run gets git worktrees.
    pub worktree: WorktreeMode,
    /// Labels by key, for the record.
    pub labels: BTreeMap<String, String>,
    /// Inputs by key, without `input.`.
    pub inputs: BTreeMap<String, String>,
    /// What models cost.
    pub catalogue: Arc<Catalogue>,
    /// Version of the program, for the record.
    pub tool_version: String,
}

/// A model backend: a command that reads the prompt and writes the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backend {
    /// The program and its arguments.
    pub words: Vec<String>,
    /// Filtered variables that it gets by name.
    pub variables: Vec<String>,
}

/// What to do with a gate that nobody has answered (section 14).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnGate {
    /// Ask who can be asked; else wait for the gate's own deadline, else pause.
    #[default]
    Ask,
    /// Stay up until somebody answers from elsewhere.
    Wait,
    /// Pause.
    Pause,
    /// Fail.
    Fail,
}
