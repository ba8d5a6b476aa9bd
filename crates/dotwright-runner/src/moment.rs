//! What a runner tells the program around it, and what it asks.

use std::ops::ControlFlow;

use dotwright_engine::run::{Command, Event, GateSpec, Plan, State};

/// Whether the runner goes on after it told something. To break stops it dead, as a crash would: for tests.
pub type Flow = ControlFlow<()>;

/// Something that happened in a run.
#[derive(Debug, Clone, Copy)]
pub enum Moment<'m> {
    /// The run has an id and a folder.
    Begun {
        /// The id.
        run: &'m str,
    },
    /// A fact, before the engine is told.
    Fact(&'m Event),
    /// What the engine makes of it.
    Command(&'m Command),
    /// Whole records, before they are appended to the log.
    Appending(&'m [u8]),
    /// The same when they are on disk and before anything is done about them.
    Durable(&'m [u8]),
    /// What was to be done about them is under way.
    Done,
}

/// Somebody who watches a run.
pub trait Observer {
    /// Is told what happens, with the plan and state of the run.
    fn observe(&mut self, plan: &Plan, state: &State, moment: Moment<'_>) -> Flow;
}

/// Nobody watches.
impl Observer for () {
    fn observe(&mut self, _: &Plan, _: &State, _: Moment<'_>) -> Flow {
        Flow::Continue(())
    }
}

/// A question to a person.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The node's id.
    pub node: String,
    /// Its how-manieth visit.
    pub visit: u32,
    /// What to ask.
    pub question: String,
    /// Keys and texts of the choices.
    pub choices: Vec<(String, String)>,
    /// The gate.
    pub spec: GateSpec,
    /// Set when an answer matched nothing.
    pub again: bool,
}

/// What a person says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// A key, label or target.
    Choice(String),
    /// The input ended, or there is nobody.
    Nobody,
}

/// Somebody who can be asked. Called from a thread of its own, one question at a time.
pub trait Asker: Send + Sync {
    /// Asks until there is an answer. Blocks.
    fn ask(&self, asked: &Asked) -> Reply;
}
