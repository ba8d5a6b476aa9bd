//! One attempt of a step: its folder, its process, and what its end proves.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Sender;

use dotwright_engine::run::{
    AttemptId, AttemptSpec, Event, Evidence, ModelEnd, NodeKey, Plan, Verdict, WalkId,
};
use dotwright_model::{AttributeKey, Handler};

use crate::blobs::Blobs;
use crate::conversation::{Turn, thread, transcript};
use crate::driver::Driver;
use crate::environment::{Environment, Surroundings, environment, status_path};
use crate::error::RunError;
use crate::fence::fresh_nonce;
use crate::fidelity::{Fidelity, Unknown};
use crate::mailbox::{Ended, Incoming};
use crate::process::{Finished, Gate, Gated, Launch, Orders, Program, Stopper, orders, spawn};
use crate::prompt::Prompt;
use crate::record::{AttemptStarted, Part};
use crate::redaction::Secrets;
use crate::scratch::{Scratch, Spares, Written};
use crate::status_file::{self, Status, Usage};
use crate::verify::{self, Verify};
use crate::worktree::{Subject, Trees};
use crate::{agent, attributes, custom, prompt, steer, tool};

/// Which kind of process does a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Tool,
    Agent,
    Custom,
    /// A model that steers the child of a manager.
    Steer,
}

impl Kind {
    fn is_model(self) -> bool {
        match self {
            Kind::Agent | Kind::Steer => true,
            Kind::Tool | Kind::Custom => false,
        }
    }

    fn part(self) -> Part {
        match self {
            Kind::Tool | Kind::Agent | Kind::Custom => Part::Step,
            Kind::Steer => Part::Steer,
        }
    }
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

/// What a model is asked.
struct Asked {
    /// The conversation that it is part of.
    thread: String,
    prompt: String,
}

/// All that a thread needs to begin an attempt.
struct Errand {
    nonce: String,
    launch: Launch,
    /// What has to be in the folder of the attempt.
    files: Vec<(PathBuf, Vec<u8>)>,
    /// What is run when the model has answered.
    verify: Option<Launch>,
    /// The folder of the attempt below the folder of the run.
    place: String,
    /// An empty folder that the attempt can have.
    spare: Option<PathBuf>,
    job: Job,
}

/// What an attempt is and where its end goes, the same from its beginning on.
struct Job {
    attempt: AttemptId,
    kind: Kind,
    walk: WalkId,
    subject: Subject,
    asked: Option<Asked>,
    scratch: Scratch,
    spares: Arc<Spares>,
    blobs: Arc<Blobs>,
    secrets: Arc<Secrets>,
    trees: Option<Trees>,
    sender: Sender<Incoming>,
}

/// A process behind its gate, and the record that has to be on disk before that is opened.
pub(crate) struct Begun {
    pub(crate) started: AttemptStarted,
    pub(crate) gate: Gate,
}

/// What is left of an errand once the process is there.
struct Rest {
    gated: Gated,
    status: PathBuf,
    verify: Option<Verify>,
    job: Job,
}

/// Why an attempt could not be begun.
pub(crate) enum NotBegun {
    /// Its program could not be started: a failure of the step.
    Program(std::io::Error),
    /// The folder of the run cannot be used: a failure of the runner.
    Runner(RunError),
}

impl From<std::io::Error> for NotBegun {
    fn from(error: std::io::Error) -> NotBegun {
        NotBegun::Program(error)
    }
}

/// Begins an attempt: its process is started behind a gate, and a thread of its own watches it to its end.
///
/// That thread starts the process too, so that many can be started at once. One that is `alone` is started here and
/// given back, because to wait for another thread takes longer.
pub(crate) fn start(
    driver: &mut Driver<'_>,
    spec: &AttemptSpec,
    kind: Kind,
    alone: bool,
) -> Result<(Stopper, Option<Begun>), NotBegun> {
    let errand = errand(driver, spec, kind)?;
    let (orders, stopper) = orders()?;
    if alone {
        let (begun, rest) = errand.begin(orders)?;
        driver.crew.send(move || rest.watch())?;
        return Ok((stopper, Some(begun)));
    }
    driver.crew.send(move || errand.run(orders))?;
    Ok((stopper, None))
}

fn errand(driver: &mut Driver<'_>, spec: &AttemptSpec, kind: Kind) -> std::io::Result<Errand> {
    let attempt = spec.attempt;
    let node = attempt.visit.node;
    let nonce = fresh_nonce(&mut driver.nonces.1, &driver.nonces.0);
    let workdir = driver.workdir_of(spec.walk)?;
    let place = format!("{}.{}.{}", spec.generation, attempt.visit.visit, attempt.attempt);
    let scratch = driver.folder.attempt(driver.name(node), &place, &nonce);
    let folder = scratch.path.clone();
    let (what, asked) = program(driver, spec, kind)?;
    let let_through = match &driver.setup.backend {
        Some(backend) if kind.is_model() => backend.variables.as_slice(),
        Some(_) | None => &[],
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
    let Environment { mut variables, mut files } = environment(&around, spec);
    if let Program::Words { input, .. } = &what {
        let name = if kind.is_model() { "prompt.md" } else { "execute.json" };
        let text = String::from_utf8_lossy(input);
        files.push((folder.join(name), driver.secrets.redact(&text).as_bytes().to_vec()));
    }
    let verify = (kind == Kind::Agent).then(|| verify::launch(driver, spec, &around)).flatten();
    let stall = kind.is_model().then_some(agent::STALL);
    if kind.is_model() {
        variables.own.extend(agent::variables(&driver.plan, node));
    }
    let bounds = tool::bounds(&driver.plan, node, stall);
    let job = Job {
        attempt,
        kind,
        walk: spec.walk,
        subject: Subject {
            node: driver.name(node).to_owned(),
            visit: attempt.visit.visit,
            attempt: attempt.attempt,
        },
        asked,
        scratch,
        spares: Arc::clone(&driver.spares),
        blobs: Arc::clone(&driver.blobs),
        secrets: Arc::clone(&driver.secrets),
        trees: driver.trees.clone(),
        sender: driver.sender.clone(),
    };
    Ok(Errand {
        nonce,
        place: folder.strip_prefix(&driver.folder.path).unwrap_or(&folder).display().to_string(),
        launch: Launch { what, environment: variables, workdir, folder, bounds },
        files,
        verify,
        spare: driver.spares.take(),
        job,
    })
}

/// The fact that an attempt could not be begun.
pub(crate) fn not_started(attempt: AttemptId, error: &std::io::Error) -> Event {
    Event::AttemptEnded { attempt, evidence: tool::not_started(error) }
}

impl Errand {
    fn begin(self, orders: Orders) -> Result<(Begun, Rest), NotBegun> {
        let Errand { nonce, launch, files, verify, place, spare, job } = self;
        let status = status_path(&launch.folder);
        let own = |path: &Path, error| NotBegun::Runner(RunError::io("write", path)(error));
        job.scratch.open(spare.as_deref()).map_err(|error| own(&launch.folder, error))?;
        for (file, text) in files {
            std::fs::write(&file, text).map_err(|error| own(&file, error))?;
        }
        let again = verify.map(|launch| Ok::<_, std::io::Error>((launch, orders.share()?))).transpose()?;
        let (gated, process, gate) = spawn(launch, orders)?;
        let started = AttemptStarted {
            attempt: job.attempt,
            nonce,
            folder: place,
            process: Some(process),
            part: job.kind.part(),
        };
        let verify = again.map(|(launch, orders)| Verify { launch, orders, started: started.clone() });
        Ok((Begun { started, gate }, Rest { gated, status, verify, job }))
    }

    fn run(self, orders: Orders) {
        let Job { attempt, kind, .. } = self.job;
        let sender = self.job.sender.clone();
        match self.begin(orders) {
            Ok((begun, rest)) => {
                // Without a driver the message comes back, and with it the gate: it goes at once, so that what is behind
                // it leaves and can be waited for.
                drop(sender.send(Incoming::Begun(Box::new(begun))));
                rest.watch();
            }
            Err(NotBegun::Runner(error)) => {
                let _over = sender.send(Incoming::Failed { attempt, error: Box::new(error) });
            }
            // The attempt is the manager's, which goes on without a text.
            Err(NotBegun::Program(error)) if kind == Kind::Steer => {
                let text = Err(error.to_string());
                let _over = sender.send(Incoming::Steered { attempt, text, usage: None, leftovers: false });
            }
            Err(NotBegun::Program(error)) => {
                let evidence = tool::not_started(&error);
                let _over = sender.send(Incoming::Ended(Box::new(Ended {
                    attempt,
                    evidence,
                    usage: None,
                    leftovers: false,
                    output: None,
                    turn: None,
                })));
            }
        }
    }
}

impl Rest {
    fn watch(self) {
        let Rest { gated, status, verify, job } = self;
        let Job { attempt, kind, walk, subject, asked, scratch, spares, blobs, secrets, trees, sender } = job;
        let failed = |error| {
            let error = RunError::io("keep what a step wrote in", &scratch.path)(error);
            let _over = sender.send(Incoming::Failed { attempt, error: Box::new(error) });
        };
        let stays = gated.keeps_background();
        let finished = match gated.supervise(&blobs, &secrets) {
            Ok(finished) => finished,
            Err(error) => return failed(error),
        };
        let written = written(&finished, kind);
        // Whoever lives on may still write in it.
        let is_left = !stays && !finished.leftovers && verify.is_none();
        if kind == Kind::Steer {
            let ended = steer::ended(attempt, finished, &status, &secrets);
            if let Err(error) = scratch.close(&written) {
                return failed(error);
            }
            let _over = sender.send(ended);
            return;
        }
        let answer = finished.stdout.blob.clone();
        let output = (kind != Kind::Tool).then(|| (answer.clone(), finished.stderr.blob.clone()));
        let began = finished.began;
        let (mut evidence, usage, leftovers) = match judged(finished, kind, &status, &blobs, &secrets) {
            Ok(judged) => judged,
            Err(error) => {
                let error = RunError::io("keep what a step wrote in", &status)(error);
                let _over = sender.send(Incoming::Failed { attempt, error: Box::new(error) });
                return;
            }
        };
        if let Some(verify) = verify.filter(|_| began && verify::is_wanted(&evidence)) {
            evidence = verify.run(evidence, &blobs, &secrets, &sender);
        }
        if let Some(Err(error)) = trees.filter(|_| began).map(|trees| trees.commit(walk, &subject)) {
            evidence = Evidence::Crashed(format!("the work of the step cannot be committed: {error}"));
        }
        let has_answered = matches!(evidence, Evidence::Model { end: ModelEnd::Finished, .. });
        let turn = asked.filter(|_| has_answered).and_then(|Asked { thread, prompt }| {
            // Without its turn a later step sees less; that is no reason to lose the answer.
            let prompt = blobs.put(secrets.redact(&prompt).as_bytes()).ok()?;
            Some((thread, Turn { prompt, answer }))
        });
        match scratch.close(&written) {
            Ok(spare) => spare.filter(|_| is_left).into_iter().for_each(|spare| spares.give(spare)),
            Err(error) => return failed(error),
        }
        let _over = sender.send(Incoming::Ended(Box::new(Ended {
            attempt,
            evidence,
            usage,
            leftovers,
            output,
            turn,
        })));
    }
}

/// What of the streams of a process is to be seen in its view.
fn written(finished: &Finished, kind: Kind) -> Vec<Written> {
    let answer = if kind.is_model() { "response.md" } else { "stdout" };
    let streams = [(answer, &finished.stdout), ("stderr", &finished.stderr)];
    streams
        .into_iter()
        .filter(|(_, stream)| stream.any)
        .map(|(name, stream)| (name, stream.blob.clone()))
        .collect()
}

fn program(
    driver: &mut Driver<'_>,
    spec: &AttemptSpec,
    kind: Kind,
) -> std::io::Result<(Program, Option<Asked>)> {
    let node = spec.attempt.visit.node;
    let (plan, state) = (&driver.plan, &driver.state);
    let run = &driver.folder.id;
    let missing = |what: &str| std::io::Error::new(std::io::ErrorKind::NotFound, what.to_owned());
    match kind {
        Kind::Tool => {
            let command = attributes::text(plan.pipeline(), node, AttributeKey::TOOL_COMMAND);
            Ok((tool::program(plan, node, command.unwrap_or_default()), None))
        }
        Kind::Agent => {
            let backend = driver.setup.backend.as_ref().ok_or_else(|| missing("no model backend"))?;
            let mode = Fidelity::of(plan.pipeline(), node, spec.edge)
                .map_err(|Unknown(word)| missing(&format!("no fidelity `{word}`")))?;
            let Prompt { before, now } = prompt::prompt(plan, state, &driver.trace, spec, run, mode);
            let thread = thread(plan, state, spec);
            let turns = driver.conversations.get(&thread).filter(|_| mode == Fidelity::Full);
            let said = transcript(turns.map_or(&[], Vec::as_slice), &driver.blobs)?;
            let mut input = format!("{before}{said}{now}");
            for text in driver.steering.drain(..) {
                input.push_str(&format!("\nFrom the manager of this run:\n{text}\n"));
            }
            let asked = Asked { thread, prompt: now };
            Ok((Program::Words { words: backend.words.clone(), input: input.into_bytes() }, Some(asked)))
        }
        Kind::Steer => {
            let backend = driver.setup.backend.as_ref().ok_or_else(|| missing("no model backend"))?;
            let progress = driver.children.get(&spec.attempt).map(|child| child.progress.get());
            let input =
                prompt::steering(plan, state, &driver.trace, spec, run, &progress.unwrap_or_default());
            Ok((Program::Words { words: backend.words.clone(), input: input.into_bytes() }, None))
        }
        Kind::Custom => {
            let name = attributes::text(plan.pipeline(), node, AttributeKey::TYPE).unwrap_or_default();
            let words = driver.setup.handlers.get(name.trim()).ok_or_else(|| missing("no such handler"))?;
            let input = custom::execute_line(plan, state, spec, run);
            Ok((Program::Words { words: words.clone(), input }, None))
        }
    }
}

fn judged(
    finished: Finished,
    kind: Kind,
    status: &Path,
    blobs: &Blobs,
    secrets: &Secrets,
) -> std::io::Result<(Evidence, Option<Usage>, bool)> {
    let leftovers = finished.leftovers;
    let Status { mut verdict, usage } = status_file::read(status, secrets);
    if let Verdict::Given(report) = &mut verdict {
        status_file::shorten(&mut report.context_updates, blobs)?;
    }
    let mut evidence = match kind {
        Kind::Tool => tool::evidence(finished, verdict),
        Kind::Agent | Kind::Steer => agent::evidence(finished, verdict),
        Kind::Custom => custom_evidence(&finished, blobs),
    };
    if let Evidence::Reported(outcome) = &mut evidence {
        status_file::shorten(&mut outcome.context_updates, blobs)?;
    }
    Ok((evidence, usage.filter(|_| kind == Kind::Agent), leftovers))
}

fn custom_evidence(finished: &Finished, blobs: &Blobs) -> Evidence {
    match blobs.get(&finished.stdout.blob) {
        Ok(output) => custom::evidence(finished, &output),
        Err(error) => Evidence::Crashed(format!("the handler's answer was lost: {error}")),
    }
}
