//! Tokens and comments in one row, with what the author wrote between them.
//!
//! Formatting decides about the gaps of this row and about nothing else: no item is ever created, moved or changed.

use std::num::NonZeroU32;
use std::ops::{Index, IndexMut};

use dotwright_diagnostics::TextRange;
use dotwright_syntax::{Comment, CommentKind, Parse, TokenKind};

/// A vector whose indices are only made for its own entries.
#[derive(Debug)]
pub(crate) struct Table<T>(pub(crate) Vec<T>);

impl<T> Default for Table<T> {
    fn default() -> Self {
        Table(Vec::new())
    }
}

impl<T> Table<T> {
    /// Adds an entry and gives its index.
    pub(crate) fn push(&mut self, entry: T) -> usize {
        self.0.push(entry);
        self.0.len() - 1
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

impl<T> Index<usize> for Table<T> {
    type Output = T;

    #[expect(clippy::indexing_slicing, reason = "indices are only made for entries of the same table")]
    fn index(&self, index: usize) -> &T {
        &self.0[index]
    }
}

impl<T> IndexMut<usize> for Table<T> {
    #[expect(clippy::indexing_slicing, reason = "indices are only made for entries of the same table")]
    fn index_mut(&mut self, index: usize) -> &mut T {
        &mut self.0[index]
    }
}

/// An index that an `Option` keeps in four bytes: a file of 100k nodes has millions of items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot(NonZeroU32);

impl Slot {
    /// The slot for an index; the source has less than 4 GiB, so there are fewer entries than that.
    pub(crate) fn new(index: usize) -> Slot {
        Slot(NonZeroU32::MIN.saturating_add(index as u32))
    }

    pub(crate) fn index(self) -> usize {
        (self.0.get() - 1) as usize
    }
}

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ItemKind {
    Token(TokenKind),
    Comment(CommentKind),
}

/// A token or comment and the gap in front of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Item {
    pub(crate) kind: ItemKind,
    pub(crate) range: TextRange,
    /// Line breaks in the gap before it.
    pub(crate) breaks: u32,
    /// Characters of its text.
    pub(crate) width: u32,
    /// True when its text has a line break.
    pub(crate) is_multiline: bool,
    /// True when `fmt off` protects the gap before it.
    pub(crate) is_frozen: bool,
}

impl Item {
    pub(crate) fn is_comment(&self) -> bool {
        matches!(self.kind, ItemKind::Comment(_))
    }

    /// True for a comment that only a line break ends.
    pub(crate) fn needs_break(&self) -> bool {
        matches!(self.kind, ItemKind::Comment(CommentKind::Line | CommentKind::Hash))
    }

    /// True for `,` and `;`, which stand directly behind what they end.
    pub(crate) fn is_separator(&self) -> bool {
        matches!(self.kind, ItemKind::Token(TokenKind::Comma | TokenKind::Semicolon))
    }
}

/// The row of a file.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) items: Table<Item>,
    /// Where the gap before the first item starts: behind the byte order mark.
    pub(crate) start: u32,
    /// True when `fmt off` reaches to the end of the file.
    pub(crate) is_end_frozen: bool,
}

impl Row {
    pub(crate) fn new(source: &str, parse: &Parse) -> Row {
        let start = if source.starts_with('\u{feff}') { '\u{feff}'.len_utf8() as u32 } else { 0 };
        let mut row = Row {
            items: Table(Vec::with_capacity(parse.tokens.len() + parse.comments.len())),
            start,
            is_end_frozen: false,
        };
        let mut comments = parse.comments.iter().peekable();
        for token in &parse.tokens {
            while let Some(comment) = comments.next_if(|c| c.range.start < token.range.start) {
                row.push(source, ItemKind::Comment(comment.kind), comment.range);
            }
            // Comments between the parts of a concatenated string belong to its bytes.
            while comments.next_if(|c| c.range.start < token.range.end).is_some() {}
            row.push(source, ItemKind::Token(token.kind), token.range);
        }
        for comment in comments {
            row.push(source, ItemKind::Comment(comment.kind), comment.range);
        }
        row.freeze(source);
        row
    }

    /// The gap before item `index`.
    pub(crate) fn gap(&self, index: usize) -> TextRange {
        let start = match index.checked_sub(1) {
            Some(before) => self.items[before].range.end,
            None => self.start,
        };
        TextRange::new(start, self.items[index].range.start)
    }

    /// The line break to write: the one that most breaks between items are written with.
    ///
    /// Breaks inside strings and protected text do not count. What is written follows the answer, so that the next
    /// run gives the same one.
    pub(crate) fn line_break(&self, source: &str) -> &'static str {
        let mut line_feeds = 0;
        let mut pairs = 0;
        let mut count = |gap: TextRange| {
            let text = gap.text(source);
            line_feeds += count_byte(text, b'\n');
            pairs += count_pairs(text);
        };
        for (index, item) in self.items.0.iter().enumerate() {
            if item.breaks > 0 && !item.is_frozen {
                count(self.gap(index));
            }
        }
        if let (Some(end), false) = (self.end_gap(source), self.is_end_frozen) {
            count(end);
        }
        if pairs * 2 > line_feeds { "\r\n" } else { "\n" }
    }

    /// The text behind the last item; `None` without items.
    pub(crate) fn end_gap(&self, source: &str) -> Option<TextRange> {
        let last = self.items.0.last()?;
        Some(TextRange::new(last.range.end, source.len() as u32))
    }

    fn push(&mut self, source: &str, kind: ItemKind, range: TextRange) {
        let start = self.items.0.last().map_or(self.start, |last| last.range.end);
        let text = range.text(source);
        self.items.push(Item {
            kind,
            range,
            breaks: count_breaks(TextRange::new(start, range.start).text(source)) as u32,
            width: text.chars().count() as u32,
            is_multiline: text.contains('\n') || text.contains('\r'),
            is_frozen: false,
        });
    }

    /// Marks the gaps between `fmt off` and `fmt on`, or the bracket that closes around `fmt off`.
    fn freeze(&mut self, source: &str) {
        let mut depth = 0usize;
        let mut off_at: Option<usize> = None;
        for (index, item) in self.items.0.iter_mut().enumerate() {
            item.is_frozen = off_at.is_some();
            match item.kind {
                ItemKind::Token(TokenKind::LBrace | TokenKind::LBracket) => depth += 1,
                ItemKind::Token(TokenKind::RBrace | TokenKind::RBracket) => {
                    if off_at == Some(depth) {
                        off_at = None;
                    }
                    depth = depth.saturating_sub(1);
                }
                ItemKind::Token(_) => {}
                ItemKind::Comment(kind) => {
                    let comment = Comment { kind, range: item.range };
                    match Switch::read(comment.text(source)) {
                        Some(Switch::Off) if item.breaks > 0 || index == 0 => {
                            off_at = off_at.or(Some(depth));
                        }
                        Some(Switch::On) if item.breaks > 0 => off_at = None,
                        Some(Switch::Off | Switch::On) | None => {}
                    }
                }
            }
        }
        self.is_end_frozen = off_at.is_some();
    }
}

/// A comment that switches formatting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Switch {
    Off,
    On,
}

impl Switch {
    fn read(comment: &str) -> Option<Switch> {
        let mut words = comment.trim_start().strip_prefix("dotwright:")?.split_whitespace();
        if words.next()? != "fmt" {
            return None;
        }
        match words.next()? {
            "off" => Some(Switch::Off),
            "on" => Some(Switch::On),
            _ => None,
        }
    }
}

fn count_breaks(gap: &str) -> usize {
    count_byte(gap, b'\n') + count_byte(gap, b'\r') - count_pairs(gap)
}

fn count_byte(text: &str, byte: u8) -> usize {
    text.bytes().filter(|b| *b == byte).count()
}

/// Line breaks written as `\r\n`. Nearly no gap has any, and setting up a search costs more than to look for that.
fn count_pairs(text: &str) -> usize {
    if text.as_bytes().contains(&b'\r') { text.matches("\r\n").count() } else { 0 }
}
