//! Which kind of thing is due at the cursor, from the tokens before it, so that broken text does as well.

use dotwright_diagnostics::TextRange;
use dotwright_model::{AttributeKey, Scope, attribute};
use dotwright_syntax::{Token, TokenKind};

use super::values::Place;
use crate::cursor::{Inside, content_range};
use crate::document::Document;

/// What is due.
pub(crate) enum Position<'d> {
    Nothing,
    /// A rule name in an ignore comment.
    Comment(TextRange),
    OutsideGraph(TextRange),
    Statement(TextRange),
    EdgeTarget {
        range: TextRange,
        source: Option<&'d str>,
    },
    AttributeName {
        range: TextRange,
        owner: Owner,
        present: Vec<String>,
        has_equals: bool,
    },
    Value(Place<'d>),
}

/// What an attribute list belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) scope: Scope,
    /// The node of a node statement, or the source of an edge.
    pub(crate) node: Option<String>,
}

/// What is due at an offset.
pub(crate) fn find(document: &Document, offset: u32) -> Position<'_> {
    if let Some(comment) = document.comment_at(offset).filter(|comment| comment.range.start < offset) {
        let before = TextRange::new(comment.range.start, offset).text(document.source());
        let in_names = before.contains("dotwright:") && before.contains("ignore") && !before.contains(')');
        let name = before.rfind(['(', ',']).filter(|_| in_names);
        return name.map_or(Position::Nothing, |at| {
            let typed = before.get(at + 1..).unwrap_or("").trim_start();
            Position::Comment(TextRange::new(offset - typed.len() as u32, offset))
        });
    }
    let tokens = &document.syntax().tokens;
    let behind = tokens.partition_point(|token| token.range.start < offset);
    let typed = behind.checked_sub(1).filter(|&index| {
        tokens
            .get(index)
            .is_some_and(|token| token.range.end >= offset && (token.kind.is_id() || token.kind.is_keyword()))
    });
    if let Some(token) = typed.and_then(|index| tokens.get(index))
        && token.range.text(document.source()).starts_with(['"', '<'])
    {
        return in_string(document, offset, token, typed.unwrap_or(0));
    }
    let range =
        typed.and_then(|index| tokens.get(index)).map_or(TextRange::empty(offset), |token| token.range);
    let before = typed.unwrap_or(behind).checked_sub(1);
    let Some(previous) = before.and_then(|index| tokens.get(index)) else {
        return Position::OutsideGraph(range);
    };
    if let Some(list) = document.open_list(offset) {
        return in_list(document, range, before.unwrap_or(0), list, behind);
    }
    if previous.kind.is_edge_operator() {
        let source = before.and_then(|index| tokens.get(index.checked_sub(1)?));
        let source =
            source.filter(|token| token.kind.is_id()).map(|token| token.range.text(document.source()));
        return Position::EdgeTarget { range, source };
    }
    if previous.kind == TokenKind::Equals {
        let key = before.and_then(|index| tokens.get(index.checked_sub(1)?));
        let owner = Owner { scope: document.body_scope(offset), node: None };
        return value(document, key, owner, range);
    }
    let inside = document.ast().graphs().iter().any(|graph| {
        let closed = !graph.close.is_empty() && offset >= graph.close.end;
        graph.open.end <= offset && !graph.open.is_empty() && !closed
    });
    if inside { Position::Statement(range) } else { Position::OutsideGraph(range) }
}

/// Between the `[` at token `list` and the cursor.
fn in_list(
    document: &Document,
    range: TextRange,
    previous: usize,
    list: usize,
    behind: usize,
) -> Position<'_> {
    let tokens = &document.syntax().tokens;
    let owner = owner(document, list);
    let kind = |index: usize| tokens.get(index).map(|token| token.kind);
    if kind(previous) == Some(TokenKind::Equals) {
        let key = previous.checked_sub(1).and_then(|index| tokens.get(index));
        return value(document, key, owner, range);
    }
    let names = (list + 1..tokens.len()).take_while(|&index| kind(index) != Some(TokenKind::RBracket));
    let present = names
        .filter(|&index| kind(index + 1) == Some(TokenKind::Equals))
        .filter_map(|index| tokens.get(index))
        .filter(|token| token.range != range)
        .take(200)
        .map(|token| unquoted(token.range.text(document.source())).to_owned())
        .collect();
    let has_equals = kind(behind) == Some(TokenKind::Equals);
    Position::AttributeName { range, owner, present, has_equals }
}

fn value<'d>(document: &'d Document, key: Option<&Token>, owner: Owner, range: TextRange) -> Position<'d> {
    let Some(name) = key.map(|key| unquoted(key.range.text(document.source()))) else {
        return Position::Nothing;
    };
    let key = AttributeKey::from_name(name);
    let Some(schema) = key.and_then(|key| attribute(key, owner.scope)) else { return Position::Nothing };
    let typed = range.text(document.source());
    Position::Value(Place {
        schema,
        owner,
        text: typed.into(),
        at: typed.len() as u32,
        whole: range,
        inside: None,
        in_string: false,
    })
}

/// In a quoted id or value.
fn in_string<'d>(document: &'d Document, offset: u32, token: &Token, index: usize) -> Position<'d> {
    let tokens = &document.syntax().tokens;
    let before = |count: usize| index.checked_sub(count).and_then(|at| tokens.get(at));
    let TokenKind::Id(kind) = token.kind else { return Position::Nothing };
    let id = dotwright_syntax::ast::Id { kind, range: token.range };
    let content = content_range(document.source(), id);
    if !content.touches(offset) {
        return Position::Nothing;
    }
    if before(1).is_some_and(|previous| previous.kind.is_edge_operator()) {
        return Position::EdgeTarget { range: token.range, source: None };
    }
    if before(1).map(|previous| previous.kind) != Some(TokenKind::Equals) {
        return Position::Nothing;
    }
    let Some(name) = before(2).map(|key| unquoted(key.range.text(document.source()))) else {
        return Position::Nothing;
    };
    let owner = match document.open_list(token.range.start) {
        Some(list) => owner(document, list),
        None => Owner { scope: document.body_scope(offset), node: None },
    };
    let key = AttributeKey::from_name(name);
    let Some(schema) = key.and_then(|key| attribute(key, owner.scope)) else { return Position::Nothing };
    let inside = Inside::new(document.source(), id);
    let at = inside.offset(offset);
    Position::Value(Place {
        schema,
        owner,
        text: inside.text.clone(),
        at,
        whole: content,
        inside: Some(inside),
        in_string: true,
    })
}

/// What the list that opens at token `list` belongs to.
fn owner(document: &Document, list: usize) -> Owner {
    let tokens = &document.syntax().tokens;
    let body = || document.body_scope(tokens.get(list).map_or(0, |token| token.range.start));
    let mut index = list;
    let mut last_id = None;
    let mut is_edge = false;
    while let Some(token) = index.checked_sub(1).and_then(|before| tokens.get(before)) {
        index -= 1;
        match token.kind {
            TokenKind::Node => return Owner { scope: Scope::Node, node: None },
            TokenKind::Edge => return Owner { scope: Scope::Edge, node: None },
            TokenKind::Graph => return Owner { scope: body(), node: None },
            TokenKind::RBracket => {
                // An earlier list of the same statement.
                while index > 0 && tokens.get(index).is_some_and(|token| token.kind != TokenKind::LBracket) {
                    index -= 1;
                }
            }
            TokenKind::RBrace => return Owner { scope: Scope::Edge, node: None },
            TokenKind::Arrow | TokenKind::Line => is_edge = true,
            TokenKind::Colon | TokenKind::Comma => continue,
            TokenKind::Id(_) if last_id.is_none() || is_edge => {
                let text = unquoted(token.range.text(document.source()));
                let next_is_edge = index.checked_sub(1).and_then(|at| tokens.get(at));
                if is_edge {
                    return Owner { scope: Scope::Edge, node: Some(text.to_owned()) };
                }
                last_id = Some(text.to_owned());
                let goes_on = |kind: TokenKind| {
                    kind.is_edge_operator() || matches!(kind, TokenKind::Colon | TokenKind::Comma)
                };
                if !next_is_edge.is_some_and(|next| goes_on(next.kind)) {
                    break;
                }
                last_id = None;
            }
            TokenKind::Id(_)
            | TokenKind::Strict
            | TokenKind::Digraph
            | TokenKind::Subgraph
            | TokenKind::LBrace
            | TokenKind::LBracket
            | TokenKind::Equals
            | TokenKind::Semicolon
            | TokenKind::Plus
            | TokenKind::Unknown => break,
        }
    }
    Owner { scope: if is_edge { Scope::Edge } else { Scope::Node }, node: last_id }
}

fn unquoted(text: &str) -> &str {
    text.trim_matches('"')
}
