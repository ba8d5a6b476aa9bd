//! Where the literal of a comparison ends, and what it stands for. What a literal is depends on what stands in front
//! of it, which is why the token rules of logos do not cover it.

use memchr::memchr3;

use super::LiteralKind;
use crate::quoted::closing_quote;

/// Length in bytes of the literal at the start of `rest`, which has no blanks in front, and how it is written.
pub(super) fn scan(rest: &str) -> (usize, LiteralKind) {
    let bare = bare_length(rest);
    if !rest.starts_with('"') {
        return (bare, LiteralKind::Bare);
    }
    match closing_quote(rest) {
        Some(close) if close < bare || ends_clause(rest.get(close + 1..).unwrap_or("")) => {
            (close + 1, LiteralKind::Quoted)
        }
        Some(_) | None => (bare, LiteralKind::UnclosedQuote),
    }
}

/// Length of the text up to the next connective, closing parenthesis or the end, blanks at its end left out.
pub(super) fn bare_length(rest: &str) -> usize {
    let end = connective(rest);
    rest.get(..end).unwrap_or("").trim_ascii_end().len()
}

/// Offset of the next `&&`, `||` or `)`, else the length of the text.
pub(super) fn connective(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut at = 0;
    while let Some(offset) = bytes.get(at..).and_then(|tail| memchr3(b'&', b'|', b')', tail)) {
        at += offset;
        if bytes.get(at) == Some(&b')') || bytes.get(at) == bytes.get(at + 1) {
            return at;
        }
        at += 1;
    }
    bytes.len()
}

/// Offset of a comma behind which another comparison begins, as in `outcome=success, context.x=1`.
pub(super) fn comma_for_and(literal: &str) -> Option<usize> {
    let mut at = 0;
    while let Some(offset) = literal.get(at..).and_then(|tail| tail.find(',')) {
        let rest = literal.get(at + offset + 1..).unwrap_or("").trim_ascii_start();
        let key =
            rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.')).count();
        let behind = rest.get(key..).unwrap_or("").trim_ascii_start();
        if key > 0 && (behind.starts_with('=') || behind.starts_with("!=")) {
            return Some(at + offset);
        }
        at += offset + 1;
    }
    None
}

/// True for `5`, `-1.5`, `.5`.
pub(super) fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    (!whole.is_empty() || !fraction.is_empty()) && all_digits(whole) && all_digits(fraction)
}

/// True when a clause can be over in front of `rest`.
fn ends_clause(rest: &str) -> bool {
    let next = rest.trim_ascii_start();
    let word = next.split_ascii_whitespace().next().unwrap_or("");
    next.is_empty() || next.starts_with(')') || next.starts_with("&&") || next.starts_with("||") || {
        next.len() < rest.len() && matches!(word, "and" | "or")
    }
}
