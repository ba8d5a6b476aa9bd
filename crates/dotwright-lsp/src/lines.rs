//! Lines and columns of a text in the three encodings of the protocol.
//!
//! A line ends at `\n`, `\r\n` or a lone `\r`. Columns count bytes, UTF-16 units or characters; a column that lies
//! inside of a character or a line break means the place before it, one behind the line means its end.

/// What a column counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Encoding {
    /// Bytes.
    Utf8,
    /// UTF-16 units; what a silent client means.
    #[default]
    Utf16,
    /// Characters.
    Utf32,
}

impl Encoding {
    /// The units of a character.
    fn width(self, character: char) -> u32 {
        match self {
            Encoding::Utf8 => character.len_utf8() as u32,
            Encoding::Utf16 => character.len_utf16() as u32,
            Encoding::Utf32 => 1,
        }
    }
}

/// A line and a column, both from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LineColumn {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// Bytes between two entries of [`Lines::units`].
const STRIDE: usize = 1024;

/// Where the lines of a text begin, and how its bytes relate to other units.
#[derive(Debug, Clone)]
pub(crate) struct Lines {
    starts: Vec<u32>,
    /// UTF-16 units and characters that begin before every multiple of [`STRIDE`]; empty for ASCII.
    units: Vec<(u32, u32)>,
    encoding: Encoding,
}

impl Lines {
    pub(crate) fn new(text: &str, encoding: Encoding) -> Lines {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for at in memchr::memchr2_iter(b'\n', b'\r', bytes) {
            let is_half = bytes.get(at) == Some(&b'\r') && bytes.get(at + 1) == Some(&b'\n');
            if !is_half {
                starts.push(at as u32 + 1);
            }
        }
        let plain = encoding == Encoding::Utf8 || text.is_ascii();
        Lines { starts, units: if plain { Vec::new() } else { units(bytes) }, encoding }
    }

    /// The number of lines, at least 1.
    pub(crate) fn count(&self) -> usize {
        self.starts.len()
    }

    /// The index of the line in which `offset` lies.
    pub(crate) fn line(&self, offset: u32) -> usize {
        self.starts.partition_point(|&start| start <= offset).saturating_sub(1)
    }

    /// First byte of a line; the end of the text for one behind the last.
    pub(crate) fn start(&self, text: &str, line: usize) -> u32 {
        self.starts.get(line).copied().unwrap_or(text.len() as u32)
    }

    /// The byte behind the last one of a line, without its break.
    pub(crate) fn end(&self, text: &str, line: usize) -> u32 {
        let Some(&next) = self.starts.get(line + 1) else { return text.len() as u32 };
        let before = text.as_bytes().get(..next as usize).unwrap_or_default();
        let length = if before.ends_with(b"\r\n") { 2 } else { 1 };
        next - length
    }

    /// Where an offset lies.
    pub(crate) fn position(&self, text: &str, offset: u32) -> LineColumn {
        let offset = floor(text, offset.min(text.len() as u32));
        let line = self.line(offset);
        let start = self.start(text, line);
        let offset = offset.min(self.end(text, line));
        let column = self.before(text, offset) - self.before(text, start);
        LineColumn { line: line as u32, column }
    }

    /// The offset of a place.
    pub(crate) fn offset(&self, text: &str, place: LineColumn) -> u32 {
        let line = place.line as usize;
        if line >= self.starts.len() {
            return text.len() as u32;
        }
        let (start, end) = (self.start(text, line), self.end(text, line));
        if self.units.is_empty() {
            return floor(text, start.saturating_add(place.column).min(end));
        }
        let wanted = self.before(text, start).saturating_add(place.column);
        let known = self.units.partition_point(|&units| self.pick(units) <= wanted).saturating_sub(1);
        let mut at = start.max((known * STRIDE) as u32);
        while !text.is_char_boundary(at as usize) {
            at += 1;
        }
        let mut seen = self.before(text, at);
        for character in text.get(at as usize..end as usize).unwrap_or_default().chars() {
            let width = self.encoding.width(character);
            if seen + width > wanted {
                break;
            }
            seen += width;
            at += character.len_utf8() as u32;
        }
        at.min(end)
    }

    /// Units before an offset on a character boundary.
    fn before(&self, text: &str, offset: u32) -> u32 {
        let offset = offset as usize;
        let Some(&known) = self.units.get(offset / STRIDE) else { return offset as u32 };
        let rest = text.as_bytes().get(offset / STRIDE * STRIDE..offset).unwrap_or_default();
        let (utf16, characters) = count(rest);
        self.pick(known) + self.pick((utf16, characters))
    }

    fn pick(&self, (utf16, characters): (u32, u32)) -> u32 {
        match self.encoding {
            Encoding::Utf8 | Encoding::Utf16 => utf16,
            Encoding::Utf32 => characters,
        }
    }
}

fn units(bytes: &[u8]) -> Vec<(u32, u32)> {
    let mut sum = (0, 0);
    let mut units = vec![sum];
    for chunk in bytes.chunks(STRIDE) {
        let (utf16, characters) = count(chunk);
        sum = (sum.0 + utf16, sum.1 + characters);
        units.push(sum);
    }
    units
}

/// UTF-16 units and characters that begin in these bytes.
fn count(bytes: &[u8]) -> (u32, u32) {
    let characters = bytes.iter().filter(|&&byte| byte & 0xC0 != 0x80).count() as u32;
    let astral = bytes.iter().filter(|&&byte| byte >= 0xF0).count() as u32;
    (characters + astral, characters)
}

/// The character boundary at or before an offset.
fn floor(text: &str, mut offset: u32) -> u32 {
    while !text.is_char_boundary(offset as usize) {
        offset -= 1;
    }
    offset
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Encoding, LineColumn, Lines};

    const ENCODINGS: [Encoding; 3] = [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32];

    #[track_caller]
    fn check(text: &str, encoding: Encoding, line: u32, column: u32, offset: u32) {
        let lines = Lines::new(text, encoding);
        assert_eq!(lines.offset(text, LineColumn { line, column }), offset);
    }

    #[test]
    fn lines_end_at_all_three_breaks() {
        for encoding in ENCODINGS {
            check("a\nb\r\nc\rd", encoding, 0, 0, 0);
            check("a\nb\r\nc\rd", encoding, 1, 1, 3);
            check("a\nb\r\nc\rd", encoding, 2, 0, 5);
            check("a\nb\r\nc\rd", encoding, 3, 0, 7);
        }
    }

    #[test]
    fn columns_behind_the_line_mean_its_end() {
        check("ab\r\nc", Encoding::Utf16, 0, 99, 2);
        check("ab\r\nc", Encoding::Utf16, 9, 0, 5);
    }

    #[test]
    fn columns_inside_of_a_character_mean_its_beginning() {
        check("x\u{1F600}y", Encoding::Utf16, 0, 2, 1);
        check("x\u{1F600}y", Encoding::Utf16, 0, 3, 5);
        check("x\u{1F600}y", Encoding::Utf8, 0, 3, 1);
        check("x\u{1F600}y", Encoding::Utf32, 0, 2, 5);
    }

    /// The definition, in one loop over all characters.
    fn slow(text: &str, encoding: Encoding, offset: usize) -> LineColumn {
        let mut place = LineColumn { line: 0, column: 0 };
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

    proptest! {
        #[test]
        fn places_agree_with_their_definition(
            pieces in proptest::collection::vec(prop_oneof![
                Just("\n".to_owned()), Just("\r".to_owned()), Just("\r\n".to_owned()),
                "[a-c]{0,3}", "[\u{e9}\u{4e2d}\u{1F600}]{0,4}", "[a\u{1F600}]{300,800}",
            ], 0..12)
        ) {
            let text = pieces.concat();
            for encoding in ENCODINGS {
                let lines = Lines::new(&text, encoding);
                for (offset, _) in text.char_indices() {
                    let place = lines.position(&text, offset as u32);
                    prop_assert_eq!(place, slow(&text, encoding, offset));
                    let splits_break = text[..offset].ends_with('\r') && text[offset..].starts_with('\n');
                    if !splits_break {
                        prop_assert_eq!(lines.offset(&text, place), offset as u32);
                    }
                }
            }
        }
    }
}
