//! The stack machine that splits a command text in one pass. Quotes, expansions and scripts nest on an explicit
//! stack, so depth costs memory and no call stack. Lists of an outer script wait on pending vectors while an inner
//! one is read; each is moved to its arena when it is complete, which keeps its entries together.

mod operators;
mod quoting;
mod redirection;
mod scripts;
mod words;

use dotwright_diagnostics::TextRange;

use super::bash::{self, BashConstruct, BashSyntax};
use super::{
    Assignment, Command, CommandKind, Connector, Pipe, Pipeline, Redirection, Run, Script, ScriptKind, Shell,
    ShellError, ShellErrorKind, ShellToken, ShellTokenKind, Word,
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
