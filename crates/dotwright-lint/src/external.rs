//! The exchange with shellcheck, without running it: which scripts to hand over, and what came back.
//!
//! The linter is pure, so whoever may start processes does so between [`shell_scripts`] and [`crate::check`].

use std::collections::{HashMap, HashSet};

use dotwright_engine::mask_templates;
use dotwright_model::{NodeId, Pipeline, Shell};

/// A command to hand to an outside analyser.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ShellScript {
    /// The decoded command, with template expressions of the pipeline replaced by underscores of equal length.
    pub text: String,
    /// The shell it runs under; a `#!` line overrides it.
    pub shell: Shell,
}

/// How serious shellcheck finds something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ShellcheckLevel {
    /// `style`
    Style,
    /// `info`
    Info,
    /// `warning`
    Warning,
    /// `error`
    Error,
}

/// One comment of shellcheck's `json1` output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShellcheckComment {
    /// First line, from 1.
    pub line: u32,
    /// First column, from 1, in characters.
    pub column: u32,
    /// Last line.
    pub end_line: u32,
    /// The column behind the last character.
    pub end_column: u32,
    /// How serious it is.
    pub level: ShellcheckLevel,
    /// The number behind `SC`.
    pub code: u32,
    /// The text.
    pub message: String,
}

/// What became of shellcheck.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ShellcheckRun {
    /// It was not asked for.
    #[default]
    Off,
    /// It was wanted and did not run.
    Skipped(SkipReason),
    /// Its comments by script. A script without an entry was not checked.
    Done(HashMap<ShellScript, Vec<ShellcheckComment>>),
}

/// Why shellcheck did not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SkipReason {
    /// There is no such program.
    NotInstalled,
    /// The file has more commands than a run does unasked; with the limit.
    TooManyCommands(usize),
    /// The run has more files than it checks unasked; with the limit.
    TooManyFiles(usize),
}

/// What outside analysers found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct External {
    /// shellcheck.
    pub shellcheck: ShellcheckRun,
}

/// The commands of a pipeline's steps, each distinct one once, in file order. `None` when there are more than
/// `limit`.
pub fn shell_scripts(pipeline: &Pipeline, shell: Shell, limit: usize) -> Option<Vec<ShellScript>> {
    let mut seen = HashSet::new();
    let mut distinct = Vec::new();
    for script in pipeline.nodes().filter_map(|node| node_script(pipeline, node, shell)) {
        if seen.insert(script.clone()) {
            distinct.push(script);
        }
        if distinct.len() > limit {
            return None;
        }
    }
    Some(distinct)
}

/// True when [`shell_scripts`] gives any.
pub fn has_shell_scripts(pipeline: &Pipeline) -> bool {
    pipeline.nodes().any(|node| pipeline.shell_command(node).is_some_and(|command| !command.is_blank()))
}

/// The command of one step as an outside analyser gets it.
pub(crate) fn node_script(pipeline: &Pipeline, node: NodeId, shell: Shell) -> Option<ShellScript> {
    let command = pipeline.shell_command(node)?;
    let text = command.text();
    if text.trim().is_empty() {
        return None;
    }
    Some(ShellScript { text: mask_templates(&text).into_owned(), shell })
}
