//! Source text to tokens: logos does the scanning, a thin loop around it does what needs a look around.
//!
//! The lexer is infallible: what begins no token becomes [`TokenKind::Unknown`], and strings, HTML and comments that
//! never close run to the end of the file and are listed in [`Lexed::unclosed`]. Bodies of strings and comments are
//! skipped with memchr, because more than half of the bytes of real pipelines are inside strings.

use dotwright_diagnostics::TextRange;
use logos::{Lexer, Logos};
use memchr::{memchr2, memmem};

use crate::ast::IdKind;
use crate::token::{Comment, CommentKind, Token, TokenKind};

/// Everything the lexer found, in source order.
#[derive(Debug, Clone, Default)]
pub struct Lexed {
    /// The tokens without comments and white space.
    pub tokens: Vec<Token>,
    /// The comments.
    pub comments: Vec<Comment>,
    /// Strings, HTML values and block comments that the end of the file closes.
    pub unclosed: Vec<Unclosed>,
}

/// A delimited thing that the end of the file closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unclosed {
    /// What it is.
    pub kind: UnclosedKind,
    /// From its opening to where it was made to end.
    pub range: TextRange,
}

/// What is not closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnclosedKind {
    /// `"text`
    String,
    /// `<html`
    Html,
    /// `/* text`
    Comment,
}

/// Splits `source` into tokens and comments.
pub fn lex(source: &str) -> Lexed {
    lex_with_closed_string(source, None)
}

/// As [`lex`], but the string that opens at `forced.start` ends at `forced.end`, where its closing quote is missing.
pub(crate) fn lex_with_closed_string(source: &str, forced: Option<TextRange>) -> Lexed {
    let mut lexed = Lexed { tokens: Vec::with_capacity(source.len() / 13 + 16), ..Lexed::default() };
    let skipped = if source.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut lexer = Raw::lexer(source);
    lexer.bump(skipped);
    while let Some(raw) = lexer.next() {
        let span = lexer.span();
        let mut range = TextRange::new(span.start as u32, span.end as u32);
        let kind = match raw {
            Ok(Raw::Quoted) => {
                if let Some(forced) = forced
                    && forced.start == range.start
                {
                    lexed.unclosed.push(Unclosed { kind: UnclosedKind::String, range: forced });
                    lexed.push(Token { kind: TokenKind::Id(IdKind::Quoted), range: forced }, source);
                    lexer = Raw::lexer(source);
                    lexer.bump(forced.end as usize);
                    continue;
                }
                lexed.push_quoted(range, source);
                continue;
            }
            Ok(Raw::LineComment) => {
                lexed.comments.push(Comment { kind: CommentKind::Line, range });
                continue;
            }
            Ok(Raw::BlockComment) => {
                lexed.comments.push(Comment { kind: CommentKind::Block, range });
                continue;
            }
            Ok(Raw::Hash) => {
                if starts_line(source, range.start) {
                    let rest = lexer.remainder().as_bytes();
                    lexer.bump(memchr2(b'\n', b'\r', rest).unwrap_or(rest.len()));
                    range.end = lexer.span().end as u32;
                    lexed.comments.push(Comment { kind: CommentKind::Hash, range });
                    continue;
                }
                TokenKind::Unknown
            }
            Ok(Raw::Unclosed(kind)) => {
                lexed.unclosed.push(Unclosed { kind, range });
                match kind {
                    UnclosedKind::String => {
                        lexed.push_quoted(range, source);
                        continue;
                    }
                    UnclosedKind::Html => TokenKind::Id(IdKind::Html),
                    UnclosedKind::Comment => {
                        lexed.comments.push(Comment { kind: CommentKind::Block, range });
                        continue;
                    }
                }
            }
            Ok(Raw::Equals) => {
                lexed.push(Token { kind: TokenKind::Equals, range }, source);
                if let Some((blank, length)) = dialect_value(lexer.remainder()) {
                    lexer.bump(blank + length);
                    let start = range.end + blank as u32;
                    let range = TextRange::new(start, start + length as u32);
                    lexed.push(Token { kind: TokenKind::Id(IdKind::Dialect), range }, source);
                }
                continue;
            }
            Ok(Raw::Html) => TokenKind::Id(IdKind::Html),
            Ok(Raw::Simple(kind)) => kind,
            Err(()) => {
                if let Some(last) = lexed.tokens.last_mut()
                    && last.kind == TokenKind::Unknown
                    && last.range.end == range.start
                {
                    last.range.end = range.end;
                    continue;
                }
                TokenKind::Unknown
            }
        };
        lexed.push(Token { kind, range }, source);
    }
    lexed
}

impl Lexed {
    #[inline]
    fn push(&mut self, token: Token, source: &str) {
        if self.tokens.len() == self.tokens.capacity() {
            self.make_room(token.range.start as usize, source.len());
        }
        self.tokens.push(token);
    }

    /// Makes room for the tokens behind `offset` as if they stood as densely as those in front of it: doubling again
    /// and again would leave as much memory behind.
    #[cold]
    fn make_room(&mut self, offset: usize, length: usize) {
        let known = self.tokens.len();
        let expected = known as u64 * (length - offset) as u64 / offset.max(1) as u64;
        self.tokens.reserve(expected as usize + known / 16 + 16);
    }

    /// Adds a quoted string, joined to the one before it when a `+` stands between them.
    fn push_quoted(&mut self, range: TextRange, source: &str) {
        if let [.., first, plus] = self.tokens.as_mut_slice()
            && plus.kind == TokenKind::Plus
            && matches!(first.kind, TokenKind::Id(IdKind::Quoted | IdKind::Concatenated))
        {
            first.kind = TokenKind::Id(IdKind::Concatenated);
            first.range.end = range.end;
            self.tokens.pop();
        } else {
            self.push(Token { kind: TokenKind::Id(IdKind::Quoted), range }, source);
        }
    }
}

/// True when only blanks stand before `offset` on its line.
fn starts_line(source: &str, offset: u32) -> bool {
    let before = source.get(..offset as usize).unwrap_or("").trim_start_matches('\u{feff}');
    matches!(before.trim_end_matches([' ', '\t']).as_bytes().last(), None | Some(b'\n' | b'\r'))
}

/// A bare value behind `=` that DOT would split or refuse, as (blanks before it, its length): `900s`, `gpt-5.4`,
/// `a/b`. `None` where DOT reads one token anyway.
fn dialect_value(rest: &str) -> Option<(usize, usize)> {
    let bytes = rest.as_bytes();
    let blank = bytes.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    let value = bytes.get(blank..)?;
    if !matches!(value.first()?, b if is_word(*b) || matches!(b, b'.' | b'-' | b'@' | b'/' | b'~' | b'$')) {
        return None;
    }
    let mut length = 0;
    let mut plain = true;
    while let Some(&byte) = value.get(length) {
        if is_word(byte) {
            length += 1;
            continue;
        }
        let next = value.get(length + 1).copied();
        let continues = match byte {
            b'.' | b'@' | b'~' | b'$' | b'%' => true,
            b':' => next.is_some_and(|b| is_word(b) || b == b'/'),
            b'-' => !matches!(next, Some(b'>' | b'-')),
            b'/' => {
                !matches!(next, Some(b'/' | b'*')) || (length > 0 && value.get(length - 1) == Some(&b':'))
            }
            _ => false,
        };
        if !continues {
            break;
        }
        plain = false;
        length += 1;
    }
    let text = value.get(..length)?;
    let starts_like_number = text.first().is_some_and(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-'));
    if length == 0 || (plain && !starts_like_number) || is_number(text) {
        return None;
    }
    Some((blank, length))
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// `-?(.digits | digits(.digits?)?)`, the numeral of Graphviz.
fn is_number(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"-").unwrap_or(text);
    let mut dots = 0;
    let mut digits = 0;
    for byte in text {
        match byte {
            b'.' => dots += 1,
            b if b.is_ascii_digit() => digits += 1,
            _ => return false,
        }
    }
    dots <= 1 && digits > 0
}

#[derive(Logos, Debug, Clone, Copy, PartialEq, Eq)]
#[logos(skip r"[ \t\r\n\f\x0B]+")]
enum Raw {
    #[token("strict", |_| TokenKind::Strict, ignore(case))]
    #[token("graph", |_| TokenKind::Graph, ignore(case))]
    #[token("digraph", |_| TokenKind::Digraph, ignore(case))]
    #[token("node", |_| TokenKind::Node, ignore(case))]
    #[token("edge", |_| TokenKind::Edge, ignore(case))]
    #[token("subgraph", |_| TokenKind::Subgraph, ignore(case))]
    #[token("{", |_| TokenKind::LBrace)]
    #[token("}", |_| TokenKind::RBrace)]
    #[token("[", |_| TokenKind::LBracket)]
    #[token("]", |_| TokenKind::RBracket)]
    #[token(";", |_| TokenKind::Semicolon)]
    #[token(",", |_| TokenKind::Comma)]
    #[token(":", |_| TokenKind::Colon)]
    #[token("+", |_| TokenKind::Plus)]
    #[token("->", |_| TokenKind::Arrow)]
    #[token("--", |_| TokenKind::Line)]
    #[regex(r"[A-Za-z_\u{80}-\u{10FFFF}][A-Za-z0-9_\u{80}-\u{10FFFF}]*", |_| TokenKind::Id(IdKind::Name))]
    #[regex(r"-?(\.[0-9]+|[0-9]+(\.[0-9]*)?)", |_| TokenKind::Id(IdKind::Number))]
    #[regex(r"[A-Za-z_\u{80}-\u{10FFFF}][A-Za-z0-9_\u{80}-\u{10FFFF}]*(\.[A-Za-z_\u{80}-\u{10FFFF}][A-Za-z0-9_\u{80}-\u{10FFFF}]*)+", |_| TokenKind::Id(IdKind::Dialect))]
    Simple(TokenKind),
    #[token("=")]
    Equals,
    #[token("\"", quoted)]
    Quoted,
    #[token("<", html)]
    Html,
    #[token("//", line_comment)]
    LineComment,
    #[token("/*", block_comment)]
    BlockComment,
    #[token("#")]
    Hash,
    Unclosed(UnclosedKind),
}

fn quoted(lexer: &mut Lexer<'_, Raw>) -> Raw {
    let rest = lexer.remainder().as_bytes();
    let mut at = 0;
    while let Some(found) = rest.get(at..).and_then(|bytes| memchr2(b'"', b'\\', bytes)) {
        at += found + 1;
        if rest.get(at - 1) == Some(&b'"') {
            lexer.bump(at);
            return Raw::Quoted;
        }
        // The escaped byte may begin a longer character; its other bytes are no delimiter and are passed over next.
        at += 1;
    }
    lexer.bump(rest.len());
    Raw::Unclosed(UnclosedKind::String)
}

/// Angle brackets nest; Graphviz counts them the same way.
fn html(lexer: &mut Lexer<'_, Raw>) -> Raw {
    let rest = lexer.remainder().as_bytes();
    let mut depth = 1usize;
    let mut at = 0;
    while let Some(found) = rest.get(at..).and_then(|bytes| memchr2(b'<', b'>', bytes)) {
        at += found + 1;
        if rest.get(at - 1) == Some(&b'<') {
            depth += 1;
        } else {
            depth -= 1;
        }
        if depth == 0 {
            lexer.bump(at);
            return Raw::Html;
        }
    }
    lexer.bump(rest.len());
    Raw::Unclosed(UnclosedKind::Html)
}

fn line_comment(lexer: &mut Lexer<'_, Raw>) -> Raw {
    let rest = lexer.remainder().as_bytes();
    lexer.bump(memchr2(b'\n', b'\r', rest).unwrap_or(rest.len()));
    Raw::LineComment
}

fn block_comment(lexer: &mut Lexer<'_, Raw>) -> Raw {
    let rest = lexer.remainder().as_bytes();
    match memmem::find(rest, b"*/") {
        Some(end) => {
            lexer.bump(end + 2);
            Raw::BlockComment
        }
        None => {
            lexer.bump(rest.len());
            Raw::Unclosed(UnclosedKind::Comment)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ast::IdKind::{Concatenated, Dialect, Name, Number, Quoted};

    #[track_caller]
    fn check(source: &str, expected: &[(TokenKind, &str)]) {
        let lexed = lex(source);
        let found: Vec<_> = lexed.tokens.iter().map(|t| (t.kind, t.range.text(source))).collect();
        assert_eq!(found, expected);
    }

    fn id(kind: IdKind) -> TokenKind {
        TokenKind::Id(kind)
    }

    #[test]
    fn keywords_are_read_in_any_case() {
        check(
            "Digraph NODE nodes",
            &[(TokenKind::Digraph, "Digraph"), (TokenKind::Node, "NODE"), (id(Name), "nodes")],
        );
    }

    #[test]
    fn bare_values_of_the_dialects_are_one_token() {
        let eq = (TokenKind::Equals, "=");
        check("a=gpt-5.4", &[(id(Name), "a"), eq, (id(Dialect), "gpt-5.4")]);
        check("a = 900s", &[(id(Name), "a"), eq, (id(Dialect), "900s")]);
        check("a=-1.5]", &[(id(Name), "a"), eq, (id(Number), "-1.5"), (TokenKind::RBracket, "]")]);
        check("a=@p/x.md,", &[(id(Name), "a"), eq, (id(Dialect), "@p/x.md"), (TokenKind::Comma, ",")]);
        check("a=b//c", &[(id(Name), "a"), eq, (id(Name), "b")]);
        check("a=b->c", &[(id(Name), "a"), eq, (id(Name), "b"), (TokenKind::Arrow, "->"), (id(Name), "c")]);
    }

    #[test]
    fn dotted_keys_are_one_token() {
        check(
            "human.default_choice=x",
            &[(id(Dialect), "human.default_choice"), (TokenKind::Equals, "="), (id(Name), "x")],
        );
    }

    #[test]
    fn concatenated_strings_are_one_token() {
        check("\"a\" /*c*/ + \"b\"\n+ \"c\"", &[(id(Concatenated), "\"a\" /*c*/ + \"b\"\n+ \"c\"")]);
        check("\"a\" + b", &[(id(Quoted), "\"a\""), (TokenKind::Plus, "+"), (id(Name), "b")]);
    }

    #[test]
    fn strings_keep_escaped_quotes_and_line_breaks() {
        check("\"a\\\"b\nc\\\\\" d", &[(id(Quoted), "\"a\\\"b\nc\\\\\""), (id(Name), "d")]);
    }

    #[test]
    fn html_values_nest() {
        check("<a<b>c> d", &[(id(IdKind::Html), "<a<b>c>"), (id(Name), "d")]);
    }

    #[test]
    fn a_hash_is_a_comment_only_at_the_start_of_a_line() {
        let lexed = lex("# one\n  # two\na # three");
        assert_eq!(lexed.comments.len(), 2);
        assert_eq!(lexed.tokens.len(), 3, "{:?}", lexed.tokens);
        assert_eq!(lexed.tokens[1].kind, TokenKind::Unknown);
    }

    #[test]
    fn what_never_closes_runs_to_the_end_and_is_listed() {
        for (source, kind) in [
            ("a \"b", UnclosedKind::String),
            ("a \"b\\", UnclosedKind::String),
            ("a <b", UnclosedKind::Html),
            ("a /* b", UnclosedKind::Comment),
        ] {
            let range = TextRange::new(2, source.len() as u32);
            assert_eq!(lex(source).unclosed, [Unclosed { kind, range }], "{source}");
        }
    }

    #[test]
    fn unknown_bytes_in_a_row_are_one_token() {
        check("a ?! b", &[(id(Name), "a"), (TokenKind::Unknown, "?!"), (id(Name), "b")]);
    }

    #[test]
    fn a_byte_order_mark_is_skipped() {
        check("\u{feff}digraph", &[(TokenKind::Digraph, "digraph")]);
    }
}
