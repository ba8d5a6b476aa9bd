//! The stack machine that splits a command text in one pass. Quotes, expansions and scripts nest on an explicit
//! stack, so depth costs memory and no call stack. Lists of an outer script wait on pending vectors while an inner
//! one is read; each is moved to its arena when it is complete, which keeps its entries together.

mod quoting;
mod redirection;
mod words;

use std::mem;

use dotwright_diagnostics::TextRange;

use super::bash::{self, BashConstruct, BashSyntax};
use super::{
    Assignment, Command, CommandKind, Connector, Pipe, Pipeline, Redirection, RedirectionOperator, Run,
    Script, ScriptId, ScriptKind, Shell, ShellError, ShellErrorKind, ShellToken, ShellTokenKind, Word,
};

/// The bytes at which a run of plain text ends; all of them are ASCII, so none is part of a longer character.
type Stops = [bool; 256];

#[expect(clippy::indexing_slicing, reason = "a byte is below 256, and this runs in the compiler")]
const fn stops(mut bytes: &[u8]) -> Stops {
    let mut stops = [false; 256];
    while let [first, rest @ ..] = bytes {
        stops[*first as usize] = true;
        bytes = rest;
    }
    stops
}

/// Where the plain part of a word ends.
static WORD_STOPS: Stops = stops(b" \t\r\n;&|()<>\\'\"$`{");

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

/// What a text is read with: the lists that are not complete yet, and what is.
#[derive(Debug, Default)]
pub(super) struct Work {
    frames: Vec<Frame>,
    outer: Vec<OpenScript>,
    pipelines: Vec<Pipeline>,
    commands: Vec<Command>,
    words: Vec<Word>,
    assignments: Vec<Assignment>,
    redirections: Vec<Redirection>,
    heredocs: Vec<(Word, bool, TextRange)>,
    pub(super) shell: Shell,
}

impl Work {
    /// With room for roughly what a text of this length holds; vectors that grow from nothing cost more than the parse.
    fn sized(length: usize) -> Work {
        let commands = length / 20 + 2;
        Work {
            frames: Vec::with_capacity(4),
            pipelines: Vec::with_capacity(commands),
            commands: Vec::with_capacity(4),
            words: Vec::with_capacity(16),
            shell: Shell {
                scripts: Vec::with_capacity(length / 80 + 2),
                pipelines: Vec::with_capacity(commands),
                commands: Vec::with_capacity(commands),
                words: Vec::with_capacity(length / 7),
                ..Shell::default()
            },
            ..Work::default()
        }
    }

    /// Forgets the last text and keeps the memory.
    fn clear(&mut self) {
        let Work { frames, outer, pipelines, commands, words, assignments, redirections, heredocs, shell } =
            self;
        frames.clear();
        outer.clear();
        pipelines.clear();
        commands.clear();
        words.clear();
        assignments.clear();
        redirections.clear();
        heredocs.clear();
        shell.clear();
    }
}

/// Reads one text.
pub(super) struct Parser<'t> {
    text: &'t str,
    pos: usize,
    current: OpenScript,
    keeps_tokens: bool,
    work: Work,
}

impl<'t> Parser<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Parser::with(Work::sized(text.len()), text)
    }

    pub(super) fn with_tokens(text: &'t str) -> Self {
        Parser { keeps_tokens: true, ..Parser::new(text) }
    }

    /// Reads with the memory of an earlier text.
    pub(super) fn with(mut work: Work, text: &'t str) -> Self {
        work.clear();
        work.frames.push(Frame::Script);
        let range = TextRange::new(0, text.len() as u32);
        work.shell.scripts.push(Script {
            kind: ScriptKind::Top,
            parent: None,
            range,
            pipelines: Run::default(),
        });
        let current = OpenScript {
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
        };
        Parser { text, pos: 0, current, keeps_tokens: false, work }
    }

    pub(super) fn run(mut self) -> Work {
        while let Some(byte) = self.byte(0) {
            match self.work.frames.last().copied().unwrap_or(Frame::Script) {
                Frame::Script if self.current.word.is_some() => self.in_word(byte),
                Frame::Script => self.between_words(byte),
                Frame::Quotes { segment, .. } => self.in_quotes(byte, segment),
                Frame::Expansion { in_quotes, .. } => self.in_expansion(byte, in_quotes),
                Frame::Arithmetic { .. } => self.in_arithmetic(byte),
            }
        }
        self.finish_text();
        self.work.shell.tokens.sort_by_key(|token| token.range.start);
        self.work.shell.bash_constructs.sort_by_key(|construct| construct.range.start);
        self.work
    }

    fn finish_text(&mut self) {
        let end = self.text.len();
        match self.work.frames.last() {
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
        if let Some((.., operator)) = self.work.heredocs.first().copied() {
            self.fail(operator, ShellErrorKind::UnclosedHeredoc);
        }
        while !self.work.outer.is_empty() {
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
                self.skip_to(&WORD_STOPS);
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
            b' ' | b'\t' | b'\r' => {
                self.finish_word(self.pos);
                self.pos += 1;
            }
            b'\n' | b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>' => self.finish_word(self.pos),
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
            _ => self.skip_to(&WORD_STOPS),
        }
    }

    fn comment(&mut self) {
        let length = self.rest().find('\n').unwrap_or(self.rest().len());
        let range = self.at(length);
        self.work.shell.comments.push(range);
        self.token(ShellTokenKind::Comment, range);
        self.pos += length;
    }

    fn newline(&mut self) {
        let range = self.at(1);
        self.pos += 1;
        if !self.work.heredocs.is_empty() {
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

    fn open_parenthesis(&mut self, phase: Option<Phase>) {
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
    fn names_function(&self) -> bool {
        self.work.words.len() == self.current.words_from + 1
            && self.work.assignments.len() == self.current.assignments_from
            && self.work.redirections.len() == self.current.redirections_from
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

    /// Begins a command, or the body of the function whose name was just read.
    fn begin(&mut self, kind: CommandKind, phase: Phase, opener: TextRange) {
        let function = self.current.command.and_then(|command| command.function);
        let start = self.current.command.map_or(opener.start, |command| command.start);
        self.current.operator = None;
        self.current.command = Some(Building { kind, phase, opener, function, start, end: opener.end });
    }

    fn open_script(&mut self, kind: ScriptKind, opener: TextRange) {
        self.open_script_at(kind, opener, opener.end as usize);
    }

    fn open_script_at(&mut self, kind: ScriptKind, opener: TextRange, start: usize) {
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
    fn close_script(&mut self, end: usize, next: usize) {
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

    fn finish_script(&mut self, end: usize) {
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
    fn finish_command(&mut self) -> bool {
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
    fn finish_pipeline(&mut self, background: bool) -> bool {
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

    fn token(&mut self, kind: ShellTokenKind, range: TextRange) {
        if self.keeps_tokens && !range.is_empty() {
            self.work.shell.tokens.push(ShellToken { kind, range });
        }
    }

    fn bash(&mut self, range: TextRange, syntax: BashSyntax) {
        self.work.shell.bash_constructs.push(BashConstruct { range, syntax });
    }

    fn fail(&mut self, range: TextRange, kind: ShellErrorKind) {
        if self.work.shell.errors.is_empty() {
            let opener = Some(self.current.opener).filter(|opener| !opener.is_empty() && *opener != range);
            self.work.shell.errors.push(ShellError { range, kind, opener });
        }
    }

    /// Goes on to the next byte that stops.
    fn skip_to(&mut self, stops: &Stops) {
        let rest = self.text.as_bytes().get(self.pos..).unwrap_or(&[]);
        let stop = |&byte: &u8| stops.get(byte as usize).copied().unwrap_or(false);
        self.pos += rest.iter().position(stop).unwrap_or(rest.len());
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

/// Moves the pending entries from `from` on to their arena.
fn settle<T: Copy>(pending: &mut Vec<T>, from: usize, arena: &mut Vec<T>) -> Run {
    let start = arena.len();
    // Most commands have no assignments and no redirections.
    if from < pending.len() {
        arena.extend_from_slice(pending.get(from..).unwrap_or(&[]));
        pending.truncate(from);
    }
    Run::new(start, arena.len())
}
