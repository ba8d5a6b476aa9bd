//! Quotes, expansions and substitutions: what can stand within a word and change how its text is read.

use dotwright_diagnostics::TextRange;
use memchr::memchr;

use super::{Frame, Parser, Stops, stops};
use crate::shell::bash::{self, BashSyntax};
use crate::shell::{ScriptKind, ShellErrorKind, ShellTokenKind};

impl Parser<'_> {
    pub(super) fn in_quotes(&mut self, byte: u8, segment: usize) {
        match byte {
            b'"' => {
                self.pos += 1;
                self.string_token(segment);
                self.work.frames.pop();
                self.resume_quotes();
            }
            b'\\' => self.escape(),
            b'$' => {
                self.string_token(segment);
                if let Some(Frame::Quotes { segment, .. }) = self.work.frames.last_mut() {
                    *segment = self.pos;
                }
                self.dollar(true);
            }
            b'`' => {
                self.string_token(segment);
                self.backtick();
            }
            _ => {
                static STOPS: Stops = stops(b"\"\\$`");
                self.skip_to(&STOPS);
            }
        }
    }

    pub(super) fn in_expansion(&mut self, byte: u8, in_quotes: bool) {
        match byte {
            b'}' => {
                self.token(ShellTokenKind::Variable, self.at(1));
                self.pos += 1;
                self.work.frames.pop();
                self.resume_quotes();
            }
            b'\\' => self.escape(),
            b'"' => self.open_quotes(),
            b'\'' if !in_quotes => self.single_quotes(),
            b'\'' => self.pos += 1,
            b'$' => self.dollar(in_quotes),
            b'`' => self.backtick(),
            _ => {
                static STOPS: Stops = stops(b"}\\\"'$`");
                self.skip_to(&STOPS);
            }
        }
    }

    pub(super) fn in_arithmetic(&mut self, byte: u8) {
        match byte {
            b'\\' => self.escape(),
            b'"' => self.open_quotes(),
            b'\'' => self.single_quotes(),
            b'$' => self.dollar(true),
            b'`' => self.backtick(),
            b'(' => {
                self.pos += 1;
                if let Some(Frame::Arithmetic { depth, .. }) = self.work.frames.last_mut() {
                    *depth += 1;
                }
            }
            b')' => self.close_arithmetic(),
            _ => {
                static STOPS: Stops = stops(b"\\\"'$`()");
                self.skip_to(&STOPS);
            }
        }
    }

    pub(super) fn close_arithmetic(&mut self) {
        self.pos += 1;
        let Some(Frame::Arithmetic { open, depth, is_command }) = self.work.frames.last_mut() else { return };
        *depth -= 1;
        if *depth > 0 {
            return;
        }
        let (open, is_command) = (*open, *is_command);
        self.work.frames.pop();
        if is_command {
            // `((a) || b)` with the closers apart is a subshell in a subshell.
            if self.text.get(..self.pos).is_some_and(|text| text.ends_with("))")) {
                self.bash(open, BashSyntax::ArithmeticCommand);
            }
            self.extend_command(self.pos as u32);
        } else {
            self.token(ShellTokenKind::Variable, TextRange::new(self.pos as u32 - 1, self.pos as u32));
            self.resume_quotes();
        }
    }

    pub(super) fn dollar(&mut self, in_quotes: bool) {
        let rest = self.rest();
        let name = rest.get(1..).unwrap_or("");
        let length = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(name.len());
        if rest.starts_with("$((") {
            self.mark_expanded();
            let open = self.at(3);
            self.token(ShellTokenKind::Variable, open);
            self.work.frames.push(Frame::Arithmetic { open, depth: 2, is_command: false });
            self.pos += 3;
        } else if rest.starts_with("$(") {
            self.mark_expanded();
            self.token(ShellTokenKind::Variable, self.at(2));
            self.open_script(ScriptKind::Substitution, self.at(2));
        } else if let Some(inner) = rest.strip_prefix("${") {
            self.mark_expanded();
            if let Some(syntax) = bash::of_expansion(inner) {
                self.bash(self.at(2 + expansion_length(inner)), syntax);
            }
            let prefix = usize::from(inner.starts_with(['!', '#']));
            let name = inner.get(prefix..).unwrap_or("");
            let length = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(name.len());
            self.token(ShellTokenKind::Variable, self.at(2 + prefix + length));
            self.work.frames.push(Frame::Expansion { open: self.at(2), in_quotes });
            self.pos += 2 + prefix + length;
        } else if rest.starts_with("$'") && !in_quotes {
            self.mark_expanded();
            self.ansi_quotes();
        } else if length > 0 && !name.starts_with(|c: char| c.is_ascii_digit()) {
            self.mark_expanded();
            if let Some(syntax) = bash::of_variable(name.get(..length).unwrap_or("")) {
                self.bash(self.at(1 + length), syntax);
            }
            self.variable(1 + length);
        } else if name.starts_with(|c: char| c.is_ascii_digit() || "@*#?$!-".contains(c)) {
            self.mark_expanded();
            self.variable(2);
        } else {
            self.pos += 1;
        }
    }

    pub(super) fn variable(&mut self, length: usize) {
        self.token(ShellTokenKind::Variable, self.at(length));
        self.pos += length;
        self.resume_quotes();
    }

    pub(super) fn ansi_quotes(&mut self) {
        let start = self.pos;
        self.pos += 2;
        loop {
            static STOPS: Stops = stops(b"\\'");
            self.skip_to(&STOPS);
            match self.byte(0) {
                Some(b'\\') => self.escape(),
                Some(_) => {
                    self.pos += 1;
                    let range = TextRange::new(start as u32, self.pos as u32);
                    self.token(ShellTokenKind::String, range);
                    return self.bash(range, BashSyntax::AnsiQuotes);
                }
                None => {
                    return self
                        .fail(TextRange::new(start as u32, start as u32 + 2), ShellErrorKind::UnclosedQuote);
                }
            }
        }
    }

    pub(super) fn single_quotes(&mut self) {
        let open = self.at(1);
        let rest = self.rest().as_bytes().get(1..).unwrap_or(&[]);
        match memchr(b'\'', rest) {
            Some(length) => {
                self.token(ShellTokenKind::String, self.at(length + 2));
                self.pos += length + 2;
            }
            None => {
                self.fail(open, ShellErrorKind::UnclosedQuote);
                self.pos = self.text.len();
            }
        }
    }

    pub(super) fn open_quotes(&mut self) {
        self.work.frames.push(Frame::Quotes { open: self.at(1), segment: self.pos });
        self.pos += 1;
    }

    /// Text in double quotes goes on at the current position, if it stands in any.
    pub(super) fn resume_quotes(&mut self) {
        if let Some(Frame::Quotes { segment, .. }) = self.work.frames.last_mut() {
            *segment = self.pos;
        }
    }

    pub(super) fn escape(&mut self) {
        let escaped = self.rest().chars().nth(1).map_or(0, char::len_utf8);
        self.pos += 1 + escaped;
    }

    pub(super) fn backtick(&mut self) {
        if self.current.kind == ScriptKind::Backticks
            && matches!(self.work.frames.last(), Some(Frame::Script))
        {
            self.token(ShellTokenKind::Variable, self.at(1));
            if self.current.word.is_some() {
                self.finish_word(self.pos);
            }
            self.close_script(self.pos, self.pos + 1);
            self.resume_quotes();
        } else {
            self.mark_expanded();
            self.token(ShellTokenKind::Variable, self.at(1));
            self.open_script(ScriptKind::Backticks, self.at(1));
        }
    }

    pub(super) fn string_token(&mut self, segment: usize) {
        self.token(ShellTokenKind::String, TextRange::new(segment as u32, self.pos as u32));
    }
}

/// Length of `${...}` behind its brace, as far as it is short and has no braces inside; else of its beginning.
fn expansion_length(inner: &str) -> usize {
    const LONGEST: usize = 80;
    let end = inner.bytes().take(LONGEST).position(|b| matches!(b, b'}' | b'{' | b'\n'));
    match end {
        Some(end) if inner.as_bytes().get(end) == Some(&b'}') => end + 1,
        Some(_) | None => inner.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count(),
    }
}
