//! Runs checked pipelines: it appends facts to an event log, asks the engine what follows, and carries that out with
//! processes, timers and people (runner reference, sections 15 and 20 to 22).
//!
//! The engine decides everything. This crate holds no rule about outcomes or edges, and it knows neither the checker nor
//! a terminal: whoever calls it hands in a proof that the pipeline was checked, and is told what happens.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a runner is made of files, processes, clocks and threads"
)]

mod agent;
mod answers;
mod attributes;
mod begin;
mod blobs;
mod branches;
mod capture;
mod child;
mod conversation;
mod crew;
mod custom;
mod damage;
mod driver;
mod effects;
mod environment;
mod error;
mod fence;
mod fidelity;
mod folder;
mod fork;
mod gates;
mod graph;
mod history;
mod inputs;
mod lock;
mod log;
mod mailbox;
mod moment;
mod pins;
mod platform;
mod preflight;
mod prices;
mod process;
mod prompt;
mod record;
mod redaction;
mod replay;
mod report;
mod requests;
mod scratch;
mod setup;
mod spawn;
mod status_file;
mod steer;
mod step;
mod streams;
mod tool;
mod verify;
mod worktree;

pub use answers::{AnswerEntry, Answers, AnswersError};
pub use begin::{dry, resume, run, tell};
pub use conversation::Turn;
pub use damage::accept_damage;
pub use environment::Variables;
pub use error::RunError;
pub use folder::{Root, RunFolder, file_name, new_run_id};
pub use fork::fork;
pub use gates::question;
pub use graph::Graph;
pub use history::History;
pub use mailbox::{Control, Mailbox};
pub use moment::{Asked, Asker, Flow, Moment, Observer, Reply};
pub use pins::Pins;
pub use platform::ProcessRef;
pub use preflight::{Refusal, cautions, preflight};
pub use prices::{Catalogue, Price};
pub use record::{AttemptStarted, Entry, Note, Part, Record, RunCreated, in_words};
pub use replay::{Difference, Replayed};
pub use report::{Cost, Report};
pub use requests::{Request, send};
pub use setup::{Backend, Handlers, OnGate, Setup};
pub use worktree::{Repository, WorktreeMode};
