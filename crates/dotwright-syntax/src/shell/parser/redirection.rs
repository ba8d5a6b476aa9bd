//! Redirections, with the bodies of heredocs, and process substitutions, which begin like one.

use std::mem;

use dotwright_diagnostics::TextRange;

use super::{Parser, Phase};
use crate::shell::bash::BashSyntax;
use crate::shell::command::unquote;
use crate::shell::{
    CommandKind, Heredoc, Redirection, RedirectionOperator, ScriptKind, ShellErrorKind, ShellTokenKind, Word,
};

impl Parser<'_> {
    pub(super) fn redirection(&mut self, descriptor: Option<TextRange>) {
        use RedirectionOperator as R;
        let rest = self.rest();
        let operators = [
            ("<<<", R::Herestring),
            ("<<-", R::Heredoc),
            ("<<", R::Heredoc),
            ("<&", R::DuplicateInput),
            ("<>", R::ReadWrite),
            ("<", R::Input),
            (">>", R::Append),
            (">&", R::DuplicateOutput),
            (">|", R::Output),
        ];
        let found = operators.into_iter().find(|(written, _)| rest.starts_with(written));
        let (written, operator) = found.unwrap_or((">", R::Output));
        self.redirect(descriptor, operator, written.len());
    }

    pub(super) fn redirect(
        &mut self,
        descriptor: Option<TextRange>,
        operator: RedirectionOperator,
        length: usize,
    ) {
        let range = self.at(length);
        self.token(ShellTokenKind::Operator, range);
        match operator {
            RedirectionOperator::Herestring => self.bash(range, BashSyntax::Herestring),
            RedirectionOperator::OutputAndError => self.bash(range, BashSyntax::OutputAndError),
            RedirectionOperator::Input
            | RedirectionOperator::Output
            | RedirectionOperator::Append
            | RedirectionOperator::ReadWrite
            | RedirectionOperator::DuplicateInput
            | RedirectionOperator::DuplicateOutput
            | RedirectionOperator::Heredoc => {}
        }
        if self.current.command.is_none() {
            self.begin(CommandKind::Simple, Phase::Words, descriptor.unwrap_or(range));
        }
        self.extend_command(range.end);
        if self.current.awaiting.is_some() {
            self.fail(range, ShellErrorKind::UnexpectedToken);
        }
        self.current.awaiting = Some(self.work.redirections.len());
        self.work.redirections.push(Redirection { descriptor, operator, range, target: None });
        self.pos += length;
    }

    pub(super) fn heredoc_bodies(&mut self) {
        for (delimiter, strips_tabs, operator) in mem::take(&mut self.work.heredocs) {
            let raw = delimiter.range.text(self.text);
            let end_mark = if delimiter.is_quoted { unquote(raw) } else { raw.to_owned() };
            let start = self.pos;
            let end = loop {
                let rest = self.rest();
                if rest.is_empty() {
                    self.fail(operator, ShellErrorKind::UnclosedHeredoc);
                    break self.pos;
                }
                let length = rest.find('\n').unwrap_or(rest.len());
                let line = rest.get(..length).unwrap_or("");
                let line = if strips_tabs { line.trim_start_matches('\t') } else { line };
                let line_start = self.pos;
                self.pos = (self.pos + length + 1).min(self.text.len());
                if line.strip_suffix('\r').unwrap_or(line) == end_mark {
                    break line_start;
                }
            };
            let body = TextRange::new(start as u32, end as u32);
            self.token(ShellTokenKind::String, body);
            self.work.shell.heredocs.push(Heredoc { delimiter, strips_tabs, body });
        }
    }

    pub(super) fn process_substitution(&mut self) {
        let start = TextRange::empty(self.pos as u32);
        self.current.word.get_or_insert(Word { range: start, is_quoted: false, is_constant: false });
        self.mark_expanded();
        self.bash(self.at(2), BashSyntax::ProcessSubstitution);
        self.open_script(ScriptKind::Process, self.at(2));
    }
}
