//! What can be folded.

use dotwright_diagnostics::TextRange;
use dotwright_syntax::TokenKind;
use dotwright_syntax::ast::StmtKind;

use crate::document::Document;

/// From this many edge statements on a run of them folds.
const MIN_EDGES: usize = 3;

/// What a fold holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FoldKind {
    /// A graph or subgraph.
    Block,
    /// An attribute list.
    List,
    /// A string over several lines.
    Text,
    /// Comments.
    Comment,
    /// Edges in a row.
    Edges,
}

/// A fold: from the end of its first line to its last line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fold {
    /// The folded bytes; always over several lines.
    pub range: TextRange,
    /// What they hold.
    pub kind: FoldKind,
}

/// The folds of a document, by offset.
pub fn folding_ranges(document: &Document) -> Vec<Fold> {
    let mut folds = Vec::new();
    brackets(document, &mut folds);
    comments(document, &mut folds);
    edges(document, &mut folds);
    let lines = document.lines();
    folds.retain(|fold| lines.line(fold.range.start) < lines.line(fold.range.end));
    folds.sort_by_key(|fold| (fold.range.start, std::cmp::Reverse(fold.range.end)));
    folds
}

/// Blocks, lists and strings.
fn brackets(document: &Document, folds: &mut Vec<Fold>) {
    let mut open: Vec<(TokenKind, u32)> = Vec::new();
    for token in &document.syntax().tokens {
        let (opener, kind) = match token.kind {
            TokenKind::LBrace | TokenKind::LBracket => {
                open.push((token.kind, token.range.start));
                continue;
            }
            TokenKind::RBrace => (TokenKind::LBrace, FoldKind::Block),
            TokenKind::RBracket => (TokenKind::LBracket, FoldKind::List),
            TokenKind::Id(_) => {
                folds.push(Fold { range: token.range, kind: FoldKind::Text });
                continue;
            }
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
            | TokenKind::Unknown => continue,
        };
        // A closer without its opener closes nothing; openers left inside are given up.
        if open.iter().rev().take(256).any(|(found, _)| *found == opener) {
            while let Some((found, start)) = open.pop() {
                if found == opener {
                    folds.push(Fold { range: TextRange::new(start, token.range.end), kind });
                    break;
                }
            }
        }
    }
}

/// Comments that follow each other line by line.
fn comments(document: &Document, folds: &mut Vec<Fold>) {
    let lines = document.lines();
    let mut run: Option<TextRange> = None;
    for comment in &document.syntax().comments {
        let line = lines.line(comment.range.start);
        let indent = TextRange::new(lines.start(line), comment.range.start).text(document.source());
        let own_line = indent.trim().is_empty();
        match run.as_mut() {
            Some(run) if own_line && lines.line(run.end) + 1 == line => run.end = comment.range.end,
            Some(_) | None => {
                let done = run.replace(comment.range);
                folds.extend(done.map(|range| Fold { range, kind: FoldKind::Comment }));
            }
        }
    }
    folds.extend(run.map(|range| Fold { range, kind: FoldKind::Comment }));
}

/// Edge statements in a row.
fn edges(document: &Document, folds: &mut Vec<Fold>) {
    for graph in document.ast().graphs() {
        let mut run: Option<(usize, TextRange)> = None;
        let mut end = |run: Option<(usize, TextRange)>| {
            let long = run.filter(|(count, _)| *count >= MIN_EDGES);
            folds.extend(long.map(|(_, range)| Fold { range, kind: FoldKind::Edges }));
        };
        for (_, stmt) in document.ast().statements(graph) {
            let is_edge = matches!(stmt.kind, StmtKind::Edge { .. });
            match run.as_mut() {
                Some((count, range))
                    if is_edge
                        && range.end <= stmt.range.start
                        && gap_is_small(document, range.end, stmt.range.start) =>
                {
                    *count += 1;
                    range.end = stmt.range.end;
                }
                Some(_) | None => {
                    end(run.take());
                    run = is_edge.then_some((1, stmt.range));
                }
            }
        }
        end(run);
    }
}

/// True when no blank line and no brace lies between two statements.
fn gap_is_small(document: &Document, from: u32, to: u32) -> bool {
    let gap = TextRange::new(from, to).text(document.source());
    document.lines().line(to) - document.lines().line(from) <= 1 && !gap.contains(['{', '}'])
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::test_support::document;

    #[track_caller]
    fn check(source: &str, expect: Expect) {
        let document = document(source);
        let folds = folding_ranges(&document);
        let line = |offset| document.lines().line(offset) + 1;
        let lines = folds
            .iter()
            .map(|fold| format!("{}-{} {:?}\n", line(fold.range.start), line(fold.range.end), fold.kind));
        expect.assert_eq(&lines.collect::<String>());
    }

    #[test]
    fn blocks_lists_strings_comments_and_edges_fold() {
        check(
            "// one\n// two\n\ndigraph {\n  a [\n    prompt=\"x\ny\"\n  ]\n  subgraph s {\n    b\n  }\n  a -> b\n  b -> c\n  c -> d\n}\n",
            expect![[r#"
                1-2 Comment
                4-15 Block
                5-8 List
                6-7 Text
                9-11 Block
                12-14 Edges
            "#]],
        );
    }

    #[test]
    fn what_lies_on_one_line_or_is_not_closed_does_not_fold() {
        check("digraph { a [x=1] // c\n", expect![[r#""#]]);
        check(
            "digraph {\n a ]\n}",
            expect![[r#"
            1-3 Block
        "#]],
        );
    }
}
