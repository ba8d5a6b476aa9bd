//! Operators between words: what joins commands and pipelines, and parentheses.

use super::{Building, Frame, Parser, Phase};
use crate::shell::bash::BashSyntax;
use crate::shell::{
    CommandKind, Connector, Pipe, RedirectionOperator, ScriptKind, ShellErrorKind, ShellTokenKind,
};

impl Parser<'_> {
    pub(super) fn semicolon(&mut self) {
        if self.byte(1) == Some(b';')
            || (self.byte(1) == Some(b'&') && self.current.kind == ScriptKind::CaseArm)
        {
            let length = if self.rest().starts_with(";;&") { 3 } else { 2 };
            let range = self.at(length);
            self.token(ShellTokenKind::Operator, range);
            if self.current.kind != ScriptKind::CaseArm {
                self.fail(range, ShellErrorKind::UnexpectedToken);
                self.pos += length;
                return;
            }
            self.close_script(self.pos, self.pos + length);
            self.set_phase(Phase::CasePattern { is_fresh: true });
        } else if let Some(Building { phase: Phase::ForHead { separated }, .. }) = &mut self.current.command {
            *separated = true;
            self.pos += 1;
        } else {
            self.join(Connector::Semicolon, 1);
        }
    }

    pub(super) fn ampersand(&mut self) {
        match (self.byte(1), self.byte(2)) {
            (Some(b'&'), _) => self.join(Connector::And, 2),
            (Some(b'>'), Some(b'>')) => self.redirect(None, RedirectionOperator::OutputAndError, 3),
            (Some(b'>'), _) => self.redirect(None, RedirectionOperator::OutputAndError, 2),
            (_, _) => self.join(Connector::Background, 1),
        }
    }

    pub(super) fn bar(&mut self, phase: Option<Phase>) {
        if matches!(phase, Some(Phase::CasePattern { .. })) {
            self.pos += 1;
            return;
        }
        if self.byte(1) == Some(b'|') {
            return self.join(Connector::Or, 2);
        }
        let with_stderr = self.byte(1) == Some(b'&');
        let range = self.at(if with_stderr { 2 } else { 1 });
        self.token(ShellTokenKind::Operator, range);
        if with_stderr {
            self.bash(range, BashSyntax::PipeWithStderr);
        }
        if !self.finish_command() {
            self.fail(range, ShellErrorKind::MissingCommand);
        }
        self.current.pipe = Some(Pipe { range, with_stderr });
        self.current.operator = Some(range);
        self.pos = range.end as usize;
    }

    pub(super) fn join(&mut self, connector: Connector, length: usize) {
        let range = self.at(length);
        self.token(ShellTokenKind::Operator, range);
        let has_command = self.finish_command() || self.work.commands.len() > self.current.commands_from;
        if !has_command || self.current.operator.is_some() {
            self.fail(range, ShellErrorKind::MissingCommand);
        }
        self.finish_pipeline(connector == Connector::Background);
        self.current.connector = connector;
        self.current.connector_range = range;
        self.current.operator = matches!(connector, Connector::And | Connector::Or).then_some(range);
        self.pos += length;
    }

    pub(super) fn open_parenthesis(&mut self, phase: Option<Phase>) {
        let is_double = self.byte(1) == Some(b'(');
        match phase {
            None | Some(Phase::FunctionBody) if self.is_empty_pair() && phase.is_some() => {
                self.pos += self.pair()
            }
            None | Some(Phase::FunctionBody) if is_double => {
                let open = self.at(2);
                self.begin(CommandKind::Arithmetic, Phase::Complete, open);
                self.work.frames.push(Frame::Arithmetic { open, depth: 2, is_command: true });
                self.pos += 2;
            }
            None | Some(Phase::FunctionBody) => {
                let open = self.at(1);
                self.begin(CommandKind::Subshell, Phase::Complete, open);
                self.token(ShellTokenKind::Operator, open);
                self.open_script(ScriptKind::Subshell, open);
            }
            Some(Phase::ForHead { .. }) if is_double => {
                let open = self.at(2);
                self.set_phase(Phase::ForHead { separated: true });
                self.work.frames.push(Frame::Arithmetic { open, depth: 2, is_command: true });
                self.pos += 2;
            }
            Some(Phase::CasePattern { is_fresh: true }) => self.pos += 1,
            Some(Phase::Words) if self.is_empty_pair() && self.names_function() => {
                let name = self.work.words.pop();
                if let Some(command) = &mut self.current.command {
                    command.function = name.map(|word| word.range);
                    command.phase = Phase::FunctionBody;
                }
                self.pos += self.pair();
            }
            Some(
                Phase::Words
                | Phase::Complete
                | Phase::ForHead { .. }
                | Phase::CaseHead
                | Phase::CasePattern { .. }
                | Phase::Test
                | Phase::FunctionName,
            ) => {
                self.fail(self.at(1), ShellErrorKind::UnexpectedToken);
                self.pos += 1;
            }
        }
    }

    /// The current command is one word so far.
    pub(super) fn names_function(&self) -> bool {
        self.work.words.len() == self.current.words_from + 1
            && self.work.assignments.len() == self.current.assignments_from
            && self.work.redirections.len() == self.current.redirections_from
    }

    /// True at `()`, with or without blanks in it.
    pub(super) fn is_empty_pair(&self) -> bool {
        self.rest().get(1..).is_some_and(|rest| rest.trim_start_matches([' ', '\t']).starts_with(')'))
    }

    pub(super) fn pair(&self) -> usize {
        self.rest().find(')').map_or(1, |close| close + 1)
    }

    pub(super) fn close_parenthesis(&mut self, phase: Option<Phase>) {
        let range = self.at(1);
        if let Some(Phase::CasePattern { .. }) = phase {
            let opener = self.current.command.map_or(range, |command| command.opener);
            self.open_script_at(ScriptKind::CaseArm, opener, self.pos + 1);
            return;
        }
        match self.current.kind {
            ScriptKind::Subshell => {
                self.token(ShellTokenKind::Operator, range);
                self.close_script(self.pos, self.pos + 1);
                self.extend_command(self.pos as u32);
            }
            ScriptKind::Substitution => {
                self.token(ShellTokenKind::Variable, range);
                self.close_script(self.pos, self.pos + 1);
                self.resume_quotes();
            }
            ScriptKind::Process | ScriptKind::Array => self.close_script(self.pos, self.pos + 1),
            ScriptKind::Top
            | ScriptKind::Group
            | ScriptKind::Backticks
            | ScriptKind::IfCondition
            | ScriptKind::Then
            | ScriptKind::Else
            | ScriptKind::LoopCondition
            | ScriptKind::LoopBody
            | ScriptKind::CaseArm => {
                self.fail(range, ShellErrorKind::UnexpectedToken);
                self.pos += 1;
            }
        }
    }
}
