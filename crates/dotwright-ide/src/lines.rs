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

/// Bytes between two entries of [`LineIndex::units`].
const STRIDE: usize = 1024;

/// Where the lines of a text start, and how its bytes relate to other units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineIndex {
    /// The first offset of each line; the first is 0.
    starts: Vec<u32>,
    length: u32,
    /// What begins before each multiple of [`STRIDE`], so that a place on a line of a megabyte costs no more than
    /// others; empty for ASCII, where all units are bytes.
    units: Vec<Units>,
}

/// Counts over a piece of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Units {
    utf16: u32,
    characters: u32,
}

impl Units {
    /// What begins in these bytes, which need not begin with a character.
    fn count(bytes: &[u8]) -> Units {
        let characters = bytes.iter().filter(|&&byte| byte & 0xC0 != 0x80).count() as u32;
        let pairs = bytes.iter().filter(|&&byte| byte >= 0xF0).count() as u32;
        Units { utf16: characters + pairs, characters }
    }

    fn plus(self, other: Units) -> Units {
        Units { utf16: self.utf16 + other.utf16, characters: self.characters + other.characters }
    }
}

impl LineIndex {
    /// The index of a text.
    pub fn new(text: &str) -> LineIndex {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for at in memchr::memchr2_iter(b'\n', b'\r', bytes) {
            let is_first_half = bytes.get(at) == Some(&b'\r') && bytes.get(at + 1) == Some(&b'\n');
            if !is_first_half {
                starts.push(at as u32 + 1);
            }
        }
        let mut units = Vec::new();
        if !text.is_ascii() {
            let mut sum = Units::default();
            units.push(sum);
            for piece in bytes.chunks(STRIDE) {
                sum = sum.plus(Units::count(piece));
                units.push(sum);
            }
        }
        LineIndex { starts, length: text.len() as u32, units }
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

    /// The position of an offset. An offset inside a character counts as that of the character, one inside a line
    /// break as the end of the line.
    pub fn position(&self, text: &str, offset: u32, encoding: Encoding) -> LineColumn {
        let offset = floor_char_boundary(text, offset);
        let line = self.line(offset);
        let content = self.range(text, line);
        let before = |offset| self.units_before(text, offset, encoding);
        LineColumn { line, column: before(offset.min(content.end)) - before(content.start) }
    }

    /// The offset of a position. Columns behind the end of a line count as its end, lines behind the last one as the
    /// end of the text; a column inside a character counts as its start.
    pub fn offset(&self, text: &str, position: LineColumn, encoding: Encoding) -> u32 {
        if position.line >= self.count() {
            return self.length;
        }
        let line = self.range(text, position.line);
        if encoding == Encoding::Utf8 || self.units.is_empty() {
            return floor_char_boundary(text, line.start.saturating_add(position.column).min(line.end));
        }
        let wanted = self.units_before(text, line.start, encoding).saturating_add(position.column);
        let known = self.units.partition_point(|units| encoding.pick(*units) <= wanted).saturating_sub(1);
        // The character that spans the stride is counted there already.
        let mut at = text.ceil_char_boundary(known * STRIDE).max(line.start as usize);
        let mut seen = self.units_before(text, at as u32, encoding);
        for character in text.get(at..line.end as usize).unwrap_or_default().chars() {
            seen += encoding.width(character);
            if seen > wanted {
                break;
            }
            at += character.len_utf8();
        }
        (at as u32).min(line.end)
    }

    /// The units in front of a character boundary.
    fn units_before(&self, text: &str, offset: u32, encoding: Encoding) -> u32 {
        let (from, offset_in_bytes) = (offset as usize / STRIDE, offset as usize);
        match self.units.get(from) {
            Some(known) if encoding != Encoding::Utf8 => {
                let rest = text.as_bytes().get(from * STRIDE..offset_in_bytes).unwrap_or_default();
                encoding.pick(known.plus(Units::count(rest)))
            }
            Some(_) | None => offset,
        }
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
    fn width(self, character: char) -> u32 {
        match self {
            Encoding::Utf8 => character.len_utf8() as u32,
            Encoding::Utf16 => character.len_utf16() as u32,
            Encoding::Utf32 => 1,
        }
    }

    fn pick(self, units: Units) -> u32 {
        match self {
            Encoding::Utf8 | Encoding::Utf16 => units.utf16,
            Encoding::Utf32 => units.characters,
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

    /// The definition, in one loop over all characters.
    fn slow(text: &str, encoding: Encoding, offset: usize) -> LineColumn {
        let mut place = LineColumn::default();
        let mut rest = text.char_indices().peekable();
        while let Some((at, character)) = rest.next() {
            if at >= offset {
                break;
            }
            match character {
                '\r' if rest.peek().is_some_and(|&(_, next)| next == '\n') => {}
                '\n' | '\r' => place = LineColumn { line: place.line + 1, column: 0 },
                other => place.column += encoding.width(other),
            }
        }
        place
    }

    proptest::proptest! {
        #[test]
        fn positions_agree_with_their_definition(
            pieces in proptest::collection::vec(
                proptest::prop_oneof!["[\n\r]{1,3}", "[a-c]{0,3}", "[\u{e9}\u{4e2d}😀]{0,4}", "[a😀]{300,800}"],
                0..8,
            )
        ) {
            let text = pieces.concat();
            let index = LineIndex::new(&text);
            for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
                for (offset, _) in text.char_indices().step_by(7) {
                    let place = index.position(&text, offset as u32, encoding);
                    assert_eq!(place, slow(&text, encoding, offset));
                    let splits_break = text[..offset].ends_with('\r') && text[offset..].starts_with('\n');
                    let back = if splits_break { offset - 1 } else { offset };
                    assert_eq!(index.offset(&text, place, encoding), back as u32);
                }
            }
        }
    }
}
