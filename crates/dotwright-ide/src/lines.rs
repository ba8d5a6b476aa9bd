//! From byte offsets to lines and columns and back, in the three encodings that editors count in.
//!
//! Lines end at `\n`, `\r\n` and a lone `\r`.

use dotwright_diagnostics::TextRange;
use std::ops::Range;

/// What a column counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// Bytes.
    Utf8,
    /// UTF-16 code units.
    Utf16,
    /// Characters.
    Utf32,
}

/// A line and a column, both from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct LineColumn {
    /// The line.
    pub line: u32,
    /// The column, in the units of an [`Encoding`].
    pub column: u32,
}

/// Where the lines of a text start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineIndex {
    /// The first offset of each line; the first is 0.
    starts: Vec<u32>,
    length: u32,
}

impl LineIndex {
    /// The index of a text.
    pub fn new(text: &str) -> LineIndex {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for (at, &byte) in bytes.iter().enumerate() {
            let ends_line = byte == b'\n' || (byte == b'\r' && bytes.get(at + 1) != Some(&b'\n'));
            if ends_line {
                starts.push(at as u32 + 1);
            }
        }
        LineIndex { starts, length: text.len() as u32 }
    }

    /// How many lines there are; at least one.
    pub fn count(&self) -> u32 {
        self.starts.len() as u32
    }

    /// The line that holds an offset.
    pub fn line(&self, offset: u32) -> u32 {
        self.starts.partition_point(|&start| start <= offset).saturating_sub(1) as u32
    }

    /// The first offset of a line; the end of the text for lines behind the last one.
    pub fn start(&self, line: u32) -> u32 {
        self.starts.get(line as usize).copied().unwrap_or(self.length)
    }

    /// A line without its line break.
    pub fn range(&self, text: &str, line: u32) -> TextRange {
        let whole = TextRange::new(self.start(line), self.start(line.saturating_add(1)));
        let kept = whole.text(text).trim_end_matches(['\r', '\n']).len() as u32;
        TextRange::new(whole.start, whole.start + kept)
    }

    /// The position of an offset. An offset inside a character counts as that of the character.
    pub fn position(&self, text: &str, offset: u32, encoding: Encoding) -> LineColumn {
        let offset = floor_char_boundary(text, offset);
        let line = self.line(offset);
        let before = TextRange::new(self.start(line), offset).text(text);
        LineColumn { line, column: encoding.width(before) }
    }

    /// The offset of a position. Columns behind the end of a line count as its end, lines behind the last one as the
    /// end of the text; a column inside a character counts as its start.
    pub fn offset(&self, text: &str, position: LineColumn, encoding: Encoding) -> u32 {
        if position.line >= self.count() {
            return self.length;
        }
        let line = self.range(text, position.line);
        let content = line.text(text);
        if encoding == Encoding::Utf8 {
            return floor_char_boundary(text, line.start + position.column.min(line.len()));
        }
        let mut column = 0;
        for (at, character) in content.char_indices() {
            column += encoding.width_of(character);
            if column > position.column {
                return line.start + at as u32;
            }
        }
        line.end
    }

    /// A range split at line breaks; parts that would be empty are left out, and no part holds a line break.
    pub(crate) fn split<'t>(
        &'t self,
        text: &'t str,
        range: TextRange,
    ) -> impl Iterator<Item = TextRange> + 't {
        let lines: Range<u32> = self.line(range.start)..self.line(range.end).saturating_add(1);
        lines
            .map(move |line| {
                let line = self.range(text, line);
                TextRange::new(line.start.max(range.start), line.end.min(range.end))
            })
            .filter(|part| !part.is_empty())
    }
}

impl Encoding {
    fn width(self, text: &str) -> u32 {
        match self {
            Encoding::Utf8 => text.len() as u32,
            Encoding::Utf16 if text.is_ascii() => text.len() as u32,
            Encoding::Utf16 => text.chars().map(|c| c.len_utf16() as u32).sum(),
            Encoding::Utf32 => text.chars().count() as u32,
        }
    }

    fn width_of(self, character: char) -> u32 {
        match self {
            Encoding::Utf8 => character.len_utf8() as u32,
            Encoding::Utf16 => character.len_utf16() as u32,
            Encoding::Utf32 => 1,
        }
    }
}

/// The offset itself, or the start of the character that it lies in; the end of the text for offsets behind it.
pub(crate) fn floor_char_boundary(text: &str, offset: u32) -> u32 {
    text.floor_char_boundary(offset as usize) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn both_ways(text: &str, offset: u32, encoding: Encoding, line: u32, column: u32) {
        let index = LineIndex::new(text);
        let position = LineColumn { line, column };
        assert_eq!(index.position(text, offset, encoding), position);
        assert_eq!(index.offset(text, position, encoding), offset);
    }

    #[test]
    fn columns_count_units_of_the_encoding() {
        both_ways("a\né😀x", 8, Encoding::Utf8, 1, 6);
        both_ways("a\né😀x", 8, Encoding::Utf16, 1, 3);
        both_ways("a\né😀x", 8, Encoding::Utf32, 1, 2);
    }

    #[test]
    fn all_three_line_breaks_end_a_line() {
        for (offset, line) in [(0, 0), (2, 1), (4, 2), (7, 3)] {
            both_ways("a\nb\rc\r\nd", offset, Encoding::Utf16, line, 0);
        }
    }

    #[test]
    fn positions_outside_the_text_are_clamped() {
        let text = "ab\r\né";
        let index = LineIndex::new(text);
        let at = |line, column| index.offset(text, LineColumn { line, column }, Encoding::Utf16);
        assert_eq!((at(0, 99), at(1, 99), at(9, 0)), (2, 6, 6));
    }

    #[test]
    fn a_position_inside_a_character_is_its_start() {
        let text = "😀x";
        let index = LineIndex::new(text);
        assert_eq!(index.offset(text, LineColumn { line: 0, column: 1 }, Encoding::Utf16), 0);
        assert_eq!(index.offset(text, LineColumn { line: 0, column: 2 }, Encoding::Utf8), 0);
        assert_eq!(index.position(text, 2, Encoding::Utf8), LineColumn::default());
    }

    #[test]
    fn parts_of_a_range_hold_no_line_break() {
        let text = "ab\r\n\ncd\ref";
        let index = LineIndex::new(text);
        let parts: Vec<&str> =
            index.split(text, TextRange::new(1, text.len() as u32)).map(|part| part.text(text)).collect();
        assert_eq!(parts, ["b", "cd", "ef"]);
    }
}
