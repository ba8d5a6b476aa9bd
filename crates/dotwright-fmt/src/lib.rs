//! Formatting of DOT files that people can trust: nothing but white space between tokens and comments changes.
//!
//! The result is a list of text edits, one for each gap that is not yet as it should be. Before the edits are handed
//! out they are applied in memory, and the text is read again: other tokens or other comments, and there are no edits.
//! Text between the comments `// dotwright: fmt off` and `// dotwright: fmt on` stays as it is.

mod columns;
mod items;
mod layout;
mod outline;
mod write;

use dotwright_diagnostics::{TextEdit, TextRange, apply_edits};
use dotwright_syntax::{Comment, Lexed, Parse, SyntaxError, Token, lex};

use crate::items::Row;
use crate::layout::Layout;
use crate::outline::{Join, Outline, outline};
use crate::write::Writer;

/// How the text should look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Blanks for each level of blocks and lists.
    pub indent: usize,
    /// The width in characters up to which groups, lists and edge chains are put on one line.
    pub line_width: usize,
}

impl Default for Options {
    fn default() -> Self {
        Options { indent: 4, line_width: 100 }
    }
}

/// Why a file is not formatted. Nothing is changed in that case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The file has syntax errors; this is the first one.
    SyntaxError(SyntaxError),
    /// The edits would change a token or a comment. This is a defect of the formatter.
    WouldChange,
}

impl Refusal {
    /// What happened, without full stop.
    pub fn message(&self, source: &str) -> String {
        match self {
            Refusal::SyntaxError(error) => {
                format!("not formatted because of a syntax error: {}", error.message(source))
            }
            Refusal::WouldChange => "not formatted because the new text would not mean the same".into(),
        }
    }

    /// The instruction, without full stop.
    pub fn help(&self, source: &str) -> String {
        match self {
            Refusal::SyntaxError(error) => error.help(source),
            Refusal::WouldChange => "report this file as a defect of dotwright".into(),
        }
    }
}

/// The edits that format the file whose text is `source` and whose syntax is `parse`: sorted, disjoint, one for each
/// gap that changes; none for a formatted file.
///
/// # Errors
/// [`Refusal`] when `parse` has errors, or when the edits would change more than white space.
pub fn format(source: &str, parse: &Parse, options: &Options) -> Result<Vec<TextEdit>, Refusal> {
    let edits = {
        let row = readable_row(source, parse)?;
        edits(source, &row, &outline(&row.items), options)
    };
    checked(source, parse, edits)
}

/// The edits of [`format()`] that lie in the statements which `range` touches, the gaps before them included.
///
/// # Errors
/// As [`format()`].
pub fn format_range(
    source: &str,
    parse: &Parse,
    options: &Options,
    range: TextRange,
) -> Result<Vec<TextEdit>, Refusal> {
    let row = readable_row(source, parse)?;
    let outline = outline(&row.items);
    let range = whole_statements(source, &row, &outline, range);
    let mut edits = edits(source, &row, &outline, options);
    edits.retain(|edit| range.contains(edit.range));
    checked(source, parse, edits)
}

fn readable_row(source: &str, parse: &Parse) -> Result<Row, Refusal> {
    match parse.errors.first() {
        Some(error) => Err(Refusal::SyntaxError(*error)),
        None => Ok(Row::new(source, parse)),
    }
}

fn edits(source: &str, row: &Row, outline: &Outline, options: &Options) -> Vec<TextEdit> {
    let layout = Layout::new(row, outline, options);
    Writer::new(source, row, outline, &layout, options).edits()
}

/// `range`, widened to begin behind an item that ends a statement and to end behind such an item.
fn whole_statements(source: &str, row: &Row, outline: &Outline, range: TextRange) -> TextRange {
    let mut widened = TextRange::new(0, source.len() as u32);
    for index in 0..row.items.len() {
        let begins = match outline.places[index].join {
            Join::File | Join::BlockOpen | Join::Statement | Join::BlockClose => true,
            Join::None | Join::Space | Join::Chain | Join::ListOpen | Join::Attribute | Join::ListClose => {
                false
            }
        };
        if !begins || index == 0 {
            continue;
        }
        let end = row.gap(index).start;
        // A cursor directly behind a statement means that statement, a selection that starts there the next one.
        if end < range.start || (end == range.start && !range.is_empty()) {
            widened.start = end;
        } else if range.end <= end {
            widened.end = end;
            break;
        }
    }
    widened
}

/// `edits`, when the text that they make has the tokens and the comments of `parse`.
fn checked(source: &str, parse: &Parse, edits: Vec<TextEdit>) -> Result<Vec<TextEdit>, Refusal> {
    if edits.is_empty() {
        return Ok(edits);
    }
    let Ok(formatted) = apply_edits(source, &edits) else { return Err(Refusal::WouldChange) };
    let Lexed { tokens, comments, unclosed } = lex(&formatted);
    let same_token =
        |(a, b): (&Token, &Token)| a.kind == b.kind && a.range.text(source) == b.range.text(&formatted);
    let same_comment =
        |(a, b): (&Comment, &Comment)| a.kind == b.kind && a.range.text(source) == b.range.text(&formatted);
    let is_same = unclosed.is_empty()
        && tokens.len() == parse.tokens.len()
        && comments.len() == parse.comments.len()
        && parse.tokens.iter().zip(&tokens).all(same_token)
        && parse.comments.iter().zip(&comments).all(same_comment);
    if is_same { Ok(edits) } else { Err(Refusal::WouldChange) }
}

#[cfg(test)]
mod tests;
