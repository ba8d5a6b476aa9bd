//! One attempt of a step: its folder, its process, and what its end proves.

use std::sync::Arc;

use dotwright_engine::run::{AttemptId, AttemptSpec, Evidence, NodeKey, Plan, WalkId};
use dotwright_model::{AttributeKey, Handler};

use crate::blobs::Blobs;
use crate::driver::{Driver, Incoming};
use crate::environment::{Surroundings, environment, status_path};
use crate::fence::fresh_nonce;
use crate::process::{Finished, Gated, Launch, Program, Running, Stopper, spawn};
use crate::record::AttemptStarted;
use crate::status_file::{self, Status, Usage};
use crate::worktree::Subject;
use crate::{agent, attributes, custom, prompt, tool};

/// Which kind of process does a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Tool,
    Agent,
    Custom,
}

/// The kind of a node's steps.
pub(crate) fn kind(plan: &Plan, node: NodeKey) -> Kind {
    match plan.handler(node) {
        Handler::Codergen | Handler::FanIn => Kind::Agent,
        Handler::Custom => Kind::Custom,
        Handler::Tool
        | Handler::Start
        | Handler::Exit
        | Handler::Conditional
        | Handler::Human
        | Handler::Parallel
        | Handler::Manager => Kind::Tool,
    }
}

/// A process that waits for its gate, and its record.
pub(crate) struct Prepared {
    pub(crate) note: AttemptStarted,
    pub(crate) process: Gated,
    pub(crate) stopper: Stopper,
    pub(crate) kind: Kind,
    pub(crate) walk: WalkId,
}

/// Starts the process of an attempt, which does nothing yet.
pub(crate) fn prepare(driver: &mut Driver<'_>, spec: &AttemptSpec) -> std::io::Result<Prepared> {
    let attempt = spec.attempt;
    let node = attempt.visit.node;
    let kind = kind(&driver.plan, node);
    let nonce = fresh_nonce(&mut driver.nonces.1, &driver.nonces.0);
    let workdir = driver.workdir_of(spec.walk)?;
    let place = format!("{}.{}.{}", spec.generation, attempt.visit.visit, attempt.attempt);
    let folder = driver.folder.attempt(driver.name(node), &place, &nonce)?;
    let what = program(driver, spec, kind)?;
    if let Program::Words { input, .. } = &what {
        std::fs::write(folder.join(if kind == Kind::Agent { "prompt.md" } else { "execute.json" }), input)?;
    }
    let let_through = match (kind, &driver.setup.backend) {
        (Kind::Agent, Some(backend)) => backend.variables.as_slice(),
        (Kind::Agent, None) | (Kind::Tool | Kind::Custom, _) => &[],
    };
    let around = Surroundings {
        variables: &driver.setup.variables,
        plan: &driver.plan,
        state: &driver.state,
        run: &driver.folder.id,
        source: &driver.source,
        workdir: &workdir,
        folder: &folder,
        let_through,
    };
    let mut variables = environment(&around, spec)?;
    let stall = match kind {
        Kind::Agent => {
            variables.extend(agent::variables(&driver.plan, node));
            Some(agent::STALL)
        }
        Kind::Tool | Kind::Custom => None,
    };
    let launch = Launch {
        what,
        environment: variables,
        workdir: workdir.clone(),
        bounds: tool::bounds(&driver.plan, node, stall),
        folder: folder.clone(),
    };
    let (process, stopper) = spawn(launch)?;
    let folder = folder.strip_prefix(&driver.folder.path).unwrap_or(&folder).display().to_string();
    let note = AttemptStarted { attempt, nonce, folder, process: Some(process.process.clone()) };
    Ok(Prepared { note, process, stopper, kind, walk: spec.walk })
}

fn program(driver: &Driver<'_>, spec: &AttemptSpec, kind: Kind) -> std::io::Result<Program> {
    let node = spec.attempt.visit.node;
    let (plan, state) = (&driver.plan, &driver.state);
    let run = &driver.folder.id;
    let missing = |what: &str| std::io::Error::new(std::io::ErrorKind::NotFound, what.to_owned());
    match kind {
        Kind::Tool => Ok(tool::program(plan, node)),
        Kind::Agent => {
            let backend = driver.setup.backend.as_ref().ok_or_else(|| missing("no model backend"))?;
            let input = prompt::prompt(plan, state, &driver.trace, spec, run).into_bytes();
            Ok(Program::Words { words: backend.words.clone(), input })
        }
        Kind::Custom => {
            let name = attributes::text(plan.pipeline(), node, AttributeKey::TYPE).unwrap_or_default();
            let words = driver.setup.handlers.get(name.trim()).ok_or_else(|| missing("no such handler"))?;
            let input = custom::execute_line(plan, state, spec, run);
            Ok(Program::Words { words: words.clone(), input })
        }
    }
}

/// Opens the gate and watches the process from a thread of its own.
pub(crate) fn begin(driver: &Driver<'_>, attempt: AttemptId, process: Gated, kind: Kind, walk: WalkId) {
    let folder = process.folder().to_owned();
    let running = process.open();
    let blobs = Arc::clone(&driver.blobs);
    let sender = driver.sender.clone();
    let trees = driver.trees.clone();
    let subject = Subject {
        node: driver.name(attempt.visit.node).to_owned(),
        visit: attempt.visit.visit,
        attempt: attempt.attempt,
    };
    let watch = move || {
        let (mut evidence, usage, leftovers) = watched(running, kind, &folder, &blobs);
        if let Some(Err(error)) = trees.map(|trees| trees.commit(walk, &subject)) {
            evidence = Evidence::Crashed(format!("the work of the step cannot be committed: {error}"));
        }
        let _over = sender.send(Incoming::Ended { attempt, evidence, usage, leftovers });
    };
    let started = std::thread::Builder::new().stack_size(512 << 10).spawn(watch);
    if let Err(error) = started {
        let evidence = Evidence::Crashed(format!("no thread for the step: {error}"));
        let ended = Incoming::Ended { attempt, evidence, usage: None, leftovers: false };
        let _over = driver.sender.send(ended);
    }
}

fn watched(
    running: Running,
    kind: Kind,
    folder: &std::path::Path,
    blobs: &Blobs,
) -> (Evidence, Option<Usage>, bool) {
    let finished = match running.supervise(blobs) {
        Ok(finished) => finished,
        Err(error) => {
            return (Evidence::Crashed(format!("the step was lost sight of: {error}")), None, false);
        }
    };
    let leftovers = finished.leftovers;
    let Status { verdict, usage } = status_file::read(&status_path(folder));
    let evidence = match kind {
        Kind::Tool => tool::evidence(finished, verdict),
        Kind::Agent => agent::evidence(finished, verdict),
        Kind::Custom => custom_evidence(&finished, blobs),
    };
    (evidence, usage.filter(|_| kind == Kind::Agent), leftovers)
}

fn custom_evidence(finished: &Finished, blobs: &Blobs) -> Evidence {
    match blobs.get(&finished.stdout.blob) {
        Ok(output) => custom::evidence(finished, &output),
        Err(error) => Evidence::Crashed(format!("the handler's answer was lost: {error}")),
    }
}
