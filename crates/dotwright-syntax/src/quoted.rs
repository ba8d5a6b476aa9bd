//! Quotes inside attribute values: conditions and stylesheets both know `"..."` with `\"` and `\\`.

use std::borrow::Cow;

use memchr::memchr2;

/// The text of a text in quotes.
pub(crate) fn unquote(raw: &str) -> Cow<'_, str> {
    let body = raw.strip_prefix('"').unwrap_or(raw);
    let body = body.strip_suffix('"').unwrap_or(body);
    if !body.contains('\\') {
        return Cow::Borrowed(body);
    }
    let mut text = String::with_capacity(body.len());
    let mut chars = body.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some('"' | '\\')) => text.extend(chars.next()),
            _ => text.push(c),
        }
    }
    Cow::Owned(text)
}

/// Offset of the quote that closes the one at offset 0, past escapes.
pub(crate) fn closing_quote(rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    let mut at = 1;
    while let Some(offset) = bytes.get(at..).and_then(|tail| memchr2(b'"', b'\\', tail)) {
        at += offset;
        match (bytes.get(at), bytes.get(at + 1)) {
            (Some(b'\\'), Some(b'"' | b'\\')) => at += 2,
            (Some(b'\\'), _) => at += 1,
            _ => return Some(at),
        }
    }
    None
}
