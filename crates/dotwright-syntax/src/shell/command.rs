//! Commands and what they are made of.

use std::borrow::Cow;

use dotwright_diagnostics::TextRange;

use super::Run;

/// A simple or compound command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Command {
    /// Which kind.
    pub kind: CommandKind,
    /// The pipe in front of it; none for the first command of a pipeline.
    pub pipe: Option<Pipe>,
    /// The name of the function that it is the body of.
    pub function: Option<TextRange>,
    /// From its first to its last byte, redirections included.
    pub range: TextRange,
    pub(super) words: Run,
    pub(super) assignments: Run,
    pub(super) redirections: Run,
}

/// The kinds of commands. The scripts in a compound one are found by its range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CommandKind {
    /// Words, assignments and redirections.
    Simple,
    /// `( ... )`
    Subshell,
    /// `{ ...; }`
    Group,
    /// `if ... fi`
    If,
    /// `while ... done`, `until ... done`
    Loop,
    /// `for ... done`, `select ... done`
    For,
    /// `case ... esac`
    Case,
    /// `[[ ... ]]`
    Test,
    /// `(( ... ))`
    Arithmetic,
}

/// A pipe operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pipe {
    /// Where it is written.
    pub range: TextRange,
    /// True for `|&`, which takes standard error too.
    pub with_stderr: bool,
}

/// A word, quotes included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    /// Where it is written.
    pub range: TextRange,
    /// True when a quote or backslash is in it.
    pub is_quoted: bool,
    pub(super) is_constant: bool,
}

impl Word {
    /// The text without quotes; none when it holds an expansion or substitution. Patterns and `~` stay as written.
    pub fn literal(self, text: &str) -> Option<Cow<'_, str>> {
        let raw = self.range.text(text);
        match (self.is_constant, self.is_quoted) {
            (false, _) => None,
            (true, false) => Some(Cow::Borrowed(raw)),
            (true, true) => Some(Cow::Owned(unquote(raw))),
        }
    }
}

/// `name=value` in front of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assignment {
    /// The name, without an index.
    pub name: TextRange,
    /// The value, quotes included; possibly empty.
    pub value: Word,
}

/// A redirection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Redirection {
    /// The file descriptor in front of the operator.
    pub descriptor: Option<TextRange>,
    /// Which one.
    pub operator: RedirectionOperator,
    /// Where the operator is written.
    pub range: TextRange,
    /// File, descriptor, delimiter of a heredoc or text; none when it is missing.
    pub target: Option<Word>,
}

/// The redirection operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RedirectionOperator {
    /// `<`
    Input,
    /// `>`, `>|`
    Output,
    /// `>>`
    Append,
    /// `<>`
    ReadWrite,
    /// `<&`
    DuplicateInput,
    /// `>&`
    DuplicateOutput,
    /// `&>`, `&>>`
    OutputAndError,
    /// `<<`, `<<-`
    Heredoc,
    /// `<<<`
    Herestring,
}

/// A heredoc.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heredoc {
    /// The delimiter behind the operator, quotes included.
    pub delimiter: Word,
    /// True for `<<-`.
    pub strips_tabs: bool,
    /// The lines between operator and closing delimiter.
    pub body: TextRange,
}

impl Heredoc {
    /// True when the body is not expanded, because its delimiter is quoted.
    pub fn is_literal(self) -> bool {
        self.delimiter.is_quoted
    }
}

/// Removes quotes and backslashes as a shell does; `$'...'` does not get here.
pub(super) fn unquote(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut quote = None;
    let mut chars = raw.chars().peekable();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), _) if c == open => quote = None,
            (Some('\''), _) => text.push(c),
            (_, '\\') => match chars.peek() {
                Some('\n') => {
                    chars.next();
                }
                Some(escaped) if quote.is_none() || matches!(escaped, '$' | '`' | '"' | '\\') => {
                    text.extend(chars.next());
                }
                Some(_) | None => text.push(c),
            },
            (_, _) => text.push(c),
        }
    }
    text
}
