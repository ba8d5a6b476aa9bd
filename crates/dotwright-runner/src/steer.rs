//! Steering: the model of a manager says something, and the next model step of its child reads it (section 17).

use std::path::Path;

use dotwright_engine::run::{AttemptId, CallId, Event};

use crate::child::Child;
use crate::driver::{Driver, Waiting};
use crate::error::RunError;
use crate::mailbox::Incoming;
use crate::process::{Ending, Finished};
use crate::record::{Line, Note};
use crate::redaction::Secrets;
use crate::requests::Request;
use crate::status_file::{self, Usage};
use crate::step::{self, Kind, NotBegun};

/// What the end of a steering model gives.
pub(crate) fn ended(attempt: AttemptId, finished: Finished, status: &Path, secrets: &Secrets) -> Incoming {
    let Finished { ending, stdout, leftovers, .. } = finished;
    let text = match ending {
        Ending::Exited(0) if !stdout.text.trim().is_empty() => Ok(stdout.text),
        Ending::Exited(0) => Err("the model said nothing".to_owned()),
        Ending::Exited(_) | Ending::Signalled(_) | Ending::TimedOut | Ending::Stalled | Ending::Stopped => {
            Err(format!("the backend ended with {ending}"))
        }
    };
    let usage = status_file::read(status, secrets).usage;
    Incoming::Steered { attempt, text, usage, leftovers }
}

impl Driver<'_> {
    /// Asks the budget for a steering text, or begins to make one. One at a time for a child.
    pub(crate) fn steer(&mut self, attempt: AttemptId) -> Result<(), RunError> {
        let Some(spec) = self.children.get(&attempt).map(|child| child.spec.clone()) else { return Ok(()) };
        if self.running.contains_key(&attempt) || self.waiting.keys().any(|call| call.attempt == attempt) {
            return Ok(());
        }
        let call = CallId { attempt, call: self.steering_call() };
        match self.worst_case(attempt.visit.node) {
            Some(worst_case) => {
                self.waiting.insert(call, Waiting::Steer(attempt));
                self.soon.push_back(Event::CallRequested { call, worst_case });
                Ok(())
            }
            None => {
                if let Some(child) = self.children.get_mut(&attempt) {
                    child.call = Some(call);
                }
                self.begin_steering(&spec)
            }
        }
    }

    /// Starts the model that makes the text.
    pub(crate) fn begin_steering(
        &mut self,
        spec: &dotwright_engine::run::AttemptSpec,
    ) -> Result<(), RunError> {
        match step::start(self, spec, Kind::Steer, false) {
            Ok((stopper, _)) => {
                self.running.insert(spec.attempt, stopper);
                Ok(())
            }
            Err(NotBegun::Runner(error)) => Err(error),
            Err(NotBegun::Program(error)) => {
                self.warn(format!("no steering text for `{}`: {error}", self.node_of(spec.attempt)))
            }
        }
    }

    /// A steering model has ended: its text goes to the child.
    pub(crate) fn steered(
        &mut self,
        attempt: AttemptId,
        text: Result<String, String>,
        usage: Option<Usage>,
    ) -> Result<Vec<Event>, RunError> {
        self.running.remove(&attempt);
        let call = self.children.get_mut(&attempt).and_then(|child| child.call.take());
        let settled = call.zip(usage).map(|(call, usage)| self.settled(call, usage)).unwrap_or_default();
        let by = self.node_of(attempt).to_owned();
        match (text, self.children.get(&attempt)) {
            (Ok(text), Some(Child { control, .. })) => {
                control.ask(Request::Steer { text: text.clone(), by: by.clone() });
                self.record_steering(Some(attempt), &text, by)?;
            }
            (Ok(_), None) => {}
            (Err(why), _) => self.warn(format!("no steering text for the child of `{by}`: {why}"))?,
        }
        Ok(settled)
    }

    /// Keeps what the manager says for the next model step.
    pub(crate) fn take_steering(&mut self, text: &str, by: String) -> Result<(), RunError> {
        let text = self.secrets.redact(text).into_owned();
        self.record_steering(None, &text, by)?;
        self.steering.push(text);
        Ok(())
    }

    fn record_steering(
        &mut self,
        attempt: Option<AttemptId>,
        text: &str,
        by: String,
    ) -> Result<(), RunError> {
        let text = self.blobs.put(text.as_bytes()).map_err(RunError::io("write", &self.folder.blobs()))?;
        self.append(&Line::Note(&Note::Steered { attempt, text, by }))
    }

    fn warn(&mut self, text: String) -> Result<(), RunError> {
        self.append(&Line::Note(&Note::Warning { text }))
    }

    fn node_of(&self, attempt: AttemptId) -> &str {
        self.name(attempt.visit.node)
    }
}
