//! Other places of what is under the cursor.

use dotwright_diagnostics::TextRange;
use dotwright_syntax::{Token, TokenKind};

use crate::document::Document;
use crate::names::Role;

/// What happens at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HighlightKind {
    /// It is declared or set.
    Write,
    /// It is used.
    Read,
    /// Neither, as for brackets.
    Text,
}

/// A place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Highlight {
    /// Its bytes.
    pub range: TextRange,
    /// What happens there.
    pub kind: HighlightKind,
}

/// All places of the name under the cursor in this document, or a bracket with its partner.
pub fn document_highlight(document: &Document, offset: u32) -> Vec<Highlight> {
    let offset = document.clamp(offset);
    if let Some((name, _)) = document.names().at(offset) {
        let places = document.names().occurrences(name).map(|found| Highlight {
            range: found.range,
            kind: match found.role {
                Role::Declaration | Role::Write => HighlightKind::Write,
                Role::Read => HighlightKind::Read,
            },
        });
        return places.collect();
    }
    let text = |range| Highlight { range, kind: HighlightKind::Text };
    brackets(document, offset).map_or(Vec::new(), |(a, b)| vec![text(a), text(b)])
}

/// The bracket at an offset and its partner, in their order.
pub(crate) fn brackets(document: &Document, offset: u32) -> Option<(TextRange, TextRange)> {
    let tokens = &document.syntax().tokens;
    let behind = tokens.partition_point(|token| token.range.start <= offset);
    let mut near = [behind.checked_sub(1), behind.checked_sub(2)].into_iter().flatten();
    let is_bracket = |index: &usize| {
        tokens.get(*index).is_some_and(|token| token.range.touches(offset) && depth_change(token) != 0)
    };
    let index = near.find(is_bracket)?;
    let own = tokens.get(index)?;
    let mut depth = 0;
    let mut matching = |token: &&Token| {
        depth += depth_change(token);
        depth == 0
    };
    let partner = if depth_change(own) > 0 {
        tokens.get(index..)?.iter().find(&mut matching)
    } else {
        tokens.get(..=index)?.iter().rfind(&mut matching)
    }?;
    let is_pair = matches!(
        (own.kind, partner.kind),
        (TokenKind::LBrace, TokenKind::RBrace)
            | (TokenKind::RBrace, TokenKind::LBrace)
            | (TokenKind::LBracket, TokenKind::RBracket)
            | (TokenKind::RBracket, TokenKind::LBracket)
    );
    let (first, second) = (own.range.min(partner.range), own.range.max(partner.range));
    is_pair.then_some((first, second))
}

fn depth_change(token: &Token) -> i32 {
    match token.kind {
        TokenKind::LBrace | TokenKind::LBracket => 1,
        TokenKind::RBrace | TokenKind::RBracket => -1,
        TokenKind::Strict
        | TokenKind::Graph
        | TokenKind::Digraph
        | TokenKind::Node
        | TokenKind::Edge
        | TokenKind::Subgraph
        | TokenKind::Equals
        | TokenKind::Semicolon
        | TokenKind::Comma
        | TokenKind::Colon
        | TokenKind::Plus
        | TokenKind::Arrow
        | TokenKind::Line
        | TokenKind::Id(_)
        | TokenKind::Unknown => 0,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::test_support::{cursor, place};

    #[track_caller]
    fn check(source: &str, expect: Expect) {
        let (document, offset) = cursor(source);
        let places = document_highlight(&document, offset);
        let lines =
            places.iter().map(|found| format!("{:?} {}\n", found.kind, place(&document, found.range)));
        expect.assert_eq(&lines.collect::<String>());
    }

    #[test]
    fn a_declaration_is_a_write() {
        check(
            "digraph { a$0 a -> b b [retry_target=a] }",
            expect![[r#"
            Write 1:11-1:12 `a`
            Read 1:13-1:14 `a`
            Read 1:36-1:37 `a`
        "#]],
        );
    }

    #[test]
    fn brackets_come_in_pairs() {
        check(
            "digraph {$0 a [x=1] subgraph { b } }",
            expect![[r#"
            Text 1:9-1:10 `{`
            Text 1:34-1:35 `}`
        "#]],
        );
        check(
            "digraph { a [x=1]$0 }",
            expect![[r#"
            Text 1:13-1:14 `[`
            Text 1:17-1:18 `]`
        "#]],
        );
        check(
            "digraph { a [x=1 $0{ }",
            expect![[r#"
            Text 1:18-1:19 `{`
            Text 1:20-1:21 `}`
        "#]],
        );
    }
}
