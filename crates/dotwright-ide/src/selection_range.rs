//! Growing selections.

use dotwright_diagnostics::TextRange;
use dotwright_model::ValueType;
use dotwright_syntax::TokenKind;
use dotwright_syntax::{condition, shell, stylesheet};

use crate::cursor::{Inside, Pair, content_range};
use crate::document::Document;
use crate::highlight::brackets;

/// The ranges around an offset from the smallest to the whole text, each inside the next: word, part of a condition,
/// stylesheet or command, string, pair, list, statement, block, graph.
pub fn selection_range(document: &Document, offset: u32) -> Vec<TextRange> {
    let offset = document.clamp(offset);
    let mut ranges = vec![document.range()];
    ranges.extend(word(document.source(), offset));
    ranges.extend(document.comment_at(offset).map(|comment| comment.range));
    if let Some(token) = document.token_at(offset) {
        ranges.push(token.range);
        if let TokenKind::Id(kind) = token.kind {
            ranges.push(content_range(
                document.source(),
                dotwright_syntax::ast::Id { kind, range: token.range },
            ));
        }
    }
    if let Some(pair) = document.pair_at(offset) {
        ranges.push(pair.written.range());
        embedded(document, &pair, offset, &mut ranges);
    }
    if let Some(list) = document.open_list(offset).and_then(|index| document.syntax().tokens.get(index))
        && let Some((open, close)) = brackets(document, list.range.start)
    {
        ranges.push(TextRange::new(open.end, close.start));
        ranges.push(open.cover(close));
    }
    for stmt in document.enclosing(offset) {
        ranges.push(document.ast()[stmt].range);
    }
    ranges.extend(document.ast().graphs().iter().map(|graph| graph.range));
    nested(ranges, offset)
}

/// Those of the ranges that hold the offset and each other.
fn nested(mut ranges: Vec<TextRange>, offset: u32) -> Vec<TextRange> {
    ranges.retain(|range| range.touches(offset));
    ranges.sort_by_key(|range| (range.len(), range.start));
    let mut nested: Vec<TextRange> = Vec::new();
    for range in ranges {
        let last = nested.last();
        if !range.is_empty() && last.is_none_or(|last| range.contains(*last) && range != *last) {
            nested.push(range);
        }
    }
    if nested.is_empty() {
        nested.push(TextRange::empty(offset));
    }
    nested
}

/// The letters, digits and underscores around an offset.
fn word(source: &str, offset: u32) -> Option<TextRange> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let (before, after) = source.split_at_checked(offset as usize)?;
    let start = before.trim_end_matches(is_word).len();
    let end = source.len() - after.trim_start_matches(is_word).len();
    (start < end).then(|| TextRange::new(start as u32, end as u32))
}

/// Parts of the language inside a value.
fn embedded(document: &Document, pair: &Pair, offset: u32, ranges: &mut Vec<TextRange>) {
    let inside = Inside::new(document.source(), pair.written.value);
    let text = &*inside.text;
    let at = inside.offset(offset);
    let mut inner: Vec<TextRange> = Vec::new();
    match pair.value_type() {
        ValueType::Condition => {
            for clause in condition::parse(text).clauses() {
                inner.extend([clause.range, clause.key.range]);
                inner.extend(clause.literal.map(|literal| literal.range));
            }
        }
        ValueType::Stylesheet => {
            let sheet = stylesheet::parse(text);
            for rule in &sheet.rules {
                inner.extend([rule.range, rule.selector.range]);
                inner.extend(sheet.declarations(rule).iter().flat_map(|d| [d.range(), d.value.range]));
            }
        }
        ValueType::Command => {
            let shell = shell::parse(text);
            for command in shell.all_commands() {
                inner.push(command.range);
                inner.extend(shell.words(command).iter().map(|word| word.range));
            }
        }
        ValueType::Template => inner.extend(paragraph(text, at)),
        ValueType::String
        | ValueType::Integer
        | ValueType::Float
        | ValueType::Boolean
        | ValueType::Duration
        | ValueType::NodeId
        | ValueType::CommaList
        | ValueType::Path
        | ValueType::Enum
        | ValueType::Shape
        | ValueType::HandlerType
        | ValueType::Fidelity
        | ValueType::Color
        | ValueType::Style
        | ValueType::Json => {}
    }
    let touching = inner.into_iter().filter(|range| range.touches(at));
    ranges.extend(touching.map(|range| inside.map.range(range)));
}

/// The lines around an offset up to blank ones.
fn paragraph(text: &str, at: u32) -> Option<TextRange> {
    let (before, after) = text.split_at_checked(at as usize)?;
    let start = before.rfind("\n\n").map_or(0, |at| at + 2);
    let end = after.find("\n\n").map_or(text.len(), |end| at as usize + end);
    (start < end).then(|| TextRange::new(start as u32, end as u32))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::test_support::cursor;

    #[track_caller]
    fn check(source: &str, expect: Expect) {
        let (document, offset) = cursor(source);
        let ranges = selection_range(&document, offset);
        assert!(ranges.windows(2).all(|pair| pair[1].contains(pair[0])));
        let lines = ranges.iter().map(|range| format!("{}\n", range.text(document.source()).escape_debug()));
        expect.assert_eq(&lines.collect::<String>());
    }

    #[test]
    fn selections_grow_from_the_word_to_the_file() {
        check(
            "// x\ndigraph { subgraph s { a -> b [label=x, condition=\"outcome=su$0ccess && context.x=1\"] } }",
            expect![[r#"
                success
                outcome=success
                outcome=success && context.x=1
                \"outcome=success && context.x=1\"
                condition=\"outcome=success && context.x=1\"
                label=x, condition=\"outcome=success && context.x=1\"
                [label=x, condition=\"outcome=success && context.x=1\"]
                a -> b [label=x, condition=\"outcome=success && context.x=1\"]
                subgraph s { a -> b [label=x, condition=\"outcome=success && context.x=1\"] }
                digraph { subgraph s { a -> b [label=x, condition=\"outcome=success && context.x=1\"] } }
                // x\ndigraph { subgraph s { a -> b [label=x, condition=\"outcome=success && context.x=1\"] } }
            "#]],
        );
        check(
            "digraph { a [tool_command=\"make te$0st | cat\"] }",
            expect![[r#"
            test
            make test
            make test | cat
            \"make test | cat\"
            tool_command=\"make test | cat\"
            [tool_command=\"make test | cat\"]
            a [tool_command=\"make test | cat\"]
            digraph { a [tool_command=\"make test | cat\"] }
        "#]],
        );
        check(
            "digraph {  $0 }",
            expect![[r#"
            digraph {   }
        "#]],
        );
    }
}
