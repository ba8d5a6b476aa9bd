//! Byte offsets as the lines and columns that people and other programs count.

use std::cell::Cell;

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

/// The beginnings of the lines of a text.
#[derive(Debug)]
pub(crate) struct Lines<'s> {
    source: &'s str,
    starts: Vec<u32>,
    /// Offset and characters before it on its line, of the last position asked for: findings come in order, and a
    /// file can be one line of a megabyte.
    last: Cell<(u32, u32)>,
}

impl<'s> Lines<'s> {
    pub(crate) fn new(source: &'s str) -> Lines<'s> {
        let breaks = memchr::memchr_iter(b'\n', source.as_bytes());
        let starts = std::iter::once(0).chain(breaks.map(|at| at as u32 + 1)).collect();
        Lines { source, starts, last: Cell::new((0, 0)) }
    }

    /// Where an offset lies; behind the text, where it ends.
    pub(crate) fn position(&self, offset: u32) -> Position {
        let offset = offset.min(self.source.len() as u32);
        let index = self.index(offset);
        let start = self.starts.get(index).copied().unwrap_or(0);
        let (last, counted) = self.last.get();
        let (from, counted) = if (start..=offset).contains(&last) { (last, counted) } else { (start, 0) };
        let before = self.source.get(from as usize..offset as usize).unwrap_or("");
        let characters = counted + before.chars().count() as u32;
        if self.source.is_char_boundary(offset as usize) {
            self.last.set((offset, characters));
        }
        Position { line: index as u32 + 1, column: characters + 1, offset }
    }

    /// The index of the line, from 0.
    pub(crate) fn index(&self, offset: u32) -> usize {
        self.starts.partition_point(|&start| start <= offset).saturating_sub(1)
    }

    /// The bytes of a line with its break; `None` behind the last one.
    pub(crate) fn range(&self, index: usize) -> Option<TextRange> {
        let start = *self.starts.get(index)?;
        let end = self.starts.get(index + 1).copied().unwrap_or(self.source.len() as u32);
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
    fn the_end_of_the_text_and_what_lies_behind_it_are_one_place() {
        check("a\n", 2, 2, 1);
        check("a\n", 9, 2, 1);
        check("", 0, 1, 1);
    }
}
