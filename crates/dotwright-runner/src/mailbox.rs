//! What comes to the driver of a run from other threads, and the way there.

use std::sync::mpsc::{Receiver, Sender, channel};

use dotwright_engine::run::{AttemptId, Evidence, VisitId};

use crate::conversation::Turn;
use crate::error::RunError;
use crate::moment::Reply;
use crate::report::Report;
use crate::requests::Request;
use crate::status_file::Usage;
use crate::step::Begun;

/// What comes to the driver.
pub(crate) enum Incoming {
    /// A process waits behind its gate.
    Begun(Box<Begun>),
    Ended(Box<Ended>),
    /// The model that steers a child has ended, with a text or with why there is none.
    Steered {
        attempt: AttemptId,
        text: Result<String, String>,
        usage: Option<Usage>,
        leftovers: bool,
    },
    Replied {
        gate: VisitId,
        reply: Reply,
    },
    Merged {
        visit: VisitId,
        conflicts: Vec<String>,
    },
    ChildReturned {
        attempt: AttemptId,
        result: Box<Result<Report, RunError>>,
    },
    /// The runner itself failed in one of its threads.
    Failed {
        /// The attempt that it was about, of which nothing runs.
        attempt: AttemptId,
        error: Box<RunError>,
    },
    Asked(Request),
    Kill,
    /// Whoever runs this one has failed.
    Abandoned,
}

/// An attempt of which nothing runs any more.
pub(crate) struct Ended {
    pub(crate) attempt: AttemptId,
    pub(crate) evidence: Evidence,
    pub(crate) usage: Option<Usage>,
    /// Somebody outside the group held a pipe.
    pub(crate) leftovers: bool,
    /// Blobs of standard output and standard error, where the evidence does not name them.
    pub(crate) output: Option<(String, String)>,
    /// What a model was asked and answered, with its conversation.
    pub(crate) turn: Option<(String, Turn)>,
}

/// The way to a run from other threads, for signals and parents.
#[derive(Debug, Clone)]
pub struct Control(Sender<Incoming>);

/// The other end of a [`Control`], for the run.
pub struct Mailbox {
    pub(crate) sender: Sender<Incoming>,
    pub(crate) receiver: Receiver<Incoming>,
}

impl Control {
    /// A way to a run that is about to begin.
    pub fn new() -> (Control, Mailbox) {
        let (sender, receiver) = channel();
        (Control(sender.clone()), Mailbox { sender, receiver })
    }

    /// Asks the run for something. Nothing happens when it is over.
    pub fn ask(&self, request: Request) {
        let _over = self.0.send(Incoming::Asked(request));
    }

    /// Ends the runner and what it runs, and leaves the run as it is on disk.
    pub(crate) fn abandon(&self) {
        let _over = self.0.send(Incoming::Abandoned);
    }

    /// Ends running processes without any more grace.
    pub fn kill(&self) {
        let _over = self.0.send(Incoming::Kill);
    }
}
