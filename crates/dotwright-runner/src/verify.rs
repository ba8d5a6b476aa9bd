//! The command that looks at what a model did: `verify_command`, in the same attempt and by the rules of tools (sections
//! 15 and 16). A model that says it is done is not evidence that it is.

use std::sync::Arc;
use std::sync::mpsc::Sender;

use dotwright_engine::run::{AttemptSpec, Evidence, ModelEnd, Verdict};
use dotwright_model::{AttributeKey, Outcome};

use crate::attributes::{duration_of, text};
use crate::blobs::Blobs;
use crate::driver::Driver;
use crate::environment::{Surroundings, environment};
use crate::mailbox::Incoming;
use crate::process::{Ending, Finished, Launch, Orders, spawn};
use crate::record::{AttemptStarted, Part};
use crate::redaction::Secrets;
use crate::step::Begun;
use crate::tool;

/// Lines of output that become part of the reason.
const LINES: usize = 10;
/// Bytes of such a line.
const LINE: usize = 400;

/// A command that waits for the answer of a model.
pub(crate) struct Verify {
    pub(crate) launch: Launch,
    pub(crate) orders: Orders,
    /// The record of the attempt.
    pub(crate) started: AttemptStarted,
}

/// What verifies an attempt, if its node says so. It sees the same environment without what only the backend gets.
pub(crate) fn launch(driver: &Driver<'_>, spec: &AttemptSpec, around: &Surroundings<'_>) -> Option<Launch> {
    let node = spec.attempt.visit.node;
    let plan = &driver.plan;
    let command = text(plan.pipeline(), node, AttributeKey::VERIFY_COMMAND)?;
    let own = text(plan.pipeline(), node, AttributeKey::VERIFY_TIMEOUT).and_then(|text| duration_of(&text));
    let mut bounds = tool::bounds(plan, node, None);
    bounds.timeout = own.or(bounds.timeout);
    let around = Surroundings { let_through: &[], ..*around };
    Some(Launch {
        what: tool::program(plan, node, command),
        environment: environment(&around, spec).variables,
        workdir: around.workdir.to_owned(),
        folder: around.folder.to_owned(),
        bounds,
    })
}

/// True for an answer that lets the walk go on. One that failed needs nobody to say so.
pub(crate) fn is_wanted(evidence: &Evidence) -> bool {
    match evidence {
        Evidence::Model { end: ModelEnd::Finished, verdict: Verdict::Absent, .. } => true,
        Evidence::Model {
            end: ModelEnd::Finished | ModelEnd::Empty,
            verdict: Verdict::Given(report),
            ..
        } => match report.outcome {
            Outcome::Success | Outcome::PartialSuccess | Outcome::Skipped => true,
            Outcome::Fail | Outcome::Retry => false,
        },
        Evidence::Model { .. }
        | Evidence::Tool { .. }
        | Evidence::Reported(_)
        | Evidence::Stopped
        | Evidence::Crashed(_) => false,
    }
}

impl Verify {
    /// Runs the command, and adds what it says to what the model says.
    pub(crate) fn run(
        self,
        mut evidence: Evidence,
        blobs: &Blobs,
        secrets: &Arc<Secrets>,
        sender: &Sender<Incoming>,
    ) -> Evidence {
        let Verify { launch, orders, started } = self;
        let finished = spawn(launch, orders).and_then(|(gated, process, gate)| {
            let started = AttemptStarted { process: Some(process), part: Part::Verify, ..started };
            // Without a driver the message comes back, and with it the gate, which must not stay open for nobody.
            drop(sender.send(Incoming::Begun(Box::new(Begun { started, gate }))));
            gated.supervise(blobs, secrets)
        });
        let said = match finished {
            Ok(finished) if finished.ending == Ending::Stopped => return Evidence::Stopped,
            Ok(finished) => objection(&finished),
            Err(error) => Some(format!("the verify command could not be run: {error}")),
        };
        if let Evidence::Model { refuted, .. } = &mut evidence {
            *refuted = said;
        }
        evidence
    }
}

/// Why the end of the command does not bear out the answer.
fn objection(finished: &Finished) -> Option<String> {
    let how = match finished.ending {
        Ending::Exited(0) => return None,
        Ending::Exited(code) => format!("ended with exit code {code}"),
        Ending::Signalled(signal) => format!("was ended by signal {signal}"),
        Ending::TimedOut | Ending::Stalled | Ending::Stopped => "ran out of time".to_owned(),
    };
    let output = [finished.stdout.text.as_str(), finished.stderr.text.as_str()];
    let lines: Vec<&str> =
        output.iter().flat_map(|text| text.lines()).filter(|line| !line.trim().is_empty()).collect();
    let last = lines.get(lines.len().saturating_sub(LINES)..).unwrap_or_default();
    let last: Vec<&str> =
        last.iter().map(|line| line.get(..line.floor_char_boundary(LINE)).unwrap_or(line)).collect();
    Some(if last.is_empty() {
        format!("the verify command {how}")
    } else {
        format!("the verify command {how}: {}", last.join("\n"))
    })
}
