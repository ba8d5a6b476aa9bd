//! Where scripts, pipelines and commands begin and end. Lists that are complete move to their arena.

use std::mem;

use dotwright_diagnostics::TextRange;

use super::{Building, Frame, OpenScript, Parser, Phase, settle};
use crate::shell::{
    Command, CommandKind, Connector, Pipeline, Run, Script, ScriptId, ScriptKind, ShellErrorKind,
};

impl Parser<'_> {
    /// Begins a command, or the body of the function whose name was just read.
    pub(super) fn begin(&mut self, kind: CommandKind, phase: Phase, opener: TextRange) {
        let function = self.current.command.and_then(|command| command.function);
        let start = self.current.command.map_or(opener.start, |command| command.start);
        self.current.operator = None;
        self.current.command = Some(Building { kind, phase, opener, function, start, end: opener.end });
    }

    pub(super) fn open_script(&mut self, kind: ScriptKind, opener: TextRange) {
        self.open_script_at(kind, opener, opener.end as usize);
    }

    pub(super) fn open_script_at(&mut self, kind: ScriptKind, opener: TextRange, start: usize) {
        self.pos = start;
        let id = self.work.shell.scripts.len();
        let parent = Some(ScriptId(self.current.id as u32));
        let range = TextRange::empty(start as u32);
        self.work.shell.scripts.push(Script { kind, parent, range, pipelines: Run::default() });
        let inner = OpenScript {
            id,
            kind,
            opener,
            pipelines_from: self.work.pipelines.len(),
            commands_from: self.work.commands.len(),
            words_from: self.work.words.len(),
            assignments_from: self.work.assignments.len(),
            redirections_from: self.work.redirections.len(),
            connector: Connector::First,
            connector_range: range,
            negated: false,
            pipe: None,
            operator: None,
            command: None,
            word: None,
            awaiting: None,
        };
        self.work.outer.push(mem::replace(&mut self.current, inner));
        self.work.frames.push(Frame::Script);
    }

    /// Ends the current script at `end` and goes on in the one around it at `next`.
    pub(super) fn close_script(&mut self, end: usize, next: usize) {
        self.finish_script(end);
        while let Some(frame) = self.work.frames.pop() {
            if matches!(frame, Frame::Script) {
                break;
            }
        }
        if let Some(outer) = self.work.outer.pop() {
            self.current = outer;
        }
        self.pos = next;
    }

    pub(super) fn finish_script(&mut self, end: usize) {
        if self.current.word.is_some() {
            self.finish_word(end);
        }
        self.finish_command();
        if let Some(operator) = self.current.operator {
            self.fail(operator, ShellErrorKind::MissingCommand);
        }
        self.finish_pipeline(false);
        let pipelines =
            settle(&mut self.work.pipelines, self.current.pipelines_from, &mut self.work.shell.pipelines);
        if let Some(script) = self.work.shell.scripts.get_mut(self.current.id) {
            script.pipelines = pipelines;
            script.range = TextRange::new(script.range.start, end as u32);
        }
    }

    /// Ends the current command; false when there is none.
    pub(super) fn finish_command(&mut self) -> bool {
        let Some(command) = self.current.command.take() else { return false };
        if let Some(index) = self.current.awaiting.take()
            && let Some(redirection) = self.work.redirections.get(index)
        {
            self.fail(redirection.range, ShellErrorKind::UnexpectedToken);
        }
        match command.phase {
            Phase::Words | Phase::Complete => {}
            Phase::ForHead { .. }
            | Phase::CaseHead
            | Phase::CasePattern { .. }
            | Phase::Test
            | Phase::FunctionName
            | Phase::FunctionBody => self.fail(command.opener, ShellErrorKind::UnclosedCompound),
        }
        let words = settle(&mut self.work.words, self.current.words_from, &mut self.work.shell.words);
        let assignments = settle(
            &mut self.work.assignments,
            self.current.assignments_from,
            &mut self.work.shell.assignments,
        );
        let redirections = settle(
            &mut self.work.redirections,
            self.current.redirections_from,
            &mut self.work.shell.redirections,
        );
        self.work.commands.push(Command {
            kind: command.kind,
            pipe: self.current.pipe.take(),
            function: command.function,
            range: TextRange::new(command.start, command.end),
            words,
            assignments,
            redirections,
        });
        true
    }

    /// Ends the current pipeline; false when it has no command.
    pub(super) fn finish_pipeline(&mut self, background: bool) -> bool {
        let pending = self.work.commands.get(self.current.commands_from..).unwrap_or(&[]);
        let (Some(first), Some(last)) = (pending.first(), pending.last()) else { return false };
        if self.current.operator.is_some() {
            return false;
        }
        let range = first.range.cover(last.range);
        let commands =
            settle(&mut self.work.commands, self.current.commands_from, &mut self.work.shell.commands);
        self.work.pipelines.push(Pipeline {
            connector: self.current.connector,
            connector_range: self.current.connector_range,
            negated: mem::take(&mut self.current.negated),
            background,
            range,
            commands,
        });
        true
    }
}
