//! The shell words of tool commands: enough of POSIX sh and bash to say which command ends a script, whose exit code
//! is lost, and where quotes or compound commands do not close. Nothing is expanded or run.
//!
//! Everything lies in flat vectors. A [`Script`] is a run of [`Pipeline`]s, a pipeline a run of [`Command`]s, a
//! command a run of [`Word`]s; scripts inside other scripts are linked by [`Script::parent`] and found by range.
//! What is valid for some shell is never an error here: see [`ShellErrorKind`] for what is.

mod bash;
mod command;
mod parser;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use dotwright_diagnostics::TextRange;

pub use bash::{BashConstruct, BashSyntax};
pub use command::{Assignment, Command, CommandKind, Heredoc, Pipe, Redirection, RedirectionOperator, Word};

/// Splits the decoded text of a command.
pub fn parse(text: &str) -> Shell {
    parser::Parser::new(text).run().shell
}

/// As [`parse`], with [`Shell::tokens`], which cost as much as all the rest and only editors ask for.
pub fn parse_with_tokens(text: &str) -> Shell {
    parser::Parser::with_tokens(text).run().shell
}

/// Splits one text after the other as [`parse`] does, with the same memory, for those who look at each just once.
#[derive(Debug, Default)]
pub struct Reader {
    work: parser::Work,
}

impl Reader {
    /// Splits the decoded text of a command.
    pub fn read(&mut self, text: &str) -> &Shell {
        self.work = parser::Parser::with(std::mem::take(&mut self.work), text).run();
        &self.work.shell
    }
}

/// Index of a script in [`Shell::scripts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScriptId(pub(crate) u32);

/// Neighbours in one of the flat vectors. Half the size of a `Range<usize>`, and a command has three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Run {
    start: u32,
    end: u32,
}

impl Run {
    fn new(start: usize, end: usize) -> Run {
        Run { start: start as u32, end: end as u32 }
    }

    fn of<T>(self, all: &[T]) -> &[T] {
        all.get(self.start as usize..self.end as usize).unwrap_or(&[])
    }
}

/// A parsed command text. Ranges refer to the text it was parsed from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shell {
    scripts: Vec<Script>,
    pipelines: Vec<Pipeline>,
    commands: Vec<Command>,
    words: Vec<Word>,
    assignments: Vec<Assignment>,
    redirections: Vec<Redirection>,
    heredocs: Vec<Heredoc>,
    comments: Vec<TextRange>,
    tokens: Vec<ShellToken>,
    bash_constructs: Vec<BashConstruct>,
    errors: Vec<ShellError>,
}

/// A list of pipelines: the whole text, or what stands in parentheses, braces, a substitution or a part of a
/// compound command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// Where it stands.
    pub kind: ScriptKind,
    /// The script around it; none for the whole text.
    pub parent: Option<ScriptId>,
    /// From behind its opening mark to before its closing one.
    pub range: TextRange,
    pub(crate) pipelines: Run,
}

/// Where a script stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScriptKind {
    /// The whole text.
    Top,
    /// `( ... )`
    Subshell,
    /// `{ ...; }`
    Group,
    /// `$( ... )`
    Substitution,
    /// `` `...` ``
    Backticks,
    /// `<( ... )`, `>( ... )`
    Process,
    /// `a=( ... )`; has no pipelines
    Array,
    /// Behind `if` or `elif`
    IfCondition,
    /// Behind `then`
    Then,
    /// Behind `else`
    Else,
    /// Behind `while` or `until`
    LoopCondition,
    /// Behind `do`
    LoopBody,
    /// Behind a pattern of `case`
    CaseArm,
}

impl ScriptKind {
    /// True when a process of its own runs the script, so that options set in it end with it.
    pub const fn is_own_process(self) -> bool {
        match self {
            ScriptKind::Subshell | ScriptKind::Substitution | ScriptKind::Backticks | ScriptKind::Process => {
                true
            }
            ScriptKind::Top
            | ScriptKind::Group
            | ScriptKind::Array
            | ScriptKind::IfCondition
            | ScriptKind::Then
            | ScriptKind::Else
            | ScriptKind::LoopCondition
            | ScriptKind::LoopBody
            | ScriptKind::CaseArm => false,
        }
    }
}

/// Commands joined by pipes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pipeline {
    /// What joins it to the pipeline in front of it.
    pub connector: Connector,
    /// Where that is written; empty for the first pipeline of a script.
    pub connector_range: TextRange,
    /// True behind `!`.
    pub negated: bool,
    /// True when `&` follows it.
    pub background: bool,
    /// From its first to its last command.
    pub range: TextRange,
    pub(crate) commands: Run,
}

/// What stands between two pipelines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Connector {
    /// Nothing: it is the first one.
    First,
    /// `&&`
    And,
    /// `||`
    Or,
    /// `;`
    Semicolon,
    /// `&`
    Background,
    /// A line break.
    Newline,
}

/// A piece of text to highlight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShellToken {
    /// What it is.
    pub kind: ShellTokenKind,
    /// Where it is.
    pub range: TextRange,
}

/// What a piece of text is, for highlighting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ShellTokenKind {
    /// `if`, `done`, `{`
    Keyword,
    /// The first word of a simple command
    Command,
    /// Quoted text, or a heredoc's body
    String,
    /// `$x`, `${`, `}`, `$(`, `)`
    Variable,
    /// `&&`, `|`, `>`
    Operator,
    /// `# text`
    Comment,
}

/// Something in a command that no shell can read, and where. Only the first one is reported, like a shell does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShellError {
    /// The mark that is not closed, or the token that does not fit.
    pub range: TextRange,
    /// What is wrong.
    pub kind: ShellErrorKind,
    /// The mark or keyword that was open at the time.
    pub opener: Option<TextRange>,
}

/// What no shell can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ShellErrorKind {
    /// `'` or `"` without its partner.
    UnclosedQuote,
    /// `$(`, `<(`, `(` or `((` without `)`.
    UnclosedParenthesis,
    /// `${` without `}`.
    UnclosedExpansion,
    /// `` ` `` without its partner.
    UnclosedBacktick,
    /// A heredoc whose delimiter does not come.
    UnclosedHeredoc,
    /// `if`, `for`, `while`, `case`, `{` or `[[` without its end.
    UnclosedCompound,
    /// `fi`, `done`, `)`, `;;` and the like with nothing that they close or go on with.
    UnexpectedToken,
    /// An operator without a command in front of or behind it.
    MissingCommand,
}

/// Options that `set` turns on and rules ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ShellOption {
    /// `set -o pipefail`
    Pipefail,
    /// `set -e`
    ErrExit,
}

impl Shell {
    /// Forgets everything and keeps the memory.
    fn clear(&mut self) {
        let Shell {
            scripts,
            pipelines,
            commands,
            words,
            assignments,
            redirections,
            heredocs,
            comments,
            tokens,
            bash_constructs,
            errors,
        } = self;
        scripts.clear();
        pipelines.clear();
        commands.clear();
        words.clear();
        assignments.clear();
        redirections.clear();
        heredocs.clear();
        comments.clear();
        tokens.clear();
        bash_constructs.clear();
        errors.clear();
    }

    /// All scripts; the first is the whole text, and every one stands behind the script around it.
    pub fn scripts(&self) -> &[Script] {
        &self.scripts
    }

    /// The whole text as a script.
    pub fn top(&self) -> Option<&Script> {
        self.scripts.first()
    }

    /// One script.
    pub fn script(&self, id: ScriptId) -> Option<&Script> {
        self.scripts.get(id.0 as usize)
    }

    /// The scripts that begin within a range, such as that of a word or a command, at any depth.
    pub fn scripts_in(&self, range: TextRange) -> &[Script] {
        let start = self.scripts.partition_point(|script| script.range.start <= range.start);
        let end = self.scripts.partition_point(|script| script.range.start < range.end);
        self.scripts.get(start..end).unwrap_or(&[])
    }

    /// The pipelines of a script in order.
    pub fn pipelines(&self, script: &Script) -> &[Pipeline] {
        script.pipelines.of(&self.pipelines)
    }

    /// The last and-or list of a script: its last pipelines that `&&` and `||` join.
    pub fn last_list(&self, script: &Script) -> &[Pipeline] {
        let pipelines = self.pipelines(script);
        let start = pipelines.iter().rposition(|p| !matches!(p.connector, Connector::And | Connector::Or));
        pipelines.get(start.unwrap_or(0)..).unwrap_or(&[])
    }

    /// The pipeline that the text ends with.
    pub fn last_pipeline(&self) -> Option<&Pipeline> {
        self.pipelines(self.top()?).last()
    }

    /// The commands of a pipeline in order.
    pub fn commands(&self, pipeline: &Pipeline) -> &[Command] {
        pipeline.commands.of(&self.commands)
    }

    /// All commands at any depth, inner ones before the commands they stand in.
    pub fn all_commands(&self) -> &[Command] {
        &self.commands
    }

    /// The words of a command, its name first. The words of `for` and `case` are those of their heads.
    pub fn words(&self, command: &Command) -> &[Word] {
        command.words.of(&self.words)
    }

    /// The constant text of the first word of a simple command; `text` is the parsed text.
    pub fn name<'t>(&self, command: &Command, text: &'t str) -> Option<Cow<'t, str>> {
        match command.kind {
            CommandKind::Simple => self.words(command).first()?.literal(text),
            CommandKind::Subshell
            | CommandKind::Group
            | CommandKind::If
            | CommandKind::Loop
            | CommandKind::For
            | CommandKind::Case
            | CommandKind::Test
            | CommandKind::Arithmetic => None,
        }
    }

    /// The assignments in front of the words of a command.
    pub fn assignments(&self, command: &Command) -> &[Assignment] {
        command.assignments.of(&self.assignments)
    }

    /// The redirections of a command.
    pub fn redirections(&self, command: &Command) -> &[Redirection] {
        command.redirections.of(&self.redirections)
    }

    /// All heredocs in the order of their bodies.
    pub fn heredocs(&self) -> &[Heredoc] {
        &self.heredocs
    }

    /// All comments, `#` included.
    pub fn comments(&self) -> &[TextRange] {
        &self.comments
    }

    /// Pieces to highlight, in order and without overlap. Empty after [`parse`].
    pub fn tokens(&self) -> &[ShellToken] {
        &self.tokens
    }

    /// Syntax that bash has and POSIX sh has not, in order.
    pub fn bash_constructs(&self) -> &[BashConstruct] {
        &self.bash_constructs
    }

    /// What no shell can read.
    pub fn errors(&self) -> &[ShellError] {
        &self.errors
    }

    /// True when the last `set` in front of `offset` that names the option turns it on. A `set` in a subshell counts
    /// within that subshell only.
    pub fn sets_option_before(&self, text: &str, option: ShellOption, offset: u32) -> bool {
        let mut last: Option<(u32, bool)> = None;
        for script in &self.scripts {
            if script.kind.is_own_process() && !script.range.touches(offset) {
                continue;
            }
            for command in self.pipelines(script).iter().flat_map(|pipeline| self.commands(pipeline)) {
                let start = command.range.start;
                if start < offset
                    && last.is_none_or(|(earlier, _)| earlier < start)
                    && let Some(value) = self.sets_option(command, text, option)
                {
                    last = Some((start, value));
                }
            }
        }
        last.is_some_and(|(_, value)| value)
    }

    fn sets_option(&self, command: &Command, text: &str, option: ShellOption) -> Option<bool> {
        if self.name(command, text)? != "set" {
            return None;
        }
        let (letter, long) = match option {
            ShellOption::Pipefail => (None, "pipefail"),
            ShellOption::ErrExit => (Some('e'), "errexit"),
        };
        let mut found = None;
        let mut long_value = None;
        for word in self.words(command).iter().skip(1) {
            let word = word.literal(text)?;
            if let Some(value) = long_value.take() {
                found = if word == long { Some(value) } else { found };
                continue;
            }
            if word == "--" {
                return found;
            }
            let (value, letters) = match (word.strip_prefix('-'), word.strip_prefix('+')) {
                (Some(letters), _) => (true, letters),
                (None, Some(letters)) => (false, letters),
                (None, None) => return found,
            };
            if letter.is_some_and(|letter| letters.contains(letter)) {
                found = Some(value);
            }
            long_value = letters.contains('o').then_some(value);
        }
        found
    }
}
