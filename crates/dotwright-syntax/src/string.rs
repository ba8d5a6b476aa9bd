//! From the way a value is written to its text, and back.
//!
//! Conditions, stylesheets, shell commands and prompts live inside DOT strings. A finding inside one must point at
//! the exact bytes of the file, through escapes, joined lines and concatenation; [`StringMap`] keeps that way back.

use std::borrow::Cow;

use dotwright_diagnostics::TextRange;
use memchr::memchr;

use crate::ast::{Id, IdKind};

/// The text that an id or value stands for.
///
/// In quoted text `\"`, `\\`, `\n` and `\t` are decoded, a backslash before a line break joins the lines, and any
/// other backslash stays (attractor spec 2.2; Graphviz's *DOT Language* for the joined line). HTML loses its outer
/// angle brackets. Borrowed unless something had to change.
pub fn decode(source: &str, id: Id) -> Cow<'_, str> {
    let raw = id.range.text(source);
    match id.kind {
        IdKind::Name | IdKind::Number | IdKind::Dialect | IdKind::Missing => Cow::Borrowed(raw),
        IdKind::Html => Cow::Borrowed(inner(raw, b'<', b'>')),
        IdKind::Quoted => {
            let body = inner(raw, b'"', b'"');
            if memchr(b'\\', body.as_bytes()).is_none() {
                Cow::Borrowed(body)
            } else {
                Cow::Owned(collect(raw))
            }
        }
        IdKind::Concatenated => Cow::Owned(collect(raw)),
    }
}

/// False when [`unknown_escapes`] finds nothing in any value of a file, as in most files: one scan instead of one for
/// each value. A string begins with a quote, so pairing a backslash with the byte behind it is right within strings,
/// whatever stands between them.
pub fn may_have_unknown_escapes(source: &str) -> bool {
    let bytes = source.as_bytes();
    let mut escaped = usize::MAX;
    memchr::memchr_iter(b'\\', bytes).any(|at| {
        if at == escaped {
            return false;
        }
        escaped = at + 1;
        !matches!(bytes.get(escaped), Some(b'"' | b'\\' | b'n' | b't'))
    })
}

/// Where a backslash in quoted text is none of the escapes that [`decode`] knows: the backslash with the character or
/// line break behind it, in source order.
pub fn unknown_escapes(source: &str, id: Id) -> Vec<TextRange> {
    let raw = id.range.text(source);
    let mut unknown = Vec::new();
    let mut push = |at: usize| {
        let next = raw.get(at + 1..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        let length = joined_line(raw.as_bytes(), at).max(1 + next);
        let start = id.range.start + at as u32;
        unknown.push(TextRange::new(start, start + length as u32));
    };
    match id.kind {
        IdKind::Name | IdKind::Number | IdKind::Dialect | IdKind::Missing | IdKind::Html => {}
        IdKind::Quoted => {
            let bytes = raw.as_bytes();
            let mut from = 0;
            while let Some(found) = memchr(b'\\', bytes.get(from..).unwrap_or(&[])) {
                let at = from + found;
                if !matches!(bytes.get(at + 1), Some(b'"' | b'\\' | b'n' | b't')) {
                    push(at);
                    from = at + 1;
                } else {
                    from = at + 2;
                }
            }
        }
        IdKind::Concatenated => for_each_piece(raw, |piece| match piece {
            Piece::Unknown(at) => push(at),
            Piece::Plain(..) | Piece::Escape(..) => {}
        }),
    }
    unknown
}

/// One unit of decoded text inside a written string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece<'s> {
    /// Bytes that stand for themselves, with their offset in the written text.
    Plain(&'s str, usize),
    /// An escape of two bytes at an offset, and the character it stands for.
    Escape(char, usize),
    /// The offset of a backslash that begins no escape; its bytes also occur as plain text, or join two lines.
    Unknown(usize),
}

fn inner(raw: &str, open: u8, close: u8) -> &str {
    let bytes = raw.as_bytes();
    let start = usize::from(bytes.first() == Some(&open));
    let end = if raw.len() > start && bytes.last() == Some(&close) { raw.len() - 1 } else { raw.len() };
    raw.get(start..end).unwrap_or("")
}

fn collect(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    for_each_piece(raw, |piece| match piece {
        Piece::Plain(plain, _) => text.push_str(plain),
        Piece::Escape(c, _) => text.push(c),
        Piece::Unknown(_) => {}
    });
    text
}

/// Walks the pieces of quoted or concatenated text. Between the parts of a concatenation only `+`, white space and
/// comments can stand, because the lexer joined them.
fn for_each_piece<'s>(raw: &'s str, mut each: impl FnMut(Piece<'s>)) {
    let bytes = raw.as_bytes();
    let mut at = 0;
    while let Some(open) = find_quote(raw, at) {
        at = open + 1;
        let mut plain_from = at;
        loop {
            let rest = bytes.get(at..).unwrap_or(&[]);
            let Some(offset) = memchr::memchr2(b'"', b'\\', rest) else {
                each(Piece::Plain(raw.get(plain_from..).unwrap_or(""), plain_from));
                return;
            };
            at += offset;
            if bytes.get(at) == Some(&b'"') {
                each(Piece::Plain(raw.get(plain_from..at).unwrap_or(""), plain_from));
                at += 1;
                break;
            }
            let decoded = match bytes.get(at + 1) {
                Some(b'"') => Some('"'),
                Some(b'\\') => Some('\\'),
                Some(b'n') => Some('\n'),
                Some(b't') => Some('\t'),
                _ => None,
            };
            let joined = joined_line(bytes, at);
            if decoded.is_some() || joined > 0 {
                each(Piece::Plain(raw.get(plain_from..at).unwrap_or(""), plain_from));
            }
            if decoded.is_none() {
                each(Piece::Unknown(at));
            }
            if let Some(c) = decoded {
                each(Piece::Escape(c, at));
                at += 2;
                plain_from = at;
            } else if joined > 0 {
                at += joined;
                plain_from = at;
            } else {
                at += 1;
            }
        }
    }
}

/// Length of a backslash with the line break behind it, or 0.
fn joined_line(bytes: &[u8], backslash: usize) -> usize {
    match (bytes.get(backslash + 1), bytes.get(backslash + 2)) {
        (Some(b'\r'), Some(b'\n')) => 3,
        (Some(b'\r' | b'\n'), _) => 2,
        _ => 0,
    }
}

/// The next opening quote at or behind `from`, past comments between the parts of a concatenation.
fn find_quote(raw: &str, from: usize) -> Option<usize> {
    let bytes = raw.as_bytes();
    let mut at = from;
    loop {
        let rest = bytes.get(at..)?;
        let next = memchr::memchr3(b'"', b'/', b'#', rest)? + at;
        match (bytes.get(next), bytes.get(next + 1)) {
            (Some(b'"'), _) => return Some(next),
            (Some(b'/'), Some(b'*')) => at = memchr::memmem::find(bytes.get(next..)?, b"*/")? + next + 2,
            (Some(b'/' | b'#'), _) => at = memchr(b'\n', bytes.get(next..)?)? + next + 1,
            _ => return None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    decoded: u32,
    source: u32,
    /// Source bytes of one decoded byte: 1 for plain text, 2 for an escape.
    width: u32,
}

/// The way from offsets in decoded text back to bytes of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StringMap {
    runs: Vec<Run>,
    /// Where the decoded text ends, in the source.
    end: u32,
}

impl StringMap {
    /// The map for the text that [`decode`] gives for `id`.
    pub fn new(source: &str, id: Id) -> StringMap {
        let raw = id.range.text(source);
        let base = id.range.start;
        let mut runs = Vec::new();
        let mut end = id.range.end;
        match id.kind {
            IdKind::Quoted | IdKind::Concatenated => {
                let mut decoded = 0u32;
                for_each_piece(raw, |piece| {
                    let (at, len, width) = match piece {
                        Piece::Plain(text, at) => (at as u32, text.len() as u32, 1),
                        Piece::Escape(_, at) => (at as u32, 1, 2),
                        Piece::Unknown(_) => return,
                    };
                    end = base + at + len * width;
                    if len > 0 {
                        runs.push(Run { decoded, source: base + at, width });
                    }
                    decoded += len;
                });
            }
            IdKind::Html => {
                let body = inner(raw, b'<', b'>');
                let start = base + u32::from(raw.starts_with('<'));
                runs.push(Run { decoded: 0, source: start, width: 1 });
                end = start + body.len() as u32;
            }
            IdKind::Name | IdKind::Number | IdKind::Dialect | IdKind::Missing => {
                runs.push(Run { decoded: 0, source: base, width: 1 });
            }
        }
        StringMap { runs, end }
    }

    /// The source offset of the decoded byte at `offset`; the end of the text for offsets behind it.
    pub fn offset(&self, offset: u32) -> u32 {
        self.run_at(offset).map_or(self.end, |run| {
            let inside = (offset - run.decoded) * run.width;
            (run.source + inside).min(self.end)
        })
    }

    /// The source range of decoded bytes. Escapes are covered whole.
    pub fn range(&self, decoded: TextRange) -> TextRange {
        let start = self.offset(decoded.start);
        if decoded.is_empty() {
            return TextRange::empty(start);
        }
        let last = decoded.end - 1;
        let end = self.run_at(last).map_or(self.end, |run| run.source + (last - run.decoded + 1) * run.width);
        TextRange::new(start, end.min(self.end))
    }

    /// The decoded offset of a source byte: that of the next decoded byte for bytes that decode to nothing, such as
    /// the opening quote.
    pub fn decoded_offset(&self, source: u32) -> u32 {
        let behind = self.runs.partition_point(|run| run.source <= source);
        let next = self.runs.get(behind);
        let Some(run) = behind.checked_sub(1).and_then(|at| self.runs.get(at)) else { return 0 };
        let inside = (source.min(self.end).max(run.source) - run.source).div_ceil(run.width);
        let decoded = run.decoded + inside;
        next.map_or(decoded, |next| decoded.min(next.decoded))
    }

    fn run_at(&self, decoded: u32) -> Option<Run> {
        let behind = self.runs.partition_point(|run| run.decoded <= decoded);
        let run = self.runs.get(behind.checked_sub(1)?).copied()?;
        (run.width == 1 || decoded == run.decoded).then_some(run)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quoted(source: &str) -> Id {
        Id { kind: IdKind::Quoted, range: TextRange::new(0, source.len() as u32) }
    }

    #[track_caller]
    fn maps(source: &str, kind: IdKind, part: &str, written: &str) {
        let id = Id { kind, range: TextRange::new(0, source.len() as u32) };
        let text = decode(source, id);
        let start = text.find(part).expect("the part occurs in the text") as u32;
        let range = TextRange::new(start, start + part.len() as u32);
        assert_eq!(StringMap::new(source, id).range(range).text(source), written);
    }

    #[test]
    fn text_without_escapes_is_borrowed() {
        assert!(matches!(decode("\"plain\"", quoted("\"plain\"")), Cow::Borrowed("plain")));
    }

    #[test]
    fn a_file_without_unknown_escapes_is_known_by_one_scan() {
        assert!(!may_have_unknown_escapes(r#"digraph { a [x="\\d \"q\" \n\\\\", y="\t"] \\ "\\" }"#));
        for strange in [r#""\d""#, r#""\\\d""#, r#"\"\d""#, r#""\\"+"\|""#, "\\"] {
            assert!(may_have_unknown_escapes(strange), "{strange}");
        }
    }

    #[test]
    fn the_four_escapes_are_decoded_and_other_backslashes_stay() {
        let source = r#""a\"b\\c\nd\te\|f""#;
        assert_eq!(decode(source, quoted(source)), "a\"b\\c\nd\te\\|f");
    }

    #[test]
    fn a_backslash_joins_lines() {
        assert_eq!(decode("\"ab\\\ncd\"", quoted("\"ab\\\ncd\"")), "abcd");
        assert_eq!(decode("\"ab\\\r\ncd\"", quoted("\"ab\\\r\ncd\"")), "abcd");
    }

    #[test]
    fn backslashes_that_begin_no_escape_are_found_in_every_part() {
        let found = |source: &'static str, kind| {
            let range = TextRange::new(0, source.len() as u32);
            unknown_escapes(source, Id { kind, range })
                .into_iter()
                .map(|r| r.text(source))
                .collect::<Vec<_>>()
        };
        assert_eq!(found(r#""a\.b\"c\\d\é""#, IdKind::Quoted), ["\\.", "\\é"]);
        assert_eq!(found("\"a\\\nb\\\r\nc\"", IdKind::Quoted), ["\\\n", "\\\r\n"]);
        assert_eq!(found(r#""a\q" + "\z""#, IdKind::Concatenated), ["\\q", "\\z"]);
        assert_eq!(found(r"<a\b>", IdKind::Html), [""; 0]);
    }

    #[test]
    fn parts_of_a_concatenation_are_joined_past_comments() {
        let source = "\"ab\" /* \"x\" */ + // \"y\"\n \"cd\"";
        let id = Id { kind: IdKind::Concatenated, range: TextRange::new(0, source.len() as u32) };
        assert_eq!(decode(source, id), "abcd");
        maps(source, IdKind::Concatenated, "cd", "cd");
    }

    #[test]
    fn ranges_lead_back_through_escapes() {
        maps(r#""x=\"long\" && y""#, IdKind::Quoted, "\"long\"", r#"\"long\""#);
        maps(r#""x=\"long\" && y""#, IdKind::Quoted, "&&", "&&");
        maps(r#""one\ntwo""#, IdKind::Quoted, "\ntwo", r"\ntwo");
        maps("<b>", IdKind::Html, "b", "b");
        maps("gpt-5.4", IdKind::Dialect, "5.4", "5.4");
    }

    #[test]
    fn source_offsets_lead_to_decoded_ones() {
        let source = r#""a\"b" + "é\nc""#;
        let id = Id { kind: IdKind::Concatenated, range: TextRange::new(0, source.len() as u32) };
        let map = StringMap::new(source, id);
        let decoded: Vec<u32> = (0..=source.len() as u32).map(|at| map.decoded_offset(at)).collect();
        assert_eq!(decoded, [0, 0, 1, 2, 2, 3, 3, 3, 3, 3, 3, 4, 5, 6, 6, 7, 7]);
    }

    #[test]
    fn the_end_of_the_text_is_before_the_closing_quote() {
        let source = "\"ab\"";
        let map = StringMap::new(source, quoted(source));
        assert_eq!(map.offset(2), 3);
        assert_eq!(map.range(TextRange::empty(2)), TextRange::empty(3));
    }

    #[test]
    fn an_unclosed_string_decodes_to_its_end() {
        assert_eq!(decode("\"ab", quoted("\"ab")), "ab");
        assert_eq!(decode("\"", quoted("\"")), "");
        assert_eq!(decode("\"ab\\", quoted("\"ab\\")), "ab\\");
    }
}
