//! The stack machine that splits a command text in one pass. Quotes, expansions and scripts nest on an explicit
//! stack, so depth costs memory and no call stack. Lists of an outer script wait on pending vectors while an inner
//! one is read; each is moved to its arena when it is complete, which keeps its entries together.

use std::mem;

use dotwright_diagnostics::TextRange;
use memchr::memchr;

use super::bash::{self, BashConstruct, BashSyntax};
use super::{
    Assignment, Command, CommandKind, Connector, Heredoc, Pipe, Pipeline, Redirection, RedirectionOperator,
    Script, ScriptId, ScriptKind, Shell, ShellError, ShellErrorKind, ShellToken, ShellTokenKind, Word,
};

/// What the position stands in.
#[derive(Debug, Clone, Copy)]
enum Frame {
    Script,
    /// Double quotes; `segment` is where their text goes on behind the last expansion.
    Quotes {
        open: TextRange,
        segment: usize,
    },
    Expansion {
        open: TextRange,
        in_quotes: bool,
    },
    Arithmetic {
        open: TextRange,
        depth: u32,
        is_command: bool,
    },
}

/// What a command waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Words,
    /// A compound command is over: only redirections follow.
    Complete,
    ForHead {
        separated: bool,
    },
    CaseHead,
    CasePattern {
        is_fresh: bool,
    },
    Test,
    FunctionName,
    FunctionBody,
}

/// A command that is being read.
#[derive(Debug, Clone, Copy)]
struct Building {
    kind: CommandKind,
    phase: Phase,
    opener: TextRange,
    function: Option<TextRange>,
    start: u32,
    end: u32,
}

/// A script that is being read, with the command and word at its end.
#[derive(Debug, Clone)]
struct OpenScript {
    id: usize,
    kind: ScriptKind,
    opener: TextRange,
    pipelines_from: usize,
    commands_from: usize,
    words_from: usize,
    assignments_from: usize,
    redirections_from: usize,
    connector: Connector,
    connector_range: TextRange,
    negated: bool,
    pipe: Option<Pipe>,
    /// `&&`, `||` or a pipe that still lacks a command.
    operator: Option<TextRange>,
    command: Option<Building>,
    word: Option<Word>,
    /// Pending redirection whose target is due.
    awaiting: Option<usize>,
}

/// Reads one text.
pub(super) struct Parser<'t> {
    text: &'t str,
    pos: usize,
    frames: Vec<Frame>,
    current: OpenScript,
    outer: Vec<OpenScript>,
    pipelines: Vec<Pipeline>,
    commands: Vec<Command>,
    words: Vec<Word>,
    assignments: Vec<Assignment>,
    redirections: Vec<Redirection>,
    heredocs: Vec<(Word, bool, TextRange)>,
    shell: Shell,
}

impl<'t> Parser<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let whole = TextRange::new(0, text.len() as u32);
        let top = Script { kind: ScriptKind::Top, parent: None, range: whole, pipelines: 0..0 };
        Parser {
            text,
            pos: 0,
            frames: vec![Frame::Script],
            current: OpenScript {
                id: 0,
                kind: ScriptKind::Top,
                opener: TextRange::default(),
                pipelines_from: 0,
                commands_from: 0,
                words_from: 0,
                assignments_from: 0,
                redirections_from: 0,
                connector: Connector::First,
                connector_range: TextRange::default(),
                negated: false,
                pipe: None,
                operator: None,
                command: None,
                word: None,
                awaiting: None,
            },
            outer: Vec::new(),
            pipelines: Vec::new(),
            commands: Vec::new(),
            words: Vec::new(),
            assignments: Vec::new(),
            redirections: Vec::new(),
            heredocs: Vec::new(),
            shell: Shell { scripts: vec![top], ..Shell::default() },
        }
    }

    pub(super) fn run(mut self) -> Shell {
        while let Some(byte) = self.byte(0) {
            match self.frames.last().copied().unwrap_or(Frame::Script) {
                Frame::Script if self.current.word.is_some() => self.in_word(byte),
                Frame::Script => self.between_words(byte),
                Frame::Quotes { segment, .. } => self.in_quotes(byte, segment),
                Frame::Expansion { in_quotes, .. } => self.in_expansion(byte, in_quotes),
                Frame::Arithmetic { .. } => self.in_arithmetic(byte),
            }
        }
        self.finish_text();
        self.shell.tokens.sort_by_key(|token| token.range.start);
        self.shell.bash_constructs.sort_by_key(|construct| construct.range.start);
        self.shell
    }

    fn finish_text(&mut self) {
        let end = self.text.len();
        match self.frames.last() {
            Some(Frame::Quotes { open, .. }) => self.fail(*open, ShellErrorKind::UnclosedQuote),
            Some(Frame::Expansion { open, .. }) => self.fail(*open, ShellErrorKind::UnclosedExpansion),
            Some(Frame::Arithmetic { open, .. }) => self.fail(*open, ShellErrorKind::UnclosedParenthesis),
            Some(Frame::Script) | None => {
                if self.current.word.is_some() {
                    self.finish_word(end);
                }
                self.finish_command();
                let kind = match self.current.kind {
                    ScriptKind::Top => None,
                    ScriptKind::Subshell
                    | ScriptKind::Substitution
                    | ScriptKind::Process
                    | ScriptKind::Array => Some(ShellErrorKind::UnclosedParenthesis),
                    ScriptKind::Backticks => Some(ShellErrorKind::UnclosedBacktick),
                    ScriptKind::Group
                    | ScriptKind::IfCondition
                    | ScriptKind::Then
                    | ScriptKind::Else
                    | ScriptKind::LoopCondition
                    | ScriptKind::LoopBody
                    | ScriptKind::CaseArm => Some(ShellErrorKind::UnclosedCompound),
                };
                if let Some(kind) = kind {
                    self.fail(self.current.opener, kind);
                }
            }
        }
        if let Some((.., operator)) = self.heredocs.first().copied() {
            self.fail(operator, ShellErrorKind::UnclosedHeredoc);
        }
        while !self.outer.is_empty() {
            self.close_script(end, end);
        }
        self.finish_script(end);
    }

    fn between_words(&mut self, byte: u8) {
        let phase = self.current.command.map(|command| command.phase);
        match byte {
            b' ' | b'\t' | b'\r' => self.pos += 1,
            b'\\' if self.byte(1) == Some(b'\n') => self.pos += 2,
            b'\n' => self.newline(),
            b'#' => self.comment(),
            b'<' | b'>' if self.byte(1) == Some(b'(') && phase != Some(Phase::Test) => {
                self.process_substitution()
            }
            b'&' | b'|' | b'(' | b')' | b'<' | b'>' if phase == Some(Phase::Test) => self.pos += 1,
            b';' | b'&' | b'|' | b'<' | b'>' if self.current.kind == ScriptKind::Array => self.pos += 1,
            b';' => self.semicolon(),
            b'&' => self.ampersand(),
            b'|' => self.bar(phase),
            b'(' => self.open_parenthesis(phase),
            b')' => self.close_parenthesis(phase),
            b'<' | b'>' => self.redirection(None),
            _ => {
                self.current.word = Some(Word {
                    range: TextRange::empty(self.pos as u32),
                    is_quoted: false,
                    is_constant: true,
                });
            }
        }
    }

    fn in_word(&mut self, byte: u8) {
        match byte {
            b'<' | b'>' if self.byte(1) == Some(b'(') => self.process_substitution(),
            b'(' if self.begins_array() => {
                self.mark_expanded();
                self.bash(self.at(1), BashSyntax::Array);
                self.open_script(ScriptKind::Array, self.at(1));
            }
            b'<' | b'>' if self.is_descriptor() => {
                let descriptor = self.current.word.take();
                self.redirection(descriptor.map(|word| TextRange::new(word.range.start, self.pos as u32)));
            }
            b' ' | b'\t' | b'\r' | b'\n' | b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>' => {
                self.finish_word(self.pos);
            }
            b'\\' => {
                self.mark_quoted();
                self.escape();
            }
            b'\'' => {
                self.mark_quoted();
                self.single_quotes();
            }
            b'"' => {
                self.mark_quoted();
                self.open_quotes();
            }
            b'$' => self.dollar(false),
            b'`' => self.backtick(),
            b'{' => {
                let length = bash::brace_expansion(self.rest());
                if let Some(length) = length {
                    self.bash(self.at(length), BashSyntax::BraceExpansion);
                    self.mark_expanded();
                }
                self.pos += length.unwrap_or(1);
            }
            _ => {
                let ends = |c: char| {
                    matches!(
                        c,
                        ' ' | '\t'
                            | '\r'
                            | '\n'
                            | ';'
                            | '&'
                            | '|'
                            | '('
                            | ')'
                            | '<'
                            | '>'
                            | '\\'
                            | '\''
                            | '"'
                            | '$'
                            | '`'
                            | '{'
                    )
                };
                self.skip_to(ends);
            }
        }
    }

    fn in_quotes(&mut self, byte: u8, segment: usize) {
        match byte {
            b'"' => {
                self.pos += 1;
                self.string_token(segment);
                self.frames.pop();
                self.resume_quotes();
            }
            b'\\' => self.escape(),
            b'$' => {
                self.string_token(segment);
                if let Some(Frame::Quotes { segment, .. }) = self.frames.last_mut() {
                    *segment = self.pos;
                }
                self.dollar(true);
            }
            b'`' => {
                self.string_token(segment);
                self.backtick();
            }
            _ => self.skip_to(|c| matches!(c, '"' | '\\' | '$' | '`')),
        }
    }

    fn in_expansion(&mut self, byte: u8, in_quotes: bool) {
        match byte {
            b'}' => {
                self.token(ShellTokenKind::Variable, self.at(1));
                self.pos += 1;
                self.frames.pop();
                self.resume_quotes();
            }
            b'\\' => self.escape(),
            b'"' => self.open_quotes(),
            b'\'' if !in_quotes => self.single_quotes(),
            b'\'' => self.pos += 1,
            b'$' => self.dollar(in_quotes),
            b'`' => self.backtick(),
            _ => self.skip_to(|c| matches!(c, '}' | '\\' | '"' | '\'' | '$' | '`')),
        }
    }

    fn in_arithmetic(&mut self, byte: u8) {
        match byte {
            b'\\' => self.escape(),
            b'"' => self.open_quotes(),
            b'\'' => self.single_quotes(),
            b'$' => self.dollar(true),
            b'`' => self.backtick(),
            b'(' => {
                self.pos += 1;
                if let Some(Frame::Arithmetic { depth, .. }) = self.frames.last_mut() {
                    *depth += 1;
                }
            }
            b')' => self.close_arithmetic(),
            _ => self.skip_to(|c| matches!(c, '\\' | '"' | '\'' | '$' | '`' | '(' | ')')),
        }
    }

    fn close_arithmetic(&mut self) {
        self.pos += 1;
        let Some(Frame::Arithmetic { open, depth, is_command }) = self.frames.last_mut() else { return };
        *depth -= 1;
        if *depth > 0 {
            return;
        }
        let (open, is_command) = (*open, *is_command);
        self.frames.pop();
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

    fn dollar(&mut self, in_quotes: bool) {
        let rest = self.rest();
        let name = rest.get(1..).unwrap_or("");
        let length = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(name.len());
        if rest.starts_with("$((") {
            self.mark_expanded();
            let open = self.at(3);
            self.token(ShellTokenKind::Variable, open);
            self.frames.push(Frame::Arithmetic { open, depth: 2, is_command: false });
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
            self.frames.push(Frame::Expansion { open: self.at(2), in_quotes });
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

    fn variable(&mut self, length: usize) {
        self.token(ShellTokenKind::Variable, self.at(length));
        self.pos += length;
        self.resume_quotes();
    }

    fn ansi_quotes(&mut self) {
        let start = self.pos;
        self.pos += 2;
        loop {
            self.skip_to(|c| matches!(c, '\\' | '\''));
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

    fn single_quotes(&mut self) {
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

    fn open_quotes(&mut self) {
        self.frames.push(Frame::Quotes { open: self.at(1), segment: self.pos });
        self.pos += 1;
    }

    /// Text in double quotes goes on at the current position, if it stands in any.
    fn resume_quotes(&mut self) {
        if let Some(Frame::Quotes { segment, .. }) = self.frames.last_mut() {
            *segment = self.pos;
        }
    }

    fn escape(&mut self) {
        let escaped = self.rest().chars().nth(1).map_or(0, char::len_utf8);
        self.pos += 1 + escaped;
    }

    fn backtick(&mut self) {
        if self.current.kind == ScriptKind::Backticks && matches!(self.frames.last(), Some(Frame::Script)) {
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

    fn process_substitution(&mut self) {
        let start = TextRange::empty(self.pos as u32);
        self.current.word.get_or_insert(Word { range: start, is_quoted: false, is_constant: false });
        self.mark_expanded();
        self.bash(self.at(2), BashSyntax::ProcessSubstitution);
        self.open_script(ScriptKind::Process, self.at(2));
    }

    fn comment(&mut self) {
        let length = self.rest().find('\n').unwrap_or(self.rest().len());
        let range = self.at(length);
        self.shell.comments.push(range);
        self.token(ShellTokenKind::Comment, range);
        self.pos += length;
    }

    fn newline(&mut self) {
        let range = self.at(1);
        self.pos += 1;
        if !self.heredocs.is_empty() {
            self.heredoc_bodies();
        }
        match &mut self.current.command {
            Some(Building { phase: Phase::ForHead { separated }, .. }) => *separated = true,
            Some(Building {
                phase: Phase::CaseHead | Phase::CasePattern { .. } | Phase::Test | Phase::FunctionBody,
                ..
            }) => {}
            Some(_) | None => {
                self.finish_command();
                if self.finish_pipeline(false) {
                    self.current.connector = Connector::Newline;
                    self.current.connector_range = range;
                }
            }
        }
    }

    fn heredoc_bodies(&mut self) {
        for (delimiter, strips_tabs, operator) in mem::take(&mut self.heredocs) {
            let raw = delimiter.range.text(self.text);
            let end_mark = if delimiter.is_quoted { super::command::unquote(raw) } else { raw.to_owned() };
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
            self.shell.heredocs.push(Heredoc { delimiter, strips_tabs, body });
        }
    }

    fn semicolon(&mut self) {
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

    fn ampersand(&mut self) {
        match (self.byte(1), self.byte(2)) {
            (Some(b'&'), _) => self.join(Connector::And, 2),
            (Some(b'>'), Some(b'>')) => self.redirect(None, RedirectionOperator::OutputAndError, 3),
            (Some(b'>'), _) => self.redirect(None, RedirectionOperator::OutputAndError, 2),
            (_, _) => self.join(Connector::Background, 1),
        }
    }

    fn bar(&mut self, phase: Option<Phase>) {
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

    fn join(&mut self, connector: Connector, length: usize) {
        let range = self.at(length);
        self.token(ShellTokenKind::Operator, range);
        let has_command = self.finish_command() || self.commands.len() > self.current.commands_from;
        if !has_command || self.current.operator.is_some() {
            self.fail(range, ShellErrorKind::MissingCommand);
        }
        self.finish_pipeline(connector == Connector::Background);
        self.current.connector = connector;
        self.current.connector_range = range;
        self.current.operator = matches!(connector, Connector::And | Connector::Or).then_some(range);
        self.pos += length;
    }

    fn open_parenthesis(&mut self, phase: Option<Phase>) {
        let is_double = self.byte(1) == Some(b'(');
        match phase {
            None | Some(Phase::FunctionBody) if self.is_empty_pair() && phase.is_some() => {
                self.pos += self.pair()
            }
            None | Some(Phase::FunctionBody) if is_double => {
                let open = self.at(2);
                self.begin(CommandKind::Arithmetic, Phase::Complete, open);
                self.frames.push(Frame::Arithmetic { open, depth: 2, is_command: true });
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
                self.frames.push(Frame::Arithmetic { open, depth: 2, is_command: true });
                self.pos += 2;
            }
            Some(Phase::CasePattern { is_fresh: true }) => self.pos += 1,
            Some(Phase::Words) if self.is_empty_pair() && self.names_function() => {
                let name = self.words.pop();
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
    fn names_function(&self) -> bool {
        self.words.len() == self.current.words_from + 1
            && self.assignments.len() == self.current.assignments_from
            && self.redirections.len() == self.current.redirections_from
    }

    /// True at `()`, with or without blanks in it.
    fn is_empty_pair(&self) -> bool {
        self.rest().get(1..).is_some_and(|rest| rest.trim_start_matches([' ', '\t']).starts_with(')'))
    }

    fn pair(&self) -> usize {
        self.rest().find(')').map_or(1, |close| close + 1)
    }

    fn close_parenthesis(&mut self, phase: Option<Phase>) {
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

    fn redirection(&mut self, descriptor: Option<TextRange>) {
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

    fn redirect(&mut self, descriptor: Option<TextRange>, operator: RedirectionOperator, length: usize) {
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
        self.current.awaiting = Some(self.redirections.len());
        self.redirections.push(Redirection { descriptor, operator, range, target: None });
        self.pos += length;
    }

    fn finish_word(&mut self, end: usize) {
        let Some(mut word) = self.current.word.take() else { return };
        word.range = TextRange::new(word.range.start, end as u32);
        if self.current.kind == ScriptKind::Array {
            return;
        }
        if let Some(index) = self.current.awaiting.take() {
            self.extend_command(end as u32);
            let Some(redirection) = self.redirections.get_mut(index) else { return };
            redirection.target = Some(word);
            if redirection.operator == RedirectionOperator::Heredoc {
                let strips_tabs = redirection.range.len() == 3;
                self.heredocs.push((word, strips_tabs, redirection.range));
            }
            return;
        }
        let raw = if word.is_constant && !word.is_quoted { word.range.text(self.text) } else { "" };
        let count = self.words.len() - self.current.words_from;
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

    fn first_word(&mut self, word: Word, raw: &str) {
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
    fn simple_word(&mut self, word: Word) {
        let raw = word.range.text(self.text);
        if let Some((name, value, is_indexed)) = split_assignment(raw) {
            let start = word.range.start;
            if is_indexed {
                self.bash(TextRange::new(start, start + value as u32), BashSyntax::Array);
            }
            let value = Word { range: TextRange::new(start + value as u32, word.range.end), ..word };
            self.assignments.push(Assignment { name: TextRange::new(start, start + name as u32), value });
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

    fn push_word(&mut self, word: Word) {
        self.words.push(word);
        self.extend_command(word.range.end);
    }

    /// Handles a word that ends a part of the compound command around it; false for any other word.
    fn continue_compound(&mut self, range: TextRange, raw: &str) -> bool {
        use ScriptKind as S;
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

    fn begin_keyword(&mut self, kind: CommandKind, phase: Phase, range: TextRange) {
        self.keyword(range);
        self.begin(kind, phase, range);
    }

    /// Begins a command, or the body of the function whose name was just read.
    fn begin(&mut self, kind: CommandKind, phase: Phase, opener: TextRange) {
        let function = self.current.command.and_then(|command| command.function);
        let start = self.current.command.map_or(opener.start, |command| command.start);
        self.current.operator = None;
        self.current.command = Some(Building { kind, phase, opener, function, start, end: opener.end });
    }

    /// Opens the next part of the current compound command at the current position.
    fn enter_section(&mut self, kind: ScriptKind) {
        let opener = self.current.command.map_or(TextRange::empty(self.pos as u32), |command| command.opener);
        self.set_phase(Phase::Complete);
        self.open_script_at(kind, opener, self.pos);
    }

    fn open_script(&mut self, kind: ScriptKind, opener: TextRange) {
        self.open_script_at(kind, opener, opener.end as usize);
    }

    fn open_script_at(&mut self, kind: ScriptKind, opener: TextRange, start: usize) {
        self.pos = start;
        let id = self.shell.scripts.len();
        let parent = Some(ScriptId(self.current.id as u32));
        let range = TextRange::empty(start as u32);
        self.shell.scripts.push(Script { kind, parent, range, pipelines: 0..0 });
        let inner = OpenScript {
            id,
            kind,
            opener,
            pipelines_from: self.pipelines.len(),
            commands_from: self.commands.len(),
            words_from: self.words.len(),
            assignments_from: self.assignments.len(),
            redirections_from: self.redirections.len(),
            connector: Connector::First,
            connector_range: range,
            negated: false,
            pipe: None,
            operator: None,
            command: None,
            word: None,
            awaiting: None,
        };
        self.outer.push(mem::replace(&mut self.current, inner));
        self.frames.push(Frame::Script);
    }

    /// Ends the current script at `end` and goes on in the one around it at `next`.
    fn close_script(&mut self, end: usize, next: usize) {
        self.finish_script(end);
        while let Some(frame) = self.frames.pop() {
            if matches!(frame, Frame::Script) {
                break;
            }
        }
        if let Some(outer) = self.outer.pop() {
            self.current = outer;
        }
        self.pos = next;
    }

    fn finish_script(&mut self, end: usize) {
        if self.current.word.is_some() {
            self.finish_word(end);
        }
        self.finish_command();
        if let Some(operator) = self.current.operator {
            self.fail(operator, ShellErrorKind::MissingCommand);
        }
        self.finish_pipeline(false);
        let start = self.shell.pipelines.len();
        self.shell.pipelines.extend(self.pipelines.drain(self.current.pipelines_from..));
        if let Some(script) = self.shell.scripts.get_mut(self.current.id) {
            script.pipelines = start..self.shell.pipelines.len();
            script.range = TextRange::new(script.range.start, end as u32);
        }
    }

    /// Ends the current command; false when there is none.
    fn finish_command(&mut self) -> bool {
        let Some(command) = self.current.command.take() else { return false };
        if let Some(index) = self.current.awaiting.take()
            && let Some(redirection) = self.redirections.get(index)
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
        let words = self.shell.words.len();
        self.shell.words.extend(self.words.drain(self.current.words_from..));
        let assignments = self.shell.assignments.len();
        self.shell.assignments.extend(self.assignments.drain(self.current.assignments_from..));
        let redirections = self.shell.redirections.len();
        self.shell.redirections.extend(self.redirections.drain(self.current.redirections_from..));
        self.commands.push(Command {
            kind: command.kind,
            pipe: self.current.pipe.take(),
            function: command.function,
            range: TextRange::new(command.start, command.end),
            words: words..self.shell.words.len(),
            assignments: assignments..self.shell.assignments.len(),
            redirections: redirections..self.shell.redirections.len(),
        });
        true
    }

    /// Ends the current pipeline; false when it has no command.
    fn finish_pipeline(&mut self, background: bool) -> bool {
        let pending = self.commands.get(self.current.commands_from..).unwrap_or(&[]);
        let (Some(first), Some(last)) = (pending.first(), pending.last()) else { return false };
        if self.current.operator.is_some() {
            return false;
        }
        let range = first.range.cover(last.range);
        let start = self.shell.commands.len();
        self.shell.commands.extend(self.commands.drain(self.current.commands_from..));
        self.pipelines.push(Pipeline {
            connector: self.current.connector,
            connector_range: self.current.connector_range,
            negated: mem::take(&mut self.current.negated),
            background,
            range,
            commands: start..self.shell.commands.len(),
        });
        true
    }

    fn is_set_command(&self) -> bool {
        let first = self.words.get(self.current.words_from);
        first.is_some_and(|word| word.range.text(self.text) == "set")
    }

    fn begins_array(&self) -> bool {
        let Some(word) = self.current.word else { return false };
        let raw = self.text.get(word.range.start as usize..self.pos).unwrap_or("");
        split_assignment(raw).is_some_and(|(_, value, _)| value == raw.len())
    }

    fn is_descriptor(&self) -> bool {
        let Some(word) = self.current.word else { return false };
        let raw = self.text.get(word.range.start as usize..self.pos).unwrap_or("");
        !raw.is_empty() && raw.bytes().all(|b| b.is_ascii_digit())
    }

    fn set_phase(&mut self, phase: Phase) {
        if let Some(command) = &mut self.current.command {
            command.phase = phase;
        }
    }

    fn extend_command(&mut self, end: u32) {
        if let Some(command) = &mut self.current.command {
            command.end = command.end.max(end);
        }
    }

    fn mark_quoted(&mut self) {
        if let Some(word) = &mut self.current.word {
            word.is_quoted = true;
        }
    }

    fn mark_expanded(&mut self) {
        if let Some(word) = &mut self.current.word {
            word.is_constant = false;
        }
    }

    fn keyword(&mut self, range: TextRange) {
        self.token(ShellTokenKind::Keyword, range);
    }

    fn string_token(&mut self, segment: usize) {
        self.token(ShellTokenKind::String, TextRange::new(segment as u32, self.pos as u32));
    }

    fn token(&mut self, kind: ShellTokenKind, range: TextRange) {
        if !range.is_empty() {
            self.shell.tokens.push(ShellToken { kind, range });
        }
    }

    fn bash(&mut self, range: TextRange, syntax: BashSyntax) {
        self.shell.bash_constructs.push(BashConstruct { range, syntax });
    }

    fn fail(&mut self, range: TextRange, kind: ShellErrorKind) {
        if self.shell.errors.is_empty() {
            let opener = Some(self.current.opener).filter(|opener| !opener.is_empty() && *opener != range);
            self.shell.errors.push(ShellError { range, kind, opener });
        }
    }

    fn skip_to(&mut self, stop: impl Fn(char) -> bool) {
        let rest = self.rest();
        self.pos += rest.find(stop).unwrap_or(rest.len());
    }

    fn byte(&self, offset: usize) -> Option<u8> {
        self.text.as_bytes().get(self.pos + offset).copied()
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.pos..).unwrap_or("")
    }

    /// The next `length` bytes.
    fn at(&self, length: usize) -> TextRange {
        TextRange::new(self.pos as u32, (self.pos + length) as u32)
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

/// Length of the name, offset of the value, and whether there is an index, when a word is `name=value`.
fn split_assignment(raw: &str) -> Option<(usize, usize, bool)> {
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
