//! Child pipelines: runs of their own in a thread of their own, under the parent's budgets and its cancel (section 17).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use dotwright_engine::run::{
    AttemptId, AttemptSpec, CallId, ChildProgress, Event, Limits, NodeKey, PauseReason, Plan, ReportedVisit,
    RunStatus, State,
};
use dotwright_model::{AttributeKey, Pipeline};

use crate::attributes::{list, text_or_graph};
use crate::begin::{Created, Then, begin, take_up};
use crate::driver::{Driver, Parts};
use crate::error::RunError;
use crate::mailbox::{Control, Incoming};
use crate::report::Report;
use crate::worktree::WorktreeMode;

/// A child that runs.
pub(crate) struct Child {
    pub(crate) control: Control,
    pub(crate) progress: Arc<Progress>,
    /// The manager's attempt.
    pub(crate) spec: AttemptSpec,
    /// The paid call of the model that steers it at the moment.
    pub(crate) call: Option<CallId>,
}

/// What a child did so far, for its parent.
#[derive(Debug, Default)]
pub(crate) struct Progress(Mutex<ChildProgress>);

impl Progress {
    pub(crate) fn set(&self, plan: &Plan, state: &State) {
        let at = state.context(plan, dotwright_engine::run::WalkId::MAIN).get("current_node");
        let node = at.unwrap_or_default().into_owned();
        let nodes = || plan.pipeline().nodes();
        let progress = ChildProgress {
            node,
            visits: nodes().map(|node| u64::from(state.visits(node.into()))).sum(),
            attempts: state.budget().attempts,
            cost: usd(state.budget().settled.micro_usd),
        };
        if let Ok(mut known) = self.0.lock() {
            *known = progress;
        }
    }

    pub(crate) fn get(&self) -> ChildProgress {
        self.0.lock().map(|progress| progress.clone()).unwrap_or_default()
    }
}

fn usd(micro: u64) -> String {
    format!("{}.{:06}", micro / 1_000_000, micro % 1_000_000)
}

/// Starts the child of a manager's attempt, or takes it up where it is.
pub(crate) fn start(driver: &Driver<'_>, spec: &AttemptSpec) -> Child {
    let attempt = spec.attempt;
    let node = attempt.visit.node;
    let name = driver.plan.name(node).to_owned();
    let (control, mailbox) = Control::new();
    let progress = Arc::new(Progress::default());
    let child = Child { control, progress: Arc::clone(&progress), spec: spec.clone(), call: None };
    let sender = driver.sender.clone();
    let Some(graph) = driver.graph.children.get(&name).map(Arc::clone) else {
        let result = Box::new(Err(RunError::Unknown(name)));
        let _over = sender.send(Incoming::ChildReturned { attempt, result });
        return child;
    };
    let mut setup = driver.setup.clone();
    setup.worktree = WorktreeMode::Off;
    let around = driver.workdir_of(spec.walk).unwrap_or_else(|_| driver.workdir.clone());
    if let Some(workdir) = text_or_graph(driver.plan.pipeline(), node, AttributeKey::STACK_CHILD_WORKDIR) {
        setup.workdir = around.join(workdir);
    } else {
        setup.workdir = around;
    }
    setup.inputs = inputs(driver.plan.pipeline(), attempt.visit.node);
    setup.max_wall = None;
    let used = driver.state.budget();
    let limits = driver.state.limits();
    let limits = Limits {
        max_attempts: limits.max_attempts.saturating_sub(used.attempts),
        tokens: limits.tokens.map(|all| all.saturating_sub(used.settled.tokens)),
        micro_usd: limits.micro_usd.map(|all| all.saturating_sub(used.settled.micro_usd)),
        ..*limits
    };
    setup.limits = Some(limits);
    let until = driver.wall;
    let root = driver.root.clone();
    let id = run_id(&driver.folder.id, &name, attempt.visit.visit);
    let parent = Some(driver.folder.id.clone());
    std::thread::spawn(move || {
        let created = Created { parent, context: BTreeMap::new(), limits };
        let known = root.open(&id).is_ok_and(|folder| folder.is_begun());
        let parts = Parts {
            graph: &graph,
            setup: &setup,
            root: &root,
            mailbox,
            observer: &mut (),
            progress: Some(progress),
            until,
        };
        let result = if known { take_up(parts, &id, Then::GoOn) } else { begin(parts, &id, created) };
        let _over = sender.send(Incoming::ChildReturned { attempt, result: Box::new(result) });
    });
    child
}

/// What the child of a visit of a manager is called.
pub(crate) fn run_id(parent: &str, node: &str, visit: u32) -> String {
    format!("{parent}.{}.{visit}", crate::folder::file_name(node))
}

/// `stack.child.input.KEY` of the node.
pub(crate) fn inputs(pipeline: &Pipeline, node: NodeKey) -> BTreeMap<String, String> {
    let node = node.id();
    let all = pipeline.default_attributes(node).chain(pipeline.own_attributes(node));
    all.filter_map(|attribute| {
        let key = attribute.name().strip_prefix("stack.child.input.")?.to_owned();
        Some((key, attribute.text().into_owned()))
    })
    .collect()
}

/// The fact that a child is over, or rests.
pub(crate) fn ended(plan: &Plan, attempt: AttemptId, result: Result<Report, RunError>) -> Event {
    let report = match result {
        Ok(report) => report,
        Err(error) => return failed(attempt, format!("the child could not run: {error}")),
    };
    if report.partial {
        return Event::ChildPaused {
            attempt,
            why: PauseReason::from_word(&report.reason).unwrap_or(PauseReason::Child),
        };
    }
    let wanted = list(plan.pipeline(), attempt.visit.node, AttributeKey::STACK_CHILD_OUTPUTS);
    let outputs = wanted.into_iter().filter_map(|key| {
        let value = report.context.get(&key)?.clone();
        Some((key, value))
    });
    let mut reason = report.reason.clone();
    if !report.message.is_empty() {
        reason = format!("{reason}: {}", report.message);
    }
    Event::ChildEnded {
        attempt,
        status: match report.status.as_str() {
            "success" => RunStatus::Success,
            "cancelled" => RunStatus::Cancelled,
            _ => RunStatus::Fail,
        },
        reason,
        progress: ChildProgress {
            node: report.context.get("current_node").cloned().unwrap_or_default(),
            visits: count(&report.visits),
            attempts: report.cost.attempts,
            cost: usd(report.cost.micro_usd),
        },
        outputs: outputs.collect(),
    }
}

/// The fact that a child was cancelled that does not run here.
pub(crate) fn cancelled(attempt: AttemptId) -> Event {
    over(attempt, RunStatus::Cancelled, "cancelled".to_owned())
}

fn failed(attempt: AttemptId, reason: String) -> Event {
    over(attempt, RunStatus::Fail, reason)
}

fn over(attempt: AttemptId, status: RunStatus, reason: String) -> Event {
    let progress = ChildProgress::default();
    Event::ChildEnded { attempt, status, reason, progress, outputs: BTreeMap::new() }
}

fn count(visits: &[ReportedVisit]) -> u64 {
    let mut lists = vec![visits];
    let mut count = 0;
    while let Some(list) = lists.pop() {
        for visit in list {
            match visit {
                ReportedVisit::Node(_) => count += 1,
                ReportedVisit::Region { branches, .. } => lists.extend(branches.iter().map(Vec::as_slice)),
            }
        }
    }
    count
}
