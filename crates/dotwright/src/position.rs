//! Byte offsets as the lines and columns that people and other programs count.

use std::cell::{Cell, OnceCell};

use dotwright_diagnostics::TextRange;
use serde::Serialize;

/// A place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Position {
    /// From 1.
    pub(crate) line: u32,
    /// From 1, in characters.
    pub(crate) column: u32,
    /// From 0, in bytes.
    pub(crate) offset: u32,
}

/// The lines of a text. Most files have a few findings, asked for in order: those are counted from one to the next,
/// and all lines are listed only for who asks backwards or by number.
#[derive(Debug)]
pub(crate) struct Lines<'s> {
    source: &'s str,
    starts: OnceCell<Vec<u32>>,
    last: Cell<Last>,
}

/// The last position asked for. A file can be one line of a megabyte, so columns are counted from here too.
#[derive(Debug, Clone, Copy, Default)]
struct Last {
    offset: u32,
    line: u32,
    /// Characters before it on its line.
    characters: u32,
}

impl<'s> Lines<'s> {
    pub(crate) fn new(source: &'s str) -> Lines<'s> {
        Lines { source, starts: OnceCell::new(), last: Cell::default() }
    }

    /// Where an offset lies; behind the text, where it ends.
    pub(crate) fn position(&self, offset: u32) -> Position {
        let offset = offset.min(self.source.len() as u32);
        let mut last = self.last.get();
        if offset < last.offset {
            let line = self.index(offset);
            let start = self.starts().get(line).copied().unwrap_or(0);
            last = Last { offset: start, line: line as u32, characters: 0 };
        }
        let between = self.source.get(last.offset as usize..offset as usize).unwrap_or("");
        let breaks = memchr::memchr_iter(b'\n', between.as_bytes()).count() as u32;
        let line_start = memchr::memrchr(b'\n', between.as_bytes()).map_or(0, |at| at + 1);
        let characters = between.get(line_start..).unwrap_or("").chars().count() as u32;
        let before = if breaks == 0 { last.characters } else { 0 };
        let here = Last { offset, line: last.line + breaks, characters: before + characters };
        if self.source.is_char_boundary(offset as usize) {
            self.last.set(here);
        }
        Position { line: here.line + 1, column: here.characters + 1, offset }
    }

    /// True when the line around an offset, its break included, has more bytes than this.
    pub(crate) fn is_longer_than(&self, bytes: u32, offset: u32) -> bool {
        let (source, limit) = (self.source.as_bytes(), bytes as usize);
        let offset = (offset as usize).min(source.len());
        let from = offset.saturating_sub(limit);
        let before = source.get(from..offset).unwrap_or(&[]);
        let start = match memchr::memrchr(b'\n', before) {
            Some(found) => from + found + 1,
            None if from > 0 => return true,
            None => 0,
        };
        let line = source.get(start..start + limit);
        line.is_some_and(|line| memchr::memchr(b'\n', line).is_none()) && source.len() > start + limit
    }

    fn starts(&self) -> &[u32] {
        self.starts.get_or_init(|| {
            let breaks = memchr::memchr_iter(b'\n', self.source.as_bytes());
            std::iter::once(0).chain(breaks.map(|at| at as u32 + 1)).collect()
        })
    }

    /// The index of the line, from 0.
    pub(crate) fn index(&self, offset: u32) -> usize {
        self.starts().partition_point(|&start| start <= offset).saturating_sub(1)
    }

    /// The bytes of a line with its break; `None` behind the last one.
    pub(crate) fn range(&self, index: usize) -> Option<TextRange> {
        let start = *self.starts().get(index)?;
        let end = self.starts().get(index + 1).copied().unwrap_or(self.source.len() as u32);
        Some(TextRange::new(start, end))
    }
}

#[cfg(test)]
mod tests {
    use super::Lines;

    #[track_caller]
    fn check(source: &str, offset: u32, line: u32, column: u32) {
        let position = Lines::new(source).position(offset);
        assert_eq!((position.line, position.column), (line, column));
    }

    #[test]
    fn lines_and_columns_start_at_one() {
        check("ab\ncd", 0, 1, 1);
        check("ab\ncd", 2, 1, 3);
        check("ab\ncd", 3, 2, 1);
    }

    #[test]
    fn columns_count_characters() {
        check("é\u{1F600}x", 6, 1, 3);
    }

    #[test]
    fn positions_do_not_depend_on_what_was_asked_before() {
        let source = "ab\n\u{e9}cd\n\nef";
        let lines = Lines::new(source);
        for offset in [0, 5, 3, 9, 9, 1, 10, 6] {
            let (asked, fresh) = (lines.position(offset), Lines::new(source).position(offset));
            assert_eq!((asked.line, asked.column), (fresh.line, fresh.column), "{offset}");
        }
    }

    #[test]
    fn the_length_of_a_line_counts_its_break() {
        let lines = Lines::new("abc\nab\nabcde");
        let longer = |offset: u32| lines.is_longer_than(3, offset);
        assert_eq!([0, 3, 4, 6, 7, 12].map(longer), [true, true, false, false, true, true]);
        assert!(!lines.is_longer_than(5, 9));
    }

    #[test]
    fn the_end_of_the_text_and_what_lies_behind_it_are_one_place() {
        check("a\n", 2, 2, 1);
        check("a\n", 9, 2, 1);
        check("", 0, 1, 1);
    }
}
