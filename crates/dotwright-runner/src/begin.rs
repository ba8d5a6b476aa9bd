//! How a run comes about: a new one, one that is taken up again, and one that is only told something.

use std::collections::BTreeMap;
use std::sync::Arc;

use dotwright_engine::run::{Event, Limits, Phase, Start};

use crate::driver::{Driver, Parts, secrets};
use crate::error::RunError;
use crate::folder::{Root, write_atomically};
use crate::graph::Graph;
use crate::history::Folded;
use crate::inputs;
use crate::lock::Lock;
use crate::log::Log;
use crate::mailbox::{Control, Mailbox};
use crate::moment::Observer;
use crate::pins::Pins;
use crate::platform::{ProcessRef, now_millis, sha256};
use crate::preflight::{Refusal, cautions, preflight};
use crate::record::{Line, Note, RunCreated};
use crate::report::Report;
use crate::setup::Setup;
use crate::worktree::{Repository, WorktreeMode};

/// Runs a pipeline until it ends or rests.
///
/// # Errors
/// When preflight refuses it, or the runner itself fails.
pub fn run(
    graph: &Arc<Graph>,
    setup: &Setup,
    root: &Root,
    id: &str,
    mailbox: Mailbox,
    observer: &mut dyn Observer,
) -> Result<Report, RunError> {
    dry(graph, setup, root)?;
    let created =
        Created { parent: None, context: BTreeMap::new(), limits: setup.limits.unwrap_or_default() };
    begin(Parts { graph, setup, root, mailbox, observer, progress: None, until: None }, id, created)
}

/// Looks whether a run could begin, and starts nothing.
///
/// # Errors
/// When preflight refuses it.
pub fn dry(graph: &Graph, setup: &Setup, root: &Root) -> Result<(), RunError> {
    inputs::check(&graph.pipeline.share(), setup.inputs.keys().map(String::as_str))?;
    let mut refusals = preflight(graph, setup);
    if setup.worktree == WorktreeMode::Off && root.is_inside(&setup.workdir) {
        refusals.push(Refusal {
            node: String::new(),
            message: format!(
                "runs would lie in `{}`, where their steps work and could change their logs",
                setup.workdir.display()
            ),
            help: "set XDG_STATE_HOME to a folder outside, or run in another one with `--workdir`".to_owned(),
        });
    }
    if refusals.is_empty() { Ok(()) } else { Err(RunError::Refused(refusals)) }
}

/// What a run begins with beside its setup.
pub(crate) struct Created {
    pub(crate) parent: Option<String>,
    pub(crate) context: BTreeMap<String, String>,
    pub(crate) limits: Limits,
}

/// Begins a run, of a person or of a manager.
pub(crate) fn begin(parts: Parts<'_>, id: &str, created: Created) -> Result<Report, RunError> {
    let Parts { graph, setup, root, .. } = parts;
    let folder = root.create(id)?;
    let lock = Lock::take(&folder)?;
    if folder.is_begun() {
        // Somebody else was faster.
        return Err(RunError::Exists(id.to_owned()));
    }
    let source = graph.pipeline.source();
    write_atomically(&folder.source(), source.as_bytes()).map_err(RunError::io("write", &folder.source()))?;
    let secrets = secrets(setup, graph);
    let clean =
        |words: &[String]| words.iter().map(|word| secrets.redact(word).into_owned()).collect::<Vec<_>>();
    let note = RunCreated {
        tool_version: setup.tool_version.clone(),
        graph_sha256: sha256(source),
        graph_path: graph.path.display().to_string(),
        profile: graph.pipeline.profile().name.to_owned(),
        workdir: setup.workdir.display().to_string(),
        created: now_millis(),
        max_wall: setup.max_wall.map(|wall| u64::try_from(wall.as_millis()).unwrap_or(u64::MAX)),
        backend: setup.backend.as_ref().map(|backend| clean(&backend.words)),
        backend_variables: setup
            .backend
            .as_ref()
            .map(|backend| backend.variables.clone())
            .unwrap_or_default(),
        handlers: setup.handlers.iter().map(|(name, words)| (name.clone(), clean(words))).collect(),
        repository: match setup.worktree {
            WorktreeMode::Off => None,
            WorktreeMode::Auto | WorktreeMode::Require => Repository::around(&setup.workdir),
        },
        labels: setup.labels.clone(),
        parent: created.parent,
        forked: None,
    };
    Pins::new(setup, &note).write(&folder)?;
    let log = Log::create(&folder)?;
    let mut driver = Driver::new(parts, folder, lock, log, note);
    if let Some(trees) = &driver.trees {
        trees.forget().map_err(RunError::io("write", &driver.workdir))?;
    }
    driver.append_created()?;
    for caution in cautions(graph, setup) {
        driver.append(&Line::Note(&Note::Warning { text: caution.message }))?;
    }
    driver.begun()?;
    let inputs = setup.inputs.iter().map(|(key, value)| (format!("input.{key}"), value.clone()));
    let mut context = created.context;
    context.extend(inputs);
    context.insert("run.id".to_owned(), id.to_owned());
    let start = Start { context, limits: created.limits, worktrees: driver.trees.is_some() };
    driver.go(vec![Event::Started(start)])
}

/// Takes a run up again: after a pause, or after its runner died.
///
/// # Errors
/// When another runner has it, its log is damaged, or the runner itself fails.
pub fn resume(
    graph: &Arc<Graph>,
    setup: &Setup,
    root: &Root,
    id: &str,
    mailbox: Mailbox,
    observer: &mut dyn Observer,
) -> Result<Report, RunError> {
    take_up(Parts { graph, setup, root, mailbox, observer, progress: None, until: None }, id, Then::GoOn)
}

/// What to do with a run that was taken up.
pub(crate) enum Then {
    /// Go on.
    GoOn,
    /// Tell it this, and let it rest again.
    Tell(Box<Event>),
}

/// Tells a run that rests a fact, such as an answer or that it is cancelled.
///
/// # Errors
/// As [`resume`].
pub fn tell(
    graph: &Arc<Graph>,
    setup: &Setup,
    root: &Root,
    id: &str,
    event: Event,
) -> Result<Report, RunError> {
    let (_, mailbox) = Control::new();
    let parts = Parts { graph, setup, root, mailbox, observer: &mut (), progress: None, until: None };
    take_up(parts, id, Then::Tell(Box::new(event)))
}

/// Takes up a run, of a person or of a manager.
pub(crate) fn take_up(parts: Parts<'_>, id: &str, then: Then) -> Result<Report, RunError> {
    let Parts { graph, setup, root, .. } = parts;
    let folder = root.open(id)?;
    let lock = Lock::take(&folder)?;
    let folded = Folded::read(&folder, graph.plan())?;
    Pins::check(&folder, &folded.created)?;
    let log = Log::open(&folder, folded.seq, folded.digest.clone(), folded.length)?;
    let mut note = folded.created.clone();
    if let Some(wall) = setup.max_wall {
        note.max_wall = Some(u64::try_from(wall.as_millis()).unwrap_or(u64::MAX));
    }
    let mut driver = Driver::new(parts, folder, lock, log, note);
    driver.state = folded.state;
    driver.trace = folded.trace;
    driver.deadlines = folded.deadlines;
    driver.branches = folded.branches;
    driver.conversations = folded.conversations;
    driver.begun()?;
    for command in folded.missing {
        driver.append(&Line::Decision(&command))?;
    }
    if folded.torn > 0 {
        driver.append(&Line::Note(&Note::TailCut { bytes: folded.torn }))?;
    }
    if matches!(driver.state.phase(), Phase::Ended(_)) {
        driver.commit()?;
        return driver.finish();
    }
    driver.append(&Line::Note(&Note::RunnerStarted { runner: ProcessRef::own() }))?;
    for digest in &folded.steering {
        let text = driver.blobs.get(digest).map_err(RunError::io("read", &driver.folder.blobs()))?;
        driver.steering.push(String::from_utf8_lossy(&text).into_owned());
    }
    for started in &folded.steerers {
        let killed = crate::fence::fence(started);
        if !killed.is_empty() {
            driver.append(&Line::Note(&Note::Fenced { attempt: started.attempt, killed }))?;
        }
    }
    let lost = driver.state.attempts_in_flight();
    for attempt in &lost {
        let started = folded.started.get(attempt);
        let killed = started.map(crate::fence::fence).unwrap_or_default();
        if !killed.is_empty() {
            driver.append(&Line::Note(&Note::Fenced { attempt: *attempt, killed }))?;
        }
    }
    let lost = lost.into_iter().map(|attempt| Event::AttemptLost { attempt, policy: setup.on_lost });
    if matches!(driver.state.phase(), Phase::New) {
        return Err(RunError::Empty(id.to_owned()));
    }
    match then {
        Then::GoOn => {
            let limits = setup.limits;
            driver.go(lost.chain([Event::Resumed { limits }]).collect())
        }
        // Cancelled first, so that no lost attempt is begun again.
        Then::Tell(event) if matches!(*event, Event::CancelRequested { .. }) => {
            driver.go([*event].into_iter().chain(lost).collect())
        }
        Then::Tell(event) => {
            driver.handle(vec![*event])?;
            driver.finish()
        }
    }
}
