//! From source text to [`Parse`]: lexer, token repair and the generated parser, put together.

use std::borrow::Cow;

use dotwright_diagnostics::TextRange;

use crate::ast::{Ast, IdKind, StmtKind};
use crate::builder::Builder;
use crate::census::Census;
use crate::error::{SyntaxError, SyntaxErrorKind};
use crate::grammar::{dot, dot_backstop};
use crate::lexer::{Lexed, UnclosedKind, lex, lex_with_closed_string};
use crate::repair::Repair;
use crate::token::{Comment, Token, TokenKind};

/// A parsed file: always a tree, with the errors that were mended on the way.
#[derive(Debug, Clone, Default)]
pub struct Parse {
    /// The tree of what could be read.
    pub ast: Ast,
    /// All tokens as written, in source order.
    pub tokens: Vec<Token>,
    /// All comments, in source order.
    pub comments: Vec<Comment>,
    /// What is wrong, in source order; about a hundred entries at most.
    pub errors: Vec<SyntaxError>,
    /// True when token repair left something ungrammatical, so that LALRPOP's own recovery read the file. This is a
    /// defect of the repair; the tree may then lack statements.
    pub used_backstop: bool,
}

/// Parses a DOT file of at most 4 GiB. Never fails and never panics; see [`Parse::errors`].
pub fn parse(source: &str) -> Parse {
    let lexed = lex(source);
    let parse = parse_lexed(source, lexed);
    if parse.errors.is_empty() {
        return parse;
    }
    match suspect_string(source, &parse) {
        Some(forced) => {
            let mended = parse_lexed(source, lex_with_closed_string(source, Some(forced)));
            if mended.errors.len() <= parse.errors.len() { mended } else { parse }
        }
        None => parse,
    }
}

/// Text of a file that may not be UTF-8. Each stray byte becomes `?`, so that offsets stay those of the file.
pub fn from_bytes(bytes: &[u8]) -> (Cow<'_, str>, Vec<SyntaxError>) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return (Cow::Borrowed(text), Vec::new());
    }
    let mut text = String::with_capacity(bytes.len());
    let mut errors: Vec<SyntaxError> = Vec::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        let invalid = chunk.invalid().len();
        if invalid > 0 {
            let range = TextRange::new(text.len() as u32, (text.len() + invalid) as u32);
            text.extend(std::iter::repeat_n('?', invalid));
            if let Some(last) = errors.last_mut()
                && last.range.end == range.start
            {
                last.range.end = range.end;
            } else if errors.len() < crate::repair::MAX_ERRORS {
                errors.push(SyntaxError { kind: SyntaxErrorKind::NotUtf8, range, opener: None });
            }
        }
    }
    (Cow::Owned(text), errors)
}

fn parse_lexed(source: &str, lexed: Lexed) -> Parse {
    let Lexed { tokens, comments, unclosed } = lexed;
    let census = Census::new(&tokens);
    let mut repair = Repair::new(source, &tokens, &census);
    let mut builder = Builder::with_room(&census);
    let used_backstop = dot::FileParser::new().parse(&mut builder, &mut repair).is_err();
    if used_backstop {
        repair = Repair::new(source, &tokens, &census);
        builder = Builder::with_room(&census);
        // Whatever this parser could read is in the builder, also when it gives up.
        if dot_backstop::FileParser::new().parse(&mut builder, &mut repair).is_err() {
            builder.finish();
        }
    }
    let mut ast = builder.ast;
    let mut errors = std::mem::take(&mut repair.errors);
    let mut damage = std::mem::take(&mut repair.damage);
    for unclosed in unclosed {
        let width = if unclosed.kind == UnclosedKind::Comment { 2 } else { 1 };
        let range = TextRange::new(unclosed.range.start, unclosed.range.start + width);
        damage.push(range.start);
        let error = SyntaxError { kind: SyntaxErrorKind::Unclosed(unclosed.kind), range, opener: None };
        // The brackets inside which the end of the file fell are no second mistake.
        errors.retain(|e| !(is_unclosed_bracket(e.kind) && unclosed.range.end as usize == source.len()));
        errors.push(error);
    }
    errors.sort_by_key(|error| error.range.start);
    mark_recovered(&mut ast, &damage);
    Parse { ast, tokens, comments, errors, used_backstop }
}

fn is_unclosed_bracket(kind: SyntaxErrorKind) -> bool {
    matches!(kind, SyntaxErrorKind::UnclosedBrace | SyntaxErrorKind::UnclosedBracket)
}

/// Marks the innermost statement at, or before, each damaged place.
fn mark_recovered(ast: &mut Ast, damage: &[u32]) {
    if damage.is_empty() {
        return;
    }
    let mut order: Vec<usize> = (0..ast.stmts.len())
        .filter(|&index| ast.stmts.get(index).is_some_and(|stmt| !matches!(stmt.kind, StmtKind::Subgraph(_))))
        .collect();
    order.sort_by_key(|&index| ast.stmts.get(index).map(|stmt| stmt.range.start));
    for &offset in damage {
        let behind = order
            .partition_point(|&index| ast.stmts.get(index).is_some_and(|stmt| stmt.range.start <= offset));
        let found = behind.checked_sub(1).and_then(|at| order.get(at));
        if let Some(stmt) = found.and_then(|&index| ast.stmts.get_mut(index)) {
            stmt.recovered = true;
        }
    }
}

/// The string whose closing quote is most likely missing, with the end it should have: that of its first line.
///
/// A missing quote turns the rest of the file inside out. The signs are a string that the end of the file closes, or
/// one over several lines whose closing quote touches a word.
fn suspect_string(source: &str, parse: &Parse) -> Option<TextRange> {
    let first_error = parse.errors.first()?.range.start;
    let unclosed = parse.errors.iter().any(|e| e.kind == SyntaxErrorKind::Unclosed(UnclosedKind::String));
    if !unclosed && !parse.errors.iter().any(|e| e.kind == SyntaxErrorKind::StringEndsEarly) {
        return None;
    }
    let suspect = parse.tokens.iter().enumerate().find(|(index, token)| {
        let text = token.range.text(source);
        let touched = parse
            .tokens
            .get(index + 1)
            .is_some_and(|next| next.range.start == token.range.end && next.kind.is_id());
        token.kind == TokenKind::Id(IdKind::Quoted)
            && (touched || (unclosed && token.range.end as usize == source.len()))
            && token.range.start <= first_error.max(token.range.start)
            && line_break(text).is_some()
    })?;
    let text = suspect.1.range.text(source);
    let line = line_break(text).and_then(|end| text.get(..end)).unwrap_or(text);
    let kept = line.trim_end_matches([' ', '\t', ']', ',', ';', '}']);
    let length = kept.len().max(1) as u32;
    Some(TextRange::new(suspect.1.range.start, suspect.1.range.start + length))
}

/// Where the first line of a text ends, when it has more than one.
fn line_break(text: &str) -> Option<usize> {
    memchr::memchr2(b'\n', b'\r', text.as_bytes())
}
