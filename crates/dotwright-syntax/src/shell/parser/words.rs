//! What a complete word is where it stands: a keyword, an assignment, the name of a command, part of a head.

use dotwright_diagnostics::TextRange;
use memchr::memchr;

use super::{Parser, Phase};
use crate::shell::bash::BashSyntax;
use crate::shell::{
    Assignment, CommandKind, RedirectionOperator, ScriptKind, ShellErrorKind, ShellTokenKind, Word,
};

impl Parser<'_> {
    pub(super) fn finish_word(&mut self, end: usize) {
        let Some(mut word) = self.current.word.take() else { return };
        word.range = TextRange::new(word.range.start, end as u32);
        if self.current.kind == ScriptKind::Array {
            return;
        }
        if let Some(index) = self.current.awaiting.take() {
            self.extend_command(end as u32);
            let Some(redirection) = self.work.redirections.get_mut(index) else { return };
            redirection.target = Some(word);
            if redirection.operator == RedirectionOperator::Heredoc {
                let strips_tabs = redirection.range.len() == 3;
                self.work.heredocs.push((word, strips_tabs, redirection.range));
            }
            return;
        }
        let raw = if word.is_constant && !word.is_quoted { word.range.text(self.text) } else { "" };
        let count = self.work.words.len() - self.current.words_from;
        match self.current.command.map(|command| command.phase) {
            None | Some(Phase::FunctionBody) => self.first_word(word, raw),
            Some(Phase::Words) if count == 0 => self.simple_word(word),
            Some(Phase::Words) => {
                if raw == "pipefail" && self.is_set_command() {
                    self.bash(word.range, BashSyntax::Pipefail);
                }
                self.push_word(word);
            }
            Some(Phase::Complete) => {
                if !self.continue_compound(word.range, raw) {
                    self.fail(word.range, ShellErrorKind::UnexpectedToken);
                }
            }
            Some(Phase::ForHead { separated }) => match raw {
                "in" if count == 1 => {
                    self.keyword(word.range);
                    self.push_word(word);
                }
                "do" if separated || count == 1 => {
                    self.keyword(word.range);
                    self.enter_section(ScriptKind::LoopBody);
                }
                // bash takes braces for `do` and `done` here.
                "{" if separated => {
                    self.keyword(word.range);
                    self.enter_section(ScriptKind::Group);
                }
                _ if separated => self.fail(word.range, ShellErrorKind::UnexpectedToken),
                _ => self.push_word(word),
            },
            Some(Phase::CaseHead) if raw == "in" && count == 1 => {
                self.keyword(word.range);
                self.set_phase(Phase::CasePattern { is_fresh: true });
            }
            Some(Phase::CaseHead) => self.push_word(word),
            Some(Phase::CasePattern { is_fresh: true }) if raw == "esac" => {
                self.keyword(word.range);
                self.extend_command(word.range.end);
                self.set_phase(Phase::Complete);
            }
            Some(Phase::CasePattern { .. }) => self.set_phase(Phase::CasePattern { is_fresh: false }),
            Some(Phase::Test) if raw == "]]" => {
                self.keyword(word.range);
                self.extend_command(word.range.end);
                self.set_phase(Phase::Complete);
            }
            Some(Phase::Test) => self.push_word(word),
            Some(Phase::FunctionName) => {
                if let Some(command) = &mut self.current.command {
                    command.function = Some(word.range);
                    command.phase = Phase::FunctionBody;
                }
            }
        }
    }

    pub(super) fn first_word(&mut self, word: Word, raw: &str) {
        let range = word.range;
        match raw {
            "if" => {
                self.begin_keyword(CommandKind::If, Phase::Complete, range);
                self.enter_section(ScriptKind::IfCondition);
            }
            "while" | "until" => {
                self.begin_keyword(CommandKind::Loop, Phase::Complete, range);
                self.enter_section(ScriptKind::LoopCondition);
            }
            "{" => {
                self.begin_keyword(CommandKind::Group, Phase::Complete, range);
                self.enter_section(ScriptKind::Group);
            }
            "for" | "select" => {
                self.begin_keyword(CommandKind::For, Phase::ForHead { separated: false }, range);
            }
            "case" => self.begin_keyword(CommandKind::Case, Phase::CaseHead, range),
            "[[" => {
                self.begin_keyword(CommandKind::Test, Phase::Test, range);
                self.bash(range, BashSyntax::DoubleBracket);
            }
            "function" => {
                self.begin_keyword(CommandKind::Simple, Phase::FunctionName, range);
                self.bash(range, BashSyntax::FunctionKeyword);
            }
            "!" => {
                self.keyword(range);
                self.current.negated = true;
            }
            "time" if self.rest().trim_start_matches([' ', '\t']).starts_with(['(', '{']) => {
                self.keyword(range)
            }
            _ => {
                if !self.continue_compound(range, raw) {
                    self.begin(CommandKind::Simple, Phase::Words, range);
                    self.simple_word(word);
                }
            }
        }
    }

    /// An assignment or the name of a command.
    pub(super) fn simple_word(&mut self, word: Word) {
        let raw = word.range.text(self.text);
        if let Some((name, value, is_indexed)) = split_assignment(raw) {
            let start = word.range.start;
            if is_indexed {
                self.bash(TextRange::new(start, start + value as u32), BashSyntax::Array);
            }
            let value = Word { range: TextRange::new(start + value as u32, word.range.end), ..word };
            self.work
                .assignments
                .push(Assignment { name: TextRange::new(start, start + name as u32), value });
            return self.extend_command(word.range.end);
        }
        if word.is_constant && !word.is_quoted {
            self.token(ShellTokenKind::Command, word.range);
            if raw == "source" {
                self.bash(word.range, BashSyntax::Source);
            }
        }
        self.push_word(word);
    }

    pub(super) fn push_word(&mut self, word: Word) {
        self.work.words.push(word);
        self.extend_command(word.range.end);
    }

    /// Handles a word that ends a part of the compound command around it; false for any other word.
    pub(super) fn continue_compound(&mut self, range: TextRange, raw: &str) -> bool {
        use ScriptKind as S;
        // Every command comes here, and no such word is longer than `then`.
        if raw.is_empty() || raw.len() > 4 {
            return false;
        }
        let next = match (raw, self.current.kind) {
            ("then", S::IfCondition) => Some(S::Then),
            ("elif", S::Then) => Some(S::IfCondition),
            ("else", S::Then) => Some(S::Else),
            ("do", S::LoopCondition) => Some(S::LoopBody),
            ("fi", S::Then | S::Else) | ("done", S::LoopBody) | ("esac", S::CaseArm) | ("}", S::Group) => {
                None
            }
            ("then" | "elif" | "else" | "do" | "fi" | "done" | "esac" | "}", _) => {
                self.fail(range, ShellErrorKind::UnexpectedToken);
                return true;
            }
            (_, _) => return false,
        };
        self.keyword(range);
        self.close_script(range.start as usize, range.end as usize);
        match next {
            Some(kind) => self.enter_section(kind),
            None => {
                self.extend_command(range.end);
                self.set_phase(Phase::Complete);
            }
        }
        true
    }

    pub(super) fn begin_keyword(&mut self, kind: CommandKind, phase: Phase, range: TextRange) {
        self.keyword(range);
        self.begin(kind, phase, range);
    }

    /// Opens the next part of the current compound command at the current position.
    pub(super) fn enter_section(&mut self, kind: ScriptKind) {
        let opener = self.current.command.map_or(TextRange::empty(self.pos as u32), |command| command.opener);
        self.set_phase(Phase::Complete);
        self.open_script_at(kind, opener, self.pos);
    }

    pub(super) fn is_set_command(&self) -> bool {
        let first = self.work.words.get(self.current.words_from);
        first.is_some_and(|word| word.range.text(self.text) == "set")
    }

    pub(super) fn begins_array(&self) -> bool {
        let Some(word) = self.current.word else { return false };
        let raw = self.text.get(word.range.start as usize..self.pos).unwrap_or("");
        split_assignment(raw).is_some_and(|(_, value, _)| value == raw.len())
    }
}

/// Length of the name, offset of the value, and whether there is an index, when a word is `name=value`.
fn split_assignment(raw: &str) -> Option<(usize, usize, bool)> {
    // Most words are none, which this finds out faster than the rest.
    memchr(b'=', raw.as_bytes())?;
    let name = raw.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
    if name == 0 || raw.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let mut at = name;
    let is_indexed = raw.get(at..)?.starts_with('[');
    if is_indexed {
        at += raw.get(at..)?.find(']')? + 1;
    }
    if raw.get(at..)?.starts_with('+') {
        at += 1;
    }
    raw.get(at..)?.starts_with('=').then_some((name, at + 1, is_indexed))
}
