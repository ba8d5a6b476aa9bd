//! What is wrong with a file as DOT, in words for its author.
//!
//! A parser state explains nothing to a person. Token repair knows what it was looking at, so it names the error; the
//! messages live here, apart from the machinery.

use dotwright_diagnostics::{TextEdit, TextRange};

use crate::lexer::UnclosedKind;

/// One syntax error. Several errors of a file never describe the same token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SyntaxError {
    /// What is wrong.
    pub kind: SyntaxErrorKind,
    /// The first token that does not fit, or the empty range where something is missing.
    pub range: TextRange,
    /// The `[`, `{` or `"` that the error belongs to.
    pub opener: Option<TextRange>,
}

/// The kinds of syntax errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SyntaxErrorKind {
    /// The file holds no graph at all.
    NoGraph,
    /// Text before or behind the graphs.
    TextOutsideGraph,
    /// `{` without `digraph` before it.
    MissingGraphKeyword,
    /// `digrph`, with the word that is meant.
    MisspelledKeyword(&'static str),
    /// No `{` behind a header or `subgraph`.
    MissingOpenBrace,
    /// A brace that the end of the file, or the next graph, closes.
    UnclosedBrace,
    /// An attribute list that is not closed before the next statement.
    UnclosedBracket,
    /// A string, HTML value or comment without its end.
    Unclosed(UnclosedKind),
    /// A `]` whose `[` is missing.
    MissingOpenBracket,
    /// A `]` without a list.
    UnmatchedBracket,
    /// A `}` that ends the graph although more statements follow.
    ExtraCloseBrace,
    /// An attribute name with neither `=` nor value.
    MissingEqualsAndValue,
    /// An attribute name followed directly by its value.
    MissingEquals,
    /// An `=` without a value behind it.
    MissingValue,
    /// An `=` without a name before it.
    MissingName,
    /// A leading or doubled `,` or `;`.
    ExtraSeparator,
    /// An edge operator without a node behind it.
    EdgeWithoutTarget,
    /// An edge operator without a node before it.
    EdgeWithoutSource,
    /// `--` in a digraph or `->` in a graph.
    WrongEdgeOperator,
    /// A keyword where an id has to stand.
    KeywordAsName,
    /// `node`, `edge` or `graph` without a list behind it.
    KeywordWithoutList,
    /// An attribute list with nothing before it.
    ListWithoutOwner,
    /// `my-node`: a bare id with hyphens.
    HyphenInId,
    /// A value that ends with a quote and begins with none.
    MissingOpenQuote,
    /// A quote inside a string that is not escaped, so that the string ends there.
    StringEndsEarly,
    /// Braces nested deeper than [`crate::MAX_DEPTH`].
    TooDeep,
    /// A token that fits nowhere.
    Unexpected,
    /// Bytes that are not UTF-8.
    NotUtf8,
    /// There are more errors than are listed.
    TooMany,
}

impl SyntaxError {
    /// The fact, without full stop.
    pub fn message(&self, source: &str) -> String {
        use SyntaxErrorKind as Kind;
        let text = shorten(self.range.text(source));
        match self.kind {
            Kind::NoGraph => "expected `digraph`, found no graph in this file".into(),
            Kind::TextOutsideGraph => "this text stands outside any graph".into(),
            Kind::MissingGraphKeyword => "expected `digraph` before `{`".into(),
            Kind::MisspelledKeyword(keyword) => format!("expected `{keyword}`, found `{text}`"),
            Kind::MissingOpenBrace => "expected `{` to open the block".into(),
            Kind::UnclosedBrace => "expected `}` to close the block opened here".into(),
            Kind::UnclosedBracket => "expected `]` to close the attribute list opened here".into(),
            Kind::Unclosed(UnclosedKind::String) => "this string is never closed".into(),
            Kind::Unclosed(UnclosedKind::Html) => "this HTML value is never closed".into(),
            Kind::Unclosed(UnclosedKind::Comment) => "this comment is never closed".into(),
            Kind::MissingOpenBracket => "expected `[` to open the attribute list".into(),
            Kind::UnmatchedBracket => "unmatched `]`".into(),
            Kind::ExtraCloseBrace => "extra `}`: the graph ends here but more text follows".into(),
            Kind::MissingEqualsAndValue => {
                format!("expected `=` and a value after the attribute name `{text}`")
            }
            Kind::MissingEquals => "expected `=` between attribute name and value".into(),
            Kind::MissingValue => "expected an attribute value after `=`".into(),
            Kind::MissingName => "expected an attribute name before `=`".into(),
            Kind::ExtraSeparator => format!("extra separator `{text}`"),
            Kind::EdgeWithoutTarget => format!("expected a target node after `{text}`"),
            Kind::EdgeWithoutSource => format!("expected a node before `{text}`"),
            Kind::WrongEdgeOperator if text == "--" => "expected `->`, found `--` in a directed graph".into(),
            Kind::WrongEdgeOperator => "expected `--`, found `->` in an undirected graph".into(),
            Kind::KeywordAsName => format!("`{text}` is a keyword of DOT and cannot be a bare name"),
            Kind::KeywordWithoutList => format!("expected an attribute list after `{text}`"),
            Kind::ListWithoutOwner => "expected a node before this attribute list".into(),
            Kind::HyphenInId => format!("the bare id `{text}` contains `-`"),
            Kind::MissingOpenQuote => format!("the value `{text}` has a closing quote and no opening one"),
            Kind::StringEndsEarly => format!("the string ends here, and `{text}` follows outside it"),
            Kind::TooDeep => format!("braces are nested more than {} deep here", crate::MAX_DEPTH),
            Kind::Unexpected => format!("unexpected `{text}`"),
            Kind::NotUtf8 => "these bytes are not UTF-8".into(),
            Kind::TooMany => "there are more syntax errors behind this one".into(),
        }
    }

    /// The instruction, without full stop.
    pub fn help(&self, source: &str) -> String {
        use SyntaxErrorKind as Kind;
        let text = shorten(self.range.text(source));
        match self.kind {
            Kind::NoGraph => "write `digraph name { ... }` around the statements".into(),
            Kind::TextOutsideGraph => "remove the text, or put it behind `//`".into(),
            Kind::MissingGraphKeyword => "write `digraph name {`".into(),
            Kind::MisspelledKeyword(keyword) => format!("write `{keyword}`"),
            Kind::MissingOpenBrace => "write `{` here".into(),
            Kind::UnclosedBrace => "close the block with `}`".into(),
            Kind::UnclosedBracket => "close the list with `]` here".into(),
            Kind::Unclosed(UnclosedKind::String) => {
                "close the string with `\"`, most likely at the end of this line".into()
            }
            Kind::Unclosed(UnclosedKind::Html) => "close each `<` of the value with `>`".into(),
            Kind::Unclosed(UnclosedKind::Comment) => "close the comment with `*/`".into(),
            Kind::MissingOpenBracket => "open the list with `[` here".into(),
            Kind::UnmatchedBracket => "delete it, or write the `[` that it closes".into(),
            Kind::ExtraCloseBrace => "delete this `}`".into(),
            Kind::MissingEqualsAndValue => format!("write the value, for example `{text}=true`"),
            Kind::MissingEquals => "put `=` between the two".into(),
            Kind::MissingValue => "write the value after `=`".into(),
            Kind::MissingName => "write the attribute name before `=`".into(),
            Kind::ExtraSeparator => "delete it".into(),
            Kind::EdgeWithoutTarget => format!("name the node after `{text}`, or delete the operator"),
            Kind::EdgeWithoutSource => format!("name the node before `{text}`"),
            Kind::WrongEdgeOperator if text == "--" => "write `->`".into(),
            Kind::WrongEdgeOperator => "write `digraph` in the header, or `--` here".into(),
            Kind::KeywordAsName => format!("quote it: `\"{text}\"`"),
            Kind::KeywordWithoutList => format!("write `{text} [...]`, or quote the word if it is a node id"),
            Kind::ListWithoutOwner => "write the node id before `[`".into(),
            Kind::HyphenInId => format!("write `{}`, or quote the id", text.replace('-', "_")),
            Kind::MissingOpenQuote => format!("write `\"` before `{text}`"),
            Kind::StringEndsEarly => "write `\\\"` for each quote inside the text".into(),
            Kind::TooDeep => "nest fewer blocks".into(),
            Kind::Unexpected => "remove it".into(),
            Kind::NotUtf8 => "save the file as UTF-8".into(),
            Kind::TooMany => "mend the errors above and check again".into(),
        }
    }

    /// What to say at [`SyntaxError::opener`].
    pub fn opener_message(&self) -> &'static str {
        match self.kind {
            SyntaxErrorKind::StringEndsEarly => "the string starts here",
            SyntaxErrorKind::UnclosedBracket => "the attribute list opened here",
            SyntaxErrorKind::UnclosedBrace => "the block opened here",
            _ => "opened here",
        }
    }

    /// The edit that mends the error, where one edit surely does.
    pub fn edit(&self, source: &str) -> Option<TextEdit> {
        use SyntaxErrorKind as Kind;
        let text = self.range.text(source);
        match self.kind {
            Kind::MisspelledKeyword(keyword) => Some(TextEdit::replace(self.range, keyword)),
            Kind::UnclosedBracket => Some(TextEdit::insert(self.range.start, "]")),
            Kind::MissingOpenBracket => Some(TextEdit::insert(self.range.start, " [")),
            Kind::MissingEquals => Some(TextEdit::insert(self.range.start, "=")),
            Kind::MissingOpenQuote => Some(TextEdit::insert(self.range.start, "\"")),
            Kind::ExtraSeparator => Some(TextEdit::delete(self.range)),
            Kind::WrongEdgeOperator if text == "--" => Some(TextEdit::replace(self.range, "->")),
            Kind::KeywordAsName | Kind::HyphenInId => {
                Some(TextEdit::replace(self.range, format!("\"{text}\"")))
            }
            _ => None,
        }
    }
}

/// At most forty characters of one line.
fn shorten(text: &str) -> String {
    let line = text.lines().next().unwrap_or("");
    match line.char_indices().nth(40) {
        Some((end, _)) => format!("{}...", line.get(..end).unwrap_or("")),
        None => line.to_owned(),
    }
}
